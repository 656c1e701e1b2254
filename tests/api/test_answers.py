"""Answers of a real server beside the same numbers computed here."""

import json
from datetime import date

import httpx
import numpy as np
import pytest

from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.decisions.optimise import optimise
from mmm_orchestration.decisions.request import PlanRequest
from mmm_orchestration.decisions.simulate import simulate
from mmm_orchestration.insight.summary import summarise
from mmm_orchestration.model.posterior import Posterior, load_posterior

from .conftest import Served

pytestmark = pytest.mark.flow

LESS = {"name": "less", "changes": [{"kind": "scale", "percent": -20}]}
MORE = {"name": "more", "changes": [{"kind": "scale", "percent": 20}]}


@pytest.fixture(scope="module")
def posterior(served: Served) -> Posterior:
    """The posterior that is served."""
    return load_posterior(served.home.posteriors / served.version)


@pytest.mark.parametrize("route", ["roi", "contributions", "curves", "scenarios", "plans"])
def test_every_answer_names_model_and_data(
    served: Served, client: httpx.Client, posterior: Posterior, route: str
) -> None:
    """In its body and in its headers."""
    answer = client.get(f"/v1/{route}")
    assert answer.status_code == 200
    snapshot = posterior.data.snapshot
    assert answer.json()["model"] == {"name": None, "version": served.version}
    assert answer.json()["data"] == {"snapshot": snapshot, "trained_through": "2023-02-26"}
    assert answer.headers["x-model-version"] == served.version
    assert answer.headers["x-data-version"] == snapshot
    assert answer.headers["x-trained-through"] == "2023-02-26"


def test_models_are_listed(served: Served, client: httpx.Client, posterior: Posterior) -> None:
    """With what can be planned, and no note while the newest champion serves."""
    (model,) = client.get("/v1/models").json()["models"]
    assert model["version"] == served.version
    assert model["snapshot"] == posterior.data.snapshot
    assert model["channels"] == list(posterior.data.channels)
    assert model["geos"] == list(posterior.data.geos)
    assert model["note"] == ""


def test_results_are_those_of_the_report(client: httpx.Client, posterior: Posterior) -> None:
    """ROI, contributions and curves beside `summarise`."""
    told = summarise(posterior, model_version="x", delta_versions={}, code_version="", fitted_at="")
    roi = client.get("/v1/roi").json()["result"]["channels"]
    for row, channel in zip(roi, told.channels, strict=True):
        assert channel.roi is not None
        assert row["roi"]["median"] == pytest.approx(channel.roi.median)
    parts = client.get("/v1/contributions").json()["result"]
    media = np.array([[p["media"][c] for c in parts["channels"]] for p in parts["periods"]])
    np.testing.assert_allclose(media, told.series.media)
    curve = client.get("/v1/curves").json()["result"]["curves"][2]
    assert [p["median"] for p in curve["points"]] == pytest.approx(told.curves[2].median.tolist())


def test_a_plan_is_that_of_the_optimiser(client: httpx.Client, posterior: Posterior) -> None:
    """Cell by cell, with its certificate."""
    answer = client.post("/v1/optimize", json={"periods": 4, "budget": {"percent": 90}})
    assert answer.status_code == 200, answer.text
    request = PlanRequest.model_validate({"periods": 4, "budget": {"percent": 90}})
    found = optimise(freeze(posterior), request, project=posterior.project)
    told = answer.json()["result"]
    spend = np.array([cell["spend"] for cell in told["plan"]]).reshape(found.plan.spend.shape)
    np.testing.assert_allclose(spend, found.plan.spend, rtol=1e-6)
    assert told["certificate"]["probability"] == found.certificate.probability
    assert told["certificate"]["sentences"]


def test_a_campaign_is_simulated(client: httpx.Client, posterior: Posterior) -> None:
    """From days of two channels, as the domain simulates the same plan."""
    rows = [
        {"date": day, "channel": channel, "spend": 100}
        for day in ("2023-02-27", "2023-03-08")
        for channel in ("channel_0", "channel_3")
    ]
    answer = client.post("/v1/simulate", json={"rows": rows})
    assert answer.status_code == 200, answer.text
    model = freeze(posterior)
    spend = np.zeros((2, 2, 4))
    for c in (0, 3):
        spend[:, :, c] = 100 * model.today[:, c] / model.today[:, c].sum()
    expected = simulate(model.make_plan(spend), model=model, posterior=posterior)
    told = answer.json()["result"]
    assert told["brings"]["median"] == pytest.approx(expected.brings.median)
    assert [p["kpi"]["low"] for p in told["periods"]] == pytest.approx(
        [kpi.low for kpi in expected.kpi]
    )


def test_scenarios_are_played_kept_and_played_again(client: httpx.Client) -> None:
    """Compared over the same draws; a name that is not kept is not found."""
    played = client.post("/v1/scenarios", json={"scenarios": [LESS, MORE], "keep": True})
    assert played.json()["result"]["brings_more"][1][0] > 0.9
    again = client.post("/v1/scenarios", json={"kept": ["less", "more"]})
    assert again.json()["result"] == played.json()["result"]
    kept = client.get("/v1/scenarios").json()["result"]["scenarios"]
    assert {(each["name"], each["is_current"]) for each in kept} >= {("less", True), ("more", True)}
    assert client.get("/v1/scenarios/less").json()["result"]["request"]["name"] == "less"
    assert client.get("/v1/scenarios/other").status_code == 404
    assert client.post("/v1/scenarios", json={"kept": ["other"]}).status_code == 404


def test_a_plan_is_approved_and_withdrawn(served: Served, client: httpx.Client) -> None:
    """In the name of the key, found again by the server, once, and only of the version shown."""
    asked = {"request": {"periods": 4}, "reason": "as decided", "model_version": served.version}
    other = client.post("/v1/plans", json={**asked, "model_version": "another"})
    assert other.status_code == 409
    assert served.version in other.json()["error"]["available"]
    made = client.post("/v1/plans", json=asked)
    assert made.status_code == 201, made.text
    plan = made.json()["result"]
    best = client.post("/v1/optimize", json={"periods": 4}).json()["result"]
    assert (plan["by"], plan["reason"], plan["withdrawn_by"]) == ("all", "as decided", "")
    assert plan["cells"] == best["plan"]
    assert plan["promised"] == best["certificate"]["gain"]
    assert not plan["is_of_record"], date.today()  # noqa: DTZ011 - its weeks are of 2023
    place = f"/v1/plans/{plan['name']}"
    assert client.post(f"{place}/withdraw", json={"reason": "put off"}).status_code == 200
    assert client.get(place).json()["result"]["withdrawn_because"] == "put off"
    assert client.post(f"{place}/withdraw", json={"reason": "again"}).status_code == 409
    assert client.get("/v1/plans/none").status_code == 404


def test_the_document_is_complete(client: httpx.Client) -> None:
    """Every operation is described, needs a key and names its errors; bodies have examples."""
    document = client.get("/v1/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["description"], where
            if path != "/healthz":
                assert operation["security"], where
                assert {"401", "403", "413", "422", "429", "503"} <= set(operation["responses"])
            if method == "post":
                content = operation["requestBody"]["content"]["application/json"]
                assert content["example"], where
    assert "$defs" not in json.dumps(document)
