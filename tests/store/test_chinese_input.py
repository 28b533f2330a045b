"""Input that a generator seldom hits upon: Chinese in every place, and what databases and headers stumble over."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi.testclient import TestClient
from petitions import act, again, stored

TEXTS = {
    "full-width digits and letters": "我家住在３号楼２单元１２０１室，电话没人接，ＡＢＣ超市占道",
    "characters beyond the BMP": "𠮷祥里𡋾、𬒈口路灯不亮，业主委员会主任叫龘𪚥",
    "emoji with joiners and skin tones": "垃圾没人收😡😡 👨‍👩‍👧‍👦 👍🏽 🇨🇳 路灯❤️",
    "traditional characters": "我們小區電梯壞了，廁所漏水，請儘快處理",
    "mixed punctuation": "「城管」不管！！？…——（见附件《图1》），price:100%_a\\b'\"<b>&amp;;--",
    "variation selectors and combining marks": "葛󠄀城 か゚ e\u0301 ｶﾞ 㐀〇",
    "line ends and tabs": "一楼\r\n二楼\n\n三楼\t四楼\u2028五楼\u0085六楼",
    "control characters": "路灯\u0001\u001b[31m\u007f\u0080\ufeff\u200b不亮\u202e倒着",
    "private use and unassigned": "\ue000\uf8ff\U000e0001\U0010ffff路灯",
    "Tibetan, Uyghur, Mongolian, Zhuang": "གློག་མེད། توك يوق ᠴᠠᠬᠢᠯᠭᠠᠨ Mbouj miz dienh",
    "spreadsheet formulas": '=HYPERLINK("http://example.invalid","路灯")',
    "numbers beside words": "第１２３４５６７８９０号工单，催办５次",
}
SURROGATE = "\\ud800"
NUL = "\\u0000"


def post(client: TestClient, path: str, body: str | bytes, **headers: str | bytes) -> Any:
    """A body as it stands, for what no JSON writer would write."""
    content = body.encode() if isinstance(body, str) else body
    return client.post(path, content=content, headers={"Content-Type": "application/json", **headers})


def problem(answer: Any, status: int) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def test_texts_come_back_as_they_were_sent(client: TestClient) -> None:
    for kind, text in TEXTS.items():
        fields = {"title": text, "area": text, "channel": text, "id": text, "extra": {text: [text, {"值": text}]}}
        petition = again(client, stored(client, text, **fields))
        assert petition["text"] == petition["title"] == petition["area"] == text, kind
        assert petition["channel"] == petition["external_id"] == text, kind
        assert petition["extra"] == fields["extra"], kind


def test_petitions_are_found_by_any_text_in_a_query(client: TestClient) -> None:
    for text in TEXTS.values():
        stored(client, text, channel=text, id=text, area=text)
    for kind, text in TEXTS.items():
        for name in ("channel", "external_id", "area"):
            found = client.get("/v1/petitions", params={name: text}).json()["items"]
            assert [one["text"] for one in found] == [text], (kind, name)
        assert text in [one["text"] for one in client.get("/v1/petitions", params={"text": text}).json()["items"]], kind


def test_a_searched_word_means_itself(client: TestClient) -> None:
    for text in ("100 元", "xa", "ab", *TEXTS.values()):
        stored(client, text)
    for word in ("100%", "_a", "a\\b", "'\"", "<b>", "％", "𡋾", "👩‍👧", "１２０１"):
        found = client.get("/v1/petitions", params={"text": word}).json()["items"]
        assert [one["text"] for one in found] == [text for text in reversed(TEXTS.values()) if word in text], word


def test_a_query_in_gbk_finds_nothing_and_fails_nothing(client: TestClient) -> None:
    stored(client, "路灯不亮", channel="热线")
    for raw in (quote("热线".encode("gbk")), "%ED%A0%80", "%FF%FE", "%F0%28%8C%BC", "%"):
        for name in ("text", "channel", "area"):
            answer = client.get(f"/v1/petitions?{name}={raw}")
            assert (answer.status_code, answer.json()["items"]) == (200, []), (name, raw)


def test_a_very_long_text_is_stored_and_found(client: TestClient) -> None:
    text = "𪚥" * 199_990 + "尾巴上的路灯不亮"[:10]
    petition = stored(client, text)
    assert again(client, petition)["text"] == text
    assert [one["id"] for one in client.get("/v1/petitions?text=尾巴上").json()["items"]] == [petition["id"]]
    answer = client.post("/v1/petitions", json={"text": text + "路灯不亮路灯不亮路灯不亮"})
    assert problem(answer, 422)["code"] == "text_too_long"


IN_BODIES = {
    "text": '{"text": "路灯%s不亮"}',
    "title": '{"text": "路灯", "title": "%s"}',
    "id": '{"text": "路灯", "id": "甲%s"}',
    "channel": '{"text": "路灯", "channel": "%s热线"}',
    "area": '{"text": "路灯", "area": "%s"}',
    "extra.键[1].内": '{"text": "路灯", "extra": {"键": [1, {"内": "%s"}]}}',
}


def test_null_characters_are_refused_and_named(client: TestClient) -> None:
    for field, body in IN_BODIES.items():
        [error] = problem(post(client, "/v1/petitions", body % NUL), 422)["errors"]
        assert (error["field"], "U+0000" in error["message"]) == (field, True)
    assert client.get("/v1/petitions").json()["items"] == []
    assert stored(client, "反斜杠 \\u0000 是六个字符")["text"] == "反斜杠 \\u0000 是六个字符"


def test_lone_surrogates_are_refused_and_nothing_is_stored(client: TestClient) -> None:
    for field, body in IN_BODIES.items():
        [error] = problem(post(client, "/v1/petitions", body % SURROGATE), 422)["errors"]
        assert (error["field"], "代理字符" in error["message"]) == (field.partition(".")[0], True)
    assert client.get("/v1/petitions").json()["items"] == []


def test_reasons_with_null_characters_change_nothing(client: TestClient) -> None:
    petition = stored(client)
    bodies = {
        "corrections": '{"department": "gas", "why": "%s"}',
        "returns": '{"reason": "%s"}',
        "status": '{"status": "resolved", "outcome": "%s"}',
        "extension": '{"days": 1, "why": "%s"}',
        "corrections?": '{"department": "%s", "why": "理由"}',
    }
    for path, body in bodies.items():
        for trap in (NUL, SURROGATE):
            problem(post(client, f"/v1/petitions/{petition['id']}/{path}", body % trap), 422)
    assert again(client, petition) == petition


def test_null_characters_in_a_query_are_refused(client: TestClient) -> None:
    for name in ("text", "channel", "external_id", "department", "area"):
        [error] = problem(client.get(f"/v1/petitions?{name}=路灯%00"), 422)["errors"]
        assert error["field"] == name
    problem(client.get("/v1/review?area=%00"), 422)


def test_numbers_that_json_can_spell_and_nobody_can_hold_are_refused(client: TestClient) -> None:
    for number in ("1e400", "-1e999", "NaN", "Infinity", "9" * 5000):
        problem(post(client, "/v1/petitions", f'{{"text": "路灯", "extra": {{"数": {number}}}}}'), 400)
    kept = post(client, "/v1/petitions", f'{{"text": "路灯", "extra": {{"数": [{"9" * 40}, 1e308, -0.0]}}}}')
    assert kept.json()["extra"]["数"][0] == int("9" * 40)


def test_times_that_nobody_means_are_refused(client: TestClient) -> None:
    for moment in (
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+14:00",
        "二〇二六年十一月三十日",
        "２０２６-11-30",
        "",
    ):
        [error] = problem(client.post("/v1/petitions", json={"text": "路灯", "received": moment}), 422)["errors"]
        assert error["field"] == "received"
        problem(client.get("/v1/petitions", params={"received_from": moment}), 422)
        problem(client.get("/v1/stats", params={"received_to": moment}), 422)
    for moment in ("0002-01-01T00:00:00+14:00", "9998-12-31T23:59:59-12:00", "2026-11-30 08:12", "20261130T0812"):
        stored(client, "路灯", received=moment)
        assert client.get("/v1/stats", params={"received_from": moment, "received_to": "9998-12-31T23:59:59-13:00"})


def test_versions_that_no_column_holds_are_refused(client: TestClient) -> None:
    for path in ("?version=%s", "/export?version=%s", "/diff?old=%s&new=0", "/diff?old=0&new=%s"):
        for number in (2**31, 2**63, 10**30):
            problem(client.get("/v1/directory" + path % number), 422)
        problem(client.get("/v1/directory" + path % (2**31 - 1)), 404)
    problem(client.post("/v1/directory/test", json={"text": "路灯", "version": 10**30}), 422)


def test_departments_are_known_by_their_usual_names(client: TestClient) -> None:
    petition = stored(client)
    for name in ("urban_management", "城市管理综合执法部门", "城管局", "城管", "住建局", "公安局", "人社局"):
        answer = act(client, petition, "corrections", {"department": name, "why": "改派"})
        assert answer.status_code == 200, answer.text


def test_names_that_are_no_department_are_refused(client: TestClient) -> None:
    petition = stored(client)
    for name in ("", "　", "城管局\u0301", "ｕｒｂａｎ", "城管'; DROP TABLE petition; --", "𡋾局", "x" * 100_000):
        answer = act(client, petition, "corrections", {"department": name, "why": "改派"})
        assert problem(answer, 422)["errors"][0]["field"] == "department", name
    assert again(client, petition)["version"] == 1


def test_an_idempotency_key_is_visible_ascii_or_refused(client: TestClient) -> None:
    for key in ("热线-1", "GD 1", "", "\t", "x" * 201, "é"):
        answer = post(client, "/v1/petitions", '{"text": "路灯"}', **{"Idempotency-Key": key.encode()})
        assert problem(answer, 422)["errors"][0]["field"] == "Idempotency-Key", key
    assert client.get("/v1/petitions").json()["items"] == []


def test_what_a_caller_writes_into_headers_stays_out_of_answers(client: TestClient) -> None:
    trap = "热线\r\nSet-Cookie: 甲=乙"
    answer = client.post("/v1/petitions", json={"text": "路灯", "id": trap, "channel": trap})
    location = answer.headers["Location"]
    again_ = client.post("/v1/petitions", json={"text": "路灯", "id": trap, "channel": trap})
    assert (again_.status_code, again_.headers["Location"]) == (409, location)
    for header in ("X-Request-ID", "If-None-Match"):
        found = client.get(location, headers={header: "热线\r".encode()})
        assert found.status_code == 200
        assert "set-cookie" not in found.headers
    found = client.post(f"{location}/status", json={"status": "in_progress"}, headers={"If-Match": '"１"'.encode()})
    assert problem(found, 422)["code"] == "invalid_request"


def test_a_directory_keeps_its_names_and_refuses_what_its_columns_cannot_hold(client: TestClient) -> None:
    def put(**unit: str) -> Any:
        own = {"code": "城管-1", "name": "𡋾区城管局", "department": "urban_management", "level": "city", **unit}
        return client.put("/v1/directory", json={"units": [own], "why": "录入"})

    assert put().status_code == 200
    assert stored(client, "油烟")["unit"] == {"code": "城管-1", "name": "𡋾区城管局"}
    for unit in ({"code": "城" * 65}, {"name": "城" * 201}, {"name": "城\0管"}):
        problem(put(**unit), 422)
    long = put(code="城" * 64, name="𡋾" * 200)
    assert long.status_code == 200, long.text
    client.get("/v1/directory")
