"""The command line: what it prints, how it ends, and one line for every mistake."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.data import load_pairs

Write = Callable[..., str]
Run = Callable[..., tuple[int, str, str]]


def rows(n: int = 40) -> list[dict[str, Any]]:
    """Return a JudgeBench-shaped set."""
    row = {"source": "s", "response_A": "a", "response_B": "b", "label": "A>B"}
    return [{**row, "pair_id": f"p{i}", "question": f"question {i}"} for i in range(n)]


@pytest.fixture
def files(write: Write) -> tuple[str, str]:
    """A data set, and a recording that is right on three pairs of four."""
    data = write("data.jsonl.gz", rows())
    pairs = load_pairs(f"judgebench:{data}").records
    log = [
        {"pair_id": pair.id, "scorer": "rm", "margin": (1 + i % 3) * (1 if (pair.label == 1) == (i % 4 > 0) else -1)}
        for i, pair in enumerate(pairs)
    ]
    return data, write("log.jsonl", log)


def compare_args(data: str, log: str, out: Path) -> list[str]:
    target = f"tgt=judgebench:{data}?part=val+cal+test"
    source = f"src=judgebench:{data}?part=teacher+student"
    return [
        "compare",
        "--data",
        source,
        "--data",
        target,
        "--scorer",
        f"recorded:{log}",
        "--source",
        "src",
        "--out",
        str(out),
    ]


def test_compare_writes_the_five_files_and_says_what_it_found(run: Run, files: tuple[str, str], tmp_path: Path) -> None:
    code, out, _ = run(*compare_args(*files, tmp_path / "out"), "--replicates", "100")
    assert code == 0
    assert "report.html" in out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "margins.parquet",
        "report.html",
        "report.json",
        "report.md",
        "run.json",
    ]
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["config"]["source"] == "src"
    assert "seconds" not in json.loads((tmp_path / "out" / "report.json").read_text())


def test_a_report_made_again_is_equal_to_the_byte(run: Run, files: tuple[str, str], tmp_path: Path) -> None:
    texts = []
    for name in "ab":
        run(*compare_args(*files, tmp_path / name), "--replicates", "100")
        texts.append((tmp_path / name / "report.json").read_bytes())
    assert texts[0] == texts[1]


def test_a_map_of_a_report_can_be_carried_into_a_benchmark(run: Run, files: tuple[str, str], tmp_path: Path) -> None:
    data, log = files
    run(*compare_args(data, log, tmp_path / "out"), "--replicates", "100")
    spec = f"recorded:{log}?calibrator={tmp_path / 'out' / 'report.json'}"
    code, out, _ = run("bench", "judgebench", "--data", data, "--scorer", spec, "--json")
    [row] = json.loads(out)
    assert code == 0
    assert (row["benchmark"], row["scorer"], row["n"], row["unscored"], row["official"]) == (
        "judgebench",
        "rm",
        40,
        0,
        75.0,
    )
    assert 0 < row["calibrated"]["log_loss"] < math.log(2)
    assert row["intervals"]["official"][0] < 75 < row["intervals"]["official"][1]
    assert list(row)[:7] == ["benchmark", "scorer", "family", "n", "unscored", "cost", "calibrated"]


def test_bench_without_a_map_has_no_calibrated_figures_and_reads_a_plain_path(run: Run, files: tuple[str, str]) -> None:
    data, log = files
    _, out, _ = run("bench", "judgebench", "--data", data, "--scorer", f"recorded:{log}", "--json")
    assert json.loads(out)[0]["calibrated"] is None
    assert json.loads(out)[0]["cost"] is None
    code, out, _ = run("bench", "judgebench", "--data", data, "--scorer", f"recorded:{log}")
    assert code == 0
    assert "75.00" in out


@pytest.mark.parametrize(("allowed", "code"), [("0", 3), ("9", 3), ("10", 0), ("20%", 3), ("25%", 0)])
def test_more_unscored_pairs_than_allowed_end_with_exit_code_3(run: Run, write: Write, allowed: str, code: int) -> None:
    data = write("data.jsonl", rows())
    log = [
        {"pair_id": f"p{i}", "margin": None, "status": "refused"} if i < 10 else {"pair_id": f"p{i}", "margin": 1.0}
        for i in range(40)
    ]
    scorer = f"recorded:{write('log.jsonl', log)}"
    ended, out, err = run("bench", "judgebench", "--data", data, "--scorer", scorer, "--max-unscored", allowed)
    assert ended == code
    assert "log" in out  # the figures are printed all the same
    assert ("more unscored pairs than --max-unscored" in err) == (code == 3)


def test_data_check_counts_and_names_places(run: Run, write: Write) -> None:
    path = write("Natural/d.json", [{"input": "i", "output_1": "x", "output_2": "y", "label": 1}] * 3)
    code, out, _ = run("data", "check", f"llmbar:{path}")
    assert code == 0
    assert "3 rows → 1 pairs" in out
    assert "dropped 2: repeats an earlier row (d.json[1], d.json[2])" in out
    _, out, _ = run("data", "check", f"llmbar:{path}", "--json")
    [summary] = json.loads(out)
    assert (summary["rows"], summary["kept"]) == (3, 1)
    assert summary["dropped"]["repeats an earlier row"]["places"] == [f"{path}[1]", f"{path}[2]"]


def test_data_show_prints_a_record_and_its_facts(run: Run, write: Write) -> None:
    path = write("data.jsonl", rows(3))
    code, out, _ = run("data", "show", f"judgebench:{path}", "-n", "1")
    assert code == 0
    assert "question 0" in out
    assert "question 1" not in out
    _, out, _ = run("data", "show", f"judgebench:{path}", "--id", "p2")
    assert "question 2" in out
    steps = {
        "id": "g",
        "generator": "m",
        "problem": "P",
        "steps": ["s0", "s1"],
        "final_answer_correct": True,
        "label": 0,
    }
    _, out, _ = run("data", "show", f"processbench:{write('p.json', [steps])}")
    assert "step 0 [0.0]" in out


def test_data_overlap_finds_equal_and_nearly_equal_prompts(run: Run, write: Write) -> None:
    long = "please explain in a few simple words how the tides of the sea follow the moon and the sun each day"
    left, right = rows(2), rows(2)
    left[0]["question"], right[0]["question"] = "What is THIS?", "what is this"
    left[1]["question"], right[1]["question"] = long, long + " thanks"
    paths = [f"{n}=judgebench:{write(f'{n}.jsonl', r)}" for n, r in (("a", left), ("b", right))]
    code, out, _ = run("data", "overlap", *paths)
    assert code == 0
    assert "1 exact, 1 near, of 2 and 2 prompts" in out
    _, out, _ = run("data", "overlap", *paths, "--json")
    [found] = json.loads(out)
    assert len(found["exact"]) == 1
    # 21 words have 17 five-grams, one more word one more: 17 / 18
    assert found["near"][0]["similarity"] == pytest.approx(17 / 18)


def bad_bytes(write: Write) -> str:
    path = write("bad.jsonl", rows(3))
    Path(path).write_bytes(Path(path).read_bytes() + b'{"pair_id": "\xff"}\n')
    return path


def truncated(write: Write) -> str:
    path = write("cut.jsonl.gz", [{**row, "question": str(hash(i))} for i, row in enumerate(rows(2000))])
    Path(path).write_bytes(Path(path).read_bytes()[:-100])
    return path


def empty(write: Write) -> str:
    return write("empty.jsonl", [])


def missing_column(write: Write) -> str:
    return write("column.jsonl", [*rows(2), {"pair_id": "x", "source": "s"}])


def bad_label(write: Write) -> str:
    return write("label.jsonl", [*rows(2), {**rows(1)[0], "pair_id": "x", "label": "C"}])


def twins(write: Write) -> str:
    return write("twins.jsonl", [*rows(2), rows(1)[0]])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (truncated, ["cut.jsonl.gz", "breaks off before its end"]),
        (bad_bytes, ["bad.jsonl:4", "0xff", "not UTF-8"]),
        (missing_column, ["column.jsonl:3", "column 'question' is missing", "found: pair_id, source"]),
        (bad_label, ["label.jsonl:3", "column 'label' is 'C'", "expected 'A>B' or 'B>A'"]),
        (empty, ["empty.jsonl", "the file is empty"]),
        (twins, ["twins.jsonl:3", "id 'p0' occurs twice"]),
    ],
)
@pytest.mark.parametrize("command", ["check", "compare"])
def test_damaged_data_end_with_one_line_and_no_report(
    run: Run,
    write: Write,
    files: tuple[str, str],
    tmp_path: Path,
    make: Callable[[Write], str],
    says: list[str],
    command: str,
) -> None:
    data, out = f"judgebench:{make(write)}", tmp_path / "out"
    if command == "check":
        code, _, err = run("data", "check", data)
    else:
        good = f"src=judgebench:{files[0]}"
        args = [
            "--data",
            good,
            "--data",
            f"t={data}",
            "--scorer",
            f"recorded:{files[1]}",
            "--source",
            "src",
            "--out",
            out,
        ]
        code, _, err = run("compare", *args)
    assert code == 2
    assert all(words in err for words in says), err
    assert err.startswith("assay: ")
    assert err.count("\n") == 1
    assert not out.exists()
    assert not list(tmp_path.glob(".out*"))


def test_other_mistakes_end_with_one_line_too(run: Run, write: Write, files: tuple[str, str], tmp_path: Path) -> None:
    data, log = files
    good = compare_args(data, log, tmp_path / "out")
    sure = [
        {"pair_id": p.id, "margin": 1.0 if p.label == 1 else -1.0} for p in load_pairs(f"judgebench:{data}").records
    ]
    nan = write("nan.jsonl", [{"pair_id": "p0", "margin": math.nan}])
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.txt").write_text("words")

    def changed(old: str, new: str) -> list[str]:
        assert old in good
        return [new if one == old else one for one in good]

    scorer = f"recorded:{log}"
    for args, says in (
        (changed(scorer, f"recorded:{nan}"), "nan.jsonl:1: column 'margin' is nan"),
        (changed(scorer, f"recorded:{write('sure.jsonl', sure)}"), "one class"),
        (
            changed(scorer, f"recorded:{log}?scoer=a"),
            "unknown option 'scoer'; allowed are scorer, calibrator (did you mean",
        ),
        (changed(scorer, f"recorde:{log}"), "unknown kind 'recorde'; allowed are recorded"),
        (changed(scorer, "recorded:absent.jsonl"), "absent.jsonl: no such file"),
        (changed("src", "scr"), "--source 'scr' is no data set of this run; allowed are src, tgt"),
        (changed(str(tmp_path / "out"), str(thesis)), "holds other files than a run's"),
        ([*good, "--data", f"judgebnch:{data}"], "unknown kind 'judgebnch'"),
        ([*good, "--data", f"src=judgebench:{data}"], "two data sets are named 'src'"),
        ([*good, "--scorer", scorer], "two scorers are named 'rm'"),
        ([*good, "--max-unscored", "few"], "--max-unscored 'few'"),
        (["bench", "judgbench", "--data", data, "--scorer", scorer], "did you mean 'judgebench'?"),
        (["data", "show", f"judgebench:{data}", "--as", "chians"], "judgebench holds pairs"),
        (["data", "show", f"judgebench:{data}", "--id", "nobody"], "no record has the id 'nobody'"),
        (["data", "overlap", f"judgebench:{data}"], "name at least two"),
    ):
        code, _, err = run(*args)
        assert (code, err.count("\n")) == (2, 1), (args, err)
        assert says in err
    assert (thesis / "chapter.txt").read_text() == "words"


def test_a_bad_max_unscored_is_told_before_the_work(run: Run, files: tuple[str, str], tmp_path: Path) -> None:
    code, _, err = run(*compare_args(*files, tmp_path / "out"), "--max-unscored", "-3")
    assert code == 2
    assert "expected a count such as 5, or a share such as 2%" in err
    assert not (tmp_path / "out").exists()


def test_the_recorded_demo_says_what_it_needs(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_DATA", str(tmp_path / "absent"))
    code, _, err = run("demo", "--out", tmp_path / "out", "--only", "recorded")
    assert (code, err.count("\n")) == (2, 1)
    assert "set ASSAY_DATA" in err


@pytest.mark.parametrize(
    "command",
    [[], ["data"], ["data", "check"], ["data", "show"], ["data", "overlap"], ["bench"], ["compare"], ["demo"]],
)
def test_every_command_has_help_with_an_example(run: Run, command: list[str]) -> None:
    code, out, _ = run(*command, "--help")
    assert code == 0
    assert "Example" in out or command in ([], ["data"])


def test_the_version_is_the_packages(run: Run) -> None:
    from importlib import metadata

    assert run("--version")[1].strip() == f"assay {metadata.version('assay-rm')}"


def test_a_gzip_file_is_told_by_its_first_bytes_not_its_name(run: Run, write: Write) -> None:
    path = write("plain.jsonl", rows(3))
    Path(path).write_bytes(gzip.compress(Path(path).read_bytes()))
    assert "3 rows → 3 pairs" in run("data", "check", f"judgebench:{path}")[1]
