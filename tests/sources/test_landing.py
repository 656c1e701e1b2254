"""Finding and fetching deliveries, and the register that says which one counts."""

import os
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import SourceError
from mmm_orchestration.project import Source, TableLayout
from mmm_orchestration.sources.deliveries import (
    Arrival,
    arrange_arrivals,
    bronze_rows,
    choose_deliveries,
    identify,
    quarantine_rows,
    register_row,
    unpack_content,
)
from mmm_orchestration.sources.landing import fetch, find_deliveries, look_up_landing
from mmm_orchestration.sources.readers import read_delivery
from mmm_orchestration.sources.reading import EmptyDeliveryError
from mmm_orchestration.tables.contracts import DELIVERIES, QUARANTINE, bronze_contract
from mmm_orchestration.tables.schema import polars_schema

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 5, 6, tzinfo=UTC)
HEAD = "Day,Campaign,Currency code,Cost\n"


def _source(path: str) -> Source:
    return Source(name="tested", format="google_ads", path=path)


def _query(query: str) -> Source:
    layout = TableLayout.model_validate({"date": "d", "outcomes": [{"name": "y", "column": "y"}]})
    return Source(name="q", format="table", query=query, connection_env="TEST_DB", table=layout)


def _write(folder: Path, name: str, age: int) -> None:
    (folder / name).write_text(name, encoding="utf-8")
    os.utime(folder / name, (1_700_000_000 - age, 1_700_000_000 - age))


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """A folder with three deliveries and three files that are none."""
    folder = tmp_path / "landing"
    (folder / "below").mkdir(parents=True)
    for name, age in (("b.csv", 9), ("a.csv", 9), ("c.txt", 20)):
        _write(folder, name, age)
    for name in (".hidden.csv", "~$book.xlsx", "d.csv.part"):
        _write(folder, name, 1)
    return folder


def test_folder_is_listed_in_order(landing: Path) -> None:
    """Files come by modification time, then name; others are skipped with a reason."""
    found = look_up_landing(_source("landing"), base=landing.parent)
    assert [f.name for f in found.found] == ["c.txt", "a.csv", "b.csv"]
    assert [s.reason for s in found.skipped] == [
        "hidden",
        "transfer not finished",
        "lock file of an open workbook",
    ]


@pytest.mark.parametrize("path", ["landing/*.csv", "{uri}/*.csv", "{uri}/a.csv", "landing/a.csv"])
def test_files_globs_and_uris_are_fetched(landing: Path, path: str) -> None:
    """A file, a glob and a URI find their files, whose bytes are fetched."""
    found = find_deliveries(_source(path.format(uri=landing.as_uri())), base=landing.parent)
    assert found[0].name == "a.csv"
    assert fetch(found[0]) == b"a.csv"


@pytest.mark.parametrize("path", ["nowhere", "nothing://bucket/x"])
def test_a_place_that_is_not_there_is_refused(tmp_path: Path, path: str) -> None:
    """A missing folder and an unknown kind of store are told."""
    with pytest.raises(SourceError):
        find_deliveries(_source(path), base=tmp_path)


def test_query_gives_the_same_bytes_for_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A query's delivery is identified by its rows, whatever their order."""
    with sqlite3.connect(tmp_path / "db") as connection:
        connection.execute("create table t (d text, y real)")
        connection.executemany(
            "insert into t values (?, ?)", [("2026-03-02", 1), ("2026-03-03", 2)]
        )
    connection.close()
    monkeypatch.setenv("TEST_DB", f"sqlite:///{tmp_path / 'db'}")
    up, down = (
        fetch(find_deliveries(_query(query), base=tmp_path)[0])
        for query in ("select * from t order by d", "select * from t order by d desc")
    )
    assert identify(up) == identify(down)
    source = _query("select 1")
    reading = read_delivery(up, file="q.parquet", source=source, project_time_zone="UTC")
    assert reading.accepted["y"].to_list() == [1, 2]


@pytest.mark.parametrize(
    "uri", [None, "postgresql://me:secret@nowhere/x", "secret", "sqlite:///secret/x"]
)
def test_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch, uri: str | None) -> None:
    """An unset, wrong or unreachable connection is told without its secret."""
    monkeypatch.delenv("TEST_DB", raising=False)
    if uri:
        monkeypatch.setenv("TEST_DB", uri)
    with pytest.raises(SourceError, match="TEST_DB") as refusal:
        fetch(find_deliveries(_query("select 1"), base=Path())[0])
    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def _register(rows: list[tuple[int, str, str | None, str | None]]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["sequence", "status", "first_day", "last_day"], orient="row")
    days = pl.col("first_day", "last_day").cast(pl.String).str.to_date()
    return frame.with_columns(days, delivery=pl.format("sha{}", "sequence"))


