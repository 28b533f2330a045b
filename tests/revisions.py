"""Versions of the shipped taxonomy with a few changes, for tests of migrations."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from petition_nlp.resources import data_path
from petition_nlp.taxonomy import Taxonomy

OLD = Taxonomy.load()
NEW = "2027.03"
FILES = ("departments.yaml", "matters.yaml", "topics.yaml")


def department(code: str, name: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": name, "duty": f"{name}的职责", **more}


class Revision:
    """A copy of a taxonomy under another version; `write` puts it in a folder.

    :param source: folder of the version that it is made from.
    """

    def __init__(self, folder: Path, version: str = NEW, source: Path | None = None) -> None:
        source = source or data_path("taxonomy")
        self.folder, self.version, self.before = folder, version, Taxonomy.load(source)
        self.files = {name: yaml.safe_load((source / name).read_text(encoding="utf-8")) for name in FILES}
        self.steps: list[dict[str, Any]] = []
        folder.mkdir()
        for path in source.glob("migration*.yaml"):
            shutil.copy(path, folder / f"{path.stem}-{self.before.version}.yaml")

    def without(self, *codes: str) -> Revision:
        """Departments that the version lacks, and all that names them."""
        listed = self.files["departments.yaml"]
        listed["departments"] = [own for own in listed["departments"] if own["code"] not in codes]
        matters = self.files["matters.yaml"]
        matters["border_rules"] = [own for own in matters["border_rules"] if own["department"] not in codes]
        for matter in matters["matters"]:
            for code in codes:
                ((matter.get("responsible") or {}).get("by_department") or {}).pop(code, None)
        return self

    def having(self, *departments: Mapping[str, Any]) -> Revision:
        """Further departments."""
        self.files["departments.yaml"]["departments"] += departments
        return self

    def step(self, **step: Any) -> Revision:
        """A step of its migration; ``from`` is written ``old``."""
        self.steps.append({"from" if name == "old" else name: value for name, value in step.items()})
        return self

    def migration(self) -> dict[str, Any]:
        terms = self.before.terms
        before = {"matters": terms["matter"], "departments": terms["department"]}
        return {"from": self.before.version, "to": self.version, "before": before, "steps": self.steps}

    def write(self) -> Path:
        for name, content in self.files.items():
            self._dump(name, {**content, "version": self.version})
        if self.steps:
            self._dump("migration.yaml", self.migration())
        return self.folder

    def load(self) -> Taxonomy:
        return Taxonomy.load(self.write())

    def _dump(self, name: str, content: Any) -> None:
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        (self.folder / name).write_text(text, encoding="utf-8")
