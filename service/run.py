"""Runs the service for ``petition-nlp serve``."""

from __future__ import annotations

import errno
import os
import socket

import uvicorn

from petition_nlp.errors import ConfigError
from petition_nlp.settings import Settings
from service import logs
from service.app import create_app
from service.engine import Engine

_GRACE_SECONDS = 10


class _Server(uvicorn.Server):
    """Says in one line where the page is, once it answers."""

    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets=sockets)
        if self.started:
            print(f"分拨台已启动：{self._address}（按 Ctrl+C 停止）", flush=True)

    def stop(self) -> None:
        """Finish running requests, then end."""
        self.should_exit = True


def serve(settings: Settings) -> None:
    """Serve until interrupted; running requests are finished first.

    :raises PetitionError: the address cannot be used, or the model cannot be loaded.
    """
    logs.configure(settings.log_level)
    listener = _bind(settings.host, settings.port)
    engine = Engine(settings, on_failure=lambda: server.stop())
    config = uvicorn.Config(
        create_app(settings, engine=engine),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = _Server(config, _address(listener, settings.host))
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        listener.close()
    if engine.failure:
        raise engine.failure


def _bind(host: str, port: int) -> socket.socket:
    where = f"{host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        raise ConfigError("监听地址无效", where=where, todo="请用本机地址，如 --host 127.0.0.1") from None
    listener = socket.socket(family, kind, protocol)
    if os.name == "posix":  # elsewhere the option lets two programs share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise _bind_error(error, where) from None
    return listener


def _bind_error(error: OSError, where: str) -> ConfigError:
    if error.errno == errno.EADDRINUSE:
        return ConfigError("端口已被占用", where=where, todo="请停止占用它的程序，或用 --port 换一个端口")
    if error.errno in (errno.EACCES, errno.EPERM):
        return ConfigError("没有权限使用该端口", where=where, todo="请用 --port 换一个大于 1023 的端口")
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigError("本机没有这个地址", where=where, todo="请用本机地址，如 --host 127.0.0.1")
    return ConfigError(f"无法监听（{error.strerror}）", where=where, todo="请检查 --host 和 --port")


def _address(listener: socket.socket, host: str) -> str:
    port = listener.getsockname()[1]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"
