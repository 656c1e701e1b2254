"""The table of market tests as a Dagster asset."""

from pathlib import Path

import dagster as dg
import pytest

from assets.experiments import build_experiment_assets
from mmm_orchestration.jobs import TRAINING_GROUPS
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.resources import FolderResource, LakeResource
from tests.insight.known import make_project

pytestmark = pytest.mark.flow

HEADER = "channel,geo,start,end,lift,se\n"


def materialize(folder: Path, *, text: str) -> dg.ExecuteInProcessResult:
    """One run of the asset over a file with the text."""
    (folder / "tests.csv").write_text(text, encoding="utf-8")
    project = make_project()
    project = project.model_validate(project.model_dump() | {"experiments": {"path": "tests.csv"}})
    resources = {
        "lake": LakeResource(uri=str(folder / "lake")),
        "folder": FolderResource(path=str(folder)),
    }
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            build_experiment_assets(project),
            resources=resources,
            instance=instance,
            raise_on_error=False,
        )


def test_the_asset_writes_the_table(tmp_path: Path) -> None:
    """A good file becomes a Delta table, and a wrong cell fails the run and leaves it alone."""
    good = f"{HEADER}tv,national,2024-01-08,2024-01-21,40,9.5\n"
    assert materialize(tmp_path, text=good).success
    assert not materialize(tmp_path, text=good.replace("9.5", "0")).success
    rows = Lake(str(tmp_path / "lake")).read("gold_experiments").collect()
    assert rows.select("channel", "lift", "se").rows() == [("tv", 40.0, 9.5)]


def test_the_asset_belongs_to_training() -> None:
    """Tests are read again before every fit, and without a file there is no asset."""
    project = make_project()
    assert build_experiment_assets(project) == []
    named = project.model_validate(project.model_dump() | {"experiments": {"path": "tests.csv"}})
    (asset,) = build_experiment_assets(named)
    assert set(asset.group_names_by_key.values()) <= set(TRAINING_GROUPS)
