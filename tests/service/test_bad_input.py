"""Whatever is sent, the answer is a route or a problem document that says what to correct."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from doubles import StubRouter
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from petition_nlp.settings import Settings
from service.app import create_app

JSON = {"content-type": "application/json"}


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"urn:petition-nlp:problem:{code}"
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"] and problem["detail"]
    assert problem["instance"].endswith(answer.headers["x-request-id"])
    return problem


@pytest.fixture(scope="module")
def stub() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), StubRouter()), base_url="http://localhost") as made:
        yield made


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("停", id="one character"),
        pytest.param(" \u200b\n\t\u3000", id="only blanks"),
        pytest.param("😀😡🔥", id="only emoji"),
        pytest.param("樓下 barbecue 燒烤店 every night 噪音擾民", id="traditional and English"),
        pytest.param("\x00\x01PK\x03\x04\x7f\x85ÿþ", id="binary pasted as text"),
        pytest.param("烧烤" * 100_000, id="as long as allowed"),
    ],
)
def test_any_content_is_answered_with_a_route(client: TestClient, text: str) -> None:
    answer = client.post("/v1/routes", json={"text": text})
    assert answer.status_code == 200
    assert answer.json()["review"].keys() == {"required", "reasons"}


@pytest.mark.parametrize("text", ["", "\u200b", "😀"])
def test_unreadable_content_is_left_to_people(client: TestClient, text: str) -> None:
    route = client.post("/v1/routes", json={"text": text}).json()
    assert route["matter"]["code"] == "unclear"
    assert (route["department"], route["responsible"]) == (None, None)
    assert "empty" in [reason["code"] for reason in route["review"]["reasons"]]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "第 1 行第 1 个字符"),
        (b'{"text": "a"', "第 1 行第 13 个字符"),
        (b"{'text': 'a'}", "第 1 行第 2 个字符"),
        (b'{\n"text": x}', "第 2 行第 9 个字符"),
        (b'{"text": NaN}', "无法"),
        (b"[" * 100_000, "可解析的范围"),
        (b'{"text": ' + b"9" * 10_000 + b"}", "可解析的范围"),
    ],
)
def test_malformed_json_is_located(stub: TestClient, body: bytes, detail: str) -> None:
    problem = assert_problem(stub.post("/v1/routes", content=body, headers=JSON), 400, "malformed_json")
    assert detail in problem["detail"] or detail == "无法"


def test_text_in_gb18030_is_told_to_be_no_utf8(stub: TestClient) -> None:
    body = '{"text": "烧烤店"}'.encode("gb18030")
    problem = assert_problem(stub.post("/v1/routes", content=body, headers=JSON), 400, "invalid_utf8")
    assert "第 11 个字节" in problem["detail"]


def test_a_byte_order_mark_is_accepted(stub: TestClient) -> None:
    body = '{"text": "烧烤店"}'.encode("utf-8-sig")
    assert stub.post("/v1/routes", content=body, headers=JSON).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (r'{"text": "a\ud800"}', "text"),
        (r'{"text": "a", "id": "\udc00"}', "id"),
        (r'{"items": [{"text": "a"}, {"text": "\ud83d"}]}', "items[1].text"),
        (r'{"text": "a", "extra": {"k": ["\ud800"]}}', "extra"),
    ],
)
def test_lone_surrogates_are_named(stub: TestClient, body: str, field: str) -> None:
    problem = assert_problem(stub.post("/v1/routes", content=body, headers=JSON), 422, "invalid_request")
    assert problem["errors"] == [{"field": field, "message": "含有不成对的代理字符，不是有效的 Unicode 文字"}]


@pytest.mark.parametrize("depth", [100, 500, 800, 900, 950, 980, 1000, 2000])
def test_nesting_of_any_depth_is_read_or_refused(stub: TestClient, depth: int) -> None:
    body = '{"text": "a", "extra": {"k": ' + "[" * depth + "]" * depth + "}}"
    assert stub.post("/v1/routes", content=body, headers=JSON).status_code in (200, 400, 422)


def test_escaped_surrogate_pairs_are_ordinary_characters(stub: TestClient) -> None:
    assert stub.post("/v1/routes", content=r'{"text": "\ud83d\ude00"}', headers=JSON).status_code == 200


@pytest.mark.parametrize(
    ("payload", "field", "message"),
    [
        ({}, "text", "缺少这个字段"),
        ({"text": None}, "text", "应为文字（字符串）"),
        ({"text": 12345}, "text", "应为文字（字符串）"),
        ({"text": "a", "txt": "b"}, "txt", "未知的字段"),
        ({"text": "a", "id": 7}, "id", "应为文字（字符串）"),
        ({"text": "a", "extra": []}, "extra", "应为对象"),
        ({"items": {}}, "items", "应为列表"),
        ({"items": ["烧烤"]}, "items[0]", "应为对象"),
        ({"items": [{"text": "a"}, {}]}, "items[1].text", "缺少这个字段"),
        ({"items": [{"text": "a", "标题": "b"}]}, "items[0].标题", "未知的字段"),
        ({"items": [], "text": "a"}, "text", "未知的字段"),
    ],
)
def test_wrong_fields_are_named(stub: TestClient, payload: Any, field: str, message: str) -> None:
    problem = assert_problem(stub.post("/v1/routes", json=payload), 422, "invalid_request")
    assert {"field": field, "message": message} in problem["errors"]
    assert field in problem["detail"]


@pytest.mark.parametrize("payload", [None, 1, "烧烤", ["烧烤"], True])
def test_json_that_is_no_object_is_refused(stub: TestClient, payload: Any) -> None:
    problem = assert_problem(stub.post("/v1/routes", content=json.dumps(payload), headers=JSON), 422, "invalid_request")
    assert problem["errors"][0]["field"] == "$"
    assert problem["detail"] == "请更正：整个请求。"


def test_a_flood_of_wrong_fields_gets_a_short_answer(stub: TestClient) -> None:
    payload = {"n" * 300 + str(n): 1 for n in range(500)}
    answer = stub.post("/v1/routes", json=payload)
    assert_problem(answer, 422, "invalid_request")
    assert len(answer.content) < 10_000


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=gbk"]
)
def test_other_content_types_are_refused(stub: TestClient, kind: str) -> None:
    answer = stub.post("/v1/routes", content=b'{"text": "a"}', headers={"content-type": kind})
    assert_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json; charset=UTF-8", "Application/JSON", "application/ld+json"])
def test_json_may_be_announced_in_several_ways(stub: TestClient, kind: str) -> None:
    answer = stub.post("/v1/routes", content=b'{"text": "a"}', headers={"content-type": kind})
    assert answer.status_code == 200


def test_an_unknown_address_is_a_problem(stub: TestClient) -> None:
    assert_problem(stub.get("/v1/nothing"), 404, "not_found")
    assert_problem(stub.get("/static/nothing.js"), 404, "not_found")


def test_a_wrong_method_is_a_problem_that_names_the_right_one(stub: TestClient) -> None:
    answer = stub.get("/v1/routes")
    assert "POST" in assert_problem(answer, 405, "method_not_allowed")["detail"]
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("path", "methods"), [("/v1/petitions", "GET, POST"), ("/v1/directory", "GET, PUT"), ("/openapi.json", "GET, HEAD")]
)
def test_all_methods_of_an_address_are_named(stub: TestClient, path: str, methods: str) -> None:
    answer = stub.delete(path)
    assert methods.replace(", ", "、") in assert_problem(answer, 405, "method_not_allowed")["detail"]
    assert answer.headers["allow"] == methods


MakeClient = Callable[..., TestClient]


def test_a_body_announced_as_too_large_is_refused(stub_client: MakeClient) -> None:
    answer = stub_client(max_body_bytes=1024).post("/v1/routes", json={"text": "a" * 1024})
    assert "1024 字节" in assert_problem(answer, 413, "body_too_large")["detail"]


def test_a_body_of_unannounced_length_is_counted_while_it_is_read(stub_client: MakeClient) -> None:
    sent = []

    def chunks() -> Iterator[bytes]:
        for n in range(100):
            sent.append(n)
            yield b" " * 512

    answer = stub_client(max_body_bytes=1024).post("/v1/routes", content=chunks(), headers=JSON)
    assert_problem(answer, 413, "body_too_large")


def test_a_body_as_large_as_allowed_is_read(stub_client: MakeClient) -> None:
    body = json.dumps({"text": "a"}).ljust(1024).encode()
    assert stub_client(max_body_bytes=1024).post("/v1/routes", content=body, headers=JSON).status_code == 200


def test_a_list_that_is_too_long_is_refused(stub_client: MakeClient) -> None:
    client = stub_client(max_items=3)
    problem = assert_problem(client.post("/v1/routes", json={"items": [{}] * 4}), 422, "too_many_items")
    assert "最多 3 条，收到 4 条" in problem["detail"]
    assert client.post("/v1/routes", json={"items": [{"text": "a"}] * 3}).status_code == 200


def test_texts_that_are_too_long_are_named(stub_client: MakeClient) -> None:
    client = stub_client(max_text_chars=5)
    items = [{"text": "烧烤店油烟"}, {"text": "烧烤店油烟大"}, {"text": "a", "title": "烧烤店油烟大"}]
    problem = assert_problem(client.post("/v1/routes", json={"items": items}), 422, "text_too_long")
    assert [error["field"] for error in problem["errors"]] == ["items[1].text", "items[2].title"]


def test_one_megabyte_of_text_is_refused_with_the_limit(stub: TestClient) -> None:
    problem = assert_problem(stub.post("/v1/routes", json={"text": "a" * 1_000_000}), 422, "text_too_long")
    assert "200000 字" in problem["detail"]


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.sampled_from(["text", "items", "id", "extra"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(payload=json_values)
def test_no_json_value_causes_an_internal_error(stub: TestClient, payload: Any) -> None:
    answer = stub.post("/v1/routes", content=json.dumps(payload), headers=JSON)
    assert answer.status_code in (200, 400, 422)


@given(body=st.binary())
def test_no_bytes_cause_an_internal_error(stub: TestClient, body: bytes) -> None:
    assert stub.post("/v1/routes", content=body, headers=JSON).status_code in (200, 400, 422)
