"""The pages of accounts, keys and the audit log, and one's own account."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from access_doubles import (
    OTHER_PASSWORD,
    PASSWORD,
    WRONG,
    add_account,
    add_key,
    audited,
    bearer,
    on_sqlite,
    sign_in,
)
from fastapi.testclient import TestClient
from sqlalchemy import select

from service.access import audit, sessions
from service.access.principal import ROLES, SYSTEM, Scope
from service.console.texts import accounts as account_texts
from service.console.texts import audit as texts
from service.console.texts import keys as key_texts
from service.console.told import NAMES
from service.store.database import Database
from service.store.tables import Account

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")

HTMX = {"HX-Request": "true"}
FORM = {**HTMX, "Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def admin(database: Database, serve: Serve) -> TestClient:
    """An admin's browser."""
    add_account(database, "admin", "admin", shown_name="系统管理员")
    client = serve()
    sign_in(client, "admin")
    return client


def send(client: TestClient, path: str, **fields: Any) -> Any:
    return client.post(path, data=fields, headers=FORM)


def secret(html: str) -> str:
    [found] = re.findall(r'id="secret" value="([^"]*)"', html)
    return str(found)


def account_of(database: Database, name: str) -> Account:
    with database.read() as session:
        found = session.scalar(select(Account).where(Account.name == name))
    assert found is not None
    return found


def seen(client: TestClient, account: str) -> str:
    return re.findall(r'name="seen" value="(\w+)"', client.get(f"/accounts/{account}", headers=HTMX).text)[0]


def test_a_new_account_gets_a_password_that_is_told_once(admin: TestClient, serve: Serve) -> None:
    made = send(admin, "/accounts", name="wangfang", shown_name="<b>王芳</b>", role="clerk", password="")
    password = secret(made.text)
    assert made.status_code == 200 and "<b>王芳" not in made.text
    assert made.headers["cache-control"] == "no-store"
    assert password not in admin.get("/accounts").text
    assert "&lt;b&gt;王芳&lt;/b&gt;" in admin.get("/accounts").text
    assert sign_in(serve(), password=password).status_code == 200
    assert password not in str(audited(admin))


@on_sqlite
def test_a_password_of_ones_own_choice_is_not_shown(admin: TestClient, serve: Serve) -> None:
    made = send(admin, "/accounts", name="wangfang", role="clerk", password=PASSWORD)
    assert made.status_code == 200 and PASSWORD not in made.text and 'id="secret"' not in made.text
    assert sign_in(serve()).status_code == 200


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "王 芳"}, "name"),
        ({"password": "kurz"}, "password"),
        ({"name": "admin"}, "name"),
        ({"role": ""}, "role"),
    ],
)
def test_what_is_wrong_with_a_form_names_its_field(admin: TestClient, fields: dict[str, str], field: str) -> None:
    answer = send(admin, "/accounts", **{"name": "wangfang", "role": "clerk", **fields})
    assert answer.status_code in (409, 422)
    assert f'data-field="{field}"' in answer.text


@on_sqlite
def test_an_account_that_somebody_else_changed_is_not_changed(admin: TestClient, database: Database) -> None:
    account = add_account(database)
    shown = seen(admin, account)
    fields = {"seen": shown, "shown_name": "王芳", "role": "reviewer"}
    assert send(admin, f"/accounts/{account}", **fields).status_code == 200
    late = send(admin, f"/accounts/{account}", **{**fields, "role": "manager"})
    assert late.status_code == 412 and "内容已被他人修改" in late.text
    assert send(admin, f"/accounts/{account}/use", seen=shown, active="false").status_code == 412
    assert account_of(database, "wangfang").role == "reviewer"


def test_an_account_is_disabled_and_enabled(admin: TestClient, database: Database, serve: Serve) -> None:
    account = add_account(database)
    send(admin, f"/accounts/{account}/use", seen=seen(admin, account), active="false", why="离职")
    assert sign_in(serve()).status_code == 401
    send(admin, f"/accounts/{account}/use", seen=seen(admin, account), active="true")
    assert sign_in(serve()).status_code == 200
    assert [entry["why"] for entry in audited(admin, action="account_changed")] == [None, "离职"]


@on_sqlite
def test_the_last_admin_stays(admin: TestClient, database: Database) -> None:
    own = account_of(database, "admin").id
    answer = send(admin, f"/accounts/{own}/use", seen=seen(admin, own), active="false")
    assert answer.status_code == 409 and "最后一个启用的管理员" in answer.text


