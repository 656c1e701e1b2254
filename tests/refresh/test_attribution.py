"""Stories whose cause of movement is known: the report attributes it to that cause."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.fit import fit
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.project import Project, Promotion
from mmm_orchestration.promotion.gates import evaluate_stability
from mmm_orchestration.refresh.changes import cut_to, find_last_day, print_settings, set_seed
from mmm_orchestration.refresh.results import QUANTITIES, Cause, RefreshReport
from mmm_orchestration.refresh.walk import Kept, explain
from tests.evaluation.planted import make_planted_world

pytestmark = pytest.mark.truth

OTHER_SEED = 99


class Stories:
    """One world, its champion without the last four weeks, and every fit made once."""

    def __init__(self) -> None:
        world = make_planted_world()
        self.project = world.project
        self.whole = world.prepare()
        self.known = cut_to(self.whole, through=find_last_day(self.whole) - timedelta(weeks=4))
        self.made: dict[tuple[str, str, int], Posterior] = {}
        self.champion = Kept("old", self.fit(self.known, self.project), "code")

    def fit(self, data: ModelData, project: Project) -> Posterior:
        """The posterior; the same asked for twice is sampled once."""
        key = (data.snapshot, print_settings(project), project.model.sampler.seed)
        if key not in self.made:
            self.made[key] = fit(data, project=project)
        return self.made[key]

    def explain(self, data: ModelData, *, seed: int, code: str = "code") -> RefreshReport:
        """The report on a challenger fitted to `data` with `seed`."""
        challenger = self.fit(data, set_seed(self.project, seed))
        return explain(
            self.champion, Kept("new", challenger, code), fit=self.fit, reread=self.refuse
        )

    def restate(self, data: ModelData) -> ModelData:
        """The data after the spend of tv was restated by a third upwards in its first year."""
        spend = data.spend.copy()
        spend[:52, :, 0] *= 4 / 3
        return replace(data, spend=spend, exposure=spend)

    @staticmethod
    def refuse(project: Project) -> ModelData:
        """Nothing: no settings change in these stories, so gold is not read again."""
        raise ModelError("Gold was read again")


@pytest.fixture(scope="module")
def stories() -> Stories:
    """The world of all stories."""
    return Stories()


@pytest.fixture(scope="module")
def told(stories: Stories) -> dict[Cause, RefreshReport]:
    """One report for each story, by its true cause."""
    seed = stories.champion.posterior.seed
    return {
        "new_days": stories.explain(stories.whole, seed=seed),
        "restated": stories.explain(stories.restate(stories.known), seed=seed),
        "seed": stories.explain(stories.known, seed=OTHER_SEED),
    }


@pytest.fixture(scope="module")
def mixed(stories: Stories) -> RefreshReport:
    """All three at once."""
    return stories.explain(stories.restate(stories.whole), seed=OTHER_SEED)


@pytest.mark.parametrize("cause", ["new_days", "restated", "seed"])
def test_movement_is_attributed_to_its_cause(
    told: dict[Cause, RefreshReport], cause: Cause
) -> None:
    """At least 80 % of what moved is attributed to the one thing that changed."""
    report = told[cause]
    assert report.causes == (cause,)
    for quantity in QUANTITIES:
        if any(m.moved for m in report.list_of(quantity)):
            assert report.attribute(quantity)[cause] >= 0.8
    assert any(m.moved for m in report.list_of("roi"))


def test_only_what_changed_is_fitted_again(told: dict[Cause, RefreshReport]) -> None:
    """With one change the refits are those of the seed noise alone."""
    assert {cause: report.n_refits for cause, report in told.items()} == {
        "new_days": 2,
        "restated": 2,
        "seed": 2,
    }


def test_the_restated_channel_is_named(told: dict[Cause, RefreshReport]) -> None:
    """Series, days and size of the restatement are told, and that ROI of tv fell."""
    report = told["restated"]
    (found,) = report.restated
    assert found.series == "spend of tv"
    assert found.after == pytest.approx(found.before * 4 / 3)
    roi = {m.channel: m for m in report.list_of("roi")}
    assert roi["tv"].parts["restated"] < -0.05 < roi["radio"].parts["restated"]


def test_parts_add_up_exactly(mixed: RefreshReport, told: dict[Cause, RefreshReport]) -> None:
    """With several changes at once the parts of every number make its whole movement."""
    assert mixed.causes == ("restated", "new_days", "seed")
    assert len(mixed.movements) == 2 * len(QUANTITIES)
    for movement in mixed.movements:
        assert sum(movement.parts.values()) == pytest.approx(movement.moved, abs=1e-9)


def test_a_part_does_not_depend_on_what_changed_after_it(
    mixed: RefreshReport, told: dict[Cause, RefreshReport]
) -> None:
    """Restated days move the numbers as far beside new days and another seed as alone."""
    alone = {(m.channel, m.quantity): m for m in told["restated"].movements}
    for movement in mixed.movements:
        pure = alone[movement.channel, movement.quantity]
        assert movement.parts["restated"] == pytest.approx(pure.parts["restated"], rel=1e-6)


def test_a_seed_moves_numbers_about_as_far_as_its_noise(
    told: dict[Cause, RefreshReport],
) -> None:
    """The movement of another seed lies within four times what two noisy fits differ by."""
    for movement in told["seed"].movements:
        assert movement.noise is not None
        assert abs(movement.moved) <= 4 * np.sqrt(2) * movement.noise + 1e-9


def test_code_that_changes_nothing_has_no_part(stories: Stories) -> None:
    """Where the code is another, the champion's fit is made again and moves nothing."""
    kept = dict(stories.made)
    for key, posterior in kept.items():
        if posterior is stories.champion.posterior:
            del stories.made[key]
    report = stories.explain(stories.known, seed=OTHER_SEED, code="other code")
    assert stories.made.keys() == kept.keys()
    stories.made |= kept
    assert report.causes == ("code", "seed")
    assert {m.parts["code"] for m in report.movements} == {0.0}
    assert "the code of the model" in report.steps[0].what


def test_another_model_is_stopped(stories: Stories) -> None:
    """A prior that a person changed moves what no data explain: the gate blocks it."""
    tv, radio = stories.project.channels
    prior = stories.project.model.default_prior.model_copy(update={"median": 0.01, "upper": 0.02})
    changed = stories.project.model_copy(
        update={"channels": (tv.model_copy(update={"prior": prior}), radio)}
    )
    report = explain(
        stories.champion,
        Kept("new", stories.fit(stories.known, changed), "code"),
        fit=stories.fit,
        reread=lambda project: stories.known,
    )
    assert report.causes == ("settings",)
    assert "channels.tv.prior" in report.steps[2].what
    gate = evaluate_stability(report, champion="old", limits=Promotion())
    assert gate.outcome == "failed"
    assert "ROI of 'tv'" in gate.reasons[0]


def test_stories_of_data_and_seed_pass_the_gate(
    mixed: RefreshReport, told: dict[Cause, RefreshReport]
) -> None:
    """What new days, restated days or chance moved does not block a promotion."""
    for report in (mixed, *told.values()):
        gate = evaluate_stability(report, champion="old", limits=Promotion())
        assert gate.outcome == "passed", gate.sentence
