"""The documentation says what the program does: everything is documented, and every example is true.

Where an example differs because the model has changed, ``python docs/refresh.py`` renews it.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel, ValidationError

from petition_nlp import cli, errors
from petition_nlp.archive.summary import FLAWED
from petition_nlp.cli import classify, parser, retrain
from petition_nlp.policy import REASONS
from petition_nlp.resources import default_model_path
from petition_nlp.route import Message
from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service import metrics, problems
from service.app import create_app
from service.periodic import TASKS
from service.schemas import BatchIn, BatchOut, HealthOut, MessageIn, ProblemOut, ReadyOut, RouteOut
from service.store.figures import FIGURES

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
PAGES = (*READMES, *sorted(DOCS.glob("*.md")))

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FIGURES = re.compile(r"<!-- figures -->(.*?)<!-- /figures -->", re.DOTALL)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")

needs_model = pytest.mark.skipif(not default_model_path().is_dir(), reason="models/default is not there")


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(path: Path, language: str | None = None) -> list[str]:
    """The code blocks of a page, those of one language if it is named."""
    found = _FENCE.findall(path.read_text(encoding="utf-8"))
    return [body for name, body in found if language in (None, name)]


def prose(path: Path) -> str:
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def table_row(text: str, first_cell: str) -> str | None:
    """The line of a table that begins with a cell."""
    return next((line for line in text.splitlines() if line.startswith(f"| {first_cell} ")), None)


def named(pages: tuple[Path, ...], language: str) -> list[Any]:
    """Every block of a language as a test parameter with the name of its page."""
    found = [(path, number, body) for path in pages for number, body in enumerate(blocks(path, language), start=1)]
    return [pytest.param(body, id=f"{path.name} {number}") for path, number, body in found]


# Nothing is missing.


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_explained_in_both_languages(name: str) -> None:
    assert settings_table().meanings(page("configuration.md")).get(name), f"the row of {name} has no meaning"
    assert Settings.model_fields[name].description


def test_the_table_of_settings_is_current() -> None:
    text = page("configuration.md")
    assert settings_table().renewed(text) == text, "run python docs/settings_table.py"


@cache
def settings_table() -> Any:
    """docs/settings_table.py."""
    spec = importlib.util.spec_from_file_location("settings_table", DOCS / "settings_table.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_setting_is_documented_that_does_not_exist() -> None:
    documented = set(re.findall(r"`PETITION_(\w+)`", "".join(prose(path) for path in PAGES)))
    assert documented - {"CONFIG"} == {name.upper() for name in Settings.model_fields}


def commands(parser: argparse.ArgumentParser | None = None, above: str = "") -> dict[str, argparse.ArgumentParser]:
    """Every command and, behind its name, those below it."""
    actions = (parser or cli.build_parser())._actions
    below = [action.choices.items() for action in actions if isinstance(action, argparse._SubParsersAction)]
    own = {f"{above}{name}": command for choices in below for name, command in choices}
    return own | {path: found for name, command in own.items() for path, found in commands(command, f"{name} ").items()}


@pytest.mark.parametrize("command", commands())
def test_every_command_and_option_is_documented(command: str) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
    assert f"petition-nlp {command}" in text
    options = {option for action in commands()[command]._actions for option in action.option_strings}
    missing = [option for option in options if option.startswith("--") and not re.search(rf"{option}\b(?!-)", text)]
    assert not missing


def exit_codes() -> set[int]:
    family = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    own = {0, cli.UNEXPECTED, cli.INTERRUPTED, parser.USAGE_EXIT_CODE, classify.REJECTED, retrain.NOT_BETTER}
    return own | {kind.exit_code for kind in family if issubclass(kind, errors.PetitionError)}


def metric_names() -> set[str]:
    """The names in which Prometheus shows them."""
    own = {family.name + ("_total" if family.type == "counter" else "") for family in metrics._registry.collect()}
    return own | set(FIGURES)


def test_every_metric_is_documented() -> None:
    listed = set(re.findall(r"^\| `(petition_\w+)` \|", page("operations.md"), re.MULTILINE))
    assert listed == metric_names()


def test_every_metric_in_an_alarm_exists() -> None:
    (rules,) = blocks(DOCS / "operations.md", "yaml")[:1]
    named = {name.removesuffix("_bucket") for name in re.findall(r"petition_\w+", rules)}
    assert named <= metric_names()


def test_every_periodic_task_is_documented() -> None:
    listed = set(re.findall(r"^\| `(\w+)` \| (?:hour|day)", page("operations.md"), re.MULTILINE))
    assert listed == {task.name for task in TASKS}


def test_every_exit_code_is_documented() -> None:
    text = page("operations.md").partition("## Exit codes")[2].partition("\n## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == exit_codes()


def test_every_endpoint_is_documented() -> None:
    paths = create_app(Settings()).openapi()["paths"]
    served = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    listed = set(re.findall(r"^\| `(\w+ /\S*)` \|", page("http-api.md"), re.MULTILINE))
    assert listed == served | {"GET /", "GET /sign-in", "GET /openapi.json"}


@pytest.mark.parametrize("code", [*REASONS, FLAWED])
def test_every_review_reason_is_documented(code: str) -> None:
    assert table_row(page("concepts.md"), f"`{code}`") is not None


def problem_codes() -> set[str]:
    """The codes that stand in the service's catalogue of problems."""
    calls = [
        node for node in ast.walk(ast.parse(Path(problems.__file__).read_text("utf-8"))) if isinstance(node, ast.Call)
    ]
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Problem"]
    return {call.args[1].value for call in made if isinstance(call.args[1], ast.Constant)}


