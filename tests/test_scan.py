"""Expressions that are tried only where they could match: nothing is lost by it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petition_nlp.openings import openings
from petition_nlp.scan import Scanner

_CHARACTERS = "火着了人水,□\ud83d\U0001f525"
_PIECES = st.sampled_from(
    (
        *("火", "着", "着了", "人", "水", ".", "[火水]", "[^,]", "[^,]{0,8}?", "(?:着|了人)", "(?:火|着火)?", "了?"),
        *("火{2}", "[着了]{0,2}", "(?:人|水){1,3}", "(?=水)", "(?!火)", "(?<=人)", "(?<!着)", "^", "$", "\\w", "\\d?"),
        *("火+", "(?i:a)", "(火)\\1", ".{0,14}", "(?:火|人.{0,3}水|着[^,]{0,8}?了)", "\U0001f525", "□", "\\b"),
    )
)
_EXPRESSIONS = st.lists(st.lists(_PIECES, min_size=1, max_size=4).map("".join), min_size=1, max_size=3).map("|".join)
_TEXTS = st.lists(st.text(_CHARACTERS, max_size=25), min_size=1, max_size=4)


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(st.lists(_EXPRESSIONS, min_size=1, max_size=4), _TEXTS)
def test_the_same_is_found_as_anywhere(expressions: list[str], texts: list[str]) -> None:
    patterns = [re.compile(expression) for expression in expressions]
    places = Scanner.of(patterns).places(texts)
    for row, text in enumerate(texts):
        for number, pattern in enumerate(patterns):
            found = places.of(row).matches(number, pattern, text)
            assert [match.span() for match in found] == [match.span() for match in pattern.finditer(text)]


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(_EXPRESSIONS, st.text("火着了人水,", max_size=25), st.sets(st.integers(0, 24)))
def test_the_same_is_found_after_characters_were_struck_out(expression: str, text: str, struck: set[int]) -> None:
    pattern = re.compile(expression)
    places = Scanner.of([pattern], never="□").places([text]).of(0)
    left = "".join("□" if place in struck else char for place, char in enumerate(text))
    found = places.matches(0, pattern, left)
    assert [match.span() for match in found] == [match.span() for match in pattern.finditer(left)]


def test_weights_of_what_could_match_add_up() -> None:
    scanner = Scanner.of([re.compile("着火"), re.compile("水.{0,3}人"), re.compile(".")])
    weights = np.array([[1, 0], [10, 0], [0, 5]])
    assert scanner.places(["", "着火", "水里有人,着火", "人水", "水"]).sums(weights).tolist() == [
        [0, 5],
        [1, 5],
        [11, 5],
        [0, 5],
        [0, 5],
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("着火", {"着火": ""}),
        ("着火了", {"着火": "了"}),
        ("水.{0,3}人", {"水": "人", "水人": ""}),
        ("水.{0,99}人", {"水": "", "水人": ""}),  # too far apart to look for the second
        ("(?:老人|孩子)[^,]{0,8}?[掉落]", {"老人": "掉落", "孩子": "掉落"}),
        ("a?火", {"a火": "", "火": ""}),
        (".火", None),
        ("a?", None),
        ("(?i)火", None),
    ],
)
def test_openings_of_an_expression(expression: str, expected: dict[str, str] | None) -> None:
    found = openings(re.compile(expression))
    assert found == (expected and {opening: frozenset(later) for opening, later in expected.items()})
