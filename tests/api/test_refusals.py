"""What a real server refuses, and how it says so."""

import itertools
import time
from collections.abc import Iterator

import httpx
import pytest

from mmm_orchestration.api.deciding import MAX_HELD, check_work
from mmm_orchestration.api.keys import make_key, revoke_key
from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.errors import PlanError
from tests.decisions.drawn import make_posterior

from .conftest import Served
from .project import SCOPES, read_audit, read_peak, reset_peak

pytestmark = pytest.mark.flow

MIB = 2**20
JSON = {"content-type": "application/json"}


def list_operations(client: httpx.Client) -> list[tuple[str, str]]:
    """Method and path of every operation that the document names."""
    paths = client.get("/v1/openapi.json").json()["paths"]
    return [
        (method.upper(), path.replace("{name}", "x"))
        for path, operations in paths.items()
        for method in operations
        if path != "/healthz"
    ]


def test_every_operation_needs_a_key(served: Served, client: httpx.Client) -> None:
    """None, a wrong one, and a right one sent as something else are refused in words."""
    operations = list_operations(client)
    assert len(operations) == 14
    key = served.keys["all"]
    for headers in ({}, {"authorization": "Bearer mmm_wrong"}, {"authorization": f"Basic {key}"}):
        for method, path in operations:
            answer = httpx.request(method, served.url + path, headers=headers)
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
            assert set(answer.json()["error"]) == {"what", "got", "available", "fix"}


def test_a_key_does_what_its_scope_says(served: Served, client: httpx.Client) -> None:
    """Each operation is open to one scope alone."""
    for method, path in list_operations(client):
        allowed = []
        for scope in SCOPES:
            with served.open_client(scope) as own:
                status = own.request(method, path, json={}).status_code
            allowed += [scope] if status != 403 else []
        approves = path.startswith("/v1/plans") and method == "POST"
        expected = "approve" if approves else "plan" if method == "POST" else "read"
        assert allowed == [expected], (method, path)


def test_a_key_counts_as_soon_as_it_is_made_and_until_it_is_revoked(served: Served) -> None:
    """Within seconds, without a restart."""
    headers = {"authorization": f"Bearer {make_key(served.home, name='new', scopes=['read'])}"}

    def wait_for(status: int) -> bool:
        for _ in range(50):
            if httpx.get(f"{served.url}/v1/roi", headers=headers).status_code == status:
                return True
            time.sleep(0.1)
        return False

    assert wait_for(200)
    revoke_key(served.home, name="new")
    assert wait_for(401)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"reach": NaN}', 400),
        (b'{"reach": -Infinity}', 400),
        (b'{"reach": 1e999}', 400),
        (b'{"reach": ' + b"9" * 400 + b"}", 400),
        (b'{"reach": 10, "reach": 20}', 400),
        (b'{"reach": ', 400),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b"", 400),
        (b'{"reach": "10"}', 422),
        (b'{"periods": true}', 422),
        (b'{"unknown": 1}', 422),
        (b"[]", 422),
        (b'{"bounds": [{"channel": "nope"}]}', 422),
        (b'{"limits": [{"name": "x", "low": 1, "high": 0}]}', 422),
        (b'{"limits": [{"name": "x", "first": 0, "low": 1}]}', 422),
    ],
)
def test_a_question_that_is_none_is_refused(client: httpx.Client, body: bytes, status: int) -> None:
    """By the letter of JSON first, then by the form of the question, then by what the model has."""
    answer = client.post("/v1/optimize", content=body, headers=JSON)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["what"]


def test_other_kinds_and_routes_are_refused(client: httpx.Client) -> None:
    """In the same words, with what is allowed."""
    text = client.post("/v1/optimize", content=b"{}", headers={"content-type": "text/plain"})
    assert text.status_code == 415
    assert client.get("/v1/nothing").json()["error"]["what"] == "Not Found"
    wrong = client.delete("/v1/roi")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")
    assert client.delete("/v1/plans").headers["allow"] == "GET, POST"
    assert client.get("/v1/roi?model=other").status_code == 404
    for page in ("/docs", "/redoc", "/openapi.json"):
        assert client.get(page).status_code == 404


