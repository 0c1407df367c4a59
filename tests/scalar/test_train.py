"""A reward model from pairs to a finished run folder, and what stands in it; on tiny models made here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import yaml
from transformers import AutoModelForCausalLM, LlamaConfig

from assay.anchoring import AnchorConfig
from assay.cli import main
from assay.configs import from_mapping
from assay.errors import InputError
from assay.fit import FitConfig
from assay.scalar import (
    ScalarConfig,
    ScalarRewardModel,
    Validation,
    choose_weight,
    load_scorer,
    train_chosen,
    train_scalar,
    weighted_accuracy,
)
from assay.types import Message, Pair

WORDS = ("river", "sea", "stone", "field", "cloud", "road")


def pairs(n: int, start: int = 0) -> list[Pair]:
    """Pairs in which the answer that says `yes` is preferred."""
    made = []
    for i in range(start, start + n):
        prompt = (Message(role="user", content=f"Is the {WORDS[i % 6]} {i} wide?"),)
        good, bad = f"yes, the {WORDS[i % 6]}", f"no, the {WORDS[i % 6]}"
        first = i % 2 == 0
        sides = (good, bad) if first else (bad, good)
        made.append(Pair(id=f"p{i}", group=f"g{i}", prompt=prompt, first=sides[0], second=sides[1], label=float(first)))
    return made


def labels(some: Sequence[Pair]) -> list[float | None]:
    return [pair.label for pair in some]


def held(n: int = 40) -> Validation:
    some = pairs(n, 1000)
    return Validation(pairs=some, label_N=np.array([pair.label for pair in some], dtype=float), weight_N=np.ones(n))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a language model of random weights."""
    folder = tmp_path_factory.mktemp("base")
    _language_model(tiny.tokenizer(), folder)
    return str(folder)


def _language_model(tokenizer: Any, folder: Path) -> None:
    import torch

    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 2048, "initializer_range": 0.1,
    }  # fmt: skip
    model: Any = AutoModelForCausalLM.from_config(LlamaConfig(**sizes))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def config(base: str, **changes: Any) -> ScalarConfig:
    fit = FitConfig(learning_rate=3e-3, max_steps=30, batch_rows=16, batch_tokens=4096, schedule="constant", warmup=0.0)
    return replace(ScalarConfig(base=base, train=("made here",), fit=fit, max_length=128), **changes)


@cache
def trained(base: str, folder: Path) -> Any:
    some = pairs(96)
    return train_scalar(config(base), some, labels(some), folder / "naive", validation=held())


