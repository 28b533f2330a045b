"""The OpenAPI 3.1 description: examples, problem answers, and the schemas that handlers read by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from petition_nlp.errors import InputError, ModelError
from petition_nlp.local import problems as local
from petition_nlp.local.problems import DirectoryError
from service import problems
from service.access.described import add_security
from service.api.answer_examples import ANSWERS, ROUTE
from service.events.schemas import CloudEventOut
from service.problems import FieldError, Problem
from service.schemas import BatchOut, In, ProblemOut, RouteOut

_REF: Final = "#/components/schemas/{model}"
_MESSAGE: Final = "我们小区楼下烧烤店每天营业到凌晨两点，油烟和噪音让老人孩子没法睡觉，找物业也没人管"

_PROBLEMS: Final[dict[str, Problem]] = {
    problem.code: problem
    for problem in (
        problems.malformed_json(1, 9),
        problems.invalid_utf8(9),
        problems.invalid_request([FieldError("items[3].text", "缺少这个字段")]),
        problems.body_too_large(2_097_152),
        problems.too_many_items(1200, 1000),
        problems.text_too_long(["text"], 200_000),
        problems.unsupported_media_type(),
        problems.unsupported_upload(["application/zip"]),
        problems.too_many_jobs(100),
        problems.job_elsewhere(),
        problems.storage_full(),
        problems.unauthorised(),
        problems.sign_in_failed(),
        problems.too_many_sign_ins(),
        problems.rate_limited(600, 3),
        problems.csrf_failed(),
        problems.name_taken(),
        problems.forbidden("petitions:write", "登记诉求，改派、退单、办结、回访"),
        problems.no_such("诉求"),
        problems.already_stored("0" * 32),
        problems.changed_meanwhile('"4"'),
        problems.not_possible("已办结，请先重新办理。"),
        problems.gate_failed(InputError("重新训练的门槛没有通过：责任部门的准确率没有提高")),
        problems.model_pinned(InputError("设置 model 指定了模型，登记的模型不能启用")),
        problems.unfit_model(ModelError("文件 weights.safetensors 的校验和不符", todo="请重新取得模型")),
        problems.taken(),
        problems.bad_directory(DirectoryError([local.Problem("没有名称", "单位 第 3 行「名称」", "请补上")])),
        problems.key_reused(),
        problems.store_unavailable(),
        problems.store_busy(),
        problems.loading(),
        problems.stopping(),
        problems.overloaded(),
        problems.model_unavailable(ModelError("模型文件夹不完整")),
        problems.internal_error(),
        problems.from_petition_error(InputError("已延期 1 次，最多 1 次", todo="请按期办结，或由主管人员处理")),
    )
}

_REASONS: Final = {
    400: "请求不是有效的 UTF-8 JSON",
    401: "需要身份验证",
    403: "没有权限",
    404: "没有这个编号",
    409: "当前状态不能这样处理",
    412: "内容已被他人修改",
    413: "请求过大",
    415: "内容类型不对",
    422: "请求内容不符合要求",
    429: "请求过于频繁",
    500: "服务内部错误",
    503: "暂时不能接受诉求",
    507: "磁盘空间不足",
}


def problem_responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for the problems with these codes, grouped by status."""
    by_status: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for code in codes:
        problem = _PROBLEMS[code]
        by_status[problem.status][code] = {"summary": problem.title, "value": problem.to_dict("5f1c9a")}
    return {status: _problem_response(status, examples) for status, examples in by_status.items()}


def _problem_response(status: int, examples: dict[str, Any]) -> dict[str, Any]:
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="ProblemOut")}, "examples": examples}}
    return {"description": _REASONS[status], "content": content}


def _json(schemas: list[str], examples: dict[str, Any]) -> dict[str, Any]:
    refs = [{"$ref": _REF.format(model=name)} for name in schemas]
    return {"application/json": {"schema": {"oneOf": refs}, "examples": examples}}


ROUTES_OPERATION: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": _json(
            ["MessageIn", "BatchIn"],
            {
                "single": {"summary": "一条诉求", "value": {"text": _MESSAGE}},
                "list": {
                    "summary": "多条诉求",
                    "value": {"items": [{"id": "GD-1", "title": "烧烤扰民", "text": _MESSAGE}]},
                },
            },
        ),
    }
}

ROUTES_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "一条诉求：Route；多条：按原顺序的列表",
        "content": _json(
            ["RouteOut", "BatchOut"],
            {
                "single": {"summary": "一条诉求", "value": ROUTE},
                "list": {
                    "summary": "多条诉求",
                    "value": {"items": [{"id": "GD-1", "route": ROUTE}]},
                },
            },
        ),
    },
    **problem_responses(
        "malformed_json",
        "invalid_utf8",
        "unauthorised",
        "forbidden",
        "body_too_large",
        "unsupported_media_type",
        "invalid_request",
        "too_many_items",
        "text_too_long",
        "internal_error",
        "loading",
        "overloaded",
        "bad_model",
    ),
}


def install(app: FastAPI) -> None:
    """Give ``app`` its OpenAPI document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title="petition-nlp",
        version="1",
        summary="把居民诉求分拨给责任主体",
        description="判断一条诉求是大事、小事还是私事，由哪个部门负责，有多大把握，是否需要人工复核。",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        routes=app.routes,
        webhooks=app.webhooks.routes,
    )
    # The framework drops nulls from examples, but in a Route they mean something.
    document["paths"]["/v1/routes"]["post"]["responses"]["200"] = ROUTES_RESPONSES[200]
    _replace_validation_errors(document)
    refusals = problem_responses("unauthorised", "forbidden", "csrf_failed", "rate_limited", "store_unavailable")
    add_security(document, refusals)
    _show_answers(document)
    models: list[type[BaseModel]] = [*_bodies(In), RouteOut, BatchOut, ProblemOut, CloudEventOut]
    wanted: list[tuple[type[BaseModel], Literal["validation"]]] = [(model, "validation") for model in models]
    _, extra = models_json_schema(wanted, by_alias=True, ref_template=_REF)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in extra["$defs"].items():
        schemas.setdefault(name, schema)
    return document


def _bodies(kind: type[In]) -> Iterator[type[In]]:
    """Every model of a request body: handlers read bodies by hand, so the framework does not see them."""
    for model in kind.__subclasses__():
        yield model
        yield from _bodies(model)


def _show_answers(document: dict[str, Any]) -> None:
    """Give every answer that is described by a model the example of that model."""
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {}).get("application/json", {})
                name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
                if status.startswith("2") and name in ANSWERS:
                    content["examples"] = {"answer": {"summary": "答复", "value": ANSWERS[name]}}


def _replace_validation_errors(document: dict[str, Any]) -> None:
    """What the framework says of wrong parameters gives way to our problem documents."""
    own = problem_responses("invalid_request")[422]
    for path in document["paths"].values():
        for operation in path.values():
            found = operation["responses"].get("422", {}).get("content", {})
            if "application/json" in found:
                operation["responses"]["422"] = own
    for name in ("HTTPValidationError", "ValidationError"):
        document.get("components", {}).get("schemas", {}).pop(name, None)
