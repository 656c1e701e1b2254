"""REST over the champion's frozen posterior: what is served, to whom, and how fast.

Belongs here: HTTP around `decisions` and `insight`. Must not: arithmetic, Dagster; what the process
that answers imports is free of PyMC, JAX and MLflow.
"""
