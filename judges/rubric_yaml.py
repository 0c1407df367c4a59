"""Rubric files: YAML with a place for every key and value, so that every fault has a line and a column.

YAML is read with the types of its core schema: `yes`, `no` and `on` are words, not truth values,
so that labels may be called so, and so are 007 and +1, which would not come back as written.
Repeated keys, other tags, deep nesting and runaway aliases are faults.
"""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import yaml

from assay.errors import InputError

from .checks import Fault, Path, brief, faults
from .rubric import Rubric
from .rubric_data import SCHEMA_VERSION, from_data, to_data

if TYPE_CHECKING:
    from yaml.nodes import Node

__all__ = ["PlacedFault", "diagnose", "dump", "find", "load", "parse", "placer", "read_text", "shipped"]

_MOST_BYTES = 1 << 18  # these three keep the worst file below 2 s (measured: 1.0 s)
_MOST_NODES = 40_000
_MOST_DEPTH = 20
_MOST_FAULTS = 100
_MOST_SAID = 600  # characters of a message
_TAG = "tag:yaml.org,2002:"
_KINDS = {
    "null": re.compile("~|null|Null|NULL|"),
    "bool": re.compile("true|True|TRUE|false|False|FALSE"),
    "int": re.compile("0|-?[1-9][0-9]{0,17}"),
    "float": re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"),
}


