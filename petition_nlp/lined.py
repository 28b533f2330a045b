"""YAML files of one folder, read so that every complaint names file and line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from petition_nlp.errors import TaxonomyError
from petition_nlp.resources import YamlLoader

LINE: Final = "__line__"
"""Key under which a mapping remembers the line that it begins on."""


class _LineLoader(YamlLoader):
    """A safe loader whose mappings remember the line they begin on."""


def _construct_mapping(loader: _LineLoader, node: yaml.MappingNode) -> dict[str, Any]:
    mapping: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return {**mapping, LINE: node.start_mark.line + 1}


_LineLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_mapping)


def without_line(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping as it was written."""
    return {key: value for key, value in raw.items() if key != LINE}


class LinedFolder:
    """Reads files of one folder; every complaint names file and line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, name: str) -> dict[str, Any]:
        """The key-value table that a file is."""
        path = self.folder / name
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LineLoader)
        except OSError:
            raise TaxonomyError(
                "缺少分类文件或无法读取", where=str(path), todo="请补上该文件或改用自带的分类"
            ) from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            raise self.error(name, line, "不是有效的 UTF-8 YAML", "请检查缩进和引号") from error
        if not isinstance(content, dict):
            raise self.error(name, 1, "文件顶层应是键值表", "请参照自带的文件")
        return content

    def records(self, name: str, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
        """A list of tables that must be there."""
        items = content.get(key)
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise self.error(name, content[LINE], f"缺少列表 {key}", "请按自带文件的结构补上")
        return items

    def optional(self, name: str, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
        """A list of tables that may be missing."""
        return [] if content.get(key) is None else self.records(name, content, key)

    def strings(self, name: str, raw: dict[str, Any], key: str) -> tuple[str, ...]:
        """A list of texts that may be missing."""
        items = [] if raw.get(key) is None else raw[key]
        if not isinstance(items, list) or not all(isinstance(item, str) and item.strip() for item in items):
            raise self.error(name, raw[LINE], f"{key} 应是一列文字", "例如 [甲, 乙]（数字请加引号）")
        return tuple(item.strip() for item in items)

    def one_or_more(self, name: str, raw: dict[str, Any], key: str) -> tuple[str, ...]:
        """A text or a list of texts that may be missing."""
        value = raw.get(key)
        return self.strings(name, {**raw, key: [value]} if isinstance(value, str) else raw, key)

    def unique(self, name: str, items: Iterable[dict[str, Any]], key: str = "code") -> dict[str, dict[str, Any]]:
        """Tables by a text that none shares with another."""
        by_code: dict[str, dict[str, Any]] = {}
        for item in items:
            code = self.text(name, item, key)
            if code in by_code:
                first = by_code[code][LINE]
                raise self.error(name, item[LINE], f"代码 {code} 重复（首次在第 {first} 行）", "每个代码只能出现一次")
            by_code[code] = item
        return by_code

    def table(self, name: str, raw: dict[str, Any], key: str) -> dict[str, Any]:
        """A table that must be there."""
        table = raw.get(key)
        if not isinstance(table, dict):
            raise self.error(name, raw[LINE], f"{key} 应是键值表", "请参照自带的文件")
        return table

    def known(self, name: str, line: int, code: Any, known: Collection[str], kind: str) -> None:
        """Refuse a code that does not exist."""
        if code not in known:
            raise self.error(name, line, f"引用了不存在的{kind}代码 {code}", f"可用：{'、'.join(known)}")

    def only(self, name: str, raw: Mapping[str, Any], keys: Collection[str]) -> None:
        """Refuse keys that mean nothing: a misspelt condition would hold for everything."""
        unknown = [str(key) for key in raw if key != LINE and key not in keys]
        if unknown:
            raise self.error(name, raw[LINE], f"有不认识的项：{'、'.join(unknown)}", f"可用：{'、'.join(keys)}")

    def text(self, name: str, raw: dict[str, Any], key: str) -> str:
        """A text that must be there."""
        value = raw.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(name, raw[LINE], f"缺少文字字段 {key}", "请补上（数字请加引号）")
        return value.strip()

    def optional_text(self, name: str, raw: dict[str, Any], key: str) -> str | None:
        """A text that may be missing."""
        return None if raw.get(key) is None else self.text(name, raw, key)

    def error(self, name: str, line: int, what: str, todo: str) -> TaxonomyError:
        """What is wrong in a line of a file."""
        return TaxonomyError(what, where=f"{self.folder / name} 第 {line} 行", todo=todo)
