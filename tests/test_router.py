"""The router: the fixed JSON contract, and that no content raises."""

from __future__ import annotations

import dataclasses
import itertools
import json
import pickle
import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from toy import TAXONOMY, toy_model

from petition_nlp import Message, Route, Router
from petition_nlp.artifact import save_model
from petition_nlp.classify.profile import JointCalibration
from petition_nlp.errors import ModelError, TaxonomyError
from petition_nlp.policy import Policy
from petition_nlp.taxonomy import UNCLEAR

_EXAMPLE = "我们小区楼下烧烤店每天营业到凌晨两点，油烟和噪音让老人孩子没法睡觉，找物业也没人管"
_MESSAGES = (
    _EXAMPLE,
    "路口红绿灯坏了三天，早高峰堵得水泄不通，请交警处理",
    "楼道灯不亮，物业说没钱修",
    "邻居借了我两万块钱不还，怎么办",
    "请问孩子入学需要什么材料",
    "燃气公司多收了开户费，要求退款",
    "你好，在吗",
    "😡😡停电😡三个小时了！！！",
    "<p>小区&nbsp;<b>停水</b>两天</p>",
    "ＷＩＦＩ和寬頻都斷了，電信公司說要等五天",
    "",
    "谢谢",
)
_ODD = {
    "nothing": "",
    "spaces": " \t\r\n\u3000",
    "one character": "水",
    "one letter": "a",
    "a letter that has no lower case of its length": "住在İstanbul小区，停电",
    "one digit": "7",
    "punctuation": "。。。！？",
    "emoji": "😡🙏👍🏽👨‍👩‍👧",
    "zero width": "\u200b\u200d\ufeff",
    "null characters": "\x00\x00停水\x00",
    "binary": bytes(range(256)).decode("latin-1") * 20,
    "binary with replacement": bytes(range(256)).decode("utf-8", "replace") * 20,
    "lone surrogates": "停\ud800水\udfff三天",
    "only surrogates": "\ud800\udfff",
    "traditional and English": "我們小區的elevator壞咗，please幫手check吓，WiFi都冇信號",
    "html": "<script>alert(1)</script><p style='x'>停水</p>&lt;br&gt;&#x41;",
    "open tags": "<" * 3000 + "停水",
    "entities": "&amp;" * 3000,
    "placeholders": "[手机号][姓名][名称][",
    "digits": "1" * 9000,
    "one long word": "啊" * 9000,
    "one line of words": "停水" * 4000,
    "many cues": "另外，二是、2、" * 800,
    "right to left": "\u202e停水三天\u202c",
    "combining": "停" + "\u0301" * 2000 + "水",
    "private use": "\ue000\uf8ff停水",
    "a megabyte": "小区停水三天没人管。" * 35_000,
    "a megabyte without a break": "x" * 1_048_576,
}


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


def _toy(
    *names: str,
    policy: Policy | None = None,
    joint: JointCalibration | None = None,
    own: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
) -> Router:
    return Router(toy_model(*names, joint=joint, own=own), TAXONOMY, policy or Policy())


def _json(routes: list[Route]) -> str:
    return json.dumps([route.to_dict() for route in routes], ensure_ascii=False)


# --- the contract -------------------------------------------------------------------------------------------

_CHOICE = {"code": str, "name": str, "confidence": float}
_PREDICTION = {**_CHOICE, "alternatives": list}
_ROUTE = {
    "matter": _PREDICTION,
    "department": _PREDICTION,
    "responsible": {"kind": str, "name": str, "channel": str},
    "candidates": {"coverage": float, "departments": list},
    "co_departments": list,
    "request_type": _PREDICTION,
    "confidence": float,
    "review": {"required": bool, "reasons": list},
    "emergency": {"line": str, "message": str},
    "evidence": list,
    "model": str,
    "profile": str,
    "taxonomy": str,
    "policy": {"target_precision": float},
}
_NULLABLE = {"matter", "department", "responsible", "candidates", "request_type", "emergency"}
_ITEMS: dict[str, dict[str, type]] = {
    "alternatives": _CHOICE,
    "departments": _CHOICE,
    "co_departments": _CHOICE,
    "reasons": {"code": str, "message": str},
    "evidence": {"start": int, "end": int, "text": str, "weight": float, "for": str},
}


