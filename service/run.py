"""Runs the service for ``petition-nlp serve``: in this process alone, or in several behind one socket."""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Mapping
from typing import Any

from petition_nlp import __version__
from petition_nlp.errors import ConfigError
from petition_nlp.settings import Settings
from service import logs
from service.listening import announce, bind, shown_address
from service.store.database import shown
from service.terminal import in_terminal

_log = logging.getLogger(__name__)


def serve(settings: Settings, flags: Mapping[str, Any] | None = None) -> None:
    """Serve until interrupted; running requests are finished first.

    :param flags: those of ``settings`` that stand above file and environment, which a rolling restart reads again.
    :raises PetitionError: the address cannot be used, or the model cannot be loaded.
    """
    logs.configure(settings.log_level)
    if settings.processes > 1 and not hasattr(os, "fork"):
        raise ConfigError("这个系统上只能用一个进程", todo="请把 processes 设为 1，用 workers 增加线程")
    with bind(settings.host, settings.port) as listener:
        fields = {"version": __version__, "pid": os.getpid(), "processes": settings.processes}
        _log.info("starting", extra={"fields": {**fields, "database": shown(settings.database_url)}})
        try:
            (_serve_alone if settings.processes == 1 else _supervise)(settings, listener, flags or {})
        finally:
            _log.info("stopped", extra={"fields": {"pid": os.getpid()}})


def _serve_alone(settings: Settings, listener: socket.socket, _: Mapping[str, Any]) -> None:
    from service.app import create_app
    from service.engine import Engine
    from service.server import Server

    if hasattr(signal, "SIGHUP") and not in_terminal():  # one process cannot replace itself without a gap
        signal.signal(signal.SIGHUP, lambda *_: _log.warning("reload needs several processes"))
    engine = Engine(settings, on_failure=lambda: server.stop())
    app = create_app(settings, engine=engine)
    server = Server(app, settings, lambda: announce(shown_address(listener, settings.host)))
    server.run_on(listener)
    if engine.failure:
        raise engine.failure


def _supervise(settings: Settings, listener: socket.socket, flags: Mapping[str, Any]) -> None:
    from service.processes.supervisor import Supervisor

    Supervisor(settings, listener, flags).run()
