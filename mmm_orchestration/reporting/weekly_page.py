"""The weekly report as one HTML page that needs nothing beside itself.

Belongs here: its template and style. Must not: what it says (see `weekly`).
"""

from markupsafe import Markup

from mmm_orchestration.reporting import palette
from mmm_orchestration.reporting.page import hash_style, open_templates
from mmm_orchestration.reporting.weekly import WeeklyReport


def render_weekly(report: WeeklyReport) -> str:
    """The HTML, byte for byte the same for the same report; every text is escaped."""
    sheet = open_templates().get_template("weekly.css.j2")
    colors = {"ink": palette.INK, "muted": palette.MUTED, "grid": palette.GRID}
    style = Markup(sheet.render(colors))  # noqa: S704 - of the palette alone
    page = open_templates().get_template("weekly.html.j2")
    return page.render(report=report, style=style, style_hash=hash_style(style))
