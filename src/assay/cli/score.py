"""`assay score` and `assay label`: what a scorer says of a data set, as a recording or as training labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .rows import number, write_rows
from .scorers import Allowance, Loaded, SurfaceFromSource, load_scorers

if TYPE_CHECKING:
    from ..types import Message, Pair, PairScorer

__all__ = ["label", "score"]

Spec = Annotated[str, typer.Argument(metavar="SPEC", help="[NAME=]kind:where[?key=value&…]")]
Data = Annotated[str, typer.Argument(metavar="DATA", help="[NAME=]schema:path-or-hub-id[?key=value&…]")]
Out = Annotated[Path, typer.Option(help="JSON Lines file to write.")]
Unscored = Annotated[str, typer.Option(help="Unscored pairs allowed before exit code 3: N or P%.")]


def _scorer(text: str) -> tuple[PairScorer, Loaded]:
    [loaded] = load_scorers([text])
    if isinstance(loaded.scorer, SurfaceFromSource):
        raise InputError(f"{text}: a surface baseline is fitted on a source; use it in assay compare")
    return loaded.scorer, loaded


def score(spec: Spec, data: Data, out: Out, max_unscored: Unscored = "0") -> None:
    """Score a data set and write a recording that `recorded:` reads: a margin per pair, or a value per answer.

    [bold]Example[/bold]: assay score scalar:runs/rm "hh-rlhf:helpful-base.jsonl.gz?part=test" --out margins.jsonl
    """
    from ..data import SCHEMAS, load_items, load_pairs, parse_data

    allowance, (scorer, _) = Allowance(max_unscored), _scorer(spec)
    parsed = parse_data(data)
    named = {"scorer": scorer.name, "family": scorer.family, "method": scorer.method}
    if "pairs" in SCHEMAS[parsed.kind].views:
        pairs = load_pairs(parsed).records
        margins = scorer.compare(pairs)
        values, status = margins.margin.tolist(), margins.status.tolist()
        rows = (
            {
                "pair_id": pair.id,
                **named,
                "margin": number(value),
                "unit": margins.unit,
                "status": one,
                "label": pair.label,
            }
            for pair, value, one in zip(pairs, values, status, strict=True)
        )
    else:
        items = load_items(parsed).records
        scores = scorer.score(items)
        values, status = scores.value.tolist(), scores.status.tolist()
        rows = (
            {"item_id": item.id, **named, "value": number(value), "unit": scores.unit, "status": one}
            for item, value, one in zip(items, values, status, strict=True)
        )
    n = write_rows(out, rows)
    unscored = sum(one != "ok" for one in status)
    typer.echo(f"{out}: {n:,} rows, {unscored} unscored")
    if allowance.exceeded(unscored, n):
        raise typer.Exit(3)


def label(
    spec: Spec,
    data: Data,
    out: Out,
    hard: Annotated[
        bool, typer.Option("--hard", help="Write the preferred side only, without its probability.")
    ] = False,
) -> None:
    """Label pairs with a calibrated scorer and write a TRL preference set: prompt, chosen, rejected, p_chosen.

    `chosen` is the side that the scorer prefers, `p_chosen` its calibrated probability, at least ½.  Pairs that it
    could not score, or holds for equal, are left out and counted.

    [bold]Example[/bold]: assay label scalar:runs/weak "world:reasoning/a?part=student" --out labelled.jsonl
    """
    from assay.eval import probability

    from ..data import load_pairs

    scorer, loaded = _scorer(spec)
    if loaded.calibrator is None and not hard:
        raise InputError(f"{spec}: carries no calibrator; add ?calibrator=FILE (a report.json), or --hard")
    pairs = load_pairs(data).records
    margins = scorer.compare(pairs)
    p_N = margins.margin if loaded.calibrator is None else probability(loaded.calibrator.nats(margins))
    middle = 0.0 if loaded.calibrator is None else 0.5
    sided = [(pair, p) for pair, p in zip(pairs, p_N.tolist(), strict=True) if p == p and p != middle]
    n = write_rows(out, (_preference(pair, p > middle, None if hard else max(p, 1 - p)) for pair, p in sided))
    typer.echo(f"{out}: {n:,} labelled pairs, {len(pairs) - n} left out")


def _preference(pair: Pair, first: bool, p_chosen: float | None) -> dict[str, Any]:
    chosen, rejected = (pair.first, pair.second) if first else (pair.second, pair.first)
    row: dict[str, Any] = {
        "id": pair.id,
        "prompt": [_turn(turn) for turn in pair.prompt],
        "chosen": [{"role": "assistant", "content": chosen}],
        "rejected": [{"role": "assistant", "content": rejected}],
    }
    return row if p_chosen is None else {**row, "p_chosen": p_chosen}


def _turn(turn: Message) -> dict[str, str]:
    return {"role": turn.role, "content": turn.content}