def test_every_problem_code_is_documented() -> None:
    listed = set(re.findall(r"^\| `(\w+)` \| \d{3} \|", page("http-api.md"), re.MULTILINE))
    assert listed == problem_codes() | {errors.InputError.code, errors.ModelError.code}


@pytest.mark.parametrize("field", RouteOut.model_fields)
def test_every_field_of_a_route_is_documented(field: str) -> None:
    assert table_row(page("concepts.md").partition("field by field")[2], f"`{field}`") is not None


# What is there is true.


def targets(path: Path) -> Iterator[str]:
    return (link for link in _LINK.findall(prose(path)) if not re.match(r"[a-z]+:", link))


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    titles = [title for _, title in _HEADING.findall(prose(path))]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"], ids=lambda path: path.name)
def test_every_relative_link_resolves(path: Path) -> None:
    for link in targets(path):
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


_SHAPES: tuple[type[BaseModel], ...] = (
    RouteOut, BatchOut, ProblemOut, ReadyOut, HealthOut, MessageIn, BatchIn,
)  # fmt: skip


@pytest.mark.parametrize("body", named((*READMES, DOCS / "concepts.md", DOCS / "http-api.md"), "json"))
def test_every_json_example_keeps_the_contract(body: str) -> None:
    content = json.loads(body)
    assert any(_fits(content, shape) for shape in _SHAPES), body


def _fits(content: Any, shape: type[BaseModel]) -> bool:
    try:
        return bool(shape.model_validate(content))
    except ValidationError:
        return False


@pytest.mark.parametrize("body", named((DOCS / "data-format.md", DOCS / "operations.md"), "json"))
def test_every_other_json_example_is_json(body: str) -> None:
    assert isinstance(json.loads(body), dict)


@pytest.mark.parametrize("body", named(PAGES, "python"))
def test_every_python_example_compiles(body: str) -> None:
    compile(body, "example", "exec")


@cache
def router() -> Router:
    return Router.load()


