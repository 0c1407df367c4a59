"""`assay rubric` on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.cli import main

Run = Callable[..., tuple[int, str, str]]

RUBRIC = """schema_version: 1
name: mine
mode: pairwise
criteria:
  - id: right
    question: Which answer is right more often?
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line and return (exit code, stdout, stderr)."""

    def _run(*argv: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["rubric", *map(str, argv)])
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return _run


def test_check_prints_every_fault_at_its_place_and_ends_with_2(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(RUBRIC.replace("question:", "questoin:") + "    weight: 0\n")
    code, out, _ = run("check", file)
    assert code == 2
    lines = out.splitlines()
    assert lines[0].startswith(f"{file}:5:5: key 'question' is missing")
    assert lines[1].startswith(f"{file}:6:5: unknown key \"questoin\" (did you mean 'question'?)")
    assert lines[2].startswith(f"{file}:7:13: 'weight' is 0")


def test_check_of_a_sound_rubric_prints_its_remarks_and_ends_with_0(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "good.yaml"
    file.write_text(RUBRIC + "variables: {who: me}\n")
    code, out, _ = run("check", file)
    assert code == 0
    assert f"{file}:7:18: remark: variable 'who' is used nowhere" in out
    assert "sound · pairwise, 1 criteria" in out


def test_check_of_an_absent_file_says_so(run: Run) -> None:
    code, out, _ = run("check", "nowhere.yaml")
    assert code == 2
    assert "nowhere.yaml: cannot be read" in out


def test_check_renders_a_template_of_the_rubrics_own(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(RUBRIC + "prompt: '{{ answers[0].text }}'\n")
    code, out, _ = run("check", file)
    assert code == 2
    assert f"{file}:7:9: " in out
    assert "exactly once" in out


def test_show_prints_the_prompt_and_the_grammar(run: Run) -> None:
    code, out, _ = run("show", "helpfulness")
    assert code == 0
    assert "You compare two answers" in out
    assert r'"criteria":\{"c1":"' in out


def test_schema_prints_what_verdicts_obey(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "good.yaml"
    file.write_text(RUBRIC)
    code, out, _ = run("schema", file)
    assert code == 0
    assert json.loads(out)["properties"]["criteria"]["properties"]["c1"] == {"enum": ["A", "B", "="]}


def test_import_writes_files_that_check(run: Run, tmp_path: Path) -> None:
    row = {"id": "x_0", "score_rubric": {"criteria": "Is it {{ good }}?"}}
    row["score_rubric"] |= {f"score{i}_description": f"level {i}" for i in range(1, 6)}  # type: ignore[operator]
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps(row) + "\n")
    code, out, _ = run("import", "biggen", source, "--out", tmp_path / "made")
    assert code == 0
    assert "1 rubrics written" in out
    [made] = (tmp_path / "made").glob("*.yaml")
    assert run("check", made)[0] == 0
    assert run("import", "biggen", source, "--out", tmp_path / "made")[0] == 2


def test_an_import_that_fails_half_way_writes_nothing(run: Run, tmp_path: Path) -> None:
    good = {"id": "x_0", "score_rubric": {"criteria": "Good?", **{f"score{i}_description": "d" for i in range(1, 6)}}}
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps(good) + "\n" + '{"id": "x_1"}\n')
    code, _, err = run("import", "biggen", source, "--out", tmp_path / "made")
    assert code == 2
    assert f"{source}:2" in err
    assert not (tmp_path / "made").exists()
    assert run("import", "bigen", source, "--out", tmp_path / "made")[0] == 2
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("folder", ["nowhere/deeper/still", "./nowhere", "/nowhere/at/all"])
def test_a_tokenizer_folder_that_is_not_there_is_told_at_once(run: Run, folder: str) -> None:
    code, _, err = run("check", "helpfulness", "--tokenizer", folder)
    assert code == 2
    assert f"assay: {folder}: no tokenizer can be loaded from here: there is no such folder; name one" in err
    assert err.count("\n") == 1


def test_a_folder_beside_existing_ones_is_no_hub_id(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    code, _, err = run("check", "helpfulness", "--tokenizer", "models/mine")
    assert code == 2
    assert "models/mine: no tokenizer can be loaded from here: there is no such folder" in err
