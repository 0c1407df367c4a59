"""The live demo trains once, reports every row under its caveat, and says in a line what it goes without."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from assay import demo_live
from assay.cli.compare import run_compare
from assay.data import load_pairs
from assay.demo_live import NOTE, RUBRICS, Live, run_live
from assay.errors import InputError
from assay.fit import FitConfig
from assay.judges import Rubric
from assay.pocket import models
from assay.pocket.models import model_folder, save_model
from assay.pocket.world import DOMAINS
from assay.pocket_train.examples import LANGUAGES
from assay.pocket_train.vocabulary import train_tokenizer
from assay.scalar import load_scorer

Run = Callable[..., tuple[int, str, str]]
FIT = FitConfig(learning_rate=1e-2, batch_rows=8)
SMALL = Live(teacher_pairs=16, student_pairs=16, calibration_pairs=30, test_pairs=20, teacher=FIT, student=FIT)
quick = partial(run_compare, replicates=100)


@cache
def tokenizer() -> Any:
    return train_tokenizer(documents=300, examples=60)


def save_tiny(name: str, seed: int, root: Path) -> None:
    """Write a pocket model of random weights."""
    mine = tokenizer()
    config = LlamaConfig(
        vocab_size=len(mine),
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        tie_word_embeddings=True,
        bos_token_id=mine.bos_token_id,
        eos_token_id=mine.eos_token_id,
        pad_token_id=mine.pad_token_id,
        initializer_range=0.3,
    )
    torch.manual_seed(seed)
    save_model(LlamaForCausalLM(config).eval(), mine, root / name, {"model": name})


def install(patch: pytest.MonkeyPatch, root: Path) -> None:
    """Let a folder be that of the shipped models."""
    patch.setattr(models, "model_folder", lambda name: model_folder(name, root))


def no_network(*_: object) -> None:
    raise AssertionError("something is to be fetched")


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """All three models; and only those that are trained on."""
    whole, part = (tmp_path_factory.mktemp(name) for name in ("whole", "part"))
    for seed, name in enumerate(("lm", "weak", "judge")):
        save_tiny(name, seed, whole)
        if name != "judge":
            save_tiny(name, seed, part)
    return whole, part


@pytest.fixture(scope="module")
def first(roots: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder and the lines of a first pass, which had no network."""
    out, lines = tmp_path_factory.mktemp("demo"), list[str]()
    with pytest.MonkeyPatch.context() as patch:
        install(patch, roots[0])
        patch.setattr(socket.socket, "connect", no_network)
        assert run_live(out, quick, SMALL, lines.append) == out / "live/report/report.html"
    return out / "live", lines


def report_of(folder: Path) -> Any:
    return json.loads((folder / "report/report.json").read_text(encoding="utf-8"))


# ---------------------------------------------------------------- a pass


def test_every_scorer_has_its_row_on_the_source_and_on_both_targets(first: tuple[Path, list[str]]) -> None:
    report = report_of(first[0])
    assert [(one["name"], one["family"], one["method"]) for one in report["scorers"]] == [
        ("teacher", "scalar", "naive"),
        ("naive", "scalar", "naive"),
        ("anchored", "scalar", "anchored"),
        ("judge", "judge", "rubric"),
        ("longer", "baseline", "longer"),
        ("surface", "baseline", "surface"),
    ]
    assert [(one["name"], one["role"], one["pairs"]) for one in report["datasets"]] == [
        ("helpfulness-a", "source", 30),
        ("helpfulness-b", "target", 20),
        ("helpfulness-c", "target", 20),
    ]
    assert all(cell["scored"] == cell["n"] for cell in report["cells"])
    assert {(one["first"], one["second"]) for one in report["contrasts"] if one["declared"]} == {("anchored", "naive")}


def test_the_page_says_that_ranks_between_kinds_are_no_evidence(first: tuple[Path, list[str]]) -> None:
    assert NOTE == (
        "The exposure of each row was chosen by us; ranks between kinds are not evidence. Run your own data."
    )
    assert report_of(first[0])["reading"][0] == NOTE
    for name in ("report.html", "report.md"):
        assert NOTE in (first[0] / "report" / name).read_text(encoding="utf-8")


