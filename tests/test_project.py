"""The project file: what it declares, and the one sentence for every mistake."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from mmm_orchestration import project as project_package
from mmm_orchestration.errors import ProjectError
from mmm_orchestration.project import content_hash, load_project, parse_project

pytestmark = pytest.mark.unit

DOCS = Path(__file__).resolve().parents[1] / "docs" / "project-file.md"
TEXT = """\
project: shop
time_zone: Europe/Berlin
currency: EUR
start: 2023-01-02
kpi: {source: sales, outcome: revenue}
sources:
  - name: sales
    format: table
    path: a.csv
    table:
      date: day
      outcomes: [{name: revenue, column: umsatz}]
      media: [{name: TV, spend: tv}]
channels:
  - name: tv
    rules: [{source: sales}]
"""

# old text, new text, line named in the error, words of the error
MISTAKES = [
    ("Berlin", "Berln", 2, "time_zone: there is no time zone 'Europe/Berln'"),
    ("Europe/Berlin", "Berlin", 2, "The nearest is 'Europe/Berlin'"),
    ("EUR", "eur", 3, "currency: 'eur' is no ISO 4217 code"),
    ("2023-01-02", "2023-13-02", 4, "start: '2023-13-02' is no day of the calendar"),
    ("2023-01-02", "20230102", 4, "start: '20230102' is no day such as 2024-01-31"),
    ("2023-01-02", "last monday", 4, "start: 'last monday' is no day"),
    ("outcome: revenue", "outcome: revenu", 5, "kpi.outcome: there is no outcome 'revenu'"),
    ("format: table", "format: tabel", 8, "sources.0.format: 'tabel' is not allowed"),
    ("    format: table\n", "", 7, "sources.0.format: this key is missing"),
    ("project: shop", "project: My Shop", 1, "for example 'my_shop'"),
    ("project: shop", "project: 2024", 1, "must be text; put it in quotes, got '2024'"),
    ("project: shop", "project: null", 1, "must be text"),
    ("currency:", "curency:", 3, "curency: this key is not known"),
    ("spend: tv", "spend: Date", 10, "the table's own column 'date'"),
    ("spend: tv", "spend: Umsatz", 10, "the name of column 'Umsatz' of this source"),
    ("[{source: sales}]", "[]", 16, "channels.0.rules: needs at least one entry"),
    ("{source: sales}", "{source: sale}", 16, "there is no media source 'sale'"),
    ("date: day", 'date: day\n      date_format: "%m-%d"', 12, "does not tell year, month and day"),
    ("start:", "gates: {r_hat: .nan}\nstart:", 4, "gates.r_hat: must be"),
    ("start:", "gates: {ess: .inf}\nstart:", 4, "gates.ess: must be"),
    ("start:", "model: {sampler: 5}\nstart:", 4, "model.sampler: must be a section of keys"),
    ("start:", "holidays: {country: Germany}\nstart:", 4, "Germany is 'DE'"),
    ("start:", "holidays: {country: DE, subdivision: BX}\nstart:", 4, "no subdivision 'BX'"),
    ("start:", "project: two\nstart:", 4, "project: this key stands already on line 1"),
    ("channels:", "channels: &a", 14, "anchors (&) and aliases (*) are not read"),
    ("shop", "!!python/object:os.system x", 1, "tags (!) are not read"),
    ("shop", "[" * 30, 1, "nested more than 20 deep"),
    ("start:", "alerts: {targets: [{name: ops, url_env: 'slack://a/b'}]}\nstart:", 4, "never the"),
    ("start:", "alerts: {targets: [{name: ops, url_env: slack-x}]}\nstart:", 4, "MMM_ALERTS_URL"),
    (
        "start:",
        "reports: {recipients: [a@b.c]}\nstart:",
        4,
        "'recipients' need 'sender' and 'smtp'",
    ),
    ("start:", 'reports: {sender: "a@b.c\\r\\nBcc: x@y.z"}\nstart:', 4, "is no mail address"),
    ("project: shop", "? {a: b}\n: c", 1, "a key must be one word"),
    ("project: shop", "\tproject: shop", 1, "this is not YAML"),
]


@pytest.mark.parametrize(("old", "new", "line", "words"), MISTAKES)
def test_mistake_is_named_with_line(old: str, new: str, line: int, words: str) -> None:
    """A mistake is named with its line and key, in at most three sentences."""
    with pytest.raises(ProjectError) as caught:
        parse_project(TEXT.replace(old, new, 1))
    message = str(caught.value)
    assert message.startswith(f"mmm.yaml, line {line}")
    assert words in message
    assert len(re.findall(r"[.?!](?: [A-Z]|$)", message)) <= 3
    assert ".." not in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "got an empty file"),
        ("- a", "got a list or a single value"),
        ("\x00", "this is not YAML"),
        ("a: " + "1" * 300_000, "has at most 262,144"),
        ("a: &a [x, x]\nb: &b [*a, *a]", "anchors"),
    ],
)
def test_hostile_text_is_refused(text: str, words: str) -> None:
    """A text that is no project file gives one ProjectError."""
    with pytest.raises(ProjectError, match=re.escape(words)):
        parse_project(text)


def test_long_file_is_refused_unread(tmp_path: Path) -> None:
    """A file of 10 MB is refused by its size."""
    path = tmp_path / "mmm.yaml"
    path.write_bytes(b"a" * 10_000_000)
    with pytest.raises(ProjectError, match="10,000,000 bytes"):
        load_project(path)


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are not UTF-8, a folder and a missing file each give a ProjectError."""
    path = tmp_path / "mmm.yaml"
    path.write_bytes(b"project: \xff")
    with pytest.raises(ProjectError, match="not UTF-8"):
        load_project(path)
    with pytest.raises(ProjectError, match="cannot be read"):
        load_project(tmp_path)
    with pytest.raises(ProjectError, match="mmm init FILE"):
        load_project(tmp_path / "none.yaml")


