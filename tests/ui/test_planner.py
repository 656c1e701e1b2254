r"""The planner in a browser, over a real server and a real registry.

The pictures of docs/planner.md are made by

    mmm demo --folder ../demo && MMM_PLANNER=$PWD/../demo MMM_PICTURES=$PWD/docs/images \
        uv run pytest -m ui tests/ui/test_planner.py
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from mmm_orchestration.api.keys import make_key, revoke_key
from mmm_orchestration.home import Home, open_home
from tests.api.project import crown, keep_version, make_home, run_server

from .test_ui import take

pytestmark = [pytest.mark.ui, pytest.mark.timeout(300)]

VIEWS = ("executive", "planner", "scenarios", "curves")
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Served:
    """A server with a key that may all, and one that may only read."""

    home: Home
    url: str
    key: str
    reader: str


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`mmm serve` over the project that MMM_PLANNER names, else over four channels in two geos."""
    named = os.environ.get("MMM_PLANNER")
    if named:
        home = open_home(Path(named) / "mmm.yaml")
    else:
        home = make_home(tmp_path_factory.mktemp("planner"))
        crown(home, keep_version(home, seed=1))
    key = make_key(home, name="ui-all", scopes=("read", "plan", "approve"))
    reader = make_key(home, name="ui-reader", scopes=("read",))
    try:
        with run_server(home) as (url, _):
            yield Served(home, url, key, reader)
    finally:
        for name in ("ui-all", "ui-reader"):
            revoke_key(home, name=name)


@pytest.fixture
def opened(planner: Served, browser: BrowserContext) -> Iterator[Page]:
    """The page with a key; whatever the browser complains of fails the test."""
    page, said = browser.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else 0)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.set_viewport_size({"width": 1200, "height": 900})
    page.goto(f"{planner.url}/#key={planner.key}")
    expect(page.get_by_role("navigation")).to_be_visible()
    yield page
    page.close()
    assert said == []


def open_view(page: Page, planner: Served, name: str) -> None:
    """Nothing, once the view is open and has its answers."""
    page.goto(f"{planner.url}/#{name}")
    link = page.locator(f"nav a[href='#{name}']")
    expect(link).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    expect(page.locator(".wait")).to_have_count(0)


def take_whole(page: Page, path: Path) -> None:
    """A picture of all of the page."""
    height = page.evaluate("document.documentElement.scrollHeight")
    seen = page.viewport_size
    assert seen is not None
    page.set_viewport_size({"width": seen["width"], "height": min(height, 2400)})
    take(page, path)


def test_the_key_leaves_the_address(opened: Page, planner: Served) -> None:
    """It is kept in the tab, survives a reload, and is forgotten when asked."""
    assert planner.key not in opened.url
    opened.reload()
    expect(opened.get_by_role("navigation")).to_be_visible()
    opened.get_by_role("button", name="Forget the key").click()
    expect(opened.get_by_label("API key")).to_be_visible()
    assert opened.evaluate("sessionStorage.length") == 0


def test_a_wrong_key_is_told(planner: Served, page: Page) -> None:
    """In words, at the door."""
    page.goto(planner.url)
    page.get_by_label("API key").fill("nonsense")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This needs an API key")


def test_the_overview_tells_the_quarter(opened: Page, planner: Served, pictures: Path) -> None:
    """KPI, best return, health, plan of record, the parts as picture and table, and the ranks."""
    open_view(opened, planner, "executive")
    for title in ("Best return", "Health", "Plan of record", "Channels by return", "What changed"):
        expect(opened.get_by_role("heading", name=title)).to_be_visible()
    expect(opened.get_by_role("img")).to_have_count(1)
    ranks = opened.get_by_role("region", name="Channels, best return first").locator("tbody tr")
    assert ranks.count() >= 4
    take_whole(opened, pictures / "planner_overview.png")


def test_a_plan_answers_as_it_changes(opened: Page, planner: Served) -> None:
    """A channel is cut with its slider, and put back."""
    open_view(opened, planner, "planner")
    answer = opened.locator(".answer")
    expect(answer).to_contain_text("This is today's plan")
    opened.get_by_role("slider").first.press("Home")
    expect(answer).to_contain_text("against today's plan")
    expect(answer).to_contain_text("It saves")
    opened.get_by_role("button", name="Back to today's").click()
    expect(answer).to_contain_text("This is today's plan")


