"""Does jobs in a program of its own, for ``petition-nlp worker``."""

from __future__ import annotations

import threading

from petition_nlp.errors import ConfigError
from petition_nlp.settings import Settings
from service import logs
from service.jobs.queue import JobQueue
from service.store import migrate
from service.store.database import Database


def work(settings: Settings) -> None:
    """Do jobs until interrupted.

    :raises ConfigError: the settings allow no job, or the data folder cannot be used.
    """
    if not settings.job_workers:
        raise ConfigError("设置 job_workers 为 0，不处理任何任务", todo="请用 --workers 1")
    logs.configure(settings.log_level)
    database = Database(settings.database_url)
    migrate.upgrade(database)
    queue = JobQueue(settings, database)
    queue.start()
    print("正在等待批量任务（按 Ctrl+C 停止）", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        queue.stop()
        database.close()
