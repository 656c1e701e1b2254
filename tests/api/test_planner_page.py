"""The files of the planner and what a browser may do with them."""

import hashlib
import json
import re

import httpx
import pytest

from mmm_orchestration.api.planner_page import FILES, FOLDER, POLICY

from .conftest import Served

pytestmark = pytest.mark.unit

OWN = {path: content.decode() for path, (content, _) in FILES.items() if "/vendor/" not in path}


def test_libraries_are_what_their_registry_has() -> None:
    """Every library is in the list with the sum of its file."""
    listed = json.loads((FOLDER / "vendor" / "vendor.json").read_text("utf-8"))
    assert {f"/planner/vendor/{name}" for name in listed} == {
        path for path in FILES if "/vendor/" in path and path.endswith(".js")
    }
    for name, about in listed.items():
        content = (FOLDER / "vendor" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == about["sha256"]


def test_no_text_becomes_markup() -> None:
    """What comes from the API is always text."""
    for path, text in OWN.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|eval\(|new Function", text), path


def test_every_import_is_a_file() -> None:
    """Of the page itself and of its modules."""
    for text in OWN.values():
        for found in re.findall(r"""(?:from|src=|href=)\s?["'](/[^"']*)["']""", text):
            assert found in FILES


def test_the_page_needs_no_key(served: Served) -> None:
    """Each file has its kind and a policy without inline scripts; other paths need a key."""
    for path, (content, kind) in FILES.items():
        answer = httpx.get(served.url + path)
        assert (answer.status_code, answer.content) == (200, content)
        assert answer.headers["content-type"] == kind
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in POLICY
    for path in ("/planner/", "/planner/vendor/vendor.json", "/planner/%2e%2e/gate.py"):
        assert httpx.get(served.url + path).status_code == 401


def test_the_overview_is_what_it_says(client: httpx.Client) -> None:
    """The parts of the newest twelve weeks add up to about the KPI; ROI falls from row to row."""
    told = client.get("/v1/summary").json()["result"]
    parts = told["baseline"]["median"] + sum(c["contribution"]["median"] for c in told["channels"])
    assert told["n_periods"] == 12
    assert parts == pytest.approx(told["kpi"], rel=0.5)
    roi = [c["roi"]["median"] for c in told["channels"] if c["roi"]]
    assert roi == sorted(roi, reverse=True)
    assert told["changes"] is None


def test_today_is_the_money_that_sliders_begin_with(client: httpx.Client) -> None:
    """The same as the plan of today that the optimiser compares with."""
    (model,) = client.get("/v1/models").json()["models"]
    plan = client.post("/v1/optimize", json={"periods": 4}).json()["result"]
    assert {c["channel"]: c["today"] for c in plan["channels"]} == pytest.approx(
        {name: 4 * money for name, money in model["today"].items()}
    )
