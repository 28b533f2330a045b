"""Learning a city's own router: corpus → model folder. Needs the extra ``train``."""
