"""The worlds of the stress matrix, each with one trouble, and the causes that name it.

Belongs here: how a trouble is made. Must not: fits, verdicts (see `stress`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.truth.shapes import (
    N_LAGS,
    Array,
    Curve,
    draw_drifting,
    draw_season,
    draw_spend,
)
from benchmarks.truth.worlds import (
    LEVEL,
    N_WEEKS,
    ChannelTruth,
    World,
    assemble_world,
    compute_contributions,
    make_truths,
)

SHARES = (0.09, 0.06, 0.05, 0.035)
N_ALL = N_LAGS + N_WEEKS
BURSTS = slice(None, None, 9)


@dataclass(frozen=True)
class Scenario:
    """A world, and the causes of findings that name its trouble; none where it has none."""

    name: str
    build: Callable[[int], World]
    causes: tuple[str, ...] = ()
    is_clean: bool = False


@dataclass(eq=False)
class Scene:
    """What worlds have in common before their trouble, in shares of the mean KPI.

    `spend` (lag + week, channel) includes the history; `baseline` (week,) is the KPI without
    media, `noise` (week,) what nothing explains, `demand` a hidden series with mean zero.
    """

    rng: np.random.Generator
    shares: tuple[float, ...] = SHARES
    noise_sd: float = 0.025
    season: Array = field(init=False)
    price: Array = field(init=False)
    demand: Array = field(init=False)
    spend: Array = field(init=False)
    baseline: Array = field(init=False)
    noise: Array = field(init=False)

    def __post_init__(self) -> None:
        rng = self.rng
        self.season = draw_season(rng, n_weeks=N_ALL)
        self.price = draw_drifting(rng, n_weeks=N_WEEKS)
        self.demand = draw_drifting(rng, n_weeks=N_ALL, keep=0.85)
        patterns = ("flighted", "always_on", "pulsed", "flighted")
        self.spend = np.column_stack(
            [draw_spend(rng, pattern=pattern, season=self.season) for pattern in patterns]  # type: ignore[arg-type]
        )
        time = np.linspace(-1, 1, N_WEEKS)
        self.baseline = (
            1 - sum(self.shares) + 0.05 * time + 0.05 * self.season[N_LAGS:] - 0.03 * self.price
        )
        self.noise = rng.normal(0, self.noise_sd, N_WEEKS)

    def finish(
        self,
        name: str,
        *,
        truths: list[ChannelTruth] | None = None,
        contributions: Array | None = None,
        reported: Array | None = None,
        cost: Array | None = None,
        frequency: Array | None = None,
        controls: dict[str, Array] | None = None,
        settings: str = "",
    ) -> World:
        """The world; media work on `spend`, the model sees `reported` (lag + week, channel).

        `cost` and `frequency` have the shape of `reported`, which is the cost where none is given.
        """
        own = truths or make_truths(self.shares)
        true = self.contribute(own) if contributions is None else contributions
        kpi = LEVEL * (self.baseline + self.noise) + true.sum(axis=1)
        seen = self.spend if reported is None else reported
        given = {"price": 10 + self.price} if controls is None else controls
        return assemble_world(
            name,
            truths=own,
            kpi=kpi[:, None],
            contributions=true[:, None],
            exposure=seen[:, None],
            spend=None if cost is None else cost[N_LAGS:, None],
            frequency=None if frequency is None else frequency[:, None],
            controls={control: values[:, None] for control, values in given.items()},
            settings=settings,
        )

    def contribute(self, truths: list[ChannelTruth]) -> Array:
        """True contributions of the spend, shape (week, channel), in KPI units."""
        return compute_contributions(truths, exposure=self.spend[:, None])[:, 0]


def _set_scene(seed: int, *, noise_sd: float = 0.025) -> Scene:
    return Scene(np.random.default_rng([seed, 404]), noise_sd=noise_sd)


def build_clean(seed: int) -> World:
    """Everything is as the model has it."""
    return _set_scene(seed).finish("clean")


def build_realistic(seed: int) -> World:
    """Spend leans on the season, curves differ, the noise is larger and remembers a little."""
    scene = _set_scene(seed)
    scene.spend = scene.spend * np.exp(0.3 * scene.season[:, None])
    scene.noise = 0.045 * draw_drifting(scene.rng, n_weeks=N_WEEKS, keep=0.3)
    truths = make_truths(SHARES, curve=Curve("hill", half=1.3, slope=1.3), weeks=1.0)
    return scene.finish("realistic", truths=truths)


def build_confounded(seed: int) -> World:
    """Hidden demand raises the KPI and, in the same week, the spend on two channels."""
    scene = _set_scene(seed)
    scene.spend[:, :2] *= np.exp(0.6 * scene.demand[:, None])
    scene.baseline = scene.baseline + 0.06 * scene.demand[N_LAGS:]
    return scene.finish("confounded")


def build_reverse(seed: int) -> World:
    """The budget of two channels is a part of last week's sales."""
    scene = _set_scene(seed, noise_sd=0.04)
    scene.baseline = scene.baseline + 0.06 * scene.demand[N_LAGS:]
    drawn, truths = scene.spend.copy(), make_truths(SHARES)
    for _ in range(12):
        kpi = LEVEL * (scene.baseline + scene.noise) + scene.contribute(truths).sum(axis=1)
        before = np.r_[np.full(N_LAGS + 1, kpi[0]), kpi[:-1]] / kpi.mean()
        scene.spend[:, :2] = drawn[:, :2] ** 0.3 * (before**6)[:, None]
    return scene.finish("reverse causality")


