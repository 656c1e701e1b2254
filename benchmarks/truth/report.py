"""What a suite prints and keeps, and the exit code that follows from its verdict."""

from dataclasses import dataclass
from pathlib import Path

import click


@dataclass(frozen=True)
class Report:
    """Markdown of one suite, and whether its verdict is good."""

    text: str
    is_passed: bool

    def close(self, file: Path) -> None:
        """Keeps and prints the report, then ends with exit code 1 where it did not pass."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.text, encoding="utf-8")
        click.echo(self.text)
        if not self.is_passed:
            raise SystemExit(1)
