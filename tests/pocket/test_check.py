"""All figures of the pocket models come as plain data, and what is missing is told before anything is measured."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tiny_pocket import model, tokenizer, write_models

from assay.engines.tokens import HFTokens
from assay.errors import InputError
from assay.pocket import models as shipped
from assay.pocket.corpus import document
from assay.pocket.domain import EVALUATION_FAMILIES
from assay.pocket.world import stream
from assay.pocket_train import gates
from assay.pocket_train.check import check_models
from assay.pocket_train.gates import Sizes
from assay.pocket_train.language import HELD_OUT, nats_per_token
from assay.pocket_train.perplexity import nats_on, new_dialogues, perplexity

Run = Callable[..., tuple[int, str, str]]
TINY = Sizes(teacher=40, student=60, test=40, hacked=20, judged=6, obeyed=6, chains=8, documents=4)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_models(tmp_path_factory.mktemp("models"))


# ---------------------------------------------------------------- perplexity


def test_a_model_that_knows_nothing_needs_the_log_of_its_vocabulary() -> None:
    blank, tokens = model(), HFTokens(tokenizer())
    with torch.no_grad():
        blank.get_input_embeddings().weight.zero_()
    found = nats_on(blank, tokens, new_dialogues("reasoning", 3))
    assert found.value == pytest.approx(math.log(len(tokenizer())), abs=1e-5)
    assert found.high == pytest.approx(found.value, abs=1e-5)


def test_nats_of_the_held_out_documents_are_those_that_the_recipe_states() -> None:
    tokens = HFTokens(tokenizer())
    mean, error = nats_per_token(model(), tokens, 5)
    found = perplexity("lm", model(), tokens, 5).found
    assert found.value == pytest.approx(mean)
    assert found.high == pytest.approx(mean + 1.96 * error, abs=1e-4)
    again = nats_on(model(), tokens, [document(index, HELD_OUT).messages for index in range(5)])
    assert again.value == pytest.approx(mean)
    assert again.low == pytest.approx(found.low)


def test_new_dialogues_are_prompts_of_new_families_with_an_answer() -> None:
    [first, *_] = new_dialogues("harmlessness", 3)
    made = next(
        one
        for one in stream("harmlessness", "a", dose=0.5, parts=frozenset({"test"}))
        if one.task.family in EVALUATION_FAMILIES
    )
    assert tuple(first[:-1]) == made.task.prompt
    assert first[-1].role == "assistant"
    assert first[-1].content in (made.better.text, made.worse.text)


# ---------------------------------------------------------------- all of it


@pytest.mark.slow
def test_every_figure_is_there_for_every_domain(models: Path, tmp_path: Path) -> None:
    told = list[str]()
    lm, weak, judge = (str(models / name) for name in ("lm", "weak", "judge"))
    found = check_models(lm=lm, weak=weak, judge=judge, out=tmp_path, sizes=TINY, on_stage=told.append)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert list(found["domains"]) == ["reasoning", "helpfulness", "harmlessness"]
    assert [row["name"] for row in found["perplexity"]] == ["lm: nats per token", "weak: nats per token"]
    for domain, parts in found["domains"].items():
        expected = {"perplexity": 2, "gates": 29, "judge": 10}
        assert {name: len(rows) for name, rows in parts.items()} == expected | (
            {"steps": 3} if domain == "reasoning" else {}
        )
        for rows in parts.values():
            for row in rows:
                assert set(row) == {"name", "value", "low", "high", "least", "most", "whole", "holds"}
        held = [row["name"] for row in parts["judge"] if row["holds"] is not None]
        assert len(held) == 3
        assert (tmp_path / domain / "naive/DONE").is_file()
    assert told[0] == "perplexity"
    assert found["models"] == {"lm": lm, "weak": weak, "judge": judge}
    assert found["sizes"]["student"] == 60


def test_a_judge_may_be_left_out(models: Path, tmp_path: Path) -> None:
    where = {"lm": str(models / "lm"), "weak": str(models / "weak")}
    found = check_models(["harmlessness"], **where, judge=None, out=tmp_path, sizes=TINY)  # type: ignore[arg-type]
    assert list(found["domains"]["harmlessness"]) == ["perplexity", "gates"]


def test_a_domain_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"domain 'reasonin' is unknown; .* \(did you mean 'reasoning'\?\)"):
        check_models(["reasonin"], out=tmp_path)


@pytest.mark.parametrize("missing", ["lm", "weak", "judge"])
def test_a_model_that_is_missing_is_told_before_anything_is_measured(
    missing: str, models: Path, tmp_path: Path
) -> None:
    told = list[str]()
    where = {name: str(models / name) for name in ("lm", "weak", "judge")} | {missing: "pocket:nothing"}
    with pytest.raises(InputError, match="pocket:nothing: there is no such model"):
        check_models(["reasoning"], **where, out=tmp_path, sizes=TINY, on_stage=told.append)  # type: ignore[arg-type]
    assert told == []
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- the command


def test_weights_that_are_not_there_or_damaged_end_the_command_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plain = shipped.model_folder
    monkeypatch.setattr(shipped, "model_folder", lambda name, root=tmp_path: plain(name, root))
    code, _, err = run("pocket", "check", "--domain", "reasoning")
    assert code == 2
    assert err.startswith("assay: pocket:lm: its weights are not in this installation")
    write_models(tmp_path)
    (tmp_path / "judge/model.safetensors").write_bytes(b"half")
    code, out, err = run("pocket", "check", "--domain", "reasoning")
    assert (code, out) == (2, "")
    assert err.startswith(f"assay: pocket:judge: damaged or missing in {tmp_path / 'judge'}: model.safetensors")
    assert err.count("\n") == 1


@pytest.mark.slow
def test_the_command_runs_on_models_of_random_weights(run: Run, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = shipped.model_folder
    monkeypatch.setattr(shipped, "model_folder", lambda name, root=models: plain(name, root))
    monkeypatch.setattr(gates, "QUICK", TINY)
    code, out, err = run("pocket", "check", "--quick", "--domain", "harmlessness")
    assert code == 0
    assert "harmlessness: no drift at these settings (clean probe: accuracy on a;" in out
    assert out.count(" needs ") == 14
    assert err.splitlines()[0] == "perplexity"
