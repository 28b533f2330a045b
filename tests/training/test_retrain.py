"""From files to a verdict: better, not better, and everything that is counted on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from revisions import NEW, OLD, Revision, department
from tiny_models import Rows, word_rows, write_csv

from petition_nlp.artifact import load_model
from petition_nlp.errors import InputError, ModelError, PetitionError
from petition_nlp.router import Router
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training.answers import Sample
from petition_nlp.training.gate import GateOptions
from petition_nlp.training.labels import Reading
from petition_nlp.training.retrain import RetrainOptions, retrain
from petition_nlp.training.train import TrainOptions, train
from petition_nlp.training.verdict import Verdict

_TARGETS = {"department": "责任部门", "matter": "事项类别"}


def dated(rows: Rows, first: date = date(2026, 1, 1)) -> Rows:
    return [{**row, "受理时间": (first + timedelta(number)).isoformat()} for number, row in enumerate(rows)]


def confused(rows: Rows, every: int) -> Rows:
    """Rows of which every so-many-th has the department of its neighbour."""
    return [
        {**row, "责任部门": rows[number - 1]["责任部门"]} if number % every == 0 else row
        for number, row in enumerate(rows)
    ]


class Office:
    """Files and a current model in a folder."""

    def __init__(self, folder: Path) -> None:
        rows = word_rows(seed=3)
        self.folder = folder
        self.history = write_csv(folder / "history.csv", dated(rows[:200]))
        self.frozen = write_csv(folder / "frozen.csv", word_rows(seed=4)[:150])
        self.current = folder / "current"
        old = write_csv(folder / "old.csv", confused(rows[200:260], 2))
        train(TrainOptions([old], self.current, _TARGETS, folds=2, noise=False, quiet=True, name="city", version="1"))

    def options(self, **changes: Any) -> RetrainOptions:
        plain = RetrainOptions(
            current=self.current,
            out=self.folder / "candidate",
            frozen=self.frozen,
            history=[self.history],
            noise=False,
            folds=2,
            version="2",
            gate=GateOptions(margin=0.1),
            overwrite=True,
            quiet=True,
        )
        return replace(plain, **changes)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def better(office: Office) -> Verdict:
    return retrain(office.options())


@pytest.fixture(scope="module")
def model(office: Office, better: Verdict, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The better candidate, in a place where nothing overwrites it."""
    folder = tmp_path_factory.mktemp("kept") / "model"
    better.folder.rename(folder)
    return folder


def test_a_candidate_that_learnt_more_is_promoted(model: Path, better: Verdict) -> None:
    assert better.promote
    assert better.figures("frozen.department")["difference"] > 0.1
    assert (better.current, better.candidate) == ("city@1", "city@2")
    told = json.loads((model / "gate.json").read_text(encoding="utf-8"))
    assert told == json.loads(json.dumps(better.to_dict(), ensure_ascii=False))
    assert told["verdict"] == "yes"
    assert told["training"]["by_strength"] == {"history": 200}


def test_the_candidate_says_what_it_learnt_from(model: Path) -> None:
    loaded = load_model(model, taxonomy=Taxonomy.load().version)
    assert loaded.report["retrain"]["from"] == "city@1"
    assert loaded.report["retrain"]["learnt_until"] == "2026-07-19"
    assert loaded.report["period"] == {"first": "2026-01-01", "last": "2026-07-19", "undated": 0}
    assert "历史工单 200 行" in loaded.card


def test_a_candidate_that_learnt_worse_is_not_promoted(office: Office, model: Path) -> None:
    bad = write_csv(office.folder / "bad.csv", dated(confused(word_rows(seed=5)[:90], 2)))
    verdict = retrain(office.options(current=model, history=[bad], version="3"))
    assert not verdict.promote
    assert any("责任部门" in reason for reason in verdict.reasons)


def test_the_same_again_gives_the_same_verdict_and_no_further_use(office: Office, better: Verdict, model: Path) -> None:
    again = retrain(office.options())
    assert again.to_dict() == better.to_dict()
    uses = json.loads((office.folder / "frozen.csv.uses.json").read_text(encoding="utf-8"))["sets"]
    assert [use["candidate"] for own in uses.values() for use in own].count("city@2") == 1


def test_copies_of_measured_messages_and_labels_by_strength(office: Office, model: Path) -> None:
    frozen = office.frozen.read_text(encoding="utf-8").splitlines()
    history = office.folder / "leaky.csv"
    history.write_text("\n".join([*frozen[:31], *frozen[100:105]]) + "\n", encoding="utf-8")
    labels = office.folder / "labels.jsonl"
    rows = [
        {
            "id": f"p{number}",
            "text": row["诉求内容"],
            "department": row["责任部门"],
            "matter": row["事项类别"],
            "strength": "reviewed" if number % 2 else "accepted",
            "decided": "2026-10-01",
        }
        for number, row in enumerate(word_rows(seed=6)[:80])
    ]
    labels.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    blind = write_csv(office.folder / "blind.csv", word_rows(seed=10)[:40])
    verdict = retrain(office.options(history=[history], labels=[labels], blind=blind, version="4"))
    assert verdict.samples == {"frozen": 150, "blind": 40}
    assert verdict.figures("blind.department")["n"] == 40
    assert verdict.training["dropped_copies"] == {"measured": 35, "calibration": 0}
    assert verdict.training["by_strength"] == {"reviewed": 40, "accepted": 40}


