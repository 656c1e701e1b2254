"""What names of columns say."""

import pytest

from mmm_orchestration.starter.words import (
    explain_useless_name,
    find_media_word,
    guess_kpi_kind,
    is_value_per_unit,
    make_slug,
    rank_kpi_name,
    read_media_name,
    split_words,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x1_Search-Ads", ("x1", "search", "ads")),
        ("TVSpend", ("tv", "spend")),
        ("Channel0_impression", ("channel0", "impression")),
        ("", ()),
    ],
)
def test_words_of_a_name(name: str, words: tuple[str, ...]) -> None:
    """A name is cut at signs and at changes of case."""
    assert split_words(name) == words


@pytest.mark.parametrize(
    ("name", "medium", "measure"),
    [
        ("facebook_S", "facebook", "spend"),
        ("facebook_I", "facebook", "impressions"),
        ("search_clicks_P", "search", "clicks"),
        ("mdsp_dm", "dm", "spend"),
        ("mdip_dm", "dm", "impressions"),
        ("Channel0_spend", "channel0", "spend"),
        ("Organic_channel0_impression", "organic_channel0", "impressions"),
        ("TV Spend", "tv", "spend"),
        ("TV Impressions", "tv", "impressions"),
        ("Amount spent (EUR)", "", "spend"),
        ("Kosten Radio", "radio", "spend"),
        ("tv_unique_reach", "tv", "reach"),
        ("avg_frequency", "", "frequency"),
        ("Channel3_reach", "channel3", "reach"),
    ],
)
def test_media_names(name: str, medium: str, measure: str) -> None:
    """A marked name says its medium and its measure, so that pairs share a medium."""
    found = read_media_name(name)
    assert found is not None
    assert (found.medium, found.measure) == (medium, measure)


@pytest.mark.parametrize("name", ["competitor_sales_B", "cost_of_goods", "price", "st_ct"])
def test_names_of_no_medium(name: str) -> None:
    """Other names are no media."""
    assert read_media_name(name) is None
    assert find_media_word(name) is None


@pytest.mark.parametrize(
    "name",
    ["yr_nbr", "wk_in_yr_nbr", "prd", "dayofyear", "seas_week_40", "c1_effect", "", "Unnamed: 0",
     "search_cpc"],
)  # fmt: skip
def test_useless_names(name: str) -> None:
    """Calendars, seasons, computed columns, ratios and row numbers have a reason."""
    assert explain_useless_name(name)


def test_kpi_names_are_ranked() -> None:
    """Revenue goes before sales, sales before counts; rivals and ratios are no KPI."""
    ranks = [rank_kpi_name(n) for n in ("revenue", "Sales", "conversions", "kpi")]
    assert ranks == sorted(r for r in ranks if r is not None)
    for name in ("competitor_sales_B", "revenue_per_conversion", "y", "sales_control"):
        assert rank_kpi_name(name) is None


def test_kpi_kinds() -> None:
    """Money words are revenue, counting words are units."""
    assert guess_kpi_kind("net_revenue")[0] == "revenue"
    assert guess_kpi_kind("conversions")[0] == "units"
    assert guess_kpi_kind("y")[0] == "revenue"


def test_value_of_a_unit() -> None:
    """Only a money word before 'per' is the worth of a unit."""
    assert is_value_per_unit("revenue_per_conversion")
    assert not is_value_per_unit("visits_per_day")


def test_slugs_are_names_and_differ() -> None:
    """Any text becomes a name of the project file, and no two are the same."""
    taken: set[str] = set()
    names = [make_slug(t, taken=taken) for t in ("TV Spend", "tv-spend", "0.15", "€", "x" * 90)]
    assert names == ["tv_spend", "tv_spend_2", "n_0_15", "column", "x" * 50]
