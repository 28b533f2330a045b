"""The page 模型 in a browser: figures side by side; a model uploaded, put into use, rolled back, removed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from office import Office, open_office
from playwright.sync_api import Page, expect
from toy import toy_model

from petition_nlp.artifact import model_digest, save_model
from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service.access.principal import SYSTEM
from service.models import registry
from service.models.examining import examine
from service.models.folders import ModelFolders

SignIn = Callable[..., Page]
Check = Callable[[Page], None]
Save = Callable[[Page, str], None]

HEADS = {
    "department": {"n": 1200, "accuracy": 0.77, "macro_f1": 0.71, "ece": 0.012, "coverage_at": {"0.90": 0.63}},
    "matter": {"n": 1100, "accuracy": 0.91, "macro_f1": 0.87, "ece": 0.009},
}

_LOADING = 30_000
"""Milliseconds that a busy machine may need to load models."""
CHECKS = [{"name": "frozen.department", "passed": True, "text": "责任部门准确率 75.0% → 77.0%，没有变差"}]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A service with a small model in use, and another one registered."""
    folder = tmp_path_factory.mktemp("office")
    for version, accuracy in (("2026.10", 0.75), ("2026.11", 0.77)):
        report = {"heads": {**HEADS, "department": {**HEADS["department"], "accuracy": accuracy}}}
        save_model(replace(toy_model(), version=version, report=report, card=f"# toy@{version}\n"), folder / version)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.models.changing.default_model_path", lambda: folder / "2026.10")
        with open_office(Router.load(folder / "2026.10"), folder / "data") as opened:
            folders = ModelFolders(Settings(data_folder=folder / "data"))
            with folders.workplace() as work:
                folders.keep(folders.copy(folder / "2026.11", work))
            with opened.database.write() as session:
                registry.register(session, SYSTEM, examine(folder / "2026.11", None, "fast"))
            yield opened
    shutil.rmtree(folder, ignore_errors=True)


def test_a_model_is_looked_at_put_into_use_and_rolled_back(signed_in: SignIn, axe: Check, shots: Save) -> None:
    page = signed_in("admin", path="/models")
    row = page.locator("#models-list tbody tr", has_text="toy@2026.11")
    expect(row).to_contain_text("候选")
    expect(row).to_contain_text("77.0%")
    axe(page)
    page.get_by_role("button", name="查看 toy@2026.11").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("heading", name="启用这个模型")).to_be_visible()
    axe(page)
    dialog.get_by_role("button", name="启用", exact=True).click()
    expect(dialog.locator("#why:invalid")).to_have_count(1)
    dialog.locator("#why").fill("11 月重新训练")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden(timeout=_LOADING)
    expect(row).to_contain_text("启用")
    expect(page.locator("#notices")).to_contain_text("已启用 toy@2026.11")
    expect(page.locator("#models-list tbody tr")).to_have_count(2)
    shots(page, "models")
    page.get_by_role("button", name="查看 toy@2026.10").click()
    expect(dialog).to_contain_text(re.compile(r"75\.0%\s*/ 77\.0%"))
    dialog.get_by_text("模型说明").click()
    shots(page, "models-one")
    axe(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="回退").click()
    expect(dialog).to_contain_text("回退到 toy@2026.10")
    dialog.locator("#why").fill("误分增多")
    dialog.get_by_role("button", name="确认回退").click()
    expect(dialog).to_be_hidden(timeout=_LOADING)
    expect(page.locator("#models-list tbody tr", has_text="toy@2026.10")).to_contain_text("启用")
    expect(page.get_by_role("button", name="回退")).to_have_count(0)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A model that a retraining made, as it is uploaded."""
    folder = tmp_path / "model"
    save_model(replace(toy_model(), version="2026.12", report={"heads": HEADS}), folder)
    gate: dict[str, Any] = {"verdict": "yes", "current": "toy@2026.09", "checks": CHECKS, "warnings": ["没有盲审样本"]}
    gate["digest"] = {"candidate": model_digest(folder), "current": ""}
    (folder / "gate.json").write_text(json.dumps(gate), encoding="utf-8")
    return Path(shutil.make_archive(str(tmp_path / "模型"), "zip", folder))


def test_a_model_is_uploaded_with_its_verdict_and_removed(
    signed_in: SignIn, axe: Check, shots: Save, archive: Path, tmp_path: Path
) -> None:
    page = signed_in("admin", path="/models")

    def choose(path: Path) -> None:
        with page.expect_file_chooser() as chooser:
            page.locator("body").press("u")
        chooser.value.set_files(path)

    bad = tmp_path / "坏.zip"
    bad.write_bytes(b"no zip")
    for path, told in ((tmp_path / "model" / "model.json", "打包成 .zip"), (bad, "不是可读的 ZIP 文件")):
        choose(path)
        expect(page.locator("#upload-told")).to_contain_text(told)
    axe(page)
    choose(archive)
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("heading", name="toy@2026.12")).to_be_focused(timeout=_LOADING)
    expect(page.locator("#upload-problem")).to_be_hidden()
    for told in ("测试集：责任部门", "75.0% → 77.0%", "没有盲审样本", "门槛比较的是另一个模型"):
        expect(dialog).to_contain_text(told)
    expect(dialog.locator("#notices")).to_contain_text("已登记 toy@2026.12")
    axe(page)
    shots(page, "models-candidate")
    page.locator("summary", has_text="删除模型").click()
    dialog.locator("#why-remove").fill("不再需要")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#models-list")).not_to_contain_text("toy@2026.12")


def test_whoever_may_not_manage_models_has_no_such_page(signed_in: SignIn) -> None:
    page = signed_in("manager", path="/models")
    expect(page.locator("main")).to_contain_text("没有权限")
