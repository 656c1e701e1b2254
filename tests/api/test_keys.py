"""Keys of the API: made, kept, matched, revoked."""

import hmac
import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from mmm_orchestration.api.keys import (
    FILE_NAME,
    load_keys,
    make_key,
    match_key,
    read_env_keys,
    read_keys,
    revoke_key,
)
from mmm_orchestration.cli import main
from mmm_orchestration.errors import ApiError
from mmm_orchestration.home import Home
from tests.flow.small_project import write_small_project
from tests.insight.known import make_project

pytestmark = pytest.mark.unit

SECRET = "s" * 40


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A project without keys."""
    return Home(make_project(), tmp_path)


def test_a_key_is_kept_as_a_salted_hash_that_only_its_owner_reads(home: Home) -> None:
    """The key itself stands nowhere in the file, and two hashes of it differ."""
    secret = make_key(home, name="ann", scopes=["read"])
    file = home.base / FILE_NAME
    assert secret not in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    other = make_key(home, name="bob", scopes=["plan", "read"])
    ann, bob = load_keys(home)
    assert ann.salt != bob.salt
    assert bob.scopes == ("read", "plan")
    assert match_key(secret, (ann, bob)) is ann
    assert match_key(other, (ann, bob)) is bob
    assert match_key(secret + "x", (ann, bob)) is None
    assert match_key("", ()) is None


def test_every_key_is_compared(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many comparisons for the first key, the last key and a wrong one."""
    secrets = [make_key(home, name=name, scopes=["read"]) for name in ("ann", "bob", "eve")]
    keys, compared = load_keys(home), list[int]()
    original = hmac.compare_digest

    def count(a: bytes, b: bytes) -> bool:
        compared.append(1)
        return original(a, b)

    monkeypatch.setattr(hmac, "compare_digest", count)
    for presented in (secrets[0], secrets[-1], "wrong"):
        match_key(presented, keys)
    assert len(compared) == 9


def test_a_revoked_key_is_gone(home: Home) -> None:
    """And its name is free again; another name is refused."""
    secret = make_key(home, name="ann", scopes=["read"])
    with pytest.raises(ApiError, match="already"):
        make_key(home, name="ann", scopes=["read"])
    revoke_key(home, name="ann")
    assert match_key(secret, load_keys(home)) is None
    with pytest.raises(ApiError, match="no key 'ann'"):
        revoke_key(home, name="ann")


@pytest.mark.parametrize(("name", "scopes"), [("Ann", ["read"]), ("ann", []), ("ann", ["root"])])
def test_names_and_scopes_are_checked(home: Home, name: str, scopes: list[str]) -> None:
    """Nothing is kept where one is wrong."""
    with pytest.raises(ApiError):
        make_key(home, name=name, scopes=scopes)
    assert not (home.base / FILE_NAME).exists()


def test_a_file_that_others_read_or_changed_is_refused(home: Home) -> None:
    """With what to do."""
    make_key(home, name="ann", scopes=["read"])
    file = home.base / FILE_NAME
    file.chmod(0o644)
    with pytest.raises(ApiError, match="chmod 600"):
        read_keys(file)
    file.chmod(0o600)
    file.write_text(json.dumps({"keys": [{"name": "ann"}]}), encoding="utf-8")
    with pytest.raises(ApiError, match="no file of keys"):
        read_keys(file)


def test_the_environment_may_hold_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """One by name, scopes and secret; a short one is refused without being shown."""
    monkeypatch.setenv("KEYS", f"ann:read+plan:{SECRET}, board:approve:{SECRET}2")
    ann, board = read_env_keys("KEYS")
    assert (ann.name, ann.scopes, board.scopes) == ("ann", ("read", "plan"), ("approve",))
    assert match_key(f"{SECRET}2", (ann, board)) is board
    assert SECRET not in repr(ann)
    monkeypatch.setenv("KEYS", "ann:read:hunter2hunter2")
    with pytest.raises(ApiError, match="Entry 1 of KEYS") as caught:
        read_env_keys("KEYS")
    assert "hunter2" not in str(caught.value)
    assert read_env_keys(None) == ()


def test_the_command_shows_a_key_once(tmp_path: Path) -> None:
    """On standard output alone, so that it can be given on."""
    write_small_project(tmp_path, first=date(2026, 3, 2), n_days=1)
    call = ["--project", str(tmp_path), "keys"]
    made = CliRunner().invoke(main, [*call, "new", "ann", "--scope", "read", "--scope", "plan"])
    secret = made.stdout.strip()
    assert secret.startswith("mmm_")
    shown = CliRunner().invoke(main, [*call, "list"]).output
    assert shown.startswith("ann: read, plan;")
    assert secret not in shown
    assert "Revoked" in CliRunner().invoke(main, [*call, "revoke", "ann"]).output
