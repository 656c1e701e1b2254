"""The kinds of value a project file holds, and the errors of those that are not of their kind.

Belongs here: types of single values. Must not: sections of the file.
"""

import re
import zoneinfo
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from mmm_orchestration.project.mistakes import mistake, unknown

SourceFormat = Literal[
    "google_ads",
    "meta_ads",
    "linkedin_ads",
    "microsoft_ads",
    "tiktok_ads",
    "amazon_ads",
    "ga4",
    "shopify",
    "table",
]
MediaMeasure = Literal["spend", "impressions", "clicks", "reach"]
Stage = Literal["upper", "middle", "lower"]
Period = Literal["day", "week", "month"]
Tax = Literal["excluded", "included", "unknown"]
Sign = Literal["any", "positive", "negative"]
KpiKind = Literal["revenue", "units"]
Grain = Literal["day", "week"]
Step = Literal["day", "period"]
Level = Literal["national", "geo"]
Order = Literal["adstock_first", "saturation_first"]
WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Trend = Literal["none", "linear", "piecewise", "smooth"]
PriorOf = Literal["share", "contribution", "roi", "marginal_roi"]
EventShape = Literal["flat", "rising", "falling", "bell"]
BreakKind = Literal["level", "slope"]
Shrinkage = Literal["auto", "always", "never"]
Likelihood = Literal["normal", "student_t", "log_normal", "negative_binomial"]
EffectPath = Literal["steady", "varying"]
BaselineValue = Literal["min", "mean", "max"]
AlertKind = Literal[
    "check", "run_failed", "run_stuck", "retrain", "promotion", "drift", "stale_source", "watching"
]
AlertSeverity = Literal["info", "warning", "error", "critical"]
MailSecurity = Literal["starttls", "tls", "none"]

MEDIA_FORMATS: frozenset[SourceFormat] = frozenset(
    {"google_ads", "meta_ads", "linkedin_ads", "microsoft_ads", "tiktok_ads", "amazon_ads"}
)
NATIONAL = "national"
SLUG = r"[a-z][a-z0-9_]{0,62}"
UNMAPPED = "unmapped"


def check_slug(value: str) -> str:
    """`value` itself when it can name a table, a variable and a folder, else an error."""
    if not re.fullmatch(SLUG, value):
        close = re.sub(r"[^a-z0-9]+", "_", value.casefold()).strip("_0123456789")[:63]
        hint = f", for example '{close}'" if close else ""
        raise mistake(
            f"'{value[:63]}' is no name: a name starts with a lower-case letter and goes on "
            f"with letters, digits and underscores{hint}"
        )
    return value


def check_currency(value: str) -> str:
    """`value` itself when it has the form of an ISO 4217 code, else an error."""
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise mistake(f"'{value[:63]}' is no ISO 4217 code such as 'EUR'", got=value)
    return value


def check_time_zone(value: str) -> str:
    """`value` itself when it is a name of the IANA time-zone database, else an error."""
    if value not in zoneinfo.available_timezones():
        raise unknown("time zone", value, zoneinfo.available_timezones())
    return value


def check_env_name(value: str) -> str:
    """`value` itself when it can name an environment variable, else an error."""
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,127}", value):
        raise mistake(
            "this must be the name of an environment variable such as MMM_ALERTS_URL, never the "
            "secret itself"
        )
    return value


def check_mail_address(value: str) -> str:
    """`value` itself when it is one plain mail address that adds nothing to a header."""
    if len(value) > 254 or not re.fullmatch(
        r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", value
    ):
        raise mistake(f"{value[:63]!r} is no mail address such as 'ann@example.com'", got=value)
    return value


def read_day(value: object) -> object:
    """A day from ISO text; anything else than text or a day is an error."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise mistake(f"'{value}' is no day of the calendar", got=value) from error
    if isinstance(value, datetime) or not isinstance(value, date):
        raise mistake(f"'{str(value)[:63]}' is no day such as 2024-01-31", got=value)
    return value


Slug = Annotated[str, AfterValidator(check_slug), Field(json_schema_extra={"pattern": f"^{SLUG}$"})]
Text = Annotated[str, Field(min_length=1)]
EnvName = Annotated[str, AfterValidator(check_env_name)]
MailAddress = Annotated[str, AfterValidator(check_mail_address)]
Currency = Annotated[str, AfterValidator(check_currency)]
TimeZone = Annotated[str, AfterValidator(check_time_zone)]
Day = Annotated[date, BeforeValidator(read_day)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Strict(BaseModel):
    """Base of every section: frozen, and a key that is not declared is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def check_unique(kind: str, names: Iterable[str], *, key: str = "") -> None:
    """Raise for the first name that stands twice; `*` in `key` becomes its position."""
    seen: set[str] = set()
    for i, name in enumerate(names):
        if name in seen:
            raise mistake(
                f"{kind} '{name}' is declared twice", key=key.replace("*", str(i)), got=name
            )
        seen.add(name)
