"""Merge the training files of the default model into one training and one calibration file.

Usage: python models/prepare_default.py SHARED_DATA OUT

SHARED_DATA holds the real, never committed files (the data sheet beside them names their origin); the invented
ones come from ``data/training``, as do the labels of further real messages (``readings.csv``, without their text).
Real text only ever reaches OUT, which the caller deletes.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

INVENTED = Path(__file__).resolve().parent.parent / "data" / "training"
LEFT_TO_PEOPLE = "other"
NO_CO_DEPARTMENT = "-"
NO_EMERGENCY = "none"
ONE_MATTER = "single"
REQUEST_TYPES = {"咨询", "求助", "投诉", "举报", "建议", "表扬"}

Row = dict[str, Any]


def rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def further_readings(texts: dict[str, str]) -> list[Row]:
    """Messages that were read by the guideline after the shared files were made: labels by id, text from ``texts``.

    Empty fields were not read.
    """
    with (INVENTED / "readings.csv").open(encoding="utf-8", newline="") as file:
        labelled = [{name: value for name, value in row.items() if value} for row in csv.DictReader(file)]
    return [{**row, "urgency": int(row["urgency"]), "text": texts[row["id"]]} for row in labelled]


def read_labels(row: Row) -> Row:
    """Labels of a row that was read by the guideline, its department apart."""
    labels = {"matter": row["matter"], "domain": "petition"}
    if row.get("urgency") in (0, 1):
        labels["emergency"] = NO_EMERGENCY
    if row.get("request_type") in REQUEST_TYPES:
        labels["request_type"] = row["request_type"]
    if "co_department" in row and row["matter"] != "unclear":
        labels["co_department"] = row["co_department"] or NO_CO_DEPARTMENT
    return labels


def dispatched(orders: list[Row], readings: list[Row]) -> Iterator[Row]:
    """Hotline orders with their real dispatch, and what readers said of the same orders."""
    by_id = {row["id"]: row for row in readings}
    for order in orders:
        labels = {**read_labels(by_id[order["id"]]), "several": ONE_MATTER} if order["id"] in by_id else {}
        if order["department"]:
            labels["department"] = order["department"]
        elif order["unit"]:
            labels["department"] = LEFT_TO_PEOPLE
        if labels:
            further = {"topic": order["topic"], "unit": order["unit"]}  # they help the encoder
            yield {"text": order["text"], "source": "hotline", **labels, **further}


def read_only(readings: list[Row], source: str) -> Iterator[Row]:
    """Messages that have no dispatch: their department is the readers'."""
    for row in readings:
        labels = read_labels(row)
        if row["matter"] != "unclear":
            labels["department"] = row["department"]
        yield {"text": row["text"], "source": source, **labels}


def letters(readings: list[Row], topics: list[Row], skip: set[str]) -> Iterator[Row]:
    """Letters to leaders, with their topic and what readers said; the topic helps the encoder."""
    topic_of = {row["id"]: row["topic7"] for row in topics}
    own = [row for row in readings if row["id"] not in skip]
    for row, labelled in zip(own, read_only(own, "letters"), strict=True):
        yield labelled | {"topic7": topic_of.get(row["id"], "")}


def invented(shared: Path) -> Iterator[Row]:
    """Messages that nobody sent: rare departments, 私事, contrast sets, unclear and outside texts."""
    for path in (shared / "invented.jsonl", shared / "contrast.jsonl", *sorted(INVENTED.glob("invented_*.jsonl"))):
        for row, labelled in zip(rows(path), read_only(rows(path), "invented"), strict=True):
            group = f"{path.stem} {row['group']}" if row.get("group") else ""
            yield {**labelled, "several": ONE_MATTER, "group": group}
    for row in rows(INVENTED / "several.jsonl"):
        yield {"text": row["text"], "source": "invented", "several": row["several"], "domain": "petition"}
    for row in rows(INVENTED / "review_tuning.jsonl"):
        if row["reason"] == "several_matters":
            yield {"text": row["text"], "source": "invented", "several": "several" if row["expected"] else ONE_MATTER}
    for row in (*rows(INVENTED / "unclear.jsonl"), *rows(INVENTED / "unclear_more.jsonl")):
        yield {"text": row["text"], "source": "invented", "matter": "unclear", "domain": "petition"}
    for row in rows(INVENTED / "emergency.jsonl"):
        yield {"text": row["text"], "source": "invented", "emergency": row["emergency"]}
    for row in rows(INVENTED / "outside.jsonl"):
        yield {"text": row["text"], "source": "invented", "matter": "unclear", "domain": "outside"}


def write(path: Path, content: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in content:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def training(shared: Path) -> Iterator[Row]:
    orders, topics = rows(shared / "haikou12345.train.jsonl"), rows(shared / "wenzheng.train.jsonl")
    texts = {row["id"]: row["text"] for row in (*orders, *topics, *rows(shared / "wenzheng.unlabelled.jsonl"))}
    readings = rows(shared / "matters.train.jsonl") + further_readings(texts)
    ordered = {row["id"] for row in orders}
    yield from dispatched(orders, readings)
    yield from letters(readings, topics, ordered)
    yield from read_only(rows(shared / "legal_questions.train.jsonl"), "legal")
    yield from invented(shared)


def main() -> None:
    shared, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    write(out / "train.jsonl", training(shared))
    calibration = dispatched(rows(shared / "haikou12345.calib.jsonl"), rows(shared / "matters.calib.jsonl"))
    write(out / "calib.jsonl", calibration)


if __name__ == "__main__":
    main()
