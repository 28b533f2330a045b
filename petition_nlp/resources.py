"""Where the files that ship with the package lie: inside it (wheel) or beside it (checkout)."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_path(name: str) -> Path:
    """Path of a shipped data file, such as ``taxonomy/matters.yaml``."""
    return _shipped("_data", "data", name)


def default_model_path() -> Path:
    """Folder of the committed default model."""
    return _shipped("_models", "models", "default")


def _shipped(packaged: str, checkout: str, name: str) -> Path:
    inside = _PACKAGE / packaged
    return (inside if inside.is_dir() else _PACKAGE.parent / checkout) / name
