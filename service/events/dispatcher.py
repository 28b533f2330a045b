"""Sends events to webhooks: of all processes on one database, one at a time to each webhook."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Thread
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from petition_nlp.settings import Settings
from service import metrics
from service.events import deliveries, signing
from service.events.addresses import Rules
from service.events.deliveries import Letter, Parcel
from service.events.sending import Outcome, send
from service.problems import Problem
from service.store.database import Database
from service.store.tables import Webhook
from service.store.tables.base import new_id, now

LOOK_SECONDS: Final = 1.0
_RENEW_SECONDS: Final = deliveries.LEASE.total_seconds() / 3
_AT_ONCE: Final = 4
"""Letters that a webhook is sent at the same time, each about another petition."""
_END_SECONDS: Final = 3.0

_log = logging.getLogger(__name__)


class Dispatcher:
    """Delivers what is due, each webhook in a thread of its own, so that a slow receiver holds up nobody else.

    What a process that dies has sent and not written down is sent again by the next.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._rules = Rules(settings.webhook_hosts)
        self._holder = new_id()
        self._lanes: dict[str, Thread] = {}
        self._lock = Lock()
        self._over = Event()
        self._renewed = time.monotonic()

    def begin(self) -> None:
        """Deliver from now on."""
        self._holder = new_id()  # a forked process is somebody else
        Thread(target=self._keep_looking, name="events", daemon=True).start()

    def end(self) -> None:
        """Send nothing more, and wait a moment for what is on its way."""
        self._over.set()
        until = time.monotonic() + _END_SECONDS
        for lane in self._running():
            lane.join(max(0.0, until - time.monotonic()))

    def run_due(self) -> None:
        """Deliver what is due, here and now."""
        for webhook in self._due():
            self._deliver(webhook)

    def _keep_looking(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self._safely(self._look)

    def _look(self) -> None:
        self._renew()
        for webhook in self._due():
            with self._lock:
                if webhook in self._lanes:
                    continue
                lane = Thread(target=self._run_lane, args=(webhook,), name="webhook", daemon=True)
                self._lanes[webhook] = lane
            lane.start()

    def _due(self) -> Sequence[str]:
        """Webhooks that something is due for; new events are spread first."""
        if not self._database.usable:
            return ()
        try:  # looked at every second, so that a store that is gone is not logged each time
            with self._database.engine.connect() as connection:
                unspread = deliveries.is_unspread(connection)
            while unspread and deliveries.spread(self._database):
                self._renew()  # many take longer than a lease
            with self._database.engine.connect() as connection:
                return deliveries.ready(connection)
        except (DBAPIError, PoolTimeout) as error:
            _log.debug("events not looked at", extra={"fields": {"error": type(error).__name__}})
            return ()

    def _run_lane(self, webhook: str) -> None:
        try:
            self._safely(lambda: self._deliver(webhook))
        finally:
            with self._lock:
                del self._lanes[webhook]

    def _deliver(self, webhook: str) -> None:
        if not deliveries.claim(self._database, webhook, self._holder):
            return
        source, hours = self._settings.event_source, self._settings.webhook_hours
        while not self._over.is_set():
            parcel = deliveries.parcel(self._database, webhook, source)
            if parcel is None:
                break
            deliveries.record(self._database, webhook, self._sent(parcel), hours)
        deliveries.release(self._database, webhook, self._holder)

    def _sent(self, parcel: Parcel) -> dict[int, Outcome]:
        """What became of letters; once the receiver is out of reach, the others are left for later."""
        outcomes: dict[int, Outcome] = {}
        stopped = Event()

        def send_one(letter: Letter) -> None:
            if stopped.is_set() or self._over.is_set():
                return
            outcome = self._send(parcel.webhook, letter)
            metrics.event_sent("delivered" if outcome.error is None else "failed")
            outcomes[letter.event] = outcome
            if outcome.is_out_of_reach:
                stopped.set()

        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="webhook") as threads:
            list(threads.map(send_one, parcel.letters))
        self._tell(parcel.webhook, outcomes)
        return outcomes

    def _send(self, webhook: Webhook, letter: Letter) -> Outcome:
        moment = now()
        signed = signing.headers(signing.secrets_of(webhook, moment), letter.id, moment, letter.body)
        limit = self._settings.webhook_seconds
        return send(webhook.url, signed, letter.body, rules=self._rules, limit=limit)

    def _tell(self, webhook: Webhook, outcomes: dict[int, Outcome]) -> None:
        failed = [outcome for outcome in outcomes.values() if outcome.error is not None]
        if failed:
            fields = {"webhook": webhook.id, "failed": len(failed), "error": failed[-1].error}
            _log.warning("events not delivered", extra={"fields": {**fields, "status": failed[-1].status}})

    def _renew(self) -> None:
        with self._lock:
            running = list(self._lanes)
        if running and time.monotonic() - self._renewed > _RENEW_SECONDS:
            self._renewed = time.monotonic()
            deliveries.renew(self._database, running, self._holder)

    def _running(self) -> list[Thread]:
        with self._lock:
            return list(self._lanes.values())

    def _safely(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Problem:  # the store is gone: that is logged there
            return
        except Exception:
            _log.error("events failed", exc_info=True)
