"""Findings of a fit from their making to the gate before reports."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmm_orchestration.errors import ModelError, PosteriorError
from mmm_orchestration.examining import FitFindings, examine_after, examine_before, keep_findings
from mmm_orchestration.training import FitRecord, Snapshot, keep_posterior, load_passed
from tests.insight import known

from .made import make_data, make_exposure, make_posterior, project_with

pytestmark = pytest.mark.unit


def keep(folder: Path) -> FitRecord:
    """A small posterior as a fit keeps it."""
    posterior = known.make_posterior()
    snapshot = Snapshot(posterior.data, {})
    return keep_posterior(
        posterior, folder=folder, snapshot=snapshot, dagster_run="a", mlflow_run="b"
    )


def test_trouble_is_said_before_the_fit() -> None:
    """Every warning on the data is said, with what to do, before anything is sampled."""
    x = make_exposure(1)
    x[:, 1] = x[:, 0]
    said: list[str] = []
    found = examine_before(make_data(exposure=x), project=project_with(), say=said.append)
    assert len(said) == len([f for f in found if f.severity != "info"])
    assert any("Read their sum" in line for line in said)


def test_critical_data_are_not_fitted() -> None:
    """The error names the worst finding and what to do about it."""
    data = make_data()
    data.exposure[3, 0, 0] = np.inf
    with pytest.raises(ModelError, match=r"'not_finite'.*nothing was fitted.*deliver them again"):
        examine_before(data, project=project_with(), say=lambda _: None)


def test_a_warning_does_not_block(tmp_path: Path) -> None:
    """A posterior with findings short of critical is loaded."""
    record = keep(tmp_path)
    posterior = make_posterior(make_data(), project=project_with())
    found = examine_after(posterior, before=())
    keep_findings(found, folder=tmp_path, version=record.version)
    assert found.critical == ()
    assert load_passed(tmp_path)[0] == record


def test_a_critical_finding_blocks(tmp_path: Path) -> None:
    """Nothing is built from a posterior with a critical finding; the error says which."""
    record = keep(tmp_path)
    posterior = make_posterior(make_data(), project=project_with())
    draws = posterior.draws.copy(deep=True)
    draws["baseline"][..., 0] = -200.0
    found = examine_after(replace(posterior, draws=draws), before=())
    keep_findings(FitFindings((), found.critical), folder=tmp_path, version=record.version)
    with pytest.raises(PosteriorError, match="critical finding: Without media"):
        load_passed(tmp_path)
