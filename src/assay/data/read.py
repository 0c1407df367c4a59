"""Open a DATA: rows → reader → filters → records, with a count of everything left out.

`stream` holds one record at a time (and eight bytes per id, to notice repeats);
`load_pairs`, `load_chains` and `load_items` return them all.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Generic, TypeVar, cast

from ..errors import InputError
from ..specs import Spec, expand, parse_spec
from ..types import Chain, Item, Pair
from .hub import hub_rows, is_hub_id
from .registry import SCHEMAS
from .rows import Row, read_rows
from .schema import Note, Record, View
from .split import part_of, parts_named
from .steps import CUTS, cut_steps

__all__ = ["Loaded", "Stream", "fingerprint", "load_chains", "load_items", "load_pairs", "parse_data", "stream"]

COMMON = ("split", "config", "part", "subset", "cap", "steps")
_R = TypeVar("_R", Pair, Chain, Item)


def parse_data(text: str) -> Spec:
    """Parse a DATA and check schema, option names and option values.

    Raises:
        InputError: with the list of what is allowed.
    """
    spec = parse_spec(text, {name: [*COMMON, *schema.options] for name, schema in SCHEMAS.items()}, what="data")
    for key, allowed in SCHEMAS[spec.kind].options.items():
        if allowed:
            spec.choice(key, allowed, allowed[0])
    spec.count("cap")
    if "part" in spec.options:
        parts_named(spec.options["part"])
    if "steps" in spec.options:
        spec.choice("steps", CUTS, "line")
    return spec


@dataclass(slots=True)
class Tally:
    """What was left out or mended, per reason, with the places (all of them, or the first `limit`)."""

    limit: int | None = None
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    places: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, note: Note) -> None:
        key = (note.kind, note.reason)
        self.counts[key] += 1
        places = self.places.setdefault(key, [])
        if self.limit is None or len(places) < self.limit:
            places.append(note.where)

    def of(self, kind: str) -> dict[str, tuple[int, tuple[str, ...]]]:
        return {
            why: (n, tuple(self.places[kind, why])) for (what, why), n in sorted(self.counts.items()) if what == kind
        }


class Stream:
    """The records of a DATA, one by one; afterwards `rows`, `kept`, `dropped` and `mended` tell what happened."""

    def __init__(
        self,
        spec: Spec,
        view: View,
        *,
        places: int | None = 100,
        progress: Callable[[int, int, int], None] | None = None,
    ) -> None:
        schema = SCHEMAS[spec.kind]
        if view not in schema.views:
            offered = ", ".join(schema.views)
            raise InputError(f"{spec.text}: schema {schema.name} holds {offered}, not {view}")
        self.spec, self.view, self.schema = spec, view, schema
        self.rows = self.kept = self.filtered = 0
        self._progress = progress
        self._tally, self._subsets, self._where = Tally(places), Counter[str](), spec.where

    @property
    def dropped(self) -> Mapping[str, tuple[int, tuple[str, ...]]]:
        """Per reason: how many rows yield nothing, and where."""
        return self._tally.of("dropped")

    @property
    def mended(self) -> Mapping[str, tuple[int, tuple[str, ...]]]:
        """Per reason: how many rows were repaired, and where."""
        return self._tally.of("mended")

    def __iter__(self) -> Iterator[Record]:
        subset, part, cut = (self.spec.options.get(key) for key in ("subset", "part", "steps"))
        parts = parts_named(part) if part else None
        seen: set[bytes] = set()
        for record in self.schema.views[self.view](self._rows(), self.spec):
            if isinstance(record, Note):
                self._tally.add(record)
                continue
            key = hashlib.blake2b(record.id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            if key in seen:
                if self.schema.ids == "given":
                    raise InputError(f"{self._where}: id {record.id!r} occurs twice; ids must be unique in a data set")
                self._tally.add(Note("dropped", "repeats an earlier row", self._where))
                continue
            seen.add(key)
            if subset is not None and not self._in_subset(record, subset):
                self.filtered += 1
                continue
            if parts is not None and part_of(record.group) not in parts:
                self.filtered += 1
                continue
            self.kept += 1
            self.rows += self.schema.generated
            yield _cut(record, cut) if cut else record
        if not self.kept:
            raise InputError(self._why_empty())

    def _rows(self) -> Iterator[Row]:
        for row in self._source():
            self.rows, self._where = self.rows + 1, row.where
            yield row

    def _source(self) -> Iterator[Row]:
        where, options, hub = self.spec.where, self.spec.options, self.schema.hub
        if self.schema.generated:
            return
        if not os.path.exists(where) and is_hub_id(where):
            split = options.get("split", hub.split if hub else "train")
            yield from hub_rows(where, config=options.get("config", hub.config if hub else None), split=split)
            return
        for key in ("split", "config"):
            if key in options:
                raise InputError(f"{self.spec.text}: {key}= names a {key} on the hub, and {where} is a local file")
        files, before = expand(self.spec), 0
        total = sum(os.path.getsize(file) for file in files if os.path.isfile(file))
        for file in files:
            yield from read_rows(file, progress=partial(self._report, before, total))
            before += os.path.getsize(file)

    def _report(self, before: int, total: int, done: int) -> None:
        if self._progress is not None:
            self._progress(self.rows, before + done, total)

    def _in_subset(self, record: Record, pattern: str) -> bool:
        value = record.meta.get("subset")
        if value is None:
            raise InputError(f"{self.spec.text}: schema {self.schema.name} has no subsets; leave subset= out")
        self._subsets[str(value)] += 1
        return fnmatch.fnmatchcase(str(value), pattern)

    def _why_empty(self) -> str:
        reasons = "; ".join(f"{n} {reason}" for reason, (n, _) in self.dropped.items())
        subsets = ", ".join(sorted(self._subsets)[:30])
        return (
            f"{self.spec.text}: none of {self.rows} rows is kept"
            + (f" (dropped: {reasons})" if reasons else "")
            + (f"; subsets are {subsets}" if subsets else "")
            + ("; part= leaves nothing" if "part" in self.spec.options and not subsets else "")
        )


def _cut(record: Record, how: str) -> Record:
    """Fill in the steps of answers that come without."""
    if isinstance(record, Pair) and record.first_steps is None:
        return replace(record, first_steps=cut_steps(record.first, how), second_steps=cut_steps(record.second, how))
    if isinstance(record, Item) and record.steps is None:
        return replace(record, steps=cut_steps(record.response, how))
    return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded(Generic[_R]):
    """A data set in memory, and what became of its rows."""

    name: str
    """NAME of the DATA, else its schema."""
    spec: Spec
    """Where it came from."""
    records: tuple[_R, ...]
    """The pairs, chains or items, in file order."""
    rows: int
    """Rows read."""
    filtered: int
    """Records that subset=, part= or cap= leave out."""
    dropped: Mapping[str, tuple[int, tuple[str, ...]]]
    """Per reason: how many rows yield nothing, and where."""
    mended: Mapping[str, tuple[int, tuple[str, ...]]]
    """Per reason: how many rows were repaired, and where."""
    fingerprint: str
    """Hash of the kept ids and labels."""


def fingerprint(records: Iterable[Record]) -> str:
    """Return a hash of ids and labels, in order: what a calibrator says it was fitted on."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(f"{record.id}\x1f{getattr(record, 'label', None)}\x1e".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