def _check(part: Any, shape: Mapping[str, Any], where: str = "") -> None:
    """Every promised key stands, in the promised order, with a value of the promised type."""
    assert [key for key in part if key in shape] == list(shape), where
    for key, expected in shape.items():
        value = part[key]
        if value is None:
            assert not where and key in _NULLABLE, key
        elif isinstance(expected, dict):
            _check(value, expected, f"{where}/{key}")
        else:
            assert type(value) is expected, f"{where}/{key}"
        if key in _ITEMS:
            for item in value:
                _check(item, _ITEMS[key], f"{where}/{key}")


@pytest.mark.parametrize("text", _MESSAGES)
def test_a_route_has_the_promised_keys_types_and_order(router: Router, text: str) -> None:
    _check(json.loads(_json(router.route([text])))[0], _ROUTE)


@pytest.mark.parametrize("text", _MESSAGES)
def test_alternatives_fall_and_leave_out_the_first_choice(router: Router, text: str) -> None:
    (route,) = router.route([text])
    for prediction, number in ((route.matter, 2), (route.department, 3)):
        if prediction is None or not text:
            continue
        confidences = [choice.confidence for choice in prediction.alternatives]
        codes = [prediction.code, *(choice.code for choice in prediction.alternatives)]
        assert len(confidences) == number
        assert confidences == sorted(confidences, reverse=True)
        assert len(set(codes)) == number + 1
        assert all(0 <= confidence <= 1 for confidence in (prediction.confidence, *confidences))
        assert prediction.code == UNCLEAR or prediction.confidence >= confidences[0]


@pytest.mark.parametrize("text", _MESSAGES)
def test_the_joint_confidence_is_no_higher_than_either_head(router: Router, text: str) -> None:
    (route,) = router.route([text])
    assert all(
        0 <= route.confidence <= prediction.confidence for prediction in (route.matter, route.department) if prediction
    )


@pytest.mark.parametrize("joint", [None, JointCalibration((0.5, 0.5), 1.0), JointCalibration((2.0, 2.0), 9.0)])
def test_the_joint_confidence_is_no_higher_than_either_head_with_any_calibration(
    joint: JointCalibration | None,
) -> None:
    for route in _toy(joint=joint).route(_MESSAGES):
        heads = [prediction.confidence for prediction in (route.matter, route.department) if prediction]
        assert route.confidence <= min(heads)


def test_names_and_versions_come_from_the_model_and_the_taxonomy(router: Router) -> None:
    (route,) = router.route([_EXAMPLE])
    assert route.model == router.model
    assert route.model.startswith("default@")
    assert route.taxonomy == TAXONOMY.version
    assert route.matter is not None
    assert route.department is not None
    assert route.matter.name == TAXONOMY.matters[route.matter.code].name
    assert route.department.name == TAXONOMY.departments[route.department.code].name
    assert route.policy == {"target_precision": 0.9}


def test_the_issues_example_goes_to_urban_management(router: Router) -> None:
    (route,) = router.route([_EXAMPLE])
    assert route.matter is not None
    assert route.department is not None
    assert (route.matter.code, route.department.code) == ("government", "urban_management")
    assert {span.text for span in route.evidence if span.head == "department"} & {
        "烧烤店",
        "烧烤",
        "油烟",
        "烧烤店每天",
    }


def test_a_route_cannot_be_changed(router: Router) -> None:
    (route,) = router.route([_EXAMPLE])
    with pytest.raises(dataclasses.FrozenInstanceError):
        route.confidence = 1.0  # type: ignore[misc]


def test_a_router_in_use_can_be_handed_to_another_process(router: Router) -> None:
    texts = ["路灯坏了三天没人修", "楼上漏水", ""]
    before = _json(router.route(texts))
    assert _json(pickle.loads(pickle.dumps(router)).route(texts)) == before


