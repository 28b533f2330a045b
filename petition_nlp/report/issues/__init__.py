"""Hot issues: similar reports, close in time and place, gathered while the archive streams by."""
