"""Child processes that each start a run in the Dagster home of the environment and never end it.

The first run holds a slot of the pool 'gpu', as a training does. The children are forks, since
importing Dagster thirteen times takes a minute.
"""

import os
import sys
import time
from pathlib import Path

import dagster as dg


@dg.op(pool="gpu")
def sleep_long() -> None:
    """Sleeps until it is killed."""
    time.sleep(600)


@dg.op
def sleep_too() -> None:
    """Sleeps until it is killed."""
    time.sleep(600)


@dg.job(executor_def=dg.in_process_executor)
def hold_gpu() -> None:
    """One run that holds the pool."""
    sleep_long()


@dg.job(executor_def=dg.in_process_executor)
def hold_lake() -> None:
    """One run that is limited by its tag."""
    sleep_too()


def main(number: int, said: Path) -> None:
    """Runs until it is killed; the run's id is in the file `said` once its step began."""
    job = hold_gpu if number == 0 else hold_lake
    with dg.DagsterInstance.get() as instance:
        run = instance.create_run_for_job(job, tags={"mmm/writes": "lake"})

        def tell(entry: dg.EventLogEntry) -> None:
            event = entry.dagster_event
            if event is not None and event.event_type is dg.DagsterEventType.STEP_START:
                said.write_text(f"{run.run_id} {os.getpid()}")

        instance.add_event_listener(run.run_id, tell)
        list(dg._core.execution.api.execute_run_iterator(job_of(job), run, instance))


def job_of(job: dg.JobDefinition) -> dg._core.definitions.job_base.InMemoryJob:
    """The job as something that a run can be executed from."""
    return dg._core.definitions.job_base.InMemoryJob(job)


if __name__ == "__main__":
    for number, file in enumerate(sys.argv[1:]):
        if os.fork() == 0:
            main(number, Path(file))
            os._exit(0)
    for _ in sys.argv[1:]:
        os.wait()
