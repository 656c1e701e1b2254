"""A project of several models, narrowed to one of them.

Belongs here: what a model takes over from its project. Must not: reading data.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from mmm_orchestration.errors import ProjectError, nearest
from mmm_orchestration.project.mistakes import mistake, unknown

if TYPE_CHECKING:
    from mmm_orchestration.project.declaration import ModelSpec, OneModel, Project


def narrow(project: "Project", one: "OneModel") -> "Project":
    """`project` with what its model `one` names in the place of its own, and no other model.

    Settings are merged key by key, those of the sampler too; synergies of the project with a
    channel that the model has not are left out. Narrowing again changes nothing.
    """
    channels, controls = (
        kept if names is None else tuple(each for each in kept if each.name in names)
        for kept, names in ((project.channels, one.channels), (project.controls, one.controls))
    )
    wanted = {
        "models": (one,),
        "kpi": one.kpi or project.kpi,
        "channels": channels,
        "controls": controls,
        "model": _merge(project.model, one.model, channels=[c.name for c in channels]),
    }
    if all(getattr(project, key) == value for key, value in wanted.items()):
        return project
    return type(project).model_validate(dict(project) | wanted)


def check_models(project: "Project") -> None:
    """Nothing, when every model of `project` is one; else the first mistake with its key."""
    for i, one in enumerate(project.models):
        for key in ("channels", "controls"):
            known = [each.name for each in getattr(project, key)]
            for j, name in enumerate(getattr(one, key) or ()):
                if name not in known:
                    raise unknown(key.rstrip("s"), name, known, key=f"models.{i}.{key}.{j}")
        try:
            narrow(project, one)
        except ValidationError as error:
            found = error.errors()[0]["ctx"]
            raise mistake(
                found["message"],
                key=f"models.{i}.{found['key']}",
                got=found["got"],
                allowed=found["allowed"],
            ) from error
    _check_kpis(project)
    _check_nothing_is_left(project)


def name_no_model(name: str | None, names: Sequence[str]) -> ProjectError:
    """The error for a model that is not declared, or that is not named where there are several."""
    if name is None:
        what, fix = "This project has several models", "Name one of them with --model"
    elif names:
        close = nearest(name, names)
        what, fix = f"There is no model '{name}'", f"The nearest is '{close}'" if close else ""
    else:
        what, fix = f"There is no model '{name}': the project declares none", "Leave out --model"
    return ProjectError(what, available=names, fix=fix)


def _merge(base: "ModelSpec", own: "ModelSpec", *, channels: Sequence[str]) -> "ModelSpec":
    changes = {name: getattr(own, name) for name in own.model_fields_set}
    if "sampler" in changes:
        given = own.sampler
        said = {name: getattr(given, name) for name in given.model_fields_set}
        changes["sampler"] = base.sampler.model_copy(update=said)
    if "synergies" not in changes:
        changes["synergies"] = tuple(p for p in base.synergies if set(p) <= set(channels))
    return base.model_copy(update=changes)


def _check_kpis(project: "Project") -> None:
    """Nothing, when one outcome is one kind of KPI and the project's own is explained."""
    explained = [one.kpi or project.kpi for one in project.models]
    if project.models and project.kpi not in explained:
        raise mistake("every model has a KPI of its own; let one of them take this one", key="kpi")
    kinds: dict[tuple[str, str], str] = {}
    for i, kpi in enumerate(explained):
        if kinds.setdefault((kpi.source, kpi.outcome), kpi.kind) != kpi.kind:
            raise mistake(
                f"'{kpi.outcome}' of '{kpi.source}' is of another kind in another model",
                key=f"models.{i}.kpi.kind",
            )


def _check_nothing_is_left(project: "Project") -> None:
    """Nothing, when some model has each channel and each control of the project."""
    for key in ("channels", "controls"):
        taken = [getattr(one, key) for one in project.models]
        if not taken or None in taken:
            continue
        for i, each in enumerate(getattr(project, key)):
            if not any(each.name in names for names in taken):
                what = f"no model has the {key.rstrip('s')} '{each.name}'"
                raise mistake(f"{what}; name it in one, or take it out", key=f"{key}.{i}")
