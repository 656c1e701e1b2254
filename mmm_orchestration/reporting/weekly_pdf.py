"""The weekly report as a PDF, one A4 page for each model, written without any system package.

Belongs here: where things stand on the page. Must not: what it says (see `weekly`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mmm_orchestration.reporting import palette
from mmm_orchestration.reporting.weekly import Card, ChannelRow, WeeklyPage, WeeklyReport

if TYPE_CHECKING:
    from fpdf import FPDF

_FONT: Final = "page"
_MARGIN: Final = 14.0
_A4: Final = (210.0, 297.0)
_GROWTHS: Final = (1.0, 1.1, 1.2, 1.35, 1.5, 1.75)
_ACCENT: Final = "#0b5c9c"
_WARN: Final = "#6f5500"
_PANEL: Final = "#f5f7f9"
_COLUMNS: Final = (0.14, 0.08, 0.31, 0.17, 0.30)


def render_pdf(report: WeeklyReport) -> bytes:
    """The PDF, byte for byte the same for the same report.

    A page that has more to say than an A4 sheet holds is a larger sheet of the same proportions,
    which printers scale down.
    """
    pdf = _open(report)
    for page in report.pages:
        growth = next(
            (g for g in _GROWTHS[:-1] if _fits(page, report=report, growth=g)), _GROWTHS[-1]
        )
        _draw_page(pdf, page, report=report, growth=growth)
    return bytes(pdf.output())


def _open(report: WeeklyReport) -> "FPDF":
    """An empty document."""
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        pdf.add_font(_FONT, style, _find_font(file))
    pdf.set_creation_date(datetime.combine(report.made_on, time(9), tzinfo=UTC))
    pdf.set_title(report.title)
    pdf.set_lang("en")
    pdf.set_margins(_MARGIN, 12, _MARGIN)
    pdf.set_auto_page_break(auto=True, margin=10)
    pdf.c_margin = 0
    return pdf


def _fits(page: WeeklyPage, *, report: WeeklyReport, growth: float) -> bool:
    """Whether all of the page stands on one sheet of that size."""
    trial = _open(report)
    _draw_page(trial, page, report=report, growth=growth)
    n_sheets = trial.page_no()
    trial.output()  # closes its fonts
    return n_sheets == 1


def _find_font(name: str) -> Path:
    """A font with the signs of all currencies, which comes with the library of the figures."""
    from matplotlib import get_data_path

    return Path(get_data_path()) / "fonts" / "ttf" / name


def _draw_page(pdf: "FPDF", page: WeeklyPage, *, report: WeeklyReport, growth: float) -> None:
    pdf.add_page(format=(growth * _A4[0], growth * _A4[1]))
    _write(pdf, f"Weekly media report · {page.title} · {report.name}", size=8, color=palette.MUTED)
    pdf.ln(1)
    _write(pdf, page.headline, size=15.5, style="B", height=6.8)
    pdf.ln(0.8)
    _write(pdf, page.lede, size=8.5, color=palette.MUTED, height=4.1)
    pdf.ln(3)
    _draw_cards(pdf, page.cards)
    if page.channels:
        _head(pdf, "Return by channel")
        _draw_channels(pdf, page)
    for title, lines in (
        ("What changed, and why", page.changes),
        ("Plan", page.plan),
        ("Data health", page.health),
    ):
        if lines:
            pdf.ln(1.8)
            _head(pdf, title)
            _draw_list(pdf, lines)
    pdf.ln(2)
    _rule(pdf)
    facts = " · ".join(f"{fact}: {value}" for fact, value in page.facts)
    _write(pdf, facts, size=6.5, color=palette.MUTED, height=3.2)


def _draw_cards(pdf: "FPDF", cards: Sequence[Card]) -> None:
    gap, top = 3.0, pdf.get_y()
    width = (pdf.epw - gap * (len(cards) - 1)) / len(cards)
    for i, card in enumerate(cards):
        left = _MARGIN + i * (width + gap)
        pdf.set_fill_color(_PANEL)
        pdf.rect(left, top, width, 19.5, style="F")
        pdf.set_fill_color(_ACCENT)
        pdf.rect(left, top, width, 0.7, style="F")
        pdf.set_xy(left + 2.5, top + 2)
        for text, size, style, color, height in (
            (card.label, 7.0, "", palette.MUTED, 4.0),
            (card.value, 13.0, "B", palette.INK, 6.8),
            (card.note, 6.8, "", palette.MUTED, 3.2),
        ):
            pdf.set_x(left + 2.5)
            _write(pdf, text, size=size, style=style, color=color, height=height, width=width - 4)
    pdf.set_xy(_MARGIN, top + 22.5)


def _draw_channels(pdf: "FPDF", page: WeeklyPage) -> None:
    axis = "94 % range" + (", line at 1" if page.one else "")
    _draw_cells(pdf, ("Channel", "Spend", "ROI", axis, "Verdict"), top=pdf.get_y(), is_head=True)
    pdf.ln(0.6)
    _rule(pdf)
    for row in page.channels:
        top = pdf.get_y() + 0.9
        roi = f"{row.roi.median} ({row.roi.span})" if row.roi else "none"
        end = _draw_cells(pdf, (row.name, row.spend, roi, "", _join_words(row)), top=top)
        if row.bar:
            _draw_bar(pdf, row.bar, one=page.one, y=top + 1.9)
        pdf.set_xy(_MARGIN, end + 0.7)
        _rule(pdf)
    for note in filter(None, (page.more_channels, page.noise)):
        _write(pdf, note, size=7, color=palette.MUTED)


def _join_words(row: ChannelRow) -> str:
    return f"{row.verdict} In doubt. {row.doubt}".strip() if row.doubt else row.verdict


def _draw_cells(pdf: "FPDF", texts: tuple[str, ...], *, top: float, is_head: bool = False) -> float:
    """One row of the table from `top`; where its tallest cell ends."""
    left, end = _MARGIN, top
    for i, (text, part) in enumerate(zip(texts, _COLUMNS, strict=True)):
        width = part * pdf.epw
        pdf.set_xy(left, top)
        color = palette.MUTED if is_head else palette.INK
        if "In doubt." in text and i == len(texts) - 1:
            color = _WARN
        _write(
            pdf,
            text,
            size=7 if is_head or i == len(texts) - 1 else 7.8,
            style="B" if i == 0 and not is_head else "",
            color=color,
            height=3.6,
            width=width - 2,
            align="R" if i in {1, 2} else "L",
        )
        end = max(end, pdf.get_y())
        left += width
    pdf.set_xy(_MARGIN, end)
    return end


def _draw_bar(pdf: "FPDF", bar: tuple[float, float, float], *, one: float | None, y: float) -> None:
    left, width = _MARGIN + sum(_COLUMNS[:3]) * pdf.epw, _COLUMNS[3] * pdf.epw - 5
    pdf.set_draw_color(palette.GRID)
    pdf.set_line_width(0.2)
    pdf.line(left, y, left + width, y)
    if one is not None:
        pdf.set_draw_color(palette.MUTED)
        pdf.line(left + one * width, y - 1.7, left + one * width, y + 1.7)
    low, median, high = (left + part * width for part in bar)
    pdf.set_draw_color(_ACCENT)
    pdf.set_line_width(0.8)
    pdf.line(low, y, high, y)
    pdf.set_fill_color(_ACCENT)
    pdf.circle(median, y, 1.0, style="F")


def _draw_list(pdf: "FPDF", lines: Sequence[str]) -> None:
    for line in lines:
        pdf.set_x(_MARGIN)
        _write(pdf, "–", size=8, width=4)
        pdf.set_xy(_MARGIN + 4, pdf.get_y() - 4)
        _write(pdf, line, size=8, height=4, width=pdf.epw - 4)


def _head(pdf: "FPDF", text: str) -> None:
    _write(pdf, text, size=10, style="B", height=5.2)


def _rule(pdf: "FPDF") -> None:
    pdf.set_draw_color(palette.GRID)
    pdf.set_line_width(0.2)
    pdf.line(_MARGIN, pdf.get_y(), _MARGIN + pdf.epw, pdf.get_y())
    pdf.ln(0.5)


def _write(
    pdf: "FPDF",
    text: str,
    *,
    size: float,
    style: str = "",
    color: str = palette.INK,
    height: float = 4.0,
    width: float | None = None,
    align: str = "L",
) -> None:
    """A text from the place of the pen, in lines of `height` mm; the pen goes below it."""
    pdf.set_font(_FONT, style, size)
    pdf.set_text_color(color)
    pdf.multi_cell(
        pdf.epw if width is None else width, height, text, align=align, new_x="LEFT", new_y="NEXT"
    )
