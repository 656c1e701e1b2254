"""Simulation-based calibration: truths drawn from the prior must rank evenly among draws.

Belongs here: one fit to ranks, and the report. Must not: the tests (see `ranks`), the
simulation (see `simulated`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr

from benchmarks.truth.code_hash import hash_model_code, hash_worlds
from benchmarks.truth.ranks import LEVEL, RankTest, judge_ranks
from benchmarks.truth.records import Records, Row, run_seeds
from benchmarks.truth.report import Report
from benchmarks.truth.shapes import Array
from benchmarks.truth.simulated import CASES, Case, Simulated, simulate
from mmm_orchestration.project import Sampler

N_DRAWS = 99
SAMPLER = Sampler(draws=500, tune=500, chains=2)


@dataclass(frozen=True)
class Calibration:
    """The ranks of every quantity over the simulations of one case, and how chains ended."""

    case: str
    ranks: Mapping[str, Sequence[int]]
    n_divergent: int
    max_r_hat: float

    @property
    def n_simulations(self) -> int:
        """Fits that were ranked."""
        return len(next(iter(self.ranks.values())))


def measure_ranks(seed: int, *, case: Case, sampler: Sampler = SAMPLER) -> Row:
    """The rank of each true quantity among the draws of one fit, and its diagnostics."""
    from mmm_orchestration.model.fit import complete_draws
    from mmm_orchestration.model.graph import build_graph
    from mmm_orchestration.model.machine import find_hardware
    from mmm_orchestration.model.measure import measure_convergence
    from mmm_orchestration.model.sample import sample_posterior
    from mmm_orchestration.model.samplers import choose_sampler, measure_size

    simulated = simulate(case, seed=seed)
    own = sampler.model_copy(update={"seed": seed})
    plan = choose_sampler(measure_size(simulated.parts), sampler=own, hardware=find_hardware())
    draws = sample_posterior(build_graph(simulated.parts), plan=plan)
    completed = complete_draws(draws, parts=simulated.parts, seed=seed)
    found = measure_convergence(completed, is_divergent=draws.is_divergent)
    ranks = {
        name: int((values < truth).sum())
        for name, truth, values in list_quantities(thin(completed), simulated=simulated)
    }
    return {
        "ranks": ranks,
        "n_divergences": found.n_divergences,
        "max_r_hat": found.max_r_hat,
    }


def thin(draws: xr.Dataset) -> dict[str, Array]:
    """As many draws as are ranked, evenly spaced over all chains, each of shape (draw, …)."""
    n_all = draws.sizes["chain"] * draws.sizes["draw"]
    kept = np.linspace(0, n_all - 1, N_DRAWS).round().astype(int)
    return {
        str(name): own.to_numpy().astype(float).reshape(n_all, *own.shape[2:])[kept]
        for name, own in draws.data_vars.items()
    }


def list_quantities(
    draws: Mapping[str, Array], *, simulated: Simulated
) -> Iterator[tuple[str, float, Array]]:
    """Name, truth and draws (draw,) of everything that is ranked, in the user's units.

    Every sampled unknown; intercept, control and season of the baseline and the effects of the
    largest geo, and intercept and effects of the smallest; every contribution.
    """
    from mmm_orchestration.model.recover import compute_responses

    parts, size = simulated.parts, simulated.parts.data.kpi_mean
    truths = {
        **simulated.unknowns,
        "sigma": simulated.unknowns["sigma"] * size,
        "effect": simulated.effect * size[:, None],
        "baseline": simulated.baseline * size[:, None],
    }
    for name in simulated.unknowns:
        if name in draws:
            for place in np.ndindex(truths[name].shape):
                yield f"{name}{list(place)}", float(truths[name][place]), draws[name][:, *place]
    last = parts.n_geos - 1
    columns = [parts.design.columns.index(c) for c in ("intercept", "price", "yearly_sin_1")]
    places = [("baseline", (0, c)) for c in columns] + [("effect", (0, 0))]
    if last:
        places += [("baseline", (last, columns[0])), ("effect", (last, 0)), ("effect", (last, 1))]
    for name, place in places:
        yield f"{name}{list(place)}", float(truths[name][place]), draws[name][:, *place]
    response = compute_responses(draws, parts=parts)
    contribution = np.einsum("dgtc,dgc->dc", response, draws["effect"])
    for c, truth in enumerate(simulated.contribution):
        yield f"contribution[{c}]", float(truth), contribution[:, c]


def calibrate(case: Case, *, n_simulations: int, folder: Path, n_processes: int) -> Calibration:
    """The ranks of a case; simulations of this code that `folder` has are not fitted again."""
    settings = f"{SAMPLER.draws} {SAMPLER.tune} {SAMPLER.chains} {N_DRAWS}"
    records = Records(
        folder / f"sbc_{case}.jsonl", key=f"{hash_model_code()} {hash_worlds()} {settings}"
    )
    rows = run_seeds(
        partial(measure_ranks, case=case),
        seeds=range(n_simulations),
        records=records,
        n_processes=n_processes,
    )
    return collect(case, rows=list(rows.values()))


def collect(case: str, *, rows: Sequence[Row]) -> Calibration:
    """The rows of all simulations as one."""
    ranks: dict[str, list[int]] = {}
    for row in rows:
        own = row["ranks"]
        assert isinstance(own, dict)
        for name, rank in own.items():
            ranks.setdefault(name, []).append(int(rank))
    return Calibration(
        case=case,
        ranks=ranks,
        n_divergent=sum(int(str(row["n_divergences"])) > 0 for row in rows),
        max_r_hat=max(float(str(row["max_r_hat"])) for row in rows),
    )


def judge(calibrations: Sequence[Calibration], *, level: float = LEVEL) -> tuple[RankTest, ...]:
    """Both tests of every quantity of all cases, judged together."""
    ranks = {f"{c.case} {name}": own for c in calibrations for name, own in c.ranks.items()}
    return judge_ranks(ranks, n_draws=N_DRAWS, level=level)


def write_report(calibrations: Sequence[Calibration], *, tests: Sequence[RankTest]) -> Report:
    """What was simulated, what failed and the least likely quantities, in Markdown."""
    rejected = [test for test in tests if test.is_rejected]
    verdict = f"FAILED for {len(rejected)} tests" if rejected else "passed"
    text = "\n".join(
        [
            f"Simulation-based calibration {verdict}: ECDF and χ² of {len(tests) // 2} "
            f"quantities, Holm at {LEVEL}.",
            f"Model code {hash_model_code()}.",
            *(
                f"{c.case}: {c.n_simulations} simulations, {c.n_divergent} with divergences, "
                f"worst R-hat {c.max_r_hat:.3f}."
                for c in calibrations
            ),
            "",
            "| quantity | test | p | |",
            "|---|---|---|---|",
            *(
                f"| {t.quantity} | {t.test} | {t.p_value:.4f} | {'REJECTED' * t.is_rejected} |"
                for t in tests[: max(20, len(rejected))]
            ),
            "",
        ]
    )
    return Report(text, is_passed=not rejected)


def write_json(calibrations: Sequence[Calibration], *, tests: Sequence[RankTest]) -> str:
    """The same with all ranks, as JSON."""
    report = {
        "model_code": hash_model_code(),
        "n_draws": N_DRAWS,
        "is_passed": not any(test.is_rejected for test in tests),
        "tests": [asdict(test) for test in tests],
        "cases": [asdict(calibration) for calibration in calibrations],
    }
    return json.dumps(report, indent=1)


def run_calibration(*, n_simulations: int, folder: Path, n_processes: int) -> Report:
    """The report of all cases; all ranks are written to `folder` as sbc.json."""
    calibrations = [
        calibrate(case, n_simulations=n_simulations, folder=folder, n_processes=n_processes)
        for case in CASES
    ]
    tests = judge(calibrations)
    (folder / "sbc.json").write_text(write_json(calibrations, tests=tests), encoding="utf-8")
    return write_report(calibrations, tests=tests)
