"""The job that evaluates."""

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from mmm_orchestration.definitions import build_defs
from mmm_orchestration.home import open_home
from tests.flow.small_project import write_small_project

pytestmark = pytest.mark.unit


def test_evaluating_is_no_part_of_training(tmp_path: Path) -> None:
    """The job `evaluate` forecasts and nothing else; `train` does not forecast."""
    home = write_small_project(tmp_path, first=date(2024, 1, 1), n_days=1)
    defs = build_defs(home=home)
    selected = {
        job: {
            key.to_user_string()
            for key in defs.resolve_job_def(job).asset_layer.selected_asset_keys
        }
        for job in ("train", "evaluate")
    }
    assert selected["evaluate"] == {"cross_validation"}
    assert "cross_validation" not in selected["train"]


def test_forecasts_wait_for_every_table_that_they_read(tmp_path: Path) -> None:
    """The forecasts depend on what the posterior does, market tests among it."""
    home = write_small_project(tmp_path, first=date(2024, 1, 1), n_days=1)
    with (tmp_path / "mmm.yaml").open("a", encoding="utf-8") as file:
        file.write("experiments: {path: tests.csv}\n")
    graph = build_defs(home=open_home(home.base / "mmm.yaml")).resolve_asset_graph()
    read = graph.get(dg.AssetKey("cross_validation")).parent_keys
    assert dg.AssetKey("gold_experiments") in read
    assert read == graph.get(dg.AssetKey("posterior")).parent_keys
