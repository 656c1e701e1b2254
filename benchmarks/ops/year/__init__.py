"""A project operated for a simulated year, with faults, by its own schedules and sensors."""

from benchmarks.ops.year.measure import judge_year, measure

__all__ = ["judge_year", "measure"]
