"""The export formats of six ad platforms, written as the platforms write them.

Belongs here: headers, preambles, totals, encodings. Must not: which days a file holds or what
is wrong with it (see `reports` and `dirt`).
"""

import io
from collections.abc import Sequence
from datetime import datetime, timedelta

import xlsxwriter

from mmm_orchestration.sources.simulator.styles import (
    DUTCH,
    FRENCH,
    AdRow,
    Layout,
    Period,
    join_cells,
    name_month,
    write_continental,
    write_long_date,
    write_named_date,
    write_us_date,
)


def _google_english(rows: Sequence[AdRow], period: Period, *, delimiter: str, end: str) -> str:
    head = ["Day", "Campaign", "Campaign ID", "Campaign type", "Currency code", "Cost", "Impr."]
    totals = [
        "--",
        "--",
        "--",
        "GBP",
        f"{sum(r.spend for r in rows):,.2f}",
        f"{sum(r.impressions for r in rows):,}",
        f"{sum(r.clicks for r in rows):,}",
        "",
        "",
    ]
    return join_cells(
        [
            ["Campaign report"],
            [f"{write_long_date(period.first)} - {write_long_date(period.last)}"],
            [*head, "Clicks", "Conversions", "Conv. value"],
            *(
                [
                    r.day.isoformat(),
                    r.campaign,
                    r.identifier,
                    r.kind,
                    r.currency,
                    f"{r.spend:,.2f}" if r.spend else "--",
                    f"{r.impressions:,}",
                    str(r.clicks),
                    f"{r.conversions:.2f}",
                    f"{r.value:,.2f}",
                ]
                for r in rows
            ),
            ["Total: Account", *totals],
            ["Total: Campaigns", *totals],
        ],
        delimiter=delimiter,
        end=end,
    )


def _google_csv(rows: Sequence[AdRow], period: Period) -> str:
    return _google_english(rows, period, delimiter=",", end="\n")


def _google_excel(rows: Sequence[AdRow], period: Period) -> str:
    return _google_english(rows, period, delimiter="\t", end="\r\n")


def _google_french(rows: Sequence[AdRow], period: Period) -> str:
    def number(text: str) -> str:
        return write_continental(text, thousands="\xa0")

    first, last = (write_named_date(d, months=FRENCH) for d in (period.first, period.last))
    total = number(f"{sum(r.spend for r in rows):,.2f}")
    return join_cells(
        [
            ["Rapport sur les campagnes"],
            [f"{first} - {last}"],
            [
                "Jour",
                "Campagne",
                "Code de la devise",
                "Coût",
                "Impressions",
                "Clics",
                "Conversions",
            ],
            *(
                [
                    f"{r.day:%d/%m/%Y}",
                    r.campaign,
                    r.currency,
                    number(f"{r.spend:,.2f}"),
                    number(f"{r.impressions:,}"),
                    str(r.clicks),
                    number(f"{r.conversions:.2f}"),
                ]
                for r in rows
            ),
            ["Total : campagnes", "--", "GBP", total, "", "", ""],
        ],
        delimiter=";",
        end="\r\n",
    )


def _meta_english(rows: Sequence[AdRow], period: Period) -> str:
    first, last = period.first.isoformat(), period.last.isoformat()
    head = (
        "Reporting starts,Reporting ends,Day,Campaign name,Campaign delivery,Results,"
        "Result indicator,Reach,Frequency,Impressions,Amount spent (GBP),"
        "Purchases conversion value,Attribution setting"
    )
    total = [str(sum(r.impressions for r in rows)), f"{sum(r.spend for r in rows):.2f}"]
    return join_cells(
        [
            head.split(","),
            [first, last, *[""] * 7, *total, "", ""],
            *(
                [
                    first,
                    last,
                    r.day.isoformat(),
                    r.campaign,
                    "active",
                    str(r.conversions),
                    "actions:offsite_conversion.fb_pixel_purchase",
                    str(int(r.impressions / 1.61)),
                    "1.61",
                    str(r.impressions),
                    f"{r.spend:.2f}",
                    f"{r.value:.2f}" if r.conversions else "",
                    "7-day click or 1-day view",
                ]
                for r in rows
            ),
        ]
    )


