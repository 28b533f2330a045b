"""How callers are recognised, and what each operation needs, in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from service import problems
from service.access.guard import COOKIE, CSRF_HEADER, MARK, SECURE_COOKIE

SCHEMES: Final[dict[str, Any]] = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "pn_…",
        "description": "其他系统用的密钥，由管理员用 petition-nlp keys create 生成。",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"网页登录后的 Cookie（HTTPS 下名为 {SECURE_COOKIE}）；更改须另带请求头 {CSRF_HEADER}。",
    },
}


def add_security(document: dict[str, Any], refusals: Mapping[int | str, Any]) -> None:
    """Add the schemes, and to each operation that needs a caller its scope and how it may be refused.

    The framework has named what `service.access.guard.Needs` asks for as if it were a scheme of its own.

    :param refusals: responses by status.
    """
    document["components"]["securitySchemes"] = SCHEMES
    for path in document["paths"].values():
        for operation in path.values():
            if "security" not in operation:
                continue
            named = [name.removeprefix(MARK) for alternative in operation["security"] for name in alternative]
            scopes = [scope for scope in named if scope]
            operation["security"] = [{name: scopes} for name in SCHEMES]
            for status, refusal in refusals.items():
                _add(operation["responses"], str(status), refusal)


def _add(responses: dict[str, Any], status: str, refusal: Mapping[str, Any]) -> None:
    """Join the examples of two answers with the same status."""
    found = responses.get(status, refusal)["content"][problems.MEDIA_TYPE]
    examples = {**found["examples"], **refusal["content"][problems.MEDIA_TYPE]["examples"]}
    responses[status] = {**refusal, "content": {problems.MEDIA_TYPE: {**found, "examples": examples}}}
