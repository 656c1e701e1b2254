"""The list of causes."""

import ast
from pathlib import Path

import pytest

import mmm_orchestration.quality as package
from mmm_orchestration.quality.causes import CAUSES

pytestmark = pytest.mark.unit


def read_causes() -> set[str]:
    """The words given as `cause` anywhere in the package."""
    modules = Path(package.__path__[0]).rglob("*.py")
    nodes = [n for m in modules for n in ast.walk(ast.parse(m.read_text(encoding="utf-8")))]
    values = [n.value for n in nodes if isinstance(n, ast.keyword) and n.arg == "cause"]
    for node in nodes:
        if isinstance(node, ast.Assign):
            names = [n.id for n in ast.walk(node.targets[0]) if isinstance(n, ast.Name)]
            values += [node.value] if "cause" in names else []
    inner = [
        branch
        for value in values
        for branch in ([value.body, value.orelse] if isinstance(value, ast.IfExp) else [value])
    ]
    words = [n.value for v in inner for n in ast.walk(v) if isinstance(n, ast.Constant)]
    return {str(word) for word in words} - {"critical"}


def test_every_cause_is_listed_once() -> None:
    """What the checks find and what is listed are the same, but for the reasons of acceptance."""
    names = [cause.name for cause in CAUSES]
    assert len(names) == len(set(names))
    noted_while_reading = {"totals_disagree", "day_lost"}
    assert read_causes() | noted_while_reading | {"not_delivered", "failed_check"} == set(names)
