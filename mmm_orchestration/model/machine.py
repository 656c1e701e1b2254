"""What the machine has, and how the memory of this process is used.

Belongs here: cores, memory, GPU, the allocator. Must not: models.
"""

import ctypes
import os
import sys
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_LIMIT = Path("/sys/fs/cgroup/memory.max")
_CUDA = ("jax_cuda12_plugin", "jax_cuda13_plugin", "jax_rocm7_plugin")
# the numbers of these settings in glibc's malloc.h
_TRIM, _MAP = -1, -3
_KEPT_BYTES = 512 * 2**20
_MAPPED_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Hardware:
    """Cores and bytes of memory this process may use; `gpu` names the GPU that JAX sees."""

    n_cores: int
    memory_bytes: int
    gpu: str | None = None


@cache
def find_hardware() -> Hardware:
    """What this process may use; JAX is imported only where its plugin for GPUs is installed."""
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _LIMIT.read_text(encoding="utf-8").strip() if _LIMIT.is_file() else "max"
    return Hardware(
        n_cores=n_cores or 1,
        memory_bytes=memory if limit == "max" else min(memory, int(limit)),
        gpu=_find_gpu() if any(find_spec(name) for name in _CUDA) else None,
    )


def keep_memory() -> None:
    """Lets this process keep freed memory below half a gigabyte instead of giving it back.

    A gradient of a large model frees and asks for the same megabytes every time, and getting them
    back from the system page by page takes half of its time. Does nothing where the C library is
    not glibc.
    """
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version"):
        library.mallopt(_MAP, _MAPPED_BYTES)
        library.mallopt(_TRIM, _KEPT_BYTES)


def _find_gpu() -> str | None:
    import jax

    if jax.default_backend() != "gpu":
        return None
    return str(jax.devices()[0].device_kind)
