"""What the real stores hold at the end, against what was delivered and what was done to it.

Belongs here: counting in registry, lake, inbox and Dagster's store. Must not: operating.
"""

from collections import Counter
from datetime import date, timedelta

from benchmarks.ops.figure import Figure
from benchmarks.ops.year.exports import earn_on, spend_on
from benchmarks.ops.year.operate import (
    FIRST,
    N_BEFORE,
    START,
    Diary,
    find_day,
    measure_records,
)
from benchmarks.ops.year.story import Fault, list_faults
from mmm_orchestration.home import Home
from mmm_orchestration.registry import open_registry
from mmm_orchestration.runner import open_instance
from mmm_orchestration.tables.contracts import DELIVERIES, QUARANTINE, RESTATEMENTS

MAX_BYTES = 200_000
HELD = ("late", "broken", "silent")
STOPPED = ("killed", "full")
BESIDE = ("silver_outcomes.has_rows", "bronze_shop.deliveries_are_readable")


def count_all(home: Home, diary: Diary) -> tuple[Figure, ...]:
    """Every figure of the days that the diary says were operated."""
    return (
        count_models(home, n_days=diary.n_done),
        count_days(home, diary=diary),
        count_rows(home, diary=diary),
        count_alerts(diary),
        count_retrain_news(home, diary=diary),
        measure_store(home, diary=diary),
    )


