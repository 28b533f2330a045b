"""Takes an uploaded file from the network to the disk, piece by piece."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from petition_nlp.archive.formats import named_format
from service import problems
from service.jobs.files import JobFiles, settle
from service.problems import Problem

MEDIA_TYPE: Final = "application/octet-stream"
_PIECE: Final = 1 << 20


def check_upload(request: Request, name: str, limit: int) -> None:
    """Refuse at once what cannot become a job.

    :raises InputError: the name stands for no known format.
    :raises Problem: the body is announced as too large or as something else than a file's bytes.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != MEDIA_TYPE:  # a form of another site cannot send this
        raise problems.unsupported_upload([MEDIA_TYPE])
    named_format(Path(name))
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise problems.file_too_large(limit)


async def receive(request: Request, files: JobFiles, limit: int) -> None:
    """Write a request's body into a job's folder and put it on disk; leaves a hash of it in the request's state.

    :raises Problem: it is too large, or the disk is full.
    """
    with storing():
        await run_in_threadpool(files.make)
        with files.upload.open("xb") as out:
            request.state.body_hash = await write_body(request, out, limit)
        await run_in_threadpool(_settle, files)


async def write_body(
    request: Request, out: BinaryIO, limit: int, too_large: Callable[[int], Problem] = problems.file_too_large
) -> str:
    """Write a request's body to a file; a hash of it.

    :raises Problem: ``too_large``.
    """
    digest = hashlib.sha256()
    size = 0
    piece = bytearray()

    def write_piece() -> None:
        digest.update(piece)
        out.write(piece)
        piece.clear()

    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        piece += chunk
        if len(piece) >= _PIECE:
            await run_in_threadpool(write_piece)
    await run_in_threadpool(write_piece)
    await run_in_threadpool(out.flush)
    return digest.hexdigest()


@contextmanager
def storing() -> Iterator[None]:
    """Turn a full disk into a problem.

    :raises Problem: 507.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise problems.storage_full() from None


def _settle(files: JobFiles) -> None:
    files.upload.chmod(0o600)
    for path in (files.upload, files.upload.parent, files.folder, files.folder.parent):
        settle(path)
