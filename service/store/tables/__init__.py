"""The tables, one module for each subject; importing this package knows them all."""

from service.store.tables.access import Account, ApiKey, AuditEntry, SignIn
from service.store.tables.base import Base
from service.store.tables.blind import BlindVerdict, RoutingState
from service.store.tables.board import BoardDay, BoardIssue, BoardPart, TouchedDay
from service.store.tables.directory import DirectoryVersion
from service.store.tables.events import Delivery, Event, OverdueNotice, Webhook
from service.store.tables.jobs import Job
from service.store.tables.models import ModelUse, ModelVersion
from service.store.tables.monitoring import Alarm, MonitoredDay, ServedDay, WordWeek
from service.store.tables.periodic import PeriodicTask
from service.store.tables.petitions import Clue, Entry, Link, Petition, Suggestion
from service.store.tables.replies import Reply

__all__ = [
    "Account",
    "Alarm",
    "ApiKey",
    "AuditEntry",
    "Base",
    "BlindVerdict",
    "BoardDay",
    "BoardIssue",
    "BoardPart",
    "Clue",
    "Delivery",
    "DirectoryVersion",
    "Entry",
    "Event",
    "Job",
    "Link",
    "ModelUse",
    "ModelVersion",
    "MonitoredDay",
    "OverdueNotice",
    "PeriodicTask",
    "Petition",
    "Reply",
    "RoutingState",
    "ServedDay",
    "SignIn",
    "Suggestion",
    "TouchedDay",
    "Webhook",
    "WordWeek",
]
