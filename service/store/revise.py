"""For developers: ``python -m service.store.revise MESSAGE`` writes the migration that the tables need."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command

from service.store.database import Database
from service.store.migrate import SCRIPTS, configuration, upgrade


def main() -> None:
    """Compare the tables in code with those that the migrations make, and write what is missing."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'empty.db'}")
        upgrade(database)
        with database.engine.connect() as connection:
            number = f"{1 + len(list(SCRIPTS.glob('versions/*.py'))):04d}"
            command.revision(configuration(connection), message=sys.argv[1], autogenerate=True, rev_id=number)
        database.close()


if __name__ == "__main__":
    main()
