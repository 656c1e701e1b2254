"""Writing, reading and comparing days of a table."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from lake_scenario import MEDIA, REGISTER, WINDOW, day, make_media, make_register
from polars.testing import assert_frame_equal

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import ContractError, LakeError
from mmm_orchestration.lake import lake as lake_module
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.tables.contracts import DELIVERIES, QUARANTINE, Column
from mmm_orchestration.tables.schema import polars_schema

pytestmark = pytest.mark.unit


def read_media(lake: Lake) -> pl.DataFrame:
    """All rows of the media table by key."""
    return lake.read("media", contract=MEDIA).collect().sort("date", "geo")


def test_written_rows_read_back_exactly(lake: Lake) -> None:
    """Rows of two months come back with the contract's columns, types and nulls."""
    frame = make_media(days=range(5))
    commit = lake.write_days(frame, contract=MEDIA, window=WINDOW)
    assert_frame_equal(read_media(lake), frame)
    assert (commit.n_rows, commit.n_replaced, commit.is_changed) == (10, 0, True)
    assert commit.version == lake.version("media") == 1
    assert commit.sums == {"spend": 120.0}
    assert commit.restated_days == ()


def test_files_are_kept_by_month(lake: Lake, media_folder: Path) -> None:
    """Days of two months make two files, whatever is restated later."""
    table = DeltaTable(media_folder)
    assert table.metadata().partition_columns == ["lake_month"]
    assert len(table.file_uris()) == 2


def test_descriptions_are_stored_with_the_table(media_folder: Path) -> None:
    """Delta metadata carries the table's description and each column's comment and unit."""
    table = DeltaTable(media_folder)
    assert table.metadata().description == MEDIA.description
    clicks = next(f for f in table.schema().fields if f.name == "clicks")
    assert clicks.metadata == {"comment": "clicks", "unit": "clicks"}


def test_writing_the_same_days_again_writes_nothing(lake: Lake) -> None:
    """Equal content, in any order, keeps the version and says so."""
    first = lake.write_days(make_media(), contract=MEDIA, window=WINDOW)
    again = lake.write_days(make_media().reverse(), contract=MEDIA, window=WINDOW)
    assert again.version == first.version
    assert not again.is_changed
    assert (again.n_rows, again.n_replaced, again.restated_days) == (6, 6, ())


def test_restated_days_are_reported(lake: Lake) -> None:
    """Only the day whose rows differ is restated, with rows and sums before and after."""
    lake.write_days(make_media(), contract=MEDIA, window=WINDOW)
    later = make_media().with_columns(
        pl.when(pl.col("date") == day(1)).then(7.0).otherwise("spend").alias("spend")
    )
    commit = lake.write_days(later, contract=MEDIA, window=WINDOW)
    (restated,) = commit.restated_days
    assert (restated.day, restated.n_before, restated.n_after) == (day(1), 2, 2)
    assert (restated.sums_before, restated.sums_after) == ({"spend": 22.0}, {"spend": 14.0})


def test_missing_is_not_zero_in_sums(lake: Lake) -> None:
    """A measure without any value has no sum; one that becomes zero is a restatement."""
    first = lake.write_days(make_media(spend=None), contract=MEDIA, window=WINDOW)
    assert first.sums == {}
    zero = make_media().with_columns(spend=0.0)
    commit = lake.write_days(zero, contract=MEDIA, window=WINDOW)
    assert len(commit.restated_days) == 3
    assert commit.sums == {"spend": 0.0}


def test_a_day_the_frame_does_not_hold_is_untouched(lake: Lake) -> None:
    """Days of the same month and window that are not delivered keep their rows."""
    lake.write_days(make_media(days=range(10)), contract=MEDIA, window=WINDOW)
    commit = lake.write_days(
        make_media(days=range(4, 5), spend=1.0, n_geos=1), contract=MEDIA, window=WINDOW
    )
    rows = read_media(lake)
    assert commit.days == (day(4),)
    assert (commit.n_rows, commit.n_replaced) == (1, 2)
    assert rows.height == 19
    assert_frame_equal(
        rows.filter(pl.col("date") != day(4)),
        make_media(days=range(10)).filter(pl.col("date") != day(4)),
    )


