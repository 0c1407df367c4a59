"""The command line.

Exit codes: 0 done · 2 bad input, with one line that says what to do · 3 more pairs unscored than
`--max-unscored` allows · 130 interrupted.

Nothing heavy is imported before a command runs, so `assay --help` is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from ..errors import InputError
from . import bench, compare, data, demo, doctor, judge, pocket, rubric, score, train

__all__ = ["app", "main"]

app = typer.Typer(
    name="assay",
    help="Reward models, judges and process reward models on one calibrated scale.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
data.app.command("doctor", no_args_is_help=True)(doctor.doctor)
app.add_typer(data.app, name="data")
app.add_typer(rubric.app, name="rubric")
app.add_typer(pocket.app, name="pocket")
app.add_typer(train.app, name="train")
app.command("judge", no_args_is_help=True)(judge.judge)
app.command("score", no_args_is_help=True)(score.score)
app.command("label", no_args_is_help=True)(score.label)
app.command("bench", no_args_is_help=True)(bench.bench)
app.command("compare", no_args_is_help=True)(compare.compare)
app.command("demo")(demo.demo)


@app.callback(invoke_without_command=True)
def _version(
    version: bool = typer.Option(False, "--version", help="Print the version and stop.", is_eager=True),
) -> None:
    if version:
        from .. import __version__

        typer.echo(f"assay {__version__}")
        raise typer.Exit


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    Args:
        argv: arguments behind the program's name; those of the process when None.
    """
    try:
        app(args=None if argv is None else list(argv), prog_name="assay")
    except InputError as error:
        print(f"assay: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        sys.exit(0)
