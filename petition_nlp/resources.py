"""Where the files that ship with the package lie: inside it (wheel) or beside it (checkout)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as YamlLoader
except ImportError:  # PyYAML built without libyaml: the same, slower
    from yaml import SafeLoader as YamlLoader  # type: ignore[assignment]

__all__ = ["YamlLoader", "data_path", "default_model_path", "read_yaml"]

_PACKAGE = Path(__file__).resolve().parent


def data_path(name: str) -> Path:
    """Path of a shipped data file, such as ``taxonomy/matters.yaml``."""
    return _shipped("_data", "data", name)


def default_model_path() -> Path:
    """Folder of the committed default model."""
    return _shipped("_models", "models", "default")


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; a tenth of a second less for the large ones than with `yaml.safe_load`.

    :raises OSError, UnicodeDecodeError, yaml.YAMLError: the file cannot be read.
    """
    return yaml.load(path.read_text(encoding="utf-8"), Loader=YamlLoader)


def _shipped(packaged: str, checkout: str, name: str) -> Path:
    inside = _PACKAGE / packaged
    return (inside if inside.is_dir() else _PACKAGE.parent / checkout) / name
