"""Regenerate the tables of README.md: `make figures`; `--check` fails where they are out of date.

The figures come from the demo's reports, made anew; they need ASSAY_DATA.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from assay.data import SCHEMAS

README = Path(__file__).resolve().parents[2] / "README.md"


def figure(interval: dict[str, float | None], digits: int, factor: float = 1.0) -> str:
    """Return "value [low, high]"."""
    if interval["value"] is None:
        return "–"
    if interval["low"] is None:
        return f"{factor * interval['value']:.{digits}f} [map too uncertain]"
    value, low, high = (f"{factor * (interval[key] or 0.0):.{digits}f}" for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def shift_table(reports: list[dict[str, Any]]) -> str:
    """Return one row per scorer and target: accuracy on the source, on the target, and the slope there."""
    lines = [
        "| scorer | kind | fitted on, accuracy % | tested on, accuracy % | slope there |",
        "| --- | --- | --- | --- | --- |",
    ]
    for report in reports:
        source = report["settings"]["source"]
        cells = {(cell["scorer"], cell["dataset"]): cell for cell in report["cells"]}
        targets = [one["name"] for one in report["datasets"] if one["role"] == "target"]
        for scorer in report["scorers"]:
            for target in targets:
                home, away = cells[scorer["name"], source], cells[scorer["name"], target]
                lines.append(
                    f"| {scorer['name']} | {scorer['family']} | {source} {figure(home['accuracy'], 1, 100)} "
                    f"| {target} {figure(away['accuracy'], 1, 100)} | {figure(away['slope'], 2)} |"
                )
    return "\n".join(lines)


def schema_table() -> str:
    """Return one row per schema."""
    lines = ["| schema | holds | what it reads |", "| --- | --- | --- |"]
    for schema in SCHEMAS.values():
        note = "" if schema.seen else " *(written from documentation, never run on real rows)*"
        summary = schema.summary.replace("|", "\\|")
        lines.append(f"| `{schema.name}` | {', '.join(schema.views)} | {summary}{note} |")
    return "\n".join(lines)


def replaced(text: str, name: str, table: str) -> str:
    """Return the text with the block between two markers exchanged."""
    block = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end {name} -->)", re.DOTALL)
    assert block.search(text), f"README.md has no block {name!r}"
    return block.sub(lambda match: f"{match[1]}{table}\n{match[2]}", text)


def fresh() -> str:
    """Return README.md with its tables made anew."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "assay", "demo", "--only", "recorded", "--out", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        names = ("llmbar", "judgebench", "rewardmath")
        reports = [json.loads((Path(folder) / name / "report.json").read_text(encoding="utf-8")) for name in names]
    text = README.read_text(encoding="utf-8")
    return replaced(replaced(text, "figures", shift_table(reports)), "schemas", schema_table())


def main(argv: list[str]) -> int:
    """Write README.md, or compare it with `--check`."""
    made = fresh()
    if argv == ["--check"]:
        current = made == README.read_text(encoding="utf-8")
        print(
            "README.md is current" if current else "README.md is out of date: run `make figures` and look at the change"
        )
        return 0 if current else 1
    README.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
