"""The figures, as SVG for the page and as small pictures."""

import re
from collections.abc import Callable
from typing import Final
from xml.etree.ElementTree import Element, fromstring

import numpy as np
import pytest

from mmm_orchestration.errors import MmmError
from mmm_orchestration.insight.results import RoiResults
from mmm_orchestration.reporting import figures
from mmm_orchestration.reporting.palette import CHANNEL_COLORS, OTHER, color_channels

from .sample import make_results

pytestmark = pytest.mark.unit
DRAWINGS: Final = (
    figures.draw_roi,
    figures.draw_shares,
    figures.draw_carry_over,
    figures.draw_contributions,
    figures.draw_fit,
)
HOSTILE: Final = ("<script>alert(1)</script>", 'a"onload="x', "$x^2$ & </svg>", "_private", "日本")


def _parse(svg: str) -> Element:
    return fromstring(svg)  # noqa: S314 - drawn by the code under test


@pytest.mark.parametrize("draw", DRAWINGS)
@pytest.mark.parametrize("width", [figures.WIDE, figures.NARROW])
def test_svg_is_plain_and_repeatable(draw: Callable[..., object], width: float) -> None:
    """An SVG has no style, script or address, speaks its description and never changes."""
    svgs = [
        figures.to_svg(draw(make_results(), width=width), name="f", description='so "it" is')
        for _ in range(2)
    ]
    assert svgs[0] == svgs[1]
    assert not re.search(r"style=|<style|<script|http|<metadata", svgs[0])
    assert _parse(svgs[0]).get("aria-label") == 'so "it" is'


def test_svg_keeps_text_as_text() -> None:
    """The names of the channels can be read and searched in the figure."""
    svg = figures.to_svg(figures.draw_roi(make_results()), name="roi", description="")
    texts = {element.text for element in _parse(svg).iter("text")}
    assert {"paid_search", "tv", "linkedin"} <= texts
    assert "newsletter" not in texts


def test_ids_start_with_the_name_and_resolve() -> None:
    """Two figures of a page share no id, and every reference points into its own figure."""
    for name in ("a", "b"):
        svg = figures.to_svg(figures.draw_fit(make_results()), name=name, description="")
        ids = set(re.findall(r' id="([^"]+)"', svg))
        references = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg))
        assert ids
        assert all(found.startswith(f"{name}-") for found in ids)
        assert {first or second for first, second in references} == ids


@pytest.mark.parametrize("draw", DRAWINGS[:3])
def test_hostile_names_are_shown_as_text(draw: Callable[..., object]) -> None:
    """Names that look like markup or formulas are text of the figure."""
    results = make_results(names=HOSTILE)
    svg = figures.to_svg(draw(results, width=figures.WIDE), name="f", description="")
    texts = {element.text for element in _parse(svg).iter("text")}
    assert set(HOSTILE) <= texts


@pytest.mark.parametrize("draw", DRAWINGS)
@pytest.mark.parametrize(
    "results",
    [make_results(), make_results(names=tuple(map(str, range(30))), n_periods=1095, period_days=1)],
    ids=["eight", "thirty"],
)
def test_png_is_small(draw: Callable[..., object], results: RoiResults) -> None:
    """A picture for metadata stays below 50 kB, also with thirty channels and daily data."""
    text = figures.to_png_markdown(draw(results, width=figures.WIDE))
    assert text.startswith("![figure](data:image/png;base64,")
    assert len(text) < 50_000


def test_png_that_cannot_fit_is_refused() -> None:
    """A limit below any resolution is an error that names it."""
    with pytest.raises(MmmError, match="does not fit in 100 bytes"):
        figures.to_png_markdown(figures.draw_roi(make_results()), max_bytes=100)


def test_stacked_layers_add_up_to_the_fit() -> None:
    """The bands sum to the mean fit, also where small channels share one band."""
    results = make_results(names=tuple(f"c{i}" for i in range(30)))
    layers = figures.stack_layers(results)
    assert [layers[0].name, layers[-1].name] == ["baseline", "22 other channels"]
    np.testing.assert_allclose(sum(layer.value for layer in layers), results.series.fit)


def test_colors_follow_the_size_of_contributions() -> None:
    """The eight largest channels have a colour of their own and the others share grey."""
    results = make_results(names=tuple(f"c{i:02}" for i in range(10)))
    colors = color_channels(results)
    assert sorted(colors.values()) == sorted((*CHANNEL_COLORS, OTHER, OTHER))
    assert colors["c00"] == CHANNEL_COLORS[0]


def test_curve_is_dashed_beyond_what_was_observed() -> None:
    """The solid line ends where observation ends and a dashed one goes on from there."""
    results = make_results()
    curve = results.curves[0]
    solid, dashed = figures.draw_curve(curve, results).axes[0].get_lines()[:2]
    assert max(solid.get_xdata()) <= curve.observed_max
    assert dashed.get_linestyle() == "--"
    assert min(dashed.get_xdata()) == max(solid.get_xdata())
    assert max(dashed.get_xdata()) == curve.level[-1]


def test_long_names_keep_both_ends() -> None:
    """A long name is cut in its middle and control characters become blanks."""
    assert figures.shorten("campaign_group_number_9", length=11) == "campa…ber_9"
    assert figures.shorten("a\x00b", length=11) == "a b"
