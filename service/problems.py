"""Every error answer of the service: RFC 9457 problem documents with stable codes and Chinese texts.

This is the one catalogue of problems and the one place where exceptions become answers. No problem quotes a
resident's text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Mount

from petition_nlp.errors import InputError, ModelError, PetitionError
from petition_nlp.local.problems import DirectoryError

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:petition-nlp:problem:"
RETRY_SECONDS: Final = 2
_SHOWN_PROBLEMS: Final = 100
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of the request, named as ``items[3].text``."""

    field: str
    message: str


@dataclass(eq=False)
class Problem(Exception):
    """An error answer; raise it anywhere below a request handler."""

    status: int
    code: str
    title: str
    detail: str
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self, request_id: str | None = None) -> dict[str, Any]:
        """The problem document; ``instance`` names the request so that the log line can be found."""
        document: dict[str, Any] = {
            "type": TYPE_PREFIX + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if request_id:
            document["instance"] = f"urn:request:{request_id}"
        if self.errors:
            document["errors"] = [{"field": e.field, "message": e.message} for e in self.errors]
        return document

    def response(self, request_id: str | None = None) -> JSONResponse:
        """The HTTP answer."""
        return JSONResponse(self.to_dict(request_id), self.status, headers=dict(self.headers), media_type=MEDIA_TYPE)


def malformed_http() -> Problem:
    """What came is not HTTP; most often Chinese characters stand in the address as they are."""
    return Problem(
        400,
        "bad_request",
        "请求有误",
        "不是有效的 HTTP 请求。地址里的汉字须先作百分号编码，如用 curl 的 -G --data-urlencode。",
        headers={"Connection": "close"},
    )


def malformed_json(line: int, column: int) -> Problem:
    """The body is not JSON; says where."""
    return Problem(
        400,
        "malformed_json",
        "请求不是有效的 JSON",
        f"第 {line} 行第 {column} 个字符附近无法解析。请检查引号、逗号和括号是否成对。",
    )


def unreadable_json() -> Problem:
    """The body is JSON that no reader should accept: nested too deeply, or with endless numbers."""
    return Problem(400, "malformed_json", "请求不是有效的 JSON", "嵌套层数或数字长度超出可解析的范围。")


def invalid_utf8(offset: int) -> Problem:
    """The body is not UTF-8."""
    return Problem(
        400,
        "invalid_utf8",
        "请求不是 UTF-8 编码",
        f"从第 {offset + 1} 个字节起无法按 UTF-8 解码。请把文字转换为 UTF-8（不是 GBK 或 GB18030）后再发送。",
    )


def invalid_request(errors: Sequence[FieldError]) -> Problem:
    """Some fields are missing, unknown or of a wrong kind."""
    named = "、".join("整个请求" if error.field == "$" else error.field for error in errors[:3])
    more = f"等 {len(errors)} 处" if len(errors) > 3 else ""
    return Problem(422, "invalid_request", "请求内容不符合要求", f"请更正：{named}{more}。", errors)


def body_too_large(limit: int) -> Problem:
    """The body has more bytes than the service reads."""
    return Problem(
        413,
        "body_too_large",
        "请求过大",
        f"一次请求最多 {limit} 字节。请分成几次发送，或用命令行 petition-nlp classify 处理整个文件。",
        headers={"Connection": "close"},
    )


def too_many_items(count: int, limit: int) -> Problem:
    """The list is longer than allowed."""
    return Problem(
        422,
        "too_many_items",
        "条数过多",
        f"一次最多 {limit} 条，收到 {count} 条。请分成几次发送。",
        [FieldError("items", f"最多 {limit} 条")],
    )


def text_too_long(fields: Sequence[str], limit: int) -> Problem:
    """Some texts are longer than allowed."""
    return Problem(
        422,
        "text_too_long",
        "文字过长",
        f"一条诉求最多 {limit} 字。请只发送诉求内容，附件和往来记录不必发送。",
        [FieldError(field, f"最多 {limit} 字") for field in fields],
    )


def unsupported_media_type() -> Problem:
    """The body is announced as something else than JSON."""
    return Problem(
        415,
        "unsupported_media_type",
        "不支持的内容类型",
        "请把请求头 Content-Type 设为 application/json（UTF-8）。",
        headers={"Accept": "application/json"},
    )


def file_too_large(limit: int) -> Problem:
    """An uploaded file is larger than the service takes."""
    most = f"{limit / 1_000_000:,g} MB" if limit >= 1_000_000 else f"{limit:,} 字节"
    return Problem(
        413,
        "body_too_large",
        "文件过大",
        f"一个文件最多 {most}。请拆成几个文件，或压缩为 .csv.gz 后上传；也可用命令行 petition-nlp classify 处理。",
        headers={"Connection": "close"},
    )


def unsupported_upload(allowed: Sequence[str]) -> Problem:
    """A file of a kind that is not taken here."""
    return Problem(
        415,
        "unsupported_upload",
        "不支持的文件类型",
        f"请把请求头 Content-Type 设为下列之一：{'、'.join(allowed)}。",
        headers={"Accept": ", ".join(allowed)},
    )


def too_many_jobs(limit: int) -> Problem:
    """The caller keeps as many jobs as allowed."""
    return Problem(409, "too_many_jobs", "任务过多", f"每个账号或密钥最多保留 {limit} 个任务，请先删除不再需要的任务。")


def job_elsewhere() -> Problem:
    """The job's files lie in the data folder of another instance."""
    return Problem(
        409, "job_elsewhere", "文件在另一台服务器上", "这个任务的文件在另一台服务器的数据文件夹里，请在那里操作或下载。"
    )


def storage_full() -> Problem:
    """No room on the disk."""
    return Problem(507, "storage_full", "磁盘空间不足", "文件没有保存。请联系管理员清理磁盘，或删除不再需要的任务。")


def not_found() -> Problem:
    """No resource lies at this address."""
    return Problem(404, "not_found", "没有这个地址", "可用的地址见 /openapi.json；网页在 /。")


def method_not_allowed(methods: Sequence[str]) -> Problem:
    """The resource exists but does not know the method."""
    detail = f"这个地址只接受 {'、'.join(methods)}。" if methods else "这个地址不接受该方法。"
    return Problem(405, "method_not_allowed", "不支持的请求方法", detail, headers={"Allow": ", ".join(methods)})


def loading() -> Problem:
    """The model is still being read."""
    return Problem(
        503,
        "loading",
        "服务正在启动",
        "模型正在载入，请稍后重试。",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def stopping() -> Problem:
    """The process is about to end; others go on."""
    return Problem(
        503,
        "stopping",
        "服务正在停止",
        "本进程即将停止，请改用其他实例或稍后重试。",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def model_unavailable(error: PetitionError) -> Problem:
    """The model could not be loaded; a restart after a correction is needed."""
    return Problem(503, error.code, "模型不可用", f"{error.what}。请联系管理员。")


def overloaded() -> Problem:
    """More messages are waiting than the service takes on."""
    return Problem(
        503,
        "overloaded",
        "服务繁忙",
        f"排队的诉求过多，请 {RETRY_SECONDS} 秒后重试。",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def unauthorised() -> Problem:
    """Nobody that the service knows."""
    return Problem(
        401,
        "unauthorised",
        "需要身份验证",
        "请用请求头 Authorization: Bearer 加密钥调用，或先登录。密钥由管理员用 petition-nlp keys create 生成。",
        headers={"WWW-Authenticate": "Bearer"},
    )


def key_unknown() -> Problem:
    """The key is none that is known; deliberately not said whether it ever was one."""
    return Problem(
        401,
        "unauthorised",
        "密钥无效",
        "没有这个密钥。请检查是否完整复制了 pn_ 开头的整段密钥，或向管理员索取新的密钥。",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def key_ended() -> Problem:
    """The key was good once."""
    return Problem(
        401,
        "unauthorised",
        "密钥已失效",
        "密钥已到期或已撤销，请向管理员索取新的密钥。",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def sign_in_failed() -> Problem:
    """Name and password do not belong together, or the account may not sign in now; deliberately not said which."""
    return Problem(
        401,
        "sign_in_failed",
        "未能登录",
        "账号或密码不正确。连续输错 5 次后须等候，每次加倍，最长 15 分钟；账号停用的请联系管理员。",
        headers={"WWW-Authenticate": "Bearer"},
    )


def too_many_sign_ins() -> Problem:
    """More people sign in at the same moment than passwords can be checked."""
    return Problem(
        429,
        "too_many_sign_ins",
        "登录的人过多",
        f"请 {RETRY_SECONDS} 秒后重试。",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def rate_limited(rate: int, wait: float) -> Problem:
    """A key sends more requests than it may."""
    seconds = math.ceil(wait)
    return Problem(
        429,
        "rate_limited",
        "请求过于频繁",
        f"这个密钥每分钟最多 {rate} 次请求，请 {seconds} 秒后重试。多条诉求请用一个列表发送。",
        headers={
            "Retry-After": str(seconds),
            "RateLimit-Policy": f'"key";q={rate};w=60',
            "RateLimit": f'"key";r=0;t={seconds}',
        },
    )


def csrf_failed() -> Problem:
    """A page of another site may be behind the request."""
    return Problem(
        403,
        "csrf_failed",
        "无法确认请求来自本站网页",
        "登录后的更改须带请求头 X-CSRF-Token，其值见 GET /v1/session，并且从本站网页发出。请刷新网页后重试。",
    )


def name_taken() -> Problem:
    """Another account has the name."""
    return Problem(
        409,
        "name_taken",
        "账号名已被使用",
        "请换一个账号名。",
        [FieldError("name", "已被使用")],
    )


def forbidden(scope: str, meaning: str) -> Problem:
    """Somebody that the service knows and who may not do this.

    :param scope: what is needed; :param meaning: in Chinese.
    """
    return Problem(403, "forbidden", "没有权限", f"需要权限 {scope}（{meaning}），请联系管理员。")


def no_such(what: str) -> Problem:
    """Nothing has this identifier, or the caller may not know of it."""
    return Problem(404, "no_such_resource", "没有这个编号", f"找不到这个编号的{what}；可能已删除，或不在您的权限内。")


def already_stored(identifier: str | None) -> Problem:
    """A petition of the same channel has this number.

    :param identifier: its own, None for a caller who may not know of it.
    """
    where = f"它的编号是 {identifier}，地址见响应头 Location。" if identifier else "您没有查看它的权限。"
    return Problem(
        409,
        "already_stored",
        "这个编号已登记",
        f"同一来源内已有这个编号的诉求，没有重复登记。{where}",
        [FieldError("id", "同一来源内不可重复")],
        headers={"Location": f"/v1/petitions/{identifier}"} if identifier else {},
    )


def changed_meanwhile(etag: str) -> Problem:
    """Somebody else changed the resource since the caller read it."""
    return Problem(
        412,
        "changed_meanwhile",
        "内容已被他人修改",
        "您读取之后，内容又有变动。请重新读取，核对后再提交。",
        headers={"ETag": etag},
    )


def not_possible(detail: str) -> Problem:
    """The state of a petition or job does not allow what is asked."""
    return Problem(409, "not_possible", "当前状态不能这样处理", detail)


def gate_failed(error: PetitionError) -> Problem:
    """A retraining advises against the model."""
    return Problem(409, "gate_failed", "门槛不支持启用", str(error))


def model_pinned(error: PetitionError) -> Problem:
    """The settings name a model."""
    return Problem(409, "model_pinned", "设置指定了模型", str(error))


def unfit_model(error: PetitionError) -> Problem:
    """A model is damaged, or not of this program or taxonomy. Where it lies is not told."""
    return Problem(
        422, "unfit_model", "模型不能使用", f"{error.what}。{error.todo}" if error.todo else f"{error.what}。"
    )


def taken() -> Problem:
    """Somebody else is looking at the petition."""
    return Problem(409, "taken", "已有他人领取", "另一位同事正在复核这件诉求，请领取下一件，或等他提交、放回。")


def bad_directory(error: DirectoryError) -> Problem:
    """A directory with mistakes; all of them are named."""
    shown = [FieldError(one.where, f"{one.what}。{one.todo}") for one in error.problems[:_SHOWN_PROBLEMS]]
    detail = f"共 {len(error.problems)} 处，请改正后再提交；目录没有改变。"
    return Problem(422, "bad_directory", "单位目录有误", detail, shown)


def key_reused() -> Problem:
    """An idempotency key came with a different request."""
    return Problem(
        422,
        "idempotency_key_reused",
        "幂等键已用于另一个请求",
        "同一个 Idempotency-Key 只能用于内容完全相同的请求；新的请求请换一个键。",
    )


def store_unavailable() -> Problem:
    """The database does not answer; routing without storing goes on."""
    return Problem(
        503,
        "store_unavailable",
        "数据库暂时不可用",
        "内容没有保存，请稍后重试。不需要保存的分拨（/v1/routes）不受影响。",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def store_busy() -> Problem:
    """The database answers, but this took too long or stood in another's way."""
    return Problem(
        503,
        "store_busy",
        "数据库繁忙",
        "这次请求没有完成，内容没有改变，请稍后重试；查询可缩小范围，如加上收到时间。",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def internal_error() -> Problem:
    """Our fault; the request id leads to the log line."""
    return Problem(
        500,
        "internal_error",
        "服务内部错误",
        "请求没有处理成功，请重试；若反复出现，请把请求编号告诉管理员。",
    )


def unreadable_file(error: Mapping[str, str]) -> Problem:
    """An uploaded file cannot be read as it is asked for."""
    return from_petition_error(InputError(error["what"], where=error["where"], todo=error["todo"]))


def from_petition_error(error: PetitionError) -> Problem:
    """The answer for an error of the library."""
    if isinstance(error, InputError):
        return Problem(422, error.code, "输入无法使用", str(error))
    if isinstance(error, ModelError):
        return model_unavailable(error)
    return internal_error()


def from_http_exception(error: HTTPException, request: Request) -> Problem:
    """The answer for an error of the web framework."""
    if error.status_code == 404:
        return not_found()
    if error.status_code == 405:
        return method_not_allowed(_methods(request))
    if error.status_code >= 500:
        return internal_error()
    return Problem(error.status_code, "bad_request", "请求有误", "请求无法处理。", headers=error.headers or {})


def _methods(request: Request) -> list[str]:
    """All methods of an address: the framework takes each for a resource of its own, and names the first one's."""
    routes: Sequence[BaseRoute] = [route for route in request.app.routes if not isinstance(route, Mount)]
    scopes = {method: {**request.scope, "method": method} for method in _METHODS}
    return [m for m, scope in scopes.items() if any(route.matches(scope)[0] is Match.FULL for route in routes)]


ANSWERED: Final = (Problem, PetitionError, HTTPException, RequestValidationError)
"""Exceptions that a caller can cause."""


def install(app: FastAPI) -> None:
    """Turn every exception below ``app`` that a user can cause into a problem document."""

    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        return answer(error, request)

    for kind in ANSWERED:
        app.add_exception_handler(kind, on_problem)


def answer(error: Exception, request: Request) -> JSONResponse:
    """What a request is answered that ended in one of the exceptions `ANSWERED`."""
    return as_problem(error, request).response(getattr(request.state, "request_id", None))


def as_problem(error: Exception, request: Request) -> Problem:
    """The answer for an exception that a user can cause."""
    match error:
        case Problem():
            return error
        case PetitionError():
            return from_petition_error(error)
        case HTTPException():
            return from_http_exception(error, request)
        case RequestValidationError():
            from service.wording import field_error  # it imports this module

            # The first part of a place says "query", "path" or "header".
            return invalid_request([field_error(e["type"], e["loc"][1:], e.get("ctx")) for e in error.errors()])
        case _:
            return internal_error()
