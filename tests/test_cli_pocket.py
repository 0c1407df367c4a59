"""`assay pocket check` and `assay pocket train`, and the world as DATA on the command line."""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from assay.cli import memory
from assay.cli.pocket_lines import model_lines
from assay.pocket import models
from assay.pocket_train import check, gates, recipe

Run = Callable[..., tuple[int, str, str]]


def row(name: str, value: float | None, **more: Any) -> dict[str, Any]:
    ends = {"low": None, "high": None} if value is None else {"low": value - 0.05, "high": value + 0.05}
    return {"name": name, "value": value, **ends, "least": None, "most": None, "whole": False, "holds": None, **more}


GOOD = row("naive: drift of the last block", 0.41, least=0.3, holds=True)
LOST = row("clean probe: lost on b", 0.041, most=0.03, holds=False)
GONE = row("naive pays more for opener than frozen probe", None, least=0.0, holds=False)
PROBE = row("clean probe: accuracy on a", 0.8, least=0.8, most=0.92, holds=True)
NEW = row("judge: never asked as one", 0.62, least=0.5, whole=True, holds=True)


def figures(*found: Mapping[str, Any], judge: Sequence[Mapping[str, Any]] = (NEW,)) -> dict[str, Any]:
    domains = {"reasoning": {"gates": list(found), "judge": list(judge)}}
    return {"models": {}, "seed": 3, "sizes": {}, "perplexity": [row("lm: nats per token", 0.7)], "domains": domains}


# ---------------------------------------------------------------- the lines of the models


def test_a_line_is_a_figure_with_its_interval_and_of_a_gate_what_it_needs_and_whether_it_holds() -> None:
    lines = list(model_lines(figures(PROBE, GOOD, LOST, GONE)))
    assert [" ".join(line.split()) for line in lines] == [
        "world 3",
        "lm: nats per token 0.700 [0.650, 0.750]",
        "reasoning",
        "clean probe: accuracy on a 0.800 [0.750, 0.850] needs 0.8 to 0.92 yes",
        "naive: drift of the last block 0.410 [0.360, 0.460] needs ≥ 0.3 yes",
        "clean probe: lost on b 0.041 [-0.009, 0.091] needs ≤ 0.03 no",
        "naive pays more for opener than frozen probe – needs ≥ 0 no",
        "judge: never asked as one 0.620 [0.570, 0.670] needs ≥ 0.5, whole interval yes",
        "reasoning: no drift at these settings (clean probe: lost on b; naive pays more for opener than frozen probe)",
        "reasoning: the judge obeys its rubric",
    ]
    assert len({line.index("needs") for line in lines if "needs" in line}) == 1


def test_where_all_gates_hold_it_says_so_and_a_judge_that_fails_takes_nothing_from_them() -> None:
    lines = list(model_lines(figures(GOOD, judge=[row("judge: follows", 0.7, least=0.8, holds=False)])))
    assert lines[-2:] == ["  reasoning: gates hold", "  reasoning: the judge falls short (judge: follows)"]


# ---------------------------------------------------------------- the command


def test_check_measures_the_models_and_prints_lines_or_json(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[tuple[Sequence[str], Mapping[str, Any]]]()

    def checked(domains: Sequence[str], **given: Any) -> dict[str, Any]:
        asked.append((domains, given))
        given["on_stage"]("perplexity")
        assert given["out"].is_dir()
        return figures(GOOD)

    monkeypatch.setattr(check, "check_models", checked)
    code, out, err = run("pocket", "check")
    assert (code, err) == (0, "perplexity\n")
    assert "reasoning: gates hold" in out
    domains, given = asked[0]
    assert domains == ["reasoning", "helpfulness", "harmlessness"]
    assert (given["sizes"], given["seed"]) == (gates.Sizes(), 0)
    assert not given["out"].exists()  # what nobody asked to keep is gone

    code, out, _ = run("pocket", "check", "--json", "--quick", "--seed", "7", "--domain", "harmlessness, reasoning")
    assert json.loads(out) == figures(GOOD)
    domains, given = asked[1]
    assert domains == ["harmlessness", "reasoning"]
    assert (given["sizes"], given["seed"]) == (gates.QUICK, 7)


def test_runs_are_kept_where_a_folder_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(check, "check_models", lambda domains, *, out, **_: (out / "kept").touch() or figures(GOOD))
    assert run("pocket", "check", "--out", tmp_path)[0] == 0
    assert (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--domain", "reasoninng"],
            "--domain 'reasoninng': allowed are reasoning, helpfulness, harmlessness (did you",
        ),
        (["--surface"], "--surface looks at the generated data; say --world as well"),
        (["--world", "--quick"], "--quick and --out belong to the check of the models"),
        (["--seed", "13"], "--seed 13: there is no such world; they are 0 to 12"),
    ],
)
def test_what_does_not_fit_is_refused(run: Run, words: list[str], said: str) -> None:
    code, _, err = run("pocket", "check", *words)
    assert code == 2
    assert said in err


