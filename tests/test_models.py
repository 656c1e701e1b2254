"""Several models in one project: what they declare, and the one sentence for every mistake."""

from pathlib import Path

import pytest

from mmm_orchestration.errors import ProjectError
from mmm_orchestration.home import Home
from mmm_orchestration.project import Project, content_hash, parse_project
from mmm_orchestration.quality.suites import build_suites

pytestmark = pytest.mark.unit

TEXT = """\
project: brand
time_zone: UTC
currency: EUR
start: 2024-01-01
kpi: {source: acme, outcome: sales}
sources:
  - name: acme
    format: table
    path: acme.csv
    table:
      date: day
      outcomes: [{name: sales, column: sales}, {name: orders, column: orders}]
      controls: [{name: price, column: price}]
      media: [{name: tv, spend: tv}, {name: search, spend: search}]
  - name: bolt
    format: table
    path: bolt.csv
    table: {date: day, outcomes: [{name: sales, column: sales}]}
channels:
  - {name: tv, rules: [{source: acme, campaign: tv}]}
  - {name: search, rules: [{source: acme}], unknowns: {mean_lag_days: {median: 2, upper: 9}}}
controls: [{name: price}]
model: {trend: linear, synergies: [[tv, search]], sampler: {draws: 200, seed: 7}}
models:
  - {name: acme, channels: [search, tv]}
  - name: bolt
    kpi: {source: bolt, outcome: sales, kind: units, unit: packs}
    channels: [tv]
    geos: [north]
    controls: []
    model: {grain: day, sampler: {draws: 300}}
"""

# old text, new text, line named in the error, words of the error
MISTAKES = [
    ("[search, tv]", "[serch]", 25, "models.0.channels.0: there is no channel 'serch'"),
    ("[search, tv]", "[serch]", 25, "The nearest is 'search'"),
    ("[search, tv]", "[tv, tv]", 25, "models.0.channels.1: channel 'tv' is declared twice"),
    ("[search, tv]", "[]", 25, "models.0.channels: needs at least one entry"),
    ("geos: [north]", "geos: []", 29, "models.1.geos: needs at least one entry"),
    ("controls: []", "controls: [prise]", 30, "there is no control 'prise'"),
    ("name: bolt\n    kpi", "name: acme\n    kpi", 26, "model 'acme' is declared twice"),
    ("name: bolt\n    kpi", "name: Bolt\n    kpi", 26, "for example 'bolt'"),
    ("{source: bolt, outcome: sales,", "{source: bold, outcome: sales,", 27, "no source 'bold'"),
    ("{source: bolt, outcome: sales,", "{source: bolt, outcome: sale,", 27, "no outcome 'sale'"),
    ("{source: bolt, outcome: sales,", "{source: acme, outcome: sales,", 27, "another kind"),
    ("grain: day", "grain: hour", 31, "models.1.model.grain: 'hour' is not allowed"),
    ("grain: day", "grian: day", 31, "models.1.model.grian: this key is not known"),
    ("{name: acme, channels: [search, tv]}", "{name: acme, model: {adstock: weibull_pdf}}", 25,
     "no unknown 'mean_lag_days'"),
    ("{name: acme, channels: [search, tv]}",
     "{name: acme, kpi: {source: acme, outcome: orders}}", 5, "kpi: every model has a KPI"),
    ("[search, tv]", "[tv]", 21, "channels.1: no model has the channel 'search'"),
    ("channels: [search, tv]", "controls: []", 22, "controls.0: no model has the control 'price'"),
]  # fmt: skip


def make_project() -> Project:
    """Two retailers of one brand."""
    return parse_project(TEXT)


@pytest.mark.parametrize(("old", "new", "line", "words"), MISTAKES)
def test_a_mistake_is_named_with_its_line(old: str, new: str, line: int, words: str) -> None:
    """The error names the model's key and line."""
    assert old in TEXT
    with pytest.raises(ProjectError) as caught:
        parse_project(TEXT.replace(old, new, 1))
    assert str(caught.value).startswith(f"mmm.yaml, line {line}")
    assert words in str(caught.value)