def test_rows_that_could_not_be_split_are_counted(office: Office) -> None:
    paths = []
    for number, whole in enumerate((office.history, office.frozen, office.folder / "old.csv")):
        paths.append(office.folder / f"broken{number}.csv")
        paths[-1].write_text(whole.read_text(encoding="utf-8") + "路灯,太,多,的,列,了\n", encoding="utf-8")
    history, frozen, calib = paths
    verdict = retrain(office.options(history=[history], frozen=frozen, calib=[calib], version="broken"))
    assert verdict.training["broken"] == 3


def test_a_model_is_adapted_with_what_it_has_not_learnt(office: Office, model: Path) -> None:
    rows = dated(word_rows(seed=7)[:60], date(2026, 7, 1))
    newer = write_csv(office.folder / "newer.csv", rows)
    verdict = retrain(office.options(current=model, start=model, history=[newer], version="5"))
    assert verdict.training["start"] == "city@2"
    assert verdict.training["rows"] == 41


def test_both_models_are_judged_by_the_rules_of_the_city(office: Office, better: Verdict) -> None:
    policy, districts = office.folder / "policy.yaml", office.folder / "districts.yaml"
    policy.write_text("always_review:\n  - {name: 停电, words: [停电]}\n", encoding="utf-8")
    rule = "{id: 学校, area: 城东区, matter: government, words: [学校], outcome: {matter: community}}"
    districts.write_text(f'version: "7"\ndistricts: [{{name: 城东区}}]\nrules: [{rule}]\n', encoding="utf-8")
    verdict = retrain(office.options(policy=policy, districts=districts, target_precision=0.6, version="6"))
    plain, own = better.rules, verdict.rules
    assert (plain["target_precision"], plain["districts"], plain["taxonomy"]) == (0.9, None, OLD.version)
    assert (own["target_precision"], own["districts"]) == (0.6, "7")
    assert own["policy"] != plain["policy"]
    hit = sum("停电" in row["诉求内容"] for row in word_rows(seed=4)[:150]) / 150
    assert verdict.figures("review")["second"] >= hit > 0


@pytest.mark.parametrize("area", ["城东区", ""])
def test_rules_of_districts_look_at_where_a_message_is_from(model: Path, tmp_path: Path, area: str) -> None:
    districts = tmp_path / "districts.yaml"
    rule = "{id: 用电, area: 城东区, department: electricity, words: [停电], outcome: {department: gas}}"
    districts.write_text(f'version: "7"\ndistricts: [{{name: 城东区}}]\nrules: [{rule}]\n', encoding="utf-8")
    rows = [{"诉求内容": "停电，电表，跳闸，线路，变压器", "责任部门": "燃气企业", "所属区域": area}]
    corpus = Reading(heads=("department",), taxonomy=OLD).measured(write_csv(tmp_path / "rows.csv", rows))
    router = Router.load(model, districts=districts)
    assert list(Sample.of("frozen", corpus, router, router).candidate.right["department"]) == [area != ""]


def test_a_current_model_of_an_earlier_taxonomy_is_compared_in_the_codes_of_the_present_one(
    office: Office, tmp_path: Path
) -> None:
    revision = Revision(tmp_path / "new").without("education").having(department("schools", "学校部门"))
    taxonomy = revision.step(kind="rename", old="education", to="schools").write()
    verdict = retrain(office.options(taxonomy=taxonomy, version="7"))
    assert verdict.rules["taxonomy"] == NEW
    assert verdict.figures("frozen.department")["n"] == 150
    assert 0.2 < verdict.figures("frozen.department")["first"] < verdict.figures("frozen.department")["second"]
    assert verdict.figures("heads") == {"heads": [], "departments": []}
    candidate = load_model(verdict.folder, taxonomy=NEW)
    assert set(candidate.heads["department"].labels) == {"electricity", "schools", "taxation"}


def test_a_model_of_an_earlier_taxonomy_cannot_be_adapted(office: Office, tmp_path: Path) -> None:
    revision = Revision(tmp_path / "new").without("education").having(department("schools", "学校部门"))
    taxonomy = revision.step(kind="rename", old="education", to="schools").write()
    with pytest.raises(InputError, match=f"按分类版本 {OLD.version} 训练，不能适应到 {NEW}"):
        retrain(office.options(taxonomy=taxonomy, start=office.current))
    with pytest.raises(ModelError, match="没有从前者到后者的迁移文件"):
        retrain(office.options(taxonomy=Revision(tmp_path / "other").write()))


def test_every_head_of_the_current_model_has_to_be_taught(office: Office) -> None:
    rows = [{name: value for name, value in row.items() if name != "事项类别"} for row in word_rows(seed=8)[:60]]
    partly = write_csv(office.folder / "partly.csv", rows)
    with pytest.raises(InputError, match="matter"):
        retrain(office.options(history=[partly]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"history": []}, "没有可学的数据"),
        ({"out": Path("current")}, "现用模型的文件夹"),
        ({"version": "1"}, "同名"),
        ({"policy": Path("none.yaml")}, "规则文件"),
        ({"frozen": Path("none.csv")}, "无法读取"),
    ],
)
def test_what_cannot_be_done_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], message: str
) -> None:
    monkeypatch.chdir(office.folder)
    with pytest.raises(PetitionError, match=message):
        retrain(office.options(**changes))


def test_a_frozen_set_of_a_few_rows_decides_nothing(office: Office) -> None:
    few = write_csv(office.folder / "few.csv", word_rows(seed=9)[:20])
    with pytest.raises(InputError, match="至少要 50 行"):
        retrain(office.options(frozen=few))
