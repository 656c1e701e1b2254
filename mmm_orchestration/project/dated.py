"""What happens on days that are known beforehand: breaks, events and holidays.

Belongs here: sections with days. Must not: what the days do to the KPI (see `model`).
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from mmm_orchestration.errors import nearest
from mmm_orchestration.project.mistakes import mistake, unknown
from mmm_orchestration.project.values import BreakKind, Day, EventShape, Slug, Strict


class Break(Strict):
    """A day from which the level or the slope of the KPI is another one."""

    name: Slug
    day: Day
    kind: BreakKind = "level"


class Event(Strict):
    """A dated happening that shifts the KPI while it lasts."""

    name: Slug
    first: Day
    last: Day
    shape: EventShape = "flat"

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.last < self.first:
            raise mistake("'last' lies before 'first'", key="last")
        return self


class Holidays(Strict):
    """Public holidays by country, from the `holidays` package."""

    country: str
    subdivision: str | None = None
    days_before: Annotated[int, Field(ge=0, le=28)] = 0
    days_after: Annotated[int, Field(ge=0, le=28)] = 0

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        from holidays import list_supported_countries
        from holidays.registry import COUNTRIES

        supported = list_supported_countries(include_aliases=False)
        if self.country not in supported:
            codes = {name: code for name, (_, code, *_) in COUNTRIES.items()}
            close = nearest(self.country.casefold().replace(" ", "_"), codes)
            hint = f"; {close.replace('_', ' ').title()} is '{codes[close]}'" if close else ""
            raise mistake(
                f"'{self.country}' is no ISO 3166 country code such as 'DE'{hint}",
                key="country",
                got=self.country,
                allowed=supported,
            )
        parts = supported[self.country]
        if self.subdivision is not None and self.subdivision not in parts:
            raise unknown("subdivision", self.subdivision, parts, key="subdivision")
        return self
