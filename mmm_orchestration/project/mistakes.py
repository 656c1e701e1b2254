"""A mistake in a project file as one sentence with key, line, what is allowed and the nearest.

Belongs here: turning what pydantic found into ProjectError. Must not: deciding what is a mistake.
"""

import difflib
import types
from collections.abc import Iterable
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from mmm_orchestration.errors import ProjectError, nearest
from mmm_orchestration.project.text import Document, Location

N_NEAREST = 5
_MANY = 20


_WORDS = {
    "string_type": "must be text; put it in quotes",
    "tuple_type": "must be a list, each entry on a line that starts with '-'",
    "too_short": "needs at least one entry",
    "model_type": "must be a section of keys",
    "mapping_type": "must be a section of keys",
}


def mistake(
    message: str, *, key: str = "", got: object = None, allowed: Iterable[str] = ()
) -> PydanticCustomError:
    """An error for validators: `key` is the dotted way from the section to the culprit."""
    context = {"message": message, "key": key, "got": got, "allowed": tuple(allowed)}
    return PydanticCustomError("mistake", "{message}", context)


def unknown(what: str, got: str, allowed: Iterable[str], *, key: str = "") -> PydanticCustomError:
    """The error for a name that is not among `allowed`."""
    return mistake(f"there is no {what} '{got}'", key=key, got=got, allowed=sorted(allowed))


def find_nearest(name: str, allowed: Iterable[str]) -> tuple[str, ...]:
    """The few allowed words most like `name`, compared without case and by their last part."""
    wanted = name.casefold()
    by_folded = {word.casefold(): word for word in allowed}
    parts = [f for f in by_folded if wanted in f.replace("_", "/").split("/")]
    close = difflib.get_close_matches(wanted, by_folded, n=N_NEAREST, cutoff=0.5)
    found = dict.fromkeys([*parts, *close])
    return tuple(by_folded[f] for f in found)[:N_NEAREST]


def explain_mistakes(
    error: ValidationError, *, document: Document, model: type[BaseModel], name: str
) -> ProjectError:
    """The first mistake in reading order; a misspelt key goes before what it leaves missing."""
    errors = error.errors(include_url=False)
    located = [(_locate(e), e) for e in errors if not _is_echo(e, errors)]
    location, first = min(
        located, key=lambda le: (le[1]["type"] != "extra_forbidden", document.line_of(le[0]))
    )
    allowed, got = _find_allowed(first, location, model=model)
    close = nearest(got, allowed) or next(iter(find_nearest(got, allowed)), None)
    shown = allowed if len(allowed) <= _MANY else find_nearest(got, allowed)
    n_more = len(located) - 1
    more = f"{n_more} more mistake{'s' * (n_more > 1)} in this file" if n_more else ""
    hints = [f"The nearest is '{close}'" if close else "", more]
    key = ".".join(map(str, location)) or "the whole file"
    return ProjectError(
        f"{name}, line {document.line_of(location)}, {key}: {_describe(first, got)}",
        available=shown,
        fix="; ".join(h for h in hints if h),
    )


def _is_echo(error: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """Whether a list is called too short only because an entry of it is wrong."""
    n = len(error["loc"])
    return error["type"] == "too_short" and any(
        len(other["loc"]) > n and other["loc"][:n] == error["loc"] for other in errors
    )


def _locate(error: ErrorDetails) -> Location:
    key = str(error.get("ctx", {}).get("key", ""))
    inner = tuple(int(p) if p.isdigit() else p for p in key.split(".") if p)
    return (*error["loc"], *inner)


def _find_allowed(
    error: ErrorDetails, location: Location, *, model: type[BaseModel]
) -> tuple[tuple[str, ...], str]:
    """What may stand at `location` (empty where that is no closed set), and what does."""
    match error["type"]:
        case "mistake":
            context = error["ctx"]
            return context["allowed"], str(context["got"])
        case "extra_forbidden":
            return tuple(_section_at(location[:-1], model).model_fields), str(location[-1])
        case "model_type":
            return tuple(_section_at(location, model).model_fields), str(error["input"])
        case "literal_error":
            field = _section_at(location[:-1], model).model_fields[str(location[-1])]
            return tuple(map(str, get_args(_resolve(field.annotation)))), str(error["input"])
    return (), str(error.get("input"))


def _describe(error: ErrorDetails, got: str) -> str:
    shown = got if len(got) <= 60 else f"{got[:57]}…"
    match error["type"]:
        case "mistake":
            return error["msg"]
        case "extra_forbidden":
            return "this key is not known"
        case "missing":
            return "this key is missing"
        case "literal_error":
            return f"'{shown}' is not allowed"
    said = error["msg"].replace("Input should be", "must be").rstrip(".")
    return f"{_WORDS.get(error['type'], said)}, got '{shown}'"


def _section_at(location: Location, model: type[BaseModel]) -> type[BaseModel]:
    """The model class that describes the mapping at `location`."""
    for part in location:
        if isinstance(part, str) and part in model.model_fields:
            model = _find_model(model.model_fields[part].annotation) or model
    return model


def _find_model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_find_model(inner) for inner in get_args(annotation))
    return next((model for model in found if model), None)


def _resolve(annotation: object) -> object:
    """The annotation without `| None`."""
    if isinstance(annotation, types.UnionType):
        return next(a for a in get_args(annotation) if a is not type(None))
    return annotation
