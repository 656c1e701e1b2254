"""How fast plans are found, and how good they are where the truth is known."""
