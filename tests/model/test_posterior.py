"""A posterior on disk."""

import dataclasses
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from mmm_orchestration.errors import PosteriorError
from mmm_orchestration.model.experiment import Experiment
from mmm_orchestration.model.posterior import Posterior, load_posterior, save_posterior
from mmm_orchestration.model.stored import thin_draws
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


def make_largest() -> Posterior:
    """A posterior of 208 weeks, 50 geos, 30 channels and 50 columns of which 11 differ by geo."""
    rng = np.random.default_rng(0)
    known, shape, n_columns = make_posterior(), (208, 50, 30), 50
    chain_draws = ("chain", "draw")
    baseline = np.repeat(rng.normal(size=(4, 1000, 1, n_columns)).astype("float32"), 50, axis=2)
    baseline[..., :11] += rng.normal(size=(4, 1000, 50, 11))
    effect = rng.normal(size=(4, 1000, 50, 30)).astype("float32")
    draws = xr.Dataset(
        {
            "effect": ((*chain_draws, "geo", "channel"), effect),
            "baseline": ((*chain_draws, "geo", "column"), baseline),
            "unknown": ((*chain_draws, "u"), rng.normal(size=(4, 1000, 202)).astype("float32")),
        }
    )
    data = dataclasses.replace(
        known.data,
        periods=np.datetime64("2022-01-03") + 7 * np.arange(208),
        geos=tuple(f"g{i}" for i in range(50)),
        kpi=rng.normal(size=shape[:2]),
        exposure=rng.gamma(1, 1, size=shape),
        history=np.zeros((8, *shape[1:])),
        spend=rng.gamma(1, 1, size=shape),
        channels=tuple(f"c{i}" for i in range(30)),
        controls=np.empty((*shape[:2], 0)),
    )
    return dataclasses.replace(
        known,
        draws=thin_draws(draws, keep=known.project.model.sampler.keep),
        data=data,
        design=np.broadcast_to(rng.normal(size=(208, 1, n_columns)), (208, 50, n_columns)),
        scale=np.ones(shape[1:]),
    )


def test_the_largest_posterior_is_small_and_read_back_equal(tmp_path: Path) -> None:
    """208 weeks, 50 geos and 30 channels take at most 20 MB, and nothing of them is lost."""
    before = make_largest()
    folder = save_posterior(before, tmp_path / "posterior")
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 20e6
    after = load_posterior(folder)
    assert after.draws.identical(before.draws)
    assert after.data.snapshot == before.data.snapshot
    assert np.array_equal(after.design, before.design)


def test_thinned_draws_are_even_and_end_with_the_last() -> None:
    """Of two chains of ten draws, six kept are three of each, evenly spaced."""
    draws = xr.Dataset({"share": (("chain", "draw"), np.arange(20.0).reshape(2, 10))})
    assert thin_draws(draws, keep=6)["share"].values.tolist() == [[2, 5, 9], [12, 15, 19]]
    assert thin_draws(draws, keep=500).identical(draws)
