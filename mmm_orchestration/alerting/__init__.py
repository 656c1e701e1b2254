"""People told of problems: once each, once more when they are over, whatever fails in between.

Belongs here: what is wrong now, what of it was told, and sending. Must not: deciding what is wrong
with data or models, which checks, runs and tables say.
"""
