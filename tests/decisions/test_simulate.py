"""Campaigns simulated: from a file to the KPI ahead."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mmm_orchestration.campaigns import lay_out_campaign, read_rows
from mmm_orchestration.decisions.ahead import forecast_kpi
from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.simulate import simulate
from mmm_orchestration.errors import PlanError
from mmm_orchestration.evaluation.predict import predict_kpi
from mmm_orchestration.model.extend import extend_posterior
from mmm_orchestration.model.posterior import Posterior
from tests.evaluation.planted import make_planted_world
from tests.model.worlds import START
from tests.monitoring.drawn import cut_data, draw_posterior

from .drawn import make_posterior

pytestmark = pytest.mark.unit

FIRST = START + timedelta(weeks=60)


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    """Three channels in two geos."""
    return make_posterior(n_geos=2, n_draws=50, reached=(1,))


@pytest.fixture(scope="module")
def model(posterior: Posterior) -> FrozenModel:
    """The posterior frozen in double precision."""
    return freeze(posterior, dtype=np.float64)


def write(
    folder: Path, rows: list[tuple[object, ...]], *, head: str = "date,channel,spend"
) -> Path:
    """A file of rows."""
    file = folder / "campaign.csv"
    file.write_text("\n".join([head, *(",".join(map(str, r)) for r in rows)]), encoding="utf-8")
    return file


def test_the_forecast_is_that_of_known_spend() -> None:
    """With the spend and the controls that came, it is the prediction of the later periods."""
    world = make_planted_world(n_periods=75)
    data = world.prepare()
    data = type(data)(**{**vars(data), "controls": np.full_like(data.controls, 10.0)})
    data.controls[:60:2] = 11.0
    data.controls[59:] = 11.0
    posterior = draw_posterior(cut_data(data, 60), project=world.project, n_draws=100)
    model = freeze(posterior, dtype=np.float64)
    spend = np.zeros((15, 1, 2))
    spend[:7] = data.spend[60:67]
    exposure = np.concatenate([data.exposure[:67], np.zeros((8, 1, 2))])
    controls = np.concatenate([data.controls[:60], data.controls[8:23]])
    later = type(data)(**{**vars(data), "exposure": exposure, "controls": controls})
    wanted = predict_kpi(extend_posterior(posterior, newer=later))[:, 60:67]
    got = forecast_kpi(posterior, model=model, spend=spend[:7])[:, :7]
    assert np.allclose(got.mean(axis=0), wanted.mean(axis=0), rtol=0.01)


def test_kpi_with_the_plan_less_without_is_what_it_brings(
    posterior: Posterior, model: FrozenModel
) -> None:
    """Over all periods, the noise being the same in both."""
    spend = model.plan_today(5).spend
    gap = forecast_kpi(posterior, model=model, spend=spend) - forecast_kpi(
        posterior, model=model, spend=np.zeros_like(spend)
    )
    assert np.allclose(gap.sum(axis=(1, 2)), model.gain(spend), rtol=1e-6)


def test_a_simulation_tells_periods_channels_and_flights(
    posterior: Posterior, model: FrozenModel
) -> None:
    """Thirteen weeks and eight of carry-over; what the periods bring adds up."""
    plan = model.plan_today(13)
    done = simulate(plan, model=model, posterior=posterior)
    assert len(done.periods) == len(done.kpi) == 13 + model.n_lags
    assert sum(m.median for m in done.media) == pytest.approx(done.brings.median, rel=0.05)
    assert {flight.name for flight in done.flights} == {"every other period", "the first half"}
    assert any("Controls are taken to be" in sentence for sentence in done.sentences)


def test_a_file_of_days_becomes_periods(tmp_path: Path, model: FrozenModel) -> None:
    """Days of a week add up; the week before spends as today, what is not named nothing."""
    rows = [(FIRST + timedelta(days=d), "channel_0", 10) for d in range(7, 14)]
    plan = lay_out_campaign(read_rows(write(tmp_path, rows)), model=model)
    assert np.allclose(plan.spend[0], model.today)
    assert plan.spend[1].sum() == pytest.approx(70)
    assert np.allclose(plan.spend[1, :, 0], 70 * model.today[:, 0] / model.today[:, 0].sum())


def test_geos_and_other_formats_are_read(tmp_path: Path, model: FrozenModel) -> None:
    """Parquet with dates as dates, XLSX as well."""
    frame = pl.DataFrame(
        {"date": [FIRST], "geo": ["geo_1"], "channel": ["channel_2"], "spend": [50.0]}
    )
    frame.write_parquet(tmp_path / "c.parquet")
    frame.write_excel(tmp_path / "c.xlsx")
    for name in ("c.parquet", "c.xlsx"):
        plan = lay_out_campaign(read_rows(tmp_path / name), model=model)
        assert plan.spend[0, 1, 2] == plan.total == 50


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([("2023-13-01", "channel_0", 1)], "Row 2 of campaign.csv has no date"),
        ([(FIRST, "channel_0", -1)], "no amount of zero or more"),
        ([(FIRST, "channel_0", "nan")], "no amount of zero or more"),
        ([(FIRST, "channel_0", 1), (FIRST, "channel_0", 2)], "same date, geo and channel"),
        ([(FIRST, "radio", 1)], "no channel 'radio'"),
        ([(date(2020, 1, 1), "channel_0", 1)], "after those the model was trained on"),
        ([(FIRST + timedelta(weeks=200), "channel_0", 1)], "at most 104 periods"),
        ([], "has 0 rows"),
    ],
)
def test_what_is_no_campaign_is_refused(
    tmp_path: Path, model: FrozenModel, rows: list[tuple[object, ...]], match: str
) -> None:
    """One clear error with the row."""
    file = write(tmp_path, rows)
    with pytest.raises(PlanError, match=match):
        lay_out_campaign(read_rows(file), model=model)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """By its ending, and by its columns."""
    with pytest.raises(PlanError, match="CSV, Parquet or XLSX"):
        read_rows(tmp_path / "plan.pdf")
    with pytest.raises(PlanError, match="lacks the column 'spend'"):
        read_rows(write(tmp_path, [(FIRST, "channel_0")], head="date,channel"))
