"""Two retailers in one project: one chain, and a model of each as a partition."""

import os
from datetime import date, datetime, time, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from click.testing import CliRunner, Result

from mmm_orchestration.cli import main
from mmm_orchestration.days import DayWindow
from mmm_orchestration.definitions import build_defs
from mmm_orchestration.errors import ModelError
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.publishing import find_all
from mmm_orchestration.registry import CHAMPION, open_registry
from mmm_orchestration.runner import open_instance, run_daily, run_train
from mmm_orchestration.tables.contracts import DRIFT, FORECASTS, GOLD_KPI_DAILY
from mmm_orchestration.training import load_passed, load_record, read_snapshot

from .small_project import revenue_of, write_small_project

pytestmark = pytest.mark.flow

FIRST = date(2026, 3, 2)
NAMES = ("acme", "bolt")
WINDOW = DayWindow(FIRST, FIRST + timedelta(days=41))
TESTS = """\
channel,geo,start,end,lift,se,model
search,national,2026-03-09,2026-03-15,9000,4000,acme
meta,national,2026-03-09,2026-03-15,200,90,
"""
BOLT = """\
  - name: bolt
    format: table
    path: landing/bolt
    required: false
    table: {date: day, outcomes: [{name: revenue, column: orders}]}
channels:
"""
MODELS = """\
model:
  grain: day
  trend: none
  yearly_order: 0
  weekly_order: 1
  max_lag_days: 7
  sampler: {draws: 400, tune: 500, chains: 2}
experiments: {path: tests.csv}
gates: {r_hat: 1.1, ess: 100, divergences: 200}
models:
  - {name: acme, channels: [search, pmax]}
  - name: bolt
    kpi: {name: orders, source: bolt, outcome: revenue, kind: units, unit: orders}
    channels: [meta]
    controls: []
    model: {trend: linear, sampler: {tune: 600}}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A project of the retailers acme and bolt after its chain and both fits."""
    home = write_two_retailers(tmp_path_factory.mktemp("retailers"))
    assert run_daily(home, window=WINDOW, say=lambda _: None).is_success
    for each in home.list_models():
        outcome = run_train(each, say=lambda _: None)
        assert outcome.is_success, outcome.failures
    return home


def write_two_retailers(folder: Path) -> Home:
    """The small project with a second retailer, whose last day is not delivered."""
    write_small_project(folder, first=FIRST, n_days=WINDOW.n_days)
    file = folder / "mmm.yaml"
    text = file.read_text(encoding="utf-8").replace("channels:\n", BOLT, 1)
    file.write_text(text + MODELS, encoding="utf-8")
    (folder / "tests.csv").write_text(TESTS, encoding="utf-8")
    landing = folder / "landing" / "bolt"
    landing.mkdir()
    rows = [f"{day},{orders_of(day)}" for day in WINDOW.days()[:-1]]
    path = landing / "bolt.csv"
    path.write_text("\n".join(["day,orders", *rows]) + "\n", encoding="utf-8")
    arrived = datetime.combine(WINDOW.last, time(6)).timestamp()
    os.utime(path, (arrived, arrived))
    return open_home(file)


def orders_of(day: date) -> int:
    """The orders of bolt on the day."""
    return 300 + 13 * (day.toordinal() % 7) + day.toordinal() % 5


def load(home: Home, model: str) -> Posterior:
    """The posterior of the model, which passed."""
    _, posterior = load_passed(Home(home.project, home.base, model=model).posteriors)
    return posterior


def run_mmm(home: Home, *arguments: str) -> Result:
    """The result of `mmm` on the project."""
    return CliRunner().invoke(main, ["--project", str(home.base), *arguments])


def test_gold_tells_the_kpis_apart(home: Home) -> None:
    """Each row names its outcome; a day that one retailer lacks is accepted for the other."""
    kpi = home.open_lake().read("gold_kpi_daily").collect()
    by_source = {name: kpi.filter(source=name) for name in ("shop", "bolt")}
    assert {name: rows.height for name, rows in by_source.items()} == {"shop": 42, "bolt": 41}
    assert by_source["bolt"]["kpi"].sum() == sum(map(orders_of, WINDOW.days()[:-1]))


def test_each_model_has_its_own_posterior(home: Home) -> None:
    """KPI, channels, controls and settings of a posterior are those of its model."""
    acme, bolt = load(home, "acme"), load(home, "bolt")
    assert (acme.data.channels, acme.data.control_names) == (("search", "pmax"), ("price",))
    assert (bolt.data.channels, bolt.data.control_names) == (("meta",), ())
    assert acme.data.kpi.sum() == pytest.approx(sum(round(revenue_of(d), 2) for d in WINDOW.days()))
    assert (bolt.project.model.trend, bolt.project.model.sampler.tune) == ("linear", 600)
    assert bolt.project.model.sampler.draws == acme.project.model.sampler.draws == 400


def test_each_model_has_its_own_experiments(home: Home) -> None:
    """A test without a model is of the only one that has its channel."""
    for name, channel in (("acme", "search"), ("bolt", "meta")):
        assert [e.channel for e in load(home, name).data.experiments] == [channel]


