"""The command `mmm search` over a simulated project, from its exports to lines of mmm.yaml."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from mmm_orchestration.cli import main
from mmm_orchestration.days import DayWindow
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.runner import run_daily
from mmm_orchestration.sources.simulator import write_demo

pytestmark = [pytest.mark.flow, pytest.mark.long]

LAST = date(2026, 6, 28)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two simulated years whose accepted days are in gold."""
    folder: Path = tmp_path_factory.mktemp("search") / "demo"
    write_demo(folder, seed=7, last=LAST, years=2)
    home = open_home(folder / "mmm.yaml")
    window = DayWindow(home.project.start, LAST)
    assert run_daily(home, window=window, say=lambda _: None).is_success
    return home


def test_a_search_ends_with_settings_that_a_project_can_have(home: Home) -> None:
    """Several candidates are scored in time, and the project accepts the best of them."""
    command = ["--project", str(home.base), "search", "--budget", "120", "--json"]
    found = json.loads(CliRunner().invoke(main, command, catch_exceptions=False).stdout)
    assert found["seconds"] <= 150
    assert len([row for row in found["candidates"] if row["elpd"] is not None]) >= 4
    best = home.project.model.model_copy(update=found["best"])
    assert type(home.project.model).model_validate(best.model_dump()) == best
    assert [path.suffix for path in home.searches.iterdir()] == [".jsonl"]
