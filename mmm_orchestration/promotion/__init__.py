"""Whether a challenger deserves to become the champion.

Belongs here: arithmetic on posteriors, findings and reports. Must not: Dagster, MLflow, the lake.
"""
