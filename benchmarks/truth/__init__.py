"""Whether the model tells the truth: coverage, simulation-based calibration, a stress matrix."""
