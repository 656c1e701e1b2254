"""Everything of a project lost, and put back into another folder from its backup."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from mmm_orchestration.alerting.outbox import FILE_NAME, Outbox
from mmm_orchestration.cli import main
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.runner import open_instance, run_daily
from mmm_orchestration.tables.contracts import FORECASTS, SCORECARD
from mmm_orchestration.upkeep.backup import back_up, restore
from tests.flow.small_project import SOURCES, write_small_project
from tests.flow.test_monitoring import FIRST, SETTINGS, TRAINED, go_on, make_champion

pytestmark = [pytest.mark.flow, pytest.mark.long]

NEXT = TRAINED.last + timedelta(days=2)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A project with a champion that was watched for a day, and a mail that was sent."""
    folder = tmp_path / "here"
    write_small_project(folder, first=FIRST, n_days=TRAINED.n_days)
    file = folder / "mmm.yaml"
    file.write_text(file.read_text(encoding="utf-8") + SETTINGS, encoding="utf-8")
    home = open_home(file)
    assert run_daily(home, window=TRAINED, say=lambda _: None).is_success
    make_champion(home)
    go_on(home)
    outbox = Outbox(home.dagster_home / FILE_NAME)
    outbox.note_mailed("weekly/1", message_id="<1@here>", now=datetime.now(UTC))
    return home


def say(home: Home, *words: str) -> object:
    """What a command of `mmm` prints about the project as JSON."""
    file = str(home.base / "mmm.yaml")
    result = CliRunner().invoke(main, ["--project", file, *words, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def read_watched(home: Home) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the scorecard and of the forecasts, in order and without when they were made."""
    lake = home.open_lake()
    frames = [lake.read(each.name).collect() for each in (SCORECARD, FORECASTS)]
    one, two = (
        f.drop(c for c, t in f.schema.items() if isinstance(t, pl.Datetime)) for f in frames
    )
    return one.sort(one.columns), two.sort(two.columns)


def test_a_lost_project_goes_on_elsewhere(home: Home, tmp_path: Path) -> None:
    """Restored into another folder it has the same models and numbers, and so has its next day."""
    back_up(home, target=tmp_path / "b.tar")
    said = [say(home, "models"), say(home, "roi")]
    watched = read_watched(home)
    with open_instance(home) as instance:
        runs = {run.run_id for run in instance.get_runs()}
    assert go_on(home) == NEXT
    later = read_watched(home)
    shutil.rmtree(home.base)

    restore(tmp_path / "b.tar", project_file=tmp_path / "there" / "mmm.yaml")
    there = open_home(tmp_path / "there" / "mmm.yaml")
    assert [say(there, "models"), say(there, "roi")] == said
    assert all(a.equals(b) for a, b in zip(read_watched(there), watched, strict=True))
    assert Outbox(there.dagster_home / FILE_NAME).is_mailed("weekly/1")
    with open_instance(there) as instance:
        assert {run.run_id for run in instance.get_runs()} == runs
    for source in SOURCES:
        (there.base / "landing" / source).mkdir(parents=True)
    assert go_on(there) == NEXT
    assert all(a.equals(b) for a, b in zip(read_watched(there), later, strict=True))
    assert later[0].height > watched[0].height
