"""Refresh report and champion as assets, over a real lake, registry and Dagster instance."""

from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml
from click.testing import CliRunner

from mmm_orchestration.cli import main
from mmm_orchestration.definitions import build_defs
from mmm_orchestration.examining import examine_after, keep_findings
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.model.fit import fit
from mmm_orchestration.promoting import promote
from mmm_orchestration.promotion.results import Verdict, find_verdict
from mmm_orchestration.publishing import prepare_report
from mmm_orchestration.refresh.changes import cut_to, find_last_day
from mmm_orchestration.refresh.results import RefreshReport, find_refresh
from mmm_orchestration.refreshing import find_champion
from mmm_orchestration.registry import CHAMPION, open_registry
from mmm_orchestration.registry.promoting import rollback
from mmm_orchestration.runner import open_instance
from mmm_orchestration.training import FitRecord, Snapshot, keep_posterior
from tests.evaluation.planted import make_planted_world

pytestmark = pytest.mark.flow

SHORT = """\
model: {trend: linear, yearly_order: 1, sampler: {draws: 400, tune: 500, chains: 2}}
gates: {r_hat: 1.1, ess: 100, divergences: 200}
"""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
Told = dict[str, dg.AssetCheckEvaluation]


class Operated:
    """A project whose model is fitted twice, four weeks apart."""

    def __init__(self, folder: Path) -> None:
        world = make_planted_world(extra=SHORT)
        content = world.project.model_dump(mode="json", exclude_unset=True)
        (folder / "mmm.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        self.home: Home = open_home(folder / "mmm.yaml")
        self.data = world.prepare()

    def keep(self, *, weeks_less: int) -> FitRecord:
        """The registered fit of all weeks but the last few."""
        from mlflow import MlflowClient

        through = find_last_day(self.data) - timedelta(weeks=weeks_less)
        posterior = fit(cut_to(self.data, through=through), project=self.home.one)
        client = MlflowClient(tracking_uri=self.home.mlflow_uri)
        found = client.get_experiment_by_name("fits")
        experiment = found.experiment_id if found else client.create_experiment("fits")
        record = keep_posterior(
            posterior,
            folder=self.home.posteriors,
            snapshot=Snapshot(posterior.data, {}, accepted_through=through),
            dagster_run=f"{weeks_less:08}",
            mlflow_run=client.create_run(experiment).info.run_id,
        )
        findings = examine_after(posterior, before=())
        keep_findings(findings, folder=self.home.posteriors, version=record.version)
        open_registry(self.home).register(record, period=None)
        return record

    def materialise(self, *names: str) -> Told:
        """The checks of one run that materialises the assets; it succeeds."""
        with open_instance(self.home) as instance:
            result = (
                build_defs(home=self.home)
                .resolve_implicit_global_asset_job_def()
                .execute_in_process(
                    instance=instance,
                    asset_selection=[dg.AssetKey(name) for name in names],
                    run_config=QUIET,
                )
            )
        assert result.success
        return {check.check_name: check for check in result.get_asset_check_evaluations()}

    def find_verdict(self, record: FitRecord) -> Verdict:
        """The kept verdict on the record's version."""
        verdict = find_verdict(self.home.posteriors, version=record.version)
        assert verdict is not None
        return verdict


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Operated:
    """The project, not fitted yet; the tests of this module follow each other."""
    return Operated(tmp_path_factory.mktemp("operated"))


@pytest.fixture(scope="module")
def first(operated: Operated) -> tuple[FitRecord, Told]:
    """The first fit and what the gate said of it."""
    record = operated.keep(weeks_less=4)
    return record, operated.materialise("champion")


@pytest.fixture(scope="module")
def unexplained(
    operated: Operated, first: tuple[FitRecord, Told]
) -> tuple[FitRecord, Told, str | None]:
    """The second fit judged without a refresh report, and the champion after that."""
    record = operated.keep(weeks_less=0)
    told = operated.materialise("champion")
    champion = open_registry(operated.home).find(CHAMPION)
    return record, told, champion and champion.version


@pytest.fixture(scope="module")
def explained(
    operated: Operated, unexplained: tuple[FitRecord, Told, str | None]
) -> tuple[FitRecord, Told, RefreshReport]:
    """The second fit judged after its refresh report."""
    record, _, _ = unexplained
    told = operated.materialise("refresh_report", "champion")
    report = find_refresh(operated.home.posteriors, version=record.version)
    assert report is not None
    return record, told, report


def test_a_first_posterior_is_judged_by_itself(
    operated: Operated, first: tuple[FitRecord, Told]
) -> None:
    """Without a champion three gates decide, the others say that there is none."""
    record, told = first
    assert all(check.passed for check in told.values())
    assert "no champion yet" in str(told["stability"].description)
    verdict = operated.find_verdict(record)
    assert verdict.champion is None
    assert {g.name for g in verdict.gates if g.outcome == "not judged"} == {
        "out_of_time",
        "stability",
    }


def test_what_nobody_explained_is_not_promoted(
    operated: Operated,
    first: tuple[FitRecord, Told],
    unexplained: tuple[FitRecord, Told, str | None],
) -> None:
    """A red gate leaves the alias where it was; the run succeeds and the check is an error."""
    _, told, champion = unexplained
    assert champion == first[0].version
    assert not told["stability"].passed
    assert told["stability"].severity is dg.AssetCheckSeverity.ERROR
    assert "mmm refresh" in str(told["stability"].description)
    assert told["out_of_time"].passed
    assert "28 days from" in str(told["out_of_time"].description)


def test_an_explained_refit_becomes_champion(
    operated: Operated, explained: tuple[FitRecord, Told, RefreshReport]
) -> None:
    """After its report the challenger passes every gate; who switched and why is on record."""
    record, told, _ = explained
    assert all(check.passed for check in told.values())
    assert operated.find_verdict(record).is_passed
    champion = find_champion(operated.home)
    assert champion == record
    switch = open_registry(operated.home).read_switches()[-1]
    assert (switch.by, "stability" in switch.reason) == ("promotion gate", True)


def test_the_report_names_the_new_days(
    operated: Operated,
    first: tuple[FitRecord, Told],
    explained: tuple[FitRecord, Told, RefreshReport],
) -> None:
    """Two refits gave the seed noise, and the page lies with the others."""
    record, _, report = explained
    assert (report.champion, report.version) == (first[0].version, record.version)
    assert (report.causes, report.n_refits) == (("new_days",), 2)
    page = (operated.home.reports / "refresh.html").read_text(encoding="utf-8")
    assert "28 days from" in page


def test_the_roi_report_shows_the_noise(
    operated: Operated, explained: tuple[FitRecord, Told, RefreshReport]
) -> None:
    """The noise of the refits stands beside the ROI of the version that was explained."""
    report = prepare_report(operated.home.open_lake(), home=operated.home)
    assert report.results.provenance.model_version == explained[0].version
    assert report.results.noise == explained[2].noise


def test_a_version_that_was_rolled_back_stays_so(
    operated: Operated,
    first: tuple[FitRecord, Told],
    explained: tuple[FitRecord, Told, RefreshReport],
) -> None:
    """What a person took back does not become champion again by passing the gates."""
    rollback(operated.home, by="ann", reason="It sold out.")
    told = operated.materialise("champion")
    assert all(check.passed for check in told.values())
    assert find_champion(operated.home) == first[0]
    verdict = operated.find_verdict(explained[0])
    assert promote(operated.home, verdict).startswith("ann rolled it back: It sold out.")
    open_registry(operated.home).set_alias(
        CHAMPION, verdict.version, by="ann", reason="There is stock again."
    )
    assert promote(operated.home, verdict) == ""


def test_the_command_says_when_nothing_moved(
    operated: Operated, explained: tuple[FitRecord, Told, RefreshReport]
) -> None:
    """The champion is not compared with itself."""
    result = CliRunner().invoke(main, ["--project", str(operated.home.base), "refresh"])
    assert (result.exit_code, "nothing moved" in result.stderr) == (0, True)
