"""A small invented city, as a folder of CSV files that commands read, and a rule of one of its districts."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

PLACES: Sequence[Sequence[str]] = (
    ("编号", "名称", "类型", "上级地点"),
    ("E", "城东区", "区县", ""),
    ("W", "城西区", "区县", ""),
    ("E1", "和平街道", "街道", "城东区"),
    ("W1", "望江街道", "街道", "城西区"),
    ("E11", "金桂苑", "小区", "和平街道"),
)
RULE: dict[str, Any] = {
    "id": "物业",
    "area": "城东区",
    "matter": "community",
    "words": ["物业"],
    "outcome": {"matter": "government"},
}


def write_places(folder: Path, places: Sequence[Sequence[str]] = PLACES, **tables: Sequence[Sequence[str]]) -> Path:
    """A directory file: a folder with the places and, by name, further tables."""
    folder.mkdir(exist_ok=True)
    for name, rows in {"地点": places, **tables}.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    return folder


def write_rules(path: Path, *rules: dict[str, Any]) -> Path:
    """A file of rules of districts: `RULE`, unless others are given."""
    content = {"version": "1", "districts": [{"name": "城东区"}, {"name": "城西区"}], "rules": list(rules or [RULE])}
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path
