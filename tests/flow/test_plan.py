"""A project asked for its plan: by the command, and as an asset."""

import json
import re
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from mmm_orchestration.approving import follow, measure_brought, read_plan
from mmm_orchestration.cli import main
from mmm_orchestration.decisions.record import list_approvals
from mmm_orchestration.definitions import build_defs
from mmm_orchestration.errors import PlanError
from mmm_orchestration.examining import FitFindings, keep_findings
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.insight.contributions import iterate_channels
from mmm_orchestration.model.posterior import save_posterior
from mmm_orchestration.planning import PLAN_FILE, change_request, read_request
from mmm_orchestration.playing import find_request, list_kept
from mmm_orchestration.runner import open_instance
from mmm_orchestration.training import FitRecord, load_passed
from mmm_orchestration.valuing import find_certified, read_kinds
from tests.decisions.drawn import make_posterior

from .small_project import write_small_project

pytestmark = pytest.mark.flow

VERSION = "2026-03-02-0000000a-0000000b"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A project with a posterior of four channels in two geos that was not sampled."""
    folder = tmp_path_factory.mktemp("plan")
    home = write_small_project(folder, first=date(2026, 3, 2), n_days=1)
    posterior = make_posterior(n_channels=4, n_geos=2, n_draws=50)
    save_posterior(posterior, home.posteriors / VERSION)
    record = FitRecord(
        version=VERSION,
        fitted_at="2026-03-02T00:00:00+00:00",
        first_day="2022-01-03",
        trained_through="2023-02-26",
        snapshot=posterior.data.snapshot,
        delta_versions={},
        code_version="0",
        dagster_run="",
        mlflow_run="",
    )
    (home.posteriors / f"{VERSION}.json").write_text(json.dumps(asdict(record)), encoding="utf-8")
    keep_findings(FitFindings(before=(), after=()), folder=home.posteriors, version=VERSION)
    return open_home(folder / "mmm.yaml")


def call(home: Home, *words: str, command: str = "optimize") -> str:
    """What the command prints."""
    file = str(home.base / "mmm.yaml")
    result = CliRunner().invoke(main, ["--project", file, command, *words])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_prints_plan_and_certificate(home: Home) -> None:
    """As a table with sentences, and keeps the page."""
    printed = call(home, "--percent", "90")
    assert "channel_3" in printed
    assert "starts agree" in printed
    page = (home.reports / "budget_plan.html").read_text(encoding="utf-8")
    assert "with a fixed budget of 90 % of today&#39;s" in page


def test_a_plan_is_exported(home: Home, tmp_path: Path) -> None:
    """As a book whose channels add up to the plan."""
    call(home, "--out", str(tmp_path / "plan.xlsx"))
    plan, channels = (
        pl.read_excel(tmp_path / "plan.xlsx", sheet_name=n) for n in ("Plan", "Channels")
    )
    assert plan["spend"].sum() == pytest.approx(channels["planned"].sum())


def test_the_same_as_json(home: Home) -> None:
    """With the model's version, the question, every cell of the plan and the certificate."""
    told = json.loads(call(home, "--json", "--marginal-roi", "0.5", "--periods", "4"))
    assert told["model_version"] == VERSION
    assert told["request"]["budget"]["kind"] == "free"
    assert len(told["plan"]) == 4 * 2 * 4
    assert sum(row["spend"] for row in told["plan"]) == pytest.approx(told["total"]["planned"])
    assert told["certificate"]["sentences"]


def test_the_asset_answers_the_question_of_the_project(home: Home) -> None:
    """Its metadata hold the certificate and where the page is."""
    with open_instance(home) as instance:
        defs = build_defs(home=home)
        asset = defs.resolve_asset_graph().get(dg.AssetKey("budget_plan")).assets_def
        result = dg.materialize([asset], instance=instance, raise_on_error=False)
    assert result.success
    (event,) = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["model_version"].value == VERSION
    assert "Beyond today's plan" in str(metadata["certificate"].value)


def test_scenarios_are_played_compared_and_kept(home: Home, tmp_path: Path) -> None:
    """From files, and again by their names."""
    for name, percent in (("more", 20), ("less", -20)):
        text = f"name: {name}\nchanges: [{{kind: scale, percent: {percent}}}]\n"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    files = [str(tmp_path / f"{name}.yaml") for name in ("more", "less")]
    printed = call(home, *files, command="scenario")
    assert "more than nothing with a probability of" in printed
    again = json.loads(call(home, "more", "less", "--json", command="scenario"))
    assert again["brings_more"][0][1] > 0.9
    assert "less: played with" in call(home, "--list", command="scenario")
    with pytest.raises(PlanError, match="no kept scenario 'other'"):
        find_request("other", home=home)
    (home.scenarios / "torn.json").write_text("{", encoding="utf-8")
    with pytest.raises(PlanError, match="is no kept scenario"):
        list_kept(home.scenarios)


