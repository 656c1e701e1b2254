"""Which champion is meant, and when the registry is asked."""

from pathlib import Path

import pytest

from mmm_orchestration.api.problems import RefusedError
from mmm_orchestration.api.shelf import Shelf, count_served, read_stamp

from .project import make_home

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("name", "status", "available"),
    [(None, 422, ("north", "south")), ("west", 404, ("north", "south")), ("north", 503, ())],
)
def test_one_of_several_models_is_named(
    tmp_path: Path, name: str | None, status: int, available: tuple[str, ...]
) -> None:
    """None, a wrong one, and one that has no champion yet are refused each in its way."""
    shelf = Shelf(make_home(tmp_path, extra="models: [{name: north}, {name: south}]\n"))
    assert count_served(shelf.places) == 0
    with pytest.raises(RefusedError) as caught:
        shelf.get(name)
    assert (caught.value.status, caught.value.available) == (status, available)


def test_a_file_has_a_stamp_that_changes_and_a_server_has_none(tmp_path: Path) -> None:
    """Before it is there, after it was written, and after its log was."""
    file = tmp_path / "mlflow.db"
    uri, stamps = f"sqlite:///{file}", set[object]()
    for path in (None, file, tmp_path / "mlflow.db-wal"):
        if path is not None:
            path.write_bytes(b"x")
        stamps.add(read_stamp(uri))
    assert len(stamps) == 3
    assert read_stamp("http://127.0.0.1:5000") is None
