"""Fixtures shared by all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster._core.storage.defs_state.base import set_defs_state_storage

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real and simulated inputs beside the checkout; skips where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared input data folder is not beside this checkout")
    return SHARED_DATA


@pytest.fixture(autouse=True)
def forgotten_instances() -> Iterator[None]:
    """Dagster's storage of definitions as it is where no instance is open.

    A context of a sensor or schedule that is asked for its instance enters a copy of it and leaves
    its storage behind; definitions that are built in a later test would fail on it.
    """
    with set_defs_state_storage(None):
        yield