def test_an_unclear_message_has_no_department_and_nobody_responsible() -> None:
    (route,) = _toy().route(["你好，在吗，测试"])
    raw = route.to_dict()
    assert raw["matter"]["code"] == UNCLEAR
    assert (raw["department"], raw["responsible"], raw["co_departments"]) == (None, None, [])
    assert "unclear" in {reason["code"] for reason in raw["review"]["reasons"]}
    assert raw["review"]["required"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("路口红绿灯坏了，停电了", "department"), ("楼道门禁坏了，物业", "community"), ("邻居借钱租房", "person")],
)
def test_who_is_responsible_follows_from_matter_and_department(text: str, kind: str) -> None:
    (route,) = _toy().route([text])
    assert route.responsible is not None
    assert route.responsible.kind == kind
    assert "{" not in route.responsible.name + route.responsible.channel


def test_the_department_is_responsible_for_a_big_matter_under_its_own_name() -> None:
    (route,) = _toy().route(["红绿灯违停斑马线"])
    assert route.department is not None
    assert route.responsible is not None
    assert route.responsible.name == route.department.name


def test_a_second_department_is_named_once_and_never_the_first() -> None:
    own = {"co_department": {"-": (), "urban_management": ("烧烤",), "traffic_police": ("红绿灯",)}}
    second = _toy("department", "matter", own=own)
    (grill,) = second.route(["红绿灯下的烧烤"])
    (light,) = second.route(["红绿灯红绿灯坏了"])
    assert [choice.code for choice in grill.co_departments] == ["urban_management"]
    assert light.co_departments == ()


def test_further_heads_are_labels() -> None:
    (route,) = _toy().route(["学校补课"])
    assert route.to_dict()["labels"]["topic7"]["code"] == "教育"
    assert set(route.labels) == {"topic7"}


# --- a model that lacks heads ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heads", "null"),
    [
        (("department",), {"matter", "responsible", "request_type"}),
        (("matter",), {"department", "request_type"}),
        (("request_type",), {"matter", "department", "responsible"}),
        (("topic7",), {"matter", "department", "responsible", "request_type"}),
        (("matter", "department"), {"request_type"}),
    ],
)
def test_a_head_that_the_model_lacks_is_null(heads: tuple[str, ...], null: set[str]) -> None:
    raw = _toy(*heads).route(["路口红绿灯坏了，请问投诉谁"])[0].to_dict()
    _check(raw, _ROUTE)
    assert {key for key in _NULLABLE - {"emergency", "candidates"} if raw[key] is None} == null
    assert (raw["candidates"] is None) == ("department" in null)
    assert raw["co_departments"] == []


def test_without_a_department_the_matter_decides_alone() -> None:
    (route,) = _toy("matter").route(["路口红绿灯坏了停电"])
    assert route.matter is not None
    assert route.confidence == route.matter.confidence
    assert route.responsible is not None
    assert "{" not in route.responsible.name


def test_a_matter_of_ones_own_has_nobody_responsible() -> None:
    own = {"matter": {"城建": ("红绿灯",), "民生": ("停电",)}}
    (route,) = _toy("department", own=own).route(["红绿灯坏了"])
    assert route.matter is not None
    assert (route.matter.code, route.matter.name, route.responsible) == ("城建", "城建", None)


def test_labels_left_to_people_are_never_suggested() -> None:
    own = {"department": {"-": ("红绿灯",), "gas": ("燃气",), "taxation": ("发票",)}}
    (route,) = _toy(own=own).route(["红绿灯红绿灯"])
    assert route.department is not None
    assert "-" not in {route.department.code, *(choice.code for choice in route.department.alternatives)}
    assert route.review.required


# --- evidence -----------------------------------------------------------------------------------------------

_SOURCES = (
    _EXAMPLE,
    "😡😡楼下烧烤店油烟太大了👨‍👩‍👧，城管不管",
    "<p>楼下<b>烧烤店</b>油烟&nbsp;太大</p><br/>城管&amp;环保都不管",
    "楼下　ＡＢＣ燒烤店，油煙太大！！！！城管不管",
    "楼下烧\u200b烤\u200b店油烟太大，电话13800000000，城管不管",
    "\ufeff  \n\n楼下烧烤店\r\n油烟太大\t城管不管",
    "e\u0301楼下烧烤店油烟太大城管不管\ud800停电",
    "①楼下烧烤店；②㎡油烟太大、城管不管",
)


