"""The registry in the store: models are added, put into use (启用), rolled back (回退), refused and removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import select, text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session, defer

from petition_nlp.errors import InputError
from service.access.audit import audit
from service.access.principal import SYSTEM, Principal
from service.events import model_promoted
from service.models.examining import Examined
from service.models.objections import ID_LENGTH, Present, objections
from service.models.states import ModelState
from service.store.tables import ModelVersion
from service.store.tables.base import now

Refusal = Literal["not_possible", "gate_failed", "model_pinned"]


class RegistryError(InputError):
    """The registry stands in a way that does not allow what is asked.

    :param kind: code of the problem that the service answers with.
    """

    def __init__(self, what: str, *, where: str = "", todo: str = "", kind: Refusal = "not_possible") -> None:
        super().__init__(what, where=where, todo=todo)
        self.kind: Refusal = kind


class UnknownModelError(InputError):
    """No model has this identifier."""


def lock(session: Session) -> None:
    """Keep others from changing the registry until the end of the transaction."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE model_version IN SHARE ROW EXCLUSIVE MODE"))


def all_versions(session: Session) -> Sequence[ModelVersion]:
    """All registered models without their cards, the newest first."""
    query = select(ModelVersion).options(defer(ModelVersion.card))
    return session.scalars(query.order_by(ModelVersion.added.desc(), ModelVersion.id)).all()


def by_id(session: Session, identifier: str) -> ModelVersion:
    """A model by its identifier, or by name and version as routes carry them.

    :raises UnknownModelError: there is none.
    """
    name, _, version = identifier.rpartition("@")
    named = (ModelVersion.name == name) & (ModelVersion.version == version)
    found = session.scalar(select(ModelVersion).where((ModelVersion.id == identifier) | named))
    if found is None:
        raise _unknown(identifier)
    return found


def current(session: Session) -> ModelVersion | None:
    """The model that is to be in use; None where none was ever promoted."""
    found: ModelVersion | None = session.scalar(select(ModelVersion).where(ModelVersion.state == ModelState.CURRENT))
    return found


def previous(session: Session) -> ModelVersion | None:
    """The model that a rollback leads to."""
    present = current(session)
    if present is None or present.before is None:
        return None
    found = session.get(ModelVersion, present.before)
    return None if found is None or found.state == ModelState.REFUSED else found


def register(session: Session, caller: Principal, examined: Examined) -> ModelVersion:
    """Make a model known as a candidate; one that is known already stays as it is.

    :raises RegistryError: another model has its name and version.
    """
    lock(session)
    identifier = examined.digest[:ID_LENGTH]
    known = session.get(ModelVersion, identifier)
    if known is not None:
        return known
    same = (ModelVersion.name == examined.name, ModelVersion.version == examined.version)
    if session.scalar(select(ModelVersion.id).where(*same)) is not None:
        raise RegistryError(
            f"已登记另一个同名同版本的模型 {examined.model}", todo="训练时用 --model-version 给每个模型不同的版本"
        )
    row = ModelVersion(
        id=identifier,
        digest=examined.digest,
        name=examined.name,
        version=examined.version,
        taxonomy=examined.taxonomy,
        state=ModelState.CANDIDATE,
        added=now(),
        added_by=caller.id,
        added_by_name=caller.name,
        figures=examined.figures,
        gate=examined.gate,
        card=examined.card,
    )
    session.add(row)
    audit(session, caller, "model_added", target_of(row), model=examined.model)
    session.flush()
    return row


def take_stock(session: Session, shipped: Examined) -> None:
    """Register the shipped model as the one in use, before another is promoted for the first time."""
    row = register(session, SYSTEM, shipped)
    if current(session) is None:
        _put_into_use(row, SYSTEM, "首次启用其他模型前在用的自带模型")
        session.flush()


def promote(
    session: Session, caller: Principal, row: ModelVersion, why: str, despite: str | None = None
) -> ModelVersion | None:
    """Put a model into use.

    :param despite: why it does not count that the gate said no, or compared it with another model than the present one.
    :return: the model that was in use.
    :raises RegistryError: it is in use already, or the gate speaks against it.
    """
    _hold(session, row)
    if row.state == ModelState.CURRENT:
        raise RegistryError(f"模型 {name_of(row)} 已在启用")
    before = current(session)
    reasons = objections(row.gate, present_of(before))
    if reasons and despite is None:
        raise _gate_failed(row, reasons)
    if before is not None:
        before.state = ModelState.RETIRED
        row.before = before.id
    _put_into_use(row, caller, why)
    noted = {"despite": despite, "gate": reasons} if reasons else {}
    promoted(session, caller, "model_promoted", row, before, why, noted)
    return before


