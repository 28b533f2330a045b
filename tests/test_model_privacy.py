"""The committed model keeps no street, compound, firm, person or number of anyone (data sheet, rule 2).

What counts as ordinary is judged by jieba's own dictionary, not by the code that built the vocabulary.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jieba
import jieba.posseg
import pytest
import yaml

from petition_nlp.resources import data_path, default_model_path
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.text.segment import domain_words

_SUFFIXES = (
    *(
        "大道",
        "大街",
        "东路",
        "西路",
        "南路",
        "北路",
        "中路",
        "路",
        "街",
        "巷",
        "花园",
        "家园",
        "嘉园",
        "花苑",
        "雅苑",
        "苑",
    ),
    *("小区", "公寓", "大厦", "广场", "山庄", "新村", "村", "镇", "有限公司", "公司", "集团", "酒店", "宾馆", "超市"),
    *("小学", "中学", "大学", "学校", "学院", "幼儿园", "医院", "大桥", "市场"),
)
_PROPER = frozenset({"nr", "nrt", "nrfg", "ns", "nt", "nz"})
# Conjunctions, adverbs, numerals, prepositions, pronouns, measure words, particles, verbs: no names.
_FUNCTION_TAGS = frozenset("cdmpqruvyfbz")
_COMMON = 100
_HAN = re.compile(r"[一-鿿]+")


@cache
def _names() -> dict[str, Any]:
    raw: dict[str, Any] = yaml.safe_load(data_path("text/names.yaml").read_text(encoding="utf-8"))
    return raw


@cache
def _general() -> frozenset[str]:
    """Words that we ourselves list as ordinary; they are in the repository for everyone to read."""
    names = _names()
    return domain_words() | set(names["plain_stems"].split()) | set(names["suffixes"].split())


@cache
def _tag(word: str) -> str:
    """jieba's tag of a word; empty if it takes it for several."""
    found = list(jieba.posseg.cut(word))
    return found[0].flag if len(found) == 1 else ""


@cache
def _frequency(word: str) -> int:
    jieba.initialize()
    return int(jieba.dt.FREQ.get(word, 0))


def _is_ordinary(word: str) -> bool:
    if len(word) < 2 or word in _general() or not _HAN.fullmatch(word):
        return True
    tags = [part.flag for part in jieba.posseg.cut(word)]
    if _PROPER & set(tags):
        return False
    return _frequency(word) >= _COMMON or tags[0][:1] in "rm" or all(tag[:1] in _FUNCTION_TAGS for tag in tags)


def _stem(word: str) -> str | None:
    return next((word.removesuffix(end) for end in _SUFFIXES if word.endswith(end) and word != end), None)


def _places(ngrams: Iterator[str] | list[str]) -> list[str]:
    """N-grams that end in a suffix of streets, compounds or firms after something that is no ordinary word."""
    found = []
    for ngram in ngrams:
        *before, last = ngram.split(" ")
        stem = _stem(last)
        if (last in _SUFFIXES and before and not _is_ordinary(before[-1])) or (
            stem and not _frequency(last) and not _is_ordinary(stem) and last not in _general()
        ):
            found.append(ngram)
    return found


@cache
def _surnames() -> tuple[frozenset[str], frozenset[str]]:
    """Surnames that are not mostly ordinary words, and characters that no given name holds."""
    raw = yaml.safe_load(data_path("text/surnames.yaml").read_text(encoding="utf-8"))
    single = {char for char in raw["single"] if _HAN.fullmatch(char)} - set(raw["also_words"])
    return frozenset(single), frozenset(raw["not_given"])


def _people(words: list[str]) -> list[str]:
    """Words that jieba takes for a full name."""
    single, not_given = _surnames()
    return [
        word
        for word in words
        if len(word) in (2, 3)
        and word[0] in single
        and not set(word[1:]) & not_given
        and _tag(word) in ("nr", "nrt", "nrfg")
        and word not in _general()
    ]


