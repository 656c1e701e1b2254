"""How the champion fares after its fit: forecasts as they stood, scorecard, drift, update.

Belongs here: arithmetic on posteriors, arrays and frames. Must not: Dagster, MLflow, reading or
writing tables (see `watching`).
"""
