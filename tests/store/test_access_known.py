"""What is remembered of the store's answers, and small things beside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from service import problems
from service.access import known, passwords
from service.access.accounts import UnfitError, plain_name
from service.access.buckets import Buckets
from service.access.known import FRESH_SECONDS, KEPT_SECONDS, Memory
from service.access.origin import is_loopback
from service.access.tokens import new_key, read_key


def test_loopback_is_recognised_by_number() -> None:
    assert is_loopback("127.9.9.9") and is_loopback("::1") and is_loopback("localhost")
    assert not is_loopback("127.0.0.1.example") and not is_loopback("") and not is_loopback("0.0.0.0")


class Store:
    """Answers with the number of the question; fails while it is down."""

    def __init__(self) -> None:
        self.asked = 0
        self.down = False
        self.time = 0.0
        self.memory: Memory[int] = Memory(self.answer, clock=lambda: self.time)

    def answer(self, name: str) -> int | None:
        self.asked += 1
        if self.down:
            raise problems.store_unavailable()
        return None if name == "unknown" else self.asked


def remembering(scenario: Callable[[Store], Any]) -> None:
    asyncio.run(scenario(Store()))


def test_an_answer_counts_for_a_moment() -> None:
    async def scenario(store: Store) -> None:
        assert [await store.memory.get("a") for _ in range(3)] == [1, 1, 1]
        store.time = FRESH_SECONDS
        assert await store.memory.get("a") == 2

    remembering(scenario)


def test_the_same_question_is_asked_once_at_a_time() -> None:
    async def scenario(store: Store) -> None:
        assert await asyncio.gather(*(store.memory.get("a") for _ in range(9))) == [1] * 9

    remembering(scenario)


def test_what_does_not_exist_is_not_remembered() -> None:
    async def scenario(store: Store) -> None:
        assert [await store.memory.get("unknown") for _ in range(2)] == [None, None]
        assert store.asked == 2

    remembering(scenario)


def test_the_last_answer_is_kept_for_those_who_ask_so() -> None:
    async def scenario(store: Store) -> None:
        assert await store.memory.get("a") == 1
        store.down = True
        store.time = FRESH_SECONDS
        with pytest.raises(problems.Problem):
            await store.memory.get("a")
        assert await store.memory.get("a", KEPT_SECONDS) == 1
        asked = store.asked
        assert await store.memory.get("a", KEPT_SECONDS) == 1
        assert store.asked == asked  # the store is left alone for a moment
        store.time = KEPT_SECONDS
        with pytest.raises(problems.Problem):
            await store.memory.get("a", KEPT_SECONDS)
        store.down = False
        assert await store.memory.get("a", KEPT_SECONDS) == store.asked

    remembering(scenario)


def test_a_store_that_hangs_does_not_hold_up_those_who_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "_PATIENCE_SECONDS", 0.01)

    async def scenario(store: Store) -> None:
        assert await store.memory.get("a") == 1
        store.time = FRESH_SECONDS
        held = store.memory._questions["a"] = asyncio.create_task(asyncio.sleep(60))
        assert await store.memory.get("a", KEPT_SECONDS) == 1
        held.cancel()

    remembering(scenario)


def test_what_was_forgotten_is_asked_anew() -> None:
    async def scenario(store: Store) -> None:
        assert await store.memory.get("a") == 1
        running = asyncio.ensure_future(store.memory.get("b"))
        await asyncio.sleep(0)
        store.memory.forget()
        assert await running == 2
        assert [await store.memory.get("a"), await store.memory.get("b")] == [3, 4]

    remembering(scenario)


def test_no_more_is_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "_MOST", 2)

    async def scenario(store: Store) -> None:
        for name in "abc":
            await store.memory.get(name)
        assert [await store.memory.get(name) for name in "cba"] == [3, 2, 4]

    remembering(scenario)


def test_a_bucket_fills_evenly_up_to_a_minutes_worth() -> None:
    time = [0.0]
    buckets = Buckets(clock=lambda: time[0])
    assert [buckets.wait("a", 2) for _ in range(3)] == [0, 0, 30]
    assert buckets.wait("b", 2) == 0
    time[0] = 15
    assert buckets.wait("a", 2) == 15
    time[0] = 30
    assert [buckets.wait("a", 2), buckets.wait("a", 2)] == [0, 30]
    time[0] = 3600
    assert [buckets.wait("a", 2) for _ in range(3)] == [0, 0, 30]


def test_keys_are_spelled_one_way() -> None:
    key = new_key()
    assert read_key(str(key)) == key
    assert key.secret not in repr(key)
    assert read_key(str(key).upper()) is None


@pytest.mark.parametrize(
    ("password", "what"),
    [
        ("kurz", "至少 10"),
        ("九个汉字也还是太短", "至少 10"),
        ("x" * 201, "最多 200"),
        ("WangFang.2", "账号名"),
        ("1234567890", "太容易"),
        ("aaaaaaaaaaaa", "太容易"),
        ("QwertyUiop", "太容易"),
    ],
)
def test_weak_passwords_are_refused(password: str, what: str) -> None:
    assert what in (passwords.complaint(password, "wangfang.2") or "")


@pytest.mark.parametrize(
    "password", ["春江潮水连海平海上明", "correct horse battery", "  mit Leerzeichen  ", "x1" * 5 + "yz"]
)
def test_other_passwords_will_do(password: str) -> None:
    assert passwords.complaint(password, "wangfang") is None


@pytest.mark.parametrize("name", ["", "x", "王 芳", "a/b", "x" * 65, "a\nb", "<b>"])
def test_a_name_that_cannot_be_typed_is_refused(name: str) -> None:
    with pytest.raises(UnfitError):
        plain_name(name)


@pytest.mark.parametrize("name", ["王芳", "wang.fang", "wang-fang_2", "wf@example.gov.cn"])
def test_other_names_will_do(name: str) -> None:
    assert plain_name(name) == name


@pytest.mark.usefixtures("cheap_passwords")
def test_a_password_fits_its_hash_alone() -> None:
    stored = passwords.hashed("春江潮水连海平海上明")
    assert stored.startswith("$argon2id$") and "春江" not in stored
    assert passwords.fits("春江潮水连海平海上明", stored)
    assert not passwords.fits("春江潮水连海平海上日", stored)
    assert not passwords.fits("", None)
    assert not passwords.fits("春江潮水连海平海上明", "kein Hash")
