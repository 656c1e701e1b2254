"""A fitted posterior: draws, what was observed, settings; and its folder on disk.

Belongs here: saving and loading as netCDF, JSON and a checksum manifest. Must not: PyMC, pickles.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

import numpy as np
import xarray as xr
from pydantic import ValidationError

from mmm_orchestration.errors import PosteriorError
from mmm_orchestration.model.convergence import Diagnostics
from mmm_orchestration.model.data import Array, ModelData
from mmm_orchestration.model.stored import (
    name_data,
    pack_data,
    pack_draws,
    unpack_data,
    unpack_draws,
)
from mmm_orchestration.project import Project
from mmm_orchestration.transforms.plan import TransformPlan, plan_transforms

FORMAT = 4
MANIFEST = "MANIFEST.json"
DRAWS, DATA, SETTINGS = "posterior.nc", "data.nc", "posterior.json"


@dataclass(frozen=True, eq=False)
class Posterior:
    """Everything later steps need of one fit.

    `draws` has float32 variables with dims chain and draw, then: the unknowns of the families
    (channel, or the channels that have it), levels in typical exposures; `share`
    (channel) of total KPI; `effect` (geo, channel), KPI units per period at a response of one;
    `sigma` (geo), KPI units; `baseline` (geo, column), coefficients of `design`, KPI units.
    `diagnostics` are of all draws of the sampler, `diagnostics.n_draws`, of which `draws` may be a
    part. `design` (date, geo, column) are the baseline columns, `scale` (geo, channel) is a typical
    exposure in units of the data.
    """

    draws: xr.Dataset
    data: ModelData
    design: Array
    scale: Array
    project: Project
    diagnostics: Diagnostics
    versions: Mapping[str, str]

    @property
    def seed(self) -> int:
        """Seed of the sampler."""
        return self.project.model.sampler.seed

    @cached_property
    def plan(self) -> TransformPlan:
        """The families of carry-over and saturation of the channels."""
        return plan_transforms(
            self.project,
            channels=self.data.channels,
            period_days=self.data.period_days,
            reached=self.data.has_frequency.tolist(),
        )

    def stack(self, name: str) -> Array:
        """Draws of one variable with the chains below each other, shape (draw, …)."""
        values = self.draws[name].to_numpy().astype(float)
        stacked: Array = values.reshape(-1, *values.shape[2:])
        return stacked


def save_posterior(posterior: Posterior, folder: Path) -> Path:
    """`folder`, written whole or not at all, with the SHA-256 of each file in its manifest.

    Raises PosteriorError when the folder exists, and for one that was extended.
    """
    if posterior.data.n_ahead:
        raise PosteriorError("A posterior that was extended is not saved", fix="Fit again")
    if folder.exists():
        raise PosteriorError(f"{folder} exists", fix="A saved posterior is never written again")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        pack_draws(posterior.draws).to_netcdf(draft / DRAWS, engine="scipy")
        _to_dataset(posterior).to_netcdf(draft / DATA, engine="scipy")
        (draft / SETTINGS).write_text(_to_json(posterior), encoding="utf-8")
        sums = {
            name: hashlib.sha256((draft / name).read_bytes()).hexdigest()
            for name in (DRAWS, DATA, SETTINGS)
        }
        (draft / MANIFEST).write_text(json.dumps(sums, indent=2), encoding="utf-8")
        draft.chmod(0o755)
        draft.rename(folder)
    finally:
        if draft.exists():
            shutil.rmtree(draft)
    return folder


def load_posterior(folder: Path) -> Posterior:
    """The posterior saved in `folder`, after every file agreed with the manifest.

    Raises PosteriorError naming the file that is missing, altered or of another format.
    """
    files = _read_checked(folder)
    settings = json.loads(files[SETTINGS])
    if settings["format"] != FORMAT:
        raise PosteriorError(
            f"{folder} has another format than {FORMAT}", got=settings["format"], fix="Fit again"
        )
    try:
        project = Project.model_validate(settings["project"])
    except ValidationError as error:
        raise PosteriorError(
            f"The project in {folder} is of another version: {error.error_count()} mistakes",
            fix="Fit again",
        ) from error
    observed = xr.load_dataset(BytesIO(files[DATA]), engine="scipy")
    posterior = Posterior(
        draws=unpack_draws(xr.load_dataset(BytesIO(files[DRAWS]), engine="scipy")),
        data=unpack_data(observed, words=settings["data"]),
        design=_read_design(observed),
        scale=observed["scale"].to_numpy(),
        project=project,
        diagnostics=Diagnostics(**settings["diagnostics"]),
        versions=settings["versions"],
    )
    if posterior.data.snapshot != settings["snapshot"]:
        raise PosteriorError(f"The data in {folder} are not the snapshot they name")
    return posterior


def _read_checked(folder: Path) -> dict[str, bytes]:
    """The content of each file, once its SHA-256 is that of the manifest."""
    try:
        sums = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PosteriorError(f"There is no posterior in {folder}", fix="Fit one first") from error
    except ValueError as error:
        raise PosteriorError(f"{folder / MANIFEST} is altered: it is not JSON") from error
    contents = {}
    for name in (DRAWS, DATA, SETTINGS):
        file = folder / name
        if not file.is_file():
            raise PosteriorError(f"{file} is missing", fix="Fit again or restore the folder")
        contents[name] = file.read_bytes()
        if hashlib.sha256(contents[name]).hexdigest() != sums.get(name):
            raise PosteriorError(f"{file} is altered: its SHA-256 is not that of the manifest")
    return contents


def _to_dataset(posterior: Posterior) -> xr.Dataset:
    """Data, scale and design; a design that is the same in every geo is stored once."""
    observed = pack_data(posterior.data)
    design = posterior.design
    if (design == design[:, :1]).all():
        observed["design"] = (("date", "one", "column"), design[:, :1])
    else:
        observed["design"] = (("date", "geo", "column"), design)
    observed["scale"] = (("geo", "channel"), posterior.scale)
    return observed


def _read_design(observed: xr.Dataset) -> Array:
    design, n_geos = observed["design"].to_numpy(), observed.sizes["geo"]
    whole: Array = np.broadcast_to(design, (len(design), n_geos, design.shape[2]))
    return whole


def _to_json(posterior: Posterior) -> str:
    settings = {
        "format": FORMAT,
        "snapshot": posterior.data.snapshot,
        "seed": posterior.seed,
        "data": name_data(posterior.data),
        "diagnostics": asdict(posterior.diagnostics),
        "versions": dict(posterior.versions),
        "project": posterior.project.model_dump(mode="json"),
    }
    return json.dumps(settings, indent=2)
