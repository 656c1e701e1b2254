"""After a fit: what the draws themselves say: priors that rule, channels that trade, two answers.

Belongs here: rules on draws. Must not: residuals.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from scipy.stats import gaussian_kde

from mmm_orchestration.diagnosis.fitted import Fitted
from mmm_orchestration.diagnosis.least_squares import Array
from mmm_orchestration.diagnosis.thresholds import Thresholds
from mmm_orchestration.diagnosis.words import join_names, join_pairs
from mmm_orchestration.insight.contributions import NUDGE, ChannelDraws, iterate_channels
from mmm_orchestration.insight.doubts import compute_contraction, find_confounded_pairs
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.model.priors import get_prior
from mmm_orchestration.quality.finding import Finding

_N_PRIOR = 400
_MONEY = ("contribution", "ROI", "marginal ROI")


def find_ruling_priors(fitted: Fitted, *, limits: Thresholds) -> Iterator[Finding]:
    """Channels with a reported number whose posterior is about as wide as its prior."""
    for channel in iterate_channels(fitted.posterior):
        learned = measure_learning(fitted, channel=channel)
        ruled = [name for name, value in learned.items() if value < limits.contraction]
        if not ruled:
            continue
        is_money = any(name in _MONEY for name in ruled)
        told = ", ".join(f"{name} {max(0.0, learned[name]):.0%}" for name in ruled)
        yield Finding(
            severity="warning" if is_money else "info",
            cause="prior_dominates",
            table="posterior",
            message=f"For '{channel.channel}' the data removed little of the prior's variance: "
            f"{told}. These numbers are mostly what the project file believed.",
            fix="State the prior from what is known, calibrate with an experiment, or read the "
            "number as an assumption.",
            channel=channel.channel,
            numbers={name.replace(" ", "_").lower(): value for name, value in learned.items()},
        )


def measure_learning(fitted: Fitted, *, channel: ChannelDraws) -> dict[str, float]:
    """Contraction of every reported number of a channel, each on the log scale."""
    posterior, c = fitted.posterior, channel.position
    log_sd = get_prior(posterior.project, channel=channel.channel).log_sd
    total = fitted.parts.total[:, c]
    learned = {"contribution": compute_contraction(total, prior_log_sd=log_sd)}
    if posterior.data.has_spend[c]:
        learned["ROI"] = learned["contribution"]
    prior = _draw_prior(channel, seed=posterior.seed)
    extra = np.maximum(fitted.parts.nudged[:, c] - total, 1e-12 * total)
    elastic_sd = float(np.std(np.log(_measure_elasticity(channel, unknowns=prior))))
    wide = float(np.hypot(log_sd, elastic_sd))
    name = "marginal ROI" if posterior.data.has_spend[c] else "marginal contribution"
    learned[name] = compute_contraction(extra, prior_log_sd=wide)
    lag_sd = float(np.std(np.log(_measure_lag(channel, unknowns=prior))))
    if lag_sd > 0:
        lag = _measure_lag(channel, unknowns=channel.unknowns)
        learned["carry-over"] = compute_contraction(lag, prior_log_sd=lag_sd)
    for unknown in channel.plan.unknowns:
        if unknown.name == "half_saturation" and c in unknown.channels:
            own = unknown.priors[unknown.channels.index(c)].log_sd
            draws = channel.unknowns[unknown.name]
            learned["half saturation"] = compute_contraction(draws, prior_log_sd=own)
    return learned


def find_trading_channels(fitted: Fitted, *, limits: Thresholds) -> Iterator[Finding]:
    """Groups of channels whose contributions trade off across draws, with their sum."""
    total = fitted.parts.total
    kpi_total = float(fitted.posterior.data.kpi_total.sum())
    for group in join_pairs(find_confounded_pairs(total)):
        own, names = total[:, group], [fitted.channels[c] for c in group]
        both = own.sum(axis=1)
        is_gain = both.std() / both.mean() < limits.sum_gain * (own.std(0) / own.mean(0)).max()
        share = compute_interval(both / kpi_total)
        yield Finding(
            severity="warning" if is_gain else "info",
            cause="collinear_channels",
            table="posterior",
            message=f"What one of {join_names(names)} gains the others lose: they cannot be told "
            f"apart. Read their sum, {share.low:.1%} to {share.high:.1%} of the KPI.",
            fix="Read the sum, merge the channels, or vary one of them alone for a few weeks.",
            channel=names[0],
            numbers={"sum_share_low": share.low, "sum_share_high": share.high},
        )


def find_two_answers(fitted: Fitted, *, limits: Thresholds) -> Iterator[Finding]:
    """Channels whose contribution, half saturation or carry-over has two separate modes."""
    for channel in iterate_channels(fitted.posterior):
        numbers = {"contribution": fitted.parts.total[:, channel.position]}
        for name in ("half_saturation", "mean_lag_days"):
            if name in channel.unknowns:
                numbers[name] = channel.unknowns[name]
        for name, draws in numbers.items():
            modes = find_modes(draws, limits=limits)
            if modes is None:
                continue
            low, high, valley = modes
            yield Finding(
                severity="warning",
                cause="bimodal_posterior",
                table="posterior",
                message=f"The {name.replace('_', ' ')} of '{channel.channel}' has two answers, "
                f"around {low:.3g} and around {high:.3g}, and little between them. A median of "
                "the two is neither.",
                fix="Say in the project file which is believed (prior, carry-over, saturation), "
                "or bring an experiment.",
                channel=channel.channel,
                numbers={"low": low, "high": high, "valley": valley},
            )


def find_modes(draws: Array, *, limits: Thresholds) -> tuple[float, float, float] | None:
    """The two modes of positive `draws` (draw,) with the deepest valley between, and its height.

    A kernel density of the logarithms, Silverman's width; the height is relative to the lower
    mode. None where there is one mode, or the smaller holds too few draws.
    """
    logs = np.log(np.maximum(draws, 1e-300))
    if logs.std() < 1e-9:
        return None
    grid = np.linspace(logs.min(), logs.max(), 200)
    height = gaussian_kde(logs, "silverman")(grid)
    before, after = np.maximum.accumulate(height), np.maximum.accumulate(height[::-1])[::-1]
    relative = height / np.minimum(before, after)
    part = np.searchsorted(np.sort(logs), grid) / len(logs)
    relative[np.minimum(part, 1 - part) < limits.mode_share] = 1.0
    place = int(np.argmin(relative))
    if relative[place] >= limits.valley:
        return None
    low, high = grid[np.argmax(height[:place])], grid[place + np.argmax(height[place:])]
    return float(np.exp(low)), float(np.exp(high)), float(relative[place])


def _draw_prior(channel: ChannelDraws, *, seed: int) -> Mapping[str, Array]:
    """Draws of the channel's transform unknowns from their priors, each (draw,)."""
    rng = np.random.default_rng([seed, channel.position])
    drawn = {}
    for unknown in channel.plan.unknowns:
        if channel.position in unknown.channels:
            prior = unknown.priors[unknown.channels.index(channel.position)]
            drawn[unknown.name] = prior.median * np.exp(prior.log_sd * rng.normal(size=_N_PRIOR))
    return drawn


def _measure_elasticity(channel: ChannelDraws, *, unknowns: Mapping[str, Array]) -> Array:
    """Relative change of the contribution per relative change of exposure, (draw,)."""
    n_draws = len(next(iter(unknowns.values()))) if unknowns else 1
    mean = np.repeat(channel.effect.mean(axis=0, keepdims=True), n_draws, axis=0)
    own = replace(channel, unknowns=unknowns, effect=mean)
    total = own.contribute().sum(axis=(1, 2))
    more = own.contribute(factor=1 + NUDGE).sum(axis=(1, 2))
    elasticity: Array = np.maximum((more / total - 1) / NUDGE, 1e-6)
    return elasticity


def _measure_lag(channel: ChannelDraws, *, unknowns: Mapping[str, Array]) -> Array:
    """Mean lag of the kernel in periods plus a half, because it is reported in whole ones."""
    kernel = channel.plan.kernel_of(channel.position, unknowns=unknowns)
    lag: Array = 0.5 + np.arange(len(kernel)) @ kernel
    return lag