def count_models(home: Home, *, n_days: int) -> Figure:
    """One registered version for each whole period after the first champion, and no other."""
    step = home.project.retrain.new_days
    last = START - timedelta(days=1)
    asked = [last + timedelta(days=step * k) for k in range(1, n_days // step + 1)]
    made = sorted(v.period for v in open_registry(home).list() if v.period is not None)
    n_other = sum(v.period is None for v in open_registry(home).list()) - 1
    return Figure(
        f"models registered in {n_days} days",
        f"exactly {len(asked)}, one for each period of {step} days",
        f"{len(made)} for {len(set(made))} periods, {n_other} without a period",
        made == asked and n_other == 0,
        "versions in the MLflow registry beside the first champion",
    )


def count_days(home: Home, *, diary: Diary) -> Figure:
    """Every day once in gold, with the numbers that were delivered last."""
    lake = home.open_lake()
    kpi = lake.read("gold_kpi_daily").select("date", "kpi").collect()
    media = lake.read("gold_media_daily").select("date", "channel", "spend").collect()
    held, expected = Counter(kpi["date"]), list_days(diary.n_done)
    n_lost = sum(day not in held for day in expected)
    n_doubled = sum(n - 1 for n in held.values()) + media.height - 2 * media["date"].n_unique()
    n_wrong = sum(abs(value - earn_on(day)) > 0.005 for day, value in kpi.iter_rows())
    n_wrong += sum(
        abs(spend - _spend_at_last(day, channel=channel, diary=diary)) > 0.005
        for day, channel, spend in media.iter_rows()
    )
    return Figure(
        "days in gold",
        "0 lost, 0 doubled",
        f"{len(held)} days: {n_lost} lost, {n_doubled} doubled, {n_wrong} numbers other than "
        "delivered last",
        n_lost == n_doubled == n_wrong == 0 and len(held) == len(expected),
        "gold tables against the simulated exports, day by day",
    )


def count_rows(home: Home, *, diary: Diary) -> Figure:
    """Every delivered row either accepted or quarantined; each restatement on record."""
    lake = home.open_lake()
    columns = ["n_input", "n_accepted", "n_quarantined"]
    register = lake.read(DELIVERIES.name, contract=DELIVERIES)
    n_input, n_accepted, n_quarantined = register.select(columns).sum().collect().row(0)
    n_refused = register.filter(status="refused").select("delivery").collect().height
    kept = lake.read(QUARANTINE.name, contract=QUARANTINE).collect().height
    n_broken = sum(fault.kind == "broken" for fault in list_faults(diary.n_done))
    seen = lake.read(RESTATEMENTS.name, contract=RESTATEMENTS).filter(table="silver_media")
    days = {str(day) for day in seen.filter(measure="spend").collect()["date"]}
    is_met = (
        n_input == n_accepted + n_quarantined == diary.n_rows - n_broken
        and n_quarantined == kept == diary.n_bad
        and n_refused == n_broken
        and days == set(diary.restated)
    )
    return Figure(
        "rows delivered",
        "accepted + quarantined + refused = delivered",
        f"{n_accepted:,} + {n_quarantined:,} + {n_refused} = {n_input + n_refused:,} of "
        f"{diary.n_rows:,}; {len(days)} of {len(diary.restated)} restated days on record",
        is_met,
        "register of deliveries, quarantine and restatements",
    )


def count_alerts(diary: Diary) -> Figure:
    """One alert and one 'over' for each fault that is a problem, and no other message."""
    faults = list_faults(diary.n_done)
    held = [fault for fault in faults if fault.kind in HELD]
    stopped = [fault for fault in faults if fault.kind in STOPPED]
    team = [(title, text) for path, title, text in diary.got if path == "team"]
    checks = [(t, x) for t, x in team if "check silver_outcomes.days_are_accepted" in x]
    opened, over = _split(checks)
    # what else is red on a day without the shop, which a message of its own may say is over
    beside = [(t, x) for t, x in team if any(f"check {c}" in x for c in BESIDE)]
    pairs = {fault: _split(_find_run(team, fault=fault)) for fault in stopped}
    n_right = sum(pair == (1, 1) for pair in pairs.values())
    n_told = len({*checks, *beside}) + sum(map(sum, pairs.values()))
    n_twice = sum(n > 1 for n in Counter(team).values())
    is_met = (opened, over) == (len(held), len(held)) and n_right == len(stopped)
    return Figure(
        "faults told of",
        f"{len(held) + len(stopped)} told once and over once, nothing else",
        f"{opened} alerts and {over} ends for {len(held)} days held back; {n_right} of "
        f"{len(stopped)} stopped runs told once and over once; {len(team) - n_told} other "
        f"messages, {n_twice} sent twice; {diary.n_refused} refused while the notifier was down",
        is_met and n_told == len(team) and not n_twice,
        "messages that a web server on loopback took; late, broken, killed, full disk, notifier "
        "down for a day",
    )


def count_retrain_news(home: Home, *, diary: Diary) -> Figure:
    """Each retrain told once, whatever befell its tries, and none given up."""
    made = [str(v.period) for v in open_registry(home).list() if v.period is not None]
    news = [text for path, _, text in diary.got if path == "news"]
    told = Counter(period for text in news for period in made if f"period {period}" in text)
    with open_instance(home) as instance:
        import dagster as dg

        runs = instance.get_runs(dg.RunsFilter(job_name="retrain"))
    n_failed = sum(run.status is dg.DagsterRunStatus.FAILURE for run in runs)
    return Figure(
        "retrains told of",
        "each once, none given up",
        f"{sum(told.values())} messages for {len(made)} retrains; of the {len(runs)} tries on "
        f"record {n_failed} failed, and the next one succeeded",
        all(told[period] == 1 for period in made) and len(news) == len(made),
        "a try that fails is told of only when it was the last of three",
    )


def measure_store(home: Home, *, diary: Diary) -> Figure:
    """Bytes by which Dagster's records grew for each run that ran, each kept, and each day."""
    n_bytes, n_runs = measure_records(home)
    grown, n_kept = n_bytes - diary.bytes_before, n_runs - diary.runs_before
    return Figure(
        "Dagster's store",
        "< 200 kB a run",
        f"{grown / diary.n_launched / 1000:.0f} kB for each of {diary.n_launched:,} runs; of them "
        f"{n_kept} are kept, {grown / n_kept / 1000:.0f} kB for each; {grown / 1e6:.0f} MB in all",
        grown / diary.n_launched < MAX_BYTES,
        "files of runs, events and ticks in the Dagster home after the history, which was one "
        "range run; retention removes what is older than 90 days and not in use",
    )


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