@pytest.mark.parametrize("source", _SOURCES)
@pytest.mark.parametrize("title", [None, "烧烤油烟", " 投诉😡<b>烧烤店</b> \n"])
def test_evidence_counts_characters_of_the_text_as_it_was_sent(router: Router, source: str, title: str | None) -> None:
    (route,) = router.route([Message(source, title=title)])
    assert route.evidence
    for span in route.evidence:
        assert 0 <= span.start < span.end <= len(source)
        assert source[span.start : span.end] == span.text
        assert any(char.isalnum() for char in span.text)


def test_evidence_names_the_words_that_led_there() -> None:
    (route,) = _toy("department").route(["今天😡路口红绿灯坏了"])
    assert {(span.text, span.head) for span in route.evidence} == {("红绿灯", "department")}


def test_evidence_of_one_head_falls_and_does_not_overlap(router: Router) -> None:
    for route in router.route(_SOURCES):
        for head in ("department", "matter"):
            spans = [span for span in route.evidence if span.head == head]
            assert [span.weight for span in spans] == sorted((span.weight for span in spans), reverse=True)
            assert all(span.weight > 0 for span in spans)
            ordered = sorted(spans, key=lambda span: span.start)
            assert all(one.end <= other.start for one, other in itertools.pairwise(ordered))


@pytest.mark.parametrize("text", _MESSAGES)
def test_a_route_without_evidence_lacks_nothing_else(router: Router, text: str) -> None:
    (route,) = router.route([text])
    assert router.route_without_evidence([text]) == [dataclasses.replace(route, evidence=())]


# --- messages -----------------------------------------------------------------------------------------------


def test_a_message_and_its_text_are_routed_alike(router: Router) -> None:
    bare = router.route(list(_MESSAGES))
    wrapped = router.route([Message(text, id=str(n), area="城东", extra={"a": 1}) for n, text in enumerate(_MESSAGES)])
    assert _json(bare) == _json(wrapped)


@pytest.mark.parametrize("title", [None, "", "  \n"])
def test_an_empty_title_is_no_title(router: Router, title: str | None) -> None:
    assert _json(router.route([Message(_EXAMPLE, title=title)])) == _json(router.route([_EXAMPLE]))


def test_the_title_is_read_with_the_text() -> None:
    toy = _toy()
    (alone,) = toy.route(["坏了三天没有人来看"])
    (titled,) = toy.route([Message("坏了三天没有人来看", title="红绿灯")])
    assert titled.department is not None
    assert alone.department is not None
    assert titled.department.code == "traffic_police"
    assert titled.department.confidence > alone.department.confidence


def test_a_title_without_a_text_is_enough() -> None:
    (route,) = _toy().route([Message("", title="路口红绿灯坏了没人修")])
    assert route.department is not None
    assert route.evidence == ()


@pytest.mark.parametrize("text", _ODD.values(), ids=_ODD.keys())
def test_no_content_raises(router: Router, text: str) -> None:
    (route,) = router.route([text])
    _check(json.loads(json.dumps(route.to_dict())), _ROUTE)


@pytest.mark.parametrize("name", ["nothing", "spaces", "punctuation", "emoji", "zero width", "only surrogates"])
def test_what_nobody_can_read_is_reviewed_as_empty(router: Router, name: str) -> None:
    (route,) = router.route([_ODD[name]])
    raw = route.to_dict()
    assert raw["matter"]["code"] == UNCLEAR
    assert (raw["department"], raw["responsible"], raw["request_type"], raw["emergency"]) == (None, None, None, None)
    assert [reason["code"] for reason in raw["review"]["reasons"]] == ["empty"]
    assert (raw["evidence"], raw["confidence"]) == ([], 0.0)


@pytest.mark.parametrize("name", ["one character", "one letter", "one digit"])
def test_a_character_is_very_short(router: Router, name: str) -> None:
    (route,) = router.route([_ODD[name]])
    assert "very_short" in {reason.code for reason in route.review.reasons}


