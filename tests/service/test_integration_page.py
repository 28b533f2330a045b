"""Everything that docs/integration.md shows does what the page says, against the service as users run it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from petition_nlp.client import Client

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "integration.md").read_text(encoding="utf-8")
CLI = [sys.executable, "-m", "petition_nlp.cli"]
# Every step of a script has to succeed: a refusal is a failure too.
SHELL = 'set -euo pipefail\npetition-nlp() { "$PYTHON" -m petition_nlp.cli "$@"; }\n'


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def shell(script: str, environment: Mapping[str, str]) -> str:
    command = ["bash", "-c", SHELL + script]
    done = subprocess.run(
        command, env=environment, cwd=environment["HOME"], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of the page's reader: a running service, and a key for it."""
    home = tmp_path_factory.mktemp("integration")
    (home / ".curlrc").write_text("fail-with-body\n", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PETITION_")}
    found = {
        **kept,
        "HOME": str(home),
        "CURL_HOME": str(home),
        "NO_PROXY": "*",
        "PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
        "PETITION_DATA_FOLDER": str(home / "data"),
        "PETITION_PROFILE": "fast",
        "PETITION_PORT": "0",
    }
    _account, key = blocks("sh")[:2]
    found["KEY"] = shell(key, found).strip()
    process = subprocess.Popen(
        [*CLI, "serve"],
        env=found,
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        address = re.search(r"http://[^（]+", process.stdout.readline())
        assert address is not None
        Client(address[0]).wait_until_ready()
        yield {**found, "SERVICE": address[0]}
    finally:
        process.terminate()
        process.wait(30)


def test_the_requests_of_the_page_go_through(environment: dict[str, str]) -> None:
    _account, _key, _exports, *course = [block for block in blocks("sh") if "pip install" not in block]
    printed = shell("\necho\n".join(course), environment)
    assert '"status":"resolved"' in printed
    assert "\n304\n" in printed
    assert '"id":"GD-1"' in printed


def test_the_python_example_runs(environment: dict[str, str]) -> None:
    [example] = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", example], env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    actions = re.findall(r"(stored|corrected|returned|moved|rated)", done.stdout)
    assert actions == ["stored", "corrected", "returned", "moved", "rated"]


@pytest.mark.skipif(shutil.which("javac") is None, reason="no JDK")
def test_the_java_example_runs(environment: dict[str, str], tmp_path: Path) -> None:
    [example] = blocks("java")
    source = tmp_path / "CaseSystem.java"
    source.write_text(example, encoding="utf-8")
    command = ["java", "-Dfile.encoding=UTF-8", str(source)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    stored, corrected, closed = done.stdout.splitlines()
    assert stored.startswith("201 ") and '说了几次\\"马上修\\"' in stored
    assert corrected.startswith('200 version "2-') and closed == "200"


def test_the_client_names_the_model_in_use(environment: dict[str, str]) -> None:
    with Client(environment["SERVICE"], key=environment["KEY"]) as client:
        [model] = client.models()
        assert (model.model, model.profile) == (client.wait_until_ready().model, "fast")
