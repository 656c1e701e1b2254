"""Gold to what is said of a model's predictions: leave-one-out, forecasts and the search.

Belongs here: reading and keeping around `evaluation`. Must not: scores, Dagster.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmm_orchestration.examining import examine_before
from mmm_orchestration.home import Home
from mmm_orchestration.training import load_passed, read_snapshot

if TYPE_CHECKING:
    from mmm_orchestration.evaluation.backtest import CrossValidation
    from mmm_orchestration.evaluation.loo import LooResult
    from mmm_orchestration.evaluation.search import SearchResult
    from mmm_orchestration.lake.lake import Lake
    from mmm_orchestration.project import Project


@dataclass(frozen=True)
class Evaluation:
    """Leave-one-out of the posterior fitted last, and forecasts from earlier origins."""

    version: str
    loo: "LooResult"
    forecasts: "CrossValidation"


def forecast(
    lake: "Lake",
    *,
    project: "Project",
    say: Callable[[str], None],
    n_folds: int | None = None,
    horizon: int | None = None,
) -> "CrossValidation":
    """Rolling-origin forecasts on the accepted days.

    Raises ModelError at a critical finding on them.
    """
    from mmm_orchestration.evaluation.backtest import cross_validate
    from mmm_orchestration.evaluation.folds import N_FOLDS

    data = read_snapshot(lake, project=project).data
    examine_before(data, project=project, say=say)
    return cross_validate(
        data,
        project=project,
        n_folds=n_folds or N_FOLDS,
        horizon=horizon,
        progress=lambda done, total: say(f"forecast {done} of {total} done"),
    )


def evaluate(
    home: Home,
    *,
    say: Callable[[str], None],
    n_folds: int | None = None,
    horizon: int | None = None,
) -> Evaluation:
    """Leave-one-out of the posterior fitted last, which must have passed, and forecasts."""
    from mmm_orchestration.evaluation.loo import compute_loo

    record, posterior = load_passed(home.posteriors)
    return Evaluation(
        version=record.version,
        loo=compute_loo(posterior),
        forecasts=forecast(
            home.open_lake(), project=home.one, say=say, n_folds=n_folds, horizon=horizon
        ),
    )


def search_project(home: Home, *, budget: float, say: Callable[[str], None]) -> "SearchResult":
    """The search on the accepted days; its tries are kept beside mmm.yaml and not repeated.

    Raises ModelError at a critical finding on the days.
    """
    from mmm_orchestration.evaluation.search import search

    data = read_snapshot(home.open_lake(), project=home.one).data
    examine_before(data, project=home.one, say=say)
    return search(
        data,
        project=home.one,
        budget=budget,
        folder=home.searches,
        tell=say,
    )
