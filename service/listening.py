"""The socket that the service listens on."""

from __future__ import annotations

import errno
import os
import socket

from petition_nlp.errors import ConfigError


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    :raises ConfigError: the address cannot be used.
    """
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


def shown_address(listener: socket.socket, host: str) -> str:
    """What a person types into a browser on this machine."""
    port = listener.getsockname()[1]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"


def announce(address: str) -> None:
    """Say in one line where the page is."""
    print(f"分拨台已启动：{address}（按 Ctrl+C 停止）", flush=True)


def _bind_error(error: OSError, where: str) -> ConfigError:
    if error.errno == errno.EADDRINUSE:
        return ConfigError("端口已被占用", where=where, todo="请停止占用它的程序，或用 --port 换一个端口")
    if error.errno in (errno.EACCES, errno.EPERM):
        return ConfigError("没有权限使用该端口", where=where, todo="请用 --port 换一个大于 1023 的端口")
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigError("本机没有这个地址", where=where, todo="请用本机地址，如 --host 127.0.0.1")
    return ConfigError(f"无法监听（{error.strerror}）", where=where, todo="请检查 --host 和 --port")
