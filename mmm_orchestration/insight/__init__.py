"""Contributions, ROI, marginal ROI and response curves, computed from posterior draws."""