@dataclass(frozen=True, slots=True)
class PlacedFault:
    """A fault and where it stands."""

    file: str
    """As it was given."""
    line: int
    """Counted from 1."""
    column: int
    """Counted from 1."""
    message: str
    """What was found, what is allowed, what to do."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


def _kind(text: str) -> str:
    """Return the type of a plain scalar."""
    return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(text)), "str")


class _BadYamlError(Exception):
    """A fault of the YAML itself, at an index of the text."""

    def __init__(self, index: int, message: str) -> None:
        self.index, self.message = index, message


class _Loader(yaml.SafeLoader):
    """Makes nodes with the types of `_kind`, and stops where a file grows beyond what a rubric needs."""

    count = depth = 0

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        if kind is yaml.ScalarNode and implicit[0]:
            return f"{_TAG}{_kind(value)}"
        return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        self.count, self.depth = self.count + 1, self.depth + 1
        _limit(self.count, self.depth - 1, self.peek_event().start_mark.index)  # type: ignore[no-untyped-call]
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _limit(count: int, depth: int, index: int) -> None:
    if depth > _MOST_DEPTH:
        raise _BadYamlError(index, f"nested deeper than {_MOST_DEPTH} levels; a rubric needs few")
    if count > _MOST_NODES:
        raise _BadYamlError(index, f"more than {_MOST_NODES:,} keys and values, aliases spelt out; shorten the file")


class _Reader:
    """Turns YAML nodes into plain data and remembers where everything stood, as indices of the text."""

    def __init__(self) -> None:
        self.values: dict[Path, int] = {}
        self.keys: dict[Path, int] = {}
        self.count = 0

    def read(self, node: Node, path: Path = ()) -> Any:
        self.values[path] = node.start_mark.index
        self.count += 1
        _limit(self.count, len(path), node.start_mark.index)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
            raise _BadYamlError(node.start_mark.index, f"tag {node.tag!r} is not used in rubrics; remove it")
        if isinstance(node, yaml.SequenceNode):
            return [self.read(inner, (*path, i)) for i, inner in enumerate(node.value)]
        return self._mapping(node, path)

    def _mapping(self, node: Node, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            index = key_node.start_mark.index
            if not isinstance(key_node, yaml.ScalarNode):
                raise _BadYamlError(index, "a key must be a word; braces and brackets in front of ':' need quotes")
            self._scalar(key_node)
            key = str(key_node.value)
            if key in found:
                raise _BadYamlError(index, f"key {brief(key)} stands twice; remove one of the two")
            self.keys[(*path, key)] = index
            found[key] = self.read(value_node, (*path, key))
        return found

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        kind, text = str(node.tag).removeprefix(_TAG), str(node.value)
        if kind not in ("str", _kind(text)):  # a tag of its own, or one like !!int that the text belies
            raise _BadYamlError(node.start_mark.index, f"tag {node.tag!r} is not used in rubrics; remove it")
        match kind:
            case "int":
                return int(text)
            case "float":
                return float(text) if abs(float(text)) < float("inf") else text
            case "bool":
                return text.lower() == "true"
            case "null":
                return None
        return text

    def place(self, fault: Fault) -> int:
        """Return the index of a fault, or of the nearest thing around it."""
        if fault.at_key and fault.path in self.keys:
            return self.keys[fault.path]
        path = fault.path
        while path not in self.values:
            path = path[:-1]
        return self.values[path]


def _compose(text: str) -> Node:
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        message = f"character U+{error.character:04X} is not allowed in YAML; remove it"
        raise _BadYamlError(error.position, message) from None
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        index = error.problem_mark.index if error.problem_mark else len(text)
        first, last = _place(text, error.context_mark.index)[0] if error.context_mark else 0, _place(text, index)[0]
        since = f" ({error.context} that starts on line {first})" if 0 < first < last else ""
        message = f"this is not YAML: {error.problem}{since}; check indentation (no tabs), colons and quotes"
        raise _BadYamlError(index, message) from None
    except ValueError:  # PyYAML hands escapes and version numbers to chr() and int() unchecked
        message = "this is not YAML: an escape or a number out of range; write the character itself"
        raise _BadYamlError(loader.get_mark().index, message) from None
    if node is None:
        raise _BadYamlError(0, f"the file is empty; a rubric starts with 'schema_version: {SCHEMA_VERSION}'")
    return node


def _place(text: str, index: int) -> tuple[int, int]:
    """Return line and column, counted from 1; lines end as in editors, with LF, CR or both."""
    before = text[:index].replace("\r\n", "\n").replace("\r", "\n")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _placed(file: str, text: str, index: int, message: str) -> PlacedFault:
    if len(message) > _MOST_SAID:  # it may quote a name of any length; the remedy stands at its end
        message = f"{message[: _MOST_SAID // 2]} … {message[-_MOST_SAID // 2 :]}"
    return PlacedFault(file, *_place(text, index), message)


def diagnose(text: str, file: str = "rubric") -> tuple[Rubric | None, list[PlacedFault]]:
    """Read a rubric file and return it, or its faults in the order of the file, at most 100."""
    text = text.removeprefix("\ufeff")
    reader = _Reader()
    try:
        data = reader.read(_compose(text))
    except _BadYamlError as bad:
        return None, [_placed(file, text, bad.index, bad.message)]
    found = [(reader.place(fault), fault.message) for fault in islice(faults(data), _MOST_FAULTS)]
    if found:
        return None, [_placed(file, text, *one) for one in sorted(found, key=lambda one: one[0])]
    return from_data(data), []


def placer(text: str, file: str) -> Callable[[Path, str], PlacedFault]:
    """Return what puts a remark about a rubric at its place in the (sound) text that it was read from."""
    text = text.removeprefix("\ufeff")
    reader = _Reader()
    reader.read(_compose(text))
    return lambda path, message: _placed(file, text, reader.place(Fault(path, message)), message)


def parse(text: str, file: str = "rubric") -> Rubric:
    """Read the text of a rubric file.

    Raises:
        InputError: the first fault, and how many more there are.
    """
    rubric, found = diagnose(text, file)
    if rubric is None:
        more = f" (and {len(found) - 1} more: assay rubric check {file})" if len(found) > 1 else ""
        raise InputError(f"{found[0]}{more}")
    return rubric


def read_text(path: str | FilePath) -> str:
    """Read a rubric file as text.

    Raises:
        InputError: it is absent, too large or not UTF-8.
    """
    try:
        with FilePath(path).open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = getattr(error, "strerror", None) or error
        known = ", ".join(shipped())
        raise InputError(
            f"{path}: cannot be read: {why}; name a rubric file in YAML, or a shipped one: {known}"
        ) from None
    if len(raw) > _MOST_BYTES:
        raise InputError(f"{path}: more than {_MOST_BYTES:,} bytes, the most a rubric file may have; shorten it")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before, byte = error.object[: error.start].decode(), error.object[error.start]
        raise InputError(
            str(_placed(str(path), before, len(before), f"byte {byte:#04x} is not UTF-8; save the file as UTF-8"))
        ) from None


def shipped() -> dict[str, str]:
    """Return the paths of the rubrics in the package, by name."""
    folder = importlib.resources.files("assay.rubrics")
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".yaml"))
    return {name.removesuffix(".yaml"): str(folder / name) for name in files}


def find(name: str | FilePath) -> str:
    """Return the path of a rubric: a file, or a shipped one by its name.

    >>> find("helpfulness").endswith("helpfulness.yaml")
    True
    """
    known = shipped()
    return str(name) if FilePath(name).exists() or str(name) not in known else known[str(name)]


def load(path: str | FilePath) -> Rubric:
    """Read a YAML file, or a shipped rubric by its name; see `Rubric.load`."""
    where = find(path)
    return parse(read_text(where), where)


class _Dumper(yaml.SafeDumper):
    """Writes long texts as blocks and quotes what other YAML readers would not take for text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_LINES = re.compile(r"[^\s].*(?:\n.*)*")
_ODD = re.compile(
    "[\\t\\r\\x0b\\x0c\\x1c-\\x1f\\x85\\u2028\\u2029\\ufeff]"
)  # YAML folds or drops them outside double quotes


def _text_node(dumper: yaml.SafeDumper, text: str) -> Node:
    """Return a text as a block where it has lines, in quotes where a style without them would lose something."""
    style = None if _kind(text) == "str" else "'"
    if "\n" in text and _LINES.fullmatch(text):
        style = "|"
    if _ODD.search(text):
        style = '"'
    return dumper.represent_scalar(f"{_TAG}str", text, style=style)


_Dumper.add_representer(str, _text_node)


def dump(rubric: Rubric) -> str:
    """Return a rubric as the text of a YAML file that reads back equal."""
    return str(yaml.dump(to_data(rubric), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100))