def test_a_line_per_stage_has_its_number_and_the_seconds(first: tuple[Path, list[str]]) -> None:
    *stages, last = first[1]
    assert [line.split()[0] for line in stages] == ["1/5", "2/5", "3/5", "4/5", "5/5"]
    assert [line.split()[3].rstrip(":") for line in stages] == ["teacher", "labels", "naive", "anchored", "report"]
    seconds = [int(line.split()[1]) for line in stages]
    assert seconds == sorted(seconds)
    assert last.startswith("done after ")


def test_labels_are_the_sides_that_the_teacher_takes(first: tuple[Path, list[str]]) -> None:
    pairs = load_pairs(SMALL.data("a", "student", 16)).records
    margin_N = load_scorer(first[0] / "teacher").compare(pairs).margin
    assert demo_live._taught(first[0] / "teacher", pairs) == (margin_N > 0).astype(float).tolist()
    assert len({*(margin_N > 0)}) == 2


def test_a_margin_of_zero_is_half_a_label_and_an_unscored_pair_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Teacher:
        def compare(self, pairs: object) -> Any:
            return type("Found", (), {"margin": np.array([2.0, -1e-9, 0.0, np.nan])})

    monkeypatch.setattr("assay.scalar.load_scorer", lambda folder, **_: Teacher())
    assert demo_live._taught(Path("nowhere"), []) == [1.0, 0.0, 0.5, None]


def test_only_the_anchored_student_is_held_and_both_learn_the_same_labels(first: tuple[Path, list[str]]) -> None:
    naive, anchored = (
        [json.loads(line) for line in (first[0] / name / "metrics.jsonl").read_text().splitlines()]
        for name in ("naive", "anchored")
    )
    assert all("drift" in row for row in anchored if "loss" in row)
    assert not any("drift" in row for row in naive)
    assert naive[0]["bt"] == anchored[0]["bt"]  # the same rows, labels and head, before anything moved


# ---------------------------------------------------------------- another one


def test_a_second_pass_trains_nothing_and_makes_the_same_report(
    first: tuple[Path, list[str]], roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, roots[0])
    monkeypatch.setattr(demo_live, "_train", lambda *_: pytest.fail("trained again"))
    before, lines = (first[0] / "report/report.json").read_bytes(), list[str]()
    run_live(first[0].parent, quick, SMALL, lines.append)
    assert (first[0] / "report/report.json").read_bytes() == before
    assert [line.split("  ")[-1] for line in lines[:4]] == [
        "teacher: is finished",
        "labels: are learnt",
        "naive: is finished",
        "anchored: is finished",
    ]


def test_without_a_judge_the_pass_says_so_in_a_line_and_an_unfinished_run_goes_on_to_the_same_weights(
    first: tuple[Path, list[str]], roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, roots[1])
    weights = first[0] / "naive/model/model.safetensors"
    before, lines = weights.read_bytes(), list[str]()
    (first[0] / "naive/DONE").unlink()
    run_live(first[0].parent, quick, SMALL, lines.append)
    assert weights.read_bytes() == before
    assert "naive: pocket:lm learns these labels" in lines[2]
    [told] = [line for line in lines if "judge" in line]
    assert told.startswith("without a judge: pocket:judge: its weights are not in this installation")
    assert "\n" not in told
    assert "judge" not in [one["name"] for one in report_of(first[0])["scorers"]]


def test_runs_of_other_settings_are_refused_before_anything_is_trained(
    first: tuple[Path, list[str]], roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, roots[0])
    lines = list[str]()
    with pytest.raises(InputError, match=r"anchored: was trained with other settings \(anchor\); name another --out"):
        run_live(first[0].parent, quick, replace(SMALL, weight=2.0), lines.append)
    assert not lines


def test_missing_models_and_a_faulty_rubric_are_told_before_anything_is_trained(
    roots: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, tmp_path)
    with pytest.raises(InputError, match=r"^pocket:weak: its weights are not in this installation"):
        run_live(tmp_path / "out", quick, SMALL)
    install(monkeypatch, roots[0])
    (tmp_path / "mine.yaml").write_text("mode: pairwise\n")
    with pytest.raises(InputError, match=r"mine\.yaml:1:1: "):
        run_live(tmp_path / "out", quick, replace(SMALL, rubric=str(tmp_path / "mine.yaml")))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"domain": "honesty"}, "domain must be one of reasoning, helpfulness, harmlessness; got 'honesty'"),
        ({"source": "e"}, "source must be one of a, b, c, d; got 'e'"),
        ({"targets": ()}, "targets must be other sets"),
        ({"targets": ("b", "b")}, "targets must be other sets"),
        ({"targets": ("a", "b")}, "targets must be other sets"),
        ({"targets": ("b", "x")}, "targets must be other sets"),
        ({"teacher_pairs": 0}, "teacher_pairs must be > 0; got 0"),
        ({"test_pairs": -1}, "test_pairs must be > 0; got -1"),
        ({"weight": 0.0}, "weight must be finite and > 0; got 0.0"),
        ({"seed": -1}, "seed must be in"),
    ],
)
def test_settings_outside_their_range_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Live(**settings)


