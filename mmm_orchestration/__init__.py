"""Operates Bayesian media mix models: raw exports in, accepted days, a fitted posterior, answers about money."""

__version__ = "0.1.0"
