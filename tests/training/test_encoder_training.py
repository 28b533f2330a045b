"""Training with an encoder: three profiles, no torch to serve them, and a training that can be interrupted."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from revisions import Revision, department
from tiny_encoder import write_tiny_encoder
from tiny_models import Rows, word_rows, write_csv

from petition_nlp import Router
from petition_nlp.errors import InputError, ModelError
from petition_nlp.profiles import PROFILES
from petition_nlp.training import encoder as encoder_module
from petition_nlp.training import train as train_module
from petition_nlp.training.retrain import RetrainOptions, retrain
from petition_nlp.training.train import TrainOptions, train
from petition_nlp.training.verdict import Verdict

_TARGETS = {"department": "责任部门", "matter": "事项类别"}

TEXTS = ["停电，电表，跳闸，线路，变压器", "学校，老师，入学，补课，教材", "发票，税率，纳税", "你好", ""]


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_encoder(tmp_path_factory.mktemp("tiny") / "tiny-encoder")


def _options(folder: Path, rows: Rows, source: Path, **further: Any) -> TrainOptions:
    given = {
        "data": [write_csv(folder / "train.csv", rows)],
        "out": folder / "model",
        "targets": _TARGETS,
        "encoder": str(source),
        "encoder_epochs": 2,
        "folds": 2,
        "quiet": True,
    }
    return TrainOptions(**{**given, **further})


@pytest.fixture(scope="session")
def folder(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("with_encoder")
    rows = [row | {"类": row["责任部门"][:2]} for row in word_rows()]
    train(_options(place, rows, source, auxiliary={"kind": "类"}))
    return place / "model"


def _probabilities(folder: Path, profile: str) -> list[float]:
    return [r.department.confidence if r.department else 0.0 for r in Router.load(folder, profile=profile).route(TEXTS)]


def test_the_model_has_three_profiles_and_its_best_is_the_default(folder: Path) -> None:
    assert tuple(Router.load(folder).loaded.profiles) == PROFILES
    assert {route.profile for route in Router.load(folder).route(TEXTS)} == {"best"}
    assert {route.to_dict()["profile"] for route in Router.load(folder, profile="fast").route(TEXTS)} == {"fast"}


def test_each_profile_has_calibration_rows_of_its_own(folder: Path) -> None:
    profiles = Router.load(folder).loaded.profiles
    rows = {name: profile.calibration_rows["matter"] for name, profile in profiles.items()}
    assert not np.array_equal(rows["fast"].confidence, rows["best"].confidence)
    moved = rows["balanced"].confidence != rows["fast"].confidence
    assert 0 < moved.sum() < len(moved) / 2


def test_balanced_asks_the_encoder_for_the_unsure_only(folder: Path) -> None:
    fast, balanced, best = (_probabilities(folder, name) for name in PROFILES)
    assert all(own in (quick, thorough) for own, quick, thorough in zip(balanced, fast, best, strict=True))
    assert fast != best


def test_a_model_with_an_encoder_can_be_adapted(folder: Path, tmp_path: Path) -> None:
    rows = [
        {**row, "责任部门": row["责任部门"].replace("供电企业", "街道办事处、乡镇政府")}
        for row in word_rows(seed=3)[:60]
    ]
    data = [write_csv(tmp_path / "few.csv", rows)]
    targets = {"department": "责任部门", "urgent": "事项类别"}
    report = train(TrainOptions(data=data, out=tmp_path / "new", targets=targets, start=folder, folds=2, quiet=True))
    router = Router.load(tmp_path / "new")
    assert tuple(router.loaded.profiles) == PROFILES
    assert report["encoder"]["source"] == "tiny-encoder"
    assert report["heads"]["department"]["accuracy"] > 0.7
    assert set(router.loaded.heads) == {"department", "matter", "urgent"}
    (route,) = router.route(["停电，电表，跳闸，线路，变压器，抢修，电缆"])
    assert route.department is not None
    assert route.department.code == "subdistrict"


def _retrain(folder: Path, current: Path, **further: Any) -> Verdict:
    rows = word_rows(seed=8)
    return retrain(
        RetrainOptions(
            **{
                "current": current,
                "out": folder / "candidate",
                "frozen": write_csv(folder / "frozen.csv", word_rows(seed=9)[:60]),
                "history": [write_csv(folder / "history.csv", rows[:80])],
                "folds": 2,
                "version": "next",
                "quiet": True,
                **further,
            }
        )
    )


def test_a_current_model_with_an_encoder_is_adapted_by_retraining(folder: Path, tmp_path: Path) -> None:
    verdict = _retrain(tmp_path, folder)
    assert verdict.training["start"] == Router.load(folder).model
    assert tuple(Router.load(verdict.folder).loaded.profiles) == PROFILES
    assert verdict.figures("frozen.department")["second"] > 0.8


def test_retraining_fine_tunes_an_encoder_from_the_start(folder: Path, source: Path, tmp_path: Path) -> None:
    verdict = _retrain(
        tmp_path, folder, encoder=str(source), encoder_epochs=1, encoder_folds=1, work=tmp_path / "work", noise=False
    )
    assert verdict.training["start"] is None
    assert Router.load(verdict.folder, profile="best").loaded.report["encoder"]["epochs"] == 1


def test_retraining_without_an_encoder_has_no_other_profile_than_fast(folder: Path, tmp_path: Path) -> None:
    linear = tmp_path / "linear"
    few = write_csv(tmp_path / "few.csv", word_rows(seed=3)[:60])
    train(TrainOptions([few], linear, _TARGETS, folds=2, quiet=True))
    with pytest.raises(InputError, match="档位 best"):
        _retrain(tmp_path, folder, start=linear, profile="best")
    assert _retrain(tmp_path, folder, start=linear, profile="fast").rules["profile"] == "fast"


def test_an_encoder_of_an_earlier_taxonomy_has_to_be_fine_tuned_anew(folder: Path, tmp_path: Path) -> None:
    revision = Revision(tmp_path / "new").without("gas").having(department("energy", "能源部门"))
    taxonomy = revision.step(kind="rename", old="gas", to="energy").write()
    with pytest.raises(InputError, match="请用 --encoder 从头微调"):
        _retrain(tmp_path, folder, taxonomy=taxonomy)


def test_a_message_is_routed_the_same_whatever_stands_beside_it(folder: Path) -> None:
    router = Router.load(folder)
    assert [router.route([text])[0] for text in TEXTS] == router.route(TEXTS)


def test_the_report_gives_the_figures_with_and_without_the_encoder(folder: Path) -> None:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["encoder"] == {"source": "tiny-encoder", "epochs": 2, "auxiliary": ["kind"]}
    assert set(report["heads"]) == {"department", "matter"}
    for head in report["heads"].values():
        assert head["fast"]["n"] == head["n"]
        assert 0 < head["fast"]["accuracy"] <= 1
    assert "tiny-encoder" in (folder / "README.md").read_text(encoding="utf-8")


def test_serving_it_needs_no_torch(folder: Path) -> None:
    code = (
        "import sys\nfrom petition_nlp import Router\n"
        f"assert Router.load({str(folder)!r}).route(['停电'])[0].profile == 'best'\n"
        "print({'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer.json"])
@pytest.mark.parametrize("keep", [0.0, 0.5])
def test_a_truncated_encoder_is_refused(folder: Path, tmp_path: Path, name: str, keep: float) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(ModelError, match=name):
        Router.load(copy)


def test_an_unknown_profile_is_named(folder: Path) -> None:
    with pytest.raises(ModelError, match="没有档位 turbo"):
        Router.load(folder, profile="turbo")


def test_an_interrupted_training_goes_on_and_ends_the_same(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = word_rows()
    whole = _options(tmp_path, rows, source, out=tmp_path / "whole", work=tmp_path / "work_a")
    train(whole)
    epochs = 0

    def press() -> None:
        nonlocal epochs
        epochs += 1
        if epochs == 4:
            raise KeyboardInterrupt

    broken = _options(tmp_path, rows, source, out=tmp_path / "again", work=tmp_path / "work_b")
    with monkeypatch.context() as patch:
        patch.setattr(train_module._Training, "_step", lambda _, what: press() if what == "编码器" else None)
        with pytest.raises(KeyboardInterrupt):
            train(broken)
    assert not (tmp_path / "again").exists()
    done: list[int] = []
    restore = encoder_module._Checkpoint.restore
    monkeypatch.setattr(
        encoder_module._Checkpoint,
        "restore",
        lambda self, module, optimizer: done.append(restore(self, module, optimizer)) or done[-1],
    )
    train(broken)
    assert done == [2, 2, 0]
    for name in ("encoder.onnx", "weights.safetensors", "model.json"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_checkpoint_of_other_data_is_not_taken_up(source: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    train(_options(tmp_path, word_rows(), source, out=tmp_path / "a", work=work))
    before = len(list(work.glob("*.pt")))
    train(_options(tmp_path, word_rows(seed=5), source, out=tmp_path / "b", work=work))
    assert len(list(work.glob("*.pt"))) == 2 * before == 6


def test_a_checkpoint_that_cannot_be_loaded_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="无法加载编码器"):
        train(_options(tmp_path, word_rows(), tmp_path / "nothing-here"))
    assert not (tmp_path / "model").exists()


def test_a_label_cannot_be_target_and_auxiliary(source: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="matter 既是目标又是辅助标签"):
        train(_options(tmp_path, word_rows(), source, auxiliary={"matter": "事项类别"}))


def test_long_messages_are_cut_and_short_ones_are_read(folder: Path) -> None:
    vectors = Router.load(folder).loaded.encoder
    assert vectors is not None
    from petition_nlp.text.document import prepare

    found = vectors.transform([prepare(text) for text in ("停", "停电" * 2000, "")])
    assert found.shape == (3, 64)
    assert np.isfinite(found).all()
