"""What Dagster's daemon does, with a clock that is told: ticks of schedules and sensors, and runs.

Belongs here: the project's own schedules, sensors and jobs, evaluated and launched by Dagster's
rule that a run key is launched once. Must not: which day it is, or what goes wrong.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import dagster as dg
from dagster._core.storage.tags import RUN_KEY_TAG

from benchmarks.ops.year.once import Order, run_apart
from mmm_orchestration.definitions import build_defs
from mmm_orchestration.home import Home

SENSORS = ("reaper_sensor", "retrain_sensor", "drift_sensor", "alert_sensor")
OWNER_TAG = "benchmark/asked_by"
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Harm:
    """What befalls the next run of a job: see `once`; or `act` is called when it begins."""

    job: str
    kill_after: str = ""
    full_after: str = ""
    act: Callable[[], None] | None = None


@dataclass
class Daemon:
    """The daemon over one instance; `harms` are used up, one per run, in their order."""

    home: Home
    instance: dg.DagsterInstance
    harms: list[Harm] = field(default_factory=list)
    cursors: dict[str, str | None] = field(default_factory=dict)
    n_launched: int = 0

    def __post_init__(self) -> None:
        self.defs = build_defs(home=self.home)
        self.repository = self.defs.get_repository_def()

    def tick_schedule(self, name: str, *, now: datetime) -> None:
        """One tick of the schedule, and the runs that it asks for."""
        schedule = self.repository.get_schedule_def(name)
        context = dg.build_schedule_context(
            instance=self.instance, scheduled_execution_time=now, repository_def=self.repository
        )
        data = schedule.evaluate_tick(context)
        for request in data.run_requests or ():
            self.launch(request, job=schedule.job_name, owner=name, now=now)

    def tick_sensors(self, *, now: datetime) -> None:
        """One tick of each sensor, and the runs that they ask for."""
        for name in SENSORS:
            sensor = self.defs.resolve_sensor_def(name)
            context = dg.build_sensor_context(
                instance=self.instance,
                repository_def=self.repository,
                cursor=self.cursors.get(name),
            )
            data = sensor.evaluate_tick(context)
            self.cursors[name] = data.cursor
            for request in data.run_requests or ():
                self.launch(request, job=sensor.job.name, owner=name, now=now)

    def take_count(self) -> int:
        """How many runs were launched since it was last asked."""
        count, self.n_launched = self.n_launched, 0
        return count

    def launch(self, request: dg.RunRequest, *, job: str, owner: str, now: datetime) -> None:
        """Nothing; the run has ended, or was not begun because its key had been launched."""
        tags = {**request.tags, OWNER_TAG: owner}
        if request.run_key is not None:
            tags[RUN_KEY_TAG] = request.run_key
            known = {RUN_KEY_TAG: request.run_key, OWNER_TAG: owner}
            if self.instance.get_runs(dg.RunsFilter(tags=known), limit=1):
                return
        self.n_launched += 1
        harm = next((one for one in self.harms if one.job == job), None)
        if harm is not None:
            self.harms.remove(harm)
        if harm is not None and (harm.kill_after or harm.full_after):
            order = Order(
                file=str(self.home.base / "mmm.yaml"),
                job=job,
                now=now.isoformat(),
                run_id=str(uuid.uuid4()),
                partition=request.partition_key,
                tags=tags,
                full_after=harm.full_after,
            )
            run_apart(order, kill_after=harm.kill_after)
            return
        if harm is not None and harm.act is not None:
            harm.act()
        self.defs.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            partition_key=request.partition_key,
            tags=tags,
            run_config=_QUIET,
            raise_on_error=False,
        )
