"""The export formats of the platforms, one small declaration each.

Belongs here: what sets a platform's exports apart. Must not: reading (see `exports`, `orders`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mmm_orchestration.project import SourceFormat
from mmm_orchestration.sources.calendar_days import DayOrder
from mmm_orchestration.sources.vocabulary import VOCABULARY, Names

MEDIA_COLUMNS = (
    "date",
    "period_start",
    "period_end",
    "campaign_id",
    "campaign",
    "currency",
    "spend",
    "impressions",
    "clicks",
    "conversions",
    "conversion_value",
)
_MEASURES = ("spend", "impressions", "clicks", "conversions", "conversion_value")
REACH_COLUMNS = ("reach", "frequency")
ANALYTICS_COLUMNS = ("date", "currency", "sessions", "key_events", "revenue")


def _choose(columns: tuple[str, ...]) -> Mapping[str, Names]:
    return {c: VOCABULARY[c] for c in columns}


@dataclass(frozen=True)
class VendorFormat:
    """How one platform writes its daily export.

    `required` must be in the header beside the day; `measures` are the numeric columns, `money`
    and `counts` among them; `zero_mark` is what the platform writes for nothing;
    `has_blank_totals` where the summary row has neither day nor name; `has_start_dates` where
    the day column holds the start of whatever the row sums up; `english_order` is the order of
    day and month in English exports, None where the platform follows the user's setting.
    """

    name: str
    words: Mapping[str, Names]
    required: tuple[str, ...] = ("campaign", "spend")
    measures: tuple[str, ...] = _MEASURES
    money: tuple[str, ...] = ("spend", "conversion_value")
    counts: tuple[str, ...] = ("impressions", "clicks")
    zero_mark: str | None = None
    has_blank_totals: bool = False
    has_start_dates: bool = False
    has_comments: bool = False
    english_order: DayOrder | None = None
    texts: tuple[str, ...] = field(default=("campaign_id", "campaign"))


VENDORS: Mapping[SourceFormat, VendorFormat] = {
    "google_ads": VendorFormat("Google Ads", _choose(MEDIA_COLUMNS), zero_mark="--"),
    "meta_ads": VendorFormat(
        "Meta Ads",
        _choose((*MEDIA_COLUMNS, *REACH_COLUMNS)),
        measures=(*_MEASURES, *REACH_COLUMNS),
        counts=("impressions", "clicks", "reach"),
        has_blank_totals=True,
    ),
    "linkedin_ads": VendorFormat(
        "LinkedIn Ads", _choose(MEDIA_COLUMNS), has_start_dates=True, english_order="mdy"
    ),
    "microsoft_ads": VendorFormat(
        "Microsoft Advertising", _choose(MEDIA_COLUMNS), english_order="mdy"
    ),
    "tiktok_ads": VendorFormat("TikTok Ads", _choose(MEDIA_COLUMNS), zero_mark="-"),
    "amazon_ads": VendorFormat("Amazon Ads", _choose(MEDIA_COLUMNS)),
    "ga4": VendorFormat(
        "Google Analytics 4",
        _choose(ANALYTICS_COLUMNS),
        required=("sessions",),
        measures=("sessions", "key_events", "revenue"),
        money=("revenue",),
        counts=("sessions",),
        has_blank_totals=True,
        has_comments=True,
        texts=(),
    ),
}
