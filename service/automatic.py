"""Whether the model may dispatch petitions by itself: stopped when blind verdicts speak against it, or by hand."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from threading import Event, Thread
from typing import Any, Final

from sqlalchemy import Select, event, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from petition_nlp.route import Reason, Review, Route
from petition_nlp.taxonomy import Taxonomy
from service import problems
from service.access.audit import audit
from service.access.principal import SYSTEM, Principal
from service.moments import moment_json
from service.petitions.precision import LivePrecision, Standard, live_precision
from service.petitions.schemas import AutoRoutingIn
from service.store.database import Database
from service.store.tables import RoutingState

STOPPED: Final = Reason("auto_routing_stopped", "自动分拨已停止，须人工核对后分拨")
"""Why a person should look at a route that needed none otherwise."""
_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


class AutoRouting:
    """Whether automatic routing runs, kept in memory; a change is seen within some seconds in every process."""

    def __init__(self, database: Database) -> None:
        self.running = True
        self._database = database
        self._over = Event()

    def begin(self) -> None:
        """Look now and every other moment, until `end`."""
        self.look()
        Thread(target=self._keep_looking, name="automatic", daemon=True).start()

    def end(self) -> None:
        """Stop looking."""
        self._over.set()

    def look(self) -> None:
        """See what the store says; while it does not answer, what it said last counts."""
        if not self._database.usable:
            return
        try:
            with self._database.engine.connect() as connection:
                found = connection.execute(_newest(RoutingState.running)).scalar()
        except (DBAPIError, PoolTimeout) as error:  # that the store is gone is logged by those who need it
            _log.debug("automatic routing not looked at", extra={"fields": {"error": type(error).__name__}})
            return
        self.running = found is not False

    def held(self, routes: list[Route]) -> list[Route]:
        """Routes as they may go out: while automatic routing is stopped, all of them need a person."""
        return routes if self.running else [held(route) for route in routes]

    def _keep_looking(self) -> None:
        while not self._over.wait(_SECONDS):
            self.look()


def held(route: Route) -> Route:
    """A route that needs a person because automatic routing is stopped."""
    return route if route.review.required else replace(route, review=Review((STOPPED,)))


def state(session: Session) -> RoutingState | None:
    """What was said last of automatic routing; None if nothing ever was, and it runs."""
    found: RoutingState | None = session.scalar(_newest(RoutingState))
    return found


def runs(session: Session) -> bool:
    """Whether automatic routing runs."""
    return session.scalar(_newest(RoutingState.running)) is not False


def present(session: Session, standard: Standard) -> LivePrecision:
    """Live precision since automatic routing was resumed, or stopped; ever, if it never was."""
    return live_precision(session, standard, _since(state(session)))


def check(session: Session, standard: Standard) -> None:
    """Stop automatic routing if the verdicts show that the target is missed."""
    _lock(session)
    last = state(session)
    if last is not None and not last.running:
        return
    found = live_precision(session, standard, _since(last))
    if not found.fails():
        return
    whole = found.whole.to_dict()
    why = (
        f"盲审准确率 {whole['precision']:.1%}（{whole['verdicts']} 件中 {whole['right']} 件正确，"
        f"95% 区间 {whole['low']:.1%}—{whole['high']:.1%}），有充分证据低于目标 {standard.target:.1%}"
    )
    _set(session, SYSTEM, "stopped", why, found)


def say(session: Session, caller: Principal, wanted: AutoRoutingIn, standard: Standard) -> None:
    """Stop or resume automatic routing by hand. After resuming, petitions that are stored from now on count alone.

    :raises Problem: 409, it is so already.
    """
    _lock(session)
    if runs(session) == (wanted.state == "running"):
        raise problems.not_possible("自动分拨已在运行。" if wanted.state == "running" else "自动分拨已经停止。")
    _set(session, caller, wanted.state, wanted.why, present(session, standard))


def routing_json(session: Session, standard: Standard, taxonomy: Taxonomy) -> dict[str, Any]:
    """As `service.petitions.schemas.AutoRoutingOut` describes it."""
    last = state(session)
    said: Mapping[str, Any] = {name: getattr(last, name, None) for name in ("actor", "actor_name", "why", "figures")}
    return {
        "state": "running" if last is None or last.running else "stopped",
        "since": moment_json(_since(last)),
        **said,
        "precision": live_precision(session, standard, _since(last)).to_dict(taxonomy),
    }


def _set(session: Session, caller: Principal, wanted: str, why: str, found: LivePrecision) -> None:
    figures = found.figures()
    entry = audit(session, caller, f"auto_routing_{wanted}", "auto_routing", why, **figures)
    session.add(
        RoutingState(
            running=wanted == "running",
            actor=caller.id,
            actor_name=caller.name,
            why=entry.why or why,
            model=found.standard.model,
            policy=found.standard.policy,
            figures=figures,
        )
    )
    level = logging.ERROR if wanted == "stopped" else logging.WARNING
    told = partial(_tell, level, f"automatic routing {wanted}", {"by": caller.id, **figures})
    event.listen(session, "after_commit", told, once=True)


def _tell(level: int, line: str, fields: Mapping[str, Any], _: Session) -> None:
    _log.log(level, line, extra={"fields": dict(fields)})


def _since(last: RoutingState | None) -> datetime | None:
    return None if last is None else last.since


def _newest(what: Any) -> Select[Any]:
    return select(what).order_by(RoutingState.id.desc()).limit(1)


def _lock(session: Session) -> None:
    """Keep others from changing the state until the end of the transaction."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE routing_state IN SHARE ROW EXCLUSIVE MODE"))