def test_the_asset_answers_declared_and_kept_scenarios(home: Home, tmp_path: Path) -> None:
    """One for a channel that is gone and a torn file are named, and leave the others."""
    text = "name: tenth\nchanges: [{kind: scale, percent: 10}]\n"
    (tmp_path / "kept.yaml").write_text(text, encoding="utf-8")
    call(home, str(tmp_path / "kept.yaml"), "--out", str(tmp_path / "a.csv"), command="scenario")
    assert pl.read_csv(tmp_path / "a.csv")["scenario"].unique().to_list() == ["tenth"]
    declared = (
        "scenarios:\n  - {name: double, changes: [{kind: scale, percent: 100}]}\n"
        "  - {name: gone, changes: [{kind: scale, channels: [not_there], percent: 1}]}\n"
    )
    file = home.base / "mmm.yaml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before + declared, encoding="utf-8")
    torn = home.scenarios / "torn.json"
    torn.write_text("{", encoding="utf-8")
    again = open_home(file)
    with open_instance(again) as instance:
        asset = (
            build_defs(home=again).resolve_asset_graph().get(dg.AssetKey("scenarios")).assets_def
        )
        result = dg.materialize([asset], instance=instance, raise_on_error=False)
    file.write_text(before, encoding="utf-8")
    torn.unlink()
    assert result.success
    (event,) = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert {"tenth", "double"} <= set(re.findall(r"[a-z_]+", str(metadata["scenarios"].value)))
    assert "gone: " in str(metadata["not_answered"].value)
    assert "torn.json" in str(metadata["not_answered"].value)
    page = (home.reports / "scenarios.html").read_text(encoding="utf-8")
    assert "Not answered: gone" in page
    book = pl.read_excel(home.reports / "scenarios.xlsx", sheet_name="Scenarios")
    assert book["probability"].is_between(0, 1).all()


def test_the_frontier_is_shown(home: Home) -> None:
    """Nine budgets and a line per channel; as JSON as well."""
    printed = call(home, "--periods", "3", command="frontier")
    assert "175 %" in printed
    assert "channel_3" in printed
    told = json.loads(call(home, "--periods", "3", "--json", command="frontier"))
    assert len(told["points"]) == 9


def test_a_campaign_is_simulated(home: Home, tmp_path: Path) -> None:
    """By period as text; as JSON also by day, spread evenly and so named."""
    file = tmp_path / "campaign.csv"
    file.write_text("date,channel,spend\n2023-03-06,channel_1,500\n", encoding="utf-8")
    assert "The plan brings" in call(home, str(file), command="simulate")
    told = json.loads(call(home, str(file), "--json", command="simulate"))
    assert told["days_are_spread_evenly"]
    assert len(told["days"]) == 7 * len(told["periods"])


def test_a_plan_is_approved_and_followed(home: Home) -> None:
    """With who and why; no day of it is accepted in this lake, so nothing of it is over."""
    call(home, "--periods", "4")
    words = ("--by", "Ann", "--reason", "as the board asked")
    assert "Approved: " in call(home, *words, command="approve")
    printed = call(home, "--on", "2023-03-14", command="followed")
    assert "approved by Ann: as the board asked. 0 of 4 periods are over." in printed
    assert "not followed" not in printed
    assert "not known before the next training" in printed
    (approval,) = list_approvals(home.plans)
    call(home, *words, "--withdraw", approval.name, command="approve")
    with pytest.raises(PlanError, match="No approved plan has begun"):
        follow(home, today=date(2023, 3, 14))


def test_what_a_followed_plan_brought_is_that_of_its_periods(home: Home) -> None:
    """A plan over the last trained weeks beside the report's own contributions."""
    _, posterior = load_passed(home.posteriors)
    call(home, "--periods", "4")
    approval = read_plan(home.reports / PLAN_FILE, home=home, by="Ann", reason="x")
    last = posterior.data.periods[-4].astype("datetime64[D]").item()
    earlier = replace(approval, first=last)
    brought = measure_brought(posterior, approval=earlier, today=last + timedelta(days=28))
    channel = next(iter(iterate_channels(posterior)))
    total = channel.contribute()[:, :, -4:].sum(axis=(1, 2))
    assert brought[channel.channel].median == pytest.approx(float(np.median(total)))
    assert measure_brought(posterior, approval=approval, today=date(2030, 1, 1)) == {}


def test_value_stands_beside_the_field_and_the_costs(home: Home) -> None:
    """The gain is that of the newest plan; without a margin there is no profit to speak of."""
    call(home, "--periods", "13")
    printed = call(home, command="value")
    assert "Of no known kind: channel_0" in printed
    assert "Give --margin" in printed
    words = ("--as", "channel_0=tv", "--margin", "0.4", "--people", "1000", "--json")
    told = json.loads(call(home, *words, command="value"))
    assert told["kinds"] == {"channel_0": "tv"}
    plan = json.loads((home.reports / PLAN_FILE).read_text(encoding="utf-8"))
    assert told["programme"]["gain"] == plan["certificate"]["gain"]
    assert told["programme"]["plans_per_year"] == pytest.approx(365 / 91)
    given = ("--gain", "100", "50", "150", "--plans", "4", "--margin", "0.4", "--json")
    told = json.loads(call(home, *given, command="value"))
    assert told["gain_from"] == "--gain"
    (home.reports / PLAN_FILE).unlink()
    with pytest.raises(PlanError, match="no plan whose gain"):
        find_certified(home)
    with pytest.raises(PlanError, match="CHANNEL=KIND"):
        read_kinds(("tv",))


def test_a_question_in_a_file_is_checked(tmp_path: Path) -> None:
    """The first mistake is named with its place."""
    file = tmp_path / "question.yaml"
    file.write_text("periods: 4\nlimits: [{name: tv deal, low: -1}]\n", encoding="utf-8")
    with pytest.raises(PlanError, match=r"question.yaml.limits.0.low"):
        read_request(file)
    file.write_text("periods: 4\nbounds: [{channel: tv, high_percent: 80}]\n", encoding="utf-8")
    assert change_request(read_request(file), total=100).budget.total == 100
