"""Migration files: what they say of codes, and what a wrong one is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from revisions import NEW, OLD, Revision, department

from petition_nlp.directory import UnitNames
from petition_nlp.errors import TaxonomyError
from petition_nlp.migration_draft import draft
from petition_nlp.taxonomy import Taxonomy


def _merged(folder: Path) -> Revision:
    """gas and electricity are energy, education is two, taxation is gone, telecom is called otherwise."""
    revision = Revision(folder).without("gas", "electricity", "education", "taxation", "telecom")
    parts = ("energy", "能源部门"), ("schools", "学校部门"), ("training", "培训部门"), ("network", "通信部门")
    revision.having(*(department(code, name) for code, name in parts))
    revision.step(kind="merge", old=["gas", "electricity"], to="energy")
    revision.step(kind="split", old="education", to=["schools", "training"])
    revision.step(kind="retire", old="taxation")
    return revision.step(kind="rename", old="telecom", to="network")


@pytest.fixture
def merged(tmp_path: Path) -> Taxonomy:
    return _merged(tmp_path / "new").load()


@pytest.mark.parametrize(
    ("code", "now"),
    [("gas", "energy"), ("electricity", "energy"), ("telecom", "network"), ("housing", "housing"), ("fire", "fire")],
)
def test_a_code_that_became_another_as_a_whole_stands_for_it(merged: Taxonomy, code: str, now: str) -> None:
    assert merged.current("department", code) == now
    assert merged.resolve("department", code) == now


@pytest.mark.parametrize("code", ["education", "taxation"])
def test_a_code_that_was_split_or_retired_stands_for_itself(merged: Taxonomy, code: str) -> None:
    assert merged.current("department", code) == code
    assert merged.retired["department"][code].successor is None


def test_a_former_code_is_shown_by_its_last_name_marked_as_former(merged: Taxonomy) -> None:
    name = OLD.departments["gas"].name
    assert merged.name("department", "gas") == f"{name}（原）"
    assert merged.name("co_department", "gas") == f"{name}（原）"
    assert merged.resolve("department", name) == "energy"
    assert merged.retired["department"]["gas"].version == OLD.version


def test_the_present_code_knows_under_which_codes_the_same_is_stored(merged: Taxonomy) -> None:
    assert set(merged.former("department", "energy")) == {"gas", "electricity"}
    assert merged.former("department", "housing") == ()


def test_units_with_a_former_name_in_theirs_stand_for_the_successor(merged: Taxonomy) -> None:
    name = OLD.departments["gas"].name
    assert UnitNames(merged).code(f"临江市{name}（营业部）") == "energy"


def test_the_shipped_taxonomy_has_no_earlier_version() -> None:
    assert OLD.migrations == ()
    assert OLD.name("department", "gas") == OLD.departments["gas"].name


def test_the_json_form_names_what_is_retired(merged: Taxonomy) -> None:
    retired = {own["code"]: own["successor"] for own in merged.to_dict()["retired"]["department"]}
    assert retired == {
        "gas": "energy",
        "electricity": "energy",
        "education": None,
        "taxation": None,
        "telecom": "network",
    }


def test_versions_make_a_chain(tmp_path: Path) -> None:
    middle = _merged(tmp_path / "b").write()
    last = Revision(tmp_path / "c", "2027.09", source=middle).without("energy", "network")
    last.having(department("utilities", "公用事业部门")).step(kind="merge", old=["energy", "network"], to="utilities")
    taxonomy = last.load()
    assert [(own.old, own.new) for own in taxonomy.migrations] == [(OLD.version, NEW), (NEW, "2027.09")]
    assert taxonomy.current("department", "gas") == taxonomy.current("department", "energy") == "utilities"
    assert taxonomy.name("department", "gas").endswith("（原）")


_MISTAKES: dict[str, tuple[Callable[[Revision], object], str]] = {
    "old code without a fate": (lambda r: r.steps.pop(2), "taxation 没有去向"),
    "new code from nowhere": (lambda r: r.having(department("port", "港口部门")), "port 没有来历"),
    "target that does not exist": (lambda r: r.steps[0].update(to="power"), "不存在的新部门代码 power"),
    "source that never existed": (lambda r: r.steps[3].update({"from": "radio"}), "不存在的旧部门代码 radio"),
    "two fates": (lambda r: r.step(kind="retire", old="gas"), "gas 在第"),
    "merge of one": (lambda r: r.steps[0].update({"from": ["gas"]}), "合并的 from 应写几个代码"),
    "split into one": (lambda r: r.steps[1].update(to="schools"), "拆分的 to 应写几个代码"),
    "retired code that is still there": (lambda r: r.steps[2].update({"from": "housing"}), "housing 在新版里仍然存在"),
    "rename onto another's code": (lambda r: r.steps[3].update(to="housing"), "housing 在旧版里已经存在"),
    "addition of what was there": (lambda r: r.step(kind="add", to="housing"), "housing 在旧版里已经存在"),
    "unknown kind": (lambda r: r.steps[0].update(kind="join"), "没有这种步骤"),
    "unknown key": (lambda r: r.steps[0].update(reason="改革"), "不认识的项：reason"),
    "unknown head": (lambda r: r.steps[0].update(head="topic"), "head 应是"),
    "rules of a merge": (lambda r: r.steps[0].update(rules=[{"to": "energy", "words": ["电"]}]), "只有拆分"),
    "rule to elsewhere": (
        lambda r: r.steps[1].update(rules=[{"to": "energy", "words": ["电"]}]),
        "拆分去向代码 energy",
    ),
    "rule with a misspelt condition": (
        lambda r: r.steps[1].update(rules=[{"to": "schools", "wrods": ["学"]}]),
        "不认识的项：wrods",
    ),
    "rule with an unknown matter": (
        lambda r: r.steps[1].update(rules=[{"to": "schools", "matter": "huge"}]),
        "事项类别代码 huge",
    ),
    "re-assignment of everything": (lambda r: r.step(kind="reassign", name="全部", to="housing"), "没有写条件"),
    "re-assignment to nobody": (lambda r: r.step(kind="reassign", name="空", words=["电"]), "没有写去向"),
    "re-assignment without a name": (lambda r: r.step(kind="reassign", words=["电"], to="housing"), "name"),
    "unclear is touched": (lambda r: r.step(kind="retire", head="matter", old="unclear"), "unclear"),
}


@pytest.mark.parametrize("mistake", _MISTAKES)
def test_a_wrong_migration_is_refused_with_file_line_and_what_is_wrong(mistake: str, tmp_path: Path) -> None:
    spoil, says = _MISTAKES[mistake]
    revision = _merged(tmp_path / "new")
    spoil(revision)
    with pytest.raises(TaxonomyError) as found:
        revision.load()
    assert "migration.yaml 第 " in str(found.value)
    assert says in str(found.value)


def test_a_migration_to_an_unknown_version_is_refused(tmp_path: Path) -> None:
    folder = _merged(tmp_path / "new").write()
    path = folder / "migration.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(f"to: '{NEW}'", "to: '2031.01'"), encoding="utf-8")
    with pytest.raises(TaxonomyError, match=r"2031\.01 未知"):
        Taxonomy.load(folder)


def test_a_reassignment_whose_code_changed_again_has_to_be_written_anew(tmp_path: Path) -> None:
    first = _merged(tmp_path / "b").step(
        kind="reassign", name="充电", words=["充电"], department="energy", to="housing"
    )
    last = Revision(tmp_path / "c", "2027.09", source=first.write()).without("energy")
    last.having(department("heat", "供热部门"), department("power", "电力部门"))
    last.step(kind="split", old="energy", to=["heat", "power"])
    with pytest.raises(TaxonomyError, match=r"改派「充电」.*energy.*又变了"):
        last.load()


def test_a_draft_can_be_read_and_keeps_every_code(tmp_path: Path) -> None:
    revision = Revision(tmp_path / "new").without("gas", "telecom")
    revision.having(department("network", "通信部门", former_names=[OLD.departments["telecom"].name]))
    folder = revision.write()
    (folder / "migration.yaml").write_text(draft(OLD, Taxonomy.load_files(folder)), encoding="utf-8")
    [migration] = Taxonomy.load(folder).migrations
    assert migration.before == OLD.terms
    assert {(step.kind, step.old, step.new) for step in migration.steps} == {
        ("retire", ("gas",), ()),
        ("rename", ("telecom",), ("network",)),
    }
