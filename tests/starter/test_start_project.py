"""A whole starting project: guesses, flags, the written file and real data."""

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from mmm_orchestration.errors import MmmError, ProjectError, SourceError
from mmm_orchestration.project import Project, load_project
from mmm_orchestration.sources.readers import read_delivery
from mmm_orchestration.starter import Choices, Started, start_project

pytestmark = pytest.mark.unit

EUR = Choices("EUR", "Europe/Berlin")
N = 60
WEEKS = [date(2023, 1, 2) + timedelta(weeks=i) for i in range(N)]


def noise(seed: int) -> list[float]:
    """Numbers without a pattern, one per week."""
    draw = random.Random(seed)  # noqa: S311
    return [round(draw.uniform(10, 90), 3) for _ in range(N)]


def wide(**columns: list[object]) -> pl.DataFrame:
    """A weekly table of revenue and TV, and more columns."""
    base = {"week": WEEKS, "revenue": noise(1), "tv_spend": noise(2)}
    return pl.DataFrame({**base, **columns}, strict=False)


def long(*media: str, **columns: list[object]) -> pl.DataFrame:
    """A weekly table with a row for each of two media: cost, revenue, and more columns."""
    base: dict[str, list[object]] = {
        "day": [d for d in WEEKS for _ in media],
        "channel": [*media] * N,
        "cost": noise(1) + noise(2),
        "revenue": [r for r in noise(5) for _ in media],
    }
    return pl.DataFrame({**base, **columns})


def start(frame: pl.DataFrame, folder: Path, choices: Choices = EUR) -> tuple[Started, Project]:
    """The project started for a frame written as CSV, and what its file declares."""
    frame.write_csv(folder / "data.csv")
    started = start_project(folder / "data.csv", folder=folder / "project", choices=choices)
    return started, load_project(started.path)


def reasons(started: Started) -> dict[str, str]:
    """The columns left out, with their reasons."""
    return {i.column: i.reason for i in started.proposal.ignored}


def test_names_tell_parts(tmp_path: Path) -> None:
    """Spend, its exposure, an unpaid medium and a control are told by their names."""
    frame = wide(tv_impressions=noise(3), email_sends=noise(4), price=noise(5))
    _, project = start(frame, tmp_path)
    assert project.kpi.outcome == "revenue"
    assert [(c.name, c.exposure) for c in project.channels] == [
        ("tv", "impressions"),
        ("email", "impressions"),
    ]
    assert [c.name for c in project.controls] == ["price"]


def test_reach_and_frequency_of_a_channel_are_declared(tmp_path: Path) -> None:
    """Both beside a spend become its exposure; a reach without frequency is left out."""
    frame = wide(tv_unique_reach=noise(3), tv_avg_frequency=noise(4), search_spend=noise(5))
    started, project = start(frame.with_columns(search_reach=pl.Series(noise(6))), tmp_path)
    tv, search = project.sources[0].table.media
    assert (tv.spend, tv.reach, tv.frequency) == (
        "tv_spend",
        "tv_unique_reach",
        "tv_avg_frequency",
    )
    assert search.reach is None
    assert [c.exposure for c in project.channels] == ["reach", "spend"]
    assert "with exposure: reach" in reasons(started)["search_reach"]
    assert project.controls == ()


def test_bare_reach_and_frequency_belong_to_the_only_channel(tmp_path: Path) -> None:
    """With one medium they need no name of it; with two nobody can tell whose they are."""
    bare = {"reach": noise(3), "avg_frequency": noise(4)}
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    _, project = start(wide(**bare), one)
    assert [c.exposure for c in project.channels] == ["reach"]
    started, project = start(wide(**bare, radio_spend=noise(5)), two)
    assert [c.exposure for c in project.channels] == ["spend", "spend"]
    assert reasons(started).keys() == {"reach", "avg_frequency"}


def test_data_stays_where_it_is(tmp_path: Path) -> None:
    """The project refers to the data by a relative path."""
    _, project = start(wide(), tmp_path)
    assert project.sources[0].path == "../data.csv"


def test_useless_columns_have_reasons(tmp_path: Path) -> None:
    """Constants, repetitions, counters, calendars and free text are left out, each told why."""
    frame = wide(
        always=[7.0] * N,
        again=noise(2),
        t=list(range(N)),
        iso=[d.isocalendar().week for d in WEEKS],
        remark=[f"note {i}" for i in range(N)],
        hollow=[None] * 50 + noise(3)[:10],
        currency=noise(4),
    )
    started, project = start(frame, tmp_path)
    assert reasons(started) == {
        "always": "always 7",
        "again": "the same numbers as 'tv_spend'",
        "t": "counts the rows; the model has its own trend",
        "iso": "the week of the date",
        "remark": "free text with 60 different entries",
        "hollow": "more than half of its cells are empty",
        "currency": "every table has a column of this name already; rename it to use it",
    }
    assert project.controls == ()


