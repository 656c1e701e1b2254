"""What the Dagster UI shows of the weekly report.

Belongs here: values of ours turned into Dagster metadata. Must not: computing them.
"""

from collections.abc import Sequence

import dagster as dg

from mmm_orchestration.weekly import Written


def describe_weekly(written: Written, *, sent: Sequence[str]) -> dg.MaterializeResult[None]:
    """The report in the UI: its week, headline and pages, and how many got it now."""
    return dg.MaterializeResult(
        metadata={
            "week": written.report.name,
            "headline": " ".join(page.headline for page in written.report.pages),
            "page": dg.MetadataValue.url(written.html.absolute().as_uri()),
            "pdf": dg.MetadataValue.url(written.pdf.absolute().as_uri()),
            "sent_now": len(sent),
        }
    )
