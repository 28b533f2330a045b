"""PostgreSQL's own programs for backups."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from petition_nlp.errors import InputError, MissingExtraError, OutputError

_COPIED_REVISION: Final = re.compile(r"^COPY .*alembic_version .*\n(\S+)\n\\\.$", re.MULTILINE)


def dump(url: URL, path: Path) -> None:
    """Write a database to a file in PostgreSQL's own compressed format.

    :raises OutputError: it could not be written.
    """
    done = _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")
    if done.returncode != 0:
        # pg_dump tells of connections and versions, never of rows
        reason = done.stderr.strip().partition("\n")[0].partition("error: ")[2] or "pg_dump 失败"
        raise OutputError(f"备份没有完成：{reason[:300]}", todo="请检查数据库是否在运行，pg_dump 是否不旧于服务器")


def revision(path: Path) -> str | None:
    """Of which revision the tables in a dump are; None where it is no dump of ours."""
    command = [_program("pg_restore"), "--data-only", "--table=alembic_version", "--file=-", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = _COPIED_REVISION.search(done.stdout)
    return found[1] if found else None


def restore(url: URL, path: Path) -> None:
    """Replace a database's tables by those of a dump; all of it or nothing.

    :raises InputError: it could not be read to its end.
    """
    options = ("--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
    done = _run("pg_restore", url, *options, str(path))
    if done.returncode != 0:  # its reasons can quote rows
        raise InputError(
            "恢复没有完成，数据库没有改动",
            where=str(path),
            todo="请先停止服务；并检查备份文件是否完整、数据库用户能否建表",
        )


def _run(name: str, url: URL, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program on a database; its password goes through the environment, where others do not see it."""
    address = url.set(drivername="postgresql", password=None).render_as_string()
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    command = [_program(name), f"--dbname={address}", "--no-password", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise MissingExtraError(
            f"没有找到 {name}", todo="请安装 PostgreSQL 的客户端，如 apt-get install postgresql-client"
        )
    return found
