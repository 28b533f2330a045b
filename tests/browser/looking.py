"""Looks at pages as people do: what keeps someone out, and how it all looks."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

THEMES = ("light", "dark")
SIZES = ((1366, 768), (360, 740))
_AXE = Path(__file__).parent / "vendor" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_RUN = """async rules => {
  const found = await axe.run(document, {runOnly: {type: 'tag', values: rules}});
  return found.violations.flatMap(one => one.nodes.map(node => `${one.id}: ${one.help}: ${node.target.join(' ')} ${
    node.any.concat(node.all).map(check => check.message).join('; ')}`));
}"""


def accessible(page: Page) -> None:
    """Check that the page keeps WCAG 2.2 AA, in both themes; what is fading in would be too pale."""
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        if not page.evaluate("'axe' in window"):
            page.evaluate(_axe())
        found = page.evaluate(_RUN, _RULES)
        assert not found, "\n".join([theme, *found])
    page.emulate_media(color_scheme="light")


@cache
def _axe() -> str:
    return _AXE.read_text(encoding="utf-8")


class Artefacts:
    """Saves pictures of pages in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, page: Page, name: str) -> None:
        """The page in both themes and sizes, as ``NAME-light-1366.png``."""
        before = page.viewport_size
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{width} is too narrow"
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                page.screenshot(path=self._folder / f"{name}-{theme}-{width}.png", full_page=width < 800)
        page.emulate_media(color_scheme="light")
        if before is not None:
            page.set_viewport_size(before)
