"""The lake: Delta tables that are written whole, read back, and repaired when opened.

Belongs here: storage of accepted rows. Must not: Dagster, or what the rows mean.
"""