def build_collinear(seed: int) -> World:
    """All channels follow one plan."""
    scene = _set_scene(seed)
    plan = draw_spend(scene.rng, pattern="always_on", season=scene.season)
    scene.spend = plan[:, None] * np.exp(scene.rng.normal(0, 0.03, scene.spend.shape))
    return scene.finish("collinear")


def build_spend_errors(seed: int) -> World:
    """The reported spend of two channels is wrong by half, and missing as zero in some weeks."""
    scene = _set_scene(seed)
    reported = scene.spend.copy()
    reported[:, :2] *= np.exp(scene.rng.normal(0, 0.5, (N_ALL, 2)))
    reported[scene.rng.random(N_ALL) < 0.12, 1] = 0.0
    reported[N_LAGS + 40, 0] = 15 * scene.spend[:, 0].mean()
    return scene.finish("spend errors", reported=reported)


def build_outliers(seed: int) -> World:
    """Six weeks of the KPI are far off for reasons outside the data."""
    scene = _set_scene(seed)
    weeks = scene.rng.choice(N_WEEKS, 6, replace=False)
    scene.noise[weeks] += scene.rng.choice([-0.35, 0.45], 6)
    return scene.finish("outliers")


def build_promotions(seed: int) -> World:
    """Promotions, known as a control, nearly always run with a burst of television."""
    scene = _set_scene(seed)
    is_on = np.zeros(N_ALL, dtype=bool)
    is_on[BURSTS] = is_on[1:][BURSTS] = True
    scene.spend[:, 0] = np.where(is_on, 100 * np.exp(scene.rng.normal(0, 0.1, N_ALL)), 2.0)
    promotion = is_on[N_LAGS:].astype(float)
    promotion[scene.rng.choice(N_WEEKS, 4, replace=False)] = 0.0
    scene.baseline = scene.baseline + 0.12 * (promotion - promotion.mean())
    controls = {"price": 10 + scene.price, "promotion": promotion}
    return scene.finish("promotions with media", controls=controls)


def build_reach(seed: int) -> World:
    """People reached count in proportion, each by how often; the model is told both."""
    scene = _set_scene(seed)
    rng = scene.rng
    reach = draw_spend(rng, pattern="always_on", season=scene.season)
    frequency = 1 + rng.gamma(2, 2.0, N_ALL)
    reported, cost, often = scene.spend.copy(), scene.spend.copy(), np.full((N_ALL, 4), np.nan)
    reported[:, 0], cost[:, 0], often[:, 0] = reach, 0.2 * reach * frequency, frequency
    scene.spend[:, 0] = reach * Curve("hill", half=3.0, slope=2.5).respond(frequency)
    first, *others = make_truths(SHARES)
    truths = [replace(first, curve=Curve("linear", half=1)), *others]
    return scene.finish(
        "reach and frequency", truths=truths, reported=reported, cost=cost, frequency=often
    )


def build_varying(seed: int) -> World:
    """The effect of the largest channel falls to a fifth over the three years."""
    scene = _set_scene(seed)
    truths = make_truths((0.14, *SHARES[1:]))
    contributions = scene.contribute(truths)
    contributions[:, 0] *= np.linspace(1.7, 0.3, N_WEEKS)
    return scene.finish("time-varying effect", truths=truths, contributions=contributions)


