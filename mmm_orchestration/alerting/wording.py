"""What a message says: what, since when, where and what to do.

Belongs here: problems to text. Must not: sending it.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from mmm_orchestration.alerting.problems import (
    SEVERITIES,
    TITLES,
    Change,
    Notice,
    Problem,
    sort_problems,
)

Tone = Literal["info", "success", "warning", "failure"]
MAX_LISTED = 20
MAX_TITLE, MAX_TEXT = 120, 700
_HEADS: dict[Change, str] = {
    "opened": "New problems",
    "over": "Over",
    "happened": "News",
}


@dataclass(frozen=True)
class Message:
    """A text for one target; `thread` is the same for a problem and for its end."""

    title: str
    body: str
    tone: Tone
    thread: str


def word_notice(notice: Notice, *, project: str, zone: ZoneInfo) -> Message:
    """One problem, the end of one, or one event."""
    problem = notice.problem
    since = f"{problem.since.astimezone(zone):%Y-%m-%d %H:%M %Z}"
    if notice.change == "over":
        body = f"Over: {clean(problem.what)}\nIt began: {since}\nWhere: {clean(problem.where)}"
        return Message(_name(problem, project, "Over: "), body, "success", problem.id)
    when = "When" if problem.is_event else "Since"
    body = (
        f"{clean(problem.what)}\n{when}: {since}\nWhere: {clean(problem.where)}\n"
        f"What to do: {clean(problem.fix)}"
    )
    return Message(_name(problem, project), body, _find_tone(problem), problem.id)


def word_digest(notices: Sequence[Notice], *, project: str) -> Message:
    """All of `notices` in one message: how many of which kind, and the worst with what to do."""
    parts = []
    for change, head in _HEADS.items():
        problems = [notice.problem for notice in notices if notice.change == change]
        if problems:
            lines = [_say_line(p, change=change) for p in sort_problems(problems)[:MAX_LISTED]]
            left = len(problems) - len(lines)
            more = [f"- and {left:,} more; 'mmm alerts' lists what is open"] if left > 0 else []
            parts.append("\n".join([f"{head}: {_count_kinds(problems)}", *lines, *more]))
    opened = [n.problem for n in notices if n.change != "over"]
    tone = _find_tone(sort_problems(opened)[0]) if opened else "success"
    title = f"[{project}] {'' if opened else 'Over: '}{_count_kinds([n.problem for n in notices])}"
    return Message(_shorten(title), "\n\n".join(parts), tone, f"digest {notices[-1].key}")


def _count_kinds(problems: Sequence[Problem]) -> str:
    counts = Counter(TITLES[problem.kind].lower() for problem in problems)
    return ", ".join(f"{n:,} × {kind}" for kind, n in counts.most_common())


def _say_line(problem: Problem, *, change: Change) -> str:
    line = f"- {_cut(problem.what)} ({_cut(problem.where)})"
    return line if change == "over" else f"{line} What to do: {_cut(problem.fix)}"


def clean(text: str) -> str:
    """`text` on one line, without control characters, shortened where it is very long."""
    words = re.sub(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2066-\u2069]+", " ", text)
    return words.strip() if len(words) <= MAX_TEXT else f"{words[:MAX_TEXT].strip()} …"


def _name(problem: Problem, project: str, prefix: str = "") -> str:
    return _shorten(clean(f"[{project}] {prefix}{TITLES[problem.kind]}: {problem.where}"))


def _shorten(title: str) -> str:
    return title if len(title) <= MAX_TITLE else f"{title[: MAX_TITLE - 2]} …"


def _cut(text: str) -> str:
    line = clean(text)
    return line if len(line) <= 160 else f"{line[:158]} …"


def _find_tone(problem: Problem) -> Tone:
    if problem.severity == "info":
        return "info"
    return "failure" if SEVERITIES.index(problem.severity) >= 2 else "warning"
