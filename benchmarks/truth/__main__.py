"""Prints how true the model is: coverage, simulation-based calibration, a stress matrix."""

from pathlib import Path

import click

FOLDER = Path(__file__).resolve().parents[2] / ".bench" / "truth"
SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

processes = click.option(
    "--processes", "n_processes", default=2, show_default=True, type=click.IntRange(1, 2)
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measures how true the model is; a run that was stopped goes on where it was.

    Exit code 1 means that a verdict is bad: coverage outside the target, ranks that are not even,
    a silent failure or a false alarm.
    """


@main.command()
@click.option("--worlds", "n_worlds", default=80, show_default=True, help="Worlds of 4 channels.")
@click.option(
    "--told/--default",
    "is_told",
    default=True,
    show_default=True,
    help="Whether the true families are declared, or all keep the defaults.",
)
@processes
def coverage(*, n_worlds: int, is_told: bool, n_processes: int) -> None:
    """How often the 94 % interval of contribution holds the truth."""
    from benchmarks.truth.coverage import measure_coverage, write_coverage

    worlds = measure_coverage(
        n_worlds=n_worlds, is_told=is_told, folder=FOLDER, n_processes=n_processes
    )
    report = write_coverage(worlds, is_told=is_told)
    report.close(FOLDER / f"coverage_{'told' if is_told else 'default'}.md")


@main.command()
@click.option("--simulations", "n_simulations", default=500, show_default=True)
@processes
def sbc(*, n_simulations: int, n_processes: int) -> None:
    """Whether truths drawn from the prior rank evenly among the draws of their fits."""
    from benchmarks.truth.sbc import run_calibration

    report = run_calibration(n_simulations=n_simulations, folder=FOLDER, n_processes=n_processes)
    report.close(FOLDER / "sbc.md")


@main.command()
@click.option("--seed", default=1, show_default=True, help="Other worlds.")
@click.option("--shared", default=SHARED_DATA, type=click.Path(path_type=Path), show_default=True)
@processes
def stress(*, seed: int, shared: Path, n_processes: int) -> None:
    """Whether worlds with a trouble are answered right, or the trouble is named."""
    from benchmarks.truth.stress import run_stress, write_stress

    stressed = run_stress(seed=seed, folder=FOLDER, shared=shared, n_processes=n_processes)
    write_stress(stressed).close(FOLDER / "stress.md")


if __name__ == "__main__":
    main()
