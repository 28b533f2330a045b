"""The page 复核 as reviewers use it: two of them at once, with a keyboard and a clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from filling import fill
from office import Office, on_both
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select, update

from petition_nlp.local.directory import Directory
from petition_nlp.router import Router
from petition_nlp.settings import Settings
from petition_nlp.taxonomy import Taxonomy
from service.access.principal import SYSTEM
from service.directory import put
from service.engine import Engine
from service.petitions.review import waiting
from service.store.tables import BlindVerdict, DirectoryVersion, Entry, Petition, RoutingState
from service.store.tables.base import now

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
SCRIPT = "<script>alert(1)</script><b>路灯</b>不亮"


@pytest.fixture(autouse=True)
def petitions(office: Office) -> None:
    """Sixty petitions, ten of which wait."""
    with office.database.write() as session:
        session.execute(delete(RoutingState))
        session.execute(delete(BlindVerdict))
        session.execute(delete(Petition))
    fill(office.database, 60)


def reviewing(signed_in: SignIn, role: str = "reviewer") -> Page:
    """A page with an item."""
    page = signed_in(role, path="/review")
    page.keyboard.press("t")
    settled(page)
    return page


def settled(page: Page, besides: str | None = None) -> str:
    """The item that is shown, once it is another one than before."""
    wanted = ".taken" if besides is None else f'.taken:not([data-petition="{besides}"])'
    expect(page.locator(wanted)).to_be_visible()
    page.wait_for_timeout(320)  # what was not there a moment ago is not confirmed
    return page.locator(".taken").get_attribute("data-petition") or ""


def one(office: Office, petition: str) -> Petition:
    with office.database.read() as session:
        return session.get_one(Petition, petition)


def change(office: Office, petition: str, **values: Any) -> None:
    with office.database.write() as session:
        session.execute(update(Petition).where(Petition.id == petition).values(**values))


def draw(office: Office) -> Petition:
    """Draws one of the petitions that were dispatched by themselves; the others do not wait any more."""
    with office.database.write() as session:
        session.execute(update(Petition).where(waiting()).values(review=False))
        drawn = session.scalars(select(Petition).where(Petition.status == "assigned").limit(1)).one()
        drawn.blind = True
        return drawn


@on_both
def test_two_reviewers_never_get_the_same(office: Office, signed_in: SignIn) -> None:
    first, second = reviewing(signed_in), reviewing(signed_in, "manager")
    seen: list[str] = []
    for _ in range(2):
        for page in (first, second):
            mine = settled(page)
            assert one(office, mine).decided_by is None
            assert mine not in seen
            seen.append(mine)
            page.keyboard.press("Enter")
            settled(page, besides=mine)
    others = second.locator(".taken").get_attribute("data-petition")
    first.evaluate("htmx.trigger('#queue', 'look')")
    row = first.locator(f"#row-{others}")
    expect(row).to_be_disabled()
    expect(row).to_contain_text("陈静在复核")
    assert all(one(office, petition).decided_by == "person" for petition in seen)


def test_a_decision_takes_one_key_and_the_next_comes_by_itself(office: Office, signed_in: SignIn) -> None:
    page = reviewing(signed_in)
    confirmed = settled(page)
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("已复核")
    moved = settled(page, besides=confirmed)
    second = page.locator(".option-name").nth(1).inner_text()
    page.keyboard.press("3")
    expect(page.locator("#submit-label")).to_have_text("改派并交办")
    page.keyboard.press("Escape")
    expect(page.locator("#submit-label")).to_have_text("同意并交办")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    corrected = settled(page, besides=moved)
    assert (one(office, confirmed).status, one(office, moved).status) == ("assigned", "assigned")
    assert Taxonomy.load().name("department", one(office, moved).department or "") == second
    page.keyboard.press("c")
    expect(page.locator("#to-department")).to_be_focused()
    page.keyboard.type("供水")
    page.keyboard.press("Enter")
    name = page.input_value("#to-department")
    assert page.locator(".option input:checked").count() == 0
    page.fill("#why", "水管在井盖下")
    page.keyboard.press("Enter")
    settled(page, besides=corrected)
    assert Taxonomy.load().name("department", one(office, corrected).department or "") == name


def test_a_unit_is_found_by_its_name_and_brings_its_department(
    office: Office, signed_in: SignIn, axe: Any, shots: Any
) -> None:
    units = [{"code": f"rq-{n}", "name": f"临江燃气{n}所", "department": "gas"} for n in range(1, 4)]
    directory = Directory.from_dict({"units": units}, version="new", taxonomy=Taxonomy.load())
    with office.database.write() as session:
        put(session, SYSTEM, directory, why="首次录入")
    page = reviewing(signed_in)
    mine = settled(page)
    page.keyboard.press("c")
    page.fill("#to-unit", "燃气2")
    expect(page.locator("#to-unit-list [role=option]")).to_have_count(1)
    shots(page, "review-unit")
    axe(page)
    page.focus("#to-unit")
    page.keyboard.press("Enter")
    expect(page.locator("#to-department")).to_have_value("燃气企业")
    page.fill("#to-unit", "临江燃气9所")
    page.fill("#why", "灶具漏气")
    page.keyboard.press("Enter")
    assert page.locator("#to-unit").evaluate("one => one.validationMessage") == (
        "单位目录中没有“临江燃气9所”，请从列表中选择"
    )
    page.fill("#to-unit", "临江燃气3所")
    page.keyboard.press("Escape")
    page.click("#submit")
    settled(page, besides=mine)
    decided = one(office, mine)
    assert (decided.unit, decided.department) == ("rq-3", "gas")
    with office.database.write() as session:
        session.execute(delete(DirectoryVersion))


def test_a_similar_decision_is_taken_over_with_two_keys(office: Office, signed_in: SignIn) -> None:
    like = '<button data-like="7" data-matter="private" data-department="供水企业" data-key="s">参照</button>'
    page = signed_in("reviewer", path="/review")
    page.route("**/beside", lambda handler: handler.fulfill(body=like, content_type="text/html"))
    page.keyboard.press("t")
    mine = settled(page)
    page.locator("[data-like]").wait_for()
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    settled(page, besides=mine)
    found = one(office, mine)
    assert (found.matter, found.department) == ("private", "water_supply")


def test_what_is_skipped_goes_back_and_another_comes(office: Office, signed_in: SignIn) -> None:
    page = reviewing(signed_in)
    skipped = settled(page)
    page.keyboard.press("t")
    released = settled(page, besides=skipped)
    page.keyboard.press("r")
    expect(page.locator("#item")).to_contain_text("还没有领取诉求")
    assert (one(office, skipped).taken_by, one(office, released).taken_by) == (None, None)
    page.keyboard.press("t")
    assert settled(page) not in (skipped, released)
    page.uncheck("#go-on")
    page.locator("#item-title").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#item")).to_contain_text("还没有领取诉求")
    page.reload()
    page.keyboard.press("t")
    settled(page)
    expect(page.locator("#go-on")).not_to_be_checked()


def test_nothing_tells_a_blind_reviewer_what_was_suggested(
    office: Office, signed_in: SignIn, axe: Any, shots: Any
) -> None:
    drawn = draw(office)
    page = reviewing(signed_in)
    assert settled(page) == drawn.id
    taxonomy = Taxonomy.load()
    shots(page, "review-blind")
    axe(page)
    for part in ("#item", "#queue"):
        html = page.locator(part).inner_html().replace(drawn.text, "").replace(drawn.title or "", "")
        for told in (drawn.department, taxonomy.name("department", drawn.department or ""), "data-evidence", "已交办"):
            assert told is not None and told not in html
        assert " checked" not in html.replace('id="go-on" name="go_on" value="true" checked', "")
    page.keyboard.press("Enter")  # nothing is chosen
    expect(page.locator(".taken")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("d")
    other = next(one.name for one in taxonomy.departments.values() if one.code != drawn.department and one.dispatch)
    page.keyboard.type(other)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("与您的结论不同")
    with office.database.read() as session:
        verdict = session.scalars(select(BlindVerdict).where(BlindVerdict.petition == drawn.id)).one()
    assert (verdict.right, verdict.seen) == (False, False)
    assert taxonomy.name("department", verdict.decided_department) == other


def test_whoever_was_faster_is_named_and_the_next_comes(office: Office, signed_in: SignIn) -> None:
    page = reviewing(signed_in)
    lost = settled(page)
    change(office, lost, taken_until=now() - timedelta(minutes=1))
    faster = reviewing(signed_in, "manager")
    assert settled(faster) == lost
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("陈静已领取这件诉求")
    mine = settled(page, besides=lost)
    change(office, mine, taken_until=now() - timedelta(minutes=1))
    faster.locator("#queue").evaluate("queue => htmx.trigger(queue, 'look')")
    faster.locator(f"#row-{mine}").click()
    settled(faster, besides=lost)
    faster.keyboard.press("Enter")
    settled(faster, besides=mine)
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("陈静已处理这件诉求")
    settled(page, besides=mine)


def test_a_petition_is_kept_while_somebody_works(office: Office, signed_in: SignIn) -> None:
    page = reviewing(signed_in)
    mine = settled(page)
    change(office, mine, taken_until=now() + timedelta(minutes=2))
    page.clock.install()
    page.reload()
    expect(page.locator(".lease")).to_have_attribute("data-state", "ending")
    page.clock.run_for(70_000)  # nobody does anything
    page.clock.run_for(60_000)
    page.wait_for_timeout(300)
    page.keyboard.press("Shift")
    page.clock.run_for(3_000)
    expect(page.locator(".lease")).to_have_attribute("data-state", "kept")
    until = one(office, mine).taken_until
    assert until is not None and until > now() + timedelta(minutes=10)


def test_managers_stop_and_resume_and_every_page_says_so(
    office: Office, signed_in: SignIn, fast_router: Router, axe: Any, shots: Any
) -> None:
    judged(office, fast_router)
    manager, reviewer = signed_in("manager", path="/review"), signed_in("reviewer", path="/")
    expect(manager.locator(".precision-share")).to_have_text("91.7%")
    expect(manager.locator("#precision")).to_contain_text("95% 区间")
    manager.click(".precision-details summary")
    axe(manager)
    assert not reviewer.locator(".shell-alarm").is_visible()
    manager.click("#precision [data-opens=automatic]")
    manager.fill("#automatic-why", "新区划未更新")
    manager.click("#automatic [type=submit]")
    expect(manager.locator("#precision")).to_contain_text("陈静：新区划未更新")
    expect(manager.locator(".shell-alarm")).to_be_visible()
    shots(manager, "review-stopped")
    axe(manager)
    reviewer.reload()
    expect(reviewer.locator(".shell-alarm")).to_contain_text("自动分拨已停止")
    assert not signed_in("clerk", path="/").locator(".shell-alarm").is_visible()
    reviewer.click(".shell-alarm a")
    expect(reviewer.locator("#precision")).to_contain_text("新区划未更新")
    assert not reviewer.locator("#precision [data-opens]").is_visible()
    manager.click("#precision [data-opens=automatic]")
    manager.fill("#automatic-why", "区划已更新")
    manager.click("#automatic [type=submit]")
    expect(manager.locator("#precision")).to_contain_text("自动分拨运行中")
    expect(manager.locator(".shell-alarm")).not_to_be_visible()


def judged(office: Office, router: Router) -> None:
    """Forty-eight blind verdicts, forty-four of them right."""
    standard = Engine(Settings(profile="fast"), router=router).standard
    codes = ("urban_management", "water_supply", "electricity")
    with office.database.write() as session:
        for n in range(48):
            session.add(
                BlindVerdict(
                    model=standard.model,
                    profile=standard.profile,
                    policy=standard.policy,
                    suggested_matter="government",
                    suggested_department=codes[n % 3],
                    suggested_co_departments=[],
                    decided_matter="government",
                    decided_department=codes[n % 3] if n % 12 else "gas",
                    confidence=0.9,
                    right=n % 12 != 0,
                    seen=False,
                    actor="account:invented",
                    actor_name="李明",
                    drawn=now(),
                    month="2026-10" if n < 20 else "2026-11",
                )
            )


def test_a_message_is_shown_as_text_and_everything_has_its_place(
    office: Office, signed_in: SignIn, axe: Any, shots: Any
) -> None:
    with office.database.write() as session:
        urgent = session.scalars(select(Petition).where(waiting()).limit(1)).one()
        urgent.emergency, urgent.text, urgent.title = "119", SCRIPT, None
        urgent.suggestion.route = {**urgent.suggestion.route, "emergency": {"line": "119", "message": "请立即转 119"}}
    page = reviewing(signed_in, "manager")
    assert settled(page) == urgent.id
    assert page.locator("#message").inner_text() == SCRIPT
    page.keyboard.press("c")
    expect(page.locator("#to-department")).to_be_focused()
    expect(page.locator("#similar-title")).to_be_visible()
    shots(page, "review")
    axe(page)


def test_a_lost_connection_loses_no_decision(office: Office, signed_in: SignIn) -> None:
    page = reviewing(signed_in)
    mine = settled(page)
    page.route("**/review/**", lambda handler: handler.abort())
    page.route("**/healthz", lambda handler: handler.abort())
    page.keyboard.press("Enter")
    expect(page.locator("#offline")).to_be_visible()
    assert one(office, mine).review
    page.unroute("**/review/**")
    page.unroute("**/healthz")
    settled(page, besides=mine)
    with office.database.read() as session:
        actions = session.scalars(select(Entry.action).where(Entry.petition == mine).order_by(Entry.id)).all()
    assert actions == ["stored", "taken", "accepted"]
