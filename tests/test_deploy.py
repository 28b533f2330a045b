"""What lies in deploy/ names commands, settings and paths that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from petition_nlp import cli
from petition_nlp.settings import CONFIG_VARIABLE, Settings
from service.app import create_app

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
VARIABLES = {CONFIG_VARIABLE, *(f"PETITION_{name.upper()}" for name in Settings.model_fields)}
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def instructions(name: str) -> list[str]:
    """The instructions of the Containerfile of one name, continued lines joined."""
    lines = re.sub(r"\\\n\s*", "", text("Containerfile")).splitlines()
    return [line.partition(" ")[2] for line in lines if line.startswith(f"{name} ")]


def unit(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", text("petition-nlp.service"), re.MULTILINE)


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(text("compose.yaml"))
    return document


def arguments_of_the_image() -> list[str]:
    (command,) = instructions("CMD")
    return list(yaml.safe_load(command))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_variable_is_a_setting(path: Path) -> None:
    assert set(re.findall(r"PETITION_[A-Z_]+", path.read_text(encoding="utf-8"))) <= VARIABLES


@pytest.mark.parametrize(
    "arguments",
    [
        arguments_of_the_image(),
        compose()["services"]["service"]["command"],
        shlex.split(unit("ExecStart")[0])[1:],
    ],
)
def test_every_command_is_one_of_the_program(arguments: list[str]) -> None:
    assert cli.build_parser().parse_args(arguments).command == "serve"


def test_everything_that_the_image_takes_is_there_and_not_ignored() -> None:
    taken = [name for line in instructions("COPY") if not line.startswith("--from") for name in line.split()[:-1]]
    assert all((ROOT / name).exists() for name in taken)
    ignored = text("Containerfile.dockerignore").splitlines()
    assert {f"!{name}" for name in taken} == {line for line in ignored if line.startswith("!")}


def test_what_the_package_is_built_from_is_taken() -> None:
    import tomllib

    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    needed = {*wheel["wheel"]["packages"], *wheel["wheel"]["force-include"], "pyproject.toml", "README.md", "LICENSE"}
    assert {name for line in instructions("COPY") if "--from" not in line for name in line.split()[:-1]} == needed


def test_the_image_and_the_unit_do_not_run_as_root_and_write_to_one_folder() -> None:
    folder = "/var/lib/petition-nlp"
    assert instructions("USER") == ["10001"]
    assert instructions("VOLUME") == [folder]
    assert f"PETITION_DATA_FOLDER={folder}" in instructions("ENV")[0]
    assert unit("User") == ["petition"]
    assert (unit("StateDirectory"), unit("WorkingDirectory")) == (["petition-nlp"], [folder])
    assert f"PETITION_DATA_FOLDER={folder}" in unit("Environment")


def test_the_health_check_asks_what_is_served() -> None:
    port = Settings.model_fields["port"].default
    (asked,) = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", instructions("HEALTHCHECK")[0])
    assert asked == (str(port), "/healthz")
    assert asked[1] in create_app(Settings(database="sqlite://")).openapi()["paths"]
    assert instructions("EXPOSE") == [str(port)]


def test_cookies_behind_the_proxy_travel_by_https_alone() -> None:
    environment = compose()["services"]["service"]["environment"]
    assert Settings(secure_cookies=environment["PETITION_SECURE_COOKIES"]).secure_cookies == "always"
    assert all(address.startswith("127.0.0.1:") for address in compose()["services"]["service"]["ports"])


def test_there_is_time_to_drain_and_to_finish() -> None:
    service = compose()["services"]["service"]
    needed = Settings.model_fields["grace_seconds"].default + int(service["environment"]["PETITION_DRAIN_SECONDS"])
    assert int(service["stop_grace_period"].removesuffix("s")) > needed + 5
    assert int(unit("TimeoutStopSec")[0]) > Settings.model_fields["grace_seconds"].default + 5


def test_the_unit_is_not_restarted_over_what_only_a_person_can_mend() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    codes = unit("RestartPreventExitStatus")[0].split()
    assert codes and all(f"| {code} |" in page for code in codes)


def test_every_secret_and_volume_of_the_compose_file_is_declared() -> None:
    document = compose()
    for service in document["services"].values():
        assert set(service.get("secrets", ())) <= set(document["secrets"])
        assert {volume.partition(":")[0] for volume in service["volumes"]} <= set(document["volumes"])
        named = [value for value in service["environment"].values() if str(value).startswith("/run/secrets/")]
        assert {Path(value).name for value in named} == set(service["secrets"])


def test_the_proxy_takes_what_the_service_takes() -> None:
    body, _, upload = re.findall(r"client_max_body_size (\d+)m;", text("nginx.conf"))
    assert int(body) * 1024 * 1024 == Settings.model_fields["max_body_bytes"].default
    assert int(upload) * 1024 * 1024 >= Settings.model_fields["max_upload_bytes"].default
    assert f"proxy_pass http://127.0.0.1:{Settings.model_fields['port'].default};" in text("nginx.conf")


def test_the_operations_page_links_to_each_file() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert all(f"](../deploy/{path.name})" in page for path in FILES if path.suffix != ".dockerignore")
