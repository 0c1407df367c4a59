"""`assay pocket`: look at the generated world that ships with the package."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated, Any

import typer

from .progress import working

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The pocket world: generated data whose truth and quirks are known.")


@app.callback()
def _group() -> None:
    """Keep `check` a command of its own, although it is alone."""


@app.command(no_args_is_help=True)
def check(
    world: Annotated[bool, typer.Option("--world", help="Check the generated data sets.")] = False,
    n: Annotated[int, typer.Option("-n", min=100, help="Pairs per data set.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="World: 0 shipped, 1-4 development, 5-12 confirmation.")] = 0,
    surface: Annotated[bool, typer.Option("--surface", help="Also fit what surface gives away (minutes).")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array, an object per data set.")] = False,
) -> None:
    """Print variety and lengths of every data set, and its quirks against their plan.

    With --surface, `surface` is the accuracy of a model that sees answers without prompts, cross-fitted by prompt
    (95 % interval); beside it, in closed form, what reading the planted quirks alone would give.

    [bold]Example[/bold]: assay pocket check --world
    """
    from ..errors import InputError

    if not world:
        raise InputError("nothing to check was named; the generated data are checked with --world")
    rows = []
    with working() as progress:
        from ..pocket.plan import SETS
        from ..pocket.world import DOMAINS

        for domain in DOMAINS:
            for which in SETS:
                progress(f"{domain}/{which}")
                rows.append(_row(domain, which, n, seed) | (_surface(domain, which, n, seed) if surface else {}))
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
    else:
        for row in rows:
            _print(row)


def _row(domain: str, which: str, n: int, seed: int) -> dict[str, Any]:
    """Return the figures of one data set as plain data."""
    from ..pocket.domain import World
    from ..pocket.plan import plan_of
    from ..pocket.survey import survey
    from ..pocket.world import domain_of

    plan = plan_of(domain, which, domain_of(domain).kinds, World(seed))
    found = dataclasses.asdict(survey(domain, which, n=n, seed=seed))
    return {**found, "families": list(plan.families), "signs": dict(plan.signs)}


def _surface(domain: str, which: str, n: int, seed: int) -> dict[str, Any]:
    """Return what the answers' surface gives away, and what reading the planted quirks alone would."""
    from assay.eval import doctor

    from ..data import load_pairs
    from ..pocket.domain import World
    from ..pocket.oracles import agreement, quirk_oracle
    from ..pocket.plan import plan_of
    from ..pocket.world import domain_of

    plan = plan_of(domain, which, domain_of(domain).kinds, World(seed))
    found = doctor.examine(load_pairs(f"world:{domain}/{which}?n={n}&seed={seed}").records)
    return {
        "surface": dataclasses.asdict(found.surface),
        "quirk_oracle": agreement(quirk_oracle(plan), plan),
        "cues": [{"name": cue.name, "wins": dataclasses.asdict(cue.wins), "n": cue.n} for cue in found.cues],
    }


def _print(row: dict[str, Any]) -> None:
    seen, possible = row["coverage"]
    typer.echo(
        f"{row['name']}: {row['n']:,} pairs · families {row['families']} · {seen} of {possible} families × scenarios"
    )
    one, two, three = row["distinct"]
    typer.echo(
        f"  distinct-1/2/3 {one:.3f} {two:.3f} {three:.3f} · "
        f"answers that occur once {row['texts']:.1%}, prompts {row['prompts']:.1%}"
    )
    lengths = " · ".join(
        f"{name} {'/'.join(map(str, row[f'length_{name}']))}" for name in ("prompt", "better", "worse")
    )
    typer.echo(f"  characters at 5/50/95 %: {lengths} · labels that follow utility {row['kept']:.3f}")
    for rate in row["quirks"]:
        (better, planned_better), (worse, planned_worse) = rate["better"], rate["worse"]
        sign = {1: "+", 0: "0", -1: "-"}[row["signs"][rate["quirk"]]]
        typer.echo(
            f"  {sign} {rate['quirk']}: in {better:.3f} of the better (plan {planned_better:.2f}), "
            f"{worse:.3f} of the worse ({planned_worse:.2f})"
        )
    if "surface" not in row:
        return
    from assay.eval import Interval

    cues = "; ".join(f"{cue['name']} {cue['wins']['value']:.2f} of {cue['n']}" for cue in row["cues"][:3])
    surface = Interval(**row["surface"]).text(3)
    typer.echo(f"  surface {surface}, its quirks alone {row['quirk_oracle']:.3f} · cues: {cues or 'none'}")
