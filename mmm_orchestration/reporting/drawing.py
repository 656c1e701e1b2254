"""How figures become SVG for the page and small PNGs for metadata, alike on every run.

Belongs here: the style all figures share and the way out of matplotlib, which is imported inside
the functions. Must not: what a figure shows.
"""

import base64
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

from markupsafe import Markup

from mmm_orchestration.errors import MmmError
from mmm_orchestration.reporting.palette import BASE, GRID, INK, MUTED, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

_STYLE: "Final[dict[RcKeyType, object]]" = {
    "axes.axisbelow": True,
    "axes.edgecolor": BASE,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "path.simplify": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "mmm",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.major.size": 3,
    "ytick.color": MUTED,
    "ytick.major.size": 0,
}
_METADATA: Final = ("Creator", "Date", "Format", "Type")
_RESOLUTIONS: Final = (110, 90, 72, 60, 48, 36)
_NUMBER = re.compile(r"-?\d+\.\d+")
_REFERENCE = re.compile(r"#([\w-]+)")


@contextmanager
def use_style() -> Iterator[None]:
    """The shared style while figures are drawn and saved; names of any script are accepted."""
    import matplotlib as mpl  # a third of a second to import

    with warnings.catch_warnings(), mpl.rc_context(_STYLE):
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def to_svg(figure: "Figure", *, name: str, description: str) -> Markup:
    """`figure` as one `<svg>` element to stand in a page.

    Text stays text, ids start with `name`, styles are attributes so that a page may forbid inline
    styles, and `description` is what a screen reader says.
    """
    buffer = io.BytesIO()
    with use_style():
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(_METADATA))
    root = ElementTree.fromstring(buffer.getvalue())  # noqa: S314 - written by the line above
    _drop_parts(root)
    used = {ref for element in root.iter() for ref in _find_references(element)}
    for element in root.iter():
        _clean(element, prefix=name, used=used)
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)
    root.set("role", "img")
    root.set("aria-label", description)
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704 - serialised XML


def to_png_markdown(figure: "Figure", *, max_bytes: int = 50_000, alt: str = "figure") -> str:
    """`figure` as Markdown with a PNG inside, at the best resolution that fits in `max_bytes`.

    Raises MmmError where none fits.
    """
    label = re.sub(r"[^\w ,.:%-]", " ", alt)
    for dots_per_inch in _RESOLUTIONS:
        buffer = io.BytesIO()
        with use_style():
            figure.savefig(
                buffer,
                format="png",
                dpi=dots_per_inch,
                facecolor=PAPER,
                metadata={"Software": None},
                pil_kwargs={"optimize": True},
            )
        encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
        text = f"![{label}](data:image/png;base64,{encoded})"
        if len(text) < max_bytes:
            return text
    raise MmmError(
        f"The figure '{label}' does not fit in {max_bytes:,} bytes", fix="Draw it smaller"
    )


def _drop_parts(root: ElementTree.Element) -> None:
    """Removes the style sheet and the metadata that would reach beyond the figure."""
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in {"metadata", "style"}:
                parent.remove(child)


def _clean(element: ElementTree.Element, *, prefix: str, used: set[str]) -> None:
    """Plain tags and attributes, rounded coordinates, and ids that only this figure has."""
    element.tag = _local(element.tag)
    attributes = {_local(key): value for key, value in element.attrib.items()}
    styles = attributes.pop("style", "")
    for part in filter(None, (piece.strip() for piece in styles.split(";"))):
        key, _, value = part.partition(":")
        if element.tag != "text" or key not in {"font", "font-family"}:
            attributes[key] = value.strip()
    if attributes.get("id") not in used:
        attributes.pop("id", None)
    for key, value in attributes.items():
        shown = value
        if key in {"d", "x", "y", "width", "height", "transform", "viewBox", "points"}:
            shown = _NUMBER.sub(_round, " ".join(value.split()))
        if key == "id":
            shown = f"{prefix}-{value}"
        elif key == "href" or "url(#" in value:
            shown = _REFERENCE.sub(rf"#{prefix}-\1", value)
        attributes[key] = shown
    element.attrib.clear()
    element.attrib.update(attributes)
    if element.tag not in {"text", "tspan"}:
        element.text = None
    element.tail = None


def _find_references(element: ElementTree.Element) -> list[str]:
    """The ids that `element` refers to, by link or by url()."""
    found: list[str] = []
    for key, value in element.attrib.items():
        if _local(key) == "href" or "url(#" in value:
            found += _REFERENCE.findall(value)
    return found


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _round(match: re.Match[str]) -> str:
    return f"{float(match.group()):.1f}".removesuffix(".0")