def test_a_campaign_that_is_none_is_refused(client: httpx.Client) -> None:
    """The first bad row is named."""
    row = {"date": "2023-03-06", "channel": "channel_1", "spend": 1}
    for rows, word in (
        ([row, row], "Row 1 of the campaign"),
        ([{**row, "channel": "nope"}], "channel 'nope'"),
        ([{**row, "date": "2020-01-01"}], "after those the model was trained on"),
        ([row, {**row, "geo": "geo_0"}], "every row names a 'geo'"),
        ([{**row, "spend": -1}], "body.rows.0.spend"),
        ([{**row, "date": 7}], "body.rows.0.date"),
    ):
        answer = client.post("/v1/simulate", json={"rows": rows})
        assert answer.status_code == 422
        assert word in answer.json()["error"]["what"]


def test_a_question_that_takes_too_long_is_refused() -> None:
    """By the memory of one answer, and by how often it is answered."""
    model = freeze(make_posterior(n_channels=4, n_geos=2, n_draws=50))
    check_work(model, n_periods=104, n_times=4)
    most = MAX_HELD // (4 * 2 * 100)
    for n_periods, n_times in ((most, 1), (104, 20_000)):
        with pytest.raises(PlanError, match=f"too large to be answered at once: {n_periods} "):
            check_work(model, n_periods=n_periods, n_times=n_times)


def send_much(n_bytes: int) -> Iterator[bytes]:
    """A body of so many spaces, whose length nobody is told."""
    part = b" " * 65536
    return itertools.repeat(part, n_bytes // len(part))


@pytest.mark.parametrize("is_told", [True, False])
def test_a_large_body_is_refused_while_it_is_read(
    served: Served, client: httpx.Client, is_told: bool
) -> None:
    """A hundred megabytes, with and without their length: its peak is less than fifty above."""
    before = reset_peak(served.pid)
    headers = {**JSON, "content-length": str(100 * MIB)} if is_told else JSON
    answer = client.post("/v1/optimize", content=send_much(100 * MIB), headers=headers)
    assert answer.status_code == 413
    assert "more than 1,048,576 bytes" in answer.json()["error"]["what"]
    assert read_peak(served.pid) - before < 50 * MIB
    assert client.get("/v1/roi").status_code == 200


def test_a_body_at_the_limit_is_read(client: httpx.Client) -> None:
    """One MiB is taken, one byte more is not."""
    for n_bytes, status in ((MIB, 200), (MIB + 1, 413)):
        body = b'{"periods": 1}'.ljust(n_bytes)
        assert client.post("/v1/optimize", content=body, headers=JSON).status_code == status


def test_answers_are_not_for_other_pages(client: httpx.Client) -> None:
    """No other origin is let in, nothing is stored, and the server does not say what it is."""
    answer = client.get("/v1/roi", headers={"origin": "https://other.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


def test_the_audit_log_says_who_asked_what(served: Served, client: httpx.Client) -> None:
    """Key by name, route, status and version; no key, no question, no name that a client chose."""
    client.post("/v1/optimize", json={"limits": [{"name": "hush", "low": 0}]})
    client.get("/v1/scenarios/hush")
    httpx.get(f"{served.url}/v1/hush?key=hush", headers={"authorization": "Bearer hush"})
    rows = read_audit(served.home)
    plan, one, refused = rows[-3:]
    assert (plan["key"], plan["route"], plan["status"]) == ("all", "/v1/optimize", 200)
    assert plan["model_version"] == served.version
    assert (one["route"], one["status"]) == ("/v1/scenarios/{name}", 404)
    assert (refused["key"], refused["route"], refused["status"]) == (None, "none", 401)
    (file,) = (served.home.base / "audit").iterdir()
    text = file.read_text(encoding="utf-8") + (served.home.base / "serve.log").read_text("utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "hush" not in text
    assert not any(key in text for key in served.keys.values())
