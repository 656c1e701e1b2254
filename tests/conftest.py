"""Fixtures shared by all tests."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real and simulated inputs beside the checkout; skips where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared input data folder is not beside this checkout")
    return SHARED_DATA
