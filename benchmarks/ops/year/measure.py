"""The year as figures, for whoever prints them."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.ops.figure import Figure
from benchmarks.ops.year.count import count_all
from benchmarks.ops.year.operate import operate
from mmm_orchestration.home import open_home


def measure(folder: Path, *, days: int = 365) -> tuple[Figure, ...]:
    """The figures after so many days operated in `folder`, which goes on where it is."""
    return judge_year(folder, days=days, say=lambda _: None)


def judge_year(folder: Path, *, days: int, say: Callable[[str], None]) -> tuple[Figure, ...]:
    """The figures after so many days operated in `folder`; `say` is told of each day."""
    diary = operate(folder, n_days=days, say=say)
    return count_all(open_home(folder / "mmm.yaml"), diary)
