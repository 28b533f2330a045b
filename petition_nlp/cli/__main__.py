"""``python -m petition_nlp.cli``."""

from petition_nlp.cli import main

raise SystemExit(main())
