"""Simulation-based calibration in small: twenty fits."""

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.truth.sbc import N_DRAWS, collect, judge, list_quantities, measure_ranks
from benchmarks.truth.simulated import prepare_case, simulate
from mmm_orchestration.project import Sampler

pytestmark = pytest.mark.truth

SHORT = Sampler(draws=250, tune=300, chains=2)


def list_seeds() -> Iterator[int]:
    """The seeds of the twenty fits."""
    return iter(range(20))


def test_twenty_truths_rank_evenly_among_their_draws() -> None:
    """Both tests pass for every unknown, the baseline, effects and contributions."""
    rows = [measure_ranks(seed, case="national", sampler=SHORT) for seed in list_seeds()]
    calibration = collect("national", rows=rows)
    assert len(calibration.ranks) >= 14
    assert [test for test in judge([calibration]) if test.is_rejected] == []


def test_a_wrong_noise_is_noticed() -> None:
    """Draws of another posterior than that of the KPI fail the same tests."""
    rows = []
    for seed in list_seeds():
        simulated = simulate("national", seed=seed)
        rng = np.random.default_rng(seed)
        size = simulated.parts.data.kpi_mean
        n_columns = len(simulated.parts.design.columns)
        draws = {n: np.tile(0.5 * v, (N_DRAWS, 1)) for n, v in simulated.unknowns.items()}
        draws["effect"] = simulated.effect * size * rng.uniform(0, 1, (N_DRAWS, 1, 2))
        draws["baseline"] = np.zeros((N_DRAWS, 1, n_columns))
        ranks = {n: int((v < t).sum()) for n, t, v in list_quantities(draws, simulated=simulated)}
        rows.append({"ranks": ranks, "n_divergences": 0, "max_r_hat": 1.0})
    rejected = {t.quantity for t in judge([collect("national", rows=rows)]) if t.is_rejected}
    assert rejected >= {"national share[0]", "national effect[0, 0]", "national sigma[0]"}


def test_the_geo_case_is_ragged_and_has_a_signed_control() -> None:
    """The panel of the calibration has a geo that begins late and a control of one sign."""
    parts = prepare_case("geo")
    assert parts.n_observed.tolist() == [60, 60, 35]
    assert parts.signed == ("price",)
    kpi = simulate("geo", seed=0).parts.kpi
    assert (kpi[~parts.is_observed] == 0).all()
