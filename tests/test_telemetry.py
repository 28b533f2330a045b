"""Nothing that the program uses reports to its makers."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from petition_nlp.resources import default_model_path

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.skipif(not default_model_path().is_dir(), reason="models/default is not there")
def test_the_encoder_keeps_nothing_in_the_users_folder(tmp_path: Path) -> None:
    program = "from petition_nlp import Router; Router.load(profile='best').route(['路灯不亮'])"
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=120)
    assert list(tmp_path.rglob("*")) == []


def imports_runtime(source: str) -> bool:
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(name.partition(".")[0] == "onnxruntime" for name in names):
            return True
    return False


def test_the_runtime_is_imported_only_where_it_is_kept_quiet() -> None:
    paths = [*(ROOT / "petition_nlp").rglob("*.py"), *(ROOT / "service").rglob("*.py")]
    sources = {str(path): path.read_text(encoding="utf-8") for path in paths}
    importing = {name: source for name, source in sources.items() if imports_runtime(source)}
    assert importing
    assert all("onnx_runtime()" in source for source in importing.values())