def stream(
    data: str | Spec,
    view: View = "pairs",
    *,
    places: int | None = 100,
    progress: Callable[[int, int, int], None] | None = None,
) -> Stream:
    """Open a DATA for one pass in bounded memory.

    Args:
        data: a DATA, or one that is parsed.
        view: what to read it as.
        places: how many places to keep per reason; None keeps all.
        progress: called now and then with (rows, bytes so far, bytes in all).

    Raises:
        InputError: at once for a wrong DATA or view, while reading for a wrong row.  `cap=` is
            refused: it chooses among all records (see `load_pairs`).
    """
    spec = parse_data(data) if isinstance(data, str) else data
    if "cap" in spec.options:
        raise InputError(f"{spec.text}: cap= chooses among all records and cannot stream; leave it out here")
    return Stream(spec, view, places=places, progress=progress)


def _load(data: str | Spec, view: View, record_type: type[_R]) -> Loaded[_R]:
    spec = parse_data(data) if isinstance(data, str) else data
    source = Stream(spec, view, places=None)
    records = cast("list[_R]", list(source))
    assert all(isinstance(record, record_type) for record in records)
    cap, kept = spec.count("cap"), records
    if cap is not None and len(records) > cap:
        # whole groups in the order of a hash: the same choice however the file is sorted
        rank = {group: hashlib.sha256(f"cap:{group}".encode()).digest() for group in {one.group for one in records}}
        chosen = {one.id for one in sorted(records, key=lambda one: (rank[one.group], one.id))[:cap]}
        kept = [one for one in records if one.id in chosen]
    return Loaded(
        name=spec.name or spec.kind,
        spec=spec,
        records=tuple(kept),
        rows=source.rows,
        filtered=source.filtered + len(records) - len(kept),
        dropped=source.dropped,
        mended=source.mended,
        fingerprint=fingerprint(kept),
    )


def load_pairs(data: str | Spec) -> Loaded[Pair]:
    """Load the pairs of a DATA.

    Raises:
        InputError: the DATA, a file or a row is wrong, or no pair is kept.
    """
    return _load(data, "pairs", Pair)


def load_chains(data: str | Spec) -> Loaded[Chain]:
    """Load the chains of a DATA; see `load_pairs`."""
    return _load(data, "chains", Chain)


def load_items(data: str | Spec) -> Loaded[Item]:
    """Load the items of a DATA; see `load_pairs`."""
    return _load(data, "items", Item)