def build_break(seed: int) -> World:
    """The KPI falls by a seventh in the middle, and two budgets are raised in answer."""
    scene = _set_scene(seed)
    scene.baseline = scene.baseline - 0.14 * (np.arange(N_WEEKS) >= N_WEEKS // 2)
    scene.spend[N_LAGS + N_WEEKS // 2 :, :2] *= 1.7
    return scene.finish("trend break")


def build_s_shaped(seed: int) -> World:
    """Small spends do nothing and large ones much; the model is told that returns only fall."""
    scene = _set_scene(seed)
    scene.spend *= np.exp(scene.rng.normal(0, 0.5, scene.spend.shape))
    truths = make_truths(SHARES, curve=Curve("hill", half=1.5, slope=5.0), weeks=0.4)
    return scene.finish("wrong saturation", truths=truths, settings="saturation: michaelis_menten")


def build_no_season(seed: int) -> World:
    """A strong season that media follow and the model does not have."""
    scene = _set_scene(seed)
    scene.baseline = scene.baseline + 0.08 * scene.season[N_LAGS:]
    scene.spend[:, :2] *= np.exp(0.5 * scene.season[:, None])
    return scene.finish("wrong season", settings="yearly_order: 0")


def build_dense(seed: int) -> World:
    """Twenty-six controls, of which three matter."""
    scene = _set_scene(seed)
    controls = {
        f"control_{i}": draw_drifting(scene.rng, n_weeks=N_WEEKS, keep=0.6) for i in range(25)
    }
    scene.baseline = scene.baseline + 0.03 * controls["control_0"] - 0.02 * controls["control_1"]
    return scene.finish("dense controls", controls={"price": 10 + scene.price, **controls})


def build_mediator(seed: int) -> World:
    """Half of what media bring comes through web visits, which are given as a control."""
    scene = _set_scene(seed)
    brought = scene.contribute(make_truths(SHARES)).sum(axis=1)
    chance = draw_drifting(scene.rng, n_weeks=N_WEEKS, keep=0.5)
    visits = (brought - brought.mean()) / brought.std() + 0.3 * chance
    scene.baseline = scene.baseline + 0.3 * brought.std() / LEVEL * chance
    return scene.finish(
        "mediator as control", controls={"price": 10 + scene.price, "visits": visits}
    )


def build_ragged(seed: int) -> World:
    """Five geos of unequal size: one begins late, one ends early, one pauses."""
    rng = np.random.default_rng([seed, 405])
    size = np.array([1600.0, 1000.0, 700.0, 500.0, 300.0])
    season, n_geos = draw_season(rng, n_weeks=N_ALL), len(size)
    truths = make_truths(SHARES)
    patterns = ("flighted", "always_on", "pulsed", "flighted")
    spend = (
        np.stack(
            [
                [draw_spend(rng, pattern=p, season=season) for _ in range(n_geos)]  # type: ignore[arg-type]
                for p in patterns
            ]
        ).transpose(2, 1, 0)
        * (size / size.mean())[:, None]
    )
    media = compute_contributions(truths, exposure=spend, size=size)
    price = np.column_stack([draw_drifting(rng, n_weeks=N_WEEKS) for _ in size])
    trend = 1 - sum(SHARES) + 0.05 * np.linspace(-1, 1, N_WEEKS) + 0.05 * season[N_LAGS:]
    noise = rng.normal(0, 0.035, (N_WEEKS, n_geos))
    kpi = media.sum(axis=2) + size * (trend[:, None] - 0.03 * price + noise)
    kpi[:90, 4] = kpi[120:, 3] = kpi[60:75, 2] = np.nan
    return assemble_world(
        "ragged geo",
        truths=truths,
        kpi=kpi,
        contributions=media,
        exposure=spend,
        controls={"price": 10 + price},
        settings="level: geo",
    )


HIDDEN = ("unobserved_confounding", "residual_autocorrelation", "implausible_roi")
SCENARIOS: tuple[Scenario, ...] = (
    Scenario("clean", build_clean, is_clean=True),
    Scenario("realistic", build_realistic, (*HIDDEN, "prior_dominates")),
    Scenario("confounded", build_confounded, (*HIDDEN, "spend_follows_kpi")),
    Scenario("reverse causality", build_reverse, ("spend_follows_kpi", "unobserved_confounding")),
    Scenario("collinear", build_collinear, ("collinear_channels", "high_vif")),
    Scenario("spend errors", build_spend_errors, ("outlier_leverage", "exposure_mismatch")),
    Scenario("outliers", build_outliers, ("outlier_leverage",)),
    Scenario("promotions with media", build_promotions, ("promotion_with_media",)),
    Scenario("reach and frequency", build_reach, ("exposure_mismatch", "curve_misfit")),
    Scenario("time-varying effect", build_varying, ("effect_drift",)),
    Scenario("trend break", build_break, ("change_point",)),
    Scenario("wrong saturation", build_s_shaped, ("curve_misfit",)),
    Scenario(
        "wrong season", build_no_season, ("absent_season", "season_left", "unobserved_confounding")
    ),
    Scenario("dense controls", build_dense, ("many_controls", "too_few_rows")),
    Scenario("mediator as control", build_mediator, ("post_treatment_control",)),
    Scenario("ragged geo", build_ragged),
)
