"""What the checks look at for one of several models."""

from datetime import timedelta

import polars as pl
import pytest

from mmm_orchestration.errors import ProjectError
from mmm_orchestration.project import Project
from mmm_orchestration.quality.checks.collect import collect_findings
from mmm_orchestration.quality.scope import scope_model

from .frames import (
    DAYS,
    LAST,
    drop_days,
    make_deliveries,
    make_project,
    make_silver_media,
    make_silver_outcomes,
    plant,
)

pytestmark = pytest.mark.unit

ALL = {("source_gap", "silver_media"), ("spend_without_delivery", "search")}


def make_two_models() -> Project:
    """Online has search and social; offline has television and the price, and orders as its KPI."""
    content = make_project().model_dump(mode="json")
    (shop,) = (source for source in content["sources"] if source["name"] == "shop")
    shop["table"]["outcomes"].append({"name": "orders", "column": "orders"})
    orders = {"source": "shop", "outcome": "orders", "kind": "units", "unit": "orders"}
    models = [
        {"name": "online", "channels": ["search", "social"], "controls": []},
        {"name": "offline", "channels": ["tv"], "kpi": orders},
    ]
    return Project.model_validate(content | {"models": models})


def make_outcomes(*names: str) -> pl.DataFrame:
    """The clean outcomes of the shop under each name."""
    revenue = make_silver_outcomes()
    return pl.concat([revenue.with_columns(outcome=pl.lit(name)) for name in names])


def find(project: Project, *, model: str | None) -> set[tuple[str, str]]:
    """Cause and place of what is odd: meta lacks two days, a day of search had no impressions."""
    media = drop_days(make_silver_media(), *DAYS[30:32], by="source", equals="meta")
    media = plant(media, DAYS[9], by="channel", equals="search", impressions=0.0)
    tables = {
        "silver_media": media.lazy(),
        "silver_outcomes": make_outcomes("revenue", "orders").lazy(),
        "deliveries": make_deliveries().lazy(),
    }
    scope = scope_model(project, model=model)
    today = LAST + timedelta(days=1)
    found = collect_findings(scope.select_rows(tables), project=scope.project, today=today)
    return {(f.cause, f.channel or f.table) for f in scope.select_findings(found)}


def test_without_a_model_everything_is_told() -> None:
    """The project as a whole is looked at where no model is named."""
    assert find(make_project(), model=None) == find(make_two_models(), model=None) == ALL


def test_a_model_is_told_of_its_own_sources_and_channels() -> None:
    """Neither a gap of another model's source nor a finding on its channel is told."""
    assert find(make_two_models(), model="online") == ALL
    assert find(make_two_models(), model="offline") == set()


def test_a_channel_is_left_out_where_its_source_is_shared() -> None:
    """A model that shares a source is told of its gaps, not of another model's channel on it."""
    content = make_two_models().model_dump(mode="json")
    content["channels"][2]["rules"] = [{"source": s, "campaign": "tv*"} for s in ("google", "meta")]
    shared = Project.model_validate(content)
    assert find(shared, model="online") == ALL
    assert find(shared, model="offline") == {("source_gap", "silver_media")}


def test_the_kpi_of_another_model_is_left_out() -> None:
    """Of one source, the rows of the KPI that another model explains go; the others stay."""
    tables = {"silver_outcomes": make_outcomes("revenue", "orders", "visits").lazy()}
    kept = scope_model(make_two_models(), model="online").select_rows(tables)
    assert set(kept["silver_outcomes"].collect()["outcome"]) == {"revenue", "visits"}


def test_a_model_must_exist() -> None:
    """An unknown model is refused with those that there are."""
    with pytest.raises(ProjectError, match="no model 'onlin'"):
        scope_model(make_two_models(), model="onlin")
