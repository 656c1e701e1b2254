"""The Dagster UI over a demo project, as a person sees it in a browser.

The pictures of the README are made by

    mmm demo --folder ../demo &&
    MMM_DEMO=$PWD/../demo MMM_PICTURES=$PWD/docs/images make test-ui
"""

import re
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from mmm_orchestration.days import DayWindow
from mmm_orchestration.home import open_home
from mmm_orchestration.partitions import tag_range
from mmm_orchestration.sources.simulator import read_last_day

from .served import Served

pytestmark = [pytest.mark.ui, pytest.mark.timeout(900)]

GROUPS = (
    *("bronze", "silver", "gold", "model", "evaluation"),
    *("reports", "refresh", "promotion", "monitoring", "reviews"),
    *("upkeep", "weekly"),
)
SILVER_AND_LATER = (
    *("silver_media", "silver_outcomes", "silver_controls"),
    *("gold_media_daily", "gold_kpi_daily", "gold_controls_daily"),
    *("posterior", "cross_validation", "roi_report", "budget_plan", "scenarios", "weekly_report"),
    *("refresh_report", "champion", "forecasts", "scorecard", "drift", "maintenance"),
)

AUTOMATIC = (
    *("maintenance_at_three", "monitor_at_eight", "review_each_quarter", "weekly_report_on_monday"),
    *("alert_sensor", "drift_sensor", "reaper_sensor", "retrain_sensor"),
)


def take(page: Page, path: Path) -> None:
    """A picture of what is in view, in a palette of 256 colours."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path, animations="disabled")
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def test_the_graph_shows_every_asset(served: Served, page: Page, pictures: Path) -> None:
    """The lineage names each source's bronze table, all silver and gold, posterior and report."""
    seen = page.viewport_size
    assert seen is not None
    page.set_viewport_size({"width": seen["width"], "height": 1600})  # the list shows what fits
    page.goto(f"{served.url}/asset-groups")
    expect(page.get_by_text("reports", exact=True).last).to_be_visible()
    settings = page.locator("button:has([aria-label=settings])")
    expect(settings).to_have_count(2)
    page.get_by_text("Hide navigation").click()
    for i in range(len(GROUPS)):
        page.locator("button:has([aria-label=arrow_drop_down])").nth(i).click()
    settings.last.click()
    page.get_by_role("menuitem", name="Expand all groups").click()
    sources = open_home(served.project / "mmm.yaml").project.sources
    for name in (*(f"bronze_{source.name}" for source in sources), *SILVER_AND_LATER):
        expect(page.get_by_role("button", name=name).first).to_be_visible()
    expect(page.locator("[style*=green]", has_text="posterior").first).to_be_visible()
    page.set_viewport_size(seen)
    page.locator("button:has([aria-label=zoom_out])").click()
    take(page, pictures / "ui_graph.png")


def test_a_partition_tells_its_version_and_rows(served: Served, page: Page, pictures: Path) -> None:
    """The page of one day of a gold table has its state, row counts, Delta version and place."""
    day = read_last_day(served.project) - timedelta(days=14)
    page.goto(f"{served.url}/assets/gold_media_daily?view=partitions&partition={day}")
    expect(page.get_by_text("Latest materialization")).to_be_visible()
    cells = page.get_by_role("row")
    expect(cells.filter(has_text="dagster/row_count")).to_contain_text(re.compile(r"\d{3,}"))
    expect(cells.filter(has_text="delta_version")).to_contain_text(re.compile(r"\d"))
    expect(cells.filter(has_text="dagster/uri")).to_contain_text("lake/gold_media_daily")
    expect(page.get_by_text("Materialized", exact=True).last).to_be_visible()
    take(page, pictures / "ui_partition.png")


def test_an_asset_shows_columns_and_lineage(served: Served, page: Page) -> None:
    """The page of a gold table has its description, columns with units and upstream tables."""
    page.goto(f"{served.url}/assets/gold_media_daily")
    for text in ("is held back.", "times shown [impressions]", "cost without tax"):
        expect(page.get_by_text(text).first).to_be_visible()
    for table in ("silver_media", "silver_outcomes"):
        expect(page.get_by_role("link", name=table).first).to_be_visible()


