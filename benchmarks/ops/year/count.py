"""What the real stores hold at the end, against what was delivered and what was done to it.

Belongs here: counting in registry, lake, inbox and Dagster's store. Must not: operating.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.ops.year.exports import earn_on, spend_on
from benchmarks.ops.year.operate import FIRST, N_BEFORE, START, Diary, find_day
from benchmarks.ops.year.story import Fault, list_faults
from mmm_orchestration.home import Home
from mmm_orchestration.registry import open_registry
from mmm_orchestration.runner import open_instance
from mmm_orchestration.tables.contracts import DELIVERIES, QUARANTINE, RESTATEMENTS

MAX_BYTES = 200_000
HELD = ("late", "broken", "silent")
STOPPED = ("killed", "full")


@dataclass(frozen=True)
class Verdict:
    """A figure and whether it reaches what was asked."""

    figure: Figure
    is_met: bool


def count_all(home: Home, diary: Diary) -> tuple[Verdict, ...]:
    """Every verdict on the days that the diary says were operated."""
    return (
        count_models(home, n_days=diary.n_done),
        count_days(home, diary=diary),
        count_rows(home, diary=diary),
        count_alerts(diary),
        count_retrain_news(home, diary=diary),
        measure_store(home, n_days=diary.n_done),
    )


def count_models(home: Home, *, n_days: int) -> Verdict:
    """One registered version for each whole period after the first champion, and no other."""
    step = home.project.retrain.new_days
    last = START - timedelta(days=1)
    asked = [last + timedelta(days=step * k) for k in range(1, n_days // step + 1)]
    made = sorted(v.period for v in open_registry(home).list() if v.period is not None)
    n_other = sum(v.period is None for v in open_registry(home).list()) - 1
    figure = Figure(
        f"Models registered in {n_days} days",
        f"exactly {len(asked)}, one for each period of {step} days",
        f"{len(made)} for {len(set(made))} periods, {n_other} without a period",
        "versions in the MLflow registry beside the first champion",
    )
    return Verdict(figure, made == asked and n_other == 0)


def count_days(home: Home, *, diary: Diary) -> Verdict:
    """Every day once in gold, with the numbers that were delivered last."""
    lake = home.open_lake()
    kpi = lake.read("gold_kpi_daily").select("date", "value").collect()
    media = lake.read("gold_media_daily").select("date", "channel", "spend").collect()
    held, expected = Counter(kpi["date"]), list_days(diary.n_done)
    n_lost = sum(day not in held for day in expected)
    n_doubled = sum(n - 1 for n in held.values()) + media.height - 2 * media["date"].n_unique()
    n_wrong = sum(abs(value - earn_on(day)) > 0.005 for day, value in kpi.iter_rows())
    n_wrong += sum(
        abs(spend - _spend_at_last(day, channel=channel, diary=diary)) > 0.005
        for day, channel, spend in media.iter_rows()
    )
    figure = Figure(
        "Days in gold",
        "0 lost, 0 doubled",
        f"{len(held)} days: {n_lost} lost, {n_doubled} doubled, {n_wrong} numbers other than "
        "delivered last",
        "gold tables against the simulated exports, day by day",
    )
    return Verdict(figure, n_lost == n_doubled == n_wrong == 0 and len(held) == len(expected))


def count_rows(home: Home, *, diary: Diary) -> Verdict:
    """Every delivered row either accepted or quarantined; each restatement on record."""
    lake = home.open_lake()
    columns = ["n_input", "n_accepted", "n_quarantined"]
    register = lake.read(DELIVERIES.name, contract=DELIVERIES).select(columns).sum().collect()
    n_input, n_accepted, n_quarantined = register.row(0)
    kept = lake.read(QUARANTINE.name, contract=QUARANTINE).collect().height
    n_broken = sum(fault.kind == "broken" for fault in list_faults(diary.n_done))
    seen = lake.read(RESTATEMENTS.name, contract=RESTATEMENTS).filter(table="silver_media")
    days = {str(day) for day in seen.filter(measure="spend").collect()["date"]}
    is_met = (
        n_input == diary.n_rows == n_accepted + n_quarantined
        and n_quarantined == kept == diary.n_bad + n_broken
        and days == set(diary.restated)
    )
    figure = Figure(
        "Rows delivered",
        "accepted + quarantined = delivered",
        f"{n_accepted:,} + {n_quarantined:,} = {n_input:,} of {diary.n_rows:,}; {len(days)} of "
        f"{len(diary.restated)} restated days on record",
        "register of deliveries, quarantine and restatements",
    )
    return Verdict(figure, is_met)


def count_alerts(diary: Diary) -> Verdict:
    """One alert and one 'over' for each fault that is a problem, and no other message."""
    faults = list_faults(diary.n_done)
    held = [fault for fault in faults if fault.kind in HELD]
    stopped = [fault for fault in faults if fault.kind in STOPPED]
    team = [(title, text) for path, title, text in diary.got if path == "team"]
    checks = [(t, x) for t, x in team if "days_are_accepted" in x]
    opened, over = _split(checks)
    pairs = {fault: _split(_find_run(team, fault=fault)) for fault in stopped}
    n_right = sum(pair == (1, 1) for pair in pairs.values())
    n_told = len(checks) + sum(map(sum, pairs.values()))
    figure = Figure(
        "Faults told of",
        f"{len(held) + len(stopped)} told once and over once, nothing else",
        f"{opened} alerts and {over} ends for {len(held)} days held back; {n_right} of "
        f"{len(stopped)} stopped runs told once and over once; {len(team) - n_told} other "
        f"messages; {diary.n_refused} refused while the notifier was down",
        "messages that a web server on loopback took; late, broken, killed, full disk, notifier "
        "down for a day",
    )
    is_met = (opened, over) == (len(held), len(held)) and n_right == len(stopped)
    return Verdict(figure, is_met and n_told == len(team))


def count_retrain_news(home: Home, *, diary: Diary) -> Verdict:
    """Each retrain told once, whatever befell its tries, and none given up."""
    made = [str(v.period) for v in open_registry(home).list() if v.period is not None]
    news = [text for path, _, text in diary.got if path == "news"]
    told = Counter(period for text in news for period in made if f"period {period}" in text)
    with open_instance(home) as instance:
        import dagster as dg

        runs = instance.get_runs(dg.RunsFilter(job_name="retrain"))
    n_failed = sum(run.status is dg.DagsterRunStatus.FAILURE for run in runs)
    figure = Figure(
        "Retrains told of",
        "each once, none given up",
        f"{sum(told.values())} messages for {len(made)} retrains; {n_failed} of {len(runs)} tries "
        "failed, killed or with their fit killed, and the next one succeeded",
        "a try that fails is told of only when it was the last of three",
    )
    is_met = all(told[period] == 1 for period in made) and len(news) == len(made)
    return Verdict(figure, is_met)


def measure_store(home: Home, *, n_days: int) -> Verdict:
    """Bytes that Dagster's records take for each run and for each day."""
    with open_instance(home) as instance:
        n_runs = instance.get_runs_count()
    kept = sum(_sum_files(home.dagster_home / name) for name in ("history", "schedules"))
    figure = Figure(
        "Dagster's store",
        "< 200 kB a run",
        f"{kept / n_runs / 1000:.0f} kB a run of {n_runs:,}, {kept / n_days / 1000:.0f} kB a day",
        "files of runs, events and ticks in the Dagster home; retention removed none of them",
    )
    return Verdict(figure, kept / n_runs < MAX_BYTES)


def list_days(n_days: int) -> list[date]:
    """The days of the history and those that were operated."""
    return [FIRST + timedelta(days=i) for i in range(N_BEFORE + n_days)]


def _spend_at_last(day: date, *, channel: str, diary: Diary) -> float:
    restated = int(channel == "search" and str(day) in diary.restated)
    return spend_on(day, channel=int(channel == "meta"), restated=restated)


def _find_run(team: list[tuple[str, str]], *, fault: Fault) -> list[tuple[str, str]]:
    where = f"job daily, {find_day(fault.day)}"
    return [(title, text) for title, text in team if where in text]


def _split(messages: list[tuple[str, str]]) -> tuple[int, int]:
    """How many of the messages tell of something new, and how many that it is over."""
    n_over = sum("Over: " in title for title, _ in messages)
    return len(messages) - n_over, n_over


def _sum_files(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
