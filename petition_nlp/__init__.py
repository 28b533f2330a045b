"""Routes residents' messages: 事项类别, 责任部门, confidence and review.

>>> from petition_nlp import Router
>>> Router.load().route(["小区门口烧烤摊每晚油烟扰民，物业不管"])[0].department.name  # doctest: +SKIP
'城市管理综合执法部门'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from petition_nlp.route import Message, Route
    from petition_nlp.router import Router

__version__ = "0.1.0"
__all__ = ["Message", "Route", "Router", "__version__"]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used, so that ``import petition_nlp`` is quick."""
    if name == "Router":
        from petition_nlp.router import Router

        return Router
    if name in ("Message", "Route"):
        from petition_nlp import route

        return getattr(route, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
