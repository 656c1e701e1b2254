"""Fixtures of the lake's tests: a lake in a temporary folder."""

from pathlib import Path

import pytest
from lake_scenario import MEDIA, WINDOW, make_media

from mmm_orchestration.lake.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(tmp_path / "lake")


@pytest.fixture
def media_folder(lake: Lake) -> Path:
    """The folder of a media table with three versions: created, three days, a restated day."""
    lake.write_days(make_media(), contract=MEDIA, window=WINDOW)
    lake.write_days(make_media(days=range(1), spend=99.0), contract=MEDIA, window=WINDOW)
    return Path(lake.table_uri("media"))