def test_the_best_plan_by_keyboard_alone(opened: Page, planner: Served, pictures: Path) -> None:
    """Limits bind, the certificate comes in words, the plan goes to sliders, file and record."""
    open_view(opened, planner, "planner")
    opened.get_by_text("Limits for the best plan").first.press("Enter")
    opened.get_by_label("At most, % of today").first.press_sequentially("90")
    opened.get_by_label("Each channel within").press("Enter")
    expect(opened.get_by_role("heading", name="Certificate")).to_be_visible()
    first = opened.get_by_role("region", name="The plan beside today's").locator("tbody tr").first
    change = first.locator("td").nth(2).inner_text()
    assert int(change.removesuffix(" %")) <= -10
    assert opened.locator(".sentences li").count() > 0
    take_whole(opened, pictures / "planner_plan.png")
    opened.get_by_role("button", name="Put it on the sliders").press("Enter")
    expect(opened.locator(".answer")).to_contain_text("against today's plan")
    with opened.expect_download() as download:
        opened.get_by_role("button", name="Save as CSV").press("Enter")
    saved = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert saved[0] == "period,geo,channel,spend,currency,model_version"
    assert len(saved) > 13


def test_approval_asks_for_the_scope(
    opened: Page, planner: Served, browser: BrowserContext
) -> None:
    """A key that may all approves; one that may only read is told what it lacks."""
    open_view(opened, planner, "planner")
    opened.get_by_role("button", name="Find the best plan").click()
    opened.get_by_text("Approve it as the plan of record").click()
    opened.get_by_label("Why").fill("tried in a browser")
    opened.get_by_role("button", name="Approve", exact=True).click()
    expect(opened.get_by_text("it is the plan of record")).to_be_visible()
    open_view(opened, planner, "executive")
    expect(opened.get_by_text("approved by ui-all")).to_be_visible()
    page = browser.new_page()
    page.goto(f"{planner.url}/#key={planner.reader}")
    open_view(page, planner, "planner")
    expect(page.get_by_role("alert")).to_contain_text("lacks the scope 'plan'")
    page.close()


def test_scenarios_are_built_kept_and_compared(
    opened: Page, planner: Served, pictures: Path
) -> None:
    """Two are built, kept, and compared with each other."""
    open_view(opened, planner, "scenarios")
    for name, percent in (("Less of it", "-30"), ("More of it", "30")):
        opened.get_by_label("Name").fill(name)
        opened.get_by_label("By %").fill(percent)
        opened.get_by_role("button", name="Add").click()
    opened.get_by_role("button", name="Compare and keep").click()
    expect(opened.get_by_role("heading", name="Side by side")).to_be_visible()
    expect(opened.get_by_role("checkbox", name=re.compile("less of it"))).to_be_checked()
    rows = opened.get_by_role("region", name="How probable").locator("tbody tr")
    assert rows.count() == 2
    take_whole(opened, pictures / "planner_scenarios.png")
    for name in ("less_of_it", "more_of_it"):
        (planner.home.scenarios / f"{name}.json").unlink()


def test_curves_are_drawn_and_tabled(opened: Page, planner: Served, pictures: Path) -> None:
    """Another channel is chosen, and the table says which points were never tried."""
    open_view(opened, planner, "curves")
    opened.get_by_role("combobox").select_option(index=1)
    opened.get_by_text("The same as a table").click()
    expect(opened.get_by_text("no, extrapolated").first).to_be_visible()
    opened.get_by_text("The same as a table").click()
    take(opened, pictures / "planner_curves.png")


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_cut_off_on_a_phone(
    opened: Page, planner: Served, pictures: Path, view: str
) -> None:
    """No view scrolls sideways, and what is touched is 44 pixels high."""
    opened.set_viewport_size(PHONE)
    open_view(opened, planner, view)
    assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = opened.evaluate(
        "[...document.querySelectorAll('button, select, nav a, summary, input')]"
        ".filter(e => e.type !== 'checkbox')"
        ".filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44)"
        ".map(e => e.outerHTML)"
    )
    assert small == []
    if view == "executive":
        take(opened, pictures / "planner_phone.png")


def test_every_field_has_a_name(opened: Page, planner: Served) -> None:
    """A reader that speaks the page has a word for whatever can be changed."""
    for view in VIEWS:
        open_view(opened, planner, view)
        nameless = opened.evaluate(
            "[...document.querySelectorAll('input, select, button')]"
            ".filter(e => !(e.labels?.length || e.ariaLabel || e.textContent.trim()))"
            ".map(e => e.outerHTML)"
        )
        assert nameless == []


def test_no_script_runs_that_is_not_the_page_s_own(planner: Served, page: Page) -> None:
    """Markup that came from elsewhere would be shown and not run."""
    page.goto(planner.url)
    page.evaluate('document.body.innerHTML = \'<img src="data:," onerror="window.owned = 1">\'')
    page.wait_for_timeout(500)
    assert page.evaluate("window.owned") is None
