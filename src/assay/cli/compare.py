"""`assay compare`: scorers × data sets on one calibrated scale, as a report folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from .progress import working
from .scorers import Allowance, load_scorers

if TYPE_CHECKING:
    from assay.eval import Report

__all__ = ["compare", "run_compare"]


def compare(
    data: Annotated[list[str], typer.Option(help="[NAME=]schema:path[?key=value&…]; repeat for more columns.")],
    scorer: Annotated[list[str], typer.Option(help="[NAME=]kind:where[?key=value&…]; repeat for more rows.")],
    source: Annotated[str, typer.Option(help="NAME of the data set that the maps are fitted on.")],
    out: Annotated[Path, typer.Option(help="Folder for the report; an earlier report there is replaced.")],
    title: Annotated[str, typer.Option(help="Heading of the report.")] = "assay compare",
    replicates: Annotated[int, typer.Option(min=100, help="Bootstrap resamples of prompts.")] = 2000,
    contrast: Annotated[
        str, typer.Option(help="FIRST,SECOND: the one difference declared before looking; all others are exploratory.")
    ] = "",
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Coverage of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of resamples and folds.")] = 0,
    max_unscored: Annotated[
        str, typer.Option(help="Unscored pairs allowed per cell before exit code 3: N or P%.")
    ] = "0",
) -> None:
    """Fit a temperature per scorer on the source, freeze it, and report every scorer on every data set.

    Writes report.html, report.md, report.json, margins.parquet and run.json.

    [bold]Example[/bold]: assay compare --data A=llmbar:Natural/dataset.json.gz --data B=llmbar:Neighbor/dataset.json.gz
    --scorer 'recorded-llmbar:logs/**/GPT-4/Swap/result.json.gz' --source A --out report
    """
    allowance = Allowance(max_unscored)
    report = run_compare(
        data,
        scorer,
        source=source,
        out=out,
        title=title,
        contrast=_contrast(contrast),
        replicates=replicates,
        level=level,
        seed=seed,
    )
    over = [
        f"{cell.scorer} on {cell.dataset} ({cell.n - cell.scored} of {cell.n})"
        for cell in report.cells
        if allowance.exceeded(cell.n - cell.scored, cell.n)
    ]
    if over:
        typer.echo(f"assay: more unscored pairs than --max-unscored {max_unscored}: {', '.join(over)}", err=True)
        raise typer.Exit(3)


def _contrast(text: str) -> tuple[str, str] | None:
    if not text:
        return None
    first, comma, second = (part.strip() for part in text.partition(","))
    if not comma or not first or not second or first == second:
        raise InputError(f"--contrast {text!r}: expected two different scorers, FIRST,SECOND")
    return first, second


def run_compare(
    data: Sequence[str],
    scorers: Sequence[str],
    *,
    source: str,
    out: Path,
    title: str = "assay compare",
    note: str = "",
    contrast: tuple[str, str] | None = None,
    replicates: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Report:
    """Run `assay compare` and write its folder; returns the report.

    `note` is put above what the report says in words; all else is as on the command line.

    Raises:
        InputError: anything handed in is wrong; nothing is written then.
    """
    from assay.eval import Settings, reading, report_files
    from assay.eval import compare as compare_scorers

    from ..data import load_pairs
    from ..runs import check_folder, run_record, written_folder

    if not data:
        raise InputError("no data is given; name the source and the targets with --data DATA")
    started = time.time()
    check_folder(out)
    settings = Settings(source=source, contrast=contrast, level=level, replicates=replicates, seed=seed)
    with working() as progress:
        datasets = []
        for text in data:
            progress(f"reading {text}")
            datasets.append(load_pairs(text))
        loaded = []
        for text in scorers:
            progress(f"reading {text}")
            loaded += load_scorers([text])
        for one in loaded:
            if one.chosen:
                raise InputError(f"scorer {one.scorer.name}: compare fits its own map; leave calibrator= out")
        report, margins = compare_scorers(datasets, [one.scorer for one in loaded], settings, progress=progress)
        said = reading.read_report(report)
        report = replace(report, reading=(note, *said) if note else said)
        progress("writing")
        config = {
            "data": list(data),
            "scorer": list(scorers),
            "source": source,
            "title": title,
            "note": note,
            "contrast": contrast,
            "replicates": replicates,
            "level": level,
            "seed": seed,
        }
        with written_folder(out) as folder:
            run = run_record("compare", config, started=started)
            report_files.write_report(folder, report, margins, title=title, run=run)
    _print(report, out)
    return report


def _print(report: Report, out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=f"accuracy % and calibration slope, maps fitted on {report.settings.source}", show_lines=True)
    names = [one.name for one in report.datasets]
    for column in ("scorer", *names):
        table.add_column(column)
    for scorer in report.scorers:
        cells = [report.cell(scorer.name, name) for name in names]
        shown = [f"{cell.accuracy.times(100).text(1)}\n{cell.slope.text(2)}" for cell in cells]
        table.add_row(f"{scorer.name}\n[dim]{scorer.family}[/dim]", *shown)
    console.print(table)
    for sentence in report.reading:
        console.print(f"· {sentence}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"report: {out / 'report.html'}", highlight=False, markup=False, soft_wrap=True)
