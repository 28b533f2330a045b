"""What a worker serves, made once before it and its like are forked."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable

from petition_nlp.settings import Settings
from service import metrics
from service.app import create_app
from service.engine import Engine
from service.models.start import load
from service.server import Server

_log = logging.getLogger(__name__)


class Workplace:
    """Model and app, loaded and warm.

    Forking is safe here because nothing runs beside the one Python thread: the encoder's session uses the thread
    that calls it, and the tokenizer is told to do so.

    :param name: of the generation.
    :raises PetitionError: the model cannot be loaded.
    """

    def __init__(self, settings: Settings, listener: socket.socket, name: str) -> None:
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        metrics.share(name)
        found = load(settings)
        self._settings, self._listener, self._name = settings, listener, name
        self._app = create_app(settings, engine=Engine(settings, router=found.router, digest=found.digest))

    def serve(self, slot: int, on_start: Callable[[], object]) -> None:
        """Serve as a forked process, until a signal comes or the process that forked it is gone."""
        metrics.share(f"{self._name}{slot}")
        parent = os.getppid()
        server = Server(self._app, self._settings, on_start)
        self._app.state.pulse.on_beat(lambda: server.stop() if os.getppid() != parent else None)
        server.run_on(self._listener)
