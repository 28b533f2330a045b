"""Renew the READMEs' table of figures, the table of settings, and the examples of all pages with the default model.

A block ``console`` holds a command and its output; a block ``json`` with a route, or with a list of routes, holds the
answer to the message that stands before it. tests/test_docs.py fails when they differ from what the program does.

    python docs/refresh.py
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import figures
import learning_tables
import monitoring_tables
import scale_tables
import settings_table

from petition_nlp import Message, Router

ROOT = Path(__file__).resolve().parent.parent
_WIDTH = 116
_CONSOLE = re.compile(r"```console\n\$ ([^\n]+)\n.*?^```$", re.DOTALL | re.MULTILINE)
_JSON = re.compile(r"```json\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CURL = re.compile(r"^curl .*$", re.MULTILINE)


@cache
def printed(command: str) -> str:
    """What a command prints, run in a folder of its own beside ``data``; the progress of a training left out."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data").symlink_to(ROOT / "data")
        call = [sys.executable, "-m", "petition_nlp.cli", *shlex.split(command)[1:]]
        done = subprocess.run(
            call,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
    return "\n".join(line for line in done.stdout.split("\n") if "训练:" not in line).strip("\n")


@cache
def router() -> Router:
    """The default model."""
    return Router.load()


def route(message: dict[str, Any]) -> dict[str, Any]:
    """The answer to a message."""
    return router().route([Message(**message)])[0].to_dict()


def pretty(value: Any, indent: int = 0) -> str:
    """JSON that breaks lines only where a value is too wide for one."""
    flat = json.dumps(value, ensure_ascii=False)
    columns = indent + sum(2 if char > "\u2e80" else 1 for char in flat)
    if not isinstance(value, dict | list) or not value or (indent and columns <= _WIDTH):
        return flat
    space = "\n" + " " * (indent + 2)
    if isinstance(value, list):
        parts, (opening, closing) = [pretty(item, indent + 2) for item in value], "[]"
    else:
        keys = ((json.dumps(key, ensure_ascii=False), item) for key, item in value.items())
        parts, (opening, closing) = [f"{key}: {pretty(item, indent + 2)}" for key, item in keys], "{}"
    return opening + space + ("," + space).join(parts) + "\n" + " " * indent + closing


def answers(text: str, readme: str) -> str:
    """A page with its JSON answers renewed."""
    curl = _CURL.search(readme)
    assert curl is not None
    asked: dict[str, Any] = json.loads(shlex.split(curl[0])[-1])

    def renewed(match: re.Match[str]) -> str:
        nonlocal asked
        example = json.loads(match[1])
        items = example.get("items")
        if isinstance(items, list) and "route" in items[0]:
            example = {"items": [{"id": item["id"], "route": route(item)} for item in asked["items"]]}
        elif "review" in example:
            example = route(asked)
        else:
            asked = example if isinstance(items, list) else asked
            return match[0]
        return f"```json\n{pretty(example)}\n```"

    return _JSON.sub(renewed, text)


def main() -> None:
    """Renew every page."""
    figures.renew()
    learning_tables.renew()
    monitoring_tables.renew()
    scale_tables.renew()
    settings_table.renew()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in (*ROOT.glob("README*.md"), *sorted((ROOT / "docs").glob("*.md"))):
        text = path.read_text(encoding="utf-8")
        text = _CONSOLE.sub(lambda match: f"```console\n$ {match[1]}\n{printed(match[1])}\n```", text)
        path.write_text(answers(text, readme), encoding="utf-8")


if __name__ == "__main__":
    main()