def _meta_french(rows: Sequence[AdRow], _period: Period) -> str:
    return join_cells(
        [
            ["Jour", "Nom de la campagne", "Montant dépensé (GBP)", "Impressions"],
            *(
                [
                    f"{r.day:%d/%m/%Y}",
                    r.campaign,
                    write_continental(f"{r.spend:,.2f}", thousands=" "),
                    str(r.impressions),
                ]
                for r in rows
            ),
        ],
        delimiter=";",
    )


def _linkedin_english(rows: Sequence[AdRow], period: Period) -> str:
    head = (
        "Start Date (in UTC),Account Name,Currency,Campaign Group Name,Campaign ID,Campaign Name,"
        "Campaign Status,Total Spent,Impressions,Clicks,Click Through Rate,Average CPC,"
        "Conversions,Leads,Clicks to Landing Page,Reach"
    )
    preamble = (
        "Campaign Performance Report (in UTC)\r\n"
        f"Report Start: {write_long_date(period.first)}, 12:00 AM\r\n"
        f"Report End: {write_long_date(period.last)}, 11:59 PM\r\n"
        f"Date Generated: {write_long_date(period.made)}, 9:02 AM\r\n\r\n"
    )
    return preamble + join_cells(
        [
            head.split(","),
            *(
                [
                    write_us_date(r.day),
                    "Acme Ltd",
                    r.currency,
                    "Default Campaign Group",
                    r.identifier,
                    r.campaign,
                    "Active",
                    f"{r.spend:.2f}",
                    str(r.impressions),
                    str(r.clicks),
                    f"{r.click_rate:.3f}%",
                    f"{r.cost_per_click:.2f}",
                    str(r.conversions),
                    "0",
                    str(r.clicks),
                    str(int(r.impressions * 0.7)),
                ]
                for r in rows
            ),
        ],
        delimiter="\t",
        end="\r\n",
    )


def _linkedin_dutch(rows: Sequence[AdRow], period: Period) -> str:
    def number(text: str) -> str:
        return write_continental(text, thousands=".")

    preamble = (
        "Rapport met campagneprestaties (in UTC)\n"
        f"Begindatum van rapport: {write_named_date(period.first, months=DUTCH)} 00:00\n"
        f"Einddatum van rapport: {write_named_date(period.last, months=DUTCH)} 23:59\n"
        f"Datum aangemaakt: {write_named_date(period.made, months=DUTCH)} 09:02\n\n"
    )
    head = (
        "Begindatum (in UTC),Accountnaam,Valuta,Campagne-ID,Campagnenaam,Totaal besteed,"
        "Weergaven,Klikken,Doorklikfrequentie (CTR)"
    )
    return preamble + join_cells(
        [
            head.split(","),
            *(
                [
                    f"{r.day.day}-{r.day.month}-{r.day.year}",
                    "Acme BV",
                    r.currency,
                    r.identifier,
                    r.campaign,
                    number(f"{r.spend:,.2f}"),
                    number(f"{r.impressions:,}"),
                    str(r.clicks),
                    number(f"{r.click_rate:.3f}%"),
                ]
                for r in rows
            ),
        ],
        delimiter="\t",
    )


