"""The service keeps what its OpenAPI document says, for data that schemathesis makes up from it.

``CONTRACT_EXAMPLES=200 pytest tests/contract`` looks longer. Chinese input is tested by hand in
tests/store/test_chinese_input.py: a generator seldom hits upon it.
"""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
import uvicorn
from argon2 import PasswordHasher
from schemathesis.checks import negative_data_rejection, positive_data_acceptance
from schemathesis.config import SchemathesisConfig

from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service.access import keys, passwords
from service.access.principal import SYSTEM, Scope
from service.app import create_app
from service.events import dispatcher
from service.store.database import Database

EXAMPLES = os.environ.get("CONTRACT_EXAMPLES")
ENDS_OF_THE_CALENDAR = re.compile("0001-|9999-")
"""Years that leave no room for time zones and spans."""
NUMBER = re.compile("[0-9a-f]{32}")
RULES = {
    "POST /v1/accounts": "a password that is not the name",
    "PATCH /v1/accounts/{account}": "a password that is not the name",
    "POST /v1/session/password": "the present password, another one that is not the name",
    "POST /v1/jobs": "a name that tells of a format",
    "PUT /v1/jobs/{job}/reading": "encodings that there are",
    "POST /v1/privacy/search": "something to look for",
    "POST /v1/privacy/search/files": "something to look for",
    "POST /v1/petitions": "labels of the taxonomy, a reason for a change of the suggestion",
    "GET /v1/petitions": "labels of the taxonomy",
    "GET /v1/petitions/counts": "labels of the taxonomy",
    "GET /v1/petitions/meeting": "labels of the taxonomy",
    "GET /v1/petitions/export": "labels of the taxonomy",
    "GET /v1/review": "labels of the taxonomy, which find no blind reviews",
    "POST /v1/review/take": "labels of the taxonomy, which find no blind reviews",
    "POST /v1/webhooks": "addresses that may be called, not too many of them",
    "PATCH /v1/webhooks/{webhook}": "addresses that may be called",
    "POST /v1/webhooks/{webhook}/replay": "one way to say what is sent again",
    "POST /v1/auto-routing": "the state that it is not in",
    "GET /v1/services": "labels of the taxonomy",
    "GET /v1/stats": "the first moment before the last",
    "GET /v1/stats/series": "the first day before the last, at most ten years",
    "GET /v1/stats/week": "the first day before the last, at most ten years",
    "GET /v1/stats/shares": "the first day before the last, at most ten years",
    "GET /v1/stats/corrections": "the first day before the last, at most ten years",
    "GET /v1/stats/units": "the first day before the last, at most ten years",
    "POST /v1/models": "the ZIP file of a model",
    "PUT /v1/directory": "records that refer to each other",
    "POST /v1/directory/test": "labels of the taxonomy",
    "POST /v1/directory/import": "the content of files",
    "POST /v1/petitions/{petition}/corrections": "labels of the taxonomy, at least one change",
    "POST /v1/petitions/{petition}/returns": "labels of the taxonomy",
    "POST /v1/petitions/{petition}/status": "an outcome where it is resolved, a reason where it is taken up again",
    "POST /v1/petitions/{petition}/resources": "one side at least, of wishes and projects",
    "POST /v1/petitions/{petition}/deliberation": "levels of the taxonomy, an outcome at the end",
    "POST /v1/petitions/{petition}/referral": "services of the directory, where to",
    "POST /v1/petitions/{petition}/extension": "the city's rule for deadlines",
    "POST /v1/review/{petition}/decide": "labels of the taxonomy, a reason for a change, all of a blind verdict",
}
"""Operations that refuse data which their schemas allow, for rules that no schema can say."""


class Service:
    """The service as its users reach it, in a thread of this process."""

    def __init__(self, folder: Path) -> None:
        settings = Settings(data_folder=folder, access="required", job_workers=0, blind_share=1)
        app = create_app(settings, Router.load(None, profile="fast", target_precision=0.9))
        listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]})
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
        self.headers = {"Authorization": f"Bearer {key_for_everything(app.state.database)}"}
        self.client = httpx.Client(base_url=self.address, headers=self.headers, trust_env=False, timeout=30)
        self._number = 0

    def petition(self) -> str:
        """A petition that nobody has touched."""
        self._number += 1
        answer = self.client.post("/v1/petitions", json={"text": f"第{self._number}盏路灯不亮"})
        return str(answer.json()["id"])

    def close(self) -> None:
        self.client.close()
        self._server.should_exit = True
        self._thread.join()


def key_for_everything(database: Database) -> str:
    with database.write() as session:
        _, token = keys.create(session, SYSTEM, "契约测试", scopes=list(Scope), rate=0, days=None)
    return token


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.upper().startswith("PETITION_")]:
            patch.delenv(name)
        patch.setattr(dispatcher, "LOOK_SECONDS", 3600)  # nothing goes to addresses that are made up
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        running = Service(tmp_path_factory.mktemp("contract"))
        yield running
        running.close()


@schemathesis.serializer("application/zip", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def as_it_is(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


schema = schemathesis.openapi.from_dict(
    create_app(Settings(database="sqlite:///:memory:")).openapi(),
    # U+0000 is refused everywhere, which schemas do not say; tests/store/test_chinese_input.py has it.
    config=SchemathesisConfig.from_dict({"generation": {"allow-x00": False}}),
)


@schema.parametrize()
@hypothesis.settings(
    max_examples=int(EXAMPLES or 3),
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_the_service_keeps_its_description(case: Any, service: Service) -> None:
    for place in (case.path_parameters, case.body):
        for name in {"petition", "other"} & set(place if isinstance(place, dict) else ()):
            if NUMBER.fullmatch(str(place[name])):
                place[name] = service.petition()
    odd = case.operation.label in RULES or ENDS_OF_THE_CALENDAR.search(f"{case.query}{case.body}")
    further = {positive_data_acceptance} if odd else set()
    if any(isinstance(value, list) for value in (case.query or {}).values()):
        further.add(negative_data_rejection)  # of a parameter that is written several times, the last one counts
    case.call_and_validate(base_url=service.address, headers=service.headers, excluded_checks=[*further])


def test_every_rule_belongs_to_an_operation() -> None:
    assert set(RULES) <= {found.ok().label for found in schema.get_all_operations()}