def test_a_retracted_day_is_cleared(lake: Lake) -> None:
    """Retracting clears exactly that day, also where it was all a month had."""
    lake.write_days(make_media(days=range(1, 3)), contract=MEDIA, window=WINDOW)
    empty = make_media().clear()
    commit = lake.write_days(empty, contract=MEDIA, window=WINDOW, retract=[day(1)])
    assert [(d.day, d.n_before, d.n_after) for d in commit.restated_days] == [(day(1), 2, 0)]
    assert read_media(lake)["date"].unique().to_list() == [day(2)]
    again = lake.write_days(empty, contract=MEDIA, window=WINDOW, retract=[day(1)])
    assert not again.is_changed


def test_a_key_may_not_come_twice_across_days(lake: Lake) -> None:
    """A key without the date that is already on another day of the month is refused."""
    contract = replace(MEDIA, key=("geo",))
    lake.write_days(make_media(days=range(3, 4)), contract=contract, window=WINDOW)
    with pytest.raises(ContractError, match="share their key"):
        lake.write_days(make_media(days=range(4, 5)), contract=contract, window=WINDOW)


def test_a_window_reads_its_days_only(lake: Lake) -> None:
    """Reading a window over two months gives its days, both ends included."""
    lake.write_days(make_media(days=range(60)), contract=MEDIA, window=WINDOW)
    rows = lake.read("media", contract=MEDIA, window=DayWindow(day(1), day(3)), columns=["date"])
    assert rows.collect()["date"].unique().sort().to_list() == [day(1), day(2), day(3)]
    lazily = lake.read("media", contract=MEDIA, window=DayWindow(day(1), day(1)))
    assert "lake_month=2026-03" not in lazily.explain()


def test_a_table_that_does_not_exist_is_empty_or_an_error(lake: Lake) -> None:
    """With a contract an absent table is an empty frame, without one it is a LakeError."""
    rows = lake.read("media", contract=MEDIA).collect()
    assert (rows.height, rows.schema) == (0, polars_schema(MEDIA))
    with pytest.raises(LakeError, match="does not exist"):
        lake.read("media")
    with pytest.raises(LakeError, match="does not exist"):
        lake.version("media")
    assert lake.last_day("media", MEDIA) is None


def test_reading_without_a_contract_hides_the_month(lake: Lake, media_folder: Path) -> None:
    """The stored columns come back without the lake's own."""
    assert lake.read("media").collect_schema() == polars_schema(MEDIA)


def test_an_unknown_column_is_refused(lake: Lake, media_folder: Path) -> None:
    """Asking for a column that is not there raises LakeError that lists those that are."""
    with pytest.raises(LakeError, match="no such column"):
        lake.read("media", columns=["lake_month"])


def test_last_day_comes_from_statistics(lake: Lake, media_folder: Path) -> None:
    """The newest day is known although every data file is gone."""
    for path in media_folder.rglob("*.parquet"):
        path.unlink()
    assert lake.last_day("media", MEDIA) == day(2)


def test_a_register_takes_each_key_once(lake: Lake) -> None:
    """Appending again inserts only the new keys and never changes the old rows."""
    lake.append_new(make_register("a", "b"), contract=REGISTER)
    commit = lake.append_new(make_register("b", "c", amount=5.0), contract=REGISTER)
    assert (commit.n_rows, commit.sums, commit.is_changed) == (1, {"amount": 5.0}, True)
    again = lake.append_new(make_register("b", "c"), contract=REGISTER)
    assert (again.n_rows, again.is_changed, again.version) == (0, False, commit.version)
    rows = lake.read("register", contract=REGISTER).collect().sort("id")
    assert rows["amount"].to_list() == [1.0, 1.0, 5.0]
    assert lake.last_day("register", REGISTER) is None


