"""What this machine lacks, what follows from it and how to mend it.

Belongs here: trying what the product needs, for real. Must not: mending anything.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zoneinfo
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Status = Literal["fine", "limited", "missing"]

MIN_PYTHON = (3, 12)
MIN_DISK_GB = 1.0
GOOD_DISK_GB = 10.0
MIN_MEMORY_GB = 2.0
GOOD_MEMORY_GB = 6.0
GOOD_CORES = 4
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@dataclass(frozen=True)
class Check:
    """One thing that was tried: 'limited' costs something, 'missing' makes work impossible.

    `follows` and `mend` are empty where the status is 'fine'.
    """

    name: str
    status: Status
    found: str
    follows: str = ""
    mend: str = ""

    def to_row(self) -> dict[str, str]:
        """The check as one flat row for JSON."""
        return asdict(self)


def examine_machine(folder: Path, *, lake: str = "lake") -> tuple[Check, ...]:
    """Every check for a project in `folder` whose tables live at `lake`, a folder or a URI."""
    is_remote = "://" in lake and not lake.startswith("file://")
    local = folder if is_remote else folder / lake.removeprefix("file://")
    return (
        check_python(sys.version_info[:3]),
        check_writable(folder),
        check_hard_links(local, is_remote=is_remote),
        check_disk(shutil.disk_usage(_find_existing(local)).free / 1e9),
        check_memory(read_memory_gb()),
        check_cores(count_cores()),
        check_time_zones(len(zoneinfo.available_timezones())),
        check_bytecode(is_disabled=sys.dont_write_bytecode),
        check_java(shutil.which("java")),
        check_gpu(find_gpu()),
        check_compiler(next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)),
        check_browser(next(filter(None, map(shutil.which, _BROWSERS)), None)),
    )


def is_able(checks: Iterable[Check]) -> bool:
    """Whether nothing necessary is missing."""
    return all(check.status != "missing" for check in checks)


def check_python(version: tuple[int, ...]) -> Check:
    """Whether the interpreter is new enough."""
    found = ".".join(map(str, version))
    if version >= MIN_PYTHON:
        return Check("Python", "fine", found)
    needed = ".".join(map(str, MIN_PYTHON))
    return Check(
        "Python",
        "missing",
        found,
        "nothing runs",
        f"install Python {needed} or newer, then 'make setup'",
    )


def check_writable(folder: Path) -> Check:
    """Whether a file can be made in the project folder, tried for real."""
    try:
        with tempfile.TemporaryFile(dir=_find_existing(folder)):
            return Check("project folder", "fine", f"{folder} can be written")
    except OSError as error:
        return Check(
            "project folder",
            "missing",
            f"{folder}: {error.strerror}",
            "no table, posterior or report can be stored",
            "give yourself the right to write there, or say another --project",
        )


def check_hard_links(folder: Path, *, is_remote: bool = False) -> Check:
    """Whether the file system of the lake makes hard links, tried for real."""
    name = "hard links in the lake"
    if is_remote:
        return Check(name, "fine", "not needed: the lake is no local folder")
    try:
        with tempfile.TemporaryDirectory(dir=_find_existing(folder)) as scratch:
            file = Path(scratch, "file")
            file.touch()
            Path(scratch, "link").hardlink_to(file)
            return Check(name, "fine", f"made in {_find_existing(folder)}")
    except OSError as error:
        return Check(
            name,
            "missing",
            f"{folder}: {error.strerror}",
            "Delta tables cannot be committed to this file system",
            "set lake.uri in mmm.yaml to a folder on a local disk, or to an object store",
        )


def check_disk(free_gb: float) -> Check:
    """Whether the lake's disk has room."""
    found = f"{free_gb:.1f} GB free"
    if free_gb >= GOOD_DISK_GB:
        return Check("disk", "fine", found)
    return Check(
        "disk",
        "limited" if free_gb >= MIN_DISK_GB else "missing",
        found,
        "a full disk refuses new days; three years of eight sources take about 1 GB with history",
        "free space, or set lake.uri in mmm.yaml to a larger disk",
    )


