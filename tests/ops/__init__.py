"""Whether the checks of `benchmarks.ops` can fail."""
