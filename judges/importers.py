"""Rubrics of other projects, as ours.

    biggen       BiGGen Bench (arXiv 2406.05761): a row with `score_rubric`
    prometheus   Prometheus (arXiv 2405.01535): the same keys, or the block of text in its prompts
    autorubric   autorubric (arXiv 2603.00077): criteria with weights and options (import_autorubric.py)

Texts are taken over word for word; whatever has no place here is said in the notes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assay.errors import InputError, nearest

from .import_autorubric import from_autorubric
from .imported import Imported, Texts, checked, kind, need, slug

__all__ = ["FORMS", "Imported", "from_autorubric", "from_biggen", "from_prometheus", "read_imports"]

FORMS = ("biggen", "prometheus", "autorubric")
_SCORES = tuple(f"score{score}_description" for score in range(1, 6))


def from_biggen(row: Mapping[str, Any]) -> Imported:
    """Return the rubric of one row of BiGGen Bench: one ordinal criterion with labels 1 to 5.

    Args:
        row: holds `id` and `score_rubric` {criteria, score1_description … score5_description}.

    Raises:
        InputError: a key is missing or no text.
    """
    need(row, ("id", "score_rubric"), "the row")
    rubric, given = row["score_rubric"], str(row["id"])
    if not isinstance(rubric, Mapping):
        raise InputError(f"'score_rubric' is {kind(rubric)}; expected an object")
    fits = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", given)
    name = given if fits else slug(given) or "biggen"
    found = _five_points(rubric, "'score_rubric'", name, "A rubric of BiGGen Bench (arXiv 2406.05761).")
    return found if fits else Imported(found.rubric, (f"id {given[:80]!r} became the name {name!r}", *found.notes))


def from_prometheus(rubric: str | Mapping[str, Any], *, name: str = "prometheus") -> Imported:
    """Return a rubric of Prometheus: one ordinal criterion with labels 1 to 5.

    Args:
        rubric: {criteria, score1_description … score5_description}, or the text "[criteria]" with
            the lines "Score 1: …" to "Score 5: …" below it; white space around a part is layout.
        name: what it is to be called.

    Raises:
        InputError: a part is missing or no text.
    """
    parts = _parts(rubric) if isinstance(rubric, str) else rubric
    return _five_points(parts, "the rubric", name, "A rubric of Prometheus (arXiv 2405.01535).")


def _five_points(parts: Mapping[str, Any], where: str, name: str, description: str) -> Imported:
    """Return the rubric of one question with an anchor for each score from 1 to 5."""
    need(parts, ("criteria", *_SCORES), where)
    text = Texts()
    levels = [{"label": str(i), "anchor": text(parts[key], f"{where}: {key!r}")} for i, key in enumerate(_SCORES, 1)]
    criterion = {"id": "score", "question": text(parts["criteria"], f"{where}: 'criteria'"), "levels": levels}
    return Imported(checked({"name": name, "description": description, "criteria": [criterion]}), text.notes)


def _parts(text: str) -> dict[str, str]:
    """Cut "[criteria]" and five lines "Score n: …" apart; each part may run over several lines."""
    found, rest = [], "\n" + text.replace("\r\n", "\n")
    for score in range(1, 6):
        part, mark, rest = rest.partition(f"\nScore {score}:")
        if not mark:
            raise InputError(
                f"the rubric has no line 'Score {score}: …' in its place; expected Score 1 to Score 5, in order"
            )
        found.append(part.strip())
    head, *descriptions = *found, rest.strip()
    if not (head.startswith("[") and head.endswith("]")):
        raise InputError("the rubric does not start with '[criteria]'; put what is judged in square brackets")
    return {"criteria": head[1:-1], **dict(zip(_SCORES, descriptions, strict=True))}


def read_imports(form: str, path: str | Path) -> Iterator[Imported]:
    """Yield the rubrics of a file, each once.

    Args:
        form: one of `FORMS`.
        path: biggen: rows as a JSON array, JSON Lines or parquet, also gzip · prometheus: the same, where
            a row holds the rubric's keys, a `rubric`, or a whole prompt as `instruction`; or one rubric
            as text · autorubric: YAML or JSON.

    Raises:
        InputError: with file and row: the file cannot be read, or holds something else.
    """
    if form not in FORMS:
        raise InputError(f"{form!r} is no form of rubrics{nearest(form, FORMS)}; allowed are {', '.join(FORMS)}")
    file = Path(path)
    if form == "autorubric" or not re.search(r"\.(jsonl?|ndjson|parquet)(\.gz)?$", file.name.lower()):
        yield _whole(form, file)
    else:
        yield from _each(form, file)


def _stem(form: str, file: Path) -> str:
    return slug(file.name.split(".")[0]) or form


def _whole(form: str, file: Path) -> Imported:
    """Read a file that holds one rubric."""
    from .rubric_yaml import read_text

    if form == "biggen":
        raise InputError(f"{file}: rubrics of BiGGen Bench come as rows; expected a .json, .jsonl or .parquet file")
    text = read_text(file)
    try:
        if form == "prometheus":
            return from_prometheus(text, name=_stem(form, file))
        data = _json(text) if file.suffix.lower() == ".json" else _yaml(text)
        return from_autorubric(data, name=_stem(form, file))
    except InputError as error:
        raise InputError(f"{file}: {error}") from None


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"this is not JSON: {error}; mend the file") from None


def _yaml(text: str) -> object:
    """Read YAML with the types that autorubric reads it with."""
    import yaml

    try:
        return yaml.safe_load(text)
    # PyYAML fails in these ways of its own where a !!tag does not fit its value, or lists nest without end.
    except (yaml.YAMLError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(f"this is not YAML: {error}; check indentation, colons, quotes and tags") from None


def _each(form: str, file: Path) -> Iterator[Imported]:
    """Read a file of rows with a rubric each; prompts that share one give it once."""
    from assay.data.rows import read_rows

    seen: set[str] = set()
    for row in read_rows(file):
        try:
            if form == "biggen":
                found = from_biggen(row.value)
                if found.rubric.name in seen:
                    raise InputError(f"a rubric called {found.rubric.name!r} came before; ids must differ")
                key = found.rubric.name
            else:
                found = _prometheus_row(row.value, f"{_stem(form, file)}-{len(seen) + 1}")
                key = found.rubric.with_(name="any").fingerprint
        except InputError as error:
            raise InputError(f"{row.where}: {error}") from None
        if key not in seen:
            seen.add(key)
            yield found


def _prometheus_row(row: Mapping[str, Any], name: str) -> Imported:
    """Find the rubric in a row: as keys, as text, or under its head in a whole prompt."""
    if "criteria" in row:
        return from_prometheus(row, name=name)
    if isinstance(row.get("rubric"), str | Mapping):
        return from_prometheus(row["rubric"], name=name)
    _, mark, rest = str(row.get("instruction", "")).partition("###Score Rubrics:")
    if not mark:
        found = ", ".join(sorted(row)) or "no keys"
        raise InputError(f"no rubric among {found}; expected 'criteria', 'rubric', or a prompt as 'instruction'")
    return from_prometheus(rest.partition("###Feedback:")[0], name=name)
