"""Promotion, waiver, rollback and a posterior that is fetched back, in a real MLflow."""

import json
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mmm_orchestration.cli import main
from mmm_orchestration.errors import RegistryError
from mmm_orchestration.home import Home
from mmm_orchestration.model.posterior import load_posterior
from mmm_orchestration.promotion.results import Gate, conclude, keep_verdict
from mmm_orchestration.registry import CHAMPION, ModelVersion, open_registry
from mmm_orchestration.registry.promoting import promote, rollback
from mmm_orchestration.registry.restoring import restore_posterior
from mmm_orchestration.training import FitRecord, load_record
from tests.insight.known import PROJECT

from .stored import FIRST, keep, make_home, move_artefacts

pytestmark = pytest.mark.unit

N_VERSIONS = 3


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, empty_mlflow: Path) -> Home:
    """A project with three registered versions and no champion; tests copy it."""
    home = make_home(tmp_path_factory.mktemp("registered"))
    shutil.copy(empty_mlflow, home.base)
    for number in range(1, N_VERSIONS + 1):
        record = keep(home, number)
        open_registry(home).register(record, period=date.fromisoformat(record.accepted_through))
    return home


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    """A copy whose registry, folders and artefacts a test may change."""
    base = tmp_path / "copy"
    shutil.copytree(made.base, base)
    (base / "mmm.yaml").write_text(PROJECT % "", encoding="utf-8")
    copied = Home(made.project, base)
    move_artefacts(copied, before=made.base)
    return copied


def find(home: Home, number: int) -> ModelVersion:
    """The version of that number."""
    return open_registry(home).get(str(number))


def judge(home: Home, number: int, *reasons: str) -> None:
    """The verdict of the gate, as it leaves it: passed where there is no reason."""
    gates = (
        Gate("convergence", "failed" if reasons else "passed", "How it converged.", {}, reasons),
        Gate("out_of_time", "not judged", "Not judged. There is no champion yet.", {}),
    )
    version = find(home, number).version
    made = conclude(gates, version=version, champion=None, judged_at="2026-05-01T06:00:00+00:00")
    keep_verdict(made, folder=home.posteriors)


def run_mmm(home: Home, *arguments: str) -> Result:
    """The result of `mmm` on the project."""
    return CliRunner().invoke(main, ["--project", str(home.base), *arguments])


def test_a_version_that_passed_becomes_champion(home: Home) -> None:
    """Who, when and why are on record, and nothing is waived."""
    judge(home, 2)
    switch = promote(home, version="2", by="gate")
    champion = open_registry(home).find(CHAMPION)
    assert champion is not None
    assert (champion.number, switch.before, switch.waived) == (2, None, "")
    assert open_registry(home).read_switches() == (switch,)


@pytest.mark.parametrize("reasons", [None, ("R-hat is 1.3.",)])
def test_what_did_not_pass_needs_a_waiver(home: Home, reasons: tuple[str, ...] | None) -> None:
    """Not judged and failed alike are refused, and the waiver says on record what was lacking."""
    if reasons:
        judge(home, 1, *reasons)
    with pytest.raises(RegistryError, match="--waive --by NAME --reason TEXT"):
        promote(home, version="1", by="Ann", reason="we know")
    with pytest.raises(RegistryError, match="needs a name and a reason"):
        promote(home, version="1", by="Ann", is_waived=True)
    assert open_registry(home).find(CHAMPION) is None
    promote(home, version="1", by="Ann", reason="we know", is_waived=True)
    (kept,) = open_registry(home).read_switches()
    assert (kept.by, kept.reason) == ("Ann", "we know")
    assert (reasons[0] if reasons else "has not judged") in kept.waived


def test_rollback_goes_back_and_the_record_stays(home: Home) -> None:
    """Two promotions and two rollbacks leave four lines on record."""
    for number in (1, 2, 3):
        judge(home, number)
        promote(home, version=str(number), by="gate")
    started = time.monotonic()
    assert rollback(home, by="Ann", reason="too high").number == 2
    assert time.monotonic() - started < 10
    assert rollback(home, by="Ann", reason="still").number == 1
    with pytest.raises(RegistryError, match="no earlier champion"):
        rollback(home, by="Ann", reason="once more")
    kinds = [switch.kind for switch in open_registry(home).read_switches()]
    assert kinds == ["promotion"] * 3 + ["rollback"] * 2


def test_a_missing_posterior_is_fetched_and_checked(home: Home) -> None:
    """Folder and record come back from MLflow as they were."""
    version = find(home, 1)
    folder = home.posteriors / version.version
    before, record = load_posterior(folder), load_record(home.posteriors, version=folder.name)
    shutil.rmtree(folder)
    folder.with_name(f"{folder.name}.json").unlink()
    assert restore_posterior(home, version) == folder
    assert load_posterior(folder).data.snapshot == before.data.snapshot
    assert load_record(home.posteriors, version=folder.name) == record