def test_a_register_of_many_files_is_rewritten_as_one(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a register has too many files the next append leaves one, with every row."""
    monkeypatch.setattr(lake_module, "MOST_FILES", 3)
    for i in range(6):
        lake.append_new(make_register(f"{i}"), contract=REGISTER)
    rows = lake.read("register").collect()["id"].sort().to_list()
    assert rows == ["0", "1", "2", "3", "4", "5"]
    assert len(DeltaTable(lake.table_uri("register")).file_uris()) == 3


@pytest.mark.parametrize("contract", [DELIVERIES, QUARANTINE], ids=lambda c: c.name)
def test_the_projects_registers_can_be_stored(lake: Lake, contract) -> None:
    """An empty append creates nothing but the table; its schema is that of the contract."""
    frame = pl.DataFrame(schema=polars_schema(contract))
    assert not lake.append_new(frame, contract=contract).is_changed
    assert lake.read(contract.name).collect_schema() == polars_schema(contract)


def test_a_nullable_column_can_be_added_and_left_out(lake: Lake) -> None:
    """A column the contract gains is null in old rows, and one it loses stays for old rows."""
    lake.write_days(make_media(), contract=MEDIA, window=WINDOW)
    reach = Column("reach", "float", "people", is_nullable=True)
    wider = replace(MEDIA, columns=(*MEDIA.columns, reach))
    assert lake.read("media", contract=wider).collect()["reach"].null_count() == 6
    frame = make_media(days=range(1)).with_columns(reach=3.0)
    lake.write_days(frame, contract=wider, window=WINDOW)
    assert lake.read("media", contract=wider).collect()["reach"].sum() == 6.0
    lake.write_days(make_media(days=range(3, 4)), contract=MEDIA, window=WINDOW)
    assert read_media(lake).height == 8
    assert lake.read("media", contract=wider).collect()["reach"].sum() == 6.0


def test_another_type_is_refused(lake: Lake, media_folder: Path) -> None:
    """A contract with another type for a stored column neither writes nor reads the table."""
    columns = tuple(
        replace(c, dtype="text", minimum=None) if c.name == "spend" else c for c in MEDIA.columns
    )
    contract = replace(MEDIA, columns=columns)
    frame = make_media().with_columns(pl.col("spend").cast(pl.String))
    with pytest.raises(LakeError, match="another contract"):
        lake.write_days(frame, contract=contract, window=WINDOW)
    with pytest.raises(LakeError, match="another contract"):
        lake.read("media", contract=contract)


def test_names_of_user_columns_may_hold_anything(lake: Lake) -> None:
    """Spaces, punctuation and the word month in a column name are stored as they are."""
    names = ("TV Spend, ($)=;{}", "a.b", "month", "ÜBER 'x'")
    extra = tuple(Column(n, "float", "as received", is_nullable=True) for n in names)
    contract = replace(MEDIA, columns=(*MEDIA.columns, *extra))
    frame = make_media().with_columns(pl.lit(1.5).alias(n) for n in names)
    lake.write_days(frame, contract=contract, window=WINDOW)
    assert_frame_equal(lake.read("media", contract=contract).collect().sort("date", "geo"), frame)


def test_three_years_and_an_old_day(lake: Lake) -> None:
    """Days of many months are written in one commit, and an old day later changes alone."""
    window = DayWindow(day(0), date(2029, 1, 1))
    frame = make_media(days=range(1000))
    assert lake.write_days(frame, contract=MEDIA, window=window).n_rows == 2000
    commit = lake.write_days(make_media(days=range(900), spend=10.5), contract=MEDIA, window=window)
    assert len(commit.restated_days) == 900
    expected = frame["spend"].sum() + 900
    assert read_media(lake)["spend"].sum() == pytest.approx(expected)


def test_a_vacuumed_table_is_sound(lake: Lake, media_folder: Path) -> None:
    """Vacuum keeps what is younger than a week, and every manifest stays."""
    assert lake.vacuum("media") == 0
    assert lake.verify("media") == ()
    assert read_media(lake).height == 6


def test_rows_of_known_keys_are_replaced_and_others_stay(lake: Lake) -> None:
    """One key of two months gets another value, a new one comes, and all others are as before."""
    lake.write_days(make_media(days=range(4)), contract=MEDIA, window=WINDOW)
    changed = make_media(days=range(3, 5), spend=50.0)
    commit = lake.replace_keys(changed, contract=MEDIA)
    assert (commit.n_rows, commit.n_replaced, commit.is_changed) == (4, 2, True)
    kept = read_media(lake)
    assert_frame_equal(kept.filter(pl.col("date") >= day(3)), changed)
    assert_frame_equal(kept.filter(pl.col("date") < day(3)), make_media(days=range(3)))
    again = lake.replace_keys(changed.reverse(), contract=MEDIA)
    assert (again.version, again.is_changed) == (commit.version, False)
