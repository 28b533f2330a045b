from __future__ import annotations

from pathlib import Path

import pytest

from petition_nlp.errors import PetitionError
from petition_nlp.settings import Settings


def test_defaults_suit_one_office_computer() -> None:
    settings = Settings.load()
    assert (settings.host, settings.port, settings.model) == ("127.0.0.1", 8000, None)
    assert settings.target_precision is None
    assert settings.workers >= 1


def test_a_file_in_the_working_directory_is_read() -> None:
    Path("petition-nlp.toml").write_text('port = 9001\nmodel = "城市模型"\n', encoding="utf-8")
    settings = Settings.load()
    assert (settings.port, settings.model) == (9001, Path("城市模型"))


def test_petition_config_names_another_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere.toml"
    other.write_text("port = 9002", encoding="utf-8")
    Path("petition-nlp.toml").write_text("port = 9001", encoding="utf-8")
    monkeypatch.setenv("PETITION_CONFIG", str(other))
    assert Settings.load().port == 9002


def test_environment_beats_file_and_flags_beat_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("petition-nlp.toml").write_text("port = 1\nmax_items = 1\nworkers = 1", encoding="utf-8")
    monkeypatch.setenv("PETITION_MAX_ITEMS", "2")
    monkeypatch.setenv("PETITION_PORT", "2")
    settings = Settings.load(port=3, host=None)
    assert (settings.workers, settings.max_items, settings.port) == (1, 2, 3)
    assert settings.host == "127.0.0.1"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PETITION_PORT", "")
    assert Settings.load().port == 8000


def test_log_level_may_be_written_in_capitals() -> None:
    assert Settings.load(log_level="WARNING").log_level == "warning"


@pytest.mark.parametrize(
    ("name", "value", "expectation"),
    [
        ("port", "eighty", "应为整数"),
        ("port", "70000", "不能大于 65535"),
        ("workers", "0", "不能小于 1"),
        ("target_precision", "1.5", "不能大于 0.999"),
        ("target_precision", "0", "不能小于 0.5"),
        ("target_precision", "high", "应为数字"),
        ("log_level", "loud", "只能是 debug、info、warning、error"),
    ],
)
class TestWrongValues:
    def test_in_a_flag_are_named_with_their_place(self, name: str, value: str, expectation: str) -> None:
        with pytest.raises(PetitionError, match=f"{name}（来自启动参数 {name}）{expectation}"):
            Settings.load(**{name: value})

    def test_in_the_environment_are_named_with_their_place(
        self, name: str, value: str, expectation: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        variable = f"PETITION_{name.upper()}"
        monkeypatch.setenv(variable, value)
        with pytest.raises(PetitionError, match=f"{name}（来自环境变量 {variable}）{expectation}"):
            Settings.load()

    def test_in_the_file_are_named_with_their_place(self, name: str, value: str, expectation: str) -> None:
        Path("petition-nlp.toml").write_text(f'{name} = "{value}"', encoding="utf-8")
        with pytest.raises(PetitionError, match=f"{name}（来自设置文件 petition-nlp.toml）{expectation}"):
            Settings.load()


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(PetitionError, match=r"port.*workers"):
        Settings.load(port="x", workers="y")


def test_an_unknown_setting_in_the_file_is_an_error() -> None:
    Path("petition-nlp.toml").write_text("prot = 1", encoding="utf-8")
    with pytest.raises(
        PetitionError, match=r"prot（来自设置文件 petition-nlp.toml）不是已知的设置.*可用的设置：.*port"
    ):
        Settings.load()


def test_a_named_file_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PETITION_CONFIG", "gone.toml")
    with pytest.raises(PetitionError, match=r"gone\.toml：设置文件无法读取"):
        Settings.load()


@pytest.mark.parametrize("content", [b"port = ", "host = 主机".encode(), "# 注释".encode("gb18030")])
def test_a_file_that_is_no_utf8_toml_is_an_error(content: bytes) -> None:
    Path("petition-nlp.toml").write_bytes(content)
    with pytest.raises(PetitionError, match="不是有效的 UTF-8 TOML"):
        Settings.load()
