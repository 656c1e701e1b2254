"""Errors as answers: what, got, available, fix, and the status that goes with them.

Belongs here: the way from an error to bytes. Must not: deciding what is an error.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from mmm_orchestration.api.documents import Problem, ProblemAnswer
from mmm_orchestration.errors import ApiError, MmmError, ModelError, PlanError

MAX_TEXT: Final = 1000
_SERVER_AT_FAULT: Final = 503


class RefusedError(ApiError):
    """A request that is refused with a status, perhaps with headers of its own."""

    def __init__(
        self,
        status: int,
        what: str,
        *,
        got: object = None,
        available: Iterable[str] = (),
        fix: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(what, got=got, available=available, fix=fix)
        self.status = status
        self.headers = dict(headers or {})


def get_status(error: MmmError) -> int:
    """The status of an error: that of a refusal; 422 where the question was wrong; else 503."""
    if isinstance(error, RefusedError):
        return error.status
    return 422 if isinstance(error, PlanError | ModelError) else _SERVER_AT_FAULT


def write_problem(error: MmmError, *, base: Path | None = None) -> bytes:
    """The error as an answer; folders of this machine are not told."""
    got = error.got
    if not (got is None or isinstance(got, str | bool | int | float)):
        got = str(got)
    if isinstance(got, str):
        got = hide_base(got, base=base)[:MAX_TEXT]
    problem = Problem(
        what=hide_base(error.what, base=base)[:MAX_TEXT],
        got=got,
        available=error.available[:100],
        fix=hide_base(error.fix, base=base)[:MAX_TEXT],
    )
    return ProblemAnswer(error=problem).model_dump_json().encode()


def hide_base(text: str, *, base: Path | None) -> str:
    """The text with the files of the project as they are named in its folder."""
    return text if base is None else text.replace(f"{base}/", "").replace(str(base), ".")
