"""What is around every page: navigation, refusals, templates, static files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from access_doubles import add_account, sign_in
from fastapi.testclient import TestClient

from service import problems
from service.access.guard import Recognised
from service.access.principal import ROLES, Principal, Scope
from service.console import assets, shell
from service.console.pages import Page, PageRouter
from service.console.refusals import local_path
from service.console.shell import Shell
from service.store.database import Database

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")

TEMPLATES = Path(shell.__file__).parent / "templates"
ADMIN = "administration"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """No database has a part in this."""
    return sqlite_url


def page(name: str, scope: Scope, place: int | None, group: str | None = None) -> Page:
    texts = SimpleNamespace(PAGE={"title": name}, SCRIPT={})
    return Page(name, f"/{name}", scope, texts, place, group)


PAGES = [
    page("分拨", Scope.ROUTE, 10),
    page("隐", Scope.ROUTE, None),
    page("复核", Scope.REVIEW, 20),
    page("账号", Scope.ADMIN, 70, ADMIN),
    page("审计", Scope.ADMIN, 72, ADMIN),
]


def somebody(role: str) -> Recognised:
    return Recognised(Principal("account:1", "王芳", ROLES[role]), role)


@pytest.mark.parametrize(
    ("role", "labels"),
    [("clerk", ["分拨"]), ("reviewer", ["分拨", "复核"]), ("manager", ["分拨", "复核"]), ("admin", ["管理"])],
)
def test_the_navigation_has_what_a_role_may_see(role: str, labels: list[str]) -> None:
    found = Shell(PAGES, "/static").navigation(somebody(role), PAGES[0])
    assert [entry.label for entry in found] == labels
    assert [entry.label for entry in found if entry.current] == labels[:1] * (role != "admin")


def test_pages_of_a_group_stand_below_one_entry() -> None:
    [entry] = Shell(PAGES, "/static").navigation(somebody("admin"), PAGES[-1])
    assert entry.current and entry.path == "/账号"
    assert [(below.label, below.current) for below in entry.below] == [("账号", False), ("审计", True)]


def test_who_is_signed_in_is_shown(database: Database, serve: Serve) -> None:
    add_account(database, shown_name="<b>王芳</b>")
    client = serve()
    csrf = sign_in(client).json()["csrf"]
    html = client.get("/").text
    assert "&lt;b&gt;王芳&lt;/b&gt;" in html and "<b>王芳" not in html
    assert "话务员" in html
    assert f'<meta name="csrf" content="{csrf}">' in html


def test_an_open_service_needs_no_signing_in(serve: Serve) -> None:
    html = serve().get("/").text
    assert "本机" in html
    assert "退出登录" not in html


def test_whoever_may_not_see_the_first_page_comes_to_their_own(database: Database, serve: Serve) -> None:
    add_account(database, role="admin")
    client = serve()
    sign_in(client)
    client.app.state.shell = Shell(PAGES, "/static")  # type: ignore[attr-defined]
    answer = client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/%E8%B4%A6%E5%8F%B7")


def test_signing_in_leads_back_to_the_wanted_page(database: Database, serve: Serve) -> None:
    client = serve(access="required")
    wanted = "/怎么办?状态=待分类&n=1"
    _add_page(client, "/怎么办", lambda: None)
    location = client.get(wanted, follow_redirects=False).headers["location"]
    assert location.startswith("/sign-in?next=%2F") or location.startswith("/sign-in?next=/")
    shown = re.search('data-next="([^"]*)"', client.get(location).text)
    assert shown is not None
    assert client.get(shown[1].replace("&amp;", "&"), follow_redirects=False).headers["location"] == location


@pytest.mark.parametrize(
    "path", [None, "", "https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere", "/\t/x"]
)
def test_signing_in_leads_to_no_other_site(path: str | None) -> None:
    assert local_path(path) == "/"


def _add_page(client: TestClient, path: str, answer: Callable[[], object]) -> None:
    router = PageRouter(page("试", Scope.ROUTE, None))
    router.add_api_route(path, answer, methods=["GET", "POST"], response_model=None)
    client.app.include_router(router)  # type: ignore[attr-defined]


def changed() -> None:
    raise problems.changed_meanwhile('"4"')


def test_a_problem_is_a_page_in_chinese(serve: Serve) -> None:
    client = serve()
    _add_page(client, "/try", changed)
    answer = client.get("/try")
    assert (answer.status_code, answer.headers["etag"]) == (412, '"4"')
    assert "<h1" in answer.text and "内容已被他人修改" in answer.text


def test_a_problem_is_a_notice_for_a_page_that_asks_for_a_part(serve: Serve) -> None:
    client = serve()
    _add_page(client, "/try", changed)
    answer = client.post("/try", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-retarget"], answer.headers["hx-reswap"]) == (
        412,
        "#notices",
        "beforeend",
    )
    assert "<html" not in answer.text and "内容已被他人修改" in answer.text
    assert "重新载入" in answer.text


def test_an_address_that_is_none_is_a_page_for_people_and_a_document_for_programs(serve: Serve) -> None:
    client = serve()
    answer = client.get("/nothing", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    assert "没有这个页面" in answer.text and 'href="/"' in answer.text
    for headers, method in (({}, "GET"), ({"Accept": "text/html"}, "POST")):
        answer = client.request(method, "/nothing", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_parts_of_pages_have_escaped_texts_and_notices() -> None:
    environment = Shell(PAGES, "/static").environment
    html = environment.from_string("{{ ui.field('a', '名称', value=value, maxlength=5, aria_label='x') }}").render(
        value='"><script>'
    )
    assert 'value="&#34;&gt;&lt;script&gt;"' in html
    assert 'maxlength="5"' in html and 'aria-label="x"' in html
    table = environment.from_string(
        "{{ ui.head(['状态', ('件数', 'number')]) }}{{ ui.time(at) }}{{ ui.confidence(0.42) }}"
    )
    html = table.render(at="2026-11-30T01:05:00.000+00:00")
    assert '<th scope="col" class="number">件数</th>' in html
    assert "2026-11-30 09:05" in html
    assert 'value="0.42"' in html and "42%" in html


class Inline(HTMLParser):
    """Finds scripts and styles in HTML that a strict policy forbids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [f"{tag} {name}" for name in given if name == "style" or name.startswith(("on", "hx-on"))]
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") != "application/json"):
            self.found.append(tag)


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_has_inline_scripts_styles_or_unescaped_values(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert Inline(re.sub(r"\{[%#].*?[%#]\}", " ", source, flags=re.DOTALL)).found == []
    assert not re.search(r"\|\s*safe\b|autoescape|hx-vals=['\"]js:|javascript:", source)
    assert not re.search(r"https?://", source)


@pytest.mark.parametrize("headers", [{"Accept": "text/html"}, {"HX-Request": "true"}], ids=["page", "notice"])
def test_what_nobody_foresaw_is_told_in_words_with_the_number_of_the_request(
    headers: dict[str, str], serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = serve()

    def fail(*_: object) -> None:
        raise ValueError("王芳的电话")

    monkeypatch.setattr("service.console.about.describe", fail)
    answer = client.get("/about", headers=headers)
    assert answer.status_code == 500 and answer.headers["content-type"].startswith("text/html")
    assert "服务内部错误" in answer.text and answer.headers["x-request-id"] in answer.text
    assert "王芳" not in answer.text
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["failure"]


def test_static_files_may_be_kept_and_their_address_changes_with_their_content(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve()
    address = re.findall(r'(/static/\w+/vendor/htmx\.min\.js)"', client.get("/").text)[0]
    assert "immutable" in client.get(address).headers["cache-control"]
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.js").write_text("1")
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    before = assets.Assets().path
    (tmp_path / "below" / "a.js").write_text("2")
    assert assets.Assets().path != before


@pytest.mark.parametrize(
    "folder", [assets.FOLDER / "vendor", Path(__file__).parents[1] / "browser" / "vendor"], ids=["pages", "tests"]
)
def test_what_others_wrote_is_listed_with_its_digest_and_licence(folder: Path) -> None:
    listed = dict(re.findall(r"^\| `(\S+)` \|.*`(\w{64})` \|$", (folder / "README.md").read_text(), re.MULTILINE))
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.js")}
    assert listed == files
    assert list((folder / "LICENSES").iterdir())
