"""Verdicts of Great Expectations on one frame, with the bad rows beside them.

Great Expectations is imported on first use and one context serves the whole process.
"""

from __future__ import annotations

import json
import operator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, reduce
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import QualityError
from mmm_orchestration.quality.masks import Row, find_missing_columns, select_bad_rows
from mmm_orchestration.quality.suites import (
    HAS_ROWS,
    CheckSeverity,
    Expectation,
    Suite,
    bind_days,
)

if TYPE_CHECKING:
    from great_expectations.core import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.datasource.fluent.pandas_datasource import PandasDatasource
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

N_SAMPLE = 5


@dataclass(frozen=True)
class Verdict:
    """What one expectation said about one frame.

    `severity` is the expectation's, except that on a frame without rows only 'has_rows' keeps
    its own: every check is red there, and that one decides whether it blocks. `sample` holds up
    to five bad rows; `observed` says in words what was seen.
    """

    expectation: Expectation
    severity: CheckSeverity
    is_passed: bool
    n_evaluated: int
    n_unexpected: int
    observed: str
    sample: tuple[Row, ...] = ()

    @property
    def is_blocking(self) -> bool:
        """Whether this verdict keeps its days out of gold."""
        return not self.is_passed and self.severity == "critical"


@dataclass(frozen=True)
class Validation:
    """The verdicts of one suite on one frame, in the order of the suite.

    `document` is Great Expectations' own result as JSON, from which Data Docs are built.
    """

    suite: Suite
    n_rows: int
    verdicts: tuple[Verdict, ...]
    document: str

    @property
    def is_passed(self) -> bool:
        """Whether no verdict is red."""
        return all(verdict.is_passed for verdict in self.verdicts)

    @property
    def has_broken_critical(self) -> bool:
        """Whether a critical verdict is red."""
        return any(v.severity == "critical" and not v.is_passed for v in self.verdicts)


def validate_frame(
    frame: pl.DataFrame, *, suite: Suite, window: DayWindow | None = None
) -> Validation:
    """The verdicts of `suite` on `frame`, whose days are `window` or else its own first to last.

    A frame without rows passes nothing. Not a number counts as infinite, so that it breaks a
    range instead of passing as missing.
    """
    from great_expectations import ExpectationSuite  # seconds to import

    days = _find_days(frame, suite=suite, window=window)
    batch = _open_batch_definition(suite.table).get_batch({"dataframe": _to_gx_frame(frame)})
    expectations = [_to_gx(e, days=days, frame=frame) for e in suite.expectations]
    result = batch.validate(
        ExpectationSuite(name=suite.table, expectations=expectations), result_format="SUMMARY"
    )
    found = {_get_name(single): single for single in result.results}
    verdicts = tuple(
        _judge(frame, expectation=expectation, result=found[expectation.name])
        for expectation in suite.expectations
    )
    _settle(result, verdicts=verdicts)
    return Validation(suite, frame.height, verdicts, json.dumps(result.to_json_dict()))  # type: ignore[no-untyped-call]


def _get_name(result: ExpectationValidationResult) -> str:
    """The name the expectation was given in its suite."""
    config = result.expectation_config
    if config is None:
        raise QualityError("Great Expectations gave a result without its expectation")
    return str(config.meta["name"])


def _settle(result: ExpectationSuiteValidationResult, *, verdicts: tuple[Verdict, ...]) -> None:
    """Gives the result the verdicts' outcome, which differs where nothing was evaluated."""
    passed = {verdict.expectation.name: verdict.is_passed for verdict in verdicts}
    for single in result.results:
        single.success = passed[_get_name(single)]
    n_passed = sum(passed.values())
    result.success = n_passed == len(passed)
    result.statistics |= {
        "successful_expectations": n_passed,
        "unsuccessful_expectations": len(passed) - n_passed,
        "success_percent": 100 * n_passed / len(passed),
    }


