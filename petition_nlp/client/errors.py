"""What goes wrong between a program and the service. No message holds a resident's text, nor the request itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from petition_nlp.errors import RunError


class ClientError(RunError):
    """The service was not reached, answered something else than this client understands, or refused."""


class NoAnswerError(ClientError):
    """No answer came, however often the request was sent.

    Whether the last of them was carried out is not known: send it again with the same key.
    """

    def __init__(self, what: str, *, attempts: int) -> None:
        super().__init__(f"服务没有答复（{what}，已试 {attempts} 次）", todo="请检查地址、网络和服务是否在运行")


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of the request, named as ``items[3].text``."""

    field: str
    message: str


class ApiError(ClientError):
    """The service refused; ``code`` is stable and says why.

    :param status: HTTP status; :param title: and :param detail: Chinese texts for people.
    :param errors: fields that have to be mended.
    :param request_id: finds the line in the service's log.
    :param location: address of what is there already (``already_stored``).
    """

    def __init__(
        self,
        code: str,
        *,
        status: int,
        title: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        request_id: str | None = None,
        location: str | None = None,
    ) -> None:
        fields = "；".join(f"{error.field}：{error.message}" for error in errors)
        number = f"，请求编号 {request_id}" if request_id else ""
        super().__init__(
            f"{title}（{code}，HTTP {status}{number}）",
            todo=detail.removesuffix("。") + (f"（{fields}）" if fields else ""),
        )
        self.code, self.status, self.title, self.detail = code, status, title, detail
        self.errors, self.request_id, self.location = tuple(errors), request_id, location


def api_error(status: int, headers: Mapping[str, str], document: Any) -> ApiError:
    """The error that a problem document (RFC 9457) tells of.

    :param document: the answer's JSON, or None where it was none, as from a proxy.
    """
    request_id, location = headers.get("X-Request-ID"), headers.get("Location")
    found = document if isinstance(document, dict) and isinstance(document.get("code"), str) else {}
    if not found:
        detail = "答复不是本服务的格式，请检查地址和中间的代理"
        return ApiError(
            f"http_{status}",
            status=status,
            title="请求没有成功",
            detail=detail,
            request_id=request_id,
            location=location,
        )
    return ApiError(
        found["code"],
        status=status,
        title=str(found.get("title", "请求没有成功")),
        detail=str(found.get("detail", "")),
        errors=[FieldError(str(one.get("field")), str(one.get("message"))) for one in found.get("errors") or ()],
        request_id=request_id,
        location=location,
    )
