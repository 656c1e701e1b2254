"""The strict reader of market tests."""

from collections.abc import Mapping
from datetime import date

import pytest

from mmm_orchestration.errors import SourceError
from mmm_orchestration.model.experiment import Experiment
from mmm_orchestration.sources.experiments import read_experiments

pytestmark = pytest.mark.unit

HEADER = "channel,geo,start,end,lift,se,kind\n"
GOOD = "tv,national,2024-03-04,2024-03-31,1200.5,300,\n"


def read(
    *lines: str, header: str = HEADER, models: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Experiment, ...]:
    """The experiments of the lines below the header."""
    return read_experiments(
        header + "".join(lines),
        file="tests.csv",
        channels=("tv", "search"),
        geos=("north",),
        start=date(2024, 1, 1),
        today=date(2024, 12, 31),
        models=models,
    )


def test_every_cell_is_read() -> None:
    """Without a kind a test is a holdout; a blank line is passed over."""
    one, two = read(GOOD, "\n", "search, north, 2024-04-01, 2024-04-14, -3, 9, switchback\n")
    window = (date(2024, 3, 4), date(2024, 3, 31))
    assert one == Experiment("tv", "national", *window, 1200.5, 300.0, "holdout")
    assert (two.geo, two.lift, two.kind) == ("north", -3.0, "switchback")


def test_a_file_without_tests_is_no_mistake() -> None:
    """The header alone says that there are none."""
    assert read() == ()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("tv", "tvv", "line 3, channel: 'tvv' is no channel"),
        ("national", "south", "line 3, geo: 'south' is no geo"),
        ("2024-03-04", "04.03.2024", "line 3, start: '04.03.2024' is no day"),
        ("2024-03-31", "2024-03-01", "line 3, end: '2024-03-01' lies before the start"),
        ("2024-03-04", "2023-03-04", "line 3, start: .* before the project's start"),
        ("2024-03-31", "2025-03-31", "line 3, end: .* after today"),
        ("1200.5", "many", "line 3, lift: 'many' is no number"),
        ("1200.5", "nan", "line 3, lift: 'nan' is not finite"),
        (",300,", ",0,", "line 3, se: '0' is no standard error"),
        (",300,", ",300,survey", "line 3, kind: 'survey' is no kind"),
        (",300,", ",300", "line 3 has 6 cells and not 7"),
        ("2024-03-04", "2024-03-20", "lines 2 and 3: two tests of 'tv' in 'national' overlap"),
    ],
)
def test_a_mistake_names_its_line(old: str, new: str, why: str) -> None:
    """The error says line, column and what is wrong."""
    with pytest.raises(SourceError, match=f"tests.csv, {why}"):
        read(GOOD, GOOD.replace(old, new))


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (HEADER.replace("se,", ""), "no column 'se'"),
        (HEADER.replace("kind", "note"), "unknown column 'note'"),
        ("", "is empty"),
        (HEADER.replace("kind", "se"), "a column twice"),
    ],
)
def test_a_wrong_header_is_refused(header: str, why: str) -> None:
    """Columns are those that are documented, each once."""
    with pytest.raises(SourceError, match=why):
        read(header=header)


def test_a_test_belongs_to_one_model() -> None:
    """Where several models have its channel the file says which; else it is the only one."""
    models = {"acme": ("tv", "search"), "bolt": ("tv",)}
    header = HEADER.replace("kind", "model")
    (named,) = read(GOOD.replace("300,", "300,bolt"), header=header, models=models)
    (only,) = read(GOOD.replace("tv", "search"), header=header, models=models)
    assert (named.model, only.model) == ("bolt", "acme")
    for line, why in (
        (GOOD, "several have channel 'tv'. Available: 'acme', 'bolt'"),
        (GOOD.replace("300,", "300,bold"), "'bold' is no model.*Did you mean 'bolt'"),
        (GOOD.replace("tv", "search").replace("300,", "300,bolt"), "has no channel 'search'"),
    ):
        with pytest.raises(SourceError, match=f"line 2, model: .*{why}"):
            read(line, header=header, models=models)
