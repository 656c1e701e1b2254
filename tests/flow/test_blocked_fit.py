"""A critical finding on the data keeps a fit from being spent."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.runner import run_daily, run_train
from mmm_orchestration.training import FitRecord, Snapshot, find_latest, keep_posterior
from tests.insight.known import make_posterior

from .small_project import write_small_project

pytestmark = pytest.mark.flow

FIRST, N_DAYS = date(2026, 3, 2), 16


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Sixteen days in gold, modelled by the day with more unknowns than that."""
    folder = tmp_path_factory.mktemp("blocked")
    write_small_project(folder, first=FIRST, n_days=N_DAYS)
    with (folder / "mmm.yaml").open("a", encoding="utf-8") as file:
        file.write("model: {grain: day}\n")
    home = open_home(folder / "mmm.yaml")
    window = DayWindow(FIRST, FIRST + timedelta(days=N_DAYS - 1))
    assert run_daily(home, window=window, say=lambda _: None).is_success
    return home


def keep_one(folder: Path) -> FitRecord:
    """A posterior of an earlier fit in `folder`."""
    posterior = make_posterior()
    return keep_posterior(
        posterior,
        folder=folder,
        snapshot=Snapshot(posterior.data, {}),
        dagster_run="earlier",
        mlflow_run="",
    )


def test_a_critical_finding_on_the_data_spends_no_fit(home: Home) -> None:
    """The training fails with the finding and its fix, and the earlier posterior stays."""
    kept, said = keep_one(home.posteriors), list[str]()
    outcome = run_train(home, say=said.append)
    (failure,) = outcome.failures
    assert not outcome.is_success
    assert "The finding 'too_few_rows' on the data is critical" in failure
    assert "Wait for more periods" in failure
    assert not any("compiling" in line or "sampling" in line for line in said)
    assert find_latest(home.posteriors) == kept
