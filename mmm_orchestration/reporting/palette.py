"""The colours of the report: one set for the page, its figures and the pictures made of them.

Belongs here: colours. Light values are written into figures; the style sheet replaces them by the
dark ones where a reader prefers dark.
"""

from typing import Final

from mmm_orchestration.insight.results import RoiResults

INK: Final = "#17202a"
MUTED: Final = "#55606c"
GRID: Final = "#dde2e7"
BASE: Final = "#c3cbd3"
OTHER: Final = "#8793a0"
PAPER: Final = "#ffffff"
FIT: Final = "#6a51a3"

DARK: Final = {
    INK: "#e8ebee",
    MUTED: "#a3adb8",
    GRID: "#333b45",
    BASE: "#4a545f",
    OTHER: "#7d8894",
    PAPER: "#14181d",
    FIT: "#b09ae0",
    "#994455": "#c66a7c",
}

# Okabe and Ito's colour-blind-safe set with a darker yellow, and one dark red of Tol's.
CHANNEL_COLORS: Final = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#b8a800",
    "#994455",
)


def color_channels(results: RoiResults) -> dict[str, str]:
    """Channel -> colour, largest contribution first; channels beyond the eighth share one grey."""
    ranked = sorted(results.channels, key=lambda c: (-c.contribution.median, c.channel))
    names = [channel.channel for channel in ranked]
    colors = (*CHANNEL_COLORS, *[OTHER] * len(names))
    return dict(zip(names, colors, strict=False))
