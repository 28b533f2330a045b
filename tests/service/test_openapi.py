from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.openapi.models import OpenAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel, ValidationError

from petition_nlp.route import (
    Candidates,
    Choice,
    Emergency,
    Evidence,
    Prediction,
    Reason,
    Responsible,
    Review,
    Route,
)
from service import schemas
from service.api.answer_examples import ROUTE

FULL_ROUTE = Route(
    matter=Prediction("government", "大事", 0.9, (Choice("community", "小事", 0.1),)),
    department=Prediction("gas", "燃气企业", 0.8, (Choice("fire_rescue", "消防救援机构", 0.1),)),
    responsible=Responsible("department", "燃气企业", "……", "compound"),
    candidates=Candidates(0.95, (Choice("fire_rescue", "消防救援机构", 0.4),)),
    co_departments=(Choice("fire_rescue", "消防救援机构", 0.4),),
    request_type=Prediction("help", "求助", 0.7),
    confidence=0.75,
    review=Review((Reason("low_confidence", "把握不足"),)),
    emergency=Emergency("119", "请立即转 119"),
    evidence=(Evidence(0, 2, "煤气", 1.5, "department"),),
    model="default@2026.11",
    taxonomy="2026.11",
    policy={"target_precision": 0.9},
    labels={"topic7": Prediction("3", "城乡建设", 0.6, (Choice("1", "交通", 0.2),))},
)


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    return client.get("/openapi.json").json()


def walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_description_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPI.model_validate(document)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for node in walk(document):
        if isinstance(reference := node.get("$ref"), str):
            name = reference.removeprefix("#/components/schemas/")
            assert name in document["components"]["schemas"], reference


def test_limits_are_written_as_json_schema_knows_them(document: dict[str, Any]) -> None:
    own_words = {"ge", "gt", "le", "lt", "min_length", "max_length"}
    assert [node for node in walk(document["components"]) if own_words & set(node) and "type" in node] == []


def test_every_endpoint_is_described(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["summary"] and operation["description"], name


def test_request_examples_are_accepted(document: dict[str, Any], client: TestClient) -> None:
    body = document["paths"]["/v1/routes"]["post"]["requestBody"]["content"]["application/json"]
    assert set(body["examples"]) == {"single", "list"}
    for example in body["examples"].values():
        assert client.post("/v1/routes", json=example["value"]).status_code == 200


def test_response_examples_fit_their_schemas(document: dict[str, Any]) -> None:
    answers = document["paths"]["/v1/routes"]["post"]["responses"]
    examples = answers["200"]["content"]["application/json"]["examples"]
    schemas.RouteOut.model_validate(examples["single"]["value"])
    schemas.BatchOut.model_validate(examples["list"]["value"])
    assert {"400", "413", "415", "422", "500", "503"} < set(answers)


def models(kind: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """All models that describe bodies, by name."""
    return {own.__name__: own for own in kind.__subclasses__()} | {
        name: found for own in kind.__subclasses__() for name, found in models(own).items()
    }


def test_every_answer_has_an_example_that_fits_its_model(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            content = answer.get("content", {}).get("application/json")
            if not status.startswith("2") or content is None or "example" in content:
                continue
            shapes = content["schema"].get("oneOf", [content["schema"]])
            kinds = [models(schemas.Out)[shape["$ref"].rpartition("/")[2]] for shape in shapes]
            assert content["examples"], name
            for example in content["examples"].values():
                assert any(fits(kind, example["value"]) for kind in kinds), name


def test_every_body_has_an_example_that_fits_its_model(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        shapes = content["schema"].get("oneOf", [content["schema"]])
        kinds = [models(schemas.In)[shape["$ref"].rpartition("/")[2]] for shape in shapes]
        assert content["examples"], name
        for example in content["examples"].values():
            assert any(fits(kind, example["value"]) for kind in kinds), name


def fits(kind: type[BaseModel], value: Any) -> bool:
    try:
        return bool(kind.model_validate(value))
    except ValidationError:
        return False


def test_problem_examples_fit_their_status(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                continue
            for example in answer["content"]["application/problem+json"]["examples"].values():
                problem = schemas.ProblemOut.model_validate(example["value"])
                assert str(problem.status) == status, name


@pytest.mark.parametrize("route", [FULL_ROUTE.to_dict(), ROUTE])
def test_the_described_route_agrees_with_the_real_one(route: dict[str, Any]) -> None:
    described = schemas.RouteOut.model_validate(route)
    assert described.model_dump(by_alias=True) == route
    assert list(schemas.RouteOut.model_fields) == list(FULL_ROUTE.to_dict())


def test_real_answers_fit_the_description(client: TestClient) -> None:
    items = [{"text": text} for text in ("楼道里一股很浓的煤气味", "", "朋友借钱不还", "电梯坏了物业不修")]
    schemas.BatchOut.model_validate(client.post("/v1/routes", json={"items": items}).json())