# ---------------------------------------------------------------- training


def test_train_hands_on_what_it_is_told(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = list[tuple[Any, ...]]()

    def trained(out: Path, names: Sequence[str], *, seed: int, resume: bool, on_stage: object) -> list[Path]:
        asked.append((out, names, seed, resume))
        return [out / name for name in names]

    monkeypatch.setattr(recipe, "train_models", trained)
    assert run("pocket", "train", "--out", tmp_path)[1].split() == [str(tmp_path / name) for name in models.MODELS]
    run("pocket", "train", "--out", tmp_path, "--only", "judge, lm", "--seed", "4", "--resume")
    assert asked == [(tmp_path, ["lm", "weak", "judge"], 0, False), (tmp_path, ["judge", "lm"], 4, True)]


def test_a_model_that_does_not_exist_and_a_judge_without_lm_are_refused(run: Run, tmp_path: Path) -> None:
    code, _, err = run("pocket", "train", "--out", tmp_path, "--only", "lm,weka")
    assert (code, err) == (2, "assay: --only 'weka': allowed are lm, weak, judge (did you mean 'weak'?)\n")
    code, _, err = run("pocket", "train", "--out", tmp_path, "--only", "judge")
    assert code == 2
    assert "the judge is trained on from lm, which is not finished there; train lm as well" in err


# ---------------------------------------------------------------- memory


class Library:
    """A C library that agrees to some options."""

    def __init__(self, refused: int | None = None) -> None:
        self.asked, self._refused = list[tuple[int, int]](), refused

    def mallopt(self, option: int, size: int) -> int:
        self.asked.append((option, size))
        return int(option != self._refused)


def test_memory_is_kept_where_the_c_library_agrees_and_every_size_is_an_int(monkeypatch: pytest.MonkeyPatch) -> None:
    for refused, agreed in ((None, True), (-3, False), (-2, False)):
        library = Library(refused)
        monkeypatch.setattr(ctypes, "CDLL", lambda name, library=library: library)
        monkeypatch.setattr(sys, "platform", "linux")
        assert memory.keep_memory() is agreed
        assert [option for option, _ in library.asked] == [-3, -1, -2]  # all are asked, whatever the first said
        assert all(0 < size < 2**31 for _, size in library.asked)


def test_elsewhere_memory_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())  # such as musl: there is no mallopt
    assert memory.keep_memory() is False
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes, "CDLL", None)
    assert memory.keep_memory() is False


# ---------------------------------------------------------------- the world


def test_check_prints_every_data_set_with_its_quirks_against_their_plan(run: Run) -> None:
    code, out, _ = run("pocket", "check", "--world", "-n", "200")
    assert code == 0
    assert out.count(": 200 pairs · families") == 12
    assert out.count("(plan 0.65)") == out.count("(plan 0.35)") == 12
    assert "reasoning/a: 200 pairs · families [1, 6] · " in out


def test_check_as_json_can_say_what_the_surface_gives_away(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from assay.pocket import plan

    monkeypatch.setattr(plan, "SETS", ("a",))
    code, out, _ = run("pocket", "check", "--world", "--surface", "-n", "200", "--json", "--domain", "harmlessness")
    assert code == 0
    [found] = json.loads(out)
    assert 0.4 < found["surface"]["value"] < 0.9
    assert found["quirk_oracle"] == pytest.approx(0.683, abs=1e-3)
    assert found["coverage"][1] == 20


def test_the_world_can_be_shown_checked_and_compared_like_any_data(run: Run) -> None:
    code, out, _ = run("data", "show", "world:reasoning/a?n=5", "-n", "1")
    assert code == 0
    assert "first  " in out
    code, out, _ = run("data", "check", "world:harmlessness/c?n=100&part=cal", "--json")
    assert code == 0
    assert json.loads(out)[0]["kept"] == 100
    code, out, _ = run("data", "overlap", "world:reasoning/a?n=100", "world:reasoning/b?n=100")
    assert code == 0
    assert "0 exact" in out