def test_long_choice_shows_only_the_nearest() -> None:
    """An error about a time zone shows a few names like it, not all."""
    with pytest.raises(ProjectError) as caught:
        parse_project(TEXT.replace("Berlin", "Berln"))
    assert 1 <= len(caught.value.available) <= 5


def test_further_mistakes_are_counted() -> None:
    """The error of the first line says how many mistakes follow."""
    text = TEXT.replace("EUR", "eur").replace("Europe/Berlin", "Mars")
    with pytest.raises(ProjectError, match=r"line 2.*1 more mistake in this file"):
        parse_project(text)


def test_words_are_text_without_quotes() -> None:
    """`NO` is a country and not a truth value."""
    project = parse_project(TEXT + "holidays: {country: NO}\n")
    assert project.holidays is not None
    assert project.holidays.country == "NO"


def test_project_is_frozen() -> None:
    """No key of a project can be set after reading."""
    with pytest.raises(ValueError, match="frozen"):
        parse_project(TEXT).currency = "USD"  # type: ignore[misc]


def test_effects_fade_by_the_day_where_days_are_delivered() -> None:
    """Without a declaration the sources decide; a declaration is followed."""
    weekly = TEXT.replace("date: day", "date: day\n      period: week")
    assert parse_project(TEXT).fades_daily
    assert not parse_project(weekly).fades_daily
    assert parse_project(weekly + "model: {carry_over: day}\n").fades_daily
    assert not parse_project(TEXT + "model: {carry_over: period}\n").fades_daily


def test_content_hash_ignores_form() -> None:
    """Comments, key order and spelt-out defaults do not change the hash; values do."""
    lines = TEXT.splitlines(keepends=True)
    same = "".join([lines[1], "# a comment\n", lines[0], *lines[2:], "gates: {ess: 400}\n"])
    assert content_hash(parse_project(same)) == content_hash(parse_project(TEXT))
    assert content_hash(parse_project(TEXT.replace("EUR", "USD"))) != content_hash(
        parse_project(TEXT)
    )


def test_bookkeeping_names_are_free_for_date_and_geo() -> None:
    """The date and geo columns of a delivery may be called date and geo."""
    project = parse_project(TEXT.replace("date: day", "date: date\n      geo: geo"))
    assert project.sources[0].table is not None


HEADINGS = {
    "Project": "Top level",
    "Kpi": "kpi",
    "Source": "sources",
    "TableLayout": "sources: table",
    "MediaSeries": "table: media",
    "LongMedia": "table: long_media",
    "Series": "table: outcomes and controls",
    "Channel": "channels",
    "ChannelRule": "channels: rules",
    "UnknownPrior": "channels: unknowns",
    "Prior": "priors",
    "PriorSource": "model: prior_source",
    "Control": "controls",
    "Event": "events",
    "Break": "breaks",
    "ExperimentFile": "experiments",
    "Holidays": "holidays",
    "ModelSpec": "model",
    "OneModel": "models",
    "Sampler": "model: sampler",
    "Gates": "gates",
    "Promotion": "promotion",
    "Alerts": "alerts",
    "AlertTarget": "alerts: targets",
    "Api": "api",
    "Reports": "reports",
    "Smtp": "reports: smtp",
    "Monitoring": "monitoring",
    "Retrain": "retrain",
    "Upkeep": "upkeep",
    "LakeSettings": "lake",
}


def _read_rows(heading: str) -> dict[str, str]:
    """The default column of the table under a heading, by key."""
    section = DOCS.read_text(encoding="utf-8").split(f"\n## {heading}\n", 1)[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|[^|]*\|$", section, flags=re.MULTILINE)
    return {key: default.strip() for key, default in rows}


def test_every_model_has_a_heading() -> None:
    """Every section of a project has a heading in docs/project-file.md."""
    exported = vars(project_package).items()
    models = {n for n, v in exported if isinstance(v, type) and issubclass(v, BaseModel)}
    assert models == set(HEADINGS)


@pytest.mark.parametrize("model_name", HEADINGS)
def test_every_key_is_documented(model_name: str) -> None:
    """Every key of a section is in its table, with its true default."""
    model = getattr(project_package, model_name)
    rows = _read_rows(HEADINGS[model_name])
    assert set(rows) == set(model.model_fields)
    for key, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if field.is_required() or default is PydanticUndefined:
            assert rows[key] == "required", key
        elif isinstance(default, bool):
            assert rows[key] == f"`{str(default).lower()}`", key
        elif isinstance(default, str | int | float):
            assert rows[key] == f"`{default}`", key
        else:
            assert rows[key] not in {"required", ""}, key
