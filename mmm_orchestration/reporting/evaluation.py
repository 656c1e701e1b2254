"""Leave-one-out, forecasts and the search as text, as JSON and as a figure.

Belongs here: what people read of an evaluation. Must not: scores.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mmm_orchestration.evaluation.backtest import CrossValidation
from mmm_orchestration.evaluation.loo import CAVEAT, LooResult
from mmm_orchestration.evaluation.search import SearchResult
from mmm_orchestration.reporting.drawing import use_style
from mmm_orchestration.reporting.figures import format_axis, make_time_axes
from mmm_orchestration.reporting.format import TickUnit, format_number, format_percent
from mmm_orchestration.reporting.palette import FIT, INK, MUTED, OTHER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Say = Callable[[str], None]
Cell = str | float | int | bool | None
Document = dict[str, "Cell | list[str] | list[dict[str, Cell]] | dict[str, Cell]"]


def forecast_table(found: CrossValidation) -> pl.DataFrame:
    """One row per origin as text, and one of all of them."""
    rows = [(fold.origin, fold.scores, not fold.reasons) for fold in found.folds]
    all_agree = all(agree for _, _, agree in rows)
    return pl.DataFrame(
        [
            {
                "Forecast from": origin,
                "Periods": str(s.n),
                "wMAPE": format_percent(s.wmape),
                "MAPE": format_percent(s.mape),
                "RMSE": format_number(s.rmse),
                "CRPS": format_number(s.crps),
                "In 50 %": format_percent(s.coverage_50),
                "In 80 %": format_percent(s.coverage_80),
                "In 94 %": format_percent(s.coverage_94),
                "Chains agree": "yes" if agrees else "no",
            }
            for origin, s, agrees in [*rows, ("all", found.scores, all_agree)]
        ]
    )


def roi_by_origin(found: CrossValidation) -> pl.DataFrame:
    """One row per channel: median ROI of the fit before each origin, as text."""
    names = sorted({name for fold in found.folds for name in fold.roi})
    return pl.DataFrame(
        [
            {
                "Channel": name,
                **{
                    f"ROI before {f.origin}": format_number(f.roi[name].median)
                    if name in f.roi
                    else "–"
                    for f in found.folds
                },
            }
            for name in names
        ]
    )


def print_evaluation(loo: LooResult, found: CrossValidation, *, say: Say) -> None:
    """Leave-one-out and forecasts for a terminal."""
    say(
        f"Leave-one-out: elpd {loo.elpd:.1f} (standard error {loo.se:.1f}), "
        f"{loo.p_loo:.1f} effective parameters. {CAVEAT}"
    )
    for finding in loo.list_findings():
        say(f"{finding.message} {finding.fix}")
    say(_show(forecast_table(found)))
    say(_show(roi_by_origin(found)))
    for note in found.notes:
        say(f"• {note}")


def print_search(found: SearchResult, *, say: Say, model: str | None = None) -> None:
    """The candidates, the choice in words and the lines of mmm.yaml, for a terminal.

    `model` is the one that was searched, where the project names its models.
    """
    say(_show(found.to_frame().with_columns(pl.selectors.float().round(2))))
    for note in found.notes:
        say(note)
    if found.best.changes:
        place = f", in the model '{model}'" if model else ""
        say(f"\nIn mmm.yaml{place}:\n\n{found.best.write_yaml()}")


def evaluation_json(loo: LooResult, found: CrossValidation) -> Document:
    """Leave-one-out and forecasts without NaN or infinity."""
    return {
        "loo": {k: _finite(v) for k, v in loo.to_metrics().items()},
        "high_pareto_k": list(loo.high_k),
        "horizon": found.horizon,
        "scores": {k: _finite(v) for k, v in found.scores.to_metrics().items()},
        "folds": _list_rows(found.to_frame()),
        "notes": list(found.notes),
    }


def search_json(found: SearchResult) -> Document:
    """The candidates and the choice without NaN or infinity."""
    return {
        "candidates": _list_rows(found.to_frame()),
        "best": dict(found.best.changes),
        "seconds": found.seconds,
        "untried": list(found.untried),
        "notes": list(found.notes),
    }


def draw_forecasts(found: CrossValidation, *, width: float) -> "Figure":
    """Each forecast's mean and 94 % band with what came as dots; lines part the origins."""
    with use_style():
        figure, axes = make_time_axes(width=width)
        for fold in found.folds:
            low, high = np.quantile(fold.draws, [0.03, 0.97], axis=0)
            axes.fill_between(fold.periods, low, high, color=OTHER, alpha=0.35, linewidth=0)
            axes.plot(fold.periods, fold.draws.mean(axis=0), color=FIT, linewidth=1.4)
            axes.plot(fold.periods, fold.kpi, "o", color=INK, markersize=3)
            axes.axvline(fold.periods[0], color=MUTED, linewidth=0.7, linestyle=(0, (4, 3)))
        format_axis(axes.yaxis, unit=TickUnit(is_scaled=True))
        axes.set_title("KPI of held-out periods", loc="left", color=MUTED, fontsize=9)
        return figure


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


def _list_rows(frame: pl.DataFrame) -> list[dict[str, Cell]]:
    return [{k: _finite(v) for k, v in row.items()} for row in frame.to_dicts()]


def _finite(value: Cell) -> Cell:
    return None if isinstance(value, float) and not math.isfinite(value) else value