# ---------------------------------------------------------------- the rubrics of the pocket judge


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_rubric_asks_what_the_judge_was_trained_on(domain: str) -> None:
    rubric, words = Rubric.load(RUBRICS / f"{domain}.yaml"), LANGUAGES[domain].words
    assert (rubric.mode, rubric.reason.when, rubric.ties) == ("pairwise", "none", True)
    assert all(one.question in words[one.id].compared.training for one in rubric.criteria)
    assert rubric.criteria[-1].id == "overall"
    assert rubric.criteria[-1].weight == 1


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_rubric_is_sound_without_a_remark(run: Run, domain: str) -> None:
    code, out, _ = run("rubric", "check", RUBRICS / f"{domain}.yaml")
    assert (code, out.count("\n")) == (0, 1)
    assert "sound · pairwise" in out


# ---------------------------------------------------------------- the command


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What the command runs, in order; nothing is made."""
    ran = list[str]()

    def live(out: Path, run: object, tell: Callable[[str], object]) -> Path:
        ran.append("live")
        tell("1/5")
        return out / "live.html"

    def recorded(out: Path, run: object) -> list[Path]:
        ran.append("recorded")
        return [out / "recorded.html"]

    for name in ("weak", "lm"):
        (tmp_path / "weights" / name).mkdir(parents=True)
        (tmp_path / "weights" / name / "DONE").touch()
    monkeypatch.setattr(models, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setattr("assay.demo_live.run_live", live)
    monkeypatch.setattr("assay.demo.run_demo", recorded)
    monkeypatch.setattr("assay.cli.demo.keep_memory", lambda: ran.append("keep"))
    return ran


def test_the_live_pass_always_runs_and_the_recorded_one_where_there_are_data(
    run: Run, passes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_DATA", str(tmp_path / "absent"))
    code, out, err = run("demo", "--out", "there")
    assert (code, out, passes) == (0, "there/live.html\n", ["keep", "live"])
    assert err.splitlines()[0] == "1/5"
    assert err.splitlines()[1].startswith("without recorded judgements: ")
    assert "set ASSAY_DATA" in err
    passes.clear()
    monkeypatch.setenv("ASSAY_DATA", str(tmp_path))
    code, out, err = run("demo", "--out", "there")
    assert (code, out, passes) == (0, "there/live.html\nthere/recorded.html\n", ["keep", "live", "recorded"])
    assert err == "1/5\n"


@pytest.mark.parametrize(("only", "ran"), [("live", ["keep", "live"]), ("recorded", ["recorded"])])
def test_one_pass_may_be_asked_for(
    run: Run, passes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only: str, ran: list[str]
) -> None:
    monkeypatch.setenv("ASSAY_DATA", str(tmp_path))
    assert run("demo", "--only", only)[0] == 0
    assert passes == ran
    code, _, err = run("demo", "--only", only[:-1])
    assert code == 2
    assert f"allowed are live, recorded (did you mean {only!r}?)" in err


def test_without_weights_the_recorded_pass_runs_alone_and_without_data_nothing_does(
    run: Run, passes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "WEIGHTS", tmp_path / "none")
    monkeypatch.setenv("ASSAY_DATA", str(tmp_path))
    code, out, err = run("demo", "--out", "there")
    assert (code, out, passes) == (0, "there/recorded.html\n", ["recorded"])
    assert err == "without the live pass: pocket:weak and pocket:lm are not installed\n"
    monkeypatch.setenv("ASSAY_DATA", str(tmp_path / "absent"))
    code, out, err = run("demo", "--out", "there")
    assert (code, out, len(err.splitlines())) == (2, "", 3)
    assert "neither its models nor recorded judgements" in err


def test_an_installation_without_weights_ends_the_live_pass_with_the_remedy(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, tmp_path)
    code, _, err = run("demo", "--only", "live", "--out", tmp_path / "out")
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith("assay: pocket:weak: its weights are not in this installation")
    assert "reinstall assay-rm" in err
