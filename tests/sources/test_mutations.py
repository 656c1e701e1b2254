"""Damaged deliveries are taken apart exactly or refused in words."""

import polars as pl
import pytest

from mmm_orchestration.errors import SourceError
from mmm_orchestration.sources.readers import read_delivery
from mmm_orchestration.sources.reading import Reading, reading_schema
from mmm_orchestration.tables.contracts import bronze_contract
from tests.sources.mutations import Case, make_cases

N_CASES, CHUNK = 500, 50


def _check_reading(case: Case, reading: Reading) -> None:
    accepted, quarantined = reading.accepted, reading.quarantined
    assert accepted.schema == reading_schema(bronze_contract(case.source)), case.name
    lines = pl.concat([f["line"] for f in (accepted, quarantined, reading.set_aside)])
    assert lines.is_unique().all(), case.name
    assert quarantined.null_count().select("line", "rule", "detail").row(0) == (0, 0, 0)
    assert accepted.select(pl.col(pl.Float64).is_finite().all()).row(0).count(False) == 0
    assert reading.covered.contains(accepted["date"].min())  # type: ignore[arg-type]
    if case.n_rows is not None:
        assert reading.n_input == case.n_rows, (case.name, reading.n_input, case.n_rows)
    if case.spends:
        money = accepted["total" if case.source.format == "shopify" else "spend"].drop_nulls()
        assert set(money) <= case.spends, (case.name, set(money) - case.spends)


def _read(case: Case) -> Reading | SourceError:
    try:
        return read_delivery(
            case.content, file=case.file, source=case.source, project_time_zone="Europe/London"
        )
    except SourceError as error:
        return error


def _check(case: Case) -> bool:
    """Whether the case was read; asserts that it was read exactly or refused in words."""
    outcome = _read(case)
    if isinstance(outcome, Reading):
        _check_reading(case, outcome)
        return True
    assert 20 < len(str(outcome)) < 2000, case.name
    assert "\n" not in str(outcome), (case.name, str(outcome))
    return False


@pytest.mark.unit
@pytest.mark.parametrize("first", range(0, N_CASES, CHUNK))
def test_damage_is_counted_or_refused(first: int) -> None:
    """Every damaged delivery is accepted plus quarantined exactly, or one SourceError."""
    read = [_check(case) for case in make_cases(first, CHUNK)]
    assert CHUNK // 4 < sum(read) < CHUNK


@pytest.mark.long
@pytest.mark.parametrize("first", range(N_CASES, 5000 + N_CASES, 250))
def test_much_damage_is_counted_or_refused(first: int) -> None:
    """Five thousand further damaged deliveries are treated as exactly."""
    read = [_check(case) for case in make_cases(first, 250)]
    assert 250 // 4 < sum(read) < 250
