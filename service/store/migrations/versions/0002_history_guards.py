"""The database itself refuses to change or thin out a petition's history and the audit log."""

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
    "CREATE TRIGGER audit_entry_is_never_changed BEFORE UPDATE ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END",
    "CREATE TRIGGER audit_entry_is_never_deleted BEFORE DELETE ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION refuse_entry_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_OP = 'UPDATE' OR EXISTS (SELECT 1 FROM petition WHERE id = OLD.petition) THEN "
    "RAISE EXCEPTION 'history is never changed'; END IF; RETURN OLD; END $$",
    "CREATE TRIGGER entry_is_never_changed BEFORE UPDATE OR DELETE ON entry "
    "FOR EACH ROW EXECUTE FUNCTION refuse_entry_change()",
    "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION 'the audit log is never changed'; END $$",
    "CREATE TRIGGER audit_entry_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()",
)


_SQLITE_BACK = (
    "DROP TRIGGER entry_is_never_changed",
    "DROP TRIGGER entry_goes_with_petition",
    "DROP TRIGGER audit_entry_is_never_changed",
    "DROP TRIGGER audit_entry_is_never_deleted",
)
_POSTGRESQL_BACK = (
    "DROP TRIGGER entry_is_never_changed ON entry",
    "DROP FUNCTION refuse_entry_change",
    "DROP TRIGGER audit_entry_is_never_changed ON audit_entry",
    "DROP FUNCTION refuse_audit_change",
)


def upgrade() -> None:
    """Forward."""
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Back."""
    for statement in _SQLITE_BACK if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL_BACK:
        op.execute(statement)
