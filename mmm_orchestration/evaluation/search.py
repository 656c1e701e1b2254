"""Automatic search for the settings that predict best, within a time budget.

Belongs here: which candidate comes next, the clock, and the choice in words. Must not: what
candidates there are (`candidates`), keeping them (`tries`).

Stage by stage - trend, season, carry-over and saturation, order - each candidate changes the best
so far and gets one short fit. The score is the elpd of PSIS-LOO: it takes a single fit, and being
paired by point it has a standard error for every difference, where forecasts from several origins
cost a fit each and judge few periods. It is not the error of a forecast; cross-validate the winner.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from mmm_orchestration.errors import MmmError, ModelError
from mmm_orchestration.evaluation.candidates import DECLARED, STAGES, Candidate
from mmm_orchestration.evaluation.compare import Comparison, Standing, compare_points
from mmm_orchestration.evaluation.loo import compute_loo
from mmm_orchestration.evaluation.tries import Try, TryBook
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.project import Project, Sampler

Clock = Callable[[], float]
Tell = Callable[[str], None]

N_FINALISTS = 5
MAX_R_HAT = 1.05
COMPILE_SECONDS = 15.0
MARGIN = 1.25
DRAWS, TUNE, CHAINS = 200, 300, 2


@dataclass(frozen=True, eq=False)
class SearchResult:
    """The tries, best first; `comparison` is of the finalists and the settings as declared.

    `untried` names the candidates that did not fit in the time, `notes` says it in words.
    """

    tries: tuple[Try, ...]
    comparison: Comparison
    untried: tuple[str, ...]
    seconds: float
    notes: tuple[str, ...]

    @property
    def best(self) -> Candidate:
        """The candidate with the highest score whose chains agreed."""
        name = self.comparison.standings[0].name
        return next(t.candidate for t in self.tries if t.candidate.name == name)

    def to_frame(self) -> pl.DataFrame:
        """One row per candidate, best first; weights and differences are of the finalists."""
        scores = {s.name: s for s in self.comparison.standings}
        rows = [_to_row(tried, scores.get(tried.candidate.name)) for tried in self.tries]
        return pl.DataFrame(rows, infer_schema_length=None)


def _to_row(tried: Try, standing: Standing | None) -> dict[str, str | float | None]:
    return {
        "model": tried.candidate.name,
        "elpd": None if tried.failure else tried.elpd,
        "difference": standing.difference if standing else None,
        "se": standing.se if standing else None,
        "weight": standing.weight if standing else None,
        "r_hat": None if tried.failure else tried.r_hat,
        "n_high_k": None if tried.failure else tried.n_high_k,
        "seconds": tried.seconds,
        "failure": tried.failure,
    }


def search(
    data: ModelData,
    *,
    project: Project,
    budget: float,
    folder: Path | None = None,
    tell: Tell | None = None,
    clock: Clock = time.monotonic,
) -> SearchResult:
    """The candidates that could be tried in `budget` seconds, with the choice among them.

    The settings as declared are always fitted. No other candidate is started that would not end
    in time, judged by those before it. Tries are kept in `folder` and not repeated. Raises
    ModelError when not even the settings as declared can be scored.
    """
    run = _Run(data, project=project, budget=budget, folder=folder, tell=tell, clock=clock)
    base = Candidate({})
    first = run.attempt(base)
    if first.failure:
        raise ModelError(f"The model as declared cannot be scored: {first.failure}")
    tries, untried = {base.key: first}, dict[str, str]()
    for stage, listing in STAGES.items():
        for candidate in listing(project.model, base):
            if candidate.key in tries:
                continue
            if not run.has_time(candidate):
                untried[candidate.key] = f"{stage}: {candidate.name}"
                continue
            tries[candidate.key] = run.attempt(candidate)
        base = _choose(list(tries.values())).candidate
    return _conclude(list(tries.values()), untried=tuple(untried.values()), seconds=run.elapsed)


class _Run:
    """The fits of one search against the clock."""

    def __init__(
        self,
        data: ModelData,
        *,
        project: Project,
        budget: float,
        folder: Path | None,
        tell: Tell | None,
        clock: Clock,
    ) -> None:
        self._data, self._project, self._budget = data, project, budget
        self._tell, self._clock, self._start = tell, clock, clock()
        self._book = TryBook(folder, data=data, project=project)
        self._known: list[float] = []
        self._fresh: list[float] = []
        self._families: set[tuple[object, ...]] = set()

    @property
    def elapsed(self) -> float:
        """Seconds since the search began."""
        return self._clock() - self._start

    def has_time(self, candidate: Candidate) -> bool:
        """Whether the candidate is known already, or is expected to end within the budget."""
        if self._book.find(candidate) is not None:
            return True
        return self.elapsed + self._predict(candidate) <= self._budget

    def attempt(self, candidate: Candidate) -> Try:
        """The candidate's try, from the book or by a short fit."""
        tried = self._book.find(candidate)
        if tried is None:
            if self._tell is not None:
                left = self._budget - self.elapsed
                self._tell(f"{candidate.name} ({max(0.0, left):.0f} s left)")
            tried = _fit_short(
                self._data, candidate=candidate, project=self._project, clock=self._clock
            )
            self._book.keep(tried)
        is_fresh = self._name_families(candidate) not in self._families
        self._families.add(self._name_families(candidate))
        (self._fresh if is_fresh else self._known).append(tried.seconds)
        return tried

    def _predict(self, candidate: Candidate) -> float:
        """Seconds of a candidate: the slowest before it, and compiling where families are new."""
        slowest = MARGIN * max([*self._known, *self._fresh])
        is_first_new = len(self._families) == 1
        is_new = self._name_families(candidate) not in self._families
        return slowest + (COMPILE_SECONDS if is_new and is_first_new else 0.0)

    def _name_families(self, candidate: Candidate) -> tuple[object, ...]:
        """What a compiled density is shared by."""
        spec = self._project.model.model_dump(include={"adstock", "saturation", "order"})
        return tuple({**spec, **{k: v for k, v in candidate.changes.items() if k in spec}}.values())


