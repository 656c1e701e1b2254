"""Expectation suites as data, their evaluation, and plain checks whose findings are data."""
