"""The reference of every command as Markdown: `python -m mmm_orchestration.cli.reference`."""

import sys

import click

from mmm_orchestration.cli import main

WIDTH = 88
_HEAD = """\
# Commands

Every command takes `-h`. An error that you can mend is one red line, and the exit code is 2.
This page is written by `python -m mmm_orchestration.cli.reference > docs/cli.md`.
"""


def write_reference() -> str:
    """The Markdown of `mmm` and of each of its commands, as `-h` shows them."""
    root = _open_context(main, name="mmm", parent=None)
    parts = [_HEAD, _write_section("mmm", main.get_help(root))]
    for name in main.list_commands(root):
        command = main.get_command(root, name)
        if command is not None:
            context = _open_context(command, name=name, parent=root)
            parts.append(_write_section(f"mmm {name}", command.get_help(context)))
    return "\n".join(parts)


def _open_context(
    command: click.Command, *, name: str, parent: click.Context | None
) -> click.Context:
    """A context whose help has the same width everywhere."""
    return click.Context(
        command,
        parent=parent,
        info_name=name,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        help_option_names=["-h", "--help"],
    )


def _write_section(title: str, text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return f"## {title}\n\n```text\n{lines}\n```\n"


if __name__ == "__main__":
    sys.stdout.write(write_reference())