def test_a_reset_password_and_ended_sessions_sign_somebody_out(
    admin: TestClient, database: Database, serve: Serve
) -> None:
    account = add_account(database)
    other = TestClient(admin.app, base_url="http://localhost")
    sign_in(other)
    assert "现在登录 1 处" in admin.get(f"/accounts/{account}", headers=HTMX).text
    assert send(admin, f"/accounts/{account}/sign-out").status_code == 200
    assert other.get("/v1/session").status_code == 401
    [entry] = audited(admin, action="sessions_ended")
    assert (entry["target"], entry["details"]) == (f"account:{account}", {"sessions": 1})
    password = secret(send(admin, f"/accounts/{account}/password").text)
    assert sign_in(other).status_code == 401
    assert sign_in(other, password=password).status_code == 200


def test_a_key_is_told_once_used_and_revoked(admin: TestClient, serve: Serve) -> None:
    made = send(admin, "/keys", name="报表", scopes=["stats", "route"], rate="60", days="365")
    token = secret(made.text)
    page = admin.get("/keys").text
    assert token.split("_")[2] not in page and "未用过" in page
    client = serve()
    assert client.get("/v1/stats", headers=bearer(token)).status_code == 200
    assert "未用过" not in admin.get("/keys").text
    key = token.split("_")[1]
    assert send(admin, f"/keys/{key}", name="报表", scopes=["stats"], rate="30", why="降低").status_code == 200
    assert send(admin, f"/keys/{key}/revoke", why="系统下线").status_code == 200
    admin.app.state.guard.forget()  # type: ignore[attr-defined]
    assert TestClient(admin.app).get("/v1/stats", headers=bearer(token)).status_code == 401
    assert "已撤销" in admin.get("/keys").text
    told = [entry["action"] for entry in audited(admin, target=f"key:{key}")]
    assert told == ["key_revoked", "key_changed", "key_created"]


@on_sqlite
def test_a_key_opens_something(admin: TestClient) -> None:
    answer = send(admin, "/keys", name="报表", rate="60")
    assert answer.status_code == 422 and 'data-field="scopes"' in answer.text


@on_sqlite
def test_the_first_account_is_an_admins_and_comes_before_any_key(serve: Serve, database: Database) -> None:
    local = serve()
    assert "本服务现在不用登录" in local.get("/accounts").text
    assert 'value="clerk"' not in local.get("/accounts/new", headers=HTMX).text
    assert send(local, "/keys", name="报表", scopes=["stats"], rate="0").status_code == 409
    assert send(local, "/accounts", name="wangfang", role="clerk").status_code == 422
    made = send(local, "/accounts", name="admin", role="admin")
    assert "去登录" in made.text
    assert local.get("/accounts", follow_redirects=False).status_code == 303
    assert sign_in(local, "admin", secret(made.text)).status_code == 200


@on_sqlite
def test_the_page_for_signing_in_tells_how_to_make_the_first_account(serve: Serve, database: Database) -> None:
    command = "petition-nlp accounts create admin --role admin"
    client = serve(access="required")
    assert command in client.get("/sign-in").text
    assert command not in client.get("/sign-in", headers={"Host": "petition.example"}).text
    assert "本服务现在不用登录" in serve().get("/sign-in").text
    add_account(database)
    assert command not in client.get("/sign-in").text


def test_ones_own_password_is_changed(database: Database, serve: Serve) -> None:
    add_account(database)
    client = serve()
    sign_in(client)
    form = {"current": PASSWORD, "new": OTHER_PASSWORD, "again": OTHER_PASSWORD}
    for wrong, field in (
        ({"current": WRONG}, "current"),
        ({"again": WRONG}, "again"),
        ({"new": "1", "again": "1"}, "new"),
    ):
        answer = send(client, "/account/password", **{**form, **wrong})
        assert answer.status_code == 422 and f'data-field="{field}"' in answer.text
    answer = send(client, "/account/password", **form)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/sign-in?changed=1")
    assert client.get("/account", follow_redirects=False).status_code == 303
    assert sign_in(client, password=OTHER_PASSWORD).status_code == 200


def test_ones_other_sessions_are_shown_and_ended(database: Database, serve: Serve) -> None:
    account = add_account(database)
    client = serve()
    other, third = (TestClient(client.app, base_url="http://localhost") for _ in range(2))
    for one in (client, other, third):
        sign_in(one)
    shown = re.findall(r'name="session" value="(\w+)"', client.get("/account").text)
    assert len(shown) == 2
    send(client, "/account/sessions/end", session=shown[0])
    assert sorted(one.get("/v1/session").status_code for one in (other, third)) == [200, 401]
    send(client, "/account/sessions/end")
    assert [one.get("/v1/session").status_code for one in (client, other, third)] == [200, 401, 401]
    with database.read() as session:
        assert len(sessions.open_sessions(session, account, sessions.timedelta(hours=1))) == 1