def _microsoft(rows: Sequence[AdRow], period: Period) -> str:
    until = f"{write_us_date(period.last + timedelta(days=1))} 10:15:00 PM (GMT)"
    head = (
        "Gregorian date,Account name,Campaign name,Impressions,Clicks,CTR,Average CPC,Spend,"
        "Conversions,Currency code"
    )
    return join_cells(
        [
            ["Report Name: Campaign Performance"],
            [f"Report Time: {write_us_date(period.first)},{write_us_date(period.last)}"],
            ["Time Zone: (GMT+00:00) Greenwich Mean Time"],
            [f"Last Completed Available Day: {until}"],
            [f"Last Completed Available Hour: {until}"],
            ["Report Aggregation: Daily"],
            ["Report Filter: "],
            ["Potential Incomplete Data: false"],
            [f"Rows: {len(rows)}"],
            [],
            head.split(","),
            *(
                [
                    write_us_date(r.day),
                    "Acme",
                    r.campaign,
                    str(r.impressions),
                    str(r.clicks),
                    f"{r.click_rate:.2f}%",
                    f"{r.cost_per_click:.2f}",
                    f"{r.spend:.2f}",
                    str(r.conversions),
                    r.currency,
                ]
                for r in rows
            ),
            [],
            [f"©{period.made.year} Microsoft Corporation. All rights reserved. "],
        ],
        quote_all=True,
    )


def _amazon(rows: Sequence[AdRow], _period: Period) -> str:
    head = (
        "Date,Campaign Name,Portfolio name,Currency,Impressions,Clicks,Click-Thru Rate (CTR),"
        "Cost Per Click (CPC),Spend,Total Advertising Cost of Sales (ACOS) ,"
        "Total Return on Advertising Spend (ROAS),14 Day Total Sales ,14 Day Total Orders (#)"
    )
    return join_cells(
        [
            head.split(","),
            *(
                [
                    f"{name_month(r.day)[:3]} {r.day:%d, %Y}",
                    r.campaign,
                    "Not grouped",
                    r.currency,
                    str(r.impressions),
                    str(r.clicks),
                    f"{r.click_rate:.2f}%",
                    f"£{r.cost_per_click:,.2f}",
                    f"£{r.spend:,.2f}",
                    f"{100 * r.spend / r.value if r.value else 0:.2f}%",
                    f"{r.value / r.spend if r.spend else 0:.1f}",
                    f"£{r.value:,.2f}",
                    str(r.conversions),
                ]
                for r in rows
            ),
        ]
    )


GOOGLE_CSV = Layout(_google_csv, "utf-8", n_head=3, n_totals=2)
GOOGLE_EXCEL = Layout(_google_excel, "utf-16", n_head=3, n_totals=2)
GOOGLE_FRENCH = Layout(_google_french, "cp1252", n_head=3, n_totals=1)
META_ENGLISH = Layout(_meta_english, "utf-8-sig", n_head=2, n_totals=1)
META_FRENCH = Layout(_meta_french, "utf-8", n_head=1)
LINKEDIN_ENGLISH = Layout(_linkedin_english, "utf-16", n_head=6)
LINKEDIN_DUTCH = Layout(_linkedin_dutch, "utf-16", n_head=6)
MICROSOFT = Layout(_microsoft, "utf-8-sig", n_head=11)
AMAZON = Layout(_amazon, "utf-8", n_head=1)


def write_tiktok_workbook(rows: Sequence[AdRow]) -> bytes:
    """TikTok's report by day as an XLSX workbook, the same bytes for the same rows."""
    head = (
        "By Day,Campaign name,Ad group name,Cost,CPC (destination),CPM,Impressions,"
        "Clicks (destination),CTR (destination),Conversions,Currency"
    )
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2020, 1, 1)})  # noqa: DTZ001
        sheet = book.add_worksheet("Sheet1")
        sheet.write_row(0, 0, head.split(","))
        for line, r in enumerate(rows, start=1):
            mille = 1000 * r.spend / r.impressions if r.impressions else 0.0
            cells = [r.day.isoformat(), r.campaign, "AG1", r.spend, round(r.cost_per_click, 2)]
            cells += [round(mille, 2), r.impressions, r.clicks, f"{r.click_rate:.2f}%"]
            sheet.write_row(line, 0, [*cells, r.conversions, r.currency])
    return content.getvalue()
