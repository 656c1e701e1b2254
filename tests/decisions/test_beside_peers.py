"""What a peer is asked, and rows that must not pass."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.decisions.peer_job import Answer, read_answer, read_question, write_answer
from benchmarks.decisions.peer_job import write_question as write
from benchmarks.decisions.peers import (
    Beside,
    collect_draws,
    draw_world,
    judge,
    make_question,
    make_request,
)
from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.decisions.optimise import optimise

pytestmark = pytest.mark.unit

BESIDE = Beside(100.0, 120.0, 118.0, 0.1, 0.4, 1e-9, 0.0)


def test_question_and_answer_survive_the_way(tmp_path: Path) -> None:
    """As files, without pickles."""
    posterior = draw_world(1)
    question, draws = make_question(posterior), collect_draws(posterior)
    write(question, draws=draws, folder=tmp_path)
    again, kept = read_question(tmp_path)
    assert again == question
    assert all(np.array_equal(kept[name], values) for name, values in draws.items())
    answer = Answer((1.0, 2.0), 0.4, (3.0, 4.0), (5.0, 6.0), 7.0)
    write_answer(answer, folder=tmp_path)
    assert read_answer(tmp_path) == answer


def test_both_are_asked_the_same() -> None:
    """Even spend within the bounds, all of the money."""
    posterior = draw_world(2)
    question = make_question(posterior)
    plan = optimise(freeze(posterior), make_request(question), project=posterior.project).plan
    assert plan.total == pytest.approx(question.total)
    assert np.allclose(plan.spend, plan.spend[0])
    assert (plan.spend[0, 0] <= np.array(question.high) + 1e-6).all()


def test_what_peers_take_is_our_curve() -> None:
    """Normalised geometric carry-over and Hill over money, by hand for one draw and channel."""
    posterior = draw_world(3)
    draws = collect_draws(posterior)
    weights = draws["alpha"][0, 0] ** np.arange(9)
    carried = np.convolve(draws["spend"][:, 0], weights / weights.sum())[: len(draws["spend"])]
    power = carried ** draws["slope"][0, 0]
    half = draws["half_saturation"][0, 0] ** draws["slope"][0, 0]
    from mmm_orchestration.insight.contributions import iterate_channels

    own = next(iter(iterate_channels(posterior))).contribute()[0, 0]
    assert own == pytest.approx(draws["effect"][0, 0] * power / (half + power), rel=1e-9)


@pytest.mark.parametrize(
    ("changed", "rows"),
    [
        ({}, [True, True, True]),
        ({"difference": 1e-3}, [False, False, True]),
        ({"ours": 110.0}, [True, False, True]),
    ],
)
def test_the_rows_can_fail(changed: dict[str, float], rows: list[bool]) -> None:
    """Other curves, and a plan that brings less."""
    worlds = [BESIDE, replace(BESIDE, **changed)]
    assert [row.is_ok for row in judge(worlds, name="it")] == rows
