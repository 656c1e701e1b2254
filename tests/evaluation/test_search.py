"""The search: its candidates, its clock, its book and what it finds."""

import json
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from mmm_orchestration.evaluation.candidates import (
    Candidate,
    change,
    list_families,
    list_trends,
)
from mmm_orchestration.evaluation.search import Clock, SearchResult, search
from mmm_orchestration.evaluation.tries import Try, TryBook
from mmm_orchestration.project import ModelSpec
from mmm_orchestration.reporting.evaluation import print_search, search_json

from .planted import make_planted_world

pytestmark = pytest.mark.truth

PLAIN = "model: {trend: none, yearly_order: 0}"
BUDGET = 10.0


def make_clock() -> Clock:
    """A clock on which every reading takes a tenth of a second, however busy the machine is."""
    readings = count()
    return lambda: 0.1 * next(readings)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tries of the search are kept."""
    return tmp_path_factory.mktemp("search")


@pytest.fixture(scope="module")
def found(book: Path) -> SearchResult:
    """A search on a world with trend and season that is declared to have neither.

    Its budget is less than the time that compiling another family is expected to take.
    """
    world = make_planted_world(extra=PLAIN)
    return search(
        world.prepare(), project=world.project, budget=BUDGET, folder=book, clock=make_clock()
    )


def test_the_planted_baseline_is_found(found: SearchResult) -> None:
    """Trend and season are found, clearly better than what was declared without them."""
    assert found.best.changes["trend"] in {"linear", "piecewise"}
    assert int(found.best.changes["yearly_order"]) >= 1
    assert "clearly better than the settings as declared" in found.notes[0]
    assert "  yearly_order: " in found.best.write_yaml()


def test_the_search_ends_in_time_and_names_what_is_left(found: SearchResult) -> None:
    """The budget is kept, and what was not tried is listed and counted."""
    assert found.seconds <= BUDGET
    assert len(found.untried) + len(found.tries) >= 30
    assert any("not tried for lack of time" in note for note in found.notes)


def test_finalists_share_the_weight(found: SearchResult) -> None:
    """Weights sum to one, and the table has a row for every try."""
    assert sum(s.weight for s in found.comparison.standings) == pytest.approx(1)
    assert found.to_frame().height == len(found.tries)


def test_a_search_goes_on_from_its_book(found: SearchResult, book: Path) -> None:
    """With hardly any time left all tries are known again and no other is started."""
    world = make_planted_world(extra=PLAIN)
    again = search(world.prepare(), project=world.project, budget=1e-9, folder=book)
    assert {t.candidate.name for t in again.tries} == {t.candidate.name for t in found.tries}
    assert again.best.name == found.best.name


def test_a_book_survives_a_line_cut_off(tmp_path: Path) -> None:
    """A try is read as it was kept, and a half line behind it is left out."""
    world = make_planted_world(extra=PLAIN)
    place = {"data": world.prepare(), "project": world.project}
    book = TryBook(tmp_path, **place)
    book.keep(Try(Candidate({"trend": "linear"}), 2.0, np.array([-1.0, -2.0]), 1, 1.01))
    assert book.path is not None
    with book.path.open("a") as file:
        file.write('{"changes": {"tre')
    kept = TryBook(tmp_path, **place).find(Candidate({"trend": "linear"}))
    assert kept is not None
    assert (kept.elpd, kept.n_high_k, kept.r_hat) == (-3.0, 1, 1.01)


def test_settings_as_declared_are_no_change() -> None:
    """A change back to what is declared leaves nothing, and knots go with their trend."""
    spec = ModelSpec()
    assert change(Candidate({"yearly_order": 1}), spec=spec, yearly_order=3).changes == {}
    base = Candidate({"knots_per_year": 4.0})
    assert change(base, spec=spec, trend="linear").changes == {"trend": "linear"}
    assert Candidate({}) in list(list_trends(spec, Candidate({})))


def test_families_start_near_and_have_no_doubles() -> None:
    """The declared pair comes first; tanh, which is logistic, is not tried again."""
    families = [c.changes for c in list_families(ModelSpec(), Candidate({}))]
    assert families[0] == {}
    assert {c.get("saturation") for c in families} & {"logistic", "tanh"} == {"logistic"}
    assert all(len(c) == 1 for c in families[1:9])


def test_the_choice_is_told_to_people_and_programs(found: SearchResult) -> None:
    """The terminal ends with the lines of mmm.yaml; the JSON names what was not tried."""
    said: list[str] = []
    print_search(found, say=said.append)
    assert said[-1].endswith(found.best.write_yaml())
    document = json.loads(json.dumps(search_json(found)))
    assert document["best"] == dict(found.best.changes)
    assert len(document["untried"]) == len(found.untried)