def check_memory(total_gb: float | None) -> Check:
    """Whether the memory holds a range run and a fit."""
    if total_gb is None:
        return Check("memory", "fine", "this system does not tell how much there is")
    found = f"{total_gb:.1f} GB"
    if total_gb >= GOOD_MEMORY_GB:
        return Check("memory", "fine", found)
    return Check(
        "memory",
        "limited" if total_gb >= MIN_MEMORY_GB else "missing",
        found,
        "a fit with four chains or a range run over years can be killed",
        "set model.sampler.chains to 2 in mmm.yaml, and replay long ranges year by year",
    )


def check_cores(n_cores: int) -> Check:
    """How many chains run at the same moment."""
    found = f"{n_cores} core{'s' * (n_cores != 1)}"
    if n_cores >= GOOD_CORES:
        return Check("cores", "fine", found)
    return Check(
        "cores",
        "limited",
        found,
        f"four chains take turns, so a fit takes about {GOOD_CORES / n_cores:.0f} times as long",
        f"use a machine with {GOOD_CORES} cores or more for training",
    )


def check_time_zones(n_zones: int) -> Check:
    """Whether the database of time zones is there."""
    if n_zones:
        return Check("time zones", "fine", f"{n_zones} names")
    return Check(
        "time zones",
        "missing",
        "no database",
        "no project can be read, because its time zone is unknown",
        "install the Python package tzdata",
    )


def check_bytecode(*, is_disabled: bool) -> Check:
    """Whether Python may keep compiled modules."""
    if not is_disabled:
        return Check("bytecode", "fine", "compiled modules are kept")
    return Check(
        "bytecode",
        "limited",
        "PYTHONDONTWRITEBYTECODE is set",
        "every start takes about three times as long",
        "unset PYTHONDONTWRITEBYTECODE",
    )


def check_java(path: str | None) -> Check:
    """Whether Spark could start."""
    if path:
        return Check("Java", "fine", path)
    return Check(
        "Java",
        "limited",
        "none",
        "the Spark engine cannot run; polars, the default, needs no Java",
        "install a Java runtime 17 or newer, if tables outgrow this machine",
    )


def check_gpu(name: str | None) -> Check:
    """Whether JAX could sample on a GPU."""
    if name:
        return Check("GPU", "fine", name)
    return Check(
        "GPU",
        "limited",
        "none",
        "models are sampled on the CPU, which is the default",
        "use a machine with an NVIDIA GPU for panels of many geos",
    )


def check_compiler(path: str | None) -> Check:
    """Whether PyTensor could compile C."""
    if path:
        return Check("C compiler", "fine", path)
    return Check("C compiler", "fine", "none; not needed, models are compiled with XLA or Numba")


def check_browser(path: str | None) -> Check:
    """Whether the tests of the user interface could run."""
    if path:
        return Check("Chromium", "fine", path)
    return Check(
        "Chromium",
        "limited",
        "none",
        "'make test-ui' cannot look at the Dagster UI; nothing else needs it",
        "install the package chromium",
    )


def read_memory_gb() -> float | None:
    """Memory that this process may use, in GB: the machine's, or less where a cgroup limits it."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    for limit in ("memory.max", "memory/memory.limit_in_bytes"):
        file = Path("/sys/fs/cgroup", limit)
        if file.is_file() and (text := file.read_text(encoding="ascii").strip()).isdigit():
            total = min(total, int(text))
    return total / 1e9


def count_cores() -> int:
    """Cores that this process may use."""
    if platform.system() == "Linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def find_gpu() -> str | None:
    """The name of the first NVIDIA GPU, or None."""
    tool = shutil.which("nvidia-smi")
    if tool:
        query = [tool, "--query-gpu=name", "--format=csv,noheader"]
        try:
            answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired):
            return None
        if answer.returncode == 0 and answer.stdout.strip():
            return answer.stdout.splitlines()[0].strip()
    device = next(Path("/dev").glob("nvidia[0-9]*"), None)
    return str(device) if device else None


def _find_existing(folder: Path) -> Path:
    """The folder itself, or its nearest parent that exists."""
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.is_dir())
