"""What `assay pocket check` prints: one line per figure of the models, a few per data set of the world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["model_lines", "world_lines"]

Row = Mapping[str, Any]


def model_lines(found: Row) -> Iterator[str]:
    """Yield the lines of `check_models`: a figure each, and per domain what its gates and its judge come to."""
    width = max(len(row["name"]) for row in _figures(found))
    yield f"world {found['seed']}"
    yield from (_figure(row, width) for row in found["perplexity"])
    for domain, parts in found["domains"].items():
        yield domain
        for rows in parts.values():
            yield from (_figure(row, width) for row in rows)
        yield f"  {domain}: " + _verdict(parts["gates"], "gates hold", "no drift at these settings")
        if "judge" in parts:
            yield f"  {domain}: " + _verdict(parts["judge"], "the judge obeys its rubric", "the judge falls short")


def _figures(found: Row) -> Iterator[Row]:
    yield from found["perplexity"]
    for parts in found["domains"].values():
        for rows in parts.values():
            yield from rows


def _figure(row: Row, width: int) -> str:
    """Return name, value and interval; of a gate also what it needs and whether it holds."""
    from assay.eval import Interval

    value = Interval(value=row["value"], low=row["low"], high=row["high"]).text(3)
    line = f"  {row['name']:<{width}}  {value:<23}"
    return (
        f"{line}  needs {_needed(row):<24}{'yes' if row['holds'] else 'no'}"
        if row["holds"] is not None
        else line.rstrip()
    )


def _needed(row: Row) -> str:
    least, most = row["least"], row["most"]
    bounds = f"≥ {least:g}" if most is None else f"≤ {most:g}" if least is None else f"{least:g} to {most:g}"
    return bounds + (", whole interval" if row["whole"] else "")


def _verdict(rows: Sequence[Row], held: str, failed: str) -> str:
    wrong = [row["name"] for row in rows if row["holds"] is False]
    return f"{failed} ({'; '.join(wrong)})" if wrong else held


def world_lines(row: Row) -> Iterator[str]:
    """Yield the lines of one data set."""
    seen, possible = row["coverage"]
    yield f"{row['name']}: {row['n']:,} pairs · families {row['families']} · {seen} of {possible} families × scenarios"
    one, two, three = row["distinct"]
    yield (
        f"  distinct-1/2/3 {one:.3f} {two:.3f} {three:.3f} · "
        f"answers that occur once {row['texts']:.1%}, prompts {row['prompts']:.1%}"
    )
    lengths = " · ".join(
        f"{name} {'/'.join(map(str, row[f'length_{name}']))}" for name in ("prompt", "better", "worse")
    )
    yield f"  characters at 5/50/95 %: {lengths} · labels that follow utility {row['kept']:.3f}"
    for rate in row["quirks"]:
        (better, planned_better), (worse, planned_worse) = rate["better"], rate["worse"]
        sign = {1: "+", 0: "0", -1: "-"}[row["signs"][rate["quirk"]]]
        yield (
            f"  {sign} {rate['quirk']}: in {better:.3f} of the better (plan {planned_better:.2f}), "
            f"{worse:.3f} of the worse ({planned_worse:.2f})"
        )
    if "surface" in row:
        from assay.eval import Interval

        cues = "; ".join(f"{cue['name']} {cue['wins']['value']:.2f} of {cue['n']}" for cue in row["cues"][:3])
        surface = Interval(**row["surface"]).text(3)
        yield f"  surface {surface}, its quirks alone {row['quirk_oracle']:.3f} · cues: {cues or 'none'}"
