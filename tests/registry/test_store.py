"""Versions and aliases in a real MLflow."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from mmm_orchestration.errors import RegistryError
from mmm_orchestration.home import Home
from mmm_orchestration.registry import CHALLENGER, CHAMPION, Registry, open_registry

from .stored import keep, make_home

pytestmark = pytest.mark.unit

PERIOD = date(2026, 3, 1)


@pytest.fixture
def home(tmp_path: Path, empty_mlflow: Path) -> Home:
    """A project without any registered version."""
    shutil.copy(empty_mlflow, tmp_path)
    return make_home(tmp_path)


@pytest.fixture
def registry(home: Home) -> Registry:
    """Its registry."""
    return open_registry(home)


def test_a_new_project_has_no_version(tmp_path: Path) -> None:
    """Before the first registration there is nothing, and asking makes no file."""
    registry = open_registry(make_home(tmp_path))
    assert registry.list() == ()
    assert registry.find(CHAMPION) is None
    assert list(registry.folder.parent.iterdir()) == []


def test_a_registered_version_is_the_challenger(home: Home, registry: Registry) -> None:
    """It has the tags of its record, and nobody is champion before a promotion."""
    record = keep(home, 1)
    made = registry.register(record, period=PERIOD)
    assert registry.list() == (made,)
    assert (made.number, made.version, made.period) == (1, record.version, PERIOD)
    assert made.aliases == (CHALLENGER,)
    assert made.tags["lock_hash"] == record.lock_hash != ""
    assert (made.tags["seed"], made.tags["snapshot"]) == (str(record.seed), record.snapshot)
    assert registry.find(CHAMPION) is None


def test_registering_again_changes_nothing(home: Home, registry: Registry) -> None:
    """The same version twice is one version."""
    record = keep(home, 1)
    assert registry.register(record, period=PERIOD) == registry.register(record, period=PERIOD)
    assert len(registry.list()) == 1


def test_a_period_has_one_version(home: Home, registry: Registry) -> None:
    """A second fit of a period comes back as the first."""
    first, second = keep(home, 1), keep(home, 2)
    registry.register(first, period=PERIOD)
    assert registry.register(second, period=PERIOD).version == first.version
    assert [one.version for one in registry.list()] == [first.version]


def test_fits_of_no_period_are_all_registered(home: Home, registry: Registry) -> None:
    """Fits by hand are versions of their own, newest first, and the newest is the challenger."""
    for number in (1, 2):
        registry.register(keep(home, number), period=None)
    versions = registry.list()
    assert [one.number for one in versions] == [2, 1]
    assert [one.aliases for one in versions] == [(CHALLENGER,), ()]


def test_an_alias_needs_a_name_and_a_reason(home: Home, registry: Registry) -> None:
    """Nobody is promoted by no one."""
    made = registry.register(keep(home, 1), period=None)
    with pytest.raises(RegistryError, match="--by and --reason"):
        registry.set_alias(CHAMPION, made.version, by=" ", reason="because")
    assert registry.find(CHAMPION) is None
