"""The statistics: gold to a fitted posterior. The only package that imports PyMC.

Nothing is imported here, so that reading a saved posterior stays fast.
"""
