"""`assay judge`: a rubric put to a language model, and every verdict kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError
from ..specs import Spec
from ..types import Item, Pair
from .engines import judge_of
from .progress import counting
from .rows import check_out, write_rows
from .scorers import Allowance

__all__ = ["judge"]


def judge(
    rubric: Annotated[str, typer.Argument(help="A rubric file, or the name of a shipped one, such as helpfulness.")],
    data: Annotated[str, typer.Argument(metavar="DATA", help="[NAME=]schema:path-or-hub-id[?key=value&…]")],
    out: Annotated[Path, typer.Option(help="JSON Lines file to write.")],
    model: Annotated[str | None, typer.Option(help="Folder or hub id of the language model that judges.")] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="transformers; scripted, a fake without a model; or replay, which answers from --store."),
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="File that keeps every answer of the model; what it holds is not asked again.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Rationales: none, before or each; else the rubric's.")] = None,
    samples: Annotated[int | None, typer.Option(help="How many times each question is asked.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Of sampling; 0 for one sample, else 1.")] = None,
    apart: Annotated[bool, typer.Option("--apart", help="Ask each criterion by itself.")] = False,
    shuffle: Annotated[int | None, typer.Option(help="Draw one of N orders of the criteria, and the names.")] = None,
    orders: Annotated[str | None, typer.Option(help="Orders of the answers: both, ab or ba.")] = None,
    budget: Annotated[int | None, typer.Option(help="Tokens of a verdict at most.")] = None,
    think: Annotated[int | None, typer.Option(help="Tokens of free thought at most.")] = None,
    dtype: Annotated[str | None, typer.Option(help="auto, float32, bfloat16 or float16.")] = None,
    device: Annotated[str | None, typer.Option(help="Such as cuda or cpu.")] = None,
    batch_tokens: Annotated[int | None, typer.Option(help="Tokens of a batch at most.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of samples and shuffling.")] = None,
    var: Annotated[list[str] | None, typer.Option(help="A variable of the rubric, name=value; repeat.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the scorer; else the rubric's.")] = None,
    max_unscored: Annotated[str, typer.Option(help="Unscored records allowed before exit code 3: N or P%.")] = "0",
) -> None:
    """Judge the pairs of a data set by a rubric, or its single answers, or rank its answers to each prompt.

    Writes margins that `recorded:` reads, with labels, rationales and probabilities of every verdict.

    [bold]Example[/bold]: assay judge helpfulness hh-rlhf:helpful-base.jsonl.gz --model models/my-judge --out out.jsonl
    """
    given = {
        "model": model,
        "engine": engine,
        "store": store,
        "reason": reason,
        "samples": samples,
        "temperature": temperature,
        "apart": "yes" if apart else None,
        "shuffle": shuffle,
        "orders": orders,
        "budget": budget,
        "think": think,
        "dtype": dtype,
        "device": device,
        "batch_tokens": batch_tokens,
        "seed": seed,
    }
    options = {key: str(value) for key, value in given.items() if value is not None}
    spec = Spec(text=f"judge:{rubric}", kind="judge", where=rubric, name=name, options=options)
    allowance, variables = Allowance(max_unscored), _variables(var or [])
    check_out(out)
    done = 0
    try:
        with counting(f"judging by {rubric}") as show:

            def told(now: int, total: int) -> None:
                nonlocal done
                done = now
                show(now, total)

            rows, statuses = _judged(spec, data, variables, told)
        n = write_rows(out, rows)
    except KeyboardInterrupt:
        typer.echo(f"assay: interrupted after {done:,} judgements; nothing was written", err=True)
        raise typer.Exit(130) from None
    failed = Counter(status for status in statuses if status != "ok")
    why = f" ({', '.join(f'{k} {status}' for status, k in failed.most_common())})" if failed else ""
    typer.echo(f"{out}: {n:,} rows, {failed.total()} of {len(statuses):,} unscored{why}")
    if allowance.exceeded(failed.total(), len(statuses)):
        raise typer.Exit(3)


def _judged(
    spec: Spec, data: str, variables: Mapping[str, str], told: Callable[[int, int], object]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows to write, and the status of every record."""
    from ..data import SCHEMAS, load_items, load_pairs, parse_data
    from ..judges import pooled
    from .judge_rows import group_rows, item_rows, pair_rows

    parsed = parse_data(data)
    views = SCHEMAS[parsed.kind].views
    loaded = load_items(parsed) if "items" in views and "pairs" not in views else load_pairs(parsed)
    made = judge_of(spec, variables=variables, on_progress=told)
    shared = {
        "dataset": loaded.name,
        "scorer": made.name,
        "family": made.family,
        "method": made.method,
        "seed": made.seed,
    }
    pairs = [one for one in loaded.records if isinstance(one, Pair)]
    items = [one for one in loaded.records if isinstance(one, Item)]
    if pairs:
        found = made.verdicts(pairs)
        margins = made.margins(pairs, found)
        return list(pair_rows(pairs, margins, pooled.by_record(found), shared)), margins.status.tolist()
    if made.rubric.mode == "pointwise":
        found = made.verdicts(items)
        scores = made.scores(items, found)
        return list(item_rows(items, scores, pooled.by_record(found), shared)), scores.status.tolist()
    groups = _groups(items, data)
    found = made.verdicts(groups)
    rankings = made.rankings(groups, found)
    return list(group_rows(rankings, pooled.by_record(found), shared)), [one.status for one in rankings]


def _groups(items: Sequence[Item], data: str) -> list[list[Item]]:
    """Return the answers to each prompt that has several."""
    by_prompt: dict[str, list[Item]] = {}
    for item in items:
        by_prompt.setdefault(item.group, []).append(item)
    groups = [group for group in by_prompt.values() if len(group) > 1]
    if not groups:
        raise InputError(f"{data}: no prompt has two answers to compare; use a pointwise rubric")
    return groups


def _variables(texts: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or name in found:
            raise InputError(f"--var {text!r}: expected name=value, each name once")
        found[name] = value
    return found
