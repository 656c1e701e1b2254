"""What every page shares: the templates and the style sheet.

Belongs here: how a page is made. Must not: what stands on one.
"""

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mmm_orchestration.reporting import palette


@cache
def get_environment() -> Environment:
    """The templates of `reporting`, which escape what they are given."""
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
    sheet = get_environment().get_template("style.css.j2")
    return Markup(sheet.render(light=names, dark=dark, swaps=palette.DARK.items()))  # noqa: S704


def hash_style(style: Markup) -> str:
    """What the content security policy of a page names its style sheet by."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
