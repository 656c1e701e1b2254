"""The simulated world adds up, and its exports hold what they state."""

import csv
import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import SourceError
from mmm_orchestration.project import load_project
from mmm_orchestration.sources.simulator import DemoFiles, World, simulate_world, write_demo
from mmm_orchestration.sources.simulator.dirt import SPOTS, UNREADABLE, DirtKind
from mmm_orchestration.sources.simulator.reports import plan_reports, split_months
from mmm_orchestration.sources.simulator.shop import make_orders
from mmm_orchestration.sources.simulator.world import adstock, saturate

pytestmark = pytest.mark.unit

LAST = date(2026, 11, 21)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    """Three years of the demo project."""
    return write_demo(tmp_path_factory.mktemp("demo"), seed=1, last=LAST)


@pytest.fixture(scope="module")
def world(demo: DemoFiles) -> World:
    """The world behind the demo project."""
    return demo.world


def _read(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith(b"\xff\xfe"):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def _texts(demo: DemoFiles) -> dict[str, str]:
    return {p.name: _read(p) for p in demo.deliveries if p.suffix == ".csv"}


def _stated(demo: DemoFiles, kind: DirtKind) -> dict[str | None, int]:
    return {d.file: d.n_rows for d in demo.dirt if d.kind == kind}


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_same_seed_writes_same_bytes(tmp_path: Path) -> None:
    """Two demos of one seed are equal byte for byte, workbooks and truth included."""
    for name in ("a", "b"):
        write_demo(tmp_path / name, seed=7, last=LAST, years=1)
    assert _contents(tmp_path / "a") == _contents(tmp_path / "b")


def test_other_seed_is_another_world() -> None:
    """Another seed gives another KPI."""
    first = date(2025, 1, 6)
    a, b = (simulate_world(seed=seed, first=first, n_days=70).kpi["kpi"] for seed in (1, 2))
    assert (a != b).all()


def test_truth_adds_up_to_the_kpi(world: World) -> None:
    """Baseline, contributions and noise of every day add up to its KPI."""
    total = world.truth.group_by("date").agg(pl.col("value").sum()).sort("date")
    assert np.abs(total["value"] - world.kpi["kpi"]).max() < 1e-8


def test_noise_is_centred(world: World) -> None:
    """What is left as noise is the stated noise: no part is missing from the sum."""
    noise = world.truth.filter(pl.col("kind") == "noise")["value"].to_numpy()
    assert abs(noise.mean()) < 4 * 550 / np.sqrt(len(noise))
    assert noise.std() == pytest.approx(550, rel=0.1)


def test_contribution_matches_a_slow_version(world: World) -> None:
    """Meta's contribution is beta times Hill of a day-by-day geometric adstock of its spend."""
    meta = next(c for c in world.channels if c.name == "meta")
    rows = world.truth.filter(pl.col("component") == "meta")
    spend = rows["spend"].to_list()
    weights = [meta.alpha**lag for lag in range(56)]
    day = 400
    carried = sum(w * spend[day - lag] for lag, w in enumerate(weights)) / sum(weights)
    hill = carried**meta.slope / (carried**meta.slope + meta.half_saturation**meta.slope)
    assert rows["value"][day] == pytest.approx(world.betas["meta"] * hill)


def test_adstock_without_carry_over_is_the_exposure() -> None:
    """Adstock with alpha zero returns the input."""
    exposure = np.array([3.0, 0.0, 5.0])
    assert adstock(exposure, alpha=0.0).tolist() == exposure.tolist()


def test_half_saturation_is_half() -> None:
    """The Hill response at half saturation is one half, whatever the slope."""
    level = np.array([0.0, 40.0])
    assert saturate(level, half_saturation=40, slope=1.7).tolist() == [0.0, 0.5]


def test_channels_differ_and_matter(world: World) -> None:
    """Eight channels bring 2 to 12 % of the KPI each, at ROI 0.5 to 5, and 35 to 42 % in all."""
    channels = world.sum_channels()
    assert len(channels) == 8
    assert all(0.02 <= c.share <= 0.12 and 0.5 <= c.roi <= 5 for c in channels)
    assert 0.35 <= sum(c.share for c in channels) <= 0.42


def test_truth_of_parts_is_truth_of_the_whole(world: World) -> None:
    """Contributions of two windows that meet add up to those of the whole world."""
    middle = world.window.first + timedelta(days=500)
    before = world.sum_channels(DayWindow(world.window.first, middle))
    after = world.sum_channels(DayWindow(middle + timedelta(days=1), world.window.last))
    for a, b, whole in zip(before, after, world.sum_channels(), strict=True):
        assert a.contribution + b.contribution == pytest.approx(whole.contribution)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_least_squares_recovers_the_contributions(seed: int) -> None:
    """By week and with the true transforms, each contribution is recovered within 20 %."""
    world = simulate_world(seed=seed, first=date(2023, 11, 20), n_days=7 * 156)
    weekly = (
        world.truth.group_by("component", pl.col("date").dt.truncate("1w"), maintain_order=True)
        .agg(pl.col("value").sum())
        .pivot("component", index="date", values="value")
    )
    names = [c.name for c in world.channels]
    baseline = ["level", "trend", "yearly_season", "price", "promotion", "holidays", "events"]
    kpi = weekly.select(pl.sum_horizontal(pl.exclude("date"))).to_series().to_numpy()
    found, *_ = np.linalg.lstsq(weekly.select(names + baseline).to_numpy(), kpi)
    assert np.abs(found[: len(names)] - 1).max() < 0.2


def test_a_world_starts_on_a_monday() -> None:
    """A first day that is no Monday is refused."""
    with pytest.raises(ValueError, match="Monday"):
        simulate_world(seed=1, first=date(2025, 1, 7), n_days=70)


def test_orders_add_up_to_the_kpi(world: World) -> None:
    """Totals less refunds of each day's orders are its KPI to the penny."""
    orders = make_orders(world)
    net = orders.group_by("date").agg((pl.col("total") - pl.col("refund")).sum().alias("kpi"))
    pence = world.kpi.with_columns((pl.col("kpi") * 100).round().cast(pl.Int64))
    assert_frame_equal(net.sort("date"), pence)
    assert (orders["total"] > 0).all()
    assert (orders["refund"] <= orders["total"]).all()
    assert orders.height + orders["has_second_line"].sum() <= 60_000


def test_some_orders_are_placed_on_the_day_before_in_utc(world: World) -> None:
    """Orders just after midnight in summer fall on another day in UTC than in London."""
    orders = make_orders(world)
    utc = orders["created"].dt.convert_time_zone("UTC").dt.date()
    assert (utc != orders["date"]).sum() > 100
    assert (orders["created"].dt.date() == orders["date"]).all()


def test_every_day_is_reported_once_before_it_is_restated(world: World) -> None:
    """History and daily reports tile the window; the last report covers 28 days again."""
    *tiles, last = plan_reports(world.window)
    days = [day for report in tiles for day in report.window.days()]
    assert days == world.window.days()
    assert (last.kind, last.window.n_days, last.window.last) == ("restating", 28, LAST)


def test_months_tile_the_window() -> None:
    """A window is cut at the months' ends."""
    months = split_months(DayWindow(date(2025, 1, 30), date(2025, 3, 2)))
    assert [m.n_days for m in months] == [2, 28, 2]


def test_names_sort_by_arrival(demo: DemoFiles) -> None:
    """Within a source, file names sort as the files arrive, and so do their dates of change."""
    for source in {p.parent.name for p in demo.deliveries}:
        files = [p for p in demo.deliveries if p.parent.name == source]
        assert files == sorted(files)
        changed = [p.stat().st_mtime for p in files]
        assert changed == sorted(changed)


def test_project_file_is_a_project(demo: DemoFiles) -> None:
    """The commented mmm.yaml declares the eight sources and channels and the world's events."""
    project = load_project(demo.project_file)
    assert {s.name for s in project.sources} == {p.parent.name for p in demo.deliveries}
    assert project.channel_names == tuple(c.name for c in demo.world.channels)
    events = [(e.name, e.first, e.last) for e in project.events]
    assert events == [(e.name, e.days.first, e.days.last) for e in demo.world.events]
    assert project.start == demo.world.window.first


def test_truth_is_kept_apart(demo: DemoFiles) -> None:
    """Beside truth/ there are only mmm.yaml and landing/, and truth/ holds the true totals."""
    assert {p.name for p in demo.folder.iterdir()} == {"mmm.yaml", "landing", "truth"}
    rows = pl.read_parquet(demo.truth / "contributions.parquet")
    stated = json.loads((demo.truth / "truth.json").read_text(encoding="utf-8"))
    for channel, total in rows.group_by("channel").agg(pl.col("contribution").sum()).iter_rows():
        assert stated["channels"][channel]["contribution"] == pytest.approx(total)
    assert stated["kpi"] == pytest.approx(demo.world.kpi["kpi"].sum())


def test_broken_cells_and_lines_are_where_stated(demo: DemoFiles) -> None:
    """Unreadable numbers, foreign currency and repeated lines are in the files stated, once."""
    texts = _texts(demo)
    for kind, mark in (("unreadable_number", UNREADABLE), ("other_currency", ",EUR,")):
        found = {name: text.count(mark) for name, text in texts.items() if mark in text}
        assert found == _stated(demo, kind)
    repeated = {}
    for name, text in texts.items():
        counts = Counter(line for line in text.splitlines() if line)
        if n_repeated := sum(n - 1 for n in counts.values()):
            repeated[name] = n_repeated
    assert repeated == _stated(demo, "duplicated_line")


def test_ragged_lines_are_where_stated(demo: DemoFiles) -> None:
    """Lines with a date and a campaign alone are in the files stated, once."""
    found = Counter(
        name
        for name, text in _texts(demo).items()
        if "amazon" in name or (",Currency code," in text and "google" in name)
        for row in csv.reader(text.splitlines())
        if len(row) == 2
    )
    assert found == _stated(demo, "ragged_line")


def test_totals_lines_are_counted(demo: DemoFiles) -> None:
    """Google's totals and Meta's un-named summary rows are as many as stated."""
    found: Counter[str] = Counter()
    for name, text in _texts(demo).items():
        totals = [x for x in text.splitlines() if x.startswith("Total") or ",,,,,,,," in x]
        if totals and "shopify" not in name:
            found[name] = len(totals)
    assert found == _stated(demo, "totals_line")


def test_repeated_deliveries_are_stated(demo: DemoFiles) -> None:
    """As many files as stated have the bytes of an earlier one."""
    contents = Counter(p.read_bytes() for p in demo.deliveries)
    repeats = [content for content, n in contents.items() if n > 1]
    stated = _stated(demo, "delivered_twice")
    paths = {p.name: p for p in demo.deliveries}
    assert {paths[str(name)].read_bytes() for name in stated} == set(repeats)
    assert len(repeats) == 2


def test_every_spot_is_soiled(demo: DemoFiles) -> None:
    """Every planned piece of dirt is in the list of what is wrong."""
    planned = Counter((s.kind, s.source) for s in SPOTS)
    done = Counter((d.kind, d.source) for d in demo.dirt)
    assert all(done[key] == n for key, n in planned.items())


def test_a_landing_folder_of_another_world_is_refused(tmp_path: Path) -> None:
    """A demo is not mixed with files of another last day, and may be written again."""
    write_demo(tmp_path, seed=1, last=LAST, years=1)
    write_demo(tmp_path, seed=1, last=LAST, years=1)
    with pytest.raises(SourceError, match="another world"):
        write_demo(tmp_path, seed=1, last=LAST - timedelta(days=1), years=1)
