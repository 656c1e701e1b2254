"""The days one after another: what arrives, what ticks, what goes wrong.

Belongs here: carrying out the calendar of `story`. Must not: counting (see `count`).
"""

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as at
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import time_machine

from benchmarks.ops.year.daemon import Daemon, Harm
from benchmarks.ops.year.exports import SOURCES, ZONE, deliver, deliver_all, write_project
from benchmarks.ops.year.inbox import Inbox, open_inbox
from benchmarks.ops.year.story import (
    BAD_ROW_EVERY,
    FAILED_FITS,
    KILLED_RETRAINS,
    Fault,
    find_fault,
)
from mmm_orchestration.days import DayWindow
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.registry import open_registry
from mmm_orchestration.runner import open_instance, run_daily, run_train

FIRST = date(2024, 9, 2)
N_BEFORE = 16 * 7
START = FIRST + timedelta(days=N_BEFORE)
DIARY = "diary.json"
STEP = timedelta(hours=26)
_TIMES = {
    "maintenance_at_three": at(3),
    "daily_at_six": at(6),
    "replay_trailing_days": at(7),
    "monitor_at_eight": at(8),
}


@dataclass
class Diary:
    """What was delivered and received up to the day numbered `n_done`."""

    n_done: int = 0
    n_rows: int = 0
    n_bad: int = 0
    seconds: float = 0.0
    got: list[tuple[str, str, str]] = field(default_factory=list)
    n_refused: int = 0
    restated: list[str] = field(default_factory=list)
    bytes_before: int = 0
    runs_before: int = 0
    n_launched: int = 0


@dataclass
class Office:
    """The project, its daemon, the inbox of its team, and the diary."""

    home: Home
    daemon: Daemon
    inbox: Inbox
    diary: Diary
    clock: time_machine.Traveller

    def be(self, moment: datetime) -> datetime:
        """The moment, which it is now."""
        self.clock.move_to(moment)
        return moment


def find_day(number: int) -> date:
    """The day whose exports the day numbered so, from zero, works on."""
    return START + timedelta(days=number)


def operate(folder: Path, *, n_days: int, say: Callable[[str], None]) -> Diary:
    """The diary after `n_days`, going on from where the folder is."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / DIARY
    diary = Diary(**json.loads(kept.read_text(encoding="utf-8"))) if kept.is_file() else Diary()
    diary.got = [(path, title, text) for path, title, text in diary.got]
    is_new = not kept.is_file()
    if is_new:
        write_project(folder, first=FIRST)
    home = open_home(folder / "mmm.yaml")
    begin = _moment(find_day(diary.n_done), at(0))
    with (
        open_inbox() as inbox,
        time_machine.travel(begin, tick=True) as clock,
    ):
        inbox.got, inbox.n_refused = diary.got, diary.n_refused
        for name in ("team", "news"):
            os.environ[f"YEAR_{name.upper()}_URL"] = inbox.url(name)
        if is_new:
            diary.n_rows = prepare(home)
            diary.bytes_before, diary.runs_before = measure_records(home)
        with open_instance(home) as instance:
            office = Office(home, Daemon(home, instance), inbox, diary, clock)
            for number in range(diary.n_done, n_days):
                started = time.perf_counter()
                live(office, number)
                diary.n_done, diary.n_refused = number + 1, inbox.n_refused
                diary.n_launched += office.daemon.take_count()
                diary.seconds += time.perf_counter() - started
                kept.write_text(json.dumps(asdict(diary)), encoding="utf-8")
                say(_say_progress(office))
    return diary


def prepare(home: Home) -> int:
    """How many rows of history were delivered; they are accepted and have a champion."""
    n_rows = deliver_all(home.base, first=FIRST, n_days=N_BEFORE)
    window = DayWindow(FIRST, START - timedelta(days=1))
    for outcome in (
        run_daily(home, window=window, say=lambda _: None),
        run_train(home, say=lambda _: None),
    ):
        if not outcome.is_success:
            raise RuntimeError(f"The history makes no champion: {outcome.failures}")
    return n_rows


def measure_records(home: Home) -> tuple[int, int]:
    """Bytes of Dagster's records of runs, events and ticks, and how many runs they hold."""
    with open_instance(home) as instance:
        n_runs = instance.get_runs_count()
    folders = (home.dagster_home / name for name in ("history", "schedules"))
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files), n_runs


