"""A Dagster instance whose records cannot be opened."""

from datetime import date
from pathlib import Path

import pytest

from benchmarks.ops.refusers import run_refusers
from mmm_orchestration.errors import UpkeepError
from mmm_orchestration.runner import open_instance

from .small_project import write_small_project

pytestmark = pytest.mark.flow


def test_postgres_that_refuses_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It names the variable and not the password, which the server says back and Dagster logs."""
    home = write_small_project(tmp_path / "project", first=date(2026, 3, 2), n_days=1)
    with run_refusers(tmp_path) as refusers:
        url = f"postgresql+psycopg2://ann:s3cret%2Fword@127.0.0.1:{refusers.database}/dagster"
        monkeypatch.setenv("MMM_POSTGRES_URL", url)
        with pytest.raises(UpkeepError) as caught, open_instance(home):
            pass
    assert "s3cret" not in f"{caught.value} {caplog.text}"
    assert "MMM_POSTGRES_URL" in caught.value.fix
    assert caught.value.__cause__ is None
