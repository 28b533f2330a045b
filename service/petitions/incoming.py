"""A new message on its way into the store: what is found out about it before the transaction begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from petition_nlp.local.deadlines import Deadlines
from petition_nlp.route import Route
from petition_nlp.sensitive import Sensitive
from service.access.principal import Principal
from service.directory import Directories, Local
from service.engine import Engine
from service.petitions import given, intake
from service.petitions.given import Labels
from service.petitions.intake import Decider, Versions
from service.petitions.repeats import RepeatFinder, Repeats
from service.petitions.schemas import PetitionIn
from service.store.tables import Petition


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that is routed and looked up.

    :param unseen: the share of its words that the model does not know.
    :param blind_share: of the petitions that need no person, those that are drawn for a blind review.
    """

    message: PetitionIn
    route: Route
    labels: Labels
    versions: Versions
    local: Local
    repeats: Repeats
    sensitive: Sequence[Sensitive]
    deadlines: Deadlines
    unseen: float
    blind_share: float

    def store(self, session: Session, caller: Principal, *, decider: Decider = "model") -> Petition:
        """Write it as a petition.

        :param decider: who sends it on.
        :raises Problem: 409, a petition of the same channel has this number already.
        """
        return intake.store(
            session,
            caller,
            self.message,
            self.route,
            labels=self.labels,
            versions=self.versions,
            local=self.local,
            repeats=self.repeats,
            deadlines=self.deadlines,
            sensitive=self.sensitive,
            unseen=self.unseen,
            blind_share=self.blind_share,
            decider=decider,
        )


@dataclass(frozen=True, slots=True)
class Reception:
    """The parts of the running app that read a message."""

    engine: Engine
    directories: Directories
    repeats: RepeatFinder
    blind_share: float

    async def read(self, body: PetitionIn) -> Incoming:
        """Route a message, and find its place, unit and likely repeats.

        :raises Problem: 503 while there is no model or the store does not answer; 422, there is no such matter.
        """
        message, taxonomy = body.message(), self.engine.router.taxonomy
        [route] = await self.engine.route([message])
        labels = given.labels(body, route, taxonomy)
        local = await run_in_threadpool(self.directories.look_up, message, labels.matter, labels.department, taxonomy)
        found = await run_in_threadpool(self.repeats.look, message, route.department, local.district, taxonomy)
        sensitive = await run_in_threadpool(self.engine.sensitive.find, f"{body.title or ''}\n{body.text}")
        [unseen] = await run_in_threadpool(self.engine.router.unseen, [message])
        return Incoming(
            body,
            route,
            labels=labels,
            versions=replace(self.engine.versions, model=route.model),  # it may be another by now
            local=local,
            repeats=found,
            sensitive=sensitive,
            deadlines=self.directories.deadlines,
            unseen=unseen,
            blind_share=self.blind_share,
        )
