"""One fit in a process of its own: `python -m mmm_orchestration.model.worker FOLDER`.

Belongs here: both ends of it, and the files between them. Must not: the fit itself. A process that
ends gives back all its memory, and one that is killed takes nothing else with it.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import xarray as xr

from mmm_orchestration.errors import MmmError, ModelError
from mmm_orchestration.model.cost import Cost, predict_cost
from mmm_orchestration.model.data import ModelData
from mmm_orchestration.model.machine import find_hardware
from mmm_orchestration.model.parts import prepare_parts
from mmm_orchestration.model.posterior import Posterior, load_posterior, save_posterior
from mmm_orchestration.model.samplers import Progress, SamplerPlan, choose_sampler, measure_size
from mmm_orchestration.model.stored import name_data, pack_data, unpack_data
from mmm_orchestration.project import Project

DATA, ASKED, REFUSED, LOG = "asked.nc", "asked.json", "refused.json", "worker.log"
FITTED = "posterior"
_ADVICE = "Sample fewer draws or chains, model by week, join small geos, or use more memory"
_LAST_WORDS = 600
# chains already use every core, so the linear algebra of each keeps to one
_THREADS = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def plan_fit(data: ModelData, *, project: Project) -> tuple[SamplerPlan, Cost]:
    """How the data would be sampled on this machine and what that would take."""
    size, hardware = measure_size(prepare_parts(data, project=project)), find_hardware()
    sampler = project.model.sampler
    plan = choose_sampler(size, sampler=sampler, hardware=hardware)
    return plan, predict_cost(size, plan=plan, hardware=hardware, keep=sampler.keep)


def fit_apart(data: ModelData, *, project: Project, progress: Progress | None = None) -> Posterior:
    """`fit` in a child process, on the same numbers; no memory of it is left behind.

    Raises ModelError with the child's own words, and one that says so when it was killed.
    """
    with tempfile.TemporaryDirectory(prefix="mmm-fit-") as temporary:
        folder = Path(temporary)
        pack_data(data).to_netcdf(folder / DATA, engine="scipy")
        asked = {"data": name_data(data), "project": project.model_dump(mode="json")}
        (folder / ASKED).write_text(json.dumps(asked), encoding="utf-8")
        code = _run(folder, progress=progress)
        if code != 0:
            raise _explain(folder, code=code)
        return load_posterior(folder / FITTED)


def _run(folder: Path, *, progress: Progress | None) -> int:
    """The exit code of the child, after its progress was passed on; it is ended with this."""
    command = [sys.executable, "-m", "mmm_orchestration.model.worker", str(folder)]
    with (
        (folder / LOG).open("w", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603 - this module itself
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ | _THREADS
        ) as child,
    ):
        try:
            for line in child.stdout or ():
                done, _, total = line.strip().partition("/")
                if progress is not None and done.isdigit() and total.isdigit():
                    progress(int(done), int(total))
        except BaseException:
            child.kill()
            raise
    return child.returncode


def _explain(folder: Path, *, code: int) -> ModelError:
    """Why the child ended: its own words, the signal, or the end of its log."""
    if (folder / REFUSED).is_file():
        refused = json.loads((folder / REFUSED).read_text(encoding="utf-8"))
        return ModelError(refused["what"], fix=refused["fix"])
    if code < 0:
        name = signal.Signals(-code).name
        return ModelError(
            f"The fit was killed by {name}, most often because memory ran out", fix=_ADVICE
        )
    words = (folder / LOG).read_text(encoding="utf-8")[-_LAST_WORDS:]
    return ModelError(f"The fit ended with code {code}: {words.strip()}")


def main(folder: Path) -> int:
    """Fits what lies in `folder` and saves the posterior beside it; 1 when it was refused."""
    from mmm_orchestration.model.fit import fit

    asked = json.loads((folder / ASKED).read_text(encoding="utf-8"))
    data = unpack_data(xr.load_dataset(folder / DATA, engine="scipy"), words=asked["data"])
    project = Project.model_validate(asked["project"])

    def tell(done: int, total: int) -> None:
        sys.stdout.write(f"{done}/{total}\n")
        sys.stdout.flush()

    try:
        save_posterior(fit(data, project=project, progress=tell), folder / FITTED)
    except MmmError as error:
        fix = {"what": str(error).removesuffix(f"{error.fix}.").strip(), "fix": error.fix}
        (folder / REFUSED).write_text(json.dumps(fix), encoding="utf-8")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
