"""The one public path: messages in, routes out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.adjust import Adjusted, Adjuster
from petition_nlp.artifact import Model, load_model
from petition_nlp.classify.gate import Gate, solve_gate
from petition_nlp.classify.head import Labelled, ranking
from petition_nlp.classify.predict import Predictor, Scored
from petition_nlp.classify.profile import NEVER, Profile
from petition_nlp.decide import DEPARTMENT, MATTER, SEVERAL, Decider, Decision
from petition_nlp.districts import Districts
from petition_nlp.embed.unseen import unseen_shares
from petition_nlp.explain import NO_CHOICE, Explainer, Span
from petition_nlp.policy import Policy, Reading, review_reasons
from petition_nlp.profiles import BALANCED
from petition_nlp.resources import default_model_path
from petition_nlp.route import Evidence, Message, Responsible, Review, Route
from petition_nlp.segments import segments
from petition_nlp.taxonomy import UNCLEAR, Taxonomy
from petition_nlp.text.document import Document, prepare

FloatArray = NDArray[np.float32]

_PART_CHARACTERS: Final = 65_536
"""Characters that are worked on at once: enough to keep numpy busy, few enough for the processor's cache."""


@dataclass(frozen=True)
class Router:
    """Decides where messages should go.

    Thread-safe: nothing in it changes after loading.
    """

    loaded: Model
    taxonomy: Taxonomy
    policy: Policy
    profile_name: str | None = None
    districts: Districts | None = None

    @classmethod
    def load(
        cls,
        folder: str | Path | None = None,
        *,
        target_precision: float | None = None,
        policy: Path | None = None,
        taxonomy: Path | None = None,
        districts: Path | None = None,
        profile: str | None = None,
        threads: int | None = None,
    ) -> Router:
        """Load a model folder; default: the committed model.

        :param profile: fast, balanced or best; default: the best that the model has.
        :param threads: that the encoder uses; default: one for each processor. 1 where several processes share them.
        :param target_precision: overrides the policy's.
        :param policy: a policy file; :param taxonomy: a taxonomy folder; default: the shipped ones.
        :param districts: a file of districts' own rules; default: none.
        :raises PetitionError: the model, taxonomy, policy or rules cannot be used.
        """
        terms = Taxonomy.load(taxonomy)
        rules = Policy.load(policy)
        if target_precision is not None:
            rules = rules.with_target_precision(target_precision)
        own = Districts.load(districts, terms) if districts is not None else None
        path = Path(folder) if folder is not None else default_model_path()
        model = load_model(path, taxonomy=terms.version, migrations=terms.migrations, profile=profile, threads=threads)
        model.profile(profile)  # there is one
        return cls(model, terms, rules, profile, own)

    def with_model(self, folder: Path, *, threads: int | None = None) -> Router:
        """The same taxonomy, policy and profile with another model.

        :param threads: that the encoder uses; default: one for each processor.
        :raises ModelError: the model is damaged or does not fit them.
        """
        terms = self.taxonomy
        model = load_model(
            folder, taxonomy=terms.version, migrations=terms.migrations, profile=self.profile_name, threads=threads
        )
        model.profile(self.profile_name)  # there is one
        return replace(self, loaded=model)

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs; the rest is made anew there."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def for_archives(self) -> Router:
        """The same with the profile balanced, if the model has it and none was chosen."""
        chosen = self.profile_name is not None or BALANCED not in self.loaded.profiles
        return self if chosen else replace(self, profile_name=BALANCED)

    @property
    def model(self) -> str:
        """Name and version of the model."""
        return self.loaded.id

    @property
    def identity(self) -> dict[str, Any]:
        """What decides its routes: model, profile, taxonomy, policy and the rules of districts."""
        return {
            "model": self.model,
            "profile": self.profile.name,
            "taxonomy": self.taxonomy.version,
            "target_precision": self.policy.target_precision,
            "policy": repr(self.policy),
            "districts": repr(self.districts),
            "mapped_from": self.mapped_from,
        }

    @property
    def rules(self) -> str:
        """What tells the policy and the rules of districts from all others: the target precision and a digest."""
        told = repr(self.policy) + (repr(self.districts) if self.districts else "")
        return f"{self.policy.target_precision:g}@{sha256(told.encode()).hexdigest()[:12]}"

    @property
    def mapped_from(self) -> str | None:
        """The taxonomy that the model was trained for, if it is an earlier one."""
        return self.loaded.chain.old if self.loaded.chain else None

    @property
    def heads(self) -> Mapping[str, Labelled]:
        """What its probabilities are of, by head."""
        return self.loaded.columns

    @property
    def profile(self) -> Profile:
        """The model's profile that routes are made with."""
        return self.loaded.profile(self.profile_name)

    @property
    def encodes(self) -> bool:
        """Whether the encoder reads some messages."""
        return self.loaded.encoder is not None and self.profile.encode_below > NEVER

    @cached_property
    def predictor(self) -> Predictor:
        """Documents to probabilities, as the profile has it."""
        loaded = self.loaded
        return Predictor(loaded.embedder, loaded.encoder, loaded.heads, self.profile, loaded.maps)

    @cached_property
    def gate(self) -> Gate | None:
        """Which routes need no review for their confidence; None without calibration rows."""
        return self.gate_at(self.policy.target_precision)

    def gate_at(self, target: float) -> Gate | None:
        """The gate for a target precision.

        A label that several of the model's labels make up passes from the target itself on: no calibration row says how
        often what reaches the threshold by adding up is right, but a calibrated probability does.
        """
        name = DEPARTMENT if DEPARTMENT in self.loaded.heads else MATTER
        rows = self.profile.calibration_rows.get(name)
        if rows is None:
            return None
        gate = solve_gate(rows, self.heads[name].labels, target=target)
        merged = self.loaded.maps[name].merged if name in self.loaded.maps else frozenset()
        return Gate(
            gate.threshold,
            {label: max(floor, target) if label in merged else floor for label, floor in gate.floors.items()},
        )

    def route(self, messages: Iterable[str | Message]) -> list[Route]:
        """Decide where each message should go.

        :param messages: n messages of any length; longer ones are read up to ``policy.max_chars`` characters.
        :return: n routes in the same order; a message without a readable character becomes a route that
            asks for review, so one bad row never stops a batch.
        """
        parts = map(self._decide, self._read_in_parts(messages))
        return [route for part in parts for route in self._routes(part, self._evidence(part))]

    def route_without_evidence(self, messages: Iterable[str | Message]) -> list[Route]:
        """As `route`, but ``evidence`` is empty: for tables of routes, in less time."""
        parts = map(self._decide, self._read_in_parts(messages))
        return [route for part in parts for route in self._routes(part, itertools.repeat((), len(part.reads)))]

    def unseen(self, messages: Iterable[str | Message]) -> list[float]:
        """For each message the share of its words that the model's vocabulary lacks."""
        parts = self._read_in_parts(messages)
        return [
            share for part in parts for share in unseen_shares(self.loaded.embedder, [read.document for read in part])
        ]

    def route_both(self, other: Router, messages: Iterable[str | Message]) -> Iterator[tuple[Route, Route]]:
        """Routes by this router and by another one with the same model, which scores each message once.

        As `route_without_evidence`; the other one's own taxonomy, policy and rules count.
        """
        for reads in self._read_in_parts(messages):
            part = self._decide(reads)
            scored = part.scored.mapped(other.loaded.maps)
            decisions = list(other._decider.decisions(scored.probabilities, part.readable))
            theirs = _Decided(reads, scored, part.readable, decisions)
            pairs = ((self, part), (other, theirs))
            yield from zip(
                *(router._routes(own, itertools.repeat((), len(reads))) for router, own in pairs), strict=True
            )

    def _read_in_parts(self, messages: Iterable[str | Message]) -> Iterator[list[_Read]]:
        part: list[_Read] = []
        size = 0
        for message in messages:
            part.append(self._read(message))
            size += len(part[-1].source)
            if size >= _PART_CHARACTERS:
                yield part
                part, size = [], 0
        if part:
            yield part

    def _read(self, message: str | Message) -> _Read:
        message = message if isinstance(message, Message) else Message(message)
        title = (message.title or "").strip()
        skip = len(title) + 1 if title else 0
        whole = f"{title}\n{message.text}" if title else message.text
        source = whole[: self.policy.max_chars]
        return _Read(source, skip, len(whole) > len(source), prepare(source), message.area)

    @cached_property
    def _decider(self) -> Decider:
        return Decider(self.heads, self.profile, self.taxonomy, self.policy)

    @cached_property
    def _adjuster(self) -> Adjuster | None:
        """What written rules make of decisions; None where there are none."""
        chain, districts = self.loaded.chain, self.districts
        return Adjuster(self.taxonomy, chain, districts) if chain or districts else None

    def _decide(self, reads: list[_Read]) -> _Decided:
        scored = self.predictor.predict([read.document for read in reads])
        readable = [sum(map(str.isalnum, read.document.text)) for read in reads]
        return _Decided(reads, scored, readable, list(self._decider.decisions(scored.probabilities, readable)))

    def _several(self, part: _Decided) -> Sequence[tuple[str, ...]]:
        """For each message that seems to hold several matters, two departments that they could belong to.

        Where the head `SEVERAL` is sure enough, the two most probable ones. A model without that head looks at the
        parts of messages that announce a further matter: it misses those that are merely run together.
        """
        head, learnt = self.heads.get(DEPARTMENT), self.heads.get(SEVERAL)
        if head is None:
            return [()] * len(part.reads)
        if learnt is None or SEVERAL not in learnt.labels:
            return self._different_parts(part.reads, head)
        found = self._decider.several(part.scored.probabilities)
        return [found.get(row, ()) for row in range(len(part.reads))]

    def _different_parts(self, readings: Sequence[_Read], head: Labelled) -> list[tuple[str, ...]]:
        """For each message that announces a further matter, the departments of two parts that clearly differ."""
        parts = [segments(reading.document) for reading in readings]
        flat = [part for own in parts for part in own]
        probabilities = self.loaded.heads[DEPARTMENT].predict_proba(self.loaded.embedder.transform(flat))
        if DEPARTMENT in self.loaded.maps:
            probabilities = self.loaded.maps[DEPARTMENT].apply(probabilities)
        bounds = np.cumsum([0, *map(len, parts)])
        return [
            different_departments(head, probabilities[start:stop], self.policy.several)
            for start, stop in itertools.pairwise(bounds.tolist())
        ]

    def _routes(self, part: _Decided, evidence: Iterable[tuple[Evidence, ...]]) -> Iterator[Route]:
        tables = part.scored.probabilities
        emergencies = self.policy.emergencies_in(
            [read.document.text for read in part.reads], self._decider.lines(tables)
        )
        columns = zip(
            part.reads,
            part.readable,
            part.decisions,
            self._decider.outside(tables),
            self._several(part),
            emergencies,
            strict=True,
        )
        policy, model, profile = self.policy.to_dict(), self.model, self.profile.name
        for (read, readable, first, outside, several, emergency), spans in zip(columns, evidence, strict=True):
            adjusted = self._adjusted(read, first)
            own = adjusted.decision
            reading = Reading(
                readable=readable,
                cut=read.cut,
                matter=own.matter,
                department=own.department,
                outside=outside,
                several=several,
                gate=self.gate,
                emergency=emergency,
                text=read.document.text,
                decided=first.department or first.matter,
                by_rules=adjusted.reasons,
            )
            yield Route(
                matter=own.matter,
                department=own.department,
                responsible=self._responsible(own, adjusted.level),
                candidates=own.candidates,
                co_departments=own.co_departments,
                request_type=own.request_type,
                confidence=own.confidence,
                review=Review(review_reasons(reading, self.policy, self.taxonomy)),
                emergency=emergency,
                evidence=spans,
                model=model,
                taxonomy=self.taxonomy.version,
                policy=policy,
                labels=own.labels,
                profile=profile,
                rules=adjusted.rules,
                mapped_from=self.mapped_from,
            )

    def _adjusted(self, read: _Read, decision: Decision) -> Adjusted:
        if self._adjuster is None:
            return Adjusted(decision)
        return self._adjuster.adjust(decision, read.document.text, read.area)

    def _responsible(self, own: Decision, level: str | None) -> Responsible | None:
        matter, department = own.matter, own.department
        if matter is None or matter.code == UNCLEAR:
            return None
        party = self._parties(matter.code, department.code if department else None)
        return party if level is None or party is None else replace(party, level=level)

    @cached_property
    def _parties(self) -> Callable[[str, str | None], Responsible | None]:
        """Who acts for a matter and a department."""
        return cache(partial(responsible_for, self.taxonomy))

    def _evidence(self, part: _Decided) -> Iterator[tuple[Evidence, ...]]:
        heads = [self.loaded.heads[name] for name in (DEPARTMENT, MATTER) if name in self.loaded.heads]
        if not heads:
            yield from itertools.repeat((), len(part.reads))
            return
        explainer = Explainer(part.scored, [read.document for read in part.reads])
        columns = explainer.spans([(head, self._choices(part, head.name)) for head in heads])
        for row, read in enumerate(part.reads):
            own = ((head.name, span) for head, spans in zip(heads, columns, strict=True) for span in spans[row])
            yield tuple(_quoted(read, own))

    def _choices(self, part: _Decided, name: str) -> list[int]:
        """Each message's choice of a head, as the index of its label."""
        predictions = (own.department if name == DEPARTMENT else own.matter for own in part.decisions)
        labels = self.heads[name].labels
        return [
            labels.index(prediction.code) if prediction is not None and readable else NO_CHOICE
            for prediction, readable in zip(predictions, part.readable, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Read:
    """A message as far as it is read; ``skip`` characters of ``source`` are the title."""

    source: str
    skip: int
    cut: bool
    document: Document
    area: str | None


@dataclass(frozen=True, slots=True)
class _Decided:
    """Messages with what the heads say of them; ``readable`` counts their letters and digits."""

    reads: Sequence[_Read]
    scored: Scored
    readable: Sequence[int]
    decisions: Sequence[Decision]


def _quoted(read: _Read, spans: Iterable[tuple[str, Span]]) -> Iterator[Evidence]:
    """Spans of a message's text for the heads named, in the message as it was sent."""
    for head, span in spans:
        found = span.quoted(read.document, head, source=read.source, skip=read.skip)
        if found is not None:
            yield found


def different_departments(head: Labelled, parts: FloatArray, needed: float) -> tuple[str, ...]:
    """The two departments that two parts of a message differ in most, if they differ clearly enough.

    Two parts with different first choices a and b differ by p1(a) (1 - p1(b)) p2(b) (1 - p2(a)).

    :param parts: (n, labels) probabilities of the parts.
    :param needed: smallest difference that counts.
    """
    best: tuple[float, tuple[str, ...]] = (needed, ())
    choices = [ranking(head, part)[0] for part in parts]
    for (a, first), (b, second) in itertools.combinations(zip(choices, parts, strict=True), 2):
        difference = float(first[a] * (1 - first[b]) * second[b] * (1 - second[a]))
        if a != b and difference >= best[0]:
            best = (difference, (head.labels[a], head.labels[b]))
    return best[1]


def responsible_for(taxonomy: Taxonomy, matter: str, department: str | None) -> Responsible | None:
    """Who acts for a matter and a department; None where nobody can be named."""
    known = taxonomy.matters.get(matter)
    party = known.party(department) if known else None
    if party is None:
        return None
    department_name = taxonomy.name(DEPARTMENT, department) if department else "相关部门"
    name = party.name.replace("{department}", department_name)
    return Responsible(party.kind, name, party.channel.replace("{department}", department_name), party.level)