@pytest.fixture(scope="module")
def run(base: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return trained(base, tmp_path_factory.mktemp("runs"))


def test_a_preference_that_can_be_read_is_learned(run: Any) -> None:
    assert run.objective > 0.9
    assert run.left_out == 0
    scorer = load_scorer(run.folder)
    margin = scorer.compare(pairs(40, 2000)).margin
    label = np.array([pair.label for pair in pairs(40, 2000)])
    assert np.mean((margin > 0) == (label > 0.5)) > 0.9
    assert (scorer.family, scorer.method) == ("scalar", "naive")


def test_the_run_folder_is_whole_and_its_sums_hold(run: Any) -> None:
    folder = run.folder
    lines = (folder / "DONE").read_text().splitlines()
    named = {line.split("  ")[1] for line in lines}
    assert {"assay.json", "config.yaml", "run.json", "metrics.jsonl", "model/model.safetensors"} <= named
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    card = json.loads((folder / "assay.json").read_text())
    assert card["centre_std"] > 0
    settings = yaml.safe_load((folder / "config.yaml").read_text())
    assert from_mapping(ScalarConfig, settings, "config.yaml").fit.learning_rate == 3e-3


def drift(folder: Path) -> float:
    """Return the last logged drift of a run."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return float([row["drift"] for row in rows if "drift" in row][-1])


@pytest.mark.parametrize(("reference", "rank"), [("copy", 0), ("cache", 0), ("adapter", 4)])
def test_a_heavier_anchor_means_less_drift(base: str, tmp_path: Path, reference: Any, rank: int) -> None:
    some = pairs(64)
    found = []
    for weight in (0.01, 100.0):
        anchor = AnchorConfig(weight=weight, reference=reference)
        one = config(base, anchor=anchor, lora_rank=rank)
        made = train_scalar(one, some, labels(some), tmp_path / f"{weight:g}")
        assert load_scorer(made.folder).method == "anchored"
        found.append(drift(made.folder))
    assert found[1] < found[0] / 5


def test_copy_and_cache_train_alike(base: str, tmp_path: Path) -> None:
    some = pairs(32)
    weights = []
    for reference in ("copy", "cache"):
        anchor = AnchorConfig(weight=1.0, reference=reference)
        made = train_scalar(config(base, anchor=anchor), some, labels(some), tmp_path / reference)
        weights.append(load_scorer(made.folder).compare(pairs(20, 500)).margin)
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-5)


def test_features_are_on_disk_before_the_checkpoint_that_a_resumed_run_starts_from(base: str, tmp_path: Path) -> None:
    some = pairs(48)  # three steps an epoch, every row new in the first: a shard per checkpoint
    settings = replace(config(base).fit, max_steps=6, save_every=1)
    one = config(base, anchor=AnchorConfig(weight=1.0, reference="cache"), fit=settings)
    made = train_scalar(one, some, labels(some), tmp_path / "run")
    assert len(list((made.folder / "features").rglob("*.safetensors"))) == 3


def test_answers_of_one_token_are_learned_from(base: str, tmp_path: Path) -> None:
    some = [replace(pair, first="a", second="b", label=1.0) for pair in pairs(16)]
    for anchor in (None, AnchorConfig(weight=1.0, tokens="response", reference="copy")):
        made = train_scalar(config(base, anchor=anchor), some, labels(some), tmp_path / str(anchor is None))
        assert (load_scorer(made.folder).compare(some).margin > 0).all()


def test_loading_a_base_under_a_new_head_and_saving_it_print_nothing(
    base: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ScalarRewardModel.from_pretrained(base).save(tmp_path)
    assert capfd.readouterr() == ("", "")


def test_the_weight_is_chosen_on_validation_pairs_and_the_sweep_is_kept(base: str, tmp_path: Path) -> None:
    some = pairs(48)
    anchor = AnchorConfig(weight=1.0, reference="cache")
    one = config(base, anchor=anchor, anchor_grid=(0.1, 1000.0))
    weight, made = train_chosen(one, some, labels(some), tmp_path / "run", validation=held())
    told = json.loads((tmp_path / "run" / "sweep" / "chosen.json").read_text())
    assert told["chosen"] == weight
    found = {float(key): tuple(value) for key, value in told["objective_and_error"].items()}
    assert weight == choose_weight(found)
    assert (made.folder / "DONE").exists()


def test_weighted_accuracy_counts_ties_half_and_clusters_by_prompt() -> None:
    # x = 1, ½, 0 with weights 2, 1, 1: acc = (2 + .5) / 4 = .625
    # clusters {1}, {2, 3}: sums 2 · .375 = .75 and -.125 - .625 = -.75: se = sqrt(2 · .5625) / 4 = .2652
    acc, error = weighted_accuracy(np.array([1.0, 0, 1]), np.array([1.0, 1, 0]), np.array([2.0, 1, 1]), ["a", "b", "b"])
    assert acc == pytest.approx(0.625)
    assert error == pytest.approx(0.2652, abs=1e-4)


def test_nothing_to_learn_from_is_said(base: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none of 4 training pairs is left"):
        train_scalar(config(base, max_length=3), pairs(4), labels(pairs(4)), tmp_path / "x")
    with pytest.raises(InputError, match="none of 4 training pairs is left"):
        train_scalar(config(base), pairs(4), [None] * 4, tmp_path / "y")


def test_identical_pairs_and_labels_of_a_half_train_to_an_end(base: str, tmp_path: Path) -> None:
    same = [replace(pair, second=pair.first, label=0.5) for pair in pairs(16)]
    made = train_scalar(config(base), same, labels(same), tmp_path / "x")
    assert np.all(load_scorer(made.folder).compare(same).margin == 0)


def test_a_configuration_that_cannot_be_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match="needs lora_rank"):
        config(base, anchor=AnchorConfig(weight=1.0))
    with pytest.raises(ValueError, match="anchor_grid needs an anchor"):
        config(base, anchor_grid=(1.0,))


def cli(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main([str(one) for one in argv])
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err


def test_from_a_configuration_to_labels_on_the_command_line(
    base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rm.yaml"
    file.write_text(
        f"base: {base}\n"
        'train: ["world:harmlessness/a?n=60&part=student"]\n'
        'validation: ["world:harmlessness/a?n=60&part=val"]\n'
        "max_length: 1500\n"
        "anchor: {weight: 1, reference: cache}\n"
        "fit: {learning_rate: 1e-3, max_steps: 4, batch_rows: 8}\n"
    )
    out = tmp_path / "runs"
    code, said, err = cli(capsys, "train", "scalar", file, "--out", out, "--seeds", "0,1")
    assert code == 0, err
    assert "surface-balanced validation accuracy" in said
    code, said, _ = cli(capsys, "train", "scalar", file, "--out", out, "--seeds", "0,1")
    assert said.count("is finished already") == 2

    data = "world:harmlessness/b?n=30&part=test"
    code, said, err = cli(capsys, "score", f"scalar:{out}/seed-0", data, "--out", tmp_path / "m.jsonl")
    assert code == 0, err
    rows = [json.loads(line) for line in (tmp_path / "m.jsonl").read_text().splitlines()]
    assert len(rows) == 30
    assert {row["family"] for row in rows} == {"scalar"}
    code, _, err = cli(capsys, "score", f"recorded:{tmp_path}/m.jsonl", data, "--out", tmp_path / "again.jsonl")
    assert code == 0, err
    again = [json.loads(line) for line in (tmp_path / "again.jsonl").read_text().splitlines()]
    assert [row["margin"] for row in again] == [row["margin"] for row in rows]

    code, said, err = cli(capsys, "label", f"scalar:{out}/seed-0", data, "--out", tmp_path / "l.jsonl", "--hard")
    assert code == 0, err
    row = json.loads((tmp_path / "l.jsonl").read_text().splitlines()[0])
    assert set(row) == {"id", "prompt", "chosen", "rejected"}
    code, said, err = cli(capsys, "data", "check", f"trl-preference:{tmp_path}/l.jsonl")
    assert code == 0, err

    code, _, err = cli(capsys, "score", f"ensemble:{out}/seed-*?by=lcb", data, "--out", tmp_path / "e.jsonl")
    assert code == 0, err


def test_a_teacher_labels_what_the_student_learns(
    base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rm.yaml"
    text = (
        f"base: {base}\n"
        'train: ["world:harmlessness/a?n=30&part=student"]\n'
        "max_length: 1500\nlabels: 'baseline:longer'\n"
        "fit: {max_steps: 2, batch_rows: 8}\n"
    )
    file.write_text(text)
    code, _, err = cli(capsys, "train", "scalar", file, "--out", tmp_path / "soft")
    assert code == 2
    assert "soft labels need validation pairs" in err
    file.write_text(text + "hard: true\n")
    code, _, err = cli(capsys, "train", "scalar", file, "--out", tmp_path / "hard")
    assert code == 0, err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--lambda", "auto"], "--lambda needs an anchor"),
        (["--seeds", "0,0"], "expected different whole numbers"),
    ],
)
def test_wrong_options_are_refused(
    base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str], said: str
) -> None:
    file = tmp_path / "rm.yaml"
    file.write_text(f'base: {base}\ntrain: ["world:harmlessness/a?n=4"]\n')
    code, _, err = cli(capsys, "train", "scalar", file, "--out", tmp_path / "x", *argv)
    assert code == 2
    assert said in err


def test_soft_labels_of_a_teacher_are_calibrated_on_validation_pairs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from assay.cli.train import teacher_labels
    from assay.eval import fit_temperature

    # longer wins 30 of 40: its margin is ±4 characters, so sigma(4 s) = .75 and s = log(3) / 4
    some = [replace(pair, first="a" * 9, second="b" * 5, label=float(i % 4 > 0)) for i, pair in enumerate(pairs(40))]
    validation = Validation(pairs=some, label_N=np.array([pair.label for pair in some]), weight_N=np.ones(40))
    found = teacher_labels(
        "baseline:longer", [some[0], replace(some[1], first="b" * 5, second="a" * 9)], validation, hard=False
    )
    assert found == pytest.approx([0.75, 0.25], abs=1e-6)
    assert teacher_labels("baseline:longer", some[:1], None, hard=True) == [1.0]

    # the same map in a file labels a set softly, with p of the chosen side
    rows = [{"prompt": f"q {i}", "chosen": "a" * 9, "rejected": "b" * 5} for i in range(6)]
    data = tmp_path / "d.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    from assay.eval import baselines

    margins = baselines.LongerBaseline(name="longer").compare(some)
    calibrator = fit_temperature(margins, validation.label_N, source="made here")
    (tmp_path / "c.json").write_text(json.dumps(calibrator.to_json()))
    spec = f"baseline:longer?calibrator={tmp_path}/c.json"
    code, _, err = cli(capsys, "label", spec, f"trl-preference:{data}", "--out", tmp_path / "l.jsonl")
    assert code == 0, err
    labelled = [json.loads(line) for line in (tmp_path / "l.jsonl").read_text().splitlines()]
    assert [row["p_chosen"] for row in labelled] == pytest.approx([0.75] * 6, abs=1e-6)
    assert {row["chosen"][0]["content"] for row in labelled} == {"a" * 9}


def test_single_answers_are_scored_too(run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rubric = {"criteria": "Good?", **{f"score{i}_description": "d" for i in range(1, 6)}}
    row = {"id": "x_0", "capability": "c", "task": "t", "system_prompt": "", "input": "q", "reference_answer": "r"}
    file = tmp_path / "items.jsonl"
    file.write_text(json.dumps({**row, "score_rubric": rubric}) + "\n")
    code, _, err = cli(capsys, "score", f"scalar:{run.folder}", f"biggen:{file}", "--out", tmp_path / "s.jsonl")
    assert code == 0, err
    [scored] = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text().splitlines()]
    assert (scored["item_id"], scored["status"], scored["unit"]) == ("x_0", "ok", "logit")
    assert isinstance(scored["value"], float)


def test_a_finished_run_that_is_resumed_stays_as_it_was(base: str, tmp_path: Path) -> None:
    some = pairs(16)
    one = config(base, anchor=AnchorConfig(weight=1.0, reference="cache"))
    first = train_scalar(one, some, labels(some), tmp_path / "x")
    before = load_scorer(first.folder).compare(some).margin
    again = train_scalar(one, some, labels(some), tmp_path / "x", resume=True)
    assert again.result.steps == first.result.steps
    assert load_scorer(again.folder).compare(some).margin.tolist() == before.tolist()


def test_a_base_that_is_not_there_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rm.yaml"
    file.write_text(f'base: {tmp_path}/none\ntrain: ["world:harmlessness/a?n=4"]\n')
    code, _, err = cli(capsys, "train", "scalar", file, "--out", tmp_path / "x")
    assert code == 2
    assert err.startswith(f"assay: {tmp_path}/none: no reward model or language model can be loaded from here: there")
    assert err.count("\n") == 1
    assert not (tmp_path / "x").exists()