def live(office: Office, number: int) -> None:
    """Nothing; the day's exports have come and every schedule and sensor has ticked."""
    fault, morning = find_fault(number), find_day(number) + timedelta(days=1)
    office.inbox.is_down = fault is not None and fault.kind == "silent"
    _receive(office, number, fault=fault)
    if fault is not None:
        _harm(office, fault)
    _harm_retrain(office)
    for name, hour in _TIMES.items():
        if name == "maintenance_at_three" and morning.weekday() != 0:
            continue
        now = office.be(_moment(morning, hour))
        office.daemon.tick_schedule(name, now=now)
        office.daemon.tick_sensors(now=office.be(now + timedelta(minutes=30)))
    if morning.weekday() == 0:
        office.daemon.tick_schedule(
            "weekly_report_on_monday", now=office.be(_moment(morning, at(9)))
        )
    if morning.day == 1 and morning.month in {1, 4, 7, 10}:
        office.daemon.tick_schedule("review_each_quarter", now=office.be(_moment(morning, at(9))))
    if fault is not None and fault.kind in {"clock_back", "clock_ahead"}:
        _step_clock(office, _moment(morning, at(12)), is_back=fault.kind == "clock_back")
    office.daemon.tick_sensors(now=office.be(_moment(morning, at(22))))


def _receive(office: Office, number: int, *, fault: Fault | None) -> None:
    """The exports of the day, and what was late or broken the day before."""
    day, base, diary = find_day(number), office.home.base, office.diary
    arrives, before = day + timedelta(days=1), find_fault(number - 1)
    kind = fault.kind if fault else ""
    # what the inbox must not lose while it is down is a day without the shop
    missing = "shop" if kind in {"late", "silent"} else ""
    has_bad_row = number % BAD_ROW_EVERY == 0
    for source in SOURCES:
        if source != missing:
            diary.n_rows += deliver(
                base,
                source,
                day,
                arrives=arrives,
                is_broken=kind == "broken" and source == "shop",
                has_bad_row=has_bad_row and source == "google_ads",
            )
    diary.n_bad += has_bad_row
    if before is not None and before.kind in {"late", "silent", "broken"}:
        revision = int(before.kind == "broken")
        diary.n_rows += deliver(
            base, "shop", day - timedelta(days=1), arrives=arrives, revision=revision
        )
    if kind == "restated":
        old = day - timedelta(days=10)
        diary.n_rows += deliver(base, "google_ads", old, arrives=arrives, revision=1)
        diary.restated.append(str(old))


def _harm(office: Office, fault: Fault) -> None:
    match fault.kind:
        case "killed":
            office.daemon.harms.append(Harm("daily", kill_after="wrote silver_media"))
        case "full":
            office.daemon.harms.append(Harm("daily", full_after="wrote bronze_google_ads"))
        case "cursors":
            office.daemon.cursors.clear()


def _harm_retrain(office: Office) -> None:
    """Arranges that tries of the next retrain fail, before its first try."""
    if any(harm.job == "retrain" for harm in office.daemon.harms):
        return
    marker = office.home.base / "harmed.json"
    done = json.loads(marker.read_text(encoding="utf-8")) if marker.is_file() else []
    upcoming = len(open_registry(office.home).list())
    if upcoming in done:
        return
    if upcoming in KILLED_RETRAINS:
        office.daemon.harms.append(Harm("retrain", kill_after="sampling"))
    if upcoming in FAILED_FITS:
        office.daemon.harms.append(Harm("retrain", act=kill_next_fit))
    marker.write_text(json.dumps([*done, upcoming]), encoding="utf-8")


def kill_next_fit() -> None:
    """Nothing; the next process that fits below this one is killed, as when memory runs out."""
    threading.Thread(target=_kill_fit, args=(psutil.Process(),), daemon=True).start()


def _kill_fit(parent: psutil.Process) -> None:
    while True:
        for child in parent.children(recursive=True):
            try:
                if "mmm_orchestration.model.worker" in child.cmdline():
                    child.kill()
                    return
            except psutil.NoSuchProcess:
                continue
        threading.Event().wait(0.05)


def _step_clock(office: Office, noon: datetime, *, is_back: bool) -> None:
    """Everything ticks once more with a clock that is wrong by more than a day."""
    now = office.be(noon - STEP if is_back else noon + STEP)
    if is_back:
        for name in ("daily_at_six", "replay_trailing_days"):
            scheduled = _moment((noon - timedelta(days=1)).date(), _TIMES[name])
            office.daemon.tick_schedule(name, now=scheduled)
    office.daemon.tick_sensors(now=now)
    office.be(noon)


def _moment(day: date, hour: at) -> datetime:
    return datetime.combine(day, hour, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def _say_progress(office: Office) -> str:
    diary = office.diary
    return (
        f"day {diary.n_done} ({find_day(diary.n_done - 1)}): {diary.n_launched} runs, "
        f"{len(open_registry(office.home).list()) - 1} retrained, {len(diary.got)} messages, "
        f"{diary.seconds / 60:.1f} min"
    )
