"""Carry-over and saturation: one definition for sampling and for saved draws."""