def _fit_short(data: ModelData, *, candidate: Candidate, project: Project, clock: Clock) -> Try:
    """One fit with short chains, scored; a failure is kept as a try without a score."""
    from mmm_orchestration.model.fit import fit

    sampler = Sampler(draws=DRAWS, tune=TUNE, chains=CHAINS, seed=project.model.sampler.seed)
    spec = project.model.model_copy(update={**candidate.changes, "sampler": sampler})
    started = clock()
    try:
        posterior = fit(data, project=project.model_copy(update={"model": spec}))
        loo = compute_loo(posterior)
    except MmmError as error:
        seconds = clock() - started
        return Try(candidate, seconds, np.empty(0), failure=str(error))
    return Try(
        candidate=candidate,
        seconds=clock() - started,
        elpd_by_point=loo.elpd_by_point,
        n_high_k=len(loo.high_k),
        r_hat=posterior.diagnostics.max_r_hat,
        failure="" if np.isfinite(loo.elpd) else "its score is not finite",
    )


def _choose(tries: list[Try]) -> Try:
    """The best of those whose chains agreed, or the first where none did."""
    agreed = [t for t in tries if t.r_hat <= MAX_R_HAT and not t.failure]
    return max(agreed, key=lambda t: t.elpd, default=tries[0])


def _conclude(tries: list[Try], *, untried: tuple[str, ...], seconds: float) -> SearchResult:
    """The finalists compared and the choice in words."""
    declared, ranked = tries[0], sorted(tries, key=lambda t: -t.elpd)
    agreed = [t for t in ranked if t.r_hat <= MAX_R_HAT and not t.failure]
    finalists = {t.candidate.name: t.elpd_by_point for t in agreed[:N_FINALISTS]}
    finalists.setdefault(declared.candidate.name, declared.elpd_by_point)
    comparison = compare_points(finalists)
    return SearchResult(
        tries=tuple(ranked),
        comparison=comparison,
        untried=untried,
        seconds=seconds,
        notes=_describe_choice(tries, comparison=comparison, untried=untried),
    )


def _describe_choice(
    tries: list[Try], *, comparison: Comparison, untried: tuple[str, ...]
) -> tuple[str, ...]:
    """What the scores say, which candidates cannot be trusted and which were not tried."""
    best = comparison.standings[0]
    declared = next(s for s in comparison.standings if s.name == DECLARED)
    if best.name == DECLARED:
        verdict = "No candidate predicts better than the settings as declared."
    elif declared.is_clearly_worse:
        verdict = (
            f"'{best.name}' predicts clearly better than the settings as declared: by "
            f"{-declared.difference:.1f} with a standard error of {declared.se:.1f}."
        )
    else:
        verdict = (
            f"'{best.name}' has the highest score, but is not clearly better than the settings as "
            f"declared: by {-declared.difference:.1f} with a standard error of {declared.se:.1f}. "
            "Prefer what you believe in; read how far ROI differs between them."
        )
    notes = [verdict]
    failed = [t for t in tries if t.failure]
    notes += [f"'{t.candidate.name}' could not be scored: {t.failure}" for t in failed]
    apart = [t.candidate.name for t in tries if not t.failure and not t.r_hat <= MAX_R_HAT]
    if apart:
        notes.append(f"Not chosen from, as their short chains disagree: {'; '.join(apart)}.")
    if untried:
        notes.append(f"{len(untried)} candidates were not tried for lack of time.")
    return tuple(notes)
