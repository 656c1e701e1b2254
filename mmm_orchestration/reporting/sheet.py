"""A page of sentences, at most one figure, and tables: reviews and plans.

Belongs here: the frame. Must not: what stands on it.
"""

from dataclasses import dataclass

from mmm_orchestration.reporting.page import Drawn, hash_style, open_templates, render_style


@dataclass(frozen=True)
class SheetTable:
    """One table as text; `heads` are (name, class of the column)."""

    title: str
    about: str
    caption: str
    heads: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Sheet:
    """The page as text; the figure stands above the first table."""

    kind: str
    title: str
    window: str
    headline: str
    lede: str
    advice_title: str
    advice: tuple[str, ...]
    drawn: Drawn | None
    tables: tuple[SheetTable, ...]
    footer: str


def render_sheet(sheet: Sheet) -> str:
    """The page as self-contained HTML, the same for the same sheet."""
    style = render_style()
    page = open_templates().get_template("sheet.html.j2")
    return page.render(style=style, style_hash=hash_style(style), page=sheet)
