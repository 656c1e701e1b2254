"""Which worlds a result belongs to, beside the code of the model."""

from pathlib import Path

from mmm_orchestration.code_hash import PACKAGE, hash_model_code, hash_sources

__all__ = ["PACKAGE", "hash_model_code", "hash_sources", "hash_worlds"]


def hash_worlds() -> str:
    """SHA-256 over the sources of this package, so that no result outlives the worlds it is of."""
    return hash_sources(Path(__file__).parent)
