"""Operates Bayesian media mix models, from raw exports to answers about money."""

__version__ = "0.1.0"
