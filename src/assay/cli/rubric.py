"""`assay rubric`: check a rubric as a compiler would, show what is sent, and bring rubrics in from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..engines.tokens import Tokens
    from ..judges import Rubric

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Check, show and import rubrics.")

File = Annotated[str, typer.Argument(help="A rubric file, or the name of a shipped one, such as helpfulness.")]
Tokenizer = Annotated[str, typer.Option("--tokenizer", metavar="DIR", help="A tokenizer's folder or hub id.")]


def _tokens(folder: str) -> Tokens:
    from ..engines.tokens import load_tokens

    return load_tokens(folder)


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(help="Rubric files, or names of shipped ones.")],
    tokenizer: Tokenizer = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array, an object per file.")] = False,
) -> None:
    """Find every fault of rubric files, with line, column and remedy; then what is doubtful and what it costs.

    Ends with exit code 2 where a file has a fault; remarks alone do not count.

    [bold]Example[/bold]: assay rubric check helpfulness --tokenizer models/my-judge
    """
    tokens = _tokens(tokenizer) if tokenizer else None
    results = [_checked(name, tokens) for name in files]
    if as_json:
        typer.echo(json.dumps(results, ensure_ascii=False, indent=1))
    else:
        for one in results:
            _print(one)
    if any(one["faults"] for one in results):
        raise typer.Exit(2)


def _checked(file: str, tokens: Tokens | None) -> dict[str, Any]:
    """Return all that can be said of one file, as plain data."""
    from ..errors import InputError
    from ..judges import form, lint, rubric_yaml

    file = rubric_yaml.find(file)
    try:
        text = rubric_yaml.read_text(file)
    except InputError as error:
        return {"file": file, "faults": [str(error)], "remarks": []}
    rubric, faults = rubric_yaml.diagnose(text, file)
    if rubric is None:
        return {"file": file, "faults": [str(fault) for fault in faults], "remarks": []}
    shape = form.verdict_form(rubric)
    found = {
        "file": file,
        "faults": [],
        "remarks": [],
        "name": rubric.name,
        "mode": rubric.mode,
        "criteria": len(rubric.criteria),
        "fingerprint": rubric.fingerprint,
        "grammar": shape.grammar.fingerprint,
    }
    place = rubric_yaml.placer(text, file)
    notes = list(lint.remarks(rubric))
    try:
        lint.sample_prompt(rubric, shape)
        if tokens is not None:
            notes += lint.label_remarks(rubric, shape, tokens)
            cost = lint.costs(rubric, tokens)
            found["tokens"] = {"prompt": cost.prompt, "least": cost.least, "budget": cost.budget, "orders": cost.orders}
    except InputError as error:
        found["faults"] = [str(place(("prompt",), str(error)))]
    found["remarks"] = [str(place(note.path, note.message)) for note in notes]
    return found


def _print(one: dict[str, Any]) -> None:
    for fault in one["faults"]:
        typer.echo(f"{fault}")
    for remark in one["remarks"]:
        where, _, message = remark.partition(": ")
        typer.echo(f"{where}: remark: {message}")
    if one["faults"]:
        return
    typer.echo(f"{one['file']}: sound · {one['mode']}, {one['criteria']} criteria · rubric {one['fingerprint'][:12]}")
    if "tokens" in one:
        cost = one["tokens"]
        orders = "asked in both orders" if cost["orders"] == 2 else "asked once"
        typer.echo(
            f"  prompt {cost['prompt']} tokens besides the texts · verdict at least {cost['least']}, "
            f"with its rationale up to {cost['budget']} · {orders}"
        )


@app.command()
def show(
    file: File,
    answers: Annotated[int, typer.Option(min=2, max=26, help="How many answers a listwise rubric ranks.")] = 3,
    tokenizer: Tokenizer = "",
) -> None:
    """Print the exact prompt, with … for the judged texts, and the exact grammar of the verdict.

    With --tokenizer the prompt is shown inside the model's chat template.

    [bold]Example[/bold]: assay rubric show helpfulness
    """
    from ..judges import form, lint

    rubric = _load(file)
    shape = form.verdict_form(rubric, answers=answers if rubric.mode == "listwise" else None)
    text = lint.sample_prompt(rubric, shape)
    if tokenizer:
        from ..engines import ChatMessage, Part

        text = "".join(part.text for part in _tokens(tokenizer).chat([ChatMessage("user", (Part(text),))]))
    typer.echo(text)
    typer.echo(f"\nVerdict grammar {shape.grammar.fingerprint}:\n{shape.grammar.regex}")


@app.command()
def schema(
    file: File,
    answers: Annotated[int, typer.Option(min=2, max=26, help="How many answers a listwise rubric ranks.")] = 3,
) -> None:
    """Print the JSON Schema (Draft 2020-12) that every verdict of a rubric obeys.

    The form of rubric files themselves is rubrics/rubric.schema.json.

    [bold]Example[/bold]: assay rubric schema harmlessness
    """
    from ..judges import form

    rubric = _load(file)
    shape = form.verdict_form(rubric, answers=answers if rubric.mode == "listwise" else None)
    typer.echo(json.dumps(shape.schema, ensure_ascii=False, indent=1))


def _load(name: str) -> Rubric:
    from ..judges import Rubric

    return Rubric.load(name)


@app.command("import")
def import_(
    form: Annotated[str, typer.Argument(help="biggen, prometheus or autorubric.")],
    file: Annotated[str, typer.Argument(help="The file to read.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the rubric files, one per rubric.")],
) -> None:
    """Turn rubrics of other projects into files of ours; what could not be carried over is said.

    [bold]Example[/bold]: assay rubric import biggen instances.jsonl.gz --out rubrics/biggen
    """
    from ..errors import InputError
    from ..judges import importers, rubric_yaml

    found = {out / f"{one.rubric.name}.yaml": one for one in importers.read_imports(form, file)}
    for target in found:  # all is read and checked before anything is written
        if target.exists():
            raise InputError(f"{target}: is there already; choose an empty folder with --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for target, one in found.items():
            target.write_text(rubric_yaml.dump(one.rubric), encoding="utf-8")
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written ({error.strerror}); name another folder") from None
    for target, one in found.items():
        for note in one.notes:
            typer.echo(f"{target}: {note}")
    typer.echo(f"{len(found)} rubrics written to {out}, {sum(len(one.notes) for one in found.values())} notes")
