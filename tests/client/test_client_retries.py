from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from petition_nlp.client import ApiError, Client, ClientError, NoAnswerError, Retries
from petition_nlp.errors import InputError
from petition_nlp.route import Message, Review, Route
from service import problems
from service.problems import FieldError, Problem

ROUTE = Route(None, None, None, None, (), None, 0.5, Review(), None, (), "double@1", "2026.11", {})
PRIVATE = "机密诉求"


def answer(problem: Problem) -> httpx.Response:
    headers = {**problem.headers, "X-Request-ID": "r-1"}
    return httpx.Response(problem.status, json=problem.to_dict("r-1"), headers=headers)


OK = httpx.Response(200, json=ROUTE.to_dict())
LOST = httpx.ReadError("connection lost")
LOADING = answer(problems.loading())
TOO_MANY = httpx.Response(429, headers={"Retry-After": "7"})
BROKEN_MODEL = httpx.Response(503, json={"code": "bad_model", "title": "模型不可用", "detail": "请联系管理员。"})


class Double(httpx.BaseTransport):
    """A service that gives prepared answers, or none, and notes what it was asked."""

    def __init__(self, answers: Sequence[httpx.Response | Exception]) -> None:
        self._answers = iter(answers)
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        found = next(self._answers)
        if isinstance(found, Exception):
            raise found
        return found


