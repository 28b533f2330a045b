"""Chinese text handling: normalise, mask, generalise, segment. Pure functions on strings."""
