"""The PyMC model: what it observes and the density it has."""

import dataclasses

import numpy as np
import pytest
from pytensor.compile.maker import function
from pytensor.graph.traversal import ancestors
from pytensor.tensor.variable import TensorConstant
from scipy.stats import halfnorm, lognorm, multivariate_normal

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.fit import check_observed
from mmm_orchestration.model.graph import build_graph, build_model, list_coords
from mmm_orchestration.model.parts import Parts, find_typical_exposure, prepare_parts
from mmm_orchestration.transforms.adstock import MEAN_LAG
from mmm_orchestration.transforms.saturation import HillSaturation

from .worlds import World, make_random_world

pytestmark = pytest.mark.unit

LAG_DAYS = np.array([3.0, 9.0])
HALF = np.array([0.7, 1.4])
SLOPE = np.array([1.2, 0.8])
SHARE = np.array([0.1, 0.04])
SIGMA = 0.05


def sign_controls(world: World, *, sign: str) -> World:
    """The world with its first control kept on one side of zero."""
    first, *others = world.project.controls
    controls = (first.model_copy(update={"sign": sign}), *others)
    return dataclasses.replace(
        world, project=world.project.model_copy(update={"controls": controls})
    )


def compute_dense_density(data: ModelData, *, parts: Parts) -> float:
    """The log density of a national model at the fixed unknowns, with the dense covariance."""
    scaled = data.exposure[:, 0] / find_typical_exposure(data)[0]
    media = np.zeros(data.n_periods)
    for c, exposure in enumerate(scaled.T):
        kernel = (LAG_DAYS[c] / (LAG_DAYS[c] + 7)) ** np.arange(9)
        adstock = np.convolve(exposure, kernel / kernel.sum())[: data.n_periods]
        saturation = adstock ** SLOPE[c] / (adstock ** SLOPE[c] + HALF[c] ** SLOPE[c])
        media += SHARE[c] / saturation.mean() * saturation
    design = parts.design
    columns = design.matrix[:, 0] * design.prior_sd
    kpi = data.kpi[:, 0]
    likelihood = multivariate_normal(
        mean=design.matrix[:, 0] @ design.prior_mean + media,
        cov=SIGMA**2 * np.eye(data.n_periods) + columns @ columns.T,
    ).logpdf(kpi / kpi.mean())
    priors = [(LAG_DAYS, MEAN_LAG), *zip((HALF, SLOPE), HillSaturation.unknowns, strict=True)]
    prior = (
        sum(lognorm(u.log_sd, scale=u.median).logpdf(values).sum() for values, u in priors)
        + lognorm(parts.strength.log_sd, scale=parts.strength.median).logpdf(SHARE).sum()
        + halfnorm(scale=kpi.std() / kpi.mean()).logpdf(SIGMA)
    )
    return float(likelihood + prior)


def test_model_density_is_priors_times_the_dense_likelihood() -> None:
    """The log density of the graph equals the one written with SciPy to 1e-8."""
    world = make_random_world()
    data = world.prepare()
    parts = prepare_parts(data, project=world.project)
    model = build_graph(parts)
    unknowns = {
        "mean_lag_days": LAG_DAYS,
        "half_saturation": HALF,
        "slope": SLOPE,
        "share": SHARE,
        "sigma": np.array([SIGMA]),
    }
    logs = [np.log(unknowns[rv.name]) for rv in model.free_RVs]
    density = function(model.value_vars, model.logp(jacobian=False), mode="FAST_COMPILE")
    got = float(density(*logs))
    assert got == pytest.approx(compute_dense_density(data, parts=parts), abs=1e-8)


def test_no_data_are_compiled_into_the_density() -> None:
    """The graph of the density holds no constant as long as the periods."""
    world = make_random_world(n_periods=61)
    graph = build_model(world.prepare(), project=world.project).logp()
    constants = [v for v in ancestors([graph]) if isinstance(v, TensorConstant)]
    assert [c for c in constants if 61 in np.shape(c.data)] == []


def test_graph_observes_the_data_untouched() -> None:
    """KPI and exposure in the graph are those of the snapshot."""
    world = make_random_world()
    data = world.prepare()
    parts = prepare_parts(data, project=world.project)
    check_observed(build_model(data, project=world.project), parts=parts)


@pytest.mark.parametrize("name", ["kpi", "exposure"])
def test_other_data_than_the_snapshot_are_refused(name: str) -> None:
    """A model of other values does not pass for the snapshot's."""
    world = make_random_world()
    data = world.prepare()
    changed = getattr(data, name).copy()
    changed[0] *= 1.001
    other = dataclasses.replace(data, **{name: changed})
    with pytest.raises(ModelError, match="is not that of the data"):
        check_observed(
            build_model(data, project=world.project),
            parts=prepare_parts(other, project=world.project),
        )