def connect(*answers: httpx.Response | Exception, **options: Any) -> tuple[Client, Double]:
    double = Double(answers)
    return Client("http://service", transport=double, **options), double


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the client would have slept."""
    slept: list[float] = []
    monkeypatch.setattr("petition_nlp.client.connection.sleep", slept.append)
    return slept


@pytest.mark.parametrize("trouble", [LOADING, TOO_MANY, LOST, httpx.Response(502, text="<html>")])
def test_a_request_is_sent_again_until_it_is_answered(trouble: httpx.Response | Exception) -> None:
    client, double = connect(trouble, trouble, OK)
    assert client.route("路灯不亮") == ROUTE
    assert len(double.asked) == 3


def test_the_service_says_how_long_to_wait(pauses: list[float]) -> None:
    client, _ = connect(TOO_MANY, LOADING, OK)
    client.route("路灯不亮")
    assert pauses == [7, problems.RETRY_SECONDS]


def test_pauses_grow_up_to_a_limit(pauses: list[float]) -> None:
    client, _ = connect(LOST, LOST, LOST, LOST, OK, retries=Retries(pause=4, longest=10))
    client.route("路灯不亮")
    assert [low <= pause <= high for pause, low, high in zip(pauses, [2, 4, 8, 10], [4, 8, 10, 10], strict=True)]
    assert pauses[3] == 10


def test_no_pause_is_longer_than_the_longest(pauses: list[float]) -> None:
    client, _ = connect(httpx.Response(503, headers={"Retry-After": "86400"}), OK, retries=Retries(longest=3))
    client.route("路灯不亮")
    assert pauses == [3]


def test_a_retry_date_is_no_number(pauses: list[float]) -> None:
    client, _ = connect(httpx.Response(503, headers={"Retry-After": "Mon, 30 Nov 2026 08:00:00 GMT"}), OK)
    client.route("路灯不亮")
    assert pauses[0] <= 0.5


def test_the_last_answer_is_the_error() -> None:
    client, double = connect(LOST, LOADING, retries=Retries(attempts=2))
    with pytest.raises(ApiError) as raised:
        client.route("路灯不亮")
    assert (raised.value.code, raised.value.status) == ("loading", 503)
    assert len(double.asked) == 2


def test_a_service_out_of_reach_is_an_error_of_its_own() -> None:
    client, _ = connect(LOST, LOST, retries=Retries(attempts=2))
    with pytest.raises(NoAnswerError, match=r"服务没有答复.*ReadError.*已试 2 次"):
        client.route("路灯不亮")


@pytest.mark.parametrize("refusal", [BROKEN_MODEL, httpx.Response(500), answer(problems.forbidden("route", "说明"))])
def test_what_no_waiting_mends_is_not_sent_again(refusal: httpx.Response) -> None:
    client, double = connect(refusal)
    with pytest.raises(ApiError):
        client.route("路灯不亮")
    assert len(double.asked) == 1


def test_a_change_has_the_same_key_each_time_and_another_change_another() -> None:
    refused = answer(problems.taken())
    client, double = connect(LOST, LOADING, refused, refused)
    for _ in range(2):
        with pytest.raises(ApiError):
            client.review.take()
    keys = [request.headers["Idempotency-Key"] for request in double.asked]
    assert keys[0] == keys[1] == keys[2] != keys[3]


def test_a_caller_can_give_its_own_key() -> None:
    client, double = connect(answer(problems.taken()))
    with pytest.raises(ApiError):
        client.petitions.store("路灯不亮", key="GD-1")
    assert double.asked[0].headers["Idempotency-Key"] == "GD-1"


def test_an_api_error_says_everything_that_the_service_said() -> None:
    refusal = answer(problems.invalid_request([FieldError("why", "缺少这个字段")]))
    client, _ = connect(refusal)
    with pytest.raises(ApiError) as raised:
        client.petitions.correct("0" * 32, why="")
    error = raised.value
    assert (error.code, error.status, error.request_id) == ("invalid_request", 422, "r-1")
    assert [(one.field, one.message) for one in error.errors] == [("why", "缺少这个字段")]
    assert "请求内容不符合要求（invalid_request，HTTP 422，请求编号 r-1）" in str(error)
    assert "why：缺少这个字段" in str(error)


def test_an_answer_of_something_else_is_an_api_error_too() -> None:
    client, _ = connect(httpx.Response(404, text="<html>nginx</html>"))
    with pytest.raises(ApiError, match="中间的代理") as raised:
        client.stats()
    assert raised.value.code == "http_404"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"confidence": "0.5"}', b'{"matter": null}'])
def test_an_answer_that_is_no_route_is_a_client_error(body: bytes) -> None:
    client, _ = connect(httpx.Response(200, content=body))
    with pytest.raises(ClientError, match="服务的答复"):
        client.route("路灯不亮")


def test_keys_of_a_newer_service_are_passed_over() -> None:
    newer = {**ROUTE.to_dict(), "mood": {"code": "angry"}}
    client, _ = connect(httpx.Response(200, json=newer))
    assert client.route("路灯不亮") == ROUTE


@pytest.mark.parametrize("trouble", [LOST, LOADING, httpx.Response(422, json={"code": "invalid_request"})])
def test_no_error_leads_to_the_text_that_was_sent(trouble: httpx.Response | Exception) -> None:
    client, _ = connect(trouble, retries=Retries(attempts=1))
    with pytest.raises(ClientError) as raised:
        client.petitions.store(PRIVATE)
    assert PRIVATE not in str(raised.value)
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)


def test_a_key_that_cannot_exist_is_refused_without_being_repeated() -> None:
    with pytest.raises(InputError, match="密钥") as raised:
        Client(key="钥匙\r\nX: y")
    assert "钥匙" not in str(raised.value)


def test_an_address_needs_a_scheme() -> None:
    with pytest.raises(InputError, match="http://主机:端口"):
        Client("127.0.0.1:8000")


@pytest.mark.parametrize("key", ["键", "a b", "", "a\nb", "x" * 201])
def test_an_idempotency_key_that_cannot_travel_is_refused(key: str) -> None:
    client, double = connect()
    with pytest.raises(InputError, match="幂等键"):
        client.petitions.store("路灯不亮", key=key)
    assert double.asked == []


def test_a_query_that_is_no_unicode_is_refused_without_being_repeated() -> None:
    client, _ = connect()
    with pytest.raises(InputError, match="text"):
        list(client.petitions.find(text="\ud800"))


def test_the_api_key_travels_as_a_bearer_token() -> None:
    client, double = connect(OK, key="pk_example")
    client.route("路灯不亮")
    assert double.asked[0].headers["Authorization"] == "Bearer pk_example"


def test_many_messages_are_sent_in_lists_that_the_service_takes() -> None:
    def routed(request: httpx.Request) -> httpx.Response:
        items = json.loads(request.content)["items"]
        sizes.append(len(items))
        assert len(request.content) < 2 * 1024 * 1024
        return httpx.Response(200, json={"items": [{"id": None, "route": ROUTE.to_dict()} for _ in items]})

    sizes: list[int] = []
    client = Client("http://service", transport=httpx.MockTransport(routed))
    messages: list[Message | str] = ["路灯不亮"] * 250 + [Message("龘" * 200_000)] * 3
    assert len(list(client.route_many(messages))) == 253
    assert sizes == [200, 51, 1, 1]
    assert list(client.route_many([])) == []


def test_messages_are_read_as_they_are_needed() -> None:
    asked: list[int] = []
    client, _ = connect(httpx.Response(200, json={"items": [{"id": None, "route": ROUTE.to_dict()}] * 200}))

    def endless() -> Any:
        while True:
            asked.append(1)
            yield "路灯不亮"

    assert next(client.route_many(endless())) == ROUTE
    assert len(asked) == 201
