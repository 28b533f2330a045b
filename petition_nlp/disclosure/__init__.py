"""The algorithm register page: what a model is for, learnt from and cannot do, how it decides, who watches it.

`describe` makes a `Record` of a router, the settings that it runs under and what its operator says; `write_record`
writes it as one page and as JSON.
"""

from petition_nlp.disclosure.facts import Deployment
from petition_nlp.disclosure.operator import Operator
from petition_nlp.disclosure.page import record_page, write_record
from petition_nlp.disclosure.record import Record
from petition_nlp.disclosure.sections import describe

__all__ = ["Deployment", "Operator", "Record", "describe", "record_page", "write_record"]
