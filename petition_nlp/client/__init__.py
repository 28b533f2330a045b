"""The client of the service, for programs that store petitions and follow them (extra ``client``).

>>> from petition_nlp.client import Client
>>> with Client("http://127.0.0.1:8000") as client:  # doctest: +SKIP
...     petition = client.petitions.store("巷口路灯不亮", channel="12345热线")
"""

from __future__ import annotations

from petition_nlp.extras import needs_extra

with needs_extra("client"):
    from petition_nlp.client.client import Client
    from petition_nlp.client.connection import Retries
    from petition_nlp.client.errors import ApiError, ClientError, FieldError, NoAnswerError

__all__ = ["ApiError", "Client", "ClientError", "FieldError", "NoAnswerError", "Retries"]