def _judge(
    frame: pl.DataFrame, *, expectation: Expectation, result: ExpectationValidationResult
) -> Verdict:
    missing = find_missing_columns(frame, expectation=expectation)
    bad = frame.clear() if missing else select_bad_rows(frame, expectation=expectation)
    keeps_severity = bool(frame.height) or expectation.name == HAS_ROWS
    return Verdict(
        expectation=expectation,
        severity=expectation.severity if keeps_severity else "warning",
        is_passed=bool(result.success) and frame.height > 0,
        n_evaluated=0 if missing else frame.height,
        n_unexpected=bad.height or len(_list_missing(result)),
        observed=_describe(frame, bad=bad, missing=missing, result=result),
        sample=tuple(MappingProxyType(row) for row in bad.head(N_SAMPLE).to_dicts()),
    )


def _describe(
    frame: pl.DataFrame,
    *,
    bad: pl.DataFrame,
    missing: tuple[str, ...],
    result: ExpectationValidationResult,
) -> str:
    if missing:
        return f"column {', '.join(missing)} is missing"
    if frame.is_empty():
        return "no rows, so nothing was evaluated"
    absent = _list_missing(result)
    if absent:
        return f"missing: {', '.join(sorted(absent)[:N_SAMPLE])}"
    return f"{bad.height} of {frame.height} rows break it"


def _list_missing(result: ExpectationValidationResult) -> tuple[str, ...]:
    """The values that should be there and are not."""
    listed = result.result.get("partial_missing_list", ())
    return tuple(str(v.date() if hasattr(v, "date") else v) for v in listed)


def _find_days(frame: pl.DataFrame, *, suite: Suite, window: DayWindow | None) -> list[date]:
    if window is not None:
        return window.days()
    dates = frame[suite.date_column].drop_nulls() if suite.date_column in frame.columns else None
    first, last = (dates.min(), dates.max()) if dates is not None else (None, None)
    if not isinstance(first, date) or not isinstance(last, date):
        return []
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def _to_gx_frame(frame: pl.DataFrame) -> object:
    """The frame for pandas, which takes null and not-a-number for the same."""
    floats = pl.selectors.float()
    return frame.with_columns(floats.fill_nan(float("inf"))).to_pandas()


def _to_gx(
    expectation: Expectation, *, days: list[date], frame: pl.DataFrame
) -> ExpectationConfiguration:
    """The expectation for Great Expectations; that its columns exist, where they do not."""
    from great_expectations.expectations.expectation_configuration import (
        ExpectationConfiguration,
    )
    from great_expectations.expectations.metadata_types import FailureSeverity
    from great_expectations.expectations.row_conditions import Column

    meta = {"name": expectation.name}
    for missing in find_missing_columns(frame, expectation=expectation):
        return ExpectationConfiguration(
            type="expect_column_to_exist", kwargs={"column": missing}, meta=meta
        )
    bound = bind_days(expectation, days=days)
    arguments: dict[str, object] = {
        key: list(value) if isinstance(value, tuple) else value for key, value in bound.items()
    }
    if expectation.where:
        holds = [Column(column) == word for column, word in expectation.where]
        arguments["row_condition"] = reduce(operator.and_, holds)
    if expectation.kind == "column_pair_values_a_to_be_greater_than_b":
        arguments["ignore_row_if"] = "either_value_is_missing"
    return ExpectationConfiguration(
        type=f"expect_{expectation.kind}",
        kwargs=arguments,
        meta=meta,
        notes=f"{expectation.means} {expectation.fix}",
        severity=FailureSeverity(expectation.severity),
    )


@cache
def _open_batch_definition(table: str) -> BatchDefinition[None]:
    """The whole of any frame of `table`, in the one context of this process."""
    return _open_source().add_dataframe_asset(table).add_batch_definition_whole_dataframe("all")


@cache
def _open_source() -> PandasDatasource:
    """A pandas source in an ephemeral context that draws no progress bars."""
    from great_expectations import get_context  # seconds to import
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context.data_sources.add_pandas("frame")
