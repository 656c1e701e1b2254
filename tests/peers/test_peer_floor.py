"""Least squares that know the true curves."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.peers.datasets import open_dataset
from benchmarks.peers.floor import build_baseline, estimate_sizes
from benchmarks.peers.job import DATE, GEO, KPI

pytestmark = pytest.mark.unit


def test_without_noise_nothing_is_missed(tmp_path: Path) -> None:
    """A KPI that is baseline and contributions alone gives back the contributions."""
    dataset = open_dataset("medium", work=tmp_path)
    places = pl.read_csv(dataset.data, try_parse_dates=True).select(DATE, GEO, *dataset.controls)
    weeks, geos, _ = dataset.truth.shape
    base = build_baseline(weeks) @ np.arange(1.0, 9.0)
    kpi = pl.concat(
        pl.DataFrame({GEO: geo, KPI: base + dataset.truth[:, g].sum(axis=1)}).with_columns(
            places.filter(pl.col(GEO) == geo).sort(DATE)[DATE]
        )
        for g, geo in enumerate(dataset.geos)
    )
    table = places.join(kpi, on=[DATE, GEO], validate="1:1")
    table.write_csv(tmp_path / "exact.csv")
    found = estimate_sizes(replace(dataset, data=tmp_path / "exact.csv"))
    assert len(kpi) == weeks * geos
    assert found == pytest.approx(dataset.truth, rel=1e-6)
