"""A question to a peer's optimiser, and its answer, as files between two environments.

Belongs here: their form. Must not: libraries of either side but NumPy.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

QUESTION, DRAWS, ANSWER = "question.json", "draws.npz", "answer.json"


@dataclass(frozen=True)
class Question:
    """The same money in every period of the horizon, how much for which channel.

    `first` is the first day of the data, `total` the money of the horizon, `low` and `high` that of
    a channel in one period. Draws are kept beside it: `spend` (period, channel), `kpi` (period,),
    and by (draw, channel) `alpha`, the part that is carried over, and `half_saturation`, `slope`
    and `effect` of a Hill curve over money.
    """

    channels: tuple[str, ...]
    first: str
    n_lags: int
    n_periods: int
    total: float
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Answer:
    """Money by channel in one period, seconds, and how the peer's own curves answer.

    `seconds` are those of the last call. To be compared with ours, means over draws:
    `contributions` by channel over the data, and the `gain` of the money of `measured`, by channel
    in one period.
    """

    spend: tuple[float, ...]
    seconds: float
    contributions: tuple[float, ...]
    measured: tuple[float, ...]
    gain: float


def write_question(question: Question, *, draws: dict[str, Array], folder: Path) -> None:
    """Nothing; the question and its draws are in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / QUESTION).write_text(json.dumps(asdict(question)), encoding="utf-8")
    np.savez(folder / DRAWS, **draws)  # type: ignore[arg-type]


def read_question(folder: Path) -> tuple[Question, dict[str, Array]]:
    """The question in the folder, and its draws."""
    row = json.loads((folder / QUESTION).read_text(encoding="utf-8"))
    lists = {name: tuple(row[name]) for name in ("channels", "low", "high")}
    with np.load(folder / DRAWS, allow_pickle=False) as kept:
        return Question(**{**row, **lists}), {name: kept[name] for name in kept.files}


def write_answer(answer: Answer, *, folder: Path) -> None:
    """Nothing; the answer is in the folder."""
    (folder / ANSWER).write_text(json.dumps(asdict(answer)), encoding="utf-8")


def read_answer(folder: Path) -> Answer:
    """The answer in the folder."""
    row = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
    lists = {name: tuple(row[name]) for name in ("spend", "contributions", "measured")}
    return Answer(**{**row, **lists})
