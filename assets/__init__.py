"""What exists and what it depends on: every Dagster asset and asset check of the project."""
