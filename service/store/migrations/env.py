"""Alembic's entry point; the connection comes from `service.store.migrate`."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from service.store.tables import Base
from service.store.tables.base import UtcDateTime


def _render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Migrations stand on their own: they do not import the tables' own types."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=_render,
)
context.run_migrations()
