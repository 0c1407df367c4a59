"""`assay judge` and judges as SPECs, with the scripted engine."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.cli import engines
from assay.data import load_items, load_pairs
from assay.engines import Completion, LabelDist, Request, scripted, transformers
from assay.engines.scripted import ScriptedEngine, fault_rates
from assay.engines.store import VerdictStore
from assay.judges import Judge, Rubric, margin
from assay.recorded import load_recorded
from assay.specs import Spec
from assay.types import Margins

Write = Callable[..., str]
Run = Callable[..., tuple[int, str, str]]

RUBRIC = """schema_version: 1
name: mine
mode: {mode}
reason: none
criteria:
  - {{id: right, question: "Which is right?", weight: 2{more}}}
  - {{id: kind, question: "Which is kind?"{more}}}
"""


@pytest.fixture
def pairs(write: Write) -> str:
    """A set of 30 pairs."""
    row = {"source": "s", "label": "A>B"}
    texts = [{"question": f"question {i}", "response_A": f"a {i}", "response_B": f"b {i}"} for i in range(30)]
    return "judgebench:" + write("data.jsonl", [{**row, **one, "pair_id": f"p{i}"} for i, one in enumerate(texts)])


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    file = tmp_path / "mine.yaml"
    file.write_text(RUBRIC.format(mode="pairwise", more=""))
    return file


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def faulty(monkeypatch: pytest.MonkeyPatch, **rates: float) -> None:
    """Let every engine of the command line fail now and then."""
    made = ScriptedEngine(seed=1, context=1 << 20, faults=fault_rates(3, **rates), sleep=lambda seconds: None)
    monkeypatch.setattr(engines, "load_engine", lambda *_: made)


def same(a: Margins, b: Margins) -> None:
    for name in ("margin", "ab", "ba", "tie", "std", "status", "finish"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    assert (a.ids, a.unit, a.scorer) == (b.ids, b.unit, b.scorer)
    assert (a.cost.prompt_tokens, a.cost.new_tokens) == (b.cost.prompt_tokens, b.cost.new_tokens)


@pytest.mark.parametrize(
    "options",
    [{}, {"samples": "2"}, {"orders": "ba"}, {"apart": "yes", "shuffle": "2", "reason": "each"}],
    ids=["plain", "samples", "one-order", "apart"],
)
def test_what_is_written_is_read_back_as_the_same_margins(
    run: Run, pairs: str, rubric: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, str]
) -> None:
    faulty(monkeypatch, fail=0.1, garble=0.1, truncate=0.1)
    out, records = tmp_path / "out.jsonl", load_pairs(pairs).records
    flags = [
        word for key, value in options.items() for word in ([f"--{key}"] if value == "yes" else [f"--{key}", value])
    ]
    assert run("judge", rubric, pairs, "--out", out, "--max-unscored", "99%", *flags)[0] == 0
    wanted = engines.judge_of(Spec(text="", kind="judge", where=str(rubric), options=options)).compare(records)
    read = load_recorded(f"recorded:{out}")
    same(read.compare(records), wanted)
    assert (read.family, read.method) == ("judge", "rubric")
    assert 0 < wanted.scored.sum() < 30


def test_a_pair_has_a_row_for_itself_and_one_per_order_with_its_verdict(
    run: Run, pairs: str, rubric: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "out.jsonl"
    code, said, _ = run("judge", rubric, f"jb={pairs}", "--engine", "scripted", "--seed", "7", "--out", out)
    assert (code, said) == (0, f"{out}: 90 rows, 0 of 30 unscored\n")
    ab, ba, both = rows(out)[:3]
    assert [row["order"] for row in (both, ab, ba)] == ["both", "ab", "ba"]
    assert both["margin"] == pytest.approx((ab["margin"] + ba["margin"]) / 2)
    assert "verdicts" not in both
    assert (ab["dataset"], ab["scorer"], ab["seed"], ab["unit"]) == ("jb", "mine", 7, "logit")
    [verdict] = ba["verdicts"]
    assert (verdict["order"], verdict["names"], verdict["status"], verdict["finish"]) == ("ba", "AB", "ok", "natural")
    assert set(verdict["labels"]) == {"right", "kind"}
    right = verdict["distributions"]["right"]
    assert max(right["p"], key=right["p"].get) == verdict["labels"]["right"]
    assert right["mass"] == pytest.approx(0.98)
    assert verdict["provenance"]["rubric"] == Rubric.load(rubric).fingerprint
    assert [file.name for file in out.parent.iterdir()] == ["out.jsonl"]


def test_margins_can_be_made_again_from_the_probabilities_written(
    run: Run, pairs: str, rubric: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    run("judge", rubric, pairs, "--engine", "scripted", "--out", out)
    for row in rows(out):
        for verdict in row.get("verdicts", ()):
            dists = {name: LabelDist.of(one["p"], one["mass"]) for name, one in verdict["distributions"].items()}
            found = margin.pairwise_comparison(Rubric.load(rubric), dists)
            assert found is not None
            assert row["margin"] == pytest.approx(found.margin if row["order"] == "ab" else -found.margin)


def test_rationales_are_kept(run: Run, pairs: str, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    run("judge", "conciseness", pairs, "--engine", "scripted", "--out", out, "--reason", "before", "--orders", "ab")
    assert all(row["verdicts"][0]["rationale"].endswith(".") for row in rows(out))
    run("judge", "conciseness", pairs, "--engine", "scripted", "--out", out, "--reason", "each", "--apart")
    assert all(len(row["verdicts"][0]["why"]) == 4 for row in rows(out) if "verdicts" in row)


def test_a_pointwise_rubric_judges_both_answers_of_a_pair_alone(
    run: Run, pairs: str, rubric: Path, tmp_path: Path
) -> None:
    rubric.write_text(RUBRIC.format(mode="pointwise", more=", type: binary"))
    out = tmp_path / "out.jsonl"
    run("judge", rubric, pairs, "--engine", "scripted", "--out", out, "--samples", "2")
    found = rows(out)
    assert [(row["order"], [one["order"] for one in row["verdicts"]]) for row in found] == [("both", [*"aabb"])] * 30
    records = load_pairs(pairs).records
    made = Judge(rubric=Rubric.load(rubric), engine=ScriptedEngine(), samples=2)
    same(load_recorded(f"recorded:{out}").compare(records), made.compare(records))


@pytest.fixture
def items(write: Write) -> str:
    """Three answers to each of four prompts, and one alone."""
    rubric = {"criteria": "c", **{f"score{i}_description": f"d{i}" for i in range(1, 6)}}
    row = {"capability": "c", "task": "t", "system_prompt": "", "reference_answer": "r", "score_rubric": rubric}
    asked = [f"question {i // 3}" for i in range(13)]
    return "biggen:" + write("items.jsonl", [{**row, "id": f"i{i}", "input": one} for i, one in enumerate(asked)])


def test_single_answers_are_scored_by_a_pointwise_rubric(run: Run, items: str, rubric: Path, tmp_path: Path) -> None:
    rubric.write_text(RUBRIC.format(mode="pointwise", more=", type: binary"))
    out = tmp_path / "out.jsonl"
    code, said, _ = run("judge", rubric, items, "--engine", "scripted", "--out", out)
    assert (code, said) == (0, f"{out}: 13 rows, 0 of 13 unscored\n")
    scores = Judge(rubric=Rubric.load(rubric), engine=ScriptedEngine()).score(load_items(items).records)
    assert [row["value"] for row in rows(out)] == scores.value.tolist()
    assert [row["item_id"] for row in rows(out)] == list(scores.ids)
    assert {row["unit"] for row in rows(out)} == {"points"}


@pytest.mark.parametrize("mode", ["pairwise", "listwise"])
def test_answers_to_one_prompt_are_ranked_by_a_rubric_that_compares(
    run: Run, items: str, rubric: Path, tmp_path: Path, mode: str
) -> None:
    rubric.write_text(RUBRIC.format(mode=mode, more="").replace(", weight: 2", ""))
    out = tmp_path / "out.jsonl"
    code, said, _ = run("judge", rubric, items, "--engine", "scripted", "--out", out)
    assert (code, said) == (0, f"{out}: 4 rows, 0 of 4 unscored\n")
    for row in rows(out):
        assert sorted(row["ids"], key=lambda one: -row["utilities"][one]) == row["ids"]
        assert len(row["verdicts"]) == (6 if mode == "pairwise" else 2)


def test_unscored_pairs_are_counted_by_reason_and_end_with_3(
    run: Run, pairs: str, rubric: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty(monkeypatch, refuse=0.2, garble=0.2)
    out = tmp_path / "out.jsonl"
    code, said, _ = run("judge", rubric, pairs, "--out", out)
    assert code == 3
    found = re.fullmatch(r".*: 90 rows, (\d+) of 30 unscored \((\d+) \w+, (\d+) \w+\)\n", said)
    assert found
    assert int(found[1]) == int(found[2]) + int(found[3])
    assert {row["status"] for row in rows(out)} == {"ok", "refused", "invalid"}
    assert run("judge", rubric, pairs, "--out", out, "--max-unscored", found[1])[0] == 0


class Interrupted(ScriptedEngine):
    """Is stopped by hand after five answers."""

    def as_completed(self, requests: Sequence[Request]) -> Iterator[Completion]:
        for i, answer in enumerate(super().as_completed(requests)):
            if i == 5:
                raise KeyboardInterrupt
            yield answer


def test_an_interrupt_says_what_was_done_and_leaves_the_old_file(
    run: Run, pairs: str, rubric: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "load_engine", lambda *_: Interrupted())
    out = tmp_path / "out.jsonl"
    out.write_text("old")
    before = sorted(tmp_path.iterdir())
    code, said, err = run("judge", rubric, pairs, "--out", out)
    assert (code, said) == (130, "")
    assert err == "assay: interrupted after 5 judgements; nothing was written\n"
    assert out.read_text() == "old"
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--engine", "vlm"], "unknown engine 'vlm'; allowed are transformers, scripted"),
        ([], "engine transformers needs a model"),
        (["--engine", "scripted", "--dtype", "auto"], "engine scripted has no option dtype"),
        (["--model", "m", "--dtype", "float8"], "option dtype='float8'; allowed are auto, float32"),
        (["--engine", "scripted", "--samples", "0"], "option samples='0' must be a whole number >= 1"),
        (["--engine", "scripted", "--temperature", "-1"], r"option temperature='-1.0' must be a number >= 0"),
        (["--engine", "scripted", "--orders", "abba"], "option orders='abba'; allowed are both, ab, ba"),
        (["--engine", "scripted", "--reason", "after"], "option reason='after'; allowed are none, before, each"),
        (["--engine", "scripted", "--var", "who"], "--var 'who': expected name=value"),
        (["--engine", "scripted", "--var", "who=me"], "has no variable 'who'"),
        (["--engine", "scripted", "--budget", "5"], "a budget of 5 tokens is too small for any verdict"),
        (["--engine", "scripted", "--max-unscored", "some"], "--max-unscored 'some'"),
    ],
)
def test_a_wrong_option_is_one_line_and_nothing_is_written(
    run: Run, pairs: str, rubric: Path, tmp_path: Path, more: list[str], why: str
) -> None:
    out = tmp_path / "out.jsonl"
    code, _, err = run("judge", rubric, pairs, "--out", out, *more)
    assert code == 2
    assert err.count("\n") == 1
    assert re.search(re.escape(why) if "option temperature" not in why else why, err)
    assert not out.exists()


def test_what_cannot_be_judged_or_written_is_one_line(
    run: Run, pairs: str, items: str, rubric: Path, tmp_path: Path, write: Write
) -> None:
    end = "--engine", "scripted", "--out", tmp_path / "out.jsonl"
    assert "no.yaml" in run("judge", tmp_path / "no.yaml", pairs, *end)[2]
    assert "unknown kind 'nonsense'" in run("judge", rubric, "nonsense:x", *end)[2]
    alone = json.loads(Path(items.partition(":")[2]).read_text().splitlines()[0])
    err = run("judge", rubric, "biggen:" + write("one.jsonl", [alone]), *end)[2]
    assert "no prompt has two answers to compare" in err
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for out in ("folder", "file/out.jsonl"):
        code, _, err = run("judge", rubric, pairs, "--engine", "scripted", "--out", tmp_path / out)
        assert code == 2
        assert "no file can be written there" in err
    chains = write("chains.json", [])
    assert "gsm8k holds chains, not pairs" in run("judge", rubric, f"gsm8k:{chains}", *end)[2]
    rubric.write_text(RUBRIC.format(mode="listwise", more="").replace(", weight: 2", ""))
    err = run("judge", rubric, pairs, *end, "--reason", "each")[2]
    assert "reason=each" in err
    assert "use 'before'" in err


def test_a_variable_reaches_the_prompt(run: Run, pairs: str, rubric: Path, tmp_path: Path) -> None:
    text = rubric.read_text() + "variables: {who: null}\ninstructions: 'Judge for {{ who }}.'\n"
    rubric.write_text(text)
    end = "--engine", "scripted", "--out", tmp_path / "out.jsonl"
    assert "'who' has no default; give it a value" in run("judge", rubric, pairs, *end)[2]
    lengths = []
    for who in ("me", "you and me"):
        assert run("judge", rubric, pairs, *end, "--var", f"who={who}")[0] == 0
        lengths.append(rows(tmp_path / "out.jsonl")[0]["prompt_tokens"])
    assert lengths[1] - lengths[0] == len("you and me") - len("me")


def test_a_judge_is_a_scorer_of_compare_bench_and_score(run: Run, pairs: str, rubric: Path, tmp_path: Path) -> None:
    spec = f"mine=judge:{rubric}?engine=scripted&seed=1&samples=2&shuffle=2"
    where = ["--data", f"src={pairs}?part=teacher+student", "--data", f"tgt={pairs}?part=val+cal+test"]
    end = ["--source", "src", "--out", tmp_path / "report", "--replicates", "100"]
    code, _, err = run("compare", *where, "--scorer", spec, "--scorer", "baseline:random", *end)
    assert (code, err) == (0, "")
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert [one["family"] for one in report["scorers"]] == ["judge", "baseline"]
    code, out, _ = run("bench", "judgebench", "--data", pairs, "--scorer", spec, "--json")
    [row] = json.loads(out)
    assert (code, row["scorer"], row["family"], row["unscored"]) == (0, "mine", "judge", 0)
    assert row["cost"]["prompt_tokens"] > 0
    assert row["both_orders"] <= row["official"]
    code, _, _ = run("score", spec, pairs, "--out", tmp_path / "scored.jsonl")
    records = load_pairs(pairs).records
    made = Judge(rubric=Rubric.load(rubric), engine=ScriptedEngine(seed=1), samples=2, shuffle=2, seed=1)
    assert [row["margin"] for row in rows(tmp_path / "scored.jsonl")] == made.compare(records).margin.tolist()


def test_a_judge_spec_has_its_own_options_and_the_rubrics_name() -> None:
    spec = Spec(text="judge:conciseness", kind="judge", where="conciseness", options={"engine": "scripted"})
    made = engines.judge_of(spec)
    assert (made.name, made.samples, made.orders, made.apart, made.temperature) == (
        "conciseness",
        1,
        "both",
        False,
        None,
    )
    assert made.engine.model_id == "scripted"
    more = {"model": "m", "reason": "each", "temperature": "0.5", "apart": "yes", "orders": "ab", "think": "3"}
    made = engines.judge_of(Spec(text="", kind="judge", where="conciseness", options={"engine": "scripted", **more}))
    assert (made.rubric.reason.when, made.temperature, made.apart, made.orders) == ("each", 0.5, True, "ab")
    assert (made.think, made.engine.model_id) == (3, "m")
    assert math.isclose(made.temperature or 0, 0.5)


def test_the_options_of_a_model_reach_its_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def load(model: str, **options: Any) -> ScriptedEngine:
        asked.append((model, options))
        return ScriptedEngine()

    monkeypatch.setattr(transformers.TransformersEngine, "load", load)
    options = {"model": "my/model", "dtype": "bfloat16", "device": "cuda:1", "batch_tokens": "512", "seed": "3"}
    made = engines.judge_of(Spec(text="", kind="judge", where="conciseness", options=options))
    engines.judge_of(Spec(text="", kind="judge", where="conciseness", options={"model": "m"}))
    assert asked == [("my/model", {"dtype": "bfloat16", "device": "cuda:1", "batch_tokens": 512}), ("m", {})]
    assert made.seed == 3


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> ScriptedEngine:
    """The engine of every run; it counts its calls."""
    made = ScriptedEngine(context=1 << 20)
    monkeypatch.setattr(scripted, "ScriptedEngine", lambda **_: made)
    return made


def judged(run: Run, rubric: Path, pairs: str, out: Path, *more: object) -> list[dict[str, Any]]:
    code, _, err = run("judge", rubric, pairs, "--engine", "scripted", "--out", out, *more)
    assert code == 0, err
    return rows(out)


def test_with_a_store_nothing_is_asked_twice_and_other_weights_ask_nothing(
    run: Run, pairs: str, rubric: Path, tmp_path: Path, behind: ScriptedEngine
) -> None:
    store = ("--store", tmp_path / "verdicts.sqlite")
    first = judged(run, rubric, pairs, tmp_path / "1", *store)
    assert behind.calls == 60  # 30 pairs in two orders
    assert judged(run, rubric, pairs, tmp_path / "2", *store) == first
    rubric.write_text(rubric.read_text().replace("weight: 2", "weight: 0.5"))
    lighter = judged(run, rubric, pairs, tmp_path / "3", *store)
    assert behind.calls == 60
    assert [row["margin"] for row in lighter] != [row["margin"] for row in first]
    assert lighter == judged(run, rubric, pairs, tmp_path / "4")  # as if all had been asked
    assert behind.calls == 120


def test_with_criteria_apart_only_the_one_with_a_new_text_is_asked(
    run: Run, pairs: str, rubric: Path, tmp_path: Path, behind: ScriptedEngine
) -> None:
    options = ("--apart", "--store", tmp_path / "verdicts.sqlite")
    judged(run, rubric, pairs, tmp_path / "1", *options)
    assert behind.calls == 120  # 30 pairs, two orders, two criteria
    rubric.write_text(rubric.read_text().replace("Which is kind?", "Which is kinder?"))
    judged(run, rubric, pairs, tmp_path / "2", *options)
    assert behind.calls == 180


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--engine", "replay"), "engine replay answers from a verdict store; name one with store"),
        (("--engine", "replay", "--store", "{}/none"), "engine replay needs the model's name"),
        (("--engine", "replay", "--model", "m", "--store", "{}/none"), "there is no verdict store"),
        (("--engine", "replay", "--model", "m", "--store", "{}/made"), "no model answered as 'm'"),
    ],
)
def test_a_replay_without_what_it_needs_is_one_line(
    run: Run, pairs: str, rubric: Path, tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    VerdictStore(tmp_path / "made").close()
    code, _, err = run("judge", rubric, pairs, "--out", tmp_path / "out", *(one.format(tmp_path) for one in options))
    assert code == 2
    assert told in err
    assert len(err.strip().splitlines()) == 1
