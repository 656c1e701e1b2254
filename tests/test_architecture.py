"""The rules of the house, read from the source itself."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "mmm_orchestration"
ASSETS = ROOT / "assets"

DOMAIN = (
    *("sources", "tables", "transforms", "model"),
    *("insight", "evaluation", "diagnosis", "decisions", "reporting"),
    *("promotion", "refresh", "monitoring"),
)
MODEL_LIBRARIES = {"pymc", "pytensor", "nutpie", "arviz", "pymc_extras", "numpyro", "jax"}
PICKLES = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
REQUIRED = {
    "assets",
    "mmm_orchestration",
    "tests",
    "workspace.yaml",
    "pyproject.toml",
    "README.md",
}
TOOLING = {
    ".ci",
    ".dockerignore",
    ".github",
    ".gitattributes",
    ".gitignore",
    ".python-version",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "benchmarks",
    "dagster.yaml",
    "docs",
    "examples",
    "uv.lock",
}
# Modules that may be longer than 400 lines, each with its reason; none needs it.
LONG_MODULES: dict[str, str] = {}

MAX_MODULE = 400
MAX_BODY = 60
MAX_ASSET_BODY = 25

Function = ast.FunctionDef | ast.AsyncFunctionDef


def list_modules(*folders: Path) -> list[Path]:
    """Every Python file of the folders."""
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def name_module(path: Path) -> str:
    """The dotted name under which the file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def list_imports(path: Path) -> Iterator[str]:
    """The dotted names that the file imports anywhere, also inside functions."""
    package = name_module(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            target = ".".join([*base, *([node.module] if node.module else [])])
            yield target
            yield from (f"{target}.{alias.name}" for alias in node.names)


def list_functions(path: Path) -> Iterator[tuple[str, int]]:
    """The functions of the file and their lines, without docstrings and nested functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            n_nested = sum(count_lines(n) for n in body if isinstance(n, Function))
            length = sum(count_lines(n) for n in body) - n_nested
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", length


def list_undescribed(path: Path) -> Iterator[str]:
    """What is public in the file and has no docstring; what overrides has that of its base."""
    places: list[ast.Module | ast.ClassDef] = [ast.parse(path.read_text(encoding="utf-8"))]
    if ast.get_docstring(places[0]) is None:
        yield f"{path.name}:1"
    for place in places:
        for node in place.body:
            if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
                continue
            is_override = any(ast.unparse(d) == "override" for d in node.decorator_list)
            if ast.get_docstring(node) is None and not is_override:
                yield f"{path.name}:{node.lineno} {node.name}"
            if isinstance(node, ast.ClassDef):
                places.append(node)


def count_lines(node: ast.stmt) -> int:
    """The lines of a statement, decorators included."""
    decorators = node.decorator_list if isinstance(node, Function) else []
    first = min([node.lineno, *(d.lineno for d in decorators)])
    return (node.end_lineno or first) - first + 1


def find_importers(paths: list[Path], *, of: set[str]) -> list[str]:
    """What in `paths` imports one of the packages or anything inside them."""
    return sorted(
        {
            f"{path.relative_to(ROOT)} imports {target}"
            for path in paths
            for target in list_imports(path)
            if any(target == name or target.startswith(f"{name}.") for name in of)
        }
    )


def test_only_definitions_imports_assets() -> None:
    """Of the package only definitions.py imports assets, so imports go one way."""
    paths = [p for p in list_modules(PACKAGE) if p != PACKAGE / "definitions.py"]
    assert find_importers(paths, of={"assets"}) == []


def test_assets_do_not_import_definitions() -> None:
    """Assets import what they use and never the definitions that list them."""
    forbidden = {"mmm_orchestration.definitions", "mmm_orchestration.cli", "mmm_orchestration.api"}
    assert find_importers(list_modules(ASSETS), of=forbidden) == []


@pytest.mark.parametrize("domain", DOMAIN)
def test_domain_knows_no_orchestrator(domain: str) -> None:
    """A domain package imports neither Dagster nor MLflow."""
    forbidden = {"dagster", "mlflow", "dagster_mlflow", "dagster_pyspark", "dagster_deltalake"}
    assert find_importers(list_modules(PACKAGE / domain), of=forbidden) == []


def test_only_model_imports_pymc() -> None:
    """PyMC and its family are imported by mmm_orchestration/model alone."""
    model = PACKAGE / "model"
    paths = [p for p in list_modules(PACKAGE, ASSETS) if model not in p.parents]
    assert find_importers(paths, of=MODEL_LIBRARIES) == []


@pytest.mark.parametrize("leaf", ["api", "cli"])
def test_nothing_imports_a_leaf(leaf: str) -> None:
    """Nothing outside api and cli imports them."""
    leaves = {PACKAGE / "api", PACKAGE / "cli"}
    paths = [p for p in list_modules(PACKAGE, ASSETS) if leaves.isdisjoint(p.parents)]
    assert find_importers(paths, of={f"mmm_orchestration.{leaf}"}) == []


def test_cli_is_thin() -> None:
    """A command imports no library of data or statistics itself."""
    heavy = {"polars", "narwhals", "numpy", "pandas", "deltalake", *MODEL_LIBRARIES}
    assert find_importers(list_modules(PACKAGE / "cli"), of=heavy) == []


def test_nothing_is_pickled() -> None:
    """No module imports a library that loads pickles."""
    assert find_importers(list_modules(PACKAGE, ASSETS), of=PICKLES) == []


def test_top_level_is_as_stated() -> None:
    """The top level holds what the architecture names and tooling, and nothing else."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("this is no git checkout")
    top = {line.split("/")[0] for line in listed.stdout.splitlines()}
    top = {name for name in top if (ROOT / name).exists()}
    assert top >= REQUIRED
    assert top - REQUIRED - TOOLING == set()


def test_no_module_is_long() -> None:
    """No module has more than 400 lines, but those that are named with a reason."""
    long = {
        str(path.relative_to(ROOT))
        for path in list_modules(PACKAGE, ASSETS)
        if len(path.read_text(encoding="utf-8").splitlines()) > MAX_MODULE
    }
    assert long == set(LONG_MODULES)


def test_no_function_is_long() -> None:
    """No body of a function has more than 60 lines."""
    functions = (f for path in list_modules(PACKAGE) for f in list_functions(path))
    assert [(name, n) for name, n in functions if n > MAX_BODY] == []


def test_asset_bodies_are_short() -> None:
    """No function of assets has a body of more than 25 lines."""
    functions = (f for path in list_modules(ASSETS) for f in list_functions(path))
    assert [(name, n) for name, n in functions if n > MAX_ASSET_BODY] == []


def test_everything_public_is_described() -> None:
    """Every module and every public class, function and method of the package has a docstring."""
    assert [name for path in list_modules(PACKAGE) for name in list_undescribed(path)] == []


def test_rules_see_their_breach(tmp_path: Path) -> None:
    """The reading of imports sees those inside functions and relative ones."""
    package = PACKAGE / "starter" / "__init__.py"
    assert "mmm_orchestration.starter.looking.look_at" in set(list_imports(package))
    lazy = PACKAGE / "cli" / "doctor.py"
    assert find_importers([lazy], of={"mmm_orchestration.doctor"}) != []
    bare = tmp_path / "bare.py"
    bare.write_text("class Thing:\n    def act(self): ...\n    def _own(self): ...\n")
    assert list(list_undescribed(bare)) == ["bare.py:1", "bare.py:1 Thing", "bare.py:2 act"]
