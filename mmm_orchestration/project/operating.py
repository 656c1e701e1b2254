"""What a project is held to while it runs, and where its tables are.

Belongs here: sections that change no number of a model. Must not: what is modelled.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, JsonValue

from mmm_orchestration.project.values import Positive, Strict


class Gates(Strict):
    """What a posterior must reach before anything is built from it, and what a fit may take."""

    r_hat: Annotated[float, Field(gt=1, le=1.1)] = 1.01
    ess: Annotated[int, Field(ge=100)] = 400
    divergences: Annotated[int, Field(ge=0)] = 0
    max_fit_minutes: Positive | None = None
    max_memory_gb: Positive | None = None


class Alerts(Strict):
    """When a person must be told."""

    stale_after_days: Annotated[int, Field(ge=1)] = 3


class Retrain(Strict):
    """When the model is fitted again, and what such a run may take."""

    new_days: Annotated[int, Field(ge=1, le=366)] = 30
    max_attempts: Annotated[int, Field(ge=1, le=10)] = 3
    max_hours: Positive = 4.0
    k8s: Mapping[str, JsonValue] = Field(
        default_factory=dict, description="given through as the job's tag dagster-k8s/config"
    )


class Upkeep(Strict):
    """How many days what is old is kept; what is in use is kept for ever."""

    keep_runs_days: Annotated[int, Field(ge=7)] = 90
    keep_reports_days: Annotated[int, Field(ge=7)] = 365
    keep_posteriors_days: Annotated[int, Field(ge=30)] = 365


class LakeSettings(Strict):
    """Where the Delta tables live: a folder beside mmm.yaml or any delta-rs URI."""

    uri: str = "lake"
    storage_options_env: Mapping[str, str] = Field(
        default_factory=dict, description="storage option -> environment variable with its value"
    )