@pytest.fixture(scope="module")
def vocabulary() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads((default_model_path() / "vocabulary.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def words(vocabulary: dict[str, list[str]]) -> list[str]:
    """Every single word that the model knows, alone or in a pair."""
    return sorted({word for ngram in vocabulary["words"] for word in ngram.split(" ") if _HAN.fullmatch(word)})


@pytest.mark.parametrize(
    "ngram", ["桐雁 路", "泊云 小区", "泊云府雅苑", "鑫隆 公司", "鑫隆置业有限公司", "张家坡村", "上海 路"]
)
def test_a_name_of_a_place_or_firm_would_be_found(ngram: str) -> None:
    assert _places([ngram]) == [ngram]


@pytest.mark.parametrize("word", ["王建国", "孙秀兰", "张伟", "李小红"])
def test_a_persons_name_would_be_found(word: str) -> None:
    assert _people([word]) == [word]


@pytest.mark.parametrize(
    "ngram", ["老旧 小区", "这条 路", "物业公司", "农贸市场", "的 小区", "公路", "12 路", "[名称] 路"]
)
def test_an_ordinary_ngram_is_not_taken_for_a_name(ngram: str) -> None:
    assert _places([ngram]) == []


def test_the_vocabulary_is_that_of_a_real_model(vocabulary: dict[str, list[str]]) -> None:
    assert len(vocabulary["words"]) > 5000
    assert len(vocabulary["chars"]) > 5000
    assert "[名称] 路" in vocabulary["words"]


def test_no_ngram_names_a_street_compound_or_firm(vocabulary: dict[str, list[str]]) -> None:
    assert _places(vocabulary["words"]) == []


def test_no_word_is_a_proper_name_in_jiebas_dictionary(words: list[str]) -> None:
    assert [word for word in words if len(word) > 1 and _tag(word) in _PROPER and word not in _general()] == []


def test_no_word_is_a_persons_full_name(words: list[str]) -> None:
    assert _people(words) == []


def test_no_run_of_characters_is_a_persons_full_name(vocabulary: dict[str, list[str]]) -> None:
    offices = (
        name for office in Taxonomy.load().departments.values() for name in (office.name, office.duty, *office.aliases)
    )
    general = "\n".join((*_general(), *offices))
    assert [
        name for name in _people([chars for chars in vocabulary["chars"] if len(chars) == 3]) if name not in general
    ] == []


def test_no_number_is_long_enough_to_call_or_identify_someone(vocabulary: dict[str, list[str]]) -> None:
    runs = [run for ngram in vocabulary["words"] for run in re.findall(r"[\d*]{6,}", ngram)]
    assert runs == []
    assert not re.search(r"[1-9]", "".join(vocabulary["chars"]))


def test_no_address_plate_or_account_is_in_it(vocabulary: dict[str, list[str]]) -> None:
    text = "\n".join((*vocabulary["words"], *vocabulary["chars"]))
    assert not re.search(r"[A-Za-z0-9.]@|@[A-Za-z0-9]", text)
    assert not re.search(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z]\d", text)


def test_no_latin_word_looks_like_an_account(vocabulary: dict[str, list[str]]) -> None:
    mixed = {
        word
        for ngram in vocabulary["words"]
        for word in ngram.split(" ")
        if re.fullmatch(r"(?=.*\d)(?=.*[A-Za-z])\w{6,}", word)
    }
    assert mixed == set()


# --- report and card ------------------------------------------------------------------------------------------


def _strings(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for key, value in part.items():
            yield key
            yield from _strings(value)
    elif isinstance(part, list):
        for value in part:
            yield from _strings(value)


def test_the_report_holds_no_text_longer_than_a_label() -> None:
    taxonomy = Taxonomy.load()
    longest = max(len(name) for name in (*taxonomy.departments, *(d.name for d in taxonomy.departments.values())))
    report = json.loads((default_model_path() / "report.json").read_text(encoding="utf-8"))
    found = list(_strings(report))
    assert len(found) > 100
    assert [text for text in found if len(text) > max(longest, 30)] == []
    assert [text for text in found if len(re.findall("[一-鿿]", text)) > longest] == []


@pytest.mark.parametrize("says", ["海口", "2018", "NLP-bureauDispatching", "Whose habits", "invented", "Not intended"])
def test_the_card_says_where_the_model_learnt_and_what_it_is_not_for(says: str) -> None:
    assert says in (default_model_path() / "README.md").read_text(encoding="utf-8")


def test_the_folder_is_at_most_45_megabytes() -> None:
    assert sum(path.stat().st_size for path in Path(default_model_path()).iterdir()) <= 45_000_000
