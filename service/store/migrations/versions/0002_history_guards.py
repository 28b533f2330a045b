"""The database itself refuses to change or thin out a petition's history."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

_SQLITE = (
    "CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry "
    "BEGIN SELECT RAISE(ABORT, 'history is never changed'); END",
    "CREATE TRIGGER entry_goes_with_petition BEFORE DELETE ON entry "
    "WHEN EXISTS (SELECT 1 FROM petition WHERE id = OLD.petition) "
    "BEGIN SELECT RAISE(ABORT, 'history is never deleted'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION refuse_entry_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_OP = 'UPDATE' OR EXISTS (SELECT 1 FROM petition WHERE id = OLD.petition) THEN "
    "RAISE EXCEPTION 'history is never changed'; END IF; RETURN OLD; END $$",
    "CREATE TRIGGER entry_is_never_changed BEFORE UPDATE OR DELETE ON entry "
    "FOR EACH ROW EXECUTE FUNCTION refuse_entry_change()",
)


def upgrade() -> None:
    """Forward."""
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER entry_is_never_changed")
        op.execute("DROP TRIGGER entry_goes_with_petition")
    else:
        op.execute("DROP TRIGGER entry_is_never_changed ON entry")
        op.execute("DROP FUNCTION refuse_entry_change")
