"""The text of a project file as plain values that remember their lines.

Belongs here: refusing what YAML allows and a settings file never needs: repeated keys, aliases,
tags, extreme depth or size. Must not: knowing which keys a project has (see `declaration`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from mmm_orchestration.errors import ProjectError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
Location = tuple[int | str, ...]

_TAG = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """YAML whose plain words are text unless they are a number, true, false or null.

    So `country: NO` is a country and `start: 2024-13-45` reaches the check that names its key.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _name, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+"
        r"|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(rf"^(?:{_pattern})$"), _first)


@dataclass(frozen=True)
class Document:
    """The values of a project file, and where each of them stands."""

    values: dict[str, object]
    root: yaml.MappingNode

    def line_of(self, location: Location) -> int:
        """The line of the deepest key on the way to `location` that the file has."""
        line, node = 1, self.root
        for part in location:
            found = _child(node, part)
            if found is None:
                break
            line, node = found
        return line


def read_document(path: Path) -> Document:
    """The project file at `path`; raises ProjectError when it is absent, too long or not text."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _too_long(path.name, size)
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        fix = "Write one with 'mmm init FILE' or try 'mmm demo'"
        raise ProjectError(f"There is no project file at {path}", fix=fix) from error
    except UnicodeDecodeError as error:
        fix = "Save it as UTF-8"
        raise ProjectError(f"{path.name} is not UTF-8 text", fix=fix) from error
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror}") from error
    return parse_document(text, name=path.name)


def parse_document(text: str, *, name: str) -> Document:
    """The document in `text`; `name` stands in errors.

    Raises ProjectError where it is too long, no YAML, or not keys with values.
    """
    size = len(text.encode("utf-8", errors="replace"))
    if size > MAX_BYTES:
        raise _too_long(name, size)
    try:
        _refuse_tricks(yaml.parse(text, Loader=_Loader), name=name)
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.YAMLError as error:
        raise _not_yaml(error, name=name) from error
    if not isinstance(root, yaml.MappingNode):
        got = "an empty file" if root is None else "a list or a single value"
        raise ProjectError(
            f"{name} must consist of keys with values, got {got}",
            fix="Its first line reads for example 'project: my_shop'",
        )
    _check_keys(root, name=name)
    return Document(loader.construct_document(root), root)


def _refuse_tricks(events: Iterable[yaml.Event], *, name: str) -> None:
    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        mark = event.start_mark
        where = f"{name}, line {mark.line + 1}" if mark else name
        if depth > MAX_DEPTH:
            raise ProjectError(f"{where}: nested more than {MAX_DEPTH} deep")
        if getattr(event, "anchor", None) is not None:
            fix = "Write the value out where it is needed"
            raise ProjectError(f"{where}: anchors (&) and aliases (*) are not read", fix=fix)
        if getattr(event, "tag", None) is not None:
            fix = "Remove it, or put the value in quotes"
            raise ProjectError(f"{where}: tags (!) are not read", fix=fix)


def _check_keys(node: yaml.Node, *, name: str) -> None:
    """Every key is made text and must be alone of its name in its section."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_keys(item, name=name)
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise ProjectError(f"{name}, line {line}: a key must be one word")
        key.tag = f"{_TAG}str"
        if key.value in lines:
            raise ProjectError(
                f"{name}, line {line}, {key.value}: this key stands already on line "
                f"{lines[key.value]}",
                fix="Keep one of the two",
            )
        lines[key.value] = line
        _check_keys(value, name=name)


def _child(node: yaml.Node, part: int | str) -> tuple[int, yaml.MappingNode] | None:
    if isinstance(node, yaml.MappingNode):
        pairs = ((key, value) for key, value in node.value if key.value == str(part))
        return next(((key.start_mark.line + 1, value) for key, value in pairs), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        return node.value[part].start_mark.line + 1, node.value[part]
    return None


def _too_long(name: str, size: int) -> ProjectError:
    return ProjectError(
        f"{name} is {size:,} bytes long, and a project file has at most {MAX_BYTES:,}",
        fix="Data belongs in files that 'sources' names",
    )


def _not_yaml(error: yaml.YAMLError, *, name: str) -> ProjectError:
    mark = getattr(error, "problem_mark", None)
    line = f", line {mark.line + 1}" if mark else ""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    return ProjectError(
        f"{name}{line}: this is not YAML ({problem})",
        fix="Check indentation, colons and quotes there",
    )