def test_words_become_indicators(tmp_path: Path) -> None:
    """Each word of a text column becomes one indicator, and 'na' becomes none."""
    words = ["na"] * 50 + ["sale", "strike"] * 5
    _, project = start(wide(events=words), tmp_path)
    assert project.sources[0].table is not None
    series = project.sources[0].table.controls
    assert {(s.name, s.equals) for s in series} == {
        ("events_sale", "sale"),
        ("events_strike", "strike"),
    }


def test_strongest_indicators_are_used(tmp_path: Path) -> None:
    """Where there are too many indicators, those that the KPI moves with are used."""
    flags: dict[str, list[object]] = {
        f"flag_{i}": [int((week * 7 + i) % 15 == 0) for week in range(N)] for i in range(15)
    }
    revenue = [r + 500 * int(flags["flag_3"][i] == 1) for i, r in enumerate(noise(1))]
    started, project = start(wide(**flags).with_columns(revenue=pl.Series(revenue)), tmp_path)
    assert project.controls[0].name == "flag_3"
    assert len(project.controls) == N // 6 - 1
    assert len(started.proposal.spare_controls) == 15 - len(project.controls)


def test_other_outcomes_are_no_controls(tmp_path: Path) -> None:
    """A second outcome is delivered and does not become a control."""
    _, project = start(wide(orders=noise(3)), tmp_path)
    assert project.sources[0].outcomes == ("revenue", "orders")
    assert project.controls == ()


def test_units_are_valued_by_their_column(tmp_path: Path) -> None:
    """Units are valued by the mean of the column of their worth, weighted by units."""
    worth, units = noise(5), noise(1)
    frame = wide(value_per_order=worth).rename({"revenue": "orders"})
    _, project = start(frame, tmp_path)
    expected = sum(w * u for w, u in zip(worth, units, strict=True)) / sum(units)
    assert project.kpi.kind == "units"
    assert project.kpi.value_per_unit == pytest.approx(expected, rel=1e-5)


def test_long_file_repeats_its_kpi(tmp_path: Path) -> None:
    """In a long file each medium becomes a channel, and the KPI that its rows repeat is found."""
    frame = long("TV", "Paid [Search]", conversions=noise(3) + noise(4))
    started, project = start(frame, tmp_path)
    assert [c.name for c in project.channels] == ["tv", "paid_search"]
    assert project.kpi.outcome == "revenue"
    assert reasons(started) == {"conversions": "differs between the rows of one date"}


def test_long_file_with_reach_and_frequency(tmp_path: Path) -> None:
    """The columns of reach and frequency of a long file count for each of its media."""
    frame = long("TV", "Social", unique_reach=noise(3) + noise(4), frequency=noise(6) + noise(7))
    _, project = start(frame, tmp_path)
    found = project.sources[0].table.long_media
    assert found is not None
    assert (found.reach, found.frequency) == ("unique_reach", "frequency")
    assert [c.exposure for c in project.channels] == ["reach", "reach"]


FLAGS: list[tuple[dict[str, object], str, object]] = [
    ({"kpi": "a"}, "kpi.outcome", "a"),
    ({"kpi_kind": "units"}, "kpi.kind", "units"),
    ({"value_per_unit": 3.5}, "kpi.value_per_unit", 3.5),
    ({"value_per_unit": 3.5}, "kpi.kind", "units"),
    ({"spend": ("a", "b")}, "channel_names", ("a", "b")),
    ({"exposure": ("a",)}, "channel_names", ("tv", "a")),
    ({"control": ("b",)}, "controls.0.name", "b"),
    ({"ignore": ("a", "b")}, "controls", ()),
    ({"name": "my_shop"}, "project", "my_shop"),
    ({"period": "day"}, "sources.0.period", "day"),
]


@pytest.mark.parametrize(("flags", "key", "value"), FLAGS)
def test_flag_overrides_guess(
    tmp_path: Path, flags: dict[str, object], key: str, value: object
) -> None:
    """What a flag says stands in the project."""
    _, found = start(wide(a=noise(3), b=noise(4)), tmp_path, replace(EUR, **flags))  # type: ignore[arg-type]
    for part in key.split("."):
        found = found[int(part)] if part.isdigit() else getattr(found, part)  # type: ignore[index]
    assert found == value


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"kpi": "reveneu"}, "--kpi: data.csv has no column 'reveneu'.*Did you mean"),
        ({"date": "tv_spend"}, "'tv_spend' of data.csv does not hold dates"),
        ({"spend": ("week",)}, "--spend: column 'week' of data.csv is not all numbers"),
        ({"spend": ("a", "a")}, "--spend names column 'a' twice"),
        ({"period": "month"}, "one row per month"),
        ({"kpi_kind": "revenue", "value_per_unit": 2.0}, "Say one of the two"),
    ],
)
def test_wrong_flag_is_named(tmp_path: Path, flags: dict[str, object], words: str) -> None:
    """A flag that cannot be followed is named, and nothing is written."""
    with pytest.raises(MmmError, match=words):
        start(wide(a=noise(3)), tmp_path, replace(EUR, **flags))  # type: ignore[arg-type]
    assert not (tmp_path / "project").exists()