def roll_back(session: Session, caller: Principal, why: str) -> ModelVersion:
    """Put the model into use that the present one replaced.

    :return: that model.
    :raises RegistryError: there is none.
    """
    lock(session)
    present, target = current(session), previous(session)
    if present is None or target is None:
        raise RegistryError("没有可以回退的模型", todo="请在全部模型里选一个启用")
    present.state = ModelState.RETIRED
    _put_into_use(target, caller, why)
    promoted(session, caller, "model_rolled_back", target, present, why, {})
    return target


def require_seen(session: Session, seen: str | None) -> None:
    """Let a change go on only if the model in use is the one that whoever asks for it knows of; locks the registry.

    :param seen: its identifier; None: whatever is in use.
    :raises RegistryError: another one was put into use meanwhile.
    """
    if seen is None:
        return
    lock(session)
    present = current(session)
    if present is None or present.id != seen:
        told = "没有登记的模型在启用" if present is None else f"启用的已是 {name_of(present)}"
        by = f"（{present.promoted_by_name}）" if present is not None and present.promoted_by_name else ""
        raise RegistryError(f"您查看之后已有人换用模型：{told}{by}", todo="请重新查看，再决定是否启用或回退")


def refuse(session: Session, row: ModelVersion, why: str) -> None:
    """Take a model out of use that a process could not load, and put the one before back."""
    _hold(session, row)
    if row.state != ModelState.CURRENT:
        return
    target = previous(session)
    row.state, row.refusal = ModelState.REFUSED, why
    audit(session, SYSTEM, "model_refused", target_of(row), why, model=name_of(row))
    if target is not None:
        _put_into_use(target, SYSTEM, f"模型 {name_of(row)} 未能载入")
        promoted(session, SYSTEM, "model_rolled_back", target, row, target.why, {})


def promoted(
    session: Session,
    caller: Principal,
    action: str,
    row: ModelVersion,
    before: ModelVersion | None,
    why: str | None,
    more: dict[str, Any],
) -> None:
    """Tell others, in the transaction at hand, that a model takes the place of another."""
    model, previous = name_of(row), None if before is None else name_of(before)
    entry = audit(session, caller, action, target_of(row), why, model=model, before=previous, **more)
    row.why = entry.why
    model_promoted(session, model, previous=previous, actor=caller.name, why=entry.why)


def remove(session: Session, caller: Principal, row: ModelVersion, why: str | None = None) -> None:
    """Forget a model.

    :raises RegistryError: it is in use, or the one that a rollback leads to.
    """
    _hold(session, row)
    target = previous(session)
    if row.state == ModelState.CURRENT or (target is not None and target.id == row.id):
        raise RegistryError(
            f"模型 {name_of(row)} {'正在启用' if row.state == ModelState.CURRENT else '是回退的目标'}，不能删除",
            todo="请先启用另一个模型",
        )
    audit(session, caller, "model_removed", target_of(row), why, model=name_of(row))
    session.delete(row)


def present_of(row: ModelVersion | None) -> Present | None:
    """A model of the registry as one that may be replaced."""
    return None if row is None else Present(row.digest, name_of(row))


def name_of(row: ModelVersion) -> str:
    """Name and version, as routes carry them."""
    return f"{row.name}@{row.version}"


def target_of(row: ModelVersion) -> str:
    """How the audit log names a model."""
    return f"model:{row.id}"


def _gate_failed(row: ModelVersion, reasons: Sequence[str]) -> RegistryError:
    said_no = row.gate is not None and not row.gate["promote"]
    what = "重新训练的门槛没有通过" if said_no else "门槛的结论现在不算数"
    despite = "确需启用时，请用 despite（命令行 --despite）给出不顾门槛的理由"
    todo = f"请与现在启用的模型重新比较（petition-nlp retrain）；{despite}"
    return RegistryError(f"{what}：{'；'.join(reasons)}", todo=todo, kind="gate_failed")


def _hold(session: Session, row: ModelVersion) -> None:
    """`lock`, and read a model again as it is now.

    :raises UnknownModelError: somebody has removed it meanwhile.
    """
    identifier = row.id
    lock(session)
    try:
        session.refresh(row)
    except InvalidRequestError:
        raise _unknown(identifier) from None


def _unknown(identifier: str) -> UnknownModelError:
    return UnknownModelError("没有这个模型", where=identifier, todo="用 petition-nlp models list 查看全部模型的编号")


def _put_into_use(row: ModelVersion, caller: Principal, why: str) -> None:
    row.state, row.refusal = ModelState.CURRENT, None
    row.promoted, row.why = now(), why
    row.promoted_by, row.promoted_by_name = caller.id, caller.name
