"""A posterior on disk."""

import dataclasses
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from mmm_orchestration.errors import PosteriorError
from mmm_orchestration.model.experiment import Experiment
from mmm_orchestration.model.posterior import load_posterior, save_posterior
from tests.insight.known import make_posterior

pytestmark = pytest.mark.unit

FILES = ("posterior.nc", "data.nc", "posterior.json", "MANIFEST.json")


def test_a_saved_posterior_is_read_back_equal(tmp_path: Path) -> None:
    """Draws, data, design and settings survive the folder, also a channel without spend."""
    before = make_posterior(radio_spend=np.full(4, np.nan))
    after = load_posterior(save_posterior(before, tmp_path / "posterior"))
    assert after.draws.identical(before.draws)
    assert after.data.snapshot == before.data.snapshot
    assert after.data.notes == before.data.notes
    assert np.array_equal(after.design, before.design)
    assert (after.project, after.diagnostics) == (before.project, before.diagnostics)


def test_controls_and_names_in_any_script_survive(tmp_path: Path) -> None:
    """Control values and column names beyond ASCII are read back as they were."""
    before = make_posterior()
    data = dataclasses.replace(
        before.data, controls=np.arange(4.0)[:, None, None], control_names=("price",)
    )
    named = before.draws.assign_coords(column=["Día de la Hispanidad"])
    after = load_posterior(
        save_posterior(dataclasses.replace(before, data=data, draws=named), tmp_path / "p")
    )
    assert np.array_equal(after.data.controls, data.controls)
    assert after.draws.column.values.tolist() == ["Día de la Hispanidad"]


def test_a_posterior_is_four_files_and_no_pickle(tmp_path: Path) -> None:
    """The folder holds netCDF, JSON and a manifest with a checksum for each of the others."""
    folder = save_posterior(make_posterior(), tmp_path / "deep" / "posterior")
    assert {f.name for f in folder.iterdir()} == set(FILES)
    assert set(json.loads((folder / "MANIFEST.json").read_text())) == set(FILES[:3])


@pytest.mark.parametrize("name", FILES[:3])
def test_one_altered_byte_is_refused(tmp_path: Path, name: str) -> None:
    """The error names the altered file."""
    folder = save_posterior(make_posterior(), tmp_path / "posterior")
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(PosteriorError, match=f"{name} is altered"):
        load_posterior(folder)


@pytest.mark.parametrize("name", FILES[:3])
def test_a_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    """The error names the missing file."""
    folder = save_posterior(make_posterior(), tmp_path / "posterior")
    (folder / name).unlink()
    with pytest.raises(PosteriorError, match=f"{name} is missing"):
        load_posterior(folder)


def test_a_folder_without_posterior_is_refused(tmp_path: Path) -> None:
    """Nothing there says so."""
    with pytest.raises(PosteriorError, match="There is no posterior"):
        load_posterior(tmp_path)


def test_a_posterior_is_never_overwritten(tmp_path: Path) -> None:
    """Saving into an existing folder is refused and leaves no draft behind."""
    save_posterior(make_posterior(), tmp_path / "posterior")
    with pytest.raises(PosteriorError, match="exists"):
        save_posterior(make_posterior(), tmp_path / "posterior")
    assert [p.name for p in tmp_path.iterdir()] == ["posterior"]


def test_frequency_and_experiments_survive(tmp_path: Path) -> None:
    """What is known beside the exposure is read back as it was, and is part of the snapshot."""
    before = make_posterior()
    frequency = np.full((4, 1, 2), np.nan)
    frequency[:, :, 1] = 2.5
    test = Experiment("tv", "national", date(2024, 1, 8), date(2024, 1, 21), 40.0, 9.5)
    data = dataclasses.replace(
        before.data,
        frequency=frequency,
        frequency_history=np.array([[[np.nan, 3.0]]]),
        experiments=(test,),
    )
    folder = save_posterior(dataclasses.replace(before, data=data), tmp_path / "p")
    after = load_posterior(folder).data
    assert after.has_frequency.tolist() == [False, True]
    assert np.array_equal(after.frequency, frequency, equal_nan=True)
    assert after.frequency_history[0, 0, 1] == 3.0
    assert after.experiments == (test,)
    assert after.snapshot == data.snapshot != before.data.snapshot


def test_frequency_left_out_is_nowhere_known() -> None:
    """Without frequency the arrays are nan in the shape of the exposure, also after a cut."""
    data = make_posterior().data
    cut = dataclasses.replace(data, exposure=data.exposure[:2])
    assert (data.frequency.shape, cut.frequency.shape) == ((4, 1, 2), (2, 1, 2))
    assert not cut.has_frequency.any()