def test_a_model_has_what_it_names() -> None:
    """KPI, channels, geos and controls are those of the model, in the project's order."""
    acme, bolt = (make_project().for_model(name) for name in ("acme", "bolt"))
    assert (acme.channel_names, bolt.channel_names) == (("tv", "search"), ("tv",))
    assert (acme.kpi.source, bolt.kpi.unit) == ("acme", "packs")
    assert (len(acme.controls), len(bolt.controls)) == (1, 0)
    assert (acme.geos, bolt.geos) == (None, ("north",))
    assert (acme.title, bolt.model_name) == ("brand, acme", "bolt")


def test_settings_are_merged_key_by_key() -> None:
    """What a model does not set is the project's, within the sampler too."""
    model = make_project().for_model("bolt").model
    assert (model.grain, model.trend) == ("day", "linear")
    assert (model.sampler.draws, model.sampler.seed) == (300, 7)


def test_a_synergy_needs_both_its_channels() -> None:
    """A pair of the project is left out where the model lacks one of the two."""
    project = make_project()
    assert project.for_model("acme").model.synergies == (("tv", "search"),)
    assert project.for_model("bolt").model.synergies == ()


def test_narrowing_again_changes_nothing() -> None:
    """A project of one model is its own model, with or without its name."""
    bolt = make_project().for_model("bolt")
    assert bolt.for_model("bolt") is bolt
    assert bolt.for_model() is bolt


def test_a_project_of_several_models_can_be_written_and_read() -> None:
    """What a model does not set is still the project's after a round trip."""
    project = make_project()
    again = Project.model_validate(project.model_dump(mode="json"))
    assert content_hash(again) == content_hash(project)
    assert again.for_model("bolt") == project.for_model("bolt")


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        (TEXT, None, "several models. Available: 'acme', 'bolt'. Name one of them with --model"),
        (TEXT, "bold", "no model 'bold'. Available: 'acme', 'bolt'. The nearest is 'bolt'"),
        (TEXT.partition("models:")[0], "acme", "declares none. Leave out --model"),
    ],
)
def test_a_name_must_be_one_that_is_declared(text: str, name: str | None, words: str) -> None:
    """The error lists the models there are."""
    with pytest.raises(ProjectError, match=words):
        parse_project(text).for_model(name)


def test_without_models_everything_stays_where_it_is(tmp_path: Path) -> None:
    """The one model has no name, and its folders lie beside mmm.yaml."""
    project = parse_project(TEXT.partition("models:")[0])
    home = Home(project, tmp_path)
    assert project.for_model() is project
    assert (home.posteriors, home.reports) == (tmp_path / "posteriors", tmp_path / "reports")
    assert [each.model for each in home.list_models()] == [None]


def test_each_model_has_its_folders(tmp_path: Path) -> None:
    """Posteriors, reports and searches of a model lie in a folder of its name."""
    acme, bolt = Home(make_project(), tmp_path).list_models()
    assert acme.posteriors == tmp_path / "posteriors" / "acme"
    assert bolt.reports == tmp_path / "reports" / "bolt"
    with pytest.raises(ProjectError, match="several models"):
        _ = Home(make_project(), tmp_path).posteriors


def test_each_kpi_is_expected() -> None:
    """Every KPI is looked for in its own source, and two checks never share a name."""
    (suite,) = (s for s in build_suites(make_project()) if s.table == "silver_outcomes")
    wanted = suite.expectation("kpi_is_present_bolt_sales")
    assert wanted.where == (("source", "bolt"), ("outcome", "sales"))
    assert suite.expectation("kpi_is_present_acme_sales").severity == "critical"
    late = parse_project(TEXT.replace("path: bolt.csv", "path: bolt.csv\n    required: false"))
    (suite,) = (s for s in build_suites(late) if s.table == "silver_outcomes")
    assert suite.expectation("kpi_is_present_bolt_sales").severity == "warning"
