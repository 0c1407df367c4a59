"""How the shipped pocket models are made, from nothing: `assay pocket train --out FOLDER`.

    FOLDER/runs/…                    checkpoints and encoded examples, to go on from
    FOLDER/lm, weak, judge           the finished models, as they lie in the package

    tokenizer -> lm -> judge
              -> weak

Every step is seeded; on one machine the same call gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines.tokens import HFTokens
from ..errors import InputError
from ..fit_checkpoints import is_done, write_done, writing
from ..pocket.models import MODELS, save_model
from .judge import train_judge
from .language import SIZES, nats_per_token, train_language
from .vocabulary import train_tokenizer

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

__all__ = ["DOCUMENTS", "JUDGE_STEPS", "train_models"]

DOCUMENTS: Mapping[str, int] = {"lm": 250_000, "weak": 40_000}
"""How much the language models read; see `train_language`."""
JUDGE_STEPS = 4000
"""How long the judge is; see `train_judge`."""


def train_models(
    out: Path,
    names: Sequence[str] = MODELS,
    *,
    documents: Mapping[str, int] | None = None,
    judge_steps: int | None = None,
    seed: int = 0,
    resume: bool = False,
    on_stage: Callable[[str], object] = lambda _words: None,
) -> list[Path]:
    """Train pocket models and return their folders; those that are finished are left as they are.

    Args:
        out: See above; without `resume` it must hold no unfinished run.
        names: Which of `MODELS`; judge needs lm, now or finished in `out`.
        documents: That lm and weak read; None = `DOCUMENTS`.
        judge_steps: Of the judge; None = `JUDGE_STEPS`.
        seed: Of weights and order.
        resume: Go on from the newest checkpoints.
        on_stage: Told what comes next.

    Raises:
        InputError: judge is asked for without lm, or see `fit`.
    """
    wanted = [name for name in MODELS if name in names]
    if "judge" in wanted and "lm" not in wanted and not is_done(out / "lm"):
        raise InputError(f"{out}: the judge is trained on from lm, which is not finished there; train lm as well")
    documents, judge_steps = documents or DOCUMENTS, judge_steps or JUDGE_STEPS
    for name in wanted:
        if is_done(out / name):
            continue
        tokenizer = _read(out / "lm") if name == "judge" else _tokenizer(out / "runs/tokenizer", on_stage)
        tokens, run = HFTokens(tokenizer), out / "runs" / name
        if name == "judge":
            on_stage("judge: writing its examples")
            model, result = train_judge(
                _loaded(out / "lm"),
                tokens,
                judge_steps,
                run,
                seed=seed,
                resume=resume,
                on_chunk=lambda done, every: on_stage(f"judge: examples {done} of {every} thousand"),
                on_train=lambda: on_stage(f"judge: {judge_steps:,} steps"),
            )
            facts: dict[str, Any] = {"steps": result.steps, "base": "lm"}
        else:
            count = documents[name]
            on_stage(f"{name}: writing {count:,} documents")
            model, result = train_language(
                SIZES[name],
                tokens,
                count,
                run,
                seed=seed,
                resume=resume,
                on_train=partial(on_stage, f"{name}: training"),
            )
            nats, error = nats_per_token(model, tokens)
            facts = {
                "steps": result.steps,
                "documents": count,
                "nats_per_token": round(nats, 4),
                "nats_per_token_error": round(error, 4),
            }
        facts |= {"model": name, "seed": seed, "parameters": sum(one.numel() for one in model.parameters())}
        save_model(model, tokenizer, out / name, facts)
    return [out / name for name in wanted]


def _tokenizer(folder: Path, on_stage: Callable[[str], object]) -> PreTrainedTokenizerFast:
    """Return the tokenizer, trained unless it lies there."""
    if not is_done(folder):
        on_stage("tokenizer")
        with writing(folder):
            train_tokenizer().save_pretrained(folder)
            write_done(folder)
    return _read(folder)


def _read(folder: Path) -> PreTrainedTokenizerFast:
    """Return the tokenizer of a folder."""
    from transformers import PreTrainedTokenizerFast

    tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(folder)
    return tokenizer


def _loaded(folder: Path) -> LlamaForCausalLM:
    """Return a finished model in float32, to be trained on."""
    import torch
    from transformers import LlamaForCausalLM

    model: LlamaForCausalLM = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model
