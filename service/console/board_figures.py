"""The board's charts with their tables, from what the API answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from petition_nlp.taxonomy import Taxonomy
from service.console.board_tables import (
    MOST_BARS,
    Cell,
    Figure,
    chart,
    heat,
    label,
    named,
    number,
    rate,
    rate_text,
    series,
    table,
)
from service.console.texts import board as texts
from service.console.wording import number_text

Answer = Mapping[str, Any]

_OTHER: Final = "other"


def volume(found: Answer) -> Figure:
    """Petitions by day, week or month, and by matter.

    :param found: a series.
    """
    own, items = texts.FIGURES["volume"], found["items"]
    step = texts.UNITS[found["by"]]
    matters = [*_matters(items), *_without_matter(items)]
    rows = [
        [
            label(item["period"]),
            number(item["counts"]["petitions"]),
            *(number(counts[place]) for _, _, counts in matters),
        ]
        for place, item in enumerate(items)
    ]
    most = max(items, key=lambda item: item["counts"]["petitions"])
    whole = found["total"]["counts"]["petitions"]
    names = texts.SEPARATOR.join(
        texts.SHARED.format(name=name, n=number_text(sum(counts)), share=rate_text(sum(counts) / whole))
        for _, name, counts in matters
    )
    says = own["says"].format(
        step=step,
        total=number_text(whole),
        most=most["period"],
        n=number_text(most["counts"]["petitions"]),
        matters=names,
    )
    columns = [*own["columns"], *(name for _, name, _ in matters)]
    parts = [series(name, counts, code) for code, name, counts in matters]
    drawn = chart("columns", [item["period"] for item in items], parts)
    note = own["note"].format(step=step, matters=names)
    return Figure(note, says, own["empty"], table("volume", rows, columns), drawn if whole else None)


def week(found: Answer) -> Figure:
    """Means by weekday and hour."""
    own, items = texts.FIGURES["week"], found["items"]
    means = [[round(n / item["days"], 1) if item["days"] else 0 for n in item["petitions"]] for item in items]
    day, hour = max(
        ((day, hour) for day in range(len(means)) for hour in range(24)), key=lambda place: means[place[0]][place[1]]
    )
    name, days, of_hour, mean = own["columns"]
    hours = [of_hour.format(hour=hour) for hour in range(24)]
    rows = [
        [
            label(item["name"]),
            number(item["days"]),
            *map(number, row),
            number(round(sum(item["petitions"]) / item["days"], 1) if item["days"] else 0),
        ]
        for item, row in zip(items, means, strict=True)
    ]
    says = own["says"].format(day=items[day]["name"], hour=hour, n=means[day][hour])
    drawn = heat(own["unit"], [item["name"] for item in items], [str(hour) for hour in range(24)], means)
    there = means[day][hour] > 0
    return Figure(
        own["note"], says, own["empty"], table("week", rows, [name, days, *hours, mean]), drawn if there else None
    )


def departments(found: Answer, taxonomy: Taxonomy) -> Figure:
    """Petitions by department and matter."""
    own = texts.FIGURES["departments"]
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item in found["by_matter_and_department"]:
        name = item["department"]["name"] if item["department"] else texts.UNKNOWN
        counts[name][item["matter"]["code"] if item["matter"] else ""] += item["count"]
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1].total(), entry[0]))
    matters = [(code, matter.name) for code, matter in taxonomy.matters.items()] + [("", texts.UNKNOWN)]
    used = [(code, name) for code, name in matters if any(by_matter[code] for _, by_matter in ranked)]
    rows = [
        [
            label(name),
            number(by_matter.total()),
            rate(by_matter.total() / found["petitions"]),
            *(number(by_matter[code]) for code, _ in used),
        ]
        for name, by_matter in ranked
    ]
    shown = ranked[:MOST_BARS]
    parts = [series(name, [by_matter[code] for _, by_matter in shown], code or _OTHER) for code, name in used]
    return Figure(
        own["note"].format(n=MOST_BARS),
        own["says"].format(names=named([(name, by_matter.total()) for name, by_matter in ranked])),
        own["empty"],
        table("departments", rows, [*own["columns"], *(name for _, name in used)]),
        chart("bars", [name for name, _ in shown], parts) if ranked else None,
    )


def districts(found: Answer) -> Figure:
    """Petitions by district."""
    rows = [(item["district"] or texts.NO_PLACE, item["count"]) for item in found["by_district"]["items"]]
    return _ranked("districts", rows, found["by_district"]["rest"], found["petitions"])


def channels(found: Answer) -> Figure:
    """Petitions by channel."""
    rows = [(item["channel"] or texts.NO_CHANNEL, item["count"]) for item in found["by_channel"]["items"]]
    return _ranked("channels", rows, found["by_channel"]["rest"], found["petitions"])


def communities(found: Answer) -> Figure:
    """Petitions by community."""
    own, answer = texts.FIGURES["communities"], found["by_community"]
    rows = [
        [label(item["community"]), label(item["street"] or ""), label(item["district"] or ""), number(item["count"])]
        for item in answer["items"]
    ]
    if answer["rest"]:
        rows.append([label(texts.REST), label(""), label(""), number(answer["rest"])])
    counts = [(item["community"], item["count"]) for item in answer["items"]]
    return Figure(
        own["note"].format(n=MOST_BARS),
        own["says"].format(names=named(counts)),
        own["empty"],
        table("communities", rows),
        _bars(counts, own["columns"][3]) if counts else None,
    )


def review(found: Answer) -> Figure:
    """The share that people see, and how often they agree, by month."""
    return _months("review", found, ("review", "agreement"), ("petitions", "to_people", "decided", "agreed"), 2)


def dispatch(found: Answer) -> Figure:
    """First dispatches that stayed, and returns, by month."""
    shares = ("first_dispatch_precision", "returned")
    return _months("dispatch", found, shares, ("dispatched", "redirected", "returned"), 2)


def deadlines(found: Answer) -> Figure:
    """What was closed in time, closed late, and is overdue, by month."""
    own, items = texts.FIGURES["deadlines"], _since_the_first(found["items"])
    counts = [_kept(item["counts"]) for item in items]
    rows = [
        [label(item["period"]), *map(number, kept), rate(item["shares"]["in_time"])]
        for item, kept in zip(items, counts, strict=True)
    ]
    columns = list(zip(*counts, strict=True))
    in_time, late, overdue = (sum(column) for column in columns)
    parts = [series(name, data, code) for name, data, code in zip(own["names"], columns, "124", strict=True)]
    return Figure(
        own["note"],
        own["says"].format(in_time=number_text(in_time), late=number_text(late), overdue=number_text(overdue)),
        own["empty"],
        table("deadlines", rows),
        chart("columns", [item["period"] for item in items], parts) if in_time + late + overdue else None,
    )


def units(found: Answer) -> Figure:
    """What units sent back, and how long they take."""
    own, items = texts.FIGURES["units"], found["items"]
    rows = [_unit(item) for item in items]
    returned = sorted(
        ((item["name"], item["returned"]) for item in items if item["returned"]), key=lambda each: (-each[1], each[0])
    )
    return Figure(
        own["note"].format(n=MOST_BARS),
        own["says"].format(names=named(returned)),
        own["no_chart"] if items else own["empty"],
        table("units", rows),
        _bars(returned, own["names"][0]) if returned else None,
    )


def corrections(found: Answer) -> Figure:
    """Between which departments petitions were moved."""
    own, names = texts.FIGURES["corrections"], [item["name"] for item in found["departments"]]
    moves = [
        (before, after, found["matrix"][y][x])
        for y, before in enumerate(names)
        for x, after in enumerate(names)
        if found["matrix"][y][x]
    ]
    moves.sort(key=lambda move: -move[2])
    pairs = [own["pair"].format(before=before, after=after, n=number_text(n)) for before, after, n in moves[:3]]
    note = own["note"].format(total=number_text(found["total"]))
    if found["elsewhere"]:
        note += own["elsewhere"].format(elsewhere=number_text(found["elsewhere"]))
    return Figure(
        note,
        own["says"].format(total=number_text(found["total"]), names=texts.SEPARATOR.join(pairs)),
        own["empty"],
        table("corrections", [[label(before), label(after), number(n)] for before, after, n in moves]),
        heat(own["unit"], names, names, found["matrix"]) if moves else None,
    )


def _matters(items: Sequence[Answer]) -> list[tuple[str, str, list[int]]]:
    """Code, name and count in each period of the matters that there are."""
    columns = [[item["by_matter"][place] for item in items] for place in range(len(items[0]["by_matter"]))]
    counted = [(column[0]["code"], column[0]["name"], [each["count"] for each in column]) for column in columns]
    return [each for each in counted if any(each[2])]


def _without_matter(items: Sequence[Answer]) -> list[tuple[str, str, list[int]]]:
    counts = [item["counts"]["petitions"] - sum(each["count"] for each in item["by_matter"]) for item in items]
    return [(_OTHER, texts.UNKNOWN, counts)] if any(counts) else []


def _ranked(name: str, counts: Sequence[tuple[str, int]], rest: int, whole: int) -> Figure:
    own = texts.FIGURES[name]
    rows = [[label(each), number(n), rate(n / whole)] for each, n in counts]
    if rest:
        rows.append([label(texts.REST), number(rest), rate(rest / whole)])
    drawn = _bars(counts, own["columns"][1]) if counts else None
    return Figure(own["note"], own["says"].format(names=named(counts)), own["empty"], table(name, rows), drawn)


def _bars(counts: Sequence[tuple[str, int]], name: str) -> dict[str, Any]:
    shown = counts[:MOST_BARS]
    return chart("bars", [each for each, _ in shown], [series(name, [n for _, n in shown])])


def _months(name: str, found: Answer, shares: tuple[str, str], counts: Sequence[str], before: int) -> Figure:
    """Two shares by month.

    :param before: how many of the counts stand before the first share.
    """
    own, items = texts.FIGURES[name], _since_the_first(found["items"])
    rows: list[list[Cell]] = []
    for item in items:
        cells = [number(item["counts"][count]) for count in counts]
        first, second = (rate(item["shares"][share]) for share in shares)
        rows.append([label(item["period"]), *cells[:before], first, *cells[before:], second])
    data = [[item["shares"][share] for item in items] for share in shares]
    latest = [
        texts.PERCENT_NOW.format(name=each, period=item["period"], value=rate_text(item["shares"][share]))
        for each, share in zip(own["names"], shares, strict=True)
        for item in [item for item in items if item["shares"][share] is not None][-1:]
    ]
    parts = [series(each, values, code) for each, values, code in zip(own["names"], data, "14", strict=True)]
    return Figure(
        own["note"],
        own["says"].format(latest=texts.SENTENCES.join(latest)),
        own["empty"],
        table(name, rows),
        chart("lines", [item["period"] for item in items], parts) if latest else None,
    )


def _since_the_first(items: Sequence[Answer]) -> Sequence[Answer]:
    """Without the months before anything came in; the last month in any case."""
    empty = next((n for n, item in enumerate(items) if item["counts"]["petitions"]), len(items) - 1)
    return items[empty:]


def _kept(counts: Mapping[str, int]) -> tuple[int, int, int]:
    return counts["in_time"], counts["closed"] - counts["in_time"], counts["overdue"]


def _unit(item: Answer) -> list[Cell]:
    median = item["median_working_days"]
    return [
        label(item["name"]),
        number(item["dispatched"]),
        number(item["returned"]),
        rate(item["return_share"]),
        number(item["closed"]),
        Cell(texts.PAGE["none"], None) if median is None else number(median),
        number(item["overdue"]),
    ]
