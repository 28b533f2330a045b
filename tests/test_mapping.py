"""Models of an earlier taxonomy: what their probabilities, thresholds and evidence become."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from revisions import NEW, OLD, Revision, department
from toy import toy_model

from petition_nlp.artifact import save_model
from petition_nlp.errors import ModelError
from petition_nlp.route import Message, Route
from petition_nlp.router import Router
from petition_nlp.text.document import prepare

Change = Callable[[Revision], object]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "toy"
    save_model(toy_model(), folder)
    return folder


@pytest.fixture(scope="module")
def old(model: Path) -> Router:
    return Router.load(model)


def _energy(revision: Revision) -> Revision:
    revision.without("gas", "electricity").having(department("energy", "能源部门"))
    return revision.step(kind="merge", old=["gas", "electricity"], to="energy", why="机构改革")


def _schools(revision: Revision) -> Revision:
    revision.without("education").having(department("schools", "学校部门"), department("training", "培训部门"))
    rules = [{"to": "training", "words": ["补课"]}, {"to": "schools", "area": "城东区"}]
    return revision.step(kind="split", old="education", to=["schools", "training"], rules=rules)


@pytest.fixture(scope="module")
def merged(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Router:
    return Router.load(model, taxonomy=_energy(Revision(tmp_path_factory.mktemp("b") / "b")).write())


@pytest.fixture(scope="module")
def split(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Router:
    return Router.load(model, taxonomy=_schools(Revision(tmp_path_factory.mktemp("b") / "b")).write())


def _one(router: Router, text: str, area: str | None = None) -> Route:
    return router.route([Message(text, area=area)])[0]


def _codes(route: Route) -> list[str]:
    assert route.department is not None
    return [route.department.code, *(choice.code for choice in route.department.alternatives)]


_TEXTS = ("小区停电了好几天跳闸", "燃气管道开户没人管", "红绿灯坏了学校门口", "停电燃气一起出问题", "请问发票怎么开")


def test_merged_labels_have_the_sum_of_their_probabilities(old: Router, merged: Router) -> None:
    documents = [prepare(text) for text in _TEXTS]
    before = old.predictor.predict(documents).probabilities["department"]
    after = merged.predictor.predict(documents).probabilities["department"]
    was, now = old.heads["department"].labels, merged.heads["department"].labels
    assert set(now) == {*was, "energy"} - {"gas", "electricity"}
    for label in set(now) & set(was):
        assert np.array_equal(after[:, now.index(label)], before[:, was.index(label)])
    parts = before[:, was.index("gas")] + before[:, was.index("electricity")]
    assert after[:, now.index("energy")] == pytest.approx(parts, abs=1e-7)


def test_a_route_names_the_model_both_taxonomies_and_only_present_codes(merged: Router) -> None:
    route = _one(merged, _TEXTS[0])
    assert (route.model, route.taxonomy, route.mapped_from) == ("toy@1", NEW, OLD.version)
    assert not {"gas", "electricity"} & set(_codes(route))
    assert route.department is not None
    assert (route.department.code, route.department.name) == ("energy", "能源部门")
    assert route.rules == ()


def test_a_model_of_the_same_taxonomy_is_read_as_ever(old: Router) -> None:
    route = _one(old, _TEXTS[0])
    assert (route.mapped_from, route.rules) == (None, ())
    assert old.heads == old.loaded.heads


def test_a_renamed_code_changes_nothing_but_its_name(model: Path, old: Router, tmp_path: Path) -> None:
    revision = Revision(tmp_path / "b").without("gas").having(department("fuel", "燃料部门"))
    renamed = Router.load(model, taxonomy=revision.step(kind="rename", old="gas", to="fuel").write())
    for before, after in zip(old.route(_TEXTS), renamed.route(_TEXTS), strict=True):
        assert [code.replace("gas", "fuel") for code in _codes(before)] == _codes(after)
        assert before.department and after.department
        assert before.department.confidence == after.department.confidence
        assert before.evidence == after.evidence
        assert [own.code for own in before.review.reasons] == [own.code for own in after.review.reasons]


def test_what_speaks_for_a_merged_department_is_what_speaks_for_its_parts(merged: Router) -> None:
    spans = [span.text for span in _one(merged, "小区停电了，燃气管道也坏了").evidence if span.head == "department"]
    assert any("停电" in span for span in spans)


def test_a_merged_department_is_proven_by_the_rows_of_its_parts(merged: Router, old: Router) -> None:
    assert old.gate is not None and merged.gate is not None
    assert "electricity" in old.gate.floors
    assert merged.gate.floors["energy"] >= merged.policy.target_precision


def test_a_split_goes_by_its_rules(split: Router) -> None:
    route = _one(split, "学校周末补课收费很高没人管")
    assert _codes(route)[0] == "training"
    [rule] = route.rules
    assert (rule.kind, rule.head, rule.after) == ("split", "department", "training")
    assert "taxonomy_changed" not in [own.code for own in route.review.reasons]


def test_a_split_can_go_by_the_area(split: Router) -> None:
    assert _codes(_one(split, "学校门口入学排队时间太长", area="城东区和平街道"))[0] == "schools"
    assert "taxonomy_changed" in [
        own.code for own in _one(split, "学校门口入学排队时间太长", area="新城东区").review.reasons
    ]


def test_a_split_without_a_fitting_rule_is_left_to_people_with_all_parts_to_choose_from(split: Router) -> None:
    route = _one(split, "学校门口入学排队时间太长")
    assert {"schools", "training"} <= set(_codes(route))
    assert "education" not in str(route.to_dict()["department"])
    reason = next(own for own in route.review.reasons if own.code == "taxonomy_changed")
    assert "「学校部门」、「培训部门」" in reason.message
    assert route.candidates is not None
    assert {"schools", "training"} <= {choice.code for choice in route.candidates.departments}


def test_a_department_can_keep_its_code_and_lose_a_part(model: Path, tmp_path: Path) -> None:
    revision = Revision(tmp_path / "b").having(department("training", "培训部门"))
    rules = [{"to": "training", "words": ["补课"]}, {"to": "education", "words_not": ["补课"]}]
    revision.step(kind="split", old="education", to=["education", "training"], rules=rules)
    router = Router.load(model, taxonomy=revision.write())
    assert _codes(_one(router, "学校周末补课收费很高没人管"))[0] == "training"
    kept = _one(router, "学校门口入学排队时间太长")
    assert _codes(kept)[0] == "education"
    assert "taxonomy_changed" not in [own.code for own in kept.review.reasons]


def test_a_retired_department_is_never_suggested(model: Path, tmp_path: Path) -> None:
    revision = Revision(tmp_path / "b").without("education").step(kind="retire", old="education")
    route = _one(Router.load(model, taxonomy=revision.write()), "学校门口入学排队时间太长")
    assert "education" not in _codes(route)
    assert any(own.code == "taxonomy_changed" and "没有承接它的部门" in own.message for own in route.review.reasons)


@pytest.mark.parametrize(
    ("condition", "text", "moved"),
    [
        ({"words": ["斑马线"]}, "斑马线看不清请重新划线", True),
        ({"words": ["斑马线"]}, "红绿灯坏了请尽快来修理", False),
        ({"department": "traffic_police", "words_not": ["红绿灯"]}, "斑马线看不清请重新划线", True),
        ({"department": "gas", "words": ["斑马线"]}, "斑马线看不清请重新划线", False),
        ({"topic": "交通"}, "红绿灯坏了请尽快来修理", True),
    ],
)
def test_a_reassignment_moves_what_its_conditions_hold_for(
    condition: dict[str, object], text: str, moved: bool, model: Path, tmp_path: Path
) -> None:
    step = {"kind": "reassign", "name": "标线", "to": "municipal_works", **condition}
    router = Router.load(model, taxonomy=Revision(tmp_path / "b").step(**step).write())
    route = _one(router, text)
    assert _codes(route)[0] == ("municipal_works" if moved else "traffic_police")
    assert [rule.rule for rule in route.rules] == (["标线"] if moved else [])
    assert route.responsible is not None
    assert (OLD.departments["municipal_works"].name in route.responsible.name) == moved


def test_a_reassignment_does_not_apply_to_a_model_that_was_trained_with_it(tmp_path: Path) -> None:
    folder = Revision(tmp_path / "b").step(kind="reassign", name="标线", words=["斑马线"], to="municipal_works").write()
    save_model(replace(toy_model(), taxonomy=NEW), tmp_path / "new")
    route = _one(Router.load(tmp_path / "new", taxonomy=folder), "斑马线看不清请重新划线")
    assert _codes(route)[0] == "traffic_police"
    assert route.mapped_from is None


def test_a_chain_of_migrations_is_followed_to_its_end(model: Path, tmp_path: Path) -> None:
    middle = _schools(_energy(Revision(tmp_path / "b"))).write()
    last = Revision(tmp_path / "c", "2027.09", source=middle).without("energy", "training")
    last.having(department("utilities", "公用事业部门"), department("tutoring", "校外培训部门"))
    last.step(kind="rename", old="energy", to="utilities").step(kind="rename", old="training", to="tutoring")
    router = Router.load(model, taxonomy=last.write())
    assert _codes(_one(router, "小区停电了好几天跳闸"))[0] == "utilities"
    moved = _one(router, "学校周末补课收费很高没人管")
    assert _codes(moved)[0] == "tutoring"
    assert [rule.rule for rule in moved.rules] == [f"拆分{OLD.name('department', 'education')}（原）"]
    assert _one(router, "小区停电").mapped_from == OLD.version


def test_rules_of_a_split_hold_though_a_later_version_renamed_what_they_name(model: Path, tmp_path: Path) -> None:
    middle = Revision(tmp_path / "b").without("education")
    middle.having(department("schools", "学校部门"), department("training", "培训部门"))
    rules = [{"to": "training", "matter": "government"}]
    middle.step(kind="split", old="education", to=["schools", "training"], rules=rules)
    last = Revision(tmp_path / "c", "2027.09", source=middle.write())
    matters = last.files["matters.yaml"]
    matters["border_rules"] = []
    for own in matters["matters"]:
        own["code"] = own["code"].replace("government", "public")
    for own in last.files["departments.yaml"]["departments"]:
        own["matters"] = [code.replace("government", "public") for code in own.get("matters", ())]
    last.step(kind="rename", head="matter", old="government", to="public")
    text = "学校周末补课收费很高没人管"
    for folder in (middle.folder, last.write()):
        route = _one(Router.load(model, taxonomy=folder), text)
        assert (_codes(route)[0], [rule.kind for rule in route.rules]) == ("training", ["split"])


def test_a_merged_matter_has_the_sum_too(model: Path, old: Router, tmp_path: Path) -> None:
    revision = Revision(tmp_path / "b")
    matters = revision.files["matters.yaml"]
    matters["matters"] = [own for own in matters["matters"] if own["code"] != "private"]
    matters["border_rules"] = []
    for own in revision.files["departments.yaml"]["departments"]:
        own["matters"] = [code for code in own.get("matters", ()) if code != "private"]
    revision.step(kind="merge", head="matter", old=["community", "private"], to="community")
    router = Router.load(model, taxonomy=revision.write())
    documents = [prepare("邻居借钱不还物业也不管")]
    before = old.predictor.predict(documents).probabilities["matter"][0]
    after = router.predictor.predict(documents).probabilities["matter"][0]
    labels, now = old.heads["matter"].labels, router.heads["matter"].labels
    assert after[now.index("community")] == pytest.approx(
        before[labels.index("community")] + before[labels.index("private")], abs=1e-7
    )


def test_a_model_without_a_migration_is_refused_with_what_to_do(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"没有从前者到后者的迁移文件.*migration.yaml"):
        Router.load(model, taxonomy=Revision(tmp_path / "b").write())


def test_a_label_that_is_no_old_code_but_a_new_one_is_refused(tmp_path: Path) -> None:
    save_model(toy_model(own={"department": {"energy": ("停电",), "education": ("学校",)}}), tmp_path / "odd")
    folder = _energy(Revision(tmp_path / "b")).write()
    with pytest.raises(ModelError, match="energy"):
        Router.load(tmp_path / "odd", taxonomy=folder)


def test_two_routers_of_one_model_score_a_message_once_and_say_what_each_says(old: Router, merged: Router) -> None:
    both = list(old.route_both(merged, _TEXTS))
    assert [before for before, _ in both] == old.route_without_evidence(_TEXTS)
    assert [after for _, after in both] == merged.route_without_evidence(_TEXTS)