@needs_model
def test_the_python_example_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = (body for body in blocks(READMES[0], "python") if "Router" in body)
    exec(compile(example, "README.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == 2


@needs_model
def test_the_route_in_the_readme_is_the_default_models_answer() -> None:
    (call,) = (body for body in blocks(READMES[0], "sh") if body.startswith("curl"))
    (answer,) = blocks(READMES[0], "json")
    text = json.loads(shlex.split(call)[-1])["text"]
    (route,) = router().route([text])
    _assert_same(json.loads(answer), route.to_dict())


@needs_model
def test_the_route_in_the_concepts_is_that_of_the_readme() -> None:
    assert blocks(DOCS / "concepts.md", "json") == blocks(READMES[0], "json")


@needs_model
def test_the_list_in_the_api_page_is_the_default_models_answer() -> None:
    examples = [json.loads(body) for body in blocks(DOCS / "http-api.md", "json")]
    asked, answered = [example["items"] for example in examples if "items" in example]
    routes = router().route([Message(item["text"], title=item.get("title")) for item in asked])
    expected = [{"id": item["id"], "route": route.to_dict()} for item, route in zip(asked, routes, strict=True)]
    _assert_same(answered, expected)


def _assert_same(documented: Any, real: Any, where: str = "") -> None:
    """Equal, but for the last digits of probabilities, which differ between processors."""
    if isinstance(real, dict):
        assert list(documented) == list(real), where
        for key, value in real.items():
            _assert_same(documented[key], value, f"{where}.{key}")
    elif isinstance(real, list):
        assert len(documented) == len(real), where
        for number, value in enumerate(real):
            _assert_same(documented[number], value, f"{where}[{number}]")
    elif isinstance(real, float):
        assert documented == pytest.approx(real, abs=0.002), where
    else:
        assert documented == real, where


@needs_model
@pytest.mark.parametrize("body", named((READMES[0],), "console"))
def test_every_command_in_the_readme_prints_what_it_says(
    body: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command, *documented = body.strip().splitlines()
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PETITION_{name.upper()}", raising=False)
    assert cli.main(shlex.split(command)[2:]) == 0
    printed = capfd.readouterr()
    real = (printed.err + printed.out).strip().splitlines()
    assert [_NUMBER.sub("0", line) for line in documented] == [_NUMBER.sub("0", line) for line in real]


# The two readmes are one.


def test_the_test_command_stands_in_both_readmes() -> None:
    for path in READMES:
        assert {"make test\n", "make serve\n"} <= set(blocks(path, "sh"))


def test_both_readmes_have_the_same_headings_blocks_and_links() -> None:
    english, chinese = READMES
    assert [len(marks) for marks, _ in _HEADING.findall(prose(english))] == [
        len(marks) for marks, _ in _HEADING.findall(prose(chinese))
    ]
    assert blocks(english) == blocks(chinese)
    other = {"README.zh-CN.md": "README.md"}
    assert sorted(other.get(link, link) for link in targets(english)) == sorted(targets(chinese))


def test_both_readmes_show_the_same_figures() -> None:
    english, chinese = (figures(path) for path in READMES)
    assert english == chinese


def figures(path: Path) -> list[list[str]]:
    """The numbers in the second column of the table of figures."""
    block = _FIGURES.search(path.read_text(encoding="utf-8"))
    assert block is not None
    rows = [line.split("|") for line in block[1].splitlines() if line.startswith("|")]
    return [_NUMBER.findall(row[2]) for row in rows]


# Every command that is shown can be typed.

_SHELL: Final = re.compile(r"^( *)```(?:sh|console)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_COMMAND: Final = re.compile(r"(?:^|[;&|(] *|\$ |[A-Z_]+=\S+ )(petition-nlp (?!-)[^\n]*)", re.MULTILINE)
_BEHIND: Final = re.compile(r"&&|\|\|?|;|>>?|2>&1")


def typed_commands(path: Path) -> Iterator[list[str]]:
    """Arguments of every `petition-nlp` in a page's shell blocks, without what the shell does with its output."""
    text = "\n".join(body for _, body in _SHELL.findall(path.read_text(encoding="utf-8")))
    for line in _COMMAND.findall(re.sub(r"\\\n\s*", "", text)):
        words = shlex.split(line, comments=True)[1:]
        stop = next((number for number, word in enumerate(words) if _BEHIND.fullmatch(word)), len(words))
        yield words[:stop]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_that_a_page_shows_is_one(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in typed_commands(path):
        try:
            cli.build_parser().parse_args(words)
        except SystemExit as stop:
            assert stop.code == 0, f"petition-nlp {shlex.join(words)}\n{capsys.readouterr().err}"


def test_the_commands_of_a_page_are_found_where_they_stand(tmp_path: Path) -> None:
    text = "```sh\nPETITION_MODEL=m petition-nlp serve --port 1 # so\ncd x && petition-nlp db backup b && ls\n```\n"
    text += "1. so\n\n   ```console\n   $ petition-nlp train --data a \\\n       --out b > log\n   ```\n"
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    assert list(typed_commands(page)) == [
        ["serve", "--port", "1"], ["db", "backup", "b"], ["train", "--data", "a", "--out", "b"]
    ]  # fmt: skip


def test_both_handbooks_have_the_same_commands_and_sections() -> None:
    english, chinese = (DOCS / name for name in ("handbook.md", "handbook.zh-CN.md"))
    assert list(map(_translated, typed_commands(english))) == list(map(_translated, typed_commands(chinese)))
    assert [len(marks) for marks, _ in _HEADING.findall(prose(english))] == [
        len(marks) for marks, _ in _HEADING.findall(prose(chinese))
    ]


def _translated(words: list[str]) -> list[str]:
    """The command and its options: values may be in the language of the page."""
    return [word for number, word in enumerate(words) if number < 2 or word.startswith("--")]
