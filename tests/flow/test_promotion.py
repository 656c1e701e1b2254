"""The first champion, a refit that is explained, and one that is stopped, in the whole graph."""

from datetime import date, timedelta

import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.promotion.results import Verdict, find_verdict
from mmm_orchestration.runner import run_daily, run_train
from mmm_orchestration.training import find_latest

from .small_project import deliver_day, write_google_day, write_small_project

pytestmark = pytest.mark.flow

FIRST, N_DAYS, N_NEW = date(2026, 3, 2), 56, 28
SETTINGS = """\
model:
  grain: day
  trend: none
  yearly_order: 0
  weekly_order: 1
  max_lag_days: 7
  sampler: {draws: 200, tune: 200, chains: 2}
gates: {r_hat: 1.1, ess: 100, divergences: 200}
"""


def quiet(_: str) -> None:
    """Says nothing."""


def run_days(home: Home, first: date, n_days: int) -> None:
    """The daily chain over `n_days` from `first`."""
    window = DayWindow(first, first + timedelta(days=n_days - 1))
    assert run_daily(home, window=window, say=quiet).is_success


def train(home: Home) -> Verdict:
    """The verdict of one run of the job 'train'."""
    outcome = run_train(home, say=quiet)
    assert outcome.is_success, outcome.failures
    verdict = find_verdict(home.posteriors, version=find_latest(home.posteriors).version)
    assert verdict is not None
    return verdict


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A project after its first fit."""
    folder = tmp_path_factory.mktemp("promotion")
    write_small_project(folder, first=FIRST, n_days=N_DAYS)
    with (folder / "mmm.yaml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    home = open_home(folder / "mmm.yaml")
    run_days(home, FIRST, N_DAYS)
    train(home)
    return home


@pytest.fixture(scope="module")
def refitted(home: Home) -> tuple[Home, Verdict]:
    """The project 28 days later, one old day restated, after a second fit without a report."""
    for i in range(N_DAYS, N_DAYS + N_NEW):
        deliver_day(home.base, FIRST + timedelta(days=i))
    restated = FIRST + timedelta(days=9)
    path = write_google_day(home.base, restated)
    path.write_text(path.read_text(encoding="utf-8").replace("612.40", "612.40"), encoding="utf-8")
    run_days(home, FIRST, N_DAYS + N_NEW)
    return home, train(home)
