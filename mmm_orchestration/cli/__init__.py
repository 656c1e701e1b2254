"""The command line `mmm`: one module per command, thin, loaded only when it is called.

A module of this folder that does not start with '_' is a command of its name: its object
`command` is the click command, and the first line of its docstring stands in `mmm -h`.
Must not: anything but reading arguments, calling one function and showing what came back.
"""

import ast
import pkgutil
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import override

import click

from mmm_orchestration.errors import MmmError

_NO_COMMANDS = frozenset({"reference"})


@dataclass(frozen=True)
class Shell:
    """What every command knows: where the project file is."""

    project_file: Path


class CommandFailedError(click.ClickException):
    """An error the user can mend, shown as one red line; the exit code is 2."""

    exit_code = 2

    @override
    def show(self, file: object = None) -> None:
        click.secho(" ".join(self.message.split()), fg="red", err=True)


class LazyGroup(click.Group):
    """The commands of this folder; listing them imports none."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        names = (module.name for module in pkgutil.iter_modules(__path__))
        return sorted(n for n in names if n not in _NO_COMMANDS and not n.startswith("_"))

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = import_module(f"{__name__}.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"{__name__}.{cmd_name}.command is no click command")
        return command

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(n, summarise_command(n)) for n in self.list_commands(ctx)])

    @override
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except MmmError as error:
            raise CommandFailedError(str(error)) from error


def summarise_command(name: str) -> str:
    """The first line of the docstring of a command's module, read without importing it."""
    source = Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--project",
    "project_file",
    type=click.Path(path_type=Path),
    envvar="MMM_PROJECT",
    default=Path("mmm.yaml"),
    show_default="mmm.yaml",
    show_envvar=True,
    help="Project file, or the folder that holds mmm.yaml.",
)
@click.version_option(package_name="mmm-orchestration")
@click.pass_context
def main(ctx: click.Context, project_file: Path) -> None:
    """Operate Bayesian media mix models: raw exports in, an ROI report out."""
    ctx.obj = Shell(project_file / "mmm.yaml" if project_file.is_dir() else project_file)
