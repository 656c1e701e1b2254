"""What each channel and the baseline brought, draw by draw.

Belongs here: series and sums from draws. Must not: intervals and words (see `summary`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from mmm_orchestration.insight.results import Array
from mmm_orchestration.model.likelihood import NUMPY, get_family
from mmm_orchestration.model.parts import build_path, scale_frequency
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.model.smooth import compute_paths
from mmm_orchestration.transforms.plan import TransformPlan

NUDGE = 0.01
PREDICTIVE_STREAM = 2


@dataclass(frozen=True, eq=False)
class ChannelDraws:
    """One channel's unknowns by name, each of shape (draw,), and its observed exposure.

    `exposure` (geo, lag + date) begins with the history; `scale` (geo,) is a typical exposure;
    `effect` (draw, geo) is the contribution per period at a response of one. `frequency`, as
    `exposure` in typical frequencies, is that of a channel measured by reach. `path` (draw, date)
    is how the effect varies, one where it does not.
    """

    channel: str
    position: int
    plan: TransformPlan
    unknowns: Mapping[str, Array]
    exposure: Array
    scale: Array
    effect: Array
    frequency: Array | None
    path: Array

    def answer(self, *, factor: float | Array = 1.0) -> Array:
        """The response with exposure times `factor`, its path included, shape (draw, geo, date).

        `factor` is one number throughout, or has the shape (geo, lag + date) of the exposure.
        """
        response = self.plan.transform(
            factor * self.exposure / self.scale[:, None],
            channel=self.position,
            unknowns=self.unknowns,
            frequency=self.frequency,
        )
        answered: Array = response * self.path[:, None, :]
        return answered

    def contribute(self, *, factor: float | Array = 1.0) -> Array:
        """KPI units per period with exposure times `factor`, shape (draw, geo, date)."""
        contribution: Array = self.effect[:, :, None] * self.answer(factor=factor)
        return contribution

    def compute_lift(self, *, part: Array) -> Array:
        """KPI units that `part` (date, geo) of the exposure brings over all periods, (draw,).

        Contribution as it was, less contribution without that part, carry-over after it included.
        """
        n_geos, n_all = self.exposure.shape
        kept = np.ones((n_geos, n_all))
        kept[:, n_all - len(part) :] -= part.T
        gained = self.contribute() - self.contribute(factor=kept)
        lift: Array = gained.sum(axis=(1, 2))
        return lift

    def respond(self, level: Array) -> Array:
        """KPI units per period of all geos at steady exposures `level` (geo, level), (draw, level).

        A steady level is carried over to itself, because kernels sum to one. Where the effect
        varies it is the mean over the periods; reach counts at its typical frequency.
        """
        scaled = (level / self.scale[:, None])[None]
        if self.frequency is None:
            response = self.plan.respond_of(self.position, scaled, unknowns=self.unknowns)
        else:
            typical = np.ones((1, 1, 1))
            felt = self.plan.respond_of(self.position, typical, unknowns=self.unknowns)
            response = scaled * felt
        effect = self.effect * self.path.mean(axis=1, keepdims=True)
        total: Array = (effect[:, :, None] * response).sum(axis=1)
        return total


@dataclass(frozen=True, eq=False)
class Contributions:
    """Sums over the observed window and means over draws, in KPI units, all geos together.

    `total` and `nudged` (more of the channel's exposure by one per cent, all else equal) have
    shape (draw, channel); `baseline_total` (draw,); `media_mean` (date, channel);
    `baseline_mean`, `fit_mean`, `fit_low`, `fit_high` (date,), the last two bounding `interval`
    of the posterior predictive, whose draws are `predicted` (draw, date). `by_geo` (geo, channel)
    holds the mean totals of the geos. Half of what a pair of channels adds together is part of
    each of them; all of what more of a channel adds to its pairs is part of `nudged`.
    """

    total: Array
    nudged: Array
    baseline_total: Array
    media_mean: Array
    baseline_mean: Array
    fit_mean: Array
    fit_low: Array
    fit_high: Array
    predicted: Array
    by_geo: Array


def iterate_channels(posterior: Posterior) -> Iterator[ChannelDraws]:
    """The channels in their order, one at a time to keep memory small."""
    data, plan = posterior.data, posterior.plan
    exposure = np.concatenate([data.history, data.exposure]).transpose(2, 1, 0)
    frequency = scale_frequency(data).transpose(2, 0, 1)
    paths = compute_channel_paths(posterior)
    for position, channel in enumerate(data.channels):
        yield ChannelDraws(
            channel=channel,
            position=position,
            plan=plan,
            unknowns={
                unknown.name: posterior.stack(unknown.name)[:, unknown.channels.index(position)]
                for unknown in plan.unknowns
                if position in unknown.channels
            },
            exposure=exposure[position],
            scale=posterior.scale[:, position],
            effect=posterior.stack("effect")[:, :, position],
            frequency=frequency[position] if plan.reached[position] else None,
            path=paths.get(channel, np.ones((1, 1))),
        )


def compute_channel_paths(posterior: Posterior) -> dict[str, Array]:
    """How the effect of each channel that varies does so, shape (draw, date), by channel."""
    if "path_standard" not in posterior.draws:
        return {}
    flat = {name: posterior.stack(name) for name in ("path_standard", "path_size")}
    paths = compute_paths(flat, path=build_path(posterior.data))
    names = posterior.draws["varying_channel"].to_numpy().tolist()
    return {name: paths[:, :, i] for i, name in enumerate(names)}


def name_pairs(posterior: Posterior) -> list[tuple[str, str]]:
    """The channels of each pair that is modelled."""
    if "synergy_effect" not in posterior.draws:
        return []
    first, second = zip(
        *(pair.split(" + ") for pair in posterior.draws["pair"].to_numpy().tolist()), strict=True
    )
    return list(zip(first, second, strict=True))


def compute_synergies(posterior: Posterior, *, nudged: str = "") -> tuple[Array, ...]:
    """What each pair of channels adds to both of them, each of shape (draw, date, geo).

    In KPI units per period, one array per pair. With more of the channel `nudged` by one per cent,
    where one is named.
    """
    pairs = name_pairs(posterior)
    paired = {name for pair in pairs for name in pair}
    answers = {
        draws.channel: draws.answer(factor=1 + NUDGE * (draws.channel == nudged))
        for draws in (iterate_channels(posterior) if pairs else ())
        if draws.channel in paired
    }
    effects = posterior.stack("synergy_effect") if pairs else np.empty(0)
    return tuple(
        (effects[:, :, i, None] * answers[first] * answers[second]).transpose(0, 2, 1)
        for i, (first, second) in enumerate(pairs)
    )


def split_synergies(posterior: Posterior, *, nudged: str = "") -> dict[str, Array]:
    """What synergies add to each channel, shape (draw, date, geo), none where it has no pair.

    Half of what a pair adds belongs to each of the two: their Shapley values. Shapley (1953).
    """
    added: dict[str, Array] = {}
    pairs = name_pairs(posterior)
    for pair, joint in zip(pairs, compute_synergies(posterior, nudged=nudged), strict=True):
        for name in pair:
            added[name] = added.get(name, 0.0) + 0.5 * joint
    return added


def expect_baseline(posterior: Posterior) -> Array:
    """The KPI without media at every period, observed or not, (draw, date, geo), KPI units."""
    return np.stack(
        [
            posterior.stack("baseline")[:, g] @ posterior.design[:, g].T
            for g in range(len(posterior.data.geos))
        ],
        axis=-1,
    )


def expect_kpi(posterior: Posterior) -> Array:
    """The expected KPI at every period, observed or not, shape (draw, date, geo), KPI units."""
    expected = expect_baseline(posterior)
    for channel in iterate_channels(posterior):
        expected += channel.contribute().transpose(0, 2, 1)
    for joint in compute_synergies(posterior):
        expected += joint
    return expected


def draw_kpi(posterior: Posterior, *, expected: Array) -> Array:
    """The KPI drawn around `expected` (draw, date, geo), of the same shape; always the same."""
    rng = np.random.default_rng([posterior.seed, PREDICTIVE_STREAM])
    size = posterior.data.kpi_mean
    drawn: Array = size * get_family(posterior.project.model.likelihood).draw(
        expected / size,
        sigma=posterior.stack("sigma")[:, None, :] / size,
        size=size,
        degrees=get_degrees(posterior),
        rng=rng,
    )
    return drawn


def compute_log_density(posterior: Posterior, *, kpi: Array) -> Array:
    """Log density of `kpi` (date, geo) at every draw, shape (draw, date, geo), nan where it is."""
    size = posterior.data.kpi_mean
    density: Array = get_family(posterior.project.model.likelihood).compute_log_density(
        kpi / size,
        expect_kpi(posterior) / size,
        sigma=posterior.stack("sigma")[:, None, :] / size,
        size=size,
        degrees=get_degrees(posterior),
        xp=NUMPY,
    )
    return density


def get_degrees(posterior: Posterior) -> Array:
    """How heavy the tails of the noise are, (draw, 1, 1); one where the family has none."""
    if "degrees" not in posterior.draws:
        return np.ones((1, 1, 1))
    return posterior.stack("degrees")[:, :, None]


def compute_contributions(posterior: Posterior, *, interval: float) -> Contributions:
    """The KPI taken apart over all draws, where it is observed.

    Exposure before the first period counts as far as it is known; what the last periods' spend
    brings after the window is not counted.
    """
    observed = posterior.data.is_observed
    expected = expect_baseline(posterior)
    baseline = (expected * observed).sum(axis=2)
    totals, nudged, means, by_geo = [], [], [], []
    added = split_synergies(posterior)
    for channel in iterate_channels(posterior):
        whole = channel.contribute().transpose(0, 2, 1)
        more = channel.contribute(factor=1 + NUDGE).transpose(0, 2, 1)
        if channel.channel in added:
            half, more_half = (
                part[channel.channel]
                for part in (added, split_synergies(posterior, nudged=channel.channel))
            )
            whole, more = whole + half, more + 2 * more_half - half
        expected += whole
        series = whole * observed
        totals.append(series.sum(axis=(1, 2)))
        nudged.append((more * observed).sum(axis=(1, 2)))
        means.append(series.sum(axis=2).mean(axis=0))
        by_geo.append(series.sum(axis=1).mean(axis=0))
    drawn = draw_kpi(posterior, expected=expected)
    predicted = (drawn * observed).sum(axis=2)
    expected = (expected * observed).sum(axis=2)
    tail = (1 - interval) / 2
    low, high = np.quantile(predicted, [tail, 1 - tail], axis=0)
    return Contributions(
        total=np.column_stack(totals),
        nudged=np.column_stack(nudged),
        baseline_total=baseline.sum(axis=1),
        media_mean=np.column_stack(means),
        baseline_mean=baseline.mean(axis=0),
        fit_mean=expected.mean(axis=0),
        fit_low=low,
        fit_high=high,
        predicted=predicted,
        by_geo=np.column_stack(by_geo),
    )
