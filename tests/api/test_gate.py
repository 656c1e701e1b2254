"""The gate alone: rates, and bodies that never end."""

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.types import Message

from mmm_orchestration.api import gate
from mmm_orchestration.api.app import create_app
from mmm_orchestration.api.gate import read_body
from mmm_orchestration.api.keys import FILE_NAME
from mmm_orchestration.api.problems import RefusedError
from mmm_orchestration.api.ring import Bucket, Ring

from .project import make_home, make_keys

pytestmark = pytest.mark.unit


def test_a_bucket_gives_its_size_then_its_rate() -> None:
    """Two at once, then one every half second, and never more than two."""
    bucket = Bucket(rate=2, size=2, tokens=2, at=0)
    assert [bucket.take(0), bucket.take(0)] == [0, 0]
    assert bucket.take(0) == 0.5
    assert bucket.take(0.5) == 0
    assert [bucket.take(100), bucket.take(100)] == [0, 0]
    assert bucket.take(100) > 0


def test_each_key_has_a_rate_of_its_own(tmp_path: Path) -> None:
    """The third question of a key in a minute waits, that of another does not."""
    home = make_home(tmp_path, extra="api: {rate_per_minute: 2}\n")
    keys, transport = make_keys(home), httpx.ASGITransport(create_app(home))

    async def ask(key: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get("/v1/nothing", headers={"authorization": f"Bearer {key}"})

    async def ask_all() -> list[httpx.Response]:
        return [await ask(keys[name]) for name in ("read", "read", "read", "plan")]

    answers = asyncio.run(ask_all())
    assert [answer.status_code for answer in answers] == [404, 404, 429, 404]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 31
    assert answers[2].json()["error"]["what"] == "Key 'read' asks too often"


def test_a_file_of_keys_that_others_can_read_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a running server as well; the keys of the environment stay."""
    monkeypatch.setenv("MMM_API_KEYS", "env:read:" + "k" * 40)
    home = make_home(tmp_path, extra="api: {keys_env: MMM_API_KEYS}\n")
    make_keys(home)
    ring = Ring(home)
    assert len(ring.keys) == 5
    (home.base / FILE_NAME).chmod(0o644)
    ring._looked_at = float("-inf")
    assert [key.name for key in ring.keys] == ["env"]


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that says nothing gets 408, one that hangs up 400."""
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.05)

    async def say_nothing() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    async def hang_up() -> Message:
        return {"type": "http.disconnect"}

    for receive, status in ((say_nothing, 408), (hang_up, 400)):
        with pytest.raises(RefusedError) as caught:
            asyncio.run(read_body({"headers": []}, receive, limit=10))
        assert caught.value.status == status
