"""A real file taken from `mmm init` to the report, the way a new user does it."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl
from click.testing import CliRunner

from mmm_orchestration.cli import main
from mmm_orchestration.days import DayWindow
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.publishing import RoiReport, prepare_report
from mmm_orchestration.runner import Outcome, run_daily, run_train


@dataclass(frozen=True)
class Chain:
    """A project after its whole chain; `file` is the frame it was made from."""

    file: pl.DataFrame
    home: Home
    report: RoiReport

    def read(self, table: str) -> pl.DataFrame:
        """A table of the lake as it is."""
        return self.home.open_lake().read(table).collect()

    @property
    def page(self) -> str:
        """The HTML of the newest report."""
        return (self.home.reports / "roi.html").read_text(encoding="utf-8")


def run_mmm(*arguments: str) -> str:
    """What `mmm` prints on success."""
    result = CliRunner().invoke(main, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def run_whole_chain(path: Path, *flags: str, day: str, folder: Path) -> Chain:
    """`mmm init` on a weekly file, the daily chain in one range run over all its days, training.

    `day` is the column with the first day of each week.
    """
    run_mmm("init", str(path), "--folder", str(folder), *flags)
    home = open_home(folder / "mmm.yaml")
    file = pl.read_csv(path, infer_schema_length=None)
    first, last = (date.fromisoformat(str(d)) for d in (file[day].min(), file[day].max()))
    assert home.project.start == first
    demand(run_days(home, first=first, last=last + timedelta(days=6)))
    demand(run_train(home, say=lambda _: None))
    report = prepare_report(home.open_lake(), home=home)
    return Chain(file=file, home=home, report=report)


def run_days(home: Home, *, first: date, last: date) -> Outcome:
    """One run of the daily chain."""
    return run_daily(home, window=DayWindow(first, last), say=lambda _: None)


def demand(outcome: Outcome) -> None:
    """Nothing when the run succeeded."""
    assert outcome.is_success, outcome.failures


def check_gates(report: RoiReport) -> None:
    """Nothing when the posterior keeps the gates that a project has by default."""
    reached = report.results.convergence
    assert reached["max_r_hat"] <= 1.01
    assert min(reached["min_ess_bulk"], reached["min_ess_tail"]) >= 400
    assert reached["n_divergences"] == 0


def check_nothing_is_lost(chain: Chain, *, n_rows: int) -> None:
    """Nothing when each row of the file is accepted or quarantined, and bronze holds the former."""
    register = chain.read("deliveries")
    (source,) = chain.home.project.sources
    assert register["n_input"].to_list() == [n_rows]
    assert register["n_accepted"].sum() + register["n_quarantined"].sum() == n_rows
    assert chain.read(f"bronze_{source.name}").height == register["n_accepted"].sum()


def check_spend_to_the_cent(chain: Chain, *, columns: dict[str, str]) -> None:
    """Nothing when gold spends on each channel what the file's column says."""
    gold = chain.read("gold_media_daily").group_by("channel").agg(pl.col("spend").sum())
    spent = dict(gold.iter_rows())
    wrong = {
        channel: (spent[channel], chain.file[column].sum())
        for channel, column in columns.items()
        if abs(spent[channel] - chain.file[column].sum()) >= 0.005
    }
    assert wrong == {}