@on_sqlite
def test_nobody_ends_somebody_elses_session(database: Database, serve: Serve) -> None:
    add_account(database, "lina")
    add_account(database)
    client = serve()
    other = TestClient(client.app, base_url="http://localhost")
    sign_in(other, "lina")
    sign_in(client)
    with database.read() as session:
        [theirs] = sessions.open_sessions(session, account_of(database, "lina").id, sessions.timedelta(hours=1))
    send(client, "/account/sessions/end", session=theirs.id[:12])
    assert other.get("/v1/session").status_code == 200


def test_the_log_is_filtered_and_paged(admin: TestClient, database: Database) -> None:
    with database.write() as session:
        for number in range(60):
            audit.audit(session, SYSTEM, "export", petitions=number)
    page = admin.get("/audit", params={"action": "export", "actor": "", "target": "", "day_from": "2020-01-01"}).text
    assert page.count("导出诉求</span>") == 50
    following = re.findall(r'rel="next" href="([^"]*)"', page)[0].replace("&amp;", "&")
    assert "day_from=2020-01-01" in following
    assert admin.get(following).text.count("导出诉求</span>") == 10
    assert "没有符合条件的记录" in admin.get("/audit", params={"day_to": "2020-01-01"}).text
    assert admin.get("/audit", params={"day_to": "9999-12-31"}).status_code == 422


@on_sqlite
def test_entries_are_told_in_chinese(admin: TestClient, database: Database) -> None:
    account = add_account(database, shown_name="王芳")
    send(admin, f"/accounts/{account}", seen=seen(admin, account), shown_name="王芳", role="manager", why="<i>转岗")
    sign_in(TestClient(admin.app, base_url="http://localhost"), password=WRONG)
    html = admin.get("/audit").text
    for told in ("修改账号", "账号 王芳", "角色：话务员 → 主管", "理由：&lt;i&gt;转岗", "登录失败", "原因：密码不对"):
        assert told in html


@on_sqlite
def test_the_log_is_exported_with_safe_cells(admin: TestClient, database: Database) -> None:
    with database.write() as session:
        audit.audit(session, SYSTEM, "export", why='=HYPERLINK("x")', petitions=1)
    answer = admin.get("/audit/export", params={"action": "export"})
    head, row, end = answer.text.split("\r\n")
    assert head.startswith("\ufeff编号,时间,谁") and end == ""
    assert '"\'=HYPERLINK(""x"")"' in row
    assert "attachment" in answer.headers["content-disposition"]
    assert [entry["details"] for entry in audited(admin, action="audit_exported")] == [{"filter": {"action": "export"}}]


@on_sqlite
def test_a_petition_in_the_log_is_linked_for_those_who_may_see_it(serve: Serve, database: Database) -> None:
    local = serve(access="open")
    made = local.post("/v1/petitions", json={"text": "路灯"}).json()["id"]
    with database.write() as session:
        for number in (made, "0" * 32):
            audit.audit(session, SYSTEM, audit.READ, f"petition:{number}", how="read")
    assert f'href="/matters/{made}"' not in local.get("/audit").text
    local.app.add_api_route("/matters/{petition}", lambda: None)  # type: ignore[attr-defined]
    page = local.get("/audit").text
    assert f'href="/matters/{made}"' in page and f'href="/matters/{"0" * 32}"' not in page
    add_account(database, "admin", "admin")
    admin = serve()
    sign_in(admin, "admin")
    admin.app.add_api_route("/matters/{petition}", lambda: None)  # type: ignore[attr-defined]
    assert 'href="/matters/' not in admin.get("/audit").text


def test_every_scope_and_role_has_its_words() -> None:
    assert set(key_texts.PAGE["scope_names"]) == set(Scope)
    assert set(account_texts.PAGE["roles"]) == set(ROLES)


def test_every_action_has_a_name() -> None:
    assert len(NAMES) == sum(len(group) for group in texts.GROUPS.values())
    assert {"signed_in", "key_created", "restricted_read", "audit_exported", "job.deleted"} <= set(NAMES)


def test_the_audit_page_is_for_admins(database: Database, serve: Serve) -> None:
    add_account(database, role="manager")
    client = serve()
    sign_in(client)
    assert client.get("/audit").status_code == 403
    add_key(database, Scope.ADMIN)
