"""What watches while nobody looks: one module per sensor.

Belongs here: Dagster sensors, which call one function and say in words what came of it.
Must not: anything that computes.
"""
