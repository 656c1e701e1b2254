"""From the champion to the challenger by refits with one thing changed at a time.

Belongs here: the order of the changes, the refits and the differences between them. Must not:
where posteriors are kept.

The way begins at the champion as it was saved and changes, in this order: code and libraries, the
values of the days it knew, the settings in mmm.yaml, the new days, the seed. It ends at the
challenger as it was saved. The difference between two neighbours is the part of the change
between them, so the parts add up exactly; where a change alters nothing that a fit sees, nothing
is fitted and its part is zero. A part holds what its change brings after those before it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import hypot

from mmm_orchestration.errors import MmmError
from mmm_orchestration.insight.results import SeedNoise
from mmm_orchestration.model.convergence import evaluate_convergence
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.project import Project
from mmm_orchestration.refresh.changes import (
    cut_to,
    find_last_day,
    list_restated,
    print_settings,
    set_seed,
)
from mmm_orchestration.refresh.numbers import (
    ChannelNumbers,
    join_noise,
    measure_noise,
    measure_numbers,
)
from mmm_orchestration.refresh.results import (
    QUANTITIES,
    Cause,
    Movement,
    Quantity,
    RefreshReport,
    RestatedDays,
    Step,
)
from mmm_orchestration.refresh.words import say_steps

N_SEEDS = 2

Fit = Callable[[ModelData, Project], Posterior]
Reread = Callable[[Project], ModelData]
Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Kept:
    """A saved posterior, its version and the code that fitted it."""

    version: str
    posterior: Posterior
    code_hash: str


@dataclass(frozen=True)
class _State:
    """What is fitted once `cause` has changed."""

    cause: Cause
    data: ModelData
    project: Project


class _Fits:
    """Each posterior fitted once for its data, settings and seed; counts what was fitted."""

    def __init__(self, fit: Fit, *, say: Say) -> None:
        self._fit = fit
        self._say = say
        self._known: dict[tuple[str, str, int], Posterior] = {}
        self.notes: list[str] = []
        self.n_refits = 0

    def keep(self, posterior: Posterior) -> None:
        """Makes a saved posterior one of those that need no fit."""
        self._known[_name(posterior.data, posterior.project)] = posterior

    def get(self, data: ModelData, project: Project, *, why: str) -> Posterior:
        """The posterior of the data under the project."""
        key = _name(data, project)
        if key not in self._known:
            self.n_refits += 1
            self._say(f"refit {self.n_refits}: {why}")
            fitted = self._fit(data, project)
            self._known[key] = fitted
            missed = evaluate_convergence(fitted.diagnostics, gates=project.gates).reasons
            self.notes += [f"The refit '{why}' did not converge: {reason}" for reason in missed]
        return self._known[key]


def _name(data: ModelData, project: Project) -> tuple[str, str, int]:
    return data.snapshot, print_settings(project), project.model.sampler.seed


def explain(
    champion: Kept,
    challenger: Kept,
    *,
    fit: Fit,
    reread: Reread,
    restated_days: Sequence[RestatedDays] = (),
    say: Say = lambda _: None,
) -> RefreshReport:
    """How the numbers moved from `champion` to `challenger`, and why.

    `fit` makes a posterior; `reread` gives the challenger's gold days as other settings have
    them, and is asked only where the settings changed. `restated_days` are told as they are.
    """
    old, new = champion.posterior, challenger.posterior
    fits = _Fits(fit, say=say)
    is_same_code = bool(champion.code_hash) and champion.code_hash == challenger.code_hash
    if is_same_code and old.versions == new.versions:
        fits.keep(old)
    fits.keep(new)
    states, notes = _list_states(old, new, reread=reread)
    walked = [old, *(fits.get(s.data, s.project, why=_WHY[s.cause]) for s in states)]
    seeds = tuple((old.seed + k) % 2**31 for k in range(1, N_SEEDS + 1))
    others = [
        fits.get(old.data, set_seed(old.project, seed), why=f"with the seed {seed}")
        for seed in seeds
    ]
    say("comparing the refits")
    noise = join_noise(measure_noise([walked[1], *others]), measure_noise([new]))
    movements, left_out = _follow_all(walked, causes=[s.cause for s in states], noise=noise)
    changed = {s.cause: a is not b for s, a, b in zip(states, walked, walked[1:], strict=False)}
    restated = list_restated(old.data, states[1].data)
    return RefreshReport(
        version=challenger.version,
        champion=champion.version,
        project=new.project.title,
        kpi_unit=new.project.kpi.unit or new.project.currency,
        currency=new.project.currency,
        trained_through=find_last_day(new.data),
        champion_through=find_last_day(old.data),
        steps=tuple(
            Step(cause, is_changed=changed[cause], what=what)
            for cause, what in say_steps(
                old, new, restated=restated, is_same_code=is_same_code, changed=changed
            )
        ),
        movements=movements,
        noise=noise,
        restated=restated,
        restated_days=tuple(restated_days),
        new_channels=tuple(c for c in new.data.channels if c not in old.data.channels),
        gone_channels=tuple(c for c in old.data.channels if c not in new.data.channels),
        seeds=seeds,
        n_refits=fits.n_refits,
        notes=(*notes, *left_out, *fits.notes),
    )


_WHY: dict[Cause, str] = {
    "code": "the champion's data with today's code",
    "restated": "the champion's days as they are today",
    "settings": "the settings of today",
    "new_days": "with the new days",
    "seed": "with the challenger's seed",
}


def _list_states(
    old: Posterior, new: Posterior, *, reread: Reread
) -> tuple[list[_State], list[str]]:
    """What is fitted after each change, in the order of CAUSES, and what cannot be told apart."""
    through, seeded = find_last_day(old.data), set_seed(new.project, old.seed)
    is_same = print_settings(old.project) == print_settings(new.project)
    notes: list[str] = []
    known = cut_to(new.data, through=through)
    restated = known
    if not is_same:
        try:
            restated = cut_to(reread(old.project), through=through)
        except MmmError as error:
            restated = old.data
            notes.append(
                "Restated days and settings are one part, under settings, because today's tables "
                f"make no data under the champion's settings: {error}"
            )
    return [
        _State("code", old.data, old.project),
        _State("restated", restated, old.project),
        _State("settings", known, seeded),
        _State("new_days", new.data, seeded),
        _State("seed", new.data, new.project),
    ], notes


def _follow_all(
    walked: Sequence[Posterior], *, causes: Sequence[Cause], noise: Sequence[SeedNoise]
) -> tuple[tuple[Movement, ...], list[str]]:
    """The movements of the channels that the first and the last have, and whom none follows."""
    known = {id(posterior): measure_numbers(posterior) for posterior in walked}
    numbers = [known[id(posterior)] for posterior in walked]
    by_channel = {each.channel: each for each in noise}
    movements: list[Movement] = []
    left_out = []
    for name in (name for name in numbers[0] if name in numbers[-1]):
        if any(name not in each for each in numbers):
            left_out.append(f"'{name}' is left out of one of the refits, so it is not followed.")
            continue
        ones = [each[name] for each in numbers]
        found = (
            _follow(ones, quantity, causes=causes, channel=name, noise=by_channel.get(name))
            for quantity in QUANTITIES
        )
        movements += filter(None, found)
    return tuple(movements), left_out


def _follow(
    ones: Sequence[ChannelNumbers],
    quantity: Quantity,
    *,
    causes: Sequence[Cause],
    channel: str,
    noise: SeedNoise | None,
) -> Movement | None:
    """The movement of one number; None where one of the refits has no such number."""
    values: list[float | None] = [getattr(one, quantity) for one in ones]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    spreads = [getattr(one, f"spread_{quantity}", None) for one in (ones[0], ones[-1])]
    spread = [each for each in spreads if each is not None]
    return Movement(
        channel=channel,
        quantity=quantity,
        before=known[0],
        after=known[-1],
        parts={cause: b - a for cause, a, b in zip(causes, known, known[1:], strict=False)},
        noise=getattr(noise, quantity) if noise else None,
        spread=hypot(*spread) if len(spread) == 2 else None,
    )
