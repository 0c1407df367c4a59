"""`assay pocket`: train the small models that ship with the package, and measure them and their world."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from ..errors import InputError, nearest
from .memory import keep_memory
from .pocket_lines import model_lines, world_lines
from .progress import working

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The pocket world: generated data whose truth and quirks are known.")


@app.command(no_args_is_help=True)
def train(
    out: Annotated[Path, typer.Option(help="Folder for the models, and for the runs to go on from.")],
    only: Annotated[str, typer.Option(help="Some of lm, weak and judge, such as weak or lm,judge.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Of weights and order; the shipped models have 0.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the newest whole checkpoints.")] = False,
) -> None:
    """Train the pocket models from nothing; hours on two cores.

    [bold]Example[/bold]: assay pocket train --out runs/pocket --resume
    """
    from ..pocket.models import MODELS
    from ..pocket_train.recipe import train_models

    names = _names("--only", only, MODELS)
    keep_memory()
    for folder in train_models(out, names, seed=seed, resume=resume, on_stage=_tell):
        typer.echo(folder)


@app.command()
def check(
    world: Annotated[bool, typer.Option("--world", help="Check the generated data sets, not the models.")] = False,
    domain: Annotated[
        str, typer.Option(help="Some of reasoning, helpfulness and harmlessness, joined by commas.")
    ] = "",
    seed: Annotated[int, typer.Option(min=0, help="World: 0 shipped, 1-4 development, 5-12 confirmation.")] = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Models: few pairs, to see that everything works.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Models: new folder for the runs of teachers and students; else none is kept.")
    ] = None,
    n: Annotated[int, typer.Option("-n", min=100, help="World: pairs per data set.")] = 2000,
    surface: Annotated[
        bool, typer.Option("--surface", help="World: also fit what surface gives away (minutes).")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON: one object, or with --world an array, an object per data set.")
    ] = False,
) -> None:
    """Measure the pocket models, or with --world the data that they are measured on.

    Of the models: perplexity; the gates that must hold before anything is claimed from the pocket world; whether the
    judge is right, calibrated and obeys its rubric; what a probe reads of reasoning steps. All on test data, with 95 %
    intervals by prompt. New families are ways of writing that no pocket model was trained on.

    Of the data: variety and lengths of every set, and its quirks against their plan. With --surface, `surface` is the
    accuracy of a model that sees answers without prompts, cross-fitted by prompt; beside it, in closed form, what
    reading the planted quirks alone would give.

    [bold]Example[/bold]: assay pocket check --domain reasoning --quick
    """
    from ..pocket.corpus import WORLDS
    from ..pocket.world import DOMAINS

    if seed >= WORLDS:
        raise InputError(f"--seed {seed}: there is no such world; they are 0 to {WORLDS - 1}")
    if surface and not world:
        raise InputError("--surface looks at the generated data; say --world as well")
    if world and (quick or out):
        raise InputError("--quick and --out belong to the check of the models; leave them out, or --world")
    domains = _names("--domain", domain, DOMAINS)
    if world:
        rows = _world(domains, n, seed, surface)
        lines = (line for row in rows for line in world_lines(row))
        typer.echo(json.dumps(rows, indent=1) if as_json else "\n".join(lines))
    else:
        found = _models(domains, seed, quick, out)
        typer.echo(json.dumps(found, indent=1) if as_json else "\n".join(model_lines(found)))


def _names(option: str, text: str, allowed: Collection[str]) -> list[str]:
    """Return the names in a text, joined by commas; all that are allowed where it is empty."""
    names = [name.strip() for name in text.split(",") if name.strip()] or list(allowed)
    for name in names:
        if name not in allowed:
            raise InputError(f"{option} {name!r}: allowed are {', '.join(allowed)}{nearest(name, allowed)}")
    return list(dict.fromkeys(names))


def _tell(words: str) -> None:
    typer.echo(words, err=True)


def _models(domains: Sequence[str], seed: int, quick: bool, out: Path | None) -> dict[str, Any]:
    """Return the figures of the models."""
    from ..pocket_train.check import check_models
    from ..pocket_train.gates import QUICK, Sizes

    keep_memory()
    with TemporaryDirectory() as passing:
        runs = out or Path(passing)
        return check_models(domains, out=runs, sizes=QUICK if quick else Sizes(), seed=seed, on_stage=_tell)


def _world(domains: Sequence[str], n: int, seed: int, surface: bool) -> list[dict[str, Any]]:
    """Return the figures of the data sets."""
    rows = []
    with working() as progress:
        from ..pocket.plan import SETS

        for domain in domains:
            for which in SETS:
                progress(f"{domain}/{which}")
                rows.append(_row(domain, which, n, seed) | (_surface(domain, which, n, seed) if surface else {}))
    return rows


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
