"""Heads and calibration: matrix → probabilities."""
