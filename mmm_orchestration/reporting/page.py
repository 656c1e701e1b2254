"""What every page shares: its templates, its style sheet and figures in two widths.

Belongs here: the frame of a page. Must not: what stands on one.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mmm_orchestration.reporting import palette
from mmm_orchestration.reporting.drawing import to_svg
from mmm_orchestration.reporting.figures import NARROW, WIDE

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Drawn:
    """A figure in both widths, what it shows in words, and its legend as (name, colour)."""

    wide: Markup
    narrow: Markup
    description: str
    legend: tuple[tuple[str, str], ...] = ()


@cache
def open_templates() -> Environment:
    """The templates; what is put into them is escaped, and a name without a value is an error."""
    return Environment(
        loader=PackageLoader("mmm_orchestration", "reporting/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_style() -> Markup:
    """The style sheet with the colours of the palette; no text of a user enters it."""
    names = {
        "ink": palette.INK,
        "muted": palette.MUTED,
        "grid": palette.GRID,
        "paper": palette.PAPER,
    }
    dark = {name: palette.DARK[color] for name, color in names.items()}
    sheet = open_templates().get_template("style.css.j2")
    return Markup(sheet.render(light=names, dark=dark, swaps=palette.DARK.items()))  # noqa: S704


def hash_style(style: Markup) -> str:
    """What the page's own security policy names its style sheet by."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def draw_twice(
    draw: "Callable[[float], Figure]",
    *,
    name: str,
    description: str,
    legend: tuple[tuple[str, str], ...] = (),
) -> Drawn:
    """The figure in both widths, with ids that no other figure of the page has."""
    wide, narrow = (
        to_svg(draw(width), name=f"{name}-{end}", description=description)
        for width, end in ((WIDE, "wide"), (NARROW, "narrow"))
    )
    return Drawn(wide, narrow, description, legend)
