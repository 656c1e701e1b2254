"""What a project is held to while it runs, and where its tables are.

Belongs here: sections that change no number of a model. Must not: what is modelled.
"""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from mmm_orchestration.project.mistakes import mistake
from mmm_orchestration.project.values import (
    AlertKind,
    AlertSeverity,
    EnvName,
    MailAddress,
    MailSecurity,
    Positive,
    Slug,
    Strict,
    Text,
    check_unique,
)


class Gates(Strict):
    """What a posterior must reach before anything is built from it, and what a fit may take."""

    r_hat: Annotated[float, Field(gt=1, le=1.1)] = 1.01
    ess: Annotated[int, Field(ge=100)] = 400
    divergences: Annotated[int, Field(ge=0)] = 0
    max_fit_minutes: Positive | None = None
    max_memory_gb: Positive | None = None


class AlertTarget(Strict):
    """Whom to tell: an apprise URL, which only the environment knows, and what goes there."""

    name: Slug
    url_env: EnvName
    kinds: tuple[AlertKind, ...] = ()
    min_severity: AlertSeverity = "info"


class Promotion(Strict):
    """What a challenger must reach to become the champion by itself."""

    min_days: Annotated[int, Field(ge=1)] = 28
    error_ratio: Annotated[float, Field(ge=1)] = 1.1
    coverage_chance: Annotated[float, Field(gt=0, lt=0.5)] = 0.01
    noise_sigmas: Positive = 4.0
    uncertainty: Annotated[float, Field(ge=0)] = 0.25
    split_shift: Annotated[float, Field(ge=0, le=1)] = 0.02
    roi_ceiling: Positive = 25.0
    media_share: Annotated[float, Field(gt=0, le=1)] = 0.9


class Alerts(Strict):
    """When a person must be told, and whom."""

    stale_after_days: Annotated[int, Field(ge=1)] = 3
    stuck_after_hours: Positive = 5.0
    digest_over: Annotated[int, Field(ge=1, le=1000)] = 20
    allow_internal: bool = False
    targets: tuple[AlertTarget, ...] = ()

    @model_validator(mode="after")
    def _names_each_target_once(self) -> Self:
        check_unique("target", [target.name for target in self.targets], key="targets.*.name")
        return self


class Smtp(Strict):
    """The mail server; user and password are named as environment variables."""

    host: Text
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: MailSecurity = "starttls"
    username_env: EnvName | None = None
    password_env: EnvName | None = None

    @model_validator(mode="after")
    def _keeps_passwords_off_the_wire(self) -> Self:
        if (self.username_env is None) != (self.password_env is None):
            raise mistake("'username_env' and 'password_env' go together", key="username_env")
        if self.security == "none" and self.password_env is not None:
            raise mistake("a password is sent only with 'starttls' or 'tls'", key="security")
        return self


class Reports(Strict):
    """Who gets the weekly report by mail."""

    recipients: tuple[MailAddress, ...] = ()
    sender: MailAddress | None = None
    smtp: Smtp | None = None

    @model_validator(mode="after")
    def _can_be_sent(self) -> Self:
        check_unique("recipient", [name.casefold() for name in self.recipients], key="recipients.*")
        if self.recipients and (self.sender is None or self.smtp is None):
            raise mistake("'recipients' need 'sender' and 'smtp'", key="recipients")
        return self


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


class Upkeep(Strict):
    """How many days what is old is kept; what is in use is kept for ever."""

    keep_runs_days: Annotated[int, Field(ge=7)] = 90
    keep_reports_days: Annotated[int, Field(ge=7)] = 365
    keep_posteriors_days: Annotated[int, Field(ge=30)] = 365


class Api(Strict):
    """Where the REST API listens, and how much a client may ask of it."""

    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    rate_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 600
    max_body_bytes: Annotated[int, Field(ge=1024, le=2**26)] = 2**20
    keys_env: EnvName | None = None


class LakeSettings(Strict):
    """Where the Delta tables live: a folder beside mmm.yaml or any delta-rs URI."""

    uri: str = "lake"
    storage_options_env: Mapping[str, str] = Field(
        default_factory=dict, description="storage option -> environment variable with its value"
    )
