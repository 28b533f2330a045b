"""The package as a user installs it: a fresh environment, no extras, any folder."""

from __future__ import annotations

import json
import os
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LIMIT_MB = 300


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("install") / "venv"
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, str(ROOT)], capture_output=True, text=True, check=False)
    if "No matching distribution" in done.stderr or "Could not find a version" in done.stderr:
        pytest.skip("no package index can be reached from here")
    assert done.returncode == 0, done.stderr
    return folder


def run(environment: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PETITION_", "PYTHON"))}
    command = [str(environment / "bin" / arguments[0]), *arguments[1:]]
    return subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_wheel_carries_model_and_taxonomy(environment: Path, tmp_path: Path) -> None:
    done = run(environment, "petition-nlp", "route", "路灯坏了三天没人修", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    route = json.loads(done.stdout)
    assert route["model"].startswith("default@")
    assert route["department"]["name"]


def test_inference_stays_small(environment: Path) -> None:
    """Counts what pip put there; pip and setuptools themselves are part of every environment."""
    size = sum(path.lstat().st_size for path in environment.rglob("*") if path.is_file() and not path.is_symlink())
    assert size < LIMIT_MB * 1024 * 1024


@pytest.mark.parametrize("package", ["torch", "sklearn", "scipy", "pandas", "datasets", "jieba"])
def test_training_packages_are_not_installed(environment: Path, tmp_path: Path, package: str) -> None:
    done = run(environment, "python", "-c", f"import {package}", cwd=tmp_path)
    assert "ModuleNotFoundError" in done.stderr


def test_training_says_which_extra_it_needs(environment: Path, tmp_path: Path) -> None:
    data = tmp_path / "orders.jsonl"
    data.write_text('{"text": "路灯坏了", "department": "municipal_works"}\n', encoding="utf-8")
    done = run(
        environment, "petition-nlp", "train", "--data", str(data), "--target", "department", "--out", "m", cwd=tmp_path
    )
    assert done.returncode == 7, done.stderr
    assert "petition-nlp[train]" in done.stderr


def test_the_service_says_which_extra_it_needs(environment: Path, tmp_path: Path) -> None:
    done = run(environment, "petition-nlp", "serve", cwd=tmp_path)
    assert done.returncode == 7, done.stderr
    assert "petition-nlp[service]" in done.stderr


def test_the_client_says_which_extra_it_needs(environment: Path, tmp_path: Path) -> None:
    done = run(environment, "python", "-c", "import petition_nlp.client", cwd=tmp_path)
    assert "petition-nlp[client]" in done.stderr
