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


class Monitoring(Strict):
    """When the champion counts as drifted, and what an update between two fits must reach.

    All is judged on the newest accepted days that the champion was not trained on.
    """

    horizon_days: Annotated[int, Field(ge=1, le=366)] = 28
    trailing_days: Annotated[int, Field(ge=1, le=366)] = 28
    window_days: Annotated[int, Field(ge=7, le=366)] = 56
    min_days: Annotated[int, Field(ge=1, le=366)] = 14
    min_periods: Annotated[int, Field(ge=2, le=366)] = 7
    coverage: Annotated[float, Field(ge=0, lt=0.94)] = 0.8
    r2: Annotated[float, Field(lt=1)] = 0.7
    beyond_range: Annotated[float, Field(ge=1)] = 1.2
    mix_shift: Annotated[float, Field(gt=0, lt=1)] = 0.2
    cost_shift: Positive = 0.3
    confirmations: Annotated[int, Field(ge=1, le=30)] = 3
    cool_down_days: Annotated[int, Field(ge=1, le=366)] = 14
    update_pareto_k: Annotated[float, Field(gt=0, le=0.7)] = 0.7
    update_ess: Annotated[int, Field(ge=50)] = 200


class Retrain(Strict):
    """When the model is fitted again, and what such a run may take."""

    new_days: Annotated[int, Field(ge=1, le=366)] = 30
    max_attempts: Annotated[int, Field(ge=1, le=10)] = 3
    max_hours: Positive = 4.0
    k8s: Mapping[str, JsonValue] = Field(
        default_factory=dict, description="given through as the job's tag dagster-k8s/config"
    )


class LakeSettings(Strict):
    """Where the Delta tables live: a folder beside mmm.yaml or any delta-rs URI."""

    uri: str = "lake"
    storage_options_env: Mapping[str, str] = Field(
        default_factory=dict, description="storage option -> environment variable with its value"
    )