def test_signed_controls_are_sampled_and_turned() -> None:
    """A negative control leaves the collapsed part and enters the graph with its sign turned."""
    world = sign_controls(make_random_world(), sign="negative")
    parts = prepare_parts(world.prepare(), project=world.project)
    column = parts.design.matrix[:, 0, parts.design.columns.index("control_0")]
    assert parts.signed == ("control_0",)
    assert parts.common.shape[2] == len(parts.design.columns) - 1
    assert np.array_equal(parts.signed_matrix[0, :, 0], -column)


def test_declared_share_prior_has_its_quantiles() -> None:
    """Half of the prior lies below 'median' and 95 % below 'upper'."""
    world = make_random_world(extra="model: {default_prior: {median: 0.1, upper: 0.4}}")
    parts = prepare_parts(world.prepare(), project=world.project)
    prior = lognorm(parts.strength.log_sd[0], scale=parts.strength.median[0])
    assert prior.cdf([0.1, 0.4]) == pytest.approx([0.5, 0.95])


def make_panel(extra: str) -> Parts:
    """Two geos with different KPIs, from the random world."""
    world = make_random_world(extra=extra)
    north = world.prepare()
    rng = np.random.default_rng(1)
    south = 3 * north.kpi + rng.normal(0, 100, north.kpi.shape)
    south[:20] = np.nan
    twice = {
        name: np.concatenate([getattr(north, name)] * 2, axis=1)
        for name in ("exposure", "history", "spend", "controls", "frequency", "frequency_history")
    }
    data = dataclasses.replace(
        north, geos=("north", "south"), kpi=np.concatenate([north.kpi, south], axis=1), **twice
    )
    return prepare_parts(data, project=world.project)


def test_geos_are_believed_to_differ_by_six_to_sixtyfive_per_cent() -> None:
    """The prior density of the spread of effects is the log-normal with that 95 % interval."""
    model = build_graph(make_panel(""))
    spread = model["effect_spread"]
    value = model.rvs_to_values[spread]
    at = np.log([0.05, 0.4])
    log_density = model.logp(spread, jacobian=False, sum=True)
    prior = lognorm(0.6, scale=0.2)
    assert prior.interval(0.95) == pytest.approx((0.062, 0.648), abs=1e-3)
    assert float(log_density.eval({value: at})) == pytest.approx(prior.logpdf(np.exp(at)).sum())


@pytest.mark.parametrize(
    "extra",
    ["", "model: {trend: smooth, shrink_controls: always, synergies: [[tv, radio]]}"],
)
@pytest.mark.parametrize("is_panel", [False, True])
def test_both_graphs_have_one_marginal_density(extra: str, is_panel: bool) -> None:
    """The whole graph's joint density over the exact conditional one is the collapsed density."""
    world = make_random_world(extra=extra)
    parts = make_panel(extra) if is_panel else prepare_parts(world.prepare(), project=world.project)
    collapsed, whole = build_graph(parts), build_graph(parts, is_collapsed=False)
    n_basis, n_own = (len(list_coords(parts)[dim]) for dim in ("basis", "own"))
    marginal = collapsed.compile_logp(jacobian=False, mode="FAST_COMPILE")(
        collapsed.initial_point()
    )
    joint = whole.compile_logp(jacobian=False, mode="FAST_COMPILE")
    n = n_basis + (parts.n_geos * n_own if is_panel else 0)

    def evaluate(at: np.ndarray) -> float:
        point = dict(whole.initial_point())
        point["baseline_standard"] = at[:n_basis]
        if is_panel:
            point["own_standard"] = at[n_basis:].reshape(parts.n_geos, n_own)
        return float(joint(point))

    at_zero = evaluate(np.zeros(n))
    basis = np.eye(n)
    up, down = (np.array([evaluate(s * e) for e in basis]) for s in (1, -1))
    slope = (up - down) / 2
    curvature = np.empty((n, n))
    for i in range(n):
        curvature[i, i] = up[i] + down[i] - 2 * at_zero
        for j in range(i):
            both = evaluate(basis[i] + basis[j])
            curvature[i, j] = curvature[j, i] = both - up[i] - up[j] + at_zero
    integral = (
        at_zero
        + 0.5 * slope @ np.linalg.solve(-curvature, slope)
        + 0.5 * n * np.log(2 * np.pi)
        - 0.5 * np.linalg.slogdet(-curvature)[1]
    )
    assert marginal == pytest.approx(integral, abs=1e-5)
