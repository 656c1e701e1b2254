"""Bronze to silver to gold, frame to frame, and the contracts of the tables."""
