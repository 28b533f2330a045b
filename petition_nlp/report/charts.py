"""Options for ECharts, as plain data: bars, stacked bars, lines and heat maps that also read in black and white."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

Option = dict[str, Any]

PALETTE: Final = ("#0072b2", "#e69f00", "#56b4e9", "#7f7f7f", "#009e73", "#cc79a7", "#d55e00", "#f0e442")
"""Colours that people with colour-blindness tell apart (after Okabe and Ito)."""

_INK: Final = "#1d2733"
_QUIET: Final = "#5a6675"
_LINE: Final = "#d9dee5"
_BOUNDS: Final = {"outerBoundsMode": "same", "outerBoundsContain": "axisLabel", "outerBoundsClampWidth": "50%"}
_FONT: Final = '"Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif'
_SHADES: Final = ("#f4f6f9", "#cfdfee", "#92b9da", "#4a8cc2", "#0b5a94", "#08304f")


def bars(names: Sequence[str], values: Sequence[int], *, name: str) -> Option:
    """Horizontal bars, the first on top."""
    series = {
        "type": "bar",
        "name": name,
        "data": list(values),
        "barMaxWidth": 18,
        "label": {"show": True, "position": "right", "color": _INK},
    }
    return {
        **_base(),
        "grid": {"left": 8, "right": 70, "top": 8, "bottom": 8, **_BOUNDS},
        "xAxis": {**_value_axis(), "axisLabel": {"show": False}, "splitLine": {"show": False}},
        "yAxis": {**_category_axis(names), "inverse": True, "axisLabel": {"color": _INK, "interval": 0}},
        "series": [series],
    }


def stacked(labels: Sequence[str], series: Mapping[str, Sequence[int]]) -> Option:
    """Stacked columns over periods."""
    return {
        **_base(pattern=True),
        "legend": _legend(),
        "grid": _grid(),
        "xAxis": _category_axis(labels),
        "yAxis": _value_axis(),
        "series": [
            {"type": "bar", "name": name, "stack": "all", "data": list(values), "barMaxWidth": 40}
            for name, values in series.items()
        ],
    }


def lines(labels: Sequence[str], series: Mapping[str, Sequence[float | None]], *, top: float | None = None) -> Option:
    """Lines of shares over periods; each with its own mark, so that they can be told apart without colour."""
    marks = ("circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect", "emptyTriangle", "emptyDiamond")
    dashes = ("solid", "dashed", "dotted")
    return {
        **_base(percent=True),
        "legend": _legend(),
        "grid": _grid(),
        "xAxis": _category_axis(labels),
        "yAxis": {**_value_axis(), "format": "percent", **({"max": top} if top is not None else {})},
        "series": [
            {
                "type": "line",
                "name": name,
                "data": list(values),
                "symbol": marks[number % len(marks)],
                "symbolSize": 7,
                "lineStyle": {"width": 2, "type": dashes[number % len(dashes)]},
            }
            for number, (name, values) in enumerate(series.items())
        ],
    }


def heat_map(columns: Sequence[str], rows: Sequence[str], values: Sequence[Sequence[int]]) -> Option:
    """Counts by row and column; darker is more."""
    cells = [[x, y, n] for y, line in enumerate(values) for x, n in enumerate(line)]
    highest = max((n for line in values for n in line), default=0)
    return {
        **_base(),
        "grid": {"left": 8, "right": 12, "top": 8, "bottom": 56, **_BOUNDS},
        "xAxis": {**_category_axis(columns), "splitArea": {"show": False}},
        "yAxis": {**_category_axis(rows), "inverse": True, "axisLabel": {"color": _INK, "interval": 0}},
        "visualMap": {
            "min": 0,
            "max": max(highest, 1),
            "calculable": False,
            "orient": "horizontal",
            "left": "center",
            "bottom": 4,
            "itemHeight": 160,
            "itemWidth": 12,
            "text": ["多", "少"],
            "textStyle": {"color": _QUIET},
            "inRange": {"color": list(_SHADES)},
        },
        "series": [{"type": "heatmap", "data": cells, "itemStyle": {"borderColor": "#fff", "borderWidth": 1}}],
    }


def _base(*, percent: bool = False, pattern: bool = False) -> Option:
    return {
        "animation": False,
        "color": list(PALETTE),
        "textStyle": {"color": _INK, "fontFamily": _FONT},
        "tooltip": {"confine": True, "format": "percent" if percent else "count"},
        "aria": {"enabled": True, "decal": {"show": pattern}},
    }


def _legend() -> Option:
    return {"top": 0, "left": "center", "type": "plain", "textStyle": {"color": _INK}, "itemGap": 14}


def _grid() -> Option:
    return {"left": 8, "right": 16, "top": 44, "bottom": 8, **_BOUNDS}


def _category_axis(names: Sequence[str]) -> Option:
    return {
        "type": "category",
        "data": list(names),
        "axisTick": {"show": False},
        "axisLine": {"lineStyle": {"color": _LINE}},
        "axisLabel": {"color": _QUIET, "hideOverlap": True},
    }


def _value_axis() -> Option:
    return {"type": "value", "splitLine": {"lineStyle": {"color": _LINE}}, "axisLabel": {"color": _QUIET}}
