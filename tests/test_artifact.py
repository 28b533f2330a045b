"""The model folder: what is written comes back, and nothing else is ever loaded."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy import TAXONOMY, toy_model

from petition_nlp import Router
from petition_nlp import artifact as artifact_module
from petition_nlp.artifact import Model, load_model, save_model
from petition_nlp.classify.head import side_by_side
from petition_nlp.classify.profile import JointCalibration
from petition_nlp.errors import ModelError, OutputError
from petition_nlp.policy import Policy

_FILES = ("model.json", "vocabulary.json", "weights.safetensors", "report.json", "README.md")
_TEXTS = ("路口红绿灯坏了没人管", "小区停电", "楼道门禁坏了", "邻居借钱不还", "你好", "", "烧烤油烟😡")


@pytest.fixture
def model() -> Model:
    return toy_model(joint=JointCalibration((0.8, 0.7), 0.1))


@pytest.fixture
def folder(model: Model, tmp_path: Path) -> Path:
    save_model(model, tmp_path / "model")
    return tmp_path / "model"


def _load(folder: Path) -> Model:
    return load_model(folder, taxonomy=TAXONOMY.version)


def _routes(model: Model) -> list[dict[str, Any]]:
    return [route.to_dict() for route in Router(model, TAXONOMY, Policy()).route(_TEXTS)]


def _edit_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "model.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def test_a_saved_model_routes_as_before(model: Model, folder: Path) -> None:
    assert _routes(_load(folder)) == _routes(model)


def test_a_saved_model_keeps_its_name_report_and_card(model: Model, folder: Path) -> None:
    loaded = _load(folder)
    assert (loaded.id, loaded.taxonomy) == (model.id, model.taxonomy)
    assert (loaded.report, loaded.card) == (model.report, model.card)
    assert loaded.profile("fast").joint == model.profile("fast").joint
    assert Router(loaded, TAXONOMY, Policy()).gate == Router(model, TAXONOMY, Policy()).gate


def test_weights_are_stored_as_they_are_whatever_their_order_in_memory(model: Model, tmp_path: Path) -> None:
    heads = {name: replace(head, weights=np.asfortranarray(head.weights)) for name, head in model.heads.items()}
    save_model(replace(model, heads=heads), tmp_path / "other")
    assert _routes(_load(tmp_path / "other")) == _routes(model)


def test_a_model_that_was_moved_still_loads(model: Model, folder: Path, tmp_path: Path) -> None:
    shutil.move(folder, tmp_path / "别处")
    assert _routes(_load(tmp_path / "别处")) == _routes(model)


def test_saving_twice_writes_the_same_bytes(model: Model, folder: Path, tmp_path: Path) -> None:
    save_model(model, tmp_path / "again")
    assert {name: (folder / name).read_bytes() for name in _FILES} == {
        name: (tmp_path / "again" / name).read_bytes() for name in _FILES
    }


def test_the_folder_holds_json_markdown_and_safetensors_only_and_everyone_may_read_it(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(_FILES)
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in folder.iterdir())
    assert folder.stat().st_mode & 0o055 == 0o055
    for name in ("model.json", "vocabulary.json", "report.json"):
        json.loads((folder / name).read_text(encoding="utf-8"))
    header = int.from_bytes((folder / "weights.safetensors").read_bytes()[:8], "little")
    json.loads((folder / "weights.safetensors").read_bytes()[8 : 8 + header])


def test_no_pickle_is_written_or_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pickle

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("pickle")

    monkeypatch.setattr(pickle, "load", refuse)
    monkeypatch.setattr(pickle, "loads", refuse)
    _load(folder)
    assert not any(b"\x80\x04" in path.read_bytes()[:2] for path in folder.iterdir())


# --- damaged folders ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", _FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name) as caught:
        _load(folder)
    assert str(folder) in caught.value.where
    assert caught.value.todo


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
@pytest.mark.parametrize("name", _FILES)
def test_a_truncated_file_is_refused(folder: Path, name: str, keep: float) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(ModelError) as caught:
        _load(folder)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", [name for name in _FILES if name != "model.json"])
def test_a_file_of_which_one_bit_changed_is_refused(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match="校验和"):
        _load(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"{}"])
def test_a_manifest_that_is_none_is_refused(folder: Path, content: bytes) -> None:
    (folder / "model.json").write_bytes(content)
    with pytest.raises(ModelError):
        _load(folder)


_TAMPERINGS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no heads": lambda manifest: manifest.pop("heads"),
    "heads as text": lambda manifest: manifest.update(heads="department"),
    "head without labels": lambda manifest: manifest["heads"][0].pop("labels"),
    "head of another name": lambda manifest: manifest["heads"][0].update(name="mayor"),
    "one label too few": lambda manifest: manifest["heads"][0]["labels"].pop(),
    "one label too many": lambda manifest: manifest["heads"][0]["labels"].append("火星"),
    "slopes as text": lambda manifest: manifest["heads"][0].update(slopes="steep"),
    "one slope": lambda manifest: manifest["heads"][0].update(slopes=[1.0]),
    "no name": lambda manifest: manifest.pop("name"),
    "joint too short": lambda manifest: manifest["profiles"][0].update(joint=[1.0]),
    "no checksums": lambda manifest: manifest.pop("checksums"),
    "checksums as a list": lambda manifest: manifest.update(checksums=list(manifest["checksums"])),
    "no checksum of the weights": lambda manifest: manifest["checksums"].pop("weights.safetensors"),
    "no checksum of the report": lambda manifest: manifest["checksums"].pop("report.json"),
}


@pytest.mark.parametrize("change", _TAMPERINGS.values(), ids=_TAMPERINGS.keys())
def test_a_manifest_that_does_not_fit_is_refused(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    _edit_manifest(folder, change)
    with pytest.raises(ModelError) as caught:
        _load(folder)
    assert caught.value.todo


@pytest.mark.parametrize("name", ["weights.safetensors", "vocabulary.json", "report.json", "README.md"])
@pytest.mark.parametrize("content", [b"", b"\x80\x04]", b"{}", b"\xff\xfe\x00"])
def test_a_file_of_another_kind_with_the_right_checksum_is_refused_or_read_as_text(
    folder: Path, name: str, content: bytes
) -> None:
    (folder / name).write_bytes(content)
    checksum = hashlib.sha256(content).hexdigest()
    _edit_manifest(folder, lambda manifest: manifest["checksums"].update({name: checksum}))
    readable = (name == "README.md" and content in (b"", b"{}")) or (name == "report.json" and content == b"{}")
    if readable:
        assert _load(folder).id == "toy@1"
        return
    with pytest.raises(ModelError, match="模型内容无效"):
        _load(folder)


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/hostname", "sub/x.json", "..", "./model.json"])
def test_a_manifest_cannot_name_files_outside_its_folder(folder: Path, name: str) -> None:
    (folder.parent / "secret.txt").write_text("geheim")
    _edit_manifest(folder, lambda manifest: manifest["checksums"].update({name: "0" * 64}))
    with pytest.raises(ModelError, match="文件夹以外"):
        _load(folder)


def test_a_model_of_another_taxonomy_version_is_refused(folder: Path) -> None:
    with pytest.raises(ModelError) as caught:
        load_model(folder, taxonomy="1999.01")
    assert "1999.01" in caught.value.what
    assert TAXONOMY.version in caught.value.what


@pytest.mark.parametrize("number", [0, 99, "1", None])
def test_a_model_of_another_format_is_refused(folder: Path, number: object) -> None:
    _edit_manifest(folder, lambda manifest: manifest.update(format=number))
    with pytest.raises(ModelError, match="格式"):
        _load(folder)


@pytest.mark.parametrize("name", ["none", "file"])
def test_what_is_no_model_folder_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match=r"model\.json") as caught:
        _load(tmp_path / name)
    assert caught.value.where == str(tmp_path / name)


# --- writing --------------------------------------------------------------------------------------------------


def test_an_existing_folder_is_not_overwritten_unasked(model: Model, folder: Path) -> None:
    before = (folder / "model.json").read_bytes()
    with pytest.raises(OutputError, match="已存在") as caught:
        save_model(replace(model, name="other"), folder)
    assert caught.value.where == str(folder)
    assert (folder / "model.json").read_bytes() == before


def test_a_model_is_overwritten_when_asked(model: Model, folder: Path) -> None:
    save_model(replace(model, name="other"), folder, overwrite=True)
    assert _load(folder).id == "other@1"
    assert sorted(path.name for path in folder.parent.iterdir()) == [folder.name]


def test_a_folder_of_something_else_is_never_overwritten(model: Model, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(OutputError):
        save_model(model, tmp_path / "photos", overwrite=True)
    assert (tmp_path / "photos" / "cat.jpg").read_bytes() == b"cat"


def test_a_file_in_the_way_is_an_error_with_its_path(model: Model, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("keep")
    for overwrite in (False, True):
        with pytest.raises(OutputError) as caught:
            save_model(model, tmp_path / "notes", overwrite=overwrite)
        assert str(tmp_path / "notes") in caught.value.where
    assert (tmp_path / "notes").read_text() == "keep"


def test_a_place_that_cannot_be_written_is_an_error_with_its_path(model: Model, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("keep")
    with pytest.raises(OutputError) as caught:
        save_model(model, tmp_path / "notes" / "model")
    assert str(tmp_path / "notes") in caught.value.where


def test_missing_parents_are_made(model: Model, tmp_path: Path) -> None:
    save_model(model, tmp_path / "a" / "b" / "model")
    assert _load(tmp_path / "a" / "b" / "model").id == model.id


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("step", ["weights", "manifest", "last"])
def test_ctrl_c_leaves_no_half_model(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, overwrite: bool
) -> None:
    target = tmp_path / "model"
    if overwrite:
        save_model(model, target)
    interrupt_at(step, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        save_model(replace(model, name="new"), target, overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == (["model"] if overwrite else [])
    if overwrite:
        assert _load(target).id == model.id


def interrupt_at(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Press Ctrl-C while the weights, the manifest, or the finished folder is being written."""
    import safetensors.numpy

    def pressed(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    dump = artifact_module._dump

    def at_manifest(path: Path, *arguments: Any, **options: Any) -> None:
        if path.name == "model.json":
            raise KeyboardInterrupt
        dump(path, *arguments, **options)

    move = os.replace

    def at_its_name(source: Path, target: Path) -> None:
        if Path(target).name == "model":
            raise KeyboardInterrupt
        move(source, target)

    if step == "weights":
        monkeypatch.setattr(safetensors.numpy, "save_file", pressed)
    elif step == "manifest":
        monkeypatch.setattr(artifact_module, "_dump", at_manifest)
    else:
        monkeypatch.setattr(os, "replace", at_its_name)


def test_the_weights_of_a_loaded_model_lie_in_memory_once(folder: Path) -> None:
    weights = [head.weights for head in _load(folder).heads.values()]
    whole = side_by_side(weights)
    assert all(np.shares_memory(whole, own) for own in weights)
    assert (whole == np.concatenate(weights, axis=1)).all()


def test_weights_in_another_order_are_copied(folder: Path) -> None:
    weights = [head.weights for head in _load(folder).heads.values()][::-1]
    assert (side_by_side(weights) == np.concatenate(weights, axis=1)).all()
