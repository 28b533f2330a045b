"""The client against the real service: what a program does in a petition's life."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from client_doubles import ToService
from fastapi.testclient import TestClient

from petition_nlp.client import ApiError, Client, Retries, alarms, board, shapes, webhooks
from petition_nlp.local.workdays import WorkCalendar
from petition_nlp.route import Message
from service.api.directory_schemas import AssignmentOut, DirectoryOut, ImportOut
from service.board import schemas as figures
from service.board.days import refresh, today
from service.board.units import Workdays
from service.events.schemas import DeliveryOut, NewWebhookOut, TrialOut, WebhookOut
from service.monitoring import schemas as monitoring
from service.petitions.affair_answers import DeliberationOut, NeededOut, PledgedOut, ReferralOut, ResourcesOut
from service.petitions.list_schemas import CountsOut
from service.petitions.schemas import (
    AutoRoutingOut,
    EntryOut,
    LivePrecisionOut,
    PetitionOut,
    QueuedOut,
    QueueOut,
    StatsOut,
)
from service.schemas import ModelOut, ReadyOut
from service.store.database import Database
from service.store.tables import Alarm

DIRECTORY = {
    "units": [{"code": "cg-1", "name": "临江市城市管理局", "department": "urban_management", "level": "city"}],
    "rules": [],
    "places": [],
    "services": [],
}


@pytest.fixture
def transport(client: TestClient) -> ToService:
    return ToService(client)


@pytest.fixture
def program(transport: ToService, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("petition_nlp.client.connection.sleep", lambda _: None)
    return Client("http://127.0.0.1", transport=transport)


@pytest.mark.parametrize(
    ("shape", "described"),
    [
        (shapes.Petition, PetitionOut),
        (shapes.Entry, EntryOut),
        (shapes.Queue, QueueOut),
        (shapes.Queued, QueuedOut),
        (board.Series, figures.SeriesOut),
        (board.Week, figures.WeekOut),
        (board.Weekday, figures.WeekdayOut),
        (board.Shares, figures.SharesOut),
        (board.Corrections, figures.CorrectionsOut),
        (board.Units, figures.UnitsOut),
        (board.Sign, figures.SignOut),
        (board.Drift, figures.DriftOut),
        (webhooks.Webhook, WebhookOut),
        (webhooks.NewSecret, NewWebhookOut),
        (webhooks.Trial, TrialOut),
        (webhooks.Delivery, DeliveryOut),
        (alarms.Alarm, monitoring.AlarmOut),
        (alarms.AlarmList, monitoring.AlarmsOut),
        (alarms.Measures, monitoring.MeasuresOut),
        (shapes.Statistics, StatsOut),
        (shapes.LivePrecision, LivePrecisionOut),
        (shapes.AutoRouting, AutoRoutingOut),
        (shapes.Counts, CountsOut),
        (shapes.Deliberation, DeliberationOut),
        (shapes.Referral, ReferralOut),
        (shapes.Resources, ResourcesOut),
        (shapes.Needed, NeededOut),
        (shapes.Pledged, PledgedOut),
        (shapes.Directory, DirectoryOut),
        (shapes.DirectoryChange, ImportOut),
        (shapes.Trial, AssignmentOut),
        (shapes.Model, ModelOut),
        (shapes.Ready, ReadyOut),
    ],
)
def test_the_client_knows_every_field_that_the_service_answers(shape: type, described: type) -> None:
    assert {field.name for field in fields(shape)} == set(described.model_fields)


def test_a_message_is_routed_and_not_stored(program: Client) -> None:
    assert program.route(Message("路灯不亮", title="市政")).department.code == "municipal_works"
    assert [route.department.code for route in program.route_many(["路灯", "煤气味"])] == ["municipal_works", "gas"]
    assert list(program.petitions.find()) == []


def test_a_petition_comes_back_as_it_was_stored(program: Client) -> None:
    message = Message("小区门口烧烤摊油烟扰民", title="油烟", id="GD-1", area="东城区", extra={"坐席": 3})
    stored = program.petitions.store(message, channel="12345热线", received=datetime(2026, 11, 30, 8, 12))
    assert (stored.external_id, stored.channel, stored.area, stored.extra) == (
        "GD-1",
        "12345热线",
        "东城区",
        {"坐席": 3},
    )
    assert stored.received.isoformat() == "2026-11-30T08:12:00+08:00"
    assert stored.department.code == stored.route.department.code == "urban_management"
    assert program.petitions.get(stored.id) == stored


def test_a_number_that_is_there_already_leads_to_its_petition(program: Client) -> None:
    stored = program.petitions.store(Message("路灯不亮", id="GD-1"))
    with pytest.raises(ApiError) as raised:
        program.petitions.store(Message("路灯又不亮", id="GD-1"))
    assert raised.value.code == "already_stored"
    assert raised.value.location == f"/v1/petitions/{stored.id}"


def test_a_petition_is_stored_once_though_the_answer_is_lost_twice(program: Client, transport: ToService) -> None:
    transport.losing = 2
    stored = program.petitions.store("路灯不亮")
    assert [found.id for found in program.petitions.find()] == [stored.id]


def test_a_program_that_died_stores_again_with_its_key(program: Client) -> None:
    first = program.petitions.store("路灯不亮", key="GD-1")
    assert program.petitions.store("路灯不亮", key="GD-1") == first
    with pytest.raises(ApiError, match="幂等键"):
        program.petitions.store("路灯又不亮", key="GD-1")


def test_a_petition_is_read_as_it_stands(program: Client) -> None:
    stored = program.petitions.store("路灯不亮")
    assert program.petitions.get(stored) == stored
    program.petitions.move(stored.id, "in_progress")
    assert program.petitions.get(stored).status == "in_progress"


def test_all_pages_are_found(program: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("petition_nlp.client.connection._PAGE", 2)
    ids = [program.petitions.store(f"第{n}盏路灯不亮").id for n in range(5)]
    assert [found.id for found in program.petitions.find()] == ids[::-1]


def test_petitions_are_found_by_every_condition(program: Client) -> None:
    wanted = program.petitions.store(Message("煤气味，要爆炸，不知是谁", id="GD-1", area="东城区"), channel="网络")
    program.petitions.store("路灯不亮")
    day = timedelta(days=1)
    found = program.petitions.find(
        text="煤气 爆炸",
        matter="government",
        department="gas",
        request_type="投诉",
        area="东城区",
        channel="网络",
        external_id="GD-1",
        status=["pending", "assigned"],
        review=True,
        emergency=True,
        received_from=datetime.now(UTC) - day,
        received_to=datetime.now(UTC) + day,
    )
    assert [one.id for one in found] == [wanted.id]
    assert list(program.petitions.find(unit="cg-1", status="resolved")) == []


def test_the_course_of_a_petition(program: Client) -> None:
    act = program.petitions
    petition = act.store("小区门口烧烤摊油烟扰民")
    petition = act.correct(petition, department="市场监督管理部门", co_departments=["urban_management"], why="无证经营")
    assert petition.department.code == "market_regulation"
    petition = act.send_back(petition, reason="不在辖区", next_department="urban_management")
    petition = act.extend(petition, days=2, why="等检测报告")
    petition = act.move(petition, "in_progress")
    petition = act.close(petition, outcome="已整改")
    petition = act.rate(petition, satisfied=False, why="周末又冒烟")
    assert (petition.returns, petition.extensions, petition.status, petition.satisfied) == (1, 1, "resolved", False)
    actions = [entry.action for entry in act.history(petition)]
    assert actions == ["stored", "corrected", "returned", "extended", "moved", "moved", "rated"]


def test_a_petition_is_stored_with_a_decision_and_taken_back(program: Client) -> None:
    petition = program.petitions.store("路灯不亮", decision={"department": "gas", "why": "燃气灯"})
    assert (petition.department.code, petition.decided_by) == ("gas", "person")
    petition = program.petitions.withdraw(petition)
    assert (petition.department.code, petition.status) == ("municipal_works", "pending")


def test_what_is_not_corrected_stays(program: Client) -> None:
    petition = program.petitions.store("油烟扰民")
    kept = program.petitions.correct(petition, matter="private", why="邻里之间")
    assert kept.department.code == "urban_management"


def test_a_petition_that_was_read_before_is_not_overwritten(program: Client) -> None:
    seen = program.petitions.store("路灯不亮")
    program.petitions.move(seen, "in_progress")
    with pytest.raises(ApiError) as raised:
        program.petitions.close(seen, outcome="已修复")
    assert raised.value.code == "changed_meanwhile"
    assert program.petitions.close(seen.id, outcome="已修复").status == "resolved"


def test_the_same_matter_is_linked_told_apart_and_merged(program: Client) -> None:
    first, second = program.petitions.store("路灯不亮"), program.petitions.store("路灯还不亮")
    for act, state in (("link", "linked"), ("tell_apart", "refused"), ("merge", "merged")):
        second = getattr(program.petitions, act)(second, first, why="同一盏灯")
        assert [(other.petition, other.state) for other in second.same_matter] == [(first.id, state)]
    assert second.merged_into == first.id


def test_a_reviewer_takes_puts_back_and_decides(program: Client) -> None:
    stored = program.petitions.store("不知道归谁管的路灯")
    assert [one.id for one in program.review.queue(limit=5).items] == [stored.id]
    taken = program.review.take(department="municipal_works")
    assert taken is not None and taken.taken_by is not None
    released = program.review.release(taken)
    again = program.review.take(released)
    assert again is not None
    decided = program.review.decide(again, department="gas", why="燃气公司的灯")
    assert (decided.department.code, decided.decided_by, decided.review) == ("gas", "person", False)
    assert program.review.take() is None


def test_a_blind_review_is_decided_and_counted(serve: Callable[..., TestClient]) -> None:
    program = Client("http://127.0.0.1", transport=ToService(serve(blind_share=1)))
    program.petitions.store("路灯不亮")
    taken = program.review.take(kind="blind")
    assert taken is not None and taken.blind and taken.route is taken.department is None
    decided = program.review.decide(taken, matter="大事", department="municipal_works")
    assert decided.department.code == "municipal_works"
    precision = program.auto_routing().precision
    assert (precision.right, precision.by_department[0].code) == (1, "municipal_works")
    assert program.stats().blind == precision


def test_automatic_routing_is_stopped_and_resumed(program: Client) -> None:
    stopped = program.set_auto_routing("stopped", why="换模型")
    assert (stopped.state, program.route("路灯不亮").review.required) == ("stopped", True)
    assert program.set_auto_routing("running", why="已换").state == "running"


def test_alarms_are_listed_and_acknowledged(program: Client, database: Database) -> None:
    assert program.alarms.list().day is None
    with database.write() as session:
        day, figures = date(2026, 3, 1), {"before": 0.1, "now": 0.3, "strength": 6.0, "size": 700, "parts": []}
        session.add(Alarm(id="1" * 32, code="review_rose", level="watch", since=day, last=day, figures=figures))
    [alarm] = program.alarms.list().items
    assert (alarm.state, alarm.about, alarm.now) == ("open", None, 0.3)
    assert program.alarms.acknowledge(alarm.id, why="已知情").state == "acknowledged"
    with pytest.raises(ApiError):
        program.alarms.acknowledge(alarm.id, why="再来")
    assert len(program.alarms.list("all").items) == 1


def test_a_directory_is_put_read_compared_and_tried(program: Client) -> None:
    change = program.directory.put(DIRECTORY, why="首次录入")
    assert change.version == 1
    present = program.directory.get()
    renamed = replace(present, units=({**present.units[0], "name": "临江市城管局"},))
    assert program.directory.put(renamed, why="改名").version == 2
    with pytest.raises(ApiError, match="已被他人修改"):
        program.directory.put(renamed, why="再改名")
    assert [version.why for version in program.directory.versions()] == ["改名", "首次录入"]
    assert program.directory.diff(1, 2)["units"]["changed"][0]["fields"]["name"]["to"] == "临江市城管局"
    trial = program.directory.test("烧烤摊油烟", on=datetime(2026, 11, 30).date())
    assert trial.assignment["unit"]["code"] == "cg-1"


def test_a_workbook_comes_out_and_goes_in(program: Client, tmp_path: Path) -> None:
    program.directory.put(DIRECTORY, why="首次录入")
    workbook = tmp_path / "directory.xlsx"
    workbook.write_bytes(program.directory.export())
    assert program.directory.check_file(workbook).version is None
    assert program.directory.import_file(workbook, why="原样导入", version=1).version == 2


def test_services_that_can_help_are_named(program: Client) -> None:
    service = {"name": "柳荫调解室", "kind": "mediation", "offers": ["漏水"]}
    program.directory.put({**DIRECTORY, "services": [service]}, why="首次录入")
    assert [found["name"] for found in program.services("楼上漏水", matter="私事")] == ["柳荫调解室"]


def test_the_course_of_a_shared_and_of_a_private_affair(program: Client) -> None:
    act = program.petitions
    shared = act.store("物业乱收费")
    shared = act.deliberate(shared, "waiting", level="小区")
    shared = act.deliberate(shared, "agreed", date=date(2026, 11, 28), participants=36, outcome="按合同收费")
    assert shared.deliberation == shapes.Deliberation(
        "compound", "小区", "agreed", "达成一致", date(2026, 11, 28), 36, "按合同收费"
    )
    private = act.refer(act.store("邻居漏水"), "mediation", to="柳荫调解室")
    private = act.refer(private, result="已签协议")
    assert private.referral == shapes.Referral("mediation", "调解", None, "柳荫调解室", "已签协议")


def test_a_unit_is_urged_and_asked_and_replies(program: Client) -> None:
    act = program.petitions
    petition = act.inquire(act.urge(act.store("路灯不亮"), why="明天到期"), why="办到哪一步")
    assert (petition.urges, petition.inquiries, petition.unanswered) == (1, 1, True)
    petition = act.reply(petition, "电工已到场", progress=50)
    assert (petition.progress, petition.unanswered, petition.status) == (50, False, "in_progress")
    assert act.mark_hard(petition, hard=True, why="互相推诿").hard
    assert act.correct(petition.id, final=True, why="定责").final


def test_a_wish_has_resources(program: Client) -> None:
    wish = program.petitions.store("图书角添书架", kind="wish", matter="小事")
    wish = program.petitions.set_resources(wish, needed=shapes.Needed(fund=3000))
    wish = program.petitions.set_resources(wish, pledged=shapes.Pledged(volunteers=2, donors=("慈善会",)))
    assert wish.resources == shapes.Resources(
        shapes.Needed(fund=3000), shapes.Pledged(volunteers=2, donors=("慈善会",))
    )


def test_the_list_is_counted_and_written_for_a_meeting(program: Client, tmp_path: Path) -> None:
    program.petitions.store("图书角添书架", kind="wish")
    program.petitions.store("路灯不亮")
    assert program.petitions.counts(kind="wish", overdue=False).petitions == 1
    assert program.petitions.counts(status=["assigned", "pending"]).by_kind[0].count == 1
    book = tmp_path / "meeting.xlsx"
    program.petitions.meeting(book, by="community", heading="调度会", status=["assigned"], hard=False)
    assert book.read_bytes().startswith(b"PK")


def test_petitions_are_counted(program: Client) -> None:
    program.petitions.store("路灯不亮")
    counts = program.stats()
    assert (counts.petitions, counts.by_department[0].count) == (1, 1)


def test_the_board_is_read(program: Client, client: TestClient) -> None:
    program.petitions.store("路灯不亮", channel="12345热线")
    refresh(client.app.state.database, Workdays(WorkCalendar()))
    last = program.board.series().items[-1]
    assert (last.counts["petitions"], last.shares["agreement"], last.first_day) == (1, None, last.last_day)
    assert len(program.board.series("hour", first_day=today(), last_day=today()).items) == 24
    assert sum(sum(day.petitions) for day in program.board.week().items) == 1
    assert program.board.shares().by_channel.items[0] == {"channel": "12345热线", "count": 1}
    assert program.board.shares(department="gas").by_channel.items == ()
    assert program.board.corrections().matrix == ()
    assert [unit.dispatched for unit in program.board.units().items] == [1]
    assert program.board.signs().items == ()
    assert program.board.drift().items[0].level == "too_few"


def test_what_the_service_is(program: Client, client: TestClient) -> None:
    assert program.is_alive()
    assert program.wait_until_ready().model == client.get("/readyz").json()["model"]
    assert "matters" in program.taxonomy()


def test_a_service_that_is_not_there_is_not_alive() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    assert not Client(transport=httpx.MockTransport(refuse), retries=Retries(attempts=1)).is_alive()


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_example_of_the_readme_runs(
    page: str, program: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (Path(__file__).resolve().parents[2] / page).read_text(encoding="utf-8")
    (example,) = (block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "client" in block)
    monkeypatch.setattr("petition_nlp.client.Client", lambda _: program)
    exec(compile(example, page, "exec"), {})
    assert "urban_management" in capsys.readouterr().out
