"""`assay rubric check --tokenizer` prints what the tokenizer of a folder makes of a rubric."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from families import tokenizer

from assay.cli import main


@pytest.mark.parametrize("family", ["llama", "mistral"])
def test_check_with_a_tokenizer_prints_what_a_judgement_costs(
    family: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tokenizer(family).save_pretrained(tmp_path)
    with pytest.raises(SystemExit) as end:
        main(["rubric", "check", "helpfulness", "--tokenizer", str(tmp_path), "--json"])
    assert not end.value.code
    [one] = json.loads(capsys.readouterr().out)
    cost = one["tokens"]
    assert one["name"] == "helpfulness"
    assert cost["budget"] == cost["least"] + 200  # its rationale has 200 tokens
    assert cost["orders"] == 2
    assert cost["prompt"] > 300
