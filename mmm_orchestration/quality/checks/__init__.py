"""Plain checks with findings as data: each a pure function from frames to findings."""
