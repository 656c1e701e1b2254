"""The verdict of all gates and its file."""

import json
from pathlib import Path

import pytest

from mmm_orchestration.errors import RegistryError
from mmm_orchestration.promotion.results import Gate, conclude, find_verdict, keep_verdict

pytestmark = pytest.mark.unit

GREEN = Gate("convergence", "passed", "All chains agree.", {"max_r_hat": 1.001})
GREY = Gate("out_of_time", "not judged", "Not judged. There is no champion yet.", {})
RED = Gate("stability", "failed", "It moved.", {"n_beyond": 1.0}, ("It moved.",))


def test_one_red_gate_fails_and_a_grey_one_does_not() -> None:
    """The verdict has the reasons of all red gates."""
    good = conclude((GREEN, GREY), version="a", champion=None, judged_at="now")
    bad = conclude((GREEN, GREY, RED), version="b", champion="a", judged_at="now")
    assert (good.is_passed, good.reasons) == (True, ())
    assert (bad.is_passed, bad.reasons) == (False, ("It moved.",))
    assert bad.gate("stability") is RED


def test_a_verdict_is_read_as_it_was_kept(tmp_path: Path) -> None:
    """The file has version, verdict and reasons at its top, and no draft is left beside it."""
    verdict = conclude((GREEN, RED), version="2026-06-30-x", champion="a", judged_at="now")
    file = keep_verdict(verdict, folder=tmp_path)
    assert file == tmp_path / "promotion" / "2026-06-30-x.json"
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    row = json.loads(file.read_text(encoding="utf-8"))
    assert (row["version"], row["is_passed"], row["reasons"]) == (
        "2026-06-30-x",
        False,
        ["It moved."],
    )
    assert find_verdict(tmp_path, version="2026-06-30-x") == verdict
    assert find_verdict(tmp_path, version="other") is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "c"}, "about another version"),
        ({"is_passed": True}, "does not say what its gates say"),
        ({"is_passed": "no"}, "no verdict"),
        ({"gates": [{"name": "mood"}]}, "no verdict"),
    ],
)
def test_a_file_that_is_no_verdict_is_refused(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    """Another version, a verdict against its own gates, and a wrong or lacking part are errors."""
    verdict = conclude((GREEN, RED), version="b", champion="a", judged_at="now")
    file = keep_verdict(verdict, folder=tmp_path)
    row = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(row | change), encoding="utf-8")
    with pytest.raises(RegistryError, match=said):
        find_verdict(tmp_path, version="b")


def test_a_torn_file_is_refused(tmp_path: Path) -> None:
    """A file that ends early is no verdict."""
    file = keep_verdict(
        conclude((GREEN,), version="b", champion=None, judged_at="now"), folder=tmp_path
    )
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(RegistryError, match="no verdict"):
        find_verdict(tmp_path, version="b")
