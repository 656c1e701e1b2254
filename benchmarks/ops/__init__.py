"""How the system operates over time: `python -m benchmarks.ops.attribution` and its neighbours."""
