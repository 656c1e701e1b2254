"""How the answers moved from one posterior to the next, and why.

Belongs here: arithmetic on posteriors, and refits with one thing changed at a time. Must not:
Dagster, MLflow, the lake.
"""
