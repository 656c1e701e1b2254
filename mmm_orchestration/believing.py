"""What the priors say in money, and priors from a saved posterior.

Belongs here: reading gold and posteriors around `model`. Must not: the model, Dagster.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from mmm_orchestration import __version__
from mmm_orchestration.errors import PosteriorError
from mmm_orchestration.home import Home
from mmm_orchestration.training import read_snapshot

if TYPE_CHECKING:
    from mmm_orchestration.insight.results import RoiResults


def show_beliefs(home: Home) -> "RoiResults":
    """What the priors of the project say of the accepted days, as if they were a posterior."""
    from mmm_orchestration.insight.summary import summarise
    from mmm_orchestration.model.belief import draw_beliefs

    snapshot = read_snapshot(home.open_lake(), project=home.one)
    return summarise(
        draw_beliefs(snapshot.data, project=home.one),
        model_version="priors",
        delta_versions=snapshot.delta_versions,
        code_version=__version__,
        fitted_at="never",
    )


def write_priors(home: Home, *, version: str, widen: float) -> str:
    """The lines of mmm.yaml that make the posterior `version` the prior of the project."""
    import yaml

    from mmm_orchestration.model.posterior import load_posterior
    from mmm_orchestration.model.transfer import transfer_priors

    found = transfer_priors(
        load_posterior(_find(home.posteriors, version=version)),
        project=home.one,
        version=version,
        widen=widen,
    )
    spec = {"model": found.model.model_dump(mode="json", include={"prior_source"})}
    name = home.one.model_name
    lines = {
        "channels": [
            c.model_dump(mode="json", include={"name", "prior", "unknowns"}, exclude_none=True)
            for c in found.channels
        ],
        **({"models": [{"name": name, **spec}]} if name else spec),
    }
    return yaml.safe_dump(lines, sort_keys=False)


def _find(folder: Path, *, version: str) -> Path:
    """The folder of the posterior, or PosteriorError with those that exist."""
    names = sorted(path.stem for path in folder.glob("*.json"))
    if version not in names:
        raise PosteriorError(f"There is no posterior '{version}'", available=names)
    return folder / version
