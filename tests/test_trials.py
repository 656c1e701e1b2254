"""Experiments from a file through the lake to the arrays."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from mmm_orchestration.lake.change import Commit
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.model.experiment import Experiment
from mmm_orchestration.model.placing import cover_periods, place_experiments
from mmm_orchestration.tables.contracts import GOLD_EXPERIMENTS
from mmm_orchestration.trials import load_experiments, write_experiments
from tests.insight.known import make_posterior, make_project

pytestmark = pytest.mark.unit

HEADER = "channel,geo,start,end,lift,se\n"
TV = "tv,national,2024-01-08,2024-01-21,40,9.5\n"
RADIO = "radio,national,2024-01-08,2024-01-14,20,5\n"


def write(lake: Lake, text: str, *, base: Path) -> Commit | None:
    """One look at a file with the text."""
    (base / "experiments.csv").write_text(text, encoding="utf-8")
    project = make_project().model_validate(
        make_project().model_dump() | {"experiments": {"path": "experiments.csv"}}
    )
    return write_experiments(lake, project=project, base=base, today=date(2024, 6, 1))


def load(lake: Lake) -> tuple[Experiment, ...]:
    """The experiments of the table as it is."""
    return load_experiments(lake, version=lake.version(GOLD_EXPERIMENTS.name))


def test_the_table_follows_the_file(tmp_path: Path) -> None:
    """Tests come and go with the file, and reading it again changes nothing."""
    lake = Lake(str(tmp_path / "lake"))
    later = "tv,national,2024-02-05,2024-02-11,7,2\n"
    write(lake, HEADER + TV + RADIO + later, base=tmp_path)
    assert {(e.channel, e.lift) for e in load(lake)} == {("tv", 40), ("radio", 20), ("tv", 7)}
    write(lake, HEADER + RADIO, base=tmp_path)
    assert [e.channel for e in load(lake)] == ["radio"]
    again = write(lake, HEADER + RADIO, base=tmp_path)
    assert again is not None
    assert not again.is_changed


def test_a_file_without_tests_deletes_nothing(tmp_path: Path) -> None:
    """The table keeps what it had."""
    lake = Lake(str(tmp_path / "lake"))
    write(lake, HEADER + TV, base=tmp_path)
    assert write(lake, HEADER, base=tmp_path) is None
    assert len(load(lake)) == 1


def test_without_a_version_there_are_no_experiments(tmp_path: Path) -> None:
    """A fit that named no version of the table saw none of it."""
    assert load_experiments(Lake(str(tmp_path / "lake")), version=None) == ()


def test_what_the_arrays_do_not_hold_is_left_out_and_said() -> None:
    """Each note gives its reason."""
    data = make_posterior().data
    fits = Experiment("tv", "national", date(2024, 1, 8), date(2024, 1, 21), 40.0, 9.5)
    late = replace(fits, last=date(2024, 2, 20))
    kept, notes = place_experiments(
        (fits, late, replace(fits, channel="print"), replace(fits, geo="north")), data=data
    )
    assert kept == (fits,)
    assert ["2024-01-01 to 2024-01-28" in notes[0], "not modelled" in notes[1]] == [True, True]
    assert "no geo 'north'" in notes[2]


def test_a_test_covers_parts_of_weeks() -> None:
    """From Thursday to the Monday after next it has four, seven and one days."""
    data = make_posterior().data
    test = Experiment("tv", "national", date(2024, 1, 4), date(2024, 1, 15), 40.0, 9.5)
    assert cover_periods(test, data=data)[:, 0] == pytest.approx(np.array([4, 7, 1, 0]) / 7)
