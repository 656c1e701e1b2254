"""The page as a whole."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from mmm_orchestration.insight.results import RoiResults
from mmm_orchestration.reporting.format import format_money, format_percent, format_ratio
from mmm_orchestration.reporting.report import MAX_FINDINGS, render_report

from .sample import CHANNELS, DOUBT, make_findings, make_results, make_truth

pytestmark = pytest.mark.unit
HOSTILE = ("<script>alert(1)</script>", "a\"onload='x'", "{{ 7 * 7 }}", "]]></svg><b>", "&lt;i&gt;")
VOID = {"meta", "link", "br", "img", "rect", "path", "use"}


class Page(HTMLParser):
    """The tags, attributes and text of a page; counts unclosed elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element and that it is open."""
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        """Closes the element that is open."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Adds to the text."""
        self.text += f" {data}"


def cut(text: str, *, first: str, last: str) -> str:
    """The part of `text` after `first` and before the next `last`."""
    return text.partition(first)[2].partition(last)[0]


@pytest.fixture(scope="module")
def results() -> RoiResults:
    """Eight channels over 156 weeks."""
    return make_results()


@pytest.fixture(scope="module")
def html(results: RoiResults) -> str:
    """The page with findings and truth."""
    return render_report(results, findings=make_findings(), truth=make_truth(results))


def test_page_needs_nothing_from_outside(html: str) -> None:
    """The page holds no address, script or style attribute, and its policy forbids the rest."""
    page = Page(html)
    assert not re.search(r"https?:|//[a-z]|@import|javascript:", html)
    assert not page.tags & {"script", "iframe", "object", "embed", "base", "form", "img"}
    assert not {a for a in page.attributes if a.startswith("on") or a in {"src", "style"}}
    assert "default-src 'none'" in html


def test_policy_allows_exactly_the_style_of_the_page(html: str) -> None:
    """The hash in the policy is that of the style sheet."""
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in html


def test_page_is_well_formed(html: str) -> None:
    """Every element is closed and every id stands once."""
    page = Page(html)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_same_input_gives_the_same_bytes(html: str) -> None:
    """A second rendering of equal input is byte for byte the same."""
    again = make_results()
    assert render_report(again, findings=make_findings(), truth=make_truth(again)) == html


def test_numbers_come_from_the_results(html: str, results: RoiResults) -> None:
    """Spend, ROI, marginal ROI and share of every channel stand on the page."""
    text = Page(html).text
    for channel in results.channels:
        assert channel.channel in text
        assert format_percent(channel.share.median) in text
        assert format_money(channel.contribution.median, currency="GBP") in text
        if channel.roi and channel.marginal_roi:
            assert format_ratio(channel.roi).span in text
            assert format_ratio(channel.marginal_roi).span in text


def test_changed_results_change_the_page(html: str, results: RoiResults) -> None:
    """Another R² and another seed are shown instead of the first ones."""
    other = replace(
        results,
        fit=replace(results.fit, r2=0.4321),
        provenance=replace(results.provenance, seed=987_654_321),
    )
    page = render_report(other, findings=[])
    assert "0.43" in page
    assert "987654321" in page
    assert "987654321" not in html


def test_provenance_is_named(html: str, results: RoiResults) -> None:
    """Data version, model version, seed, days and code stand on the page."""
    p = results.provenance
    for fact in (p.snapshot, p.model_version, str(p.seed), p.trained_through, p.code_version):
        assert fact in html
    assert "gold_media_daily v412" in html


def test_doubts_stand_beside_the_numbers(html: str) -> None:
    """A doubt is said on the first screen, in the table and under both curves."""
    assert html.count(DOUBT) == 1 + 2 + 2


def test_channel_without_roi_is_explained(html: str) -> None:
    """A channel without spend has words where its ROI would stand."""
    row = cut(html, first=">newsletter</th>", last="</tr>")
    assert "No spend is recorded, so there is no ROI." in row
    assert row.count("<span>none</span>") == 3


def test_hostile_names_are_escaped_everywhere() -> None:
    """Names that look like markup or templates are text, on the page and inside its figures."""
    results = make_results(names=HOSTILE)
    html = render_report(results, findings=make_findings(), truth=make_truth(results))
    page = Page(html)
    assert page.open == []
    assert not page.tags & {"script", "i", "b"}
    assert not {a for a in page.attributes if a.startswith("on")}
    for name in HOSTILE:
        assert name in page.text


def test_findings_are_shown_worst_first(html: str) -> None:
    """Findings stand with severity, days and fix, errors before warnings and notes."""
    section = cut(html, first='id="findings"', last="</section>")
    severities = re.findall(r'class="severity (\w+)"', section)
    assert severities == ["error", "warning", "warning", "warning", "info", "info"]
    assert "1 Jul 2024 – 12 Jul 2024" in section
    assert "Deliver the days 2024-07-01 to 2024-07-12 again." in section
    assert "<script>" not in section


def test_many_findings_are_counted_and_cut(results: RoiResults) -> None:
    """Beyond the limit the page says how many findings there are."""
    html = render_report(results, findings=make_findings() * 30)
    assert html.count('class="severity') == MAX_FINDINGS
    assert "The worst 100 of 180 findings." in html


def test_no_findings_are_said(results: RoiResults) -> None:
    """Without findings the page says that nothing was found."""
    assert "No check on the data found anything." in render_report(results, findings=[])


def test_truth_is_compared_only_where_it_is_known(html: str, results: RoiResults) -> None:
    """The comparison counts the intervals that hold the truth and is absent without a truth."""
    assert "7 of 8 intervals hold the truth." in html
    assert html.count("No, it misses the truth") == 1
    assert 'id="truth"' not in render_report(results, findings=[])


def test_thirty_long_names_and_daily_data_stay_small() -> None:
    """Thirty channels with long names over three years of days fit in 1.5 MB."""
    names = tuple(f"group_{i}_" + "very_long_name_" * (i % 5) for i in range(30))
    results = make_results(names=names, n_periods=1095, period_days=1)
    html = render_report(results, findings=[])
    assert len(html.encode()) < 1_500_000
    assert Page(html).open == []
    assert all(name in html for name in names)


@pytest.mark.parametrize("names", [("tv",), ("newsletter",), CHANNELS[:2]])
def test_few_channels_make_a_page(names: tuple[str, ...]) -> None:
    """One channel, or none with an ROI, still makes a whole page."""
    assert Page(render_report(make_results(names=names), findings=[])).open == []


def test_kpi_in_units_does_not_speak_of_cost(results: RoiResults) -> None:
    """ROI of a counted KPI is units per money, and nothing is said about paying."""
    units = replace(results.provenance, kpi="orders", kpi_unit="orders")
    html = render_report(replace(results, provenance=units), findings=[])
    assert "orders per £ spent" in html
    assert "what it cost" not in html
    valued = replace(units, value_per_unit=12.5)
    html = render_report(replace(results, provenance=valued), findings=[])
    assert "what it cost" in html
    assert "£12.50" in html