@pytest.mark.parametrize("name", ["posterior.nc", "MANIFEST.json"])
def test_an_altered_artefact_is_refused(home: Home, name: str) -> None:
    """One error says so, and neither folder nor record appears."""
    judge(home, 1)
    version = find(home, 1)
    shutil.rmtree(home.posteriors / version.version)
    (artefact,) = home.base.glob(f"mlflow_artifacts/{version.run_id}/artifacts/posterior/{name}")
    artefact.write_bytes(artefact.read_bytes()[:-9] + b"different")
    with pytest.raises(RegistryError, match="cannot be used"):
        promote(home, version="1", by="Ann")
    assert not (home.posteriors / version.version).exists()
    assert [path for path in home.posteriors.iterdir() if path.name.startswith(".2")] == []
    assert open_registry(home).find(CHAMPION) is None


def test_another_posterior_under_the_name_is_refused(home: Home) -> None:
    """A folder that is whole but of other data is not that of the registry."""
    version = find(home, 1)
    other = ModelVersion(**{**vars(version), "tags": {**version.tags, "snapshot": "0" * 64}})
    with pytest.raises(RegistryError, match="not those that the registry names"):
        restore_posterior(home, other)


def test_two_registrations_at_once_make_one_version(home: Home) -> None:
    """Of eight at once for one period one is registered, and all say which."""
    period = FIRST + timedelta(days=120)
    records = [keep(home, 10 + i, day=period) for i in range(4)]

    def register(record: FitRecord) -> str:
        return open_registry(home).register(record, period=period).version

    with ThreadPoolExecutor(8) as pool:
        named = set(pool.map(register, records * 2))
    assert len(named) == 1
    assert [v.version for v in open_registry(home).list() if v.period == period] == list(named)


def read_until(home: Home, stop: list[bool]) -> Iterator[int | None]:
    """The champion's number, read again and again until told to stop."""
    registry = open_registry(home)
    while not stop:
        champion = registry.find(CHAMPION)
        yield champion.number if champion else None
        time.sleep(0.005)  # else the readers keep the switches from the processor


def test_readers_always_find_a_champion(home: Home) -> None:
    """During 300 switches no read fails and none finds no champion."""
    registry, stop = open_registry(home), list[bool]()
    registry.set_alias(CHAMPION, find(home, 1).version, by="a", reason="b")
    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(lambda: list(read_until(home, stop))) for _ in range(2)]
        try:
            for i in range(300):
                number = str(1 + i % 2)
                registry._client.set_registered_model_alias(registry.name, CHAMPION, number)
        finally:
            stop.append(True)
    seen = [number for reader in readers for number in reader.result()]
    assert len(seen) > 50
    assert set(seen) <= {1, 2}


def test_the_commands_show_and_switch(home: Home) -> None:
    """models, promote and rollback say what they did; what is refused is one red line."""
    shown = run_mmm(home, "models", "--json")
    rows = json.loads(shown.stdout)["versions"]
    assert [row["number"] for row in rows] == [3, 2, 1]
    assert rows[0]["aliases"] == ["challenger"]
    assert {row["verdict"] for row in rows} == {"not judged"}
    refused = run_mmm(home, "promote", "1")
    assert (refused.exit_code, "has not judged it" in refused.stderr) == (2, True)
    waived = ("promote", "1", "--waive", "--by", "Ann", "--reason", "first model")
    assert "before it was none" in run_mmm(home, *waived).stdout
    judge(home, 2)
    assert run_mmm(home, "promote", "2").exit_code == 0
    assert "Version 1 is the champion again" in run_mmm(home, "rollback").stdout
    table = run_mmm(home, "models").stdout
    assert "by Ann: first model (waived: " in table


def test_a_version_of_a_stranger_is_left_out(home: Home) -> None:
    """What was not registered here, or names a folder elsewhere, is no version."""
    from mlflow import MlflowClient

    client, name = MlflowClient(tracking_uri=home.mlflow_uri), open_registry(home).name
    for tags in ({}, {**find(home, 1).tags, "version": "../../elsewhere"}):
        client.create_model_version(name, source="mlflow-artifacts:/x", tags=dict(tags))
    assert [one.number for one in open_registry(home).list()] == [3, 2, 1]
    client.set_registered_model_alias(name, CHAMPION, "5")
    with pytest.raises(RegistryError, match="not registered by this system"):
        open_registry(home).find(CHAMPION)
