"""Requests to the service, sent again where that is safe and can help."""

from __future__ import annotations

import json
import random
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import sleep
from typing import Any, BinaryIO, Final

import httpx

from petition_nlp import __version__
from petition_nlp.client.errors import ClientError, NoAnswerError, api_error
from petition_nlp.errors import InputError

_PAGE: Final = 100
_HEADER: Final = re.compile(r"[!-~]{1,200}")
_BUSY: Final = frozenset({429, 502, 503, 504})
_FOR_GOOD: Final = "bad_model"
"""A 503 that no waiting mends."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is sent when no answer comes, or one that says: later.

    :param attempts: in all; 1 never sends again.
    :param pause: seconds before the second, twice as long before each further one, if the service names none.
    :param longest: seconds that no pause exceeds.
    """

    attempts: int = 5
    pause: float = 0.5
    longest: float = 30.0

    def wait(self, attempt: int, asked: str | None) -> None:
        """Sleep after an attempt.

        :param asked: the answer's ``Retry-After``, if it has one.
        """
        own = self.pause * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)  # not all callers at the same moment
        sleep(min(float(asked) if asked and asked.isdecimal() else own, self.longest))


class Connection:
    """Sends requests and reads answers for the parts of a `petition_nlp.client.Client`.

    Every request can be sent twice without harm: reading changes nothing, and changes carry an ``Idempotency-Key``.
    """

    def __init__(self, http: httpx.Client, retries: Retries) -> None:
        self._http = http
        self._retries = retries

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:
        """The JSON at an address. Parameters that are None are left out."""
        return _json(self.send("GET", path, params=params))

    def pages(self, path: str, **params: Any) -> Iterator[Any]:
        """All pages of a list, one after the other."""
        cursor: Any = None
        while True:
            page = self.get(path, **params, limit=_PAGE, cursor=cursor)
            yield page
            cursor = page["next"]
            if cursor is None:
                return

    def post(self, path: str, body: Any) -> Any:
        """The JSON answer to a question that changes nothing."""
        return _json(self.send("POST", path, content=encoded(body), headers=JSON))

    def change(
        self, path: str, body: Mapping[str, Any], *, key: str | None, version: int | None = None, method: str = "POST"
    ) -> Any:
        """The JSON answer to a change that is made once, however often it has to be sent.

        :param key: the ``Idempotency-Key``; default: a new one.
        :param version: what the caller has seen (``If-Match``); None for whatever is there.
        """
        headers = {**JSON, **changing(key, version)}
        return _json(self.send(method, path, content=encoded(body), headers=headers))

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        content: bytes | Path | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """A successful answer.

        :param content: the body, or a file that is sent piece by piece.
        :raises ApiError: the service refuses.
        :raises NoAnswerError: none came.
        """
        query, head = _given(params or {}), dict(headers or {})

        def once() -> httpx.Response:
            with _body(content) as body:
                return self._http.request(method, path, params=query, content=body, headers=head)

        return self._persist(once)

    def download(self, path: str, target: Path, **params: Any) -> None:
        """Write what lies at an address into a file, which is there only when it is whole."""
        part, query = target.with_name(f"{target.name}.part"), _given(params)

        def once() -> httpx.Response:
            with self._http.stream("GET", path, params=query) as answer:
                if not answer.is_success:
                    answer.read()
                    return answer
                with part.open("wb") as out:
                    for piece in answer.iter_bytes():
                        out.write(piece)
            part.replace(target)
            return answer

        self._persist(once)

    def _persist(self, once: Callable[[], httpx.Response]) -> httpx.Response:
        last = self._retries.attempts
        for attempt in range(1, last + 1):
            found = _tried(once)
            if isinstance(found, httpx.Response) and (attempt == last or not _is_busy(found)):
                return _accepted(found)
            if attempt < last:
                self._retries.wait(attempt, _retry_after(found))
        raise NoAnswerError(str(found), attempts=last)


def _tried(once: Callable[[], httpx.Response]) -> httpx.Response | str:
    """The answer, or what kept it away: an exception would carry the request, and with it a resident's text."""
    try:
        return once()
    except httpx.RequestError as error:
        return type(error).__name__


def _retry_after(found: httpx.Response | str) -> str | None:
    return found.headers.get("Retry-After") if isinstance(found, httpx.Response) else None


@contextmanager
def _body(content: bytes | Path | None) -> Iterator[bytes | BinaryIO | None]:
    if not isinstance(content, Path):
        yield content
        return
    with content.open("rb") as file:
        yield file


JSON: Final = {"Content-Type": "application/json"}


def changing(key: str | None, version: int | None = None) -> dict[str, str]:
    """Headers of a change.

    :raises InputError: the key is none.
    """
    if key is not None and not _HEADER.fullmatch(key):
        raise InputError("幂等键 key 无效", todo="应为 1 到 200 个可见的 ASCII 字符，如一个 UUID")
    return {
        "Idempotency-Key": key or str(uuid.uuid4()),
        **({} if version is None else {"If-Match": f'"{version}"'}),
    }


def credentials(key: str | None) -> dict[str, str]:
    """Headers that say who calls.

    :raises InputError: such a key cannot exist.
    """
    if key is None:
        return {}
    if not _HEADER.fullmatch(key):
        raise InputError("密钥 key 无效", todo="请原样使用 petition-nlp keys create 给出的密钥，不带空格和换行")
    return {"Authorization": f"Bearer {key}"}


def http_client(url: str, *, key: str | None, timeout: float, **options: Any) -> httpx.Client:
    """The HTTP client that a `Connection` sends with.

    :raises InputError: address or key cannot be used.
    """
    if not url.startswith(("http://", "https://")):
        raise InputError("服务地址 url 无效", todo="请写成 http://主机:端口 或 https://主机")
    headers = {"User-Agent": f"petition-nlp/{__version__}", "Accept": "application/json", **credentials(key)}
    return httpx.Client(base_url=url, headers=headers, timeout=timeout, **options)


def encoded(body: Any) -> bytes:
    """A JSON body. Text that is no Unicode goes out escaped, so that the service can name its field."""
    try:
        return json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(body).encode()


def plain(value: Any) -> Any:
    """A value as JSON and query strings hold it."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: plain(value) for name, value in params.items() if value is not None}
    broken = [name for name, value in found.items() if isinstance(value, str) and not _is_unicode(value)]
    if broken:
        raise InputError(f"查询条件含有不成对的代理字符：{'、'.join(broken)}", todo="请检查这段文字的来源和编码")
    return found


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _is_busy(answer: httpx.Response) -> bool:
    if answer.status_code not in _BUSY:
        return False
    document = _document(answer)
    return not (isinstance(document, dict) and document.get("code") == _FOR_GOOD)


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED:
        return answer
    raise api_error(answer.status_code, answer.headers, _document(answer))


def _json(answer: httpx.Response) -> Any:
    document = _document(answer)
    if document is None:
        raise ClientError("服务的答复不是 JSON", todo="请检查地址和中间的代理")
    return document


def _document(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
