"""Write the weekly report as HTML and PDF, and send it to those who have not had it."""

from datetime import UTC, datetime
from pathlib import Path

import click

from mmm_orchestration.cli import Shell

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("weekly")
@click.option("--pdf", type=_FILE, help="Also write the PDF to this file.")
@click.option("--send", "is_sending", is_flag=True, help="Send it by mail, as the schedule does.")
@click.pass_obj
def command(shell: Shell, *, pdf: Path | None, is_sending: bool) -> None:
    """Write the weekly report as HTML and PDF, and send it to those who have not had it.

    It is of the last whole week before today, with one page for each model. Without --send no
    mail is sent; with it, each recipient gets one in a week, however often it is called.
    """
    from mmm_orchestration.home import open_home
    from mmm_orchestration.weekly import get_today, prepare_weekly, send_weekly, write_weekly

    home, now = open_home(shell.project_file), datetime.now(UTC)
    written = write_weekly(prepare_weekly(home, today=get_today(home, now=now)), home=home)
    for page in written.report.pages:
        click.echo(f"{page.title}: {page.headline}")
    if pdf is not None:
        pdf.write_bytes(written.pdf.read_bytes())
    click.echo(f"\nReport: {written.html} and {pdf or written.pdf}")
    if is_sending:
        sent = send_weekly(written, home=home, now=now)
        click.echo(f"Sent to {len(sent)} of {len(home.project.reports.recipients)} recipients")
