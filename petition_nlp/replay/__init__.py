"""An archive under two versions of the taxonomy: which petitions go elsewhere, and why."""
