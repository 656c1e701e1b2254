"""Every cause a finding can have, and the table at which it is told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """One kind of finding; `means` says what it means that there is none.

    Findings on sources as a whole are told at 'silver_outcomes', which every project has.
    """

    name: str
    table: str
    means: str


_MEDIA, _OUTCOMES, _GOLD = "silver_media", "silver_outcomes", "gold_media_daily"

CAUSES: tuple[Cause, ...] = (
    Cause("source_gap", _MEDIA, "No media source lacks days in the middle of its history."),
    Cause("spend_without_delivery", _MEDIA, "All spend comes with impressions where counted."),
    Cause("delivery_without_spend", _MEDIA, "All impressions come with spend where reported."),
    Cause("unmapped_campaign", _MEDIA, "Every campaign matches a channel."),
    Cause("outcome_gap", _OUTCOMES, "Every outcome has a value on every day since the start."),
    Cause("scale_outlier", _OUTCOMES, "No value looks ten, a hundred or a thousand times off."),
    Cause("partial_period", _OUTCOMES, "The last week or month of every source is whole."),
    Cause("partial_last_day", _OUTCOMES, "The last day of every source is at its usual level."),
    Cause("stale_source", _OUTCOMES, "The newest day of every source is recent enough."),
    Cause("restated_days", _OUTCOMES, "No day was changed by a later delivery."),
    Cause("mixed_currency", _OUTCOMES, "Every source delivers in one currency."),
    Cause("currency_contradicts", _OUTCOMES, "Deliveries are in the currency declared."),
    Cause("no_exchange_rate", _OUTCOMES, "Every foreign currency has an exchange rate."),
    Cause("currency_undeclared", _OUTCOMES, "The currency of all money is known."),
    Cause("tax_undeclared", _OUTCOMES, "Whether money contains tax is known."),
    Cause("time_zone_undeclared", _OUTCOMES, "The time zone of every daily source is known."),
    Cause(
        "time_zone_differs", _OUTCOMES, "Every daily source cuts its days where the project does."
    ),
    Cause("totals_disagree", _OUTCOMES, "The rows of every delivery add up to its totals row."),
    Cause("day_lost", _OUTCOMES, "No delivery covers a day all of whose rows are quarantined."),
    Cause("duplicate_rows", _OUTCOMES, "No delivery repeats a row."),
    Cause("quarantined_rows", _OUTCOMES, "Every row delivered was accepted."),
    Cause("refused_delivery", _OUTCOMES, "No delivery was refused."),
    Cause("empty_delivery", _OUTCOMES, "No delivery was empty."),
    Cause("not_delivered", _OUTCOMES, "Every required source has delivered every day."),
    Cause("failed_check", _OUTCOMES, "No day is kept out of gold by a critical check."),
    Cause("period_awaited", _OUTCOMES, "No week or month of a source is awaited."),
    Cause("channel_unreported", _GOLD, "No always-on channel has fallen silent."),
)
