"""``petition-nlp keys`` and ``petition-nlp accounts`` on a real database."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from access_doubles import OTHER_PASSWORD, PASSWORD, bearer, sign_in
from fastapi.testclient import TestClient

from petition_nlp import cli
from petition_nlp.cli import accounts as accounts_command
from service.access.audit import AuditFilter, find
from service.store.database import Database

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")


class Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


class Terminal:
    """Runs commands as an operator types them, and keeps what they print."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.out = self.err = ""

    def run(self, line: str, stdin: str | None = "") -> int:
        """The exit code; without ``stdin`` somebody sits at the keyboard."""
        self._monkeypatch.setattr("sys.stdin", Keyboard() if stdin is None else io.StringIO(stdin))
        code = cli.main(line.split())
        self.out, self.err = self._capsys.readouterr()
        return code


@pytest.fixture
def terminal(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.setenv("PETITION_DATABASE", database_url)
    return Terminal(monkeypatch, capsys)


@pytest.mark.parametrize(
    "line",
    ["keys list", "keys revoke 0", "accounts list", "db status", "db backup x.db", "privacy find --phone 13800138000"],
)
def test_in_a_folder_without_a_database_none_is_made(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PETITION_DATA_FOLDER", str(tmp_path / "elsewhere"))
    terminal = Terminal(monkeypatch, capsys)
    assert terminal.run(line) == 5
    assert str(tmp_path / "elsewhere") in terminal.err and "--config" in terminal.err
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("line", ["keys create --name 甲 --scope route", "db upgrade"])
def test_what_makes_a_database_says_where(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PETITION_DATA_FOLDER", str(tmp_path / "new"))
    terminal = Terminal(monkeypatch, capsys)
    assert terminal.run(line) == 0
    assert str(tmp_path / "new") in terminal.err


def test_a_key_is_made_shown_and_revoked(terminal: Terminal, database: Database, serve: Serve) -> None:
    assert terminal.run("keys create --name 工单系统 --scope route --scope stats --rate 60 --expires 30") == 0
    token = terminal.out.strip()
    assert "不会再次显示" in terminal.err and token not in terminal.err
    assert serve().post("/v1/routes", json={"text": "路灯"}, headers=bearer(token)).status_code == 200

    _, identifier, secret = token.split("_")
    assert terminal.run("keys list") == 0
    assert identifier in terminal.out and "60 次/分" in terminal.out and "route stats" in terminal.out
    assert "到期" in terminal.out and secret not in terminal.out

    assert terminal.run(f"keys revoke {identifier} --why 系统下线") == 0
    assert serve().post("/v1/routes", json={"text": "路灯"}, headers=bearer(token)).status_code == 401
    terminal.run("keys list")
    assert "撤销" in terminal.out
    with database.read() as session:
        last, first = find(session, AuditFilter(target=f"key:{identifier}"), cursor=None, limit=9).items
    assert (last.action, last.why, first.action) == ("key_revoked", "系统下线", "key_created")
    assert last.actor == "local" and last.actor_name.startswith("命令行")


def test_the_first_account_opens_the_door(terminal: Terminal, serve: Serve) -> None:
    assert terminal.run("accounts create admin --role admin --password-stdin", PASSWORD + "\n") == 0
    client = serve()
    assert client.get("/v1/accounts").status_code == 401
    sign_in(client, "admin")
    assert client.get("/v1/accounts").status_code == 200


def test_accounts_are_listed_and_changed(terminal: Terminal, serve: Serve) -> None:
    terminal.run("accounts create WangFang --shown-name 王芳 --role clerk --password-stdin", PASSWORD)
    client = serve()
    assert terminal.run("accounts disable wangfang") == 0
    assert sign_in(client).status_code == 401
    assert terminal.run("accounts list") == 0
    assert all(word in terminal.out for word in ("wangfang", "王芳", "话务员", "停用", "尚未登录"))
    assert terminal.run("accounts enable wangfang") == 0
    assert terminal.run("accounts role wangfang manager") == 0
    assert terminal.run("accounts password WANGFANG --password-stdin", OTHER_PASSWORD) == 0
    assert sign_in(client, password=OTHER_PASSWORD).json()["role"] == "manager"
    terminal.run("accounts list")
    assert "上次登录" in terminal.out


def test_a_password_is_typed_twice(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
    typed = iter([PASSWORD, OTHER_PASSWORD, PASSWORD, PASSWORD])
    monkeypatch.setattr(accounts_command.getpass, "getpass", lambda _: next(typed))
    assert terminal.run("accounts create wangfang --role clerk", stdin=None) == 3
    assert "两遍密码不同" in terminal.err
    assert terminal.run("accounts create wangfang --role clerk", stdin=None) == 0
    assert sign_in(serve()).status_code == 200


@pytest.fixture
def on_sqlite(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.setenv("PETITION_DATABASE", sqlite_url)
    return Terminal(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("line", "stdin", "words"),
    [
        ("keys create --name x --scope alles", "", "alles：没有这项权限。可选：route、"),
        ("keys revoke 0123456789ab", "", "0123456789ab：没有这个密钥"),
        ("accounts create wangfang --role chef --password-stdin", PASSWORD, "chef：没有这个角色。可选：clerk 话务员、"),
        ("accounts create wangfang --role clerk --password-stdin", "kurz", "密码：至少 10 个字符"),
        ("accounts create w/f --role clerk --password-stdin", PASSWORD, "账号名：应为 2 到 64 个"),
        ("accounts create wangfang --role clerk", "", "这里不是终端，无法输入密码。"),
        ("accounts disable niemand", "", "niemand：没有这个账号"),
        ("accounts role niemand clerk", "", "niemand：没有这个账号"),
    ],
)
def test_a_mistake_is_told(on_sqlite: Terminal, line: str, stdin: str, words: str) -> None:
    assert on_sqlite.run(line, stdin) == 3
    assert words in on_sqlite.err
    assert on_sqlite.out == ""


def test_a_name_is_used_once(on_sqlite: Terminal) -> None:
    line = "accounts create wangfang --role clerk --password-stdin"
    assert on_sqlite.run(line, PASSWORD) == 0
    assert on_sqlite.run(line, PASSWORD) == 3
    assert "已被使用" in on_sqlite.err


@pytest.mark.parametrize("line", ["keys", "accounts", "keys create --scope route", "keys create --name x --rate -1"])
def test_wrong_use_has_its_own_code(on_sqlite: Terminal, line: str) -> None:
    assert on_sqlite.run(line) == 2


def test_a_settings_file_names_the_database(
    on_sqlite: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PETITION_DATABASE")
    monkeypatch.setenv("PETITION_CONFIG", "")  # restored after the command has set it
    (tmp_path / "city.toml").write_text(f'data_folder = "{(tmp_path / "city").as_posix()}"', encoding="utf-8")
    assert on_sqlite.run(f"keys create --name 甲 --scope route --config {tmp_path / 'city.toml'}") == 0
    assert (tmp_path / "city" / "petition-nlp.db").is_file()


def test_a_database_that_is_away_is_told(on_sqlite: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PETITION_DATABASE", f"postgresql://postgres@/nothing?host={tmp_path}")
    assert on_sqlite.run("keys list") == 9
    assert "数据库" in on_sqlite.err
