"""Scorecard, monitors and updates as text and as JSON.

Belongs here: how they are shown. Must not: scores (see `monitoring`).
"""

import math
from collections.abc import Callable
from datetime import date

import polars as pl

from mmm_orchestration.monitoring.scorecard import Card, Span, summarise_scorecard
from mmm_orchestration.reporting.format import format_number, format_percent, format_score

type Cell = str | float | int | bool | None

Say = Callable[[str], None]
NOTHING = (
    "No forecast was scored yet: the job 'monitor' does so every day once there is a champion."
)


def print_scorecard(card: Card, *, by: Span, say: Say) -> None:
    """Scores by week or quarter and the newest reading of each monitor, for a terminal."""
    if card.rows.is_empty():
        say(NOTHING)
    else:
        say(_show(show_scores(summarise_scorecard(card.rows, by=by), by=by)))
    for row in card.list_newest().iter_rows(named=True):
        state = "confirmed" if row["is_confirmed"] else "red" if row["is_drifted"] else "well"
        say(f"{row['monitor']:9} {state:10} {row['message']}")


def show_scores(scores: pl.DataFrame, *, by: Span) -> pl.DataFrame:
    """Scores as text, one row per week or quarter."""
    return pl.DataFrame(
        [
            {
                by: str(row[by]),
                "periods": str(row["n_periods"]),
                "restated": str(row["n_restated"]),
                "R²": _text(row["r2"], lambda v: format_score(v, decimals=2)),
                "wMAPE": _text(row["wmape"], format_percent),
                "RMSE": _text(row["rmse"], format_number),
                "in 80 %": _text(row["coverage_80"], format_percent),
                "in 94 %": _text(row["coverage_94"], format_percent),
                "R² given": _text(row["r2_given"], lambda v: format_score(v, decimals=2)),
                "wMAPE given": _text(row["wmape_given"], format_percent),
                "in 94 % given": _text(row["coverage_94_given"], format_percent),
            }
            for row in scores.iter_rows(named=True)
        ]
    )


def scorecard_json(card: Card, *, by: Span) -> dict[str, list[dict[str, Cell]]]:
    """Scores, the scorecard itself and the newest readings, without NaN or infinity."""
    return {
        "scores": _list_rows(summarise_scorecard(card.rows, by=by)),
        "periods": _list_rows(card.rows),
        "monitors": _list_rows(card.list_newest()),
    }


def print_update(sentence: str, channels: pl.DataFrame, *, say: Say) -> None:
    """What the update is, and the channels before and after it, for a terminal."""
    say(sentence)
    say(_show(channels.with_columns(pl.selectors.float().round_sig_figs(3))))


def _text(value: float | None, show: Callable[[float], str]) -> str:
    return "–" if value is None else show(value)


def _list_rows(frame: pl.DataFrame) -> list[dict[str, Cell]]:
    return [{name: _plain(value) for name, value in row.items()} for row in frame.to_dicts()]


def _plain(value: Cell | date) -> Cell:
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _show(frame: pl.DataFrame) -> str:
    with pl.Config(
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=240,
        fmt_str_lengths=120,
    ):
        return str(frame)
