"""Readers of deliveries: platform exports, orders of a shop, tables; the simulator beside them.

Belongs here: bytes to rows. Must not: writing tables, Dagster.
"""
