"""What `assay judge` writes: rows that `recorded:` reads, with every verdict behind them.

A pair that was judged in both orders has a row per order, and then a row `both`, which is the pair's
own: of several rows the last decides its status.  Costs and verdicts stand once, in the orders' rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .rows import number

if TYPE_CHECKING:
    from ..judges import Judgement, Ranking
    from ..types import Item, Margins, Pair, Scores

__all__ = ["group_rows", "item_rows", "pair_rows"]

Row = dict[str, Any]


def pair_rows(
    pairs: Sequence[Pair], margins: Margins, found: Mapping[str, Sequence[Judgement]], shared: Row
) -> Iterator[Row]:
    """Yield the rows of pairs; `found` are the judgements by pair id, `shared` goes into every row."""
    std, tie, finish = margins.std, margins.tie, margins.finish
    for i, pair in enumerate(pairs):
        head = {"pair_id": pair.id, "group": pair.group, **shared, "design": pair.design, "unit": margins.unit}
        whole = {
            "margin": number(margins.margin[i]),
            "std": None if std is None else number(std[i]),
            "tie": None if tie is None else number(tie[i]),
            "status": str(margins.status[i]),
            "finish": "" if finish is None else str(finish[i]),
            "label": pair.label,
        }
        orders = [order for order in ("ab", "ba") if any(one.order == order for one in found[pair.id])]
        for order in orders:
            mine = [one for one in found[pair.id] if one.order == order]
            part = whole if len(orders) == 1 else _order(margins, i, order, mine) | {"label": pair.label}
            yield {**head, "order": order, **part, **_behind(mine)}
        if len(orders) != 1:
            yield {**head, "order": "both", **whole, **({} if orders else _behind(found[pair.id]))}


def item_rows(
    items: Sequence[Item], scores: Scores, found: Mapping[str, Sequence[Judgement]], shared: Row
) -> Iterator[Row]:
    """Yield a row per answer, with its score."""
    for i, item in enumerate(items):
        yield {
            "item_id": item.id,
            "group": item.group,
            **shared,
            "value": number(scores.value[i]),
            "unit": scores.unit,
            "std": None if scores.std is None else number(scores.std[i]),
            "status": str(scores.status[i]),
            **_behind(found[item.id]),
        }


def group_rows(rankings: Sequence[Ranking], found: Mapping[str, Sequence[Judgement]], shared: Row) -> Iterator[Row]:
    """Yield a row per group, with its answers from best to worst."""
    for one in rankings:
        yield {
            "group": one.group,
            **shared,
            "ids": list(one.ids),
            "utilities": dict(one.utilities),
            "status": one.status,
            "error": one.error,
            **_behind(found[one.group]),
        }


def _order(margins: Margins, i: int, order: str, samples: Sequence[Judgement]) -> Row:
    """Return what one of two orders says of pair i."""
    from ..judges import pooled

    column = margins.ab if order == "ab" else margins.ba
    value = None if column is None else number(column[i])
    failed = pooled.failure(samples)
    status = "ok" if value is not None else failed.status if failed else "invalid"
    return {"margin": value, "status": status, "finish": pooled.finish_of(samples)}


def _behind(samples: Sequence[Judgement]) -> Row:
    """Return what stands behind a row: its cost and its verdicts."""
    keys = ("prompt_tokens", "cached_tokens", "new_tokens", "flops")
    spent = {key: sum(getattr(one.cost, key) for one in samples) for key in keys}
    return {**spent, "verdicts": [_verdict(one) for one in samples]}


def _verdict(one: Judgement) -> Row:
    said = one.verdict
    return {
        "order": one.order,
        "names": "".join(one.letters),
        "sample": one.sample,
        "status": said.status,
        "finish": said.finish,
        "error": said.error,
        "rationale": said.rationale,
        "why": dict(said.why),
        "labels": dict(said.labels),
        "winner": said.winner,
        "ranking": None if said.ranking is None else list(said.ranking),
        "distributions": {
            name: {"p": dict(zip(dist.labels, dist.p.tolist(), strict=True)), "mass": dist.mass}
            for name, dist in said.distributions.items()
        },
        "provenance": dict(said.provenance),
    }