def test_a_check_tells_what_it_means(served: Served, page: Page, pictures: Path) -> None:
    """The page of a check has its meaning, what to do, its verdict and its Data Docs."""
    page.goto(f"{served.url}/assets/silver_media?view=checks&checkDetail=spend_is_in_range")
    expect(page.get_by_text("This is a")).to_contain_text("asset check")
    expect(page.get_by_text("If red:")).to_be_visible()
    expect(page.get_by_text("Passed", exact=True)).to_be_visible()
    docs = served.project / "data_docs" / "silver_media.html"
    expect(page.get_by_text(docs.as_uri())).to_be_visible()
    assert docs.is_file()
    expect(page.get_by_role("button", name="Execute").last).to_be_enabled()
    take(page, pictures / "ui_check.png")


def test_schedules_and_sensors_run(served: Served, page: Page, pictures: Path) -> None:
    """Every schedule and every sensor is on without being asked."""
    page.set_viewport_size({"width": 1400, "height": 560})
    page.goto(f"{served.url}/automation")
    for name, hour in (("daily_at_six", "06:00"), ("replay_trailing_days", "07:00")):
        expect(page.get_by_text(name, exact=True)).to_be_visible()
        expect(page.get_by_text(f"At {hour} AM")).to_be_visible()
    for name in AUTOMATIC:
        expect(page.get_by_text(name, exact=True)).to_be_visible()
    expect(page.locator("input:checked")).to_have_count(2 + len(AUTOMATIC))
    take(page, pictures / "ui_schedules.png")


def test_the_report_asset_has_tables_and_plots(served: Served, page: Page, pictures: Path) -> None:
    """The metadata of the report link to the page and hold ROI and provenance, with a plot."""
    page.goto(f"{served.url}/assets/roi_report")
    report = served.project / "reports" / "roi.html"
    expect(page.get_by_text(report.as_uri())).to_be_visible()
    for text in ("Delta versions", "equal-tailed, 94 % of the draws"):
        expect(page.get_by_text(text)).to_be_attached()
    page.get_by_role("row").filter(has_text="roi_plot").get_by_text("[Show Markdown]").click()
    plot = page.locator("img[src^='data:image/png']")
    expect(plot).to_be_visible()
    assert plot.evaluate("image => image.naturalWidth") > 300
    take(page, pictures / "ui_report_asset.png")


def test_the_report_page_answers(demo: Path, page: Page, pictures: Path) -> None:
    """The report opens without a server and has ROI, intervals and provenance."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto((demo / "reports" / "roi.html").as_uri())
    for text in ("Marginal ROI", "94 %", "Data snapshot"):
        expect(page.get_by_text(text).first).to_be_attached()
    take(page, pictures / "report.png")


def test_the_ui_listens_on_loopback_only(served: Served) -> None:
    """No process of the UI listens on an address that other machines reach."""
    sockets = [c for p in served.list_processes() for c in p.net_connections("inet")]
    listening = {c.laddr.ip for c in sockets if c.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}


def test_a_day_launched_from_the_ui_succeeds(served: Served) -> None:
    """The daily job for one partition runs to its end in a process of its own."""
    day = read_last_day(served.project)
    tags = {"dagster/partition": day.isoformat()}
    assert served.launch("daily", tags=tags, seconds=300) == "SUCCESS"


def test_a_range_launched_from_the_ui_succeeds(served: Served) -> None:
    """The daily job over 28 days, as the replay asks for it, is one run that succeeds."""
    last = read_last_day(served.project)
    window = DayWindow(last - timedelta(days=27), last)
    assert served.launch("daily", tags=tag_range(window), seconds=300) == "SUCCESS"


def test_the_log_tells_of_no_trouble(served: Served) -> None:
    """Neither the UI, the daemon nor the code location logged a warning or an error."""
    lines = served.log.read_text().splitlines()
    trouble = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b|Warning:|Traceback")
    assert [line for line in lines if trouble.search(line)] == []
