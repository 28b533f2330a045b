"""Texts to matrices: one interface, whatever stands behind it."""
