from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from petition_nlp.local.directory import Directory
from petition_nlp.resources import data_path
from petition_nlp.taxonomy import Taxonomy

Build = Callable[..., Directory]


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return Taxonomy.load()


@pytest.fixture(scope="session")
def shipped() -> dict[str, Any]:
    """The invented city of the template, as it is shipped."""
    example = yaml.safe_load(data_path("local/example.yaml").read_text(encoding="utf-8"))
    return dict(example["directory"])


@pytest.fixture(scope="session")
def city(shipped: dict[str, Any], taxonomy: Taxonomy) -> Directory:
    return Directory.from_dict(shipped, version="1", taxonomy=taxonomy)


@pytest.fixture
def build(taxonomy: Taxonomy) -> Build:
    """A directory from its lists; places are (name, kind, *parents)."""

    def make(*places: tuple[str, ...], **lists: Any) -> Directory:
        records = [{"name": name, "kind": kind, "parents": list(parents)} for name, kind, *parents in places]
        return Directory.from_dict({"places": records, **lists}, version="1", taxonomy=taxonomy)

    return make