def test_latest_read_delivery_wins_each_day() -> None:
    """A later delivery restates its days; empty and refused ones change nothing."""
    register = _register(
        [
            (3, "read", "2026-03-03", "2026-03-03"),
            (1, "read", "2026-02-01", "2026-03-04"),
            (4, "empty", None, None),
            (5, "refused", None, None),
        ]
    )
    window = DayWindow(date(2026, 3, 2), date(2026, 3, 5))
    assert choose_deliveries(register, window)["sequence"].to_list() == [1, 3, 1, None]


def test_no_delivery_leaves_every_day_open() -> None:
    """Without a read delivery each day of the window is there and null."""
    chosen = choose_deliveries(
        _register([(1, "empty", None, None)]), DayWindow(date(2026, 1, 1), date(2026, 1, 9))
    )
    assert (chosen.height, chosen["delivery"].null_count()) == (9, 9)


def test_choice_is_that_of_a_slow_search() -> None:
    """The winners of three years under 300 deliveries are those of a search day by day."""
    first = date(2024, 1, 1)
    spans = [(i, (i * 37) % 1000, (i * 37) % 1000 + i % 90) for i in range(1, 301)]
    days = pl.date_range(first, date(2027, 12, 31), eager=True)
    register = _register([(i, "read", str(days[a]), str(days[b])) for i, a, b in spans])
    window = DayWindow(first, date(2026, 12, 31))
    chosen = choose_deliveries(register, window)["sequence"].to_list()
    slow = [
        max((i for i, a, b in spans if a <= d <= b), default=None) for d in range(window.n_days)
    ]
    assert chosen == slow


def test_register_and_quarantine_keep_their_contracts() -> None:
    """Rows for the register and the quarantine have the contract's columns and types."""
    content = (HEAD + "2026-03-02,A,GBP,1\n2026-03-03,A,GBP,x\n").encode()
    source, delivery = _source("x"), identify(content)
    reading = read_delivery(content, file="f.csv", source=source, project_time_zone="UTC")
    row = register_row(
        reading,
        source=source,
        file="f.csv",
        content=content,
        delivery=delivery,
        sequence=1,
        received_at=NOW,
    )
    assert row.schema == polars_schema(DELIVERIES)
    assert row.select("status", "n_input", "n_accepted", "n_quarantined").row(0) == (
        "read",
        2,
        1,
        1,
    )
    assert unpack_content(row["content"][0]) == content
    bad = quarantine_rows(reading, source=source, file="f.csv", delivery=delivery)
    assert bad.schema == polars_schema(QUARANTINE)
    good = bronze_rows(reading, file="f.csv", delivery=delivery)
    assert good.schema == polars_schema(bronze_contract(source))


def test_refusal_is_registered_with_its_reason() -> None:
    """An empty delivery is registered as empty with its reason and no days."""
    row = register_row(
        EmptyDeliveryError("f has no rows in the period"),
        source=_source("x"),
        file="f",
        content=b"x",
        delivery="sha",
        sequence=2,
        received_at=NOW,
    )
    assert row.select("status", "first_day", "n_input").row(0) == ("empty", None, 0)
    assert row["reason"][0] == "f has no rows in the period."


def test_arrivals_count_by_the_days_they_cover() -> None:
    """Files found together count in the order of their last day, then time, then name."""

    def arrive(name: str, day: str) -> Arrival:
        text = HEAD + f"{day},A,GBP,1\n"
        reading = read_delivery(
            text.encode(), file=name, source=_source("x"), project_time_zone="UTC"
        )
        return Arrival(name, NOW, name, reading)

    arrivals = [arrive("z", "2026-03-02"), arrive("b", "2026-03-09"), arrive("a", "2026-03-09")]
    arrivals.append(Arrival("e", NOW, "e", EmptyDeliveryError("nothing")))
    assert [a.file for a in arrange_arrivals(arrivals)] == ["e", "z", "a", "b"]


def test_damaged_store_is_told() -> None:
    """Stored bytes that cannot be unpacked are told."""
    with pytest.raises(SourceError, match="damaged"):
        unpack_content(b"nonsense")