def test_findings_are_of_one_model(home: Home) -> None:
    """The day that bolt lacks is told of bolt alone, and other models' sources of neither."""
    told = {}
    for each in home.list_models():
        findings = find_all(home.open_lake(), home=each, today=WINDOW.last + timedelta(days=1))
        told[each.model] = {(f.cause, f.table) for f in findings}
    gap = ("outcome_gap", "silver_outcomes")
    assert (gap in told["acme"], gap in told["bolt"]) == (False, True)
    assert {table for _, table in told["acme"]}.isdisjoint({"bronze_bolt", "bronze_meta_ads"})
    assert {table for _, table in told["bolt"]}.isdisjoint({"bronze_shop", "bronze_google_ads"})


def test_each_model_is_a_partition(home: Home) -> None:
    """Posterior and report are materialised once for each model, and tables once a day."""
    with open_instance(home) as instance:
        done = {
            name: instance.get_materialized_partitions(dg.AssetKey(name))
            for name in ("posterior", "roi_report")
        }
    assert done == {name: {"acme", "bolt"} for name in done}
    graph = build_defs(home=home).resolve_asset_graph()
    partitions = graph.get(dg.AssetKey("cross_validation")).partitions_def
    assert isinstance(partitions, dg.StaticPartitionsDefinition)


def test_each_model_has_its_own_page(home: Home) -> None:
    """The pages lie apart and name their model."""
    for name in ("acme", "bolt"):
        page = (home.base / "reports" / name / "roi.html").read_text(encoding="utf-8")
        assert f"small, {name}" in page


def test_mlflow_names_the_model(home: Home) -> None:
    """The name and a tag of each MLflow run hold its model."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=home.mlflow_uri)
    experiment = client.get_experiment_by_name("small")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    assert {run.info.run_name for run in runs} == {"train acme", "train bolt"}
    assert {run.data.tags["model"] for run in runs} == {"acme", "bolt"}


def test_a_command_is_told_which_model(home: Home) -> None:
    """Without --model the models are listed; with it the figures are of that model alone."""
    asked = run_mmm(home, "roi")
    assert (asked.exit_code, "'acme', 'bolt'" in asked.stderr) == (2, True)
    for command in (["findings"], ["run", "--no-train"]):
        wrong = run_mmm(home, *command, "--model", "acne")
        assert "The nearest is 'acme'" in wrong.stderr
    told = run_mmm(home, "roi", "--model", "bolt", "--json")
    assert told.exit_code == 0, told.output
    assert '"meta"' in told.stdout
    assert '"search"' not in told.stdout


def test_each_model_has_its_own_registry(home: Home) -> None:
    """Each fit is the one version of its model, and no model is told of another's."""
    for each in home.list_models():
        (version,) = open_registry(each).list()
        assert version.version == load_record(each.posteriors, version=version.version).version
        assert version.accepted_through == WINDOW.last - timedelta(days=each.model == "bolt")
    shown = run_mmm(home, "models", "--model", "bolt", "--json")
    assert '"model": "small.bolt"' in shown.stdout


def test_each_model_waits_for_days_of_its_own(home: Home) -> None:
    """The sensor says of each model how many days are lacking."""
    defs = build_defs(home=home)
    with open_instance(home) as instance:
        context = dg.build_sensor_context(instance=instance, definitions=defs)
        said = defs.resolve_sensor_def("retrain_sensor").evaluate_tick(context).skip_message
    assert said is not None
    for model, last in (("acme", WINDOW.last), ("bolt", WINDOW.days()[-2])):
        assert f"{model}: The next period needs 30 more accepted days" in said
        assert f"the newest accepted day is {last}." in said


def test_each_model_is_watched_alone(home: Home) -> None:
    """A run for one model keeps forecasts and readings of that model's own champion alone."""
    versions = {}
    for each in home.list_models():
        registry = open_registry(each)
        versions[each.model] = registry.list()[0].version
        registry.set_alias(CHAMPION, versions[each.model], by="ann", reason="the first one")
    with open_instance(home) as instance:
        job = build_defs(home=home).resolve_job_def("monitor")
        for n_watched, name in enumerate(NAMES, start=1):
            assert job.execute_in_process(instance=instance, partition_key=name).success
            for contract in (FORECASTS, DRIFT):
                rows = home.open_lake().read(contract.name).select("model", "version").unique()
                kept = {row["model"]: row["version"] for row in rows.collect().to_dicts()}
                assert kept == {n: versions[n] for n in NAMES[:n_watched]}


def test_rows_that_name_no_kpi_are_refused(home: Home, tmp_path: Path) -> None:
    """Rows from before several models were declared stop the fit and name the days to run."""
    rows = home.open_lake().read("gold_kpi_daily", contract=GOLD_KPI_DAILY).filter(source="shop")
    nothing = pl.lit(None, dtype=pl.String)
    old = Home(home.project, tmp_path, model="acme")
    old.open_lake().write_days(
        rows.with_columns(source=nothing, outcome=nothing).collect(),
        contract=GOLD_KPI_DAILY,
        window=WINDOW,
    )
    with pytest.raises(ModelError, match=f"--from {FIRST} --to {WINDOW.last}"):
        read_snapshot(old.open_lake(), project=old.one)
