"""Inference stays light: what only training needs is never imported by it."""

from __future__ import annotations

import subprocess
import sys

import pytest

_HEAVY = ("torch", "transformers", "sklearn", "scipy", "pandas", "datasets", "pyarrow", "datasketch", "jieba")


def _loaded_after(code: str, *names: str) -> set[str]:
    """Which of some packages a fresh interpreter has imported after running code."""
    program = f"{code}\nimport sys\nprint(*[name for name in {names!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split("\n")[-2].split())


def test_a_package_that_is_imported_is_noticed() -> None:
    assert _loaded_after("import numpy", "numpy", "scipy") == {"numpy"}


def test_routing_imports_nothing_heavy() -> None:
    code = """
from petition_nlp import Message, Router
router = Router.load()
assert router.gate is not None
routes = router.route([Message("小区门口烧烤摊每晚油烟扰民，物业不管", title="油烟"), "", "我們小區😡停電"])
assert [route.to_dict() for route in routes]
"""
    assert _loaded_after(code, *_HEAVY) == set()


@pytest.mark.parametrize("module", ["service.app", "petition_nlp.cli", "petition_nlp.archive.job"])
def test_the_other_doors_import_nothing_heavy(module: str) -> None:
    assert _loaded_after(f"import {module}", *_HEAVY) == set()


def test_the_client_imports_nothing_that_routes() -> None:
    assert (
        _loaded_after("import petition_nlp.client", "numpy", "rjieba", "yaml", "fastapi", "pydantic", *_HEAVY) == set()
    )


def test_importing_the_package_alone_imports_no_numpy() -> None:
    assert _loaded_after("import petition_nlp", "numpy", "rjieba", "opencc", "yaml", *_HEAVY) == set()


@pytest.mark.parametrize("name", ["Router", "Message", "Route"])
def test_public_names_are_found_when_they_are_used(name: str) -> None:
    import petition_nlp

    assert getattr(petition_nlp, name).__name__ == name
    assert name in petition_nlp.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    import petition_nlp

    with pytest.raises(AttributeError, match="Ruoter"):
        _ = petition_nlp.Ruoter
