"""The 765 rubrics of BiGGen Bench, from their rows to a token automaton."""

from __future__ import annotations

from pathlib import Path

import pytest
from families import tokens

from assay.cli import main
from assay.data import load_items
from assay.engines.index import token_index
from assay.engines.tokens import encode
from assay.judges import Rubric, judge_prompt, verdict_form

ROWS = "biggen_bench/instances.jsonl.gz"


@pytest.mark.data
def test_all_765_rubrics_import_check_render_and_compile(
    real: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["rubric", "import", "biggen", str(real / ROWS), "--out", str(tmp_path)])
    assert not end.value.code
    files = sorted(tmp_path.glob("*.yaml"))
    assert len(files) == 765
    with pytest.raises(SystemExit) as end:
        main(["rubric", "check", *map(str, files)])
    assert not end.value.code
    assert capsys.readouterr().out.count(": sound · pointwise, 1 criteria") == 765

    items = {item.id: item for item in load_items(f"biggen:{real / ROWS}").records}
    ours, compiled = tokens("qwen"), 0
    for file in files:
        rubric = Rubric.load(file)
        item = items[rubric.name]
        form = verdict_form(rubric)
        chat = judge_prompt(rubric, form, dialogue=item.prompt, answers=["An answer."], reference=item.reference)
        parts = ours.chat(chat)
        assert [part.text for part in parts if part.kind == "judged"] == [
            *(turn.content for turn in item.prompt),
            item.reference,
            "An answer.",
        ]
        assert all(level.anchor in chat[0].text for level in rubric.criteria[0].levels)
        assert encode(ours, parts)
        compiled += token_index(form.grammar, ours, cache=None).min_tokens > 10
    assert compiled == 765
