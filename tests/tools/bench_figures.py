"""Regenerate the tables of tests/bench/README.md from the JSON files beside it; `--check` fails where they differ."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parents[1] / "bench"
PAGE = BENCH / "README.md"
TARGETS = ("webgpt", "chat", "safety")


def stored(name: str) -> Any:
    """Return what a bench wrote."""
    return json.loads((BENCH / f"{name}.json").read_text(encoding="utf-8"))


def spread(one: Mapping[str, float]) -> str:
    """Return "median [least, greatest]"."""
    return f"{one['median']:.2f} [{one['least']:.2f}, {one['greatest']:.2f}]"


def table(*rows: tuple[str, ...]) -> str:
    """Return rows as Markdown, the first as head."""
    head, *rest = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rest))


def hh() -> str:
    """Return accuracy by source, method and data set."""
    rows = []
    for source, methods in sorted(stored("hh_transfer")["sources"].items(), reverse=True):
        [other] = {"helpful", "harmless"} - {source}
        rows += [
            (source, method, *(cells[data][0] for data in (source, other, *TARGETS)))
            for method, cells in methods.items()
        ]
    head = ("source", "method", "own test part", "the other HH set", "WebGPT", "RM-Bench chat", "RM-Bench safety")
    return table(head, *rows)


def trl() -> str:
    """Return TRL's seconds over ours."""
    found = stored("trl_scalar")["bf16"]["ratios"]
    names = {
        "trl": "its fastest setting (lengths grouped: a step's rows are no random sample)",
        "trl_same_rows": "its fastest with our rows in every step",
    }
    rows = [
        (told, *(spread(found[f"{name} ÷ {ours}"]) for ours in ("ours", "ours_budget"))) for name, told in names.items()
    ]
    return table(("TRL", "to ours as it comes", "to our fastest budget"), *rows)


def anchored() -> str:
    """Return an anchored step over a naive one."""
    found = stored("anchored_step")["ratios"]
    names = {
        "warm": "feature cache, filled",
        "cold": "feature cache, first epoch",
        "copy": "frozen copy",
        "adapter": "adapters switched off, to LoRA",
    }
    rows = [
        (told, spread(one := found[name]), f"{one['aim']:.2f}", f"{one['limit']:.2f}") for name, told in names.items()
    ]
    return table(("reference", "ratio", "aim", "limit (a forward more, where there is one)"), *rows)


def judging() -> str:
    """Return our judge against outlines and itself."""
    found = stored("judging")["sizes"]["5M"]["ratios"]
    both = f"{spread(found['written'])}; from forward to forward {spread(found['step'])}"
    return table(
        ("", "ratio", "aim"),
        ("verdicts per second ÷ outlines, `helpfulness` (reason before)", spread(found["helpfulness"]), "2"),
        ("the same, `conciseness` (no reason)", spread(found["conciseness"]), "2"),
        ("the same, outlines with room to finish every verdict", spread(found["room"]), "–"),
        ("constrained ÷ free tokens per second, ours", both, "0.9"),
        ("constrained ÷ transformers' `generate`, free", spread(found["written_generate"]), "–"),
        ("verdicts per second, no reason ÷ reason before, one rubric", spread(found["none"]), "–"),
    )


TABLES: Mapping[str, Callable[[], str]] = {"hh": hh, "trl": trl, "anchored": anchored, "judging": judging}


def page(text: str) -> str:
    """Return the page with its tables made anew."""
    for name, made in TABLES.items():
        begin, end = f"<!-- {name} -->\n", "\n<!-- end -->"
        head, found, rest = text.partition(begin)
        _, closed, tail = rest.partition(end)
        if not found or not closed:
            raise SystemExit(f"{PAGE}: there is no table called {name}")
        text = head + begin + made() + end + tail
    return text


if __name__ == "__main__":
    before = PAGE.read_text(encoding="utf-8")
    after = page(before)
    if "--check" in sys.argv:
        sys.exit(f"{PAGE}: not what the JSON files say; run tests/tools/bench_figures.py" if after != before else 0)
    PAGE.write_text(after, encoding="utf-8")
