"""Similar cases: milliseconds and memory with 50,000 petitions, and how alike the cases are decided.

A SQLite database of 50,000 invented petitions that a person decided on, each of a text of data/training and the
beginning of another: seconds until the index has read them, memory, milliseconds of processor time of a search. With
the real data: for dev orders of the hotline, nearest among its training orders, how often the best case had the order's
department, by similarity; and how many of the five nearest by the exact cosine are among the best 30 by sketch.

    python benchmarks/similar.py [--shared FOLDER] [--petitions 50000]
"""

from __future__ import annotations

import itertools
import json
import random
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from common import ROOT, Row, parser, read_real, save, table

from petition_nlp.embed.ngrams import NgramEmbedder, SparseMatrix
from petition_nlp.embed.sketch import nearest, sketches
from petition_nlp.route import Message
from petition_nlp.router import Router
from petition_nlp.text.document import prepare
from service.access.principal import SYSTEM
from service.petitions import similar
from service.petitions.similar import SimilarCases
from service.store import migrate
from service.store.database import Database
from service.store.tables import Entry, Petition, Suggestion
from service.store.tables.base import new_id, now

SEARCHES = 300
COMPARED = 30
BOUNDS = (0.0, 0.3, 0.4, 0.5, 0.7, 1.01)


def main() -> None:
    options = parser(__doc__, model=True)
    options.add_argument("--petitions", type=int, default=50_000)
    arguments = options.parse_args()
    embedder = Router.load(arguments.model, profile="fast").loaded.embedder
    figures: Row = {"speed": speed(embedder, arguments.petitions)}
    print(json.dumps(figures["speed"], indent=2))
    if (arguments.shared / "haikou12345.dev.jsonl").is_file():
        orders, known = (read_real(arguments.shared / f"haikou12345.{part}.jsonl") for part in ("dev", "train"))
        figures["quality"] = quality(embedder, with_department(orders), with_department(known))
        rows = [[name, *of] for name, of in figures["quality"]["by similarity of the best case"].items()]
        print(table(["similarity", "orders", "same department"], rows))
        print("five nearest among the best 30 by sketch:", figures["quality"]["found"])
    save("similar", figures, folder=arguments.results)


def speed(embedder: NgramEmbedder, number: int) -> Row:
    texts = invented(number + SEARCHES)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'similar.db'}")
        migrate.upgrade(database)
        fill(database, texts[:number])
        similar._REST = 0  # the rests between batches are for a service that has other things to do
        before = resident()
        cases = SimilarCases(database, lambda: embedder, number)
        began = time.process_time()
        read = cases.catch_up()
        reading, grown = time.process_time() - began, resident() - before
        times, found = [], 0
        for text in texts[number:]:
            began = time.process_time()
            found += len(cases.find(SYSTEM, Message(text)))
            times.append(1000 * (time.process_time() - began))
        database.close()
    arrays = cases._index._sketches.nbytes + cases._index._ids.nbytes
    return {
        "petitions": read,
        "processor seconds to read them": round(reading, 1),
        "MB of the index": round(arrays / 1e6, 1),
        "MB that the process grew by": round(grown, 1),
        "milliseconds of a search": {name: round(float(np.percentile(times, at)), 1) for name, at in PERCENTILES},
        "cases of a search": found / len(times),
    }


PERCENTILES = (("median", 50), ("95 %", 95), ("99 %", 99))


def invented(number: int) -> list[str]:
    """Different texts, each of one of data/training and the beginning of another."""
    rows = [json.loads(line)["text"] for path in sorted((ROOT / "data" / "training").glob("invented_*.jsonl"))
            for line in path.read_text(encoding="utf-8").splitlines()]  # fmt: skip
    chosen = random.Random(7)
    return [f"{chosen.choice(rows)}。{chosen.choice(rows)[:30]}" for _ in range(number)]


def fill(database: Database, texts: Sequence[str]) -> None:
    for part in batches(texts, 2000):
        with database.write() as session:
            for text in part:
                petition = decided(text)
                session.add(petition)
                session.flush()
                session.add(Entry(petition=petition.id, actor="a", actor_name="a", action="accepted", changes={}))


def batches(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (texts[start : start + size] for start in range(0, len(texts), size))


def decided(text: str) -> Petition:
    return Petition(
        id=new_id(), created_by="a", received=now(), text=text, suggestion=Suggestion(route={}), model="m",
        taxonomy="t", policy="p", matter="government", department="urban_management", co_departments=[],
        confidence=0.9, review=False, asked_review=True, review_reasons=[], sensitive=[], status="assigned",
        decided_by="person",
    )  # fmt: skip


def resident() -> float:
    """Most megabytes that the process has had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def with_department(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["department"]]


def quality(embedder: NgramEmbedder, orders: Sequence[Row], known: Sequence[Row]) -> Row:
    own, others = (embedded(embedder, rows) for rows in (orders, known))
    own_sketches, other_sketches = sketches(own), np.ascontiguousarray(sketches(others).T)
    bests, same, found = [], [], []
    for number, order in enumerate(orders):
        exact = cosines(own.row(number), others)
        top = np.argsort(-exact, kind="stable")[:5]
        top = top[exact[top] >= similar.LEAST]
        close = nearest(own_sketches[number], other_sketches, COMPARED)
        found += [case in close for case in top.tolist()]
        best = close[exact[close].argmax()]
        bests.append(float(exact[best]))
        same.append(known[best]["department"] == order["department"])
    at, right = np.array(bests), np.array(same)
    parts = [(f"{low} to {high}", (at >= low) & (at < high)) for low, high in itertools.pairwise(BOUNDS)]
    by = {name: [int(part.sum()), round(float(right[part].mean()), 3)] for name, part in parts if part.any()}
    return {"by similarity of the best case": by, "found": round(float(np.mean(found)), 3)}


def embedded(embedder: NgramEmbedder, rows: Sequence[Row]) -> SparseMatrix:
    return embedder.transform([prepare(row["text"]) for row in rows])


def cosines(own: SparseMatrix, others: SparseMatrix) -> np.ndarray:
    dense = np.zeros(own.columns, dtype=np.float32)
    dense[own.indices] = own.values
    begins = others.indptr[:-1].clip(max=len(others.indices) - 1)
    return np.asarray(np.add.reduceat(dense[others.indices] * others.values, begins) / 2)


if __name__ == "__main__":
    main()
