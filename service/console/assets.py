"""The pages' static files, under an address that changes with their content."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER: Final = Path(__file__).resolve().parent / "static"


class Assets(StaticFiles):
    """Files that a browser need not ask for twice, nor ever mixes with those of another version."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)
        self.path = f"/static/{_digest()}"

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """One file."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer


def _digest() -> str:
    content = sha256()
    for path in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
        content.update(path.relative_to(FOLDER).as_posix().encode())
        content.update(path.read_bytes())
    return content.hexdigest()[:12]
