"""Staying up: dead runs, one daemon, what is kept how long, backup and restore, maintenance.

Belongs here: what keeps an installation healthy. Must not: what the tables or models say.
"""
