"""Line charts as inline SVG: small pure functions from points to markup, coloured by the page's styles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

Point = tuple[float, float]

_WIDTH: Final = 340
_HEIGHT: Final = 280
_LEFT: Final = 50
_RIGHT: Final = 14
_TOP: Final = 14
_BOTTOM: Final = 46
_TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_STEPS: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Axes:
    """A plot of shares: x from 0 to 1, y from 0 to ``top``.

    :param label: what a reader who does not see the chart is told.
    """

    x_title: str
    y_title: str
    label: str
    top: float = 1.0

    def place(self, point: Point) -> Point:
        """Where a point stands on the drawing."""
        x, y = point
        return (
            _LEFT + x * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - min(y / self.top, 1.0) * (_HEIGHT - _TOP - _BOTTOM),
        )


def reliability_plot(points: Sequence[Point]) -> str:
    """Share of right answers over mean confidence, one mark per bin; the diagonal is perfect calibration."""
    axes = Axes("模型给出的把握", "实际正确的比例", _reading("可靠性曲线", points))
    marks = "".join(_dot(axes, point) for point in points)
    return _drawing(axes, _line(axes, [(0, 0), (1, 1)], "ideal") + _line(axes, points, "curve") + marks)


def risk_coverage_plot(points: Sequence[Point], *, risks: Sequence[float]) -> str:
    """Error rate of the surest share of rows, with a dashed line at each tolerated error rate."""
    highest = max([y for _, y in points] + list(risks), default=1.0)
    top = next(step for step in _STEPS if step >= min(highest, 1.0))
    axes = Axes("按把握从高到低，自动分拨的比例", "其中错误的比例", _reading("风险—覆盖曲线", points), top)
    limits = "".join(_limit(axes, risk, below=risk < max(risks)) for risk in risks)
    return _drawing(axes, _line(axes, points, "curve") + limits)


def _reading(name: str, points: Sequence[Point]) -> str:
    if not points:
        return f"{name}：没有数据"
    (first_x, first_y), (last_x, last_y) = points[0], points[-1]
    return f"{name}，从（{first_x:.0%}，{first_y:.0%}）到（{last_x:.0%}，{last_y:.0%}）"


def _drawing(axes: Axes, content: str) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(axes.label)}">'
        f"{_frame(axes)}{content}</svg>"
    )


def _frame(axes: Axes) -> str:
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    centre = (_TOP + _HEIGHT - _BOTTOM) / 2
    parts = []
    for tick in _TICKS:
        x, bottom = axes.place((tick, 0.0))
        _, y = axes.place((0.0, tick * axes.top))
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>')
        parts.append(_text(_LEFT - 6, y + 4, _tick(tick * axes.top), "end"))
        parts.append(_text(x, bottom + 16, _tick(tick), "middle"))
    parts.append(_text(middle, _HEIGHT - 8, axes.x_title, "middle", "title"))
    turned = f' transform="rotate(-90 12 {centre:.0f})"'
    parts.append(_text(12, centre, axes.y_title, "middle", "title", turned))
    return "".join(parts)


def _tick(value: float) -> str:
    return f"{value * 100:.4g}%"


def _limit(axes: Axes, risk: float, *, below: bool) -> str:
    x, y = axes.place((1.0, risk))
    label = _text(x - 2, y + (12 if below else -4), f"错误率 {risk * 100:.3g}%", "end", "limit")
    return _line(axes, [(0, risk), (1, risk)], "limit") + label


def _line(axes: Axes, points: Sequence[Point], kind: str) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(axes.place, points))
    return f'<polyline class="{kind}" points="{places}"/>'


def _dot(axes: Axes, point: Point) -> str:
    x, y = axes.place(point)
    return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'


def _text(x: float, y: float, text: str, anchor: str, kind: str = "tick", extra: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{escape(text)}</text>'