@pytest.mark.parametrize("name", ["a megabyte", "a megabyte without a break"])
def test_a_megabyte_is_read_in_part_and_says_so(router: Router, name: str) -> None:
    (route,) = router.route([_ODD[name]])
    assert "text_cut" in {reason.code for reason in route.review.reasons}
    assert all(span.end <= router.policy.max_chars for span in route.evidence)


_LIMIT = 200
_CUT_LENGTHS = [_LIMIT + 1 + 7 * n * n for n in range(30)]
_WHOLE_LENGTHS = [_LIMIT - 6 * n for n in range(30)]


@pytest.mark.parametrize("length", _CUT_LENGTHS)
def test_a_text_longer_than_what_is_read_is_cut(length: int) -> None:
    (route,) = _toy(policy=Policy(max_chars=_LIMIT)).route([("红绿灯坏了" * length)[:length]])
    assert "text_cut" in {reason.code for reason in route.review.reasons}


@pytest.mark.parametrize("length", _WHOLE_LENGTHS)
def test_a_text_that_is_read_whole_is_not_cut(length: int) -> None:
    (route,) = _toy(policy=Policy(max_chars=_LIMIT)).route([("红绿灯坏了" * length)[:length]])
    assert "text_cut" not in {reason.code for reason in route.review.reasons}


def test_the_title_counts_towards_what_is_read() -> None:
    toy = _toy(policy=Policy(max_chars=_LIMIT))
    (route,) = toy.route([Message("停电" * 99, title="红绿灯坏了")])
    assert "text_cut" in {reason.code for reason in route.review.reasons}


# --- batches, bytes, threads ----------------------------------------------------------------------------------


def test_a_batch_gives_what_each_message_gives_alone(router: Router) -> None:
    texts = [*_MESSAGES, *(text for name, text in _ODD.items() if "megabyte" not in name)]
    random.Random(0).shuffle(texts)
    assert _json(router.route(texts)) == _json([router.route([text])[0] for text in texts])


def test_a_batch_that_is_worked_on_in_parts_gives_the_same(router: Router) -> None:
    messages = [*_MESSAGES, "小区停水三天没人管。" * 9000, *_MESSAGES, *_MESSAGES]
    alone = [router.route_without_evidence([message])[0] for message in messages]
    assert _json(router.route_without_evidence(messages)) == _json(alone)


def test_an_encoder_takes_its_graph_along_to_another_process(router: Router) -> None:
    encoder = router.loaded.encoder
    assert encoder is not None
    assert pickle.loads(pickle.dumps(encoder)).graph == encoder.content


def test_a_route_survives_the_way_between_processes(router: Router) -> None:
    routes = router.route(_MESSAGES)
    assert pickle.loads(pickle.dumps(routes)) == routes


def test_no_messages_give_no_routes(router: Router) -> None:
    assert router.route([]) == []


def test_any_iterable_of_messages_is_taken(router: Router) -> None:
    assert _json(router.route(text for text in _MESSAGES)) == _json(router.route(_MESSAGES))


def test_the_same_input_gives_the_same_bytes_from_two_routers(router: Router) -> None:
    assert _json(Router.load().route(_MESSAGES)) == _json(router.route(_MESSAGES))


def test_threads_get_what_one_thread_gets(router: Router) -> None:
    alone = _json(router.route(_MESSAGES))
    fresh = Router.load()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _json(fresh.route(_MESSAGES)), range(24)))
    assert set(answers) == {alone}


def test_the_encoders_threads_change_no_byte(router: Router) -> None:
    assert _json(Router.load(threads=1).route(_MESSAGES)) == _json(router.route(_MESSAGES))


# --- loading ------------------------------------------------------------------------------------------------


def test_only_a_profile_that_uses_the_encoder_loads_it() -> None:
    assert Router.load(profile="fast").loaded.encoder is None
    assert Router.load(profile="balanced").loaded.encoder is not None


def test_the_target_precision_changes_the_threshold_without_training(tmp_path: Path) -> None:
    save_model(toy_model(), tmp_path / "toy")
    thresholds = {}
    for target in (0.6, 0.75, 0.9):
        changed = Router.load(tmp_path / "toy", target_precision=target)
        assert changed.policy.to_dict() == {"target_precision": target}
        assert changed.gate is not None
        thresholds[target] = changed.gate.threshold
    assert thresholds[0.6] < thresholds[0.75] < thresholds[0.9]


