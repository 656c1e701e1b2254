"""Damaged deliveries and killed runs, counted."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from benchmarks.figure import Figure, Settings
from benchmarks.history import clear_folder
from mmm_orchestration.errors import SourceError
from mmm_orchestration.sources.readers import read_delivery
from mmm_orchestration.sources.reading import Reading
from tests.flow.kills import kill_everywhere
from tests.sources.mutations import Case, make_cases

N_CASES = 500
N_RANDOM = 17


def measure_inputs(_settings: Settings) -> Figure:
    """Seeded damage to deliveries of every format."""
    with ThreadPoolExecutor(1) as pool:
        counts = Counter(judge_case(case, pool=pool) for case in make_cases(0, N_CASES))
    return Figure(
        f"{N_CASES} mutated inputs",
        "accepted plus quarantined exactly, or refused in words",
        f"{counts['read']} read exactly, {counts['refused']} refused, {counts['wrong']} wrong, "
        f"{counts['crashed']} crashed",
        f"seeds 0 to {N_CASES - 1} of `tests/sources/mutations.py`, whose tests also check values",
    )


def judge_case(case: Case, *, pool: ThreadPoolExecutor) -> str:
    """'read' with the right number of rows, 'wrong' with another, 'refused' or 'crashed'."""
    future = pool.submit(read_case, case)
    error = future.exception()
    if error is not None:
        return "refused" if isinstance(error, SourceError) else "crashed"
    return "read" if case.n_rows in {None, future.result().n_input} else "wrong"


def read_case(case: Case) -> Reading:
    """The reading of a damaged delivery."""
    return read_delivery(
        case.content, file=case.file, source=case.source, project_time_zone="Europe/London"
    )


def measure_kills(settings: Settings) -> Figure:
    """The daily chain killed at named points and at random times."""
    folder = clear_folder(settings.work / "kills")
    tally = kill_everywhere(folder, n_random=N_RANDOM, seed=1)
    return Figure(
        "Runs killed with SIGKILL",
        "60: nothing lost, nothing doubled, the next run repairs",
        f"{tally.n_kills} killed: {tally.n_lost} rows lost, {tally.n_doubled} doubled, "
        f"{tally.n_wrong} other than after a clean run",
        f"{tally.n_kills - N_RANDOM} at named points of the chain, {N_RANDOM} at random times; "
        "tables counted after each kill and compared whole after every batch",
    )
