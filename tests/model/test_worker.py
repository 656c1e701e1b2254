"""A fit in a process of its own."""

import dataclasses
import os
import signal

import numpy as np
import psutil
import pytest

from mmm_orchestration.errors import ModelError
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.fit import fit
from mmm_orchestration.model.worker import fit_apart

from .worlds import make_random_world

pytestmark = pytest.mark.truth

SHORT = "model: {sampler: {draws: 100, tune: 100, chains: 2}}"


def arrange(data: ModelData) -> ModelData:
    """The data in the order in which files hold them, so that sums agree to the last bit."""
    arrays = ("kpi", "exposure", "history", "spend", "controls")
    return dataclasses.replace(data, **{a: np.ascontiguousarray(getattr(data, a)) for a in arrays})


def test_a_fit_apart_is_the_fit() -> None:
    """The child's posterior is that of a fit in this process, and its progress is passed on."""
    world = make_random_world(extra=SHORT)
    data, told = arrange(world.prepare()), []
    apart = fit_apart(data, project=world.project, progress=lambda *both: told.append(both))
    here = fit(data, project=world.project)
    assert apart.data.snapshot == data.snapshot
    assert apart.diagnostics.n_draws == here.diagnostics.n_draws == 200
    assert np.array_equal(apart.draws["share"], here.draws["share"])
    assert told[-1] == (400, 400)


def test_a_refusal_comes_back_in_its_own_words() -> None:
    """What the child refuses is a ModelError here with the same text."""
    world = make_random_world(extra=SHORT)
    data = world.prepare()
    broken = dataclasses.replace(data, kpi=np.full_like(data.kpi, 1000.0))
    with np.errstate(divide="ignore"), pytest.raises(ModelError, match="density is not finite"):
        fit_apart(broken, project=world.project)


def test_a_killed_child_is_told() -> None:
    """A child that is killed while it samples gives an error that names the signal and memory."""
    world = make_random_world(extra="model: {sampler: {draws: 5000, tune: 500, chains: 2}}")

    killed: list[int] = []

    def kill(_done: int, _total: int) -> None:
        if not killed:
            killed.append(_find_child())
            os.kill(killed[0], signal.SIGKILL)

    with pytest.raises(ModelError, match=r"killed by SIGKILL.*memory ran out"):
        fit_apart(world.prepare(), project=world.project, progress=kill)


def _find_child() -> int:
    """The running child of this process that is a worker."""
    (found,) = (
        child.pid
        for child in psutil.Process().children()
        if any("model.worker" in word for word in child.cmdline())
    )
    return found