def test_silent_names_ask_for_flags(tmp_path: Path) -> None:
    """Where no name tells KPI or media, the error shows the command that does."""
    frame = wide(x2=noise(4)).rename({"revenue": "y", "tv_spend": "x1"})
    with pytest.raises(ProjectError, match="--kpi y --spend x1 --spend x2"):
        start(frame, tmp_path)


def test_names_cannot_break_the_file(tmp_path: Path) -> None:
    """Quotes, colons, hashes, brackets and line ends in names are kept as they are."""
    odd = 'tv "x": #1 {a}\n- b spend'
    _, project = start(wide().rename({"tv_spend": odd}), tmp_path)
    assert project.sources[0].table is not None
    assert project.sources[0].table.media[0].spend == odd


def test_existing_project_is_kept(tmp_path: Path) -> None:
    """A second start does not overwrite the project."""
    start(wide(), tmp_path)
    with pytest.raises(ProjectError, match="--force"):
        start(wide(), tmp_path)


def test_text_that_is_no_table_is_refused(tmp_path: Path) -> None:
    """A file without dates is refused."""
    with pytest.raises(SourceError, match="--date COLUMN"):
        start(pl.DataFrame({"a": noise(1), "b": noise(2)}), tmp_path)


REAL = [
    ("weekly_national_robyn/dt_simulated_weekly.csv", {}, (6, 3)),
    ("weekly_national_two_channels/mmm_example.csv", {"kpi": "y", "spend": ("x1", "x2")}, (2, 2)),
    ("retail_messy_wide/data.csv", {}, (13, 21)),
    ("geo_panel_meridian/geo_all_channels.csv", {}, (6, 3)),
    ("geo_panel_meridian/geo_media_rf.csv", {}, (4, 2)),
    ("worlds_with_truth/clean.csv", {}, (4, 1)),
    ("worlds_with_truth/geo_clean.csv", {}, (4, 1)),
    ("worlds_with_truth/multicollinearity.csv", {}, (4, 1)),
    ("worlds_with_truth/spend_outliers.csv", {}, (4, 1)),
    ("worlds_with_truth/trend_break.csv", {}, (4, 1)),
    ("benchmark_param_recovery/small_business.csv", {"kpi": "y"}, (4, 2)),
    ("benchmark_param_recovery/growing_business.csv", {"kpi": "y"}, (6, 2)),
]


@pytest.mark.parametrize(("file", "flags", "n_parts"), REAL)
def test_real_file_is_accepted_whole(
    shared_data: Path,
    tmp_path: Path,
    file: str,
    flags: dict[str, object],
    n_parts: tuple[int, int],
) -> None:
    """The project started for a real file reads every row of it."""
    choices = replace(EUR, **flags)  # type: ignore[arg-type]
    started = start_project(shared_data / file, folder=tmp_path, choices=choices)
    project = load_project(started.path)
    assert (len(project.channels), len(project.controls)) == n_parts
    reading = read_delivery(
        (shared_data / file).read_bytes(),
        file=Path(file).name,
        source=project.sources[0],
        project_time_zone=project.time_zone,
    )
    assert reading.quarantined.height == 0
    assert reading.accepted.height == len(started.proposal.dates.days)


def test_real_file_without_kpi_is_refused(shared_data: Path, tmp_path: Path) -> None:
    """Future weeks without a KPI make no project."""
    file = shared_data / "geo_panel_meridian" / "hypothetical_geo_all_channels.csv"
    with pytest.raises(ProjectError, match="--kpi COLUMN"):
        start_project(file, folder=tmp_path, choices=EUR)


def test_retail_explains_what_it_leaves_out(shared_data: Path, tmp_path: Path) -> None:
    """The 80 columns of the retailer are all accounted for, seasons and calendars left out."""
    file = shared_data / "retail_messy_wide" / "data.csv"
    started = start_project(file, folder=tmp_path, choices=EUR)
    proposal = started.proposal
    n_media = sum((m.spend is not None) + (m.impressions is not None) for m in proposal.media)
    n_series = len(proposal.controls) + len(proposal.spare_controls)
    assert 2 + n_media + n_series + len(proposal.ignored) == 80
    unpaid = {m.name for m in proposal.media if m.spend is None}
    assert unpaid == {"em", "sms", "aff"}
