"""The bell and the hands of the job queue: huey wakes a worker when a job is started, and every few seconds.

The queue itself is the table of jobs. What huey carries only says "look there": nothing is lost or done twice if such
a message is. Its messages are JSON, so that reading them runs no code.
"""

from __future__ import annotations

import logging
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.settings import Settings
from service.jobs.folders import JobStore
from service.jobs.supervise import Supervisor
from service.store.database import Database

if TYPE_CHECKING:
    from service.jobs.bell import JobConsumer

_POLL_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 5.0

_log = logging.getLogger(__name__)


class JobQueue:
    """Wakes workers for jobs that are to be done; the workers of this process, if it has any, do them."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._consumer: JobConsumer | None = None

    @cached_property
    def store(self) -> JobStore:
        """The files of all jobs."""
        return JobStore(self._settings)

    def start(self) -> None:
        """Let this process's workers begin as soon as the store answers; returns at once."""
        if self._settings.job_workers:
            threading.Thread(target=self._begin, name="jobs", daemon=True).start()

    def ring(self) -> None:
        """Wake a worker. Where that fails, one looks by itself a little later."""
        try:
            self._bell()
        except Exception as error:  # every storage of huey has errors of its own
            _log.error("queue unavailable", extra={"fields": {"error": type(error).__name__}})

    def stop(self) -> None:
        """End; jobs that are being done go back to the queue, and their finished parts stay."""
        self._stop.set()
        with self._lock:
            if self._consumer is not None:
                self._consumer.stop(graceful=True)
        if "_bell" in vars(self):
            self._bell.huey.storage.close()

    def _begin(self) -> None:
        logging.getLogger("huey").setLevel(logging.WARNING)
        while not self._stop.wait(_POLL_SECONDS if not self._database.usable else 0):
            try:
                if self._database.usable:
                    self._consume()
                    return
            except Exception as error:  # every storage of huey has errors of its own
                _log.error("queue unavailable", extra={"fields": {"error": type(error).__name__}})
                self._stop.wait(_PAUSE_SECONDS)

    def _consume(self) -> None:
        from service.jobs.bell import LOOK_SECONDS, JobConsumer

        with self._lock:
            if self._stop.is_set():
                return
            self._consumer = JobConsumer(
                self._bell.huey,
                workers=self._settings.job_workers,
                max_delay=_POLL_SECONDS,
                scheduler_interval=LOOK_SECONDS,
            )
            self._consumer.start()

    @cached_property
    def _bell(self) -> Any:
        """The one task of the queue; a call puts it in, and huey itself does so every few seconds."""
        from service.jobs.bell import make_huey

        huey = make_huey(self._settings, self._database, self.store.id)
        supervisor = Supervisor(self._settings, self._database, self.store, self._stop)

        @huey.periodic_task(lambda _: True, name="look")  # type: ignore[untyped-decorator]
        def look() -> None:
            supervisor.work()

        return look
