"""Where a lake can lie, what its options need, and the words of its errors."""

import http.client
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from deltalake.exceptions import CommitFailedError, DeltaError
from lake_scenario import MEDIA, REGISTER, WINDOW, day, make_media, make_register

from mmm_orchestration.errors import LakeError
from mmm_orchestration.lake.faults import ConflictError, explain_fault
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.lake.location import Location, storage_options_from_env

pytestmark = pytest.mark.unit


def check_round_trip(lake: Lake) -> None:
    """Nothing, when days and register rows come back from `lake` as they were written."""
    lake.write_days(make_media(days=range(5)), contract=MEDIA, window=WINDOW)
    commit = lake.write_days(make_media(days=range(1), spend=1.0), contract=MEDIA, window=WINDOW)
    assert [d.day for d in commit.restated_days] == [day(0)]
    lake.append_new(make_register("a"), contract=REGISTER)
    assert not lake.append_new(make_register("a"), contract=REGISTER).is_changed
    rows = lake.read("media", contract=MEDIA).collect()
    assert (rows.height, lake.last_day("media", MEDIA)) == (10, day(4))
    assert lake.has("register")
    assert not lake.has("other")


@pytest.mark.parametrize("name", ["lake", "my lake", "ünï-code #1 ~ (a)", "a'b"])
def test_a_lake_in_any_folder_round_trips(tmp_path: Path, name: str) -> None:
    """Spaces, signs and letters of other scripts in the path make no difference."""
    lake = Lake(tmp_path / name)
    check_round_trip(lake)
    assert lake.verify("media") == ()


def test_a_file_uri_is_a_folder(tmp_path: Path) -> None:
    """A file:// URI names the same lake as its path, with all its guarantees."""
    lake = Lake((tmp_path / "my lake").as_uri())
    check_round_trip(lake)
    assert lake.table_uri("media") == str(tmp_path / "my lake" / "media")
    assert "is a file system" in lake.guarantees
    assert Lake(tmp_path / "my lake").verify("media") == ()


def test_a_path_that_delta_cannot_address_is_refused() -> None:
    """A percent sign or bracket in the path is an error with the sign and the path."""
    with pytest.raises(LakeError, match="whose path holds %"):
        Lake("/data/50%20off")


@pytest.mark.parametrize("name", ["../x", "a/b", "", "A", ".x"])
def test_a_table_name_stays_inside_the_lake(tmp_path: Path, name: str) -> None:
    """A name that is no plain word raises LakeError."""
    with pytest.raises(LakeError, match="table's name"):
        Lake(tmp_path).table_uri(name)


def test_an_object_store_says_which_guarantees_do_not_apply() -> None:
    """The lake names what it leaves to the store, and keeps no checksums to verify."""
    lake = Lake("s3://bucket/lake/")
    assert lake.table_uri("media") == "s3://bucket/lake/media"
    assert lake.guarantees.endswith("tail check and SHA-256 manifests do not apply.")
    assert lake.open("media") == ()
    with pytest.raises(LakeError, match="not kept in an object store"):
        lake.verify("media")


def test_storage_options_come_from_the_environment() -> None:
    """Each option gets the value of its variable."""
    options = storage_options_from_env({"aws_region": "REGION"}, environ={"REGION": "eu"})
    assert options == {"aws_region": "eu"}


def test_a_missing_variable_is_named_and_no_value_is_shown() -> None:
    """The error lists the variables that are unset or empty, and no value of those set."""
    environ = {"KEY": "hidden-value", "EMPTY": ""}
    with pytest.raises(LakeError) as caught:
        storage_options_from_env({"a": "KEY", "b": "SECRET", "c": "EMPTY"}, environ=environ)
    assert "EMPTY, SECRET" in str(caught.value)
    assert "hidden-value" not in str(caught.value)
    assert "hidden-value" not in repr(Location.parse("s3://b"))


FAULTS = {
    "full disk in words": (DeltaError("copy: No space (os error 28)"), "disk is full"),
    "file limit in words": (DeltaError("copy: File too large (os error 27)"), "disk is full"),
    "full disk": (OSError(28, "No space left on device"), "disk is full"),
    "read-only": (OSError(30, "Read-only file system"), "not writable"),
    "lost race": (CommitFailedError("Failed to commit transaction: 0"), "committing first"),
    "signature": (DeltaError("GET https://x/y?sig=abc failed\nmore"), r"https://x/y\?… failed\."),
}


@pytest.mark.parametrize(("error", "words"), FAULTS.values(), ids=FAULTS.keys())
def test_errors_of_all_layers_become_one_family(error: Exception, words: str) -> None:
    """Each fault is a LakeError in one sentence; only a lost race may be tried again."""
    fault = explain_fault(error, action="write", table="media")
    with pytest.raises(LakeError, match=words):
        raise fault
    assert isinstance(fault, ConflictError) == isinstance(error, CommitFailedError)


@pytest.fixture
def s3_endpoint(tmp_path: Path) -> Iterator[str]:
    """The address of a local S3 server with a bucket; skips where moto is not installed."""
    program = shutil.which("moto_server")
    if program is None:
        pytest.skip("moto_server, a local S3, is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (tmp_path / "moto.txt").open("w") as log:
        server = subprocess.Popen([program, "-p", str(port)], stdout=log, stderr=log)
    deadline = time.monotonic() + 30
    while server.poll() is None and time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("PUT", "/bucket")
            connection.getresponse().read()
            break
        except ConnectionError:
            time.sleep(0.2)
        finally:
            connection.close()
    if server.poll() is not None:
        pytest.skip("moto_server did not start: " + (tmp_path / "moto.txt").read_text()[-200:])
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait()


def test_an_object_store_round_trips(s3_endpoint: str) -> None:
    """The same writes and reads work on S3, without sync or manifests."""
    options = {
        "aws_endpoint_url": s3_endpoint,
        "aws_allow_http": "true",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
        "aws_region": "us-east-1",
    }
    lake = Lake("s3://bucket/lake", storage_options=options)
    check_round_trip(lake)
    assert lake.read("media").collect().height == 10
    with pytest.raises(LakeError, match="does not exist"):
        lake.version("other")
