"""The model registry: versions of a model in MLflow, which one is champion and who said so.

Belongs here: registering, aliases with their record, model cards, fetching a posterior back.
Must not: fitting, judging (see `promotion`), Dagster, pickles or MLflow's model flavours.
"""

from mmm_orchestration.registry.store import Registry, open_registry
from mmm_orchestration.registry.switches import Switch
from mmm_orchestration.registry.versions import CHALLENGER, CHAMPION, ModelVersion

__all__ = ["CHALLENGER", "CHAMPION", "ModelVersion", "Registry", "Switch", "open_registry"]
