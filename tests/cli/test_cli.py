"""The command line: start-up, errors, help and the reference."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from mmm_orchestration.cli import main, summarise_command
from mmm_orchestration.cli.reference import write_reference

pytestmark = pytest.mark.unit

DOCS = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
COMMANDS = main.list_commands(click.Context(main))
DATA = "week,revenue,tv_spend\n" + "".join(
    f"2024-{month:02}-{day:02},{100 + 7 * month * day % 13},{day}\n"
    for month, day in [(1, 1), (1, 8), (1, 15), (1, 22), (1, 29), (2, 5)]
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working folder with a small data file and no project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MMM_PROJECT", raising=False)
    Path("data.csv").write_text(DATA)
    return tmp_path


def invoke(*arguments: str) -> Result:
    """The result of `mmm` with these arguments."""
    return CliRunner().invoke(main, list(arguments))


def init(*arguments: str) -> Result:
    """The result of `mmm init data.csv` with currency and time zone."""
    return invoke("init", "data.csv", "--currency", "EUR", "--time-zone", "UTC", *arguments)


def test_help_imports_nothing_heavy() -> None:
    """`mmm -h` imports no command and none of the heavy libraries."""
    code = (
        "import sys; from mmm_orchestration.cli import main\n"
        "main(['-h'], standalone_mode=False)\n"
        "heavy = {'polars', 'pydantic', 'dagster', 'pymc', 'mlflow', 'pandas', 'matplotlib'}\n"
        "commands = {m for m in sys.modules if m.startswith('mmm_orchestration.cli.')}\n"
        "print(sorted(heavy & set(sys.modules)), sorted(commands))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] []"


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_documented(name: str) -> None:
    """Every command has -h, a summary and a section of the reference."""
    result = invoke(name, "-h")
    assert result.exit_code == 0
    assert summarise_command(name).endswith(".")
    assert f"\n## mmm {name}\n" in DOCS.read_text(encoding="utf-8")


def test_reference_is_current() -> None:
    """docs/cli.md is what the commands say of themselves."""
    assert DOCS.read_text(encoding="utf-8") == write_reference()


def test_error_is_one_red_line(folder: Path) -> None:
    """An error the user can mend is one line on stderr with exit code 2 and no traceback."""
    result = CliRunner().invoke(main, ["init", "none.csv"], color=True)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("\x1b[31m")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr


def test_unknown_command(folder: Path) -> None:
    """An unknown command is refused by name."""
    result = invoke("nope")
    assert result.exit_code == 2
    assert "nope" in result.stderr


@pytest.mark.parametrize("given", ["other", "other/mmm.yaml"])
def test_project_is_a_file_or_its_folder(folder: Path, given: str) -> None:
    """--project takes the file or the folder that holds it; MMM_PROJECT stands in for it."""
    Path("other").mkdir()
    Path("other/mmm.yaml").write_text("curency: EUR")
    by_flag = invoke("--project", given, "doctor")
    by_variable = CliRunner().invoke(main, ["doctor"], env={"MMM_PROJECT": given})
    assert by_flag.exit_code == by_variable.exit_code == 2
    assert "line 1, curency" in by_flag.stderr
    assert by_flag.stderr == by_variable.stderr


def test_init_writes_a_project(folder: Path) -> None:
    """`mmm init` writes mmm.yaml and says what it took for what."""
    result = init()
    assert result.exit_code == 0, result.output
    assert "revenue" in result.stdout
    assert Path("mmm.yaml").is_file()


def test_init_never_guesses_currency(folder: Path) -> None:
    """Without a terminal the missing currency is an error that names the flag."""
    result = invoke("init", "data.csv")
    assert result.exit_code == 2
    assert "Add --currency EUR" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--currency", "eur"), "--currency: 'eur'"),
        (("--time-zone", "Berlin"), "--time-zone: there is no time zone 'Berlin'"),
        (("--name", "My Shop"), "--name: 'My Shop'"),
        (("--kpi", "revenu"), "Did you mean --kpi 'revenue'"),
        (("--folder", "data.csv/x"), "--folder"),
    ],
)
def test_init_error_names_its_flag(folder: Path, arguments: tuple[str, str], words: str) -> None:
    """An error about a flag's value names the flag, and nothing is written."""
    result = init(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not Path("mmm.yaml").exists()


def test_init_replaces_only_with_force(folder: Path) -> None:
    """An existing project file is kept unless --force is given."""
    Path("mmm.yaml").write_text("mine")
    assert "--force" in init().stderr
    assert Path("mmm.yaml").read_text() == "mine"
    assert init("--force").exit_code == 0


def test_doctor_prints_json(folder: Path) -> None:
    """`mmm doctor --json` prints one list of checks."""
    result = invoke("doctor", "--json")
    rows = json.loads(result.stdout)
    assert {"name", "status", "found", "follows", "mend"} == set(rows[0])
    assert result.exit_code == int(any(row["status"] == "missing" for row in rows))


def test_doctor_prints_text(folder: Path) -> None:
    """`mmm doctor` prints each check, and how to mend what is not fine."""
    result = invoke("doctor")
    assert "Python" in result.stdout
    assert "Traceback" not in result.output