def test_the_default_model_reaches_the_default_target_with_a_threshold(router: Router) -> None:
    stricter = Router.load(target_precision=0.95).gate
    assert router.gate is not None
    assert stricter is not None
    assert 0 < router.gate.threshold < 1
    assert router.gate.threshold <= stricter.threshold


def test_a_policy_file_changes_the_review(tmp_path: Path) -> None:
    save_model(toy_model(), tmp_path / "toy")
    policy = tmp_path / "policy.yaml"
    policy.write_text("target_precision: 0.8\nalways_review: [{name: 灯, words: [红绿灯]}]\n", encoding="utf-8")
    (route,) = Router.load(tmp_path / "toy", policy=policy).route(["路口红绿灯坏了停电"])
    assert route.policy == {"target_precision": 0.8}
    assert route.review.reasons[0].code == "always_review"


def test_a_target_given_by_hand_beats_the_policy_file(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("target_precision: 0.8\n", encoding="utf-8")
    save_model(toy_model(), tmp_path / "toy")
    assert Router.load(tmp_path / "toy", policy=policy, target_precision=0.7).policy.target_precision == 0.7


@pytest.mark.parametrize("target", [0.0, 1.0, 90])
def test_an_impossible_target_is_refused(target: float) -> None:
    with pytest.raises(TaxonomyError):
        Router.load(target_precision=target)


def test_a_model_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=str(tmp_path / "none")):
        Router.load(tmp_path / "none")


# --- several matters by a learnt head -----------------------------------------------------------------------

_SEVERAL = {"several": {"several": ("两件",), "single": ("一件",)}}


def _reasons(router: Router, text: str) -> dict[str, str]:
    (route,) = router.route([text])
    return {reason.code: reason.message for reason in route.review.reasons}


def test_a_learnt_head_tells_several_matters_without_a_word_that_announces_them() -> None:
    router = _toy(own=_SEVERAL)
    assert "several_matters" in _reasons(router, "红绿灯停电两件")
    assert "several_matters" not in _reasons(router, "红绿灯停电一件")
    assert "several_matters" not in _reasons(_toy(), "红绿灯停电两件")


def test_the_two_most_probable_departments_are_named_for_it() -> None:
    message = _reasons(_toy(own=_SEVERAL), "红绿灯停电两件")["several_matters"]
    assert TAXONOMY.name("department", "traffic_police") in message
    assert TAXONOMY.name("department", "electricity") in message


def test_a_stricter_policy_needs_more_of_the_learnt_head() -> None:
    assert "several_matters" not in _reasons(_toy(own=_SEVERAL, policy=Policy(several_learnt=1.0)), "红绿灯停电两件")


def test_a_head_of_that_name_with_other_labels_is_ignored() -> None:
    router = _toy(own={"several": {"one": ("一件",), "two": ("两件",)}})
    assert "several_matters" not in _reasons(router, "红绿灯停电两件")


# --- candidates ---------------------------------------------------------------------------------------------


def test_the_first_choice_is_always_a_candidate_and_more_coverage_never_takes_one_away() -> None:
    sizes = []
    for coverage in (0.05, 0.5, 0.9, 0.99):
        for route in _toy(policy=Policy(candidate_coverage=coverage)).route(["路口红绿灯坏了，停电了", "斑马线"]):
            assert route.department is not None
            assert route.candidates is not None
            assert route.candidates.coverage == coverage
            assert route.candidates.departments[0].code == route.department.code
            confidences = [choice.confidence for choice in route.candidates.departments]
            assert confidences == sorted(confidences, reverse=True)
            sizes.append(len(confidences))
    assert sizes[0] == 1
    assert sizes[::2] == sorted(sizes[::2])


def test_too_few_calibration_rows_give_no_candidates() -> None:
    (route,) = _toy(policy=Policy(candidate_coverage=0.999)).route(["路口红绿灯坏了，停电了"])
    assert route.department is not None
    assert route.candidates is None


def test_a_route_without_a_department_has_no_candidates() -> None:
    (route,) = _toy().route([""])
    assert route.department is None
    assert route.candidates is None
