"""Train one scalar reward model: pairs and labels in, a finished run folder out.

    loss of a pair  =  Bradley-Terry(d, y)  +  c · (r_a + r_b)²  +  λ · distance(features, frozen features)

Labels come from whoever calls: gold, or those of a teacher.  So do the weights of the validation
pairs, because choosing λ by plain accuracy rewards what the source's surface gives away (method,
rule 2).  The folder is made as CONTRACTS says, DONE last; a run that was killed goes on from its
newest checkpoint.

Shapes: B pairs of a batch (2B sequences), N pairs of a set.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch import Tensor, nn

from assay.anchor_reference import FrozenCopy, Reference, adapter_reference, hidden_states, weights_hash
from assay.anchoring import anchored_tokens, lambda_weight, packed, packed_loss
from assay.configs import to_mapping
from assay.errors import InputError
from assay.feature_cache import FeatureCache, FeatureKey
from assay.fit import BatchLoss, FitResult, fit
from assay.fit_checkpoints import write_done
from assay.runs import run_record
from assay.types import Floats, Pair

from .config import ScalarConfig
from .encode import Over, collate_pairs, encode_pair
from .loss import bradley_terry, centring, confidence_alpha, confidence_auxiliary
from .model import ScalarRewardModel
from .scorer import ScalarScorer, sides

__all__ = ["Trained", "Validation", "train_scalar", "weighted_accuracy"]

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Held-out pairs of the source."""

    pairs: Sequence[Pair]
    """N pairs."""
    label_N: Floats
    """P(first preferred), (N,)."""
    weight_N: Floats
    """(N,) >= 0, such as surface-balanced ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What a run came to."""

    folder: Path
    """The finished run."""
    objective: float | None
    """Weighted validation accuracy; None without validation."""
    error: float | None
    """Its standard error, clustered by prompt."""
    left_out: int
    """Training pairs without a label, or too long."""
    result: FitResult
    """Of the training layer."""


def weighted_accuracy(
    margin_N: Floats, label_N: Floats, weight_N: Floats, group_N: Sequence[str]
) -> tuple[float, float]:
    """Return weighted pair accuracy and its standard error, clustered by prompt; ties and unscored pairs count half.

    acc = Σ w x / Σ w;  var = Σ over prompts of (Σ w (x - acc))² / (Σ w)², the sandwich form of a ratio.

    >>> acc, error = weighted_accuracy(np.array([1.0, -1, 2]), np.array([1.0, 1, 1]), np.ones(3), "abc")
    >>> round(acc, 4), round(error, 4)
    (0.6667, 0.2722)
    """
    sided = (label_N != 0.5) & (weight_N > 0)
    margin, label, weight = margin_N[sided], label_N[sided], weight_N[sided]
    right = np.where(np.isnan(margin) | (margin == 0), 0.5, (margin > 0) == (label > 0.5))
    if not weight.sum() > 0:
        raise ValueError("no validation pair has a side and a weight")
    accuracy = float((weight * right).sum() / weight.sum())
    groups = np.unique(
        np.array([group for group, kept in zip(group_N, sided, strict=True) if kept]), return_inverse=True
    )[1]
    off = np.bincount(groups, weights=weight * (right - accuracy))
    return accuracy, float(np.sqrt((off**2).sum()) / weight.sum())


def train_scalar(
    config: ScalarConfig,
    pairs: Sequence[Pair],
    label_N: Sequence[float | None],
    out: Path,
    *,
    validation: Validation | None = None,
    calibrate: Callable[[ScalarScorer], Mapping[str, Any] | None] | None = None,
    resume: bool = False,
) -> Trained:
    """Train a reward model and write its run folder.

    Args:
        config: How.
        pairs: Training pairs of the source.
        label_N: P(first preferred) of each, None = not to be learned from.
        out: The run folder; may hold the checkpoints of this very run where `resume` is set.
        validation: For the objective; needed by early stopping.
        calibrate: Makes the calibrator that goes into assay.json, from the trained scorer.
        resume: Go on from the newest checkpoint.

    Raises:
        InputError: nothing is left to learn from, the folder belongs to another run, or see `fit`.
    """
    started = time.time()
    model = ScalarRewardModel.from_pretrained(config.base, head=config.head, seed=config.fit.seed)
    base_hash = weights_hash(model.backbone)  # before adapters, which every seed draws anew
    if config.lora_rank:
        model.add_lora(config.lora_rank, seed=config.fit.seed)
    rows, learned = [], []
    for pair, label in zip(pairs, label_N, strict=True):
        if label is not None:
            row = encode_pair(model.tokens, pair, label, max_length=config.max_length, over=config.over)
            if row is not None:
                rows.append(row)
                learned.append(pair)
    if not rows:
        raise InputError(
            f"none of {len(pairs)} training pairs is left: they have no label or more than {config.max_length} tokens; "
            "raise max_length, or set over: prompt_left"
        )
    reference, cache = _reference(config, model, base_hash, out)
    scorer = ScalarScorer(
        model=model,
        tokens=model.tokens,
        name=out.name,
        method=config.named,
        max_length=config.max_length,
        over=_measured(config.over),
    )

    def evaluate(_: nn.Module) -> Mapping[str, float]:
        assert validation is not None
        margin_N = scorer.compare(validation.pairs).margin
        groups = [pair.group for pair in validation.pairs]
        accuracy, error = weighted_accuracy(margin_N, validation.label_N, validation.weight_N, groups)
        return {"objective": accuracy, "error": error}

    result = fit(
        model,
        rows,
        lambda some: collate_pairs(some, model.pad_id),
        _batch_loss(config, reference),
        config.fit,
        out,
        evaluate=None if validation is None else evaluate,
        length=lambda row: row.tokens,
        before_save=None if cache is None else cache.flush,  # the last step is always saved
        resume=resume,
    )
    measured = evaluate(model) if validation is not None else {}
    _finish(config, model, scorer, learned, base_hash, out, calibrate, started)
    return Trained(
        folder=out,
        objective=measured.get("objective"),
        error=measured.get("error"),
        left_out=len(pairs) - len(rows),
        result=result,
    )


def _reference(
    config: ScalarConfig, model: ScalarRewardModel, base_hash: str, out: Path
) -> tuple[Reference | None, FeatureCache | None]:
    """Return where frozen features come from; the cache too, where there is one, to be flushed."""
    anchor = config.anchor
    if anchor is None or not anchor.weight:
        return None, None
    if anchor.reference == "adapter":
        return adapter_reference(model.backbone, anchor.layers, hidden_states), None
    frozen = (
        adapter_reference(model.backbone, anchor.layers, hidden_states)
        if config.lora_rank
        else FrozenCopy(model.backbone).reference(anchor.layers, hidden_states)
    )
    if anchor.reference == "copy":
        return frozen, None
    compute: Literal["bfloat16", "float32"] = "bfloat16" if config.fit.bf16 else "float32"
    key = FeatureKey(model_hash=base_hash, layers=anchor.layers, tokens=anchor.tokens, compute=compute)
    cache = FeatureCache(Path(config.cache) if config.cache else out / "features", key)
    return cache.reference(frozen), cache


def _measured(over: Over) -> Over:
    """Return the policy for scoring: as in training, but a long text is no reason to stop."""
    return "prompt_left" if over == "prompt_left" else "drop"


def _batch_loss(
    config: ScalarConfig, reference: Reference | None
) -> Callable[[nn.Module, dict[str, Tensor]], BatchLoss]:
    """Return the loss of a batch of pairs, summed over them."""
    anchor = config.anchor

    def loss(model: nn.Module, batch: dict[str, Tensor]) -> BatchLoss:
        ids, mask, label_B = batch["input_ids"], batch["attention_mask"], batch["labels"]
        step, steps = int(batch["step"]), int(batch["steps"])
        reward_2B, hidden = model(ids, mask, hidden=reference is not None)
        first_B, second_B = reward_2B[0::2], reward_2B[1::2]
        margin_B = first_B - second_B
        if config.confidence:
            alpha = confidence_alpha(step, steps, config.confidence)
            fitted_B = confidence_auxiliary(margin_B, label_B, alpha) * batch["weights"]
        else:
            fitted_B = bradley_terry(margin_B, label_B, weight_B=batch["weights"], smoothing=config.smoothing)
        metrics = {"bt": float(fitted_B.detach().mean()), "margin": float(margin_B.detach().abs().mean())}
        total_B = fitted_B
        if config.centring:
            total_B = total_B + config.centring * centring(first_B, second_B)
        if reference is not None and anchor is not None:
            where = anchored_tokens(mask, batch["scored"], batch["response_mask"], anchor.tokens)
            drift_2B = packed_loss(
                packed(hidden, where, anchor.layers), reference(ids, mask, where), where, anchor.distance
            )
            drift_B = (drift_2B[0::2] + drift_2B[1::2]) / 2
            total_B = total_B + lambda_weight(anchor, step, steps) * drift_B
            metrics["drift"] = float(drift_B.detach().mean())
        return BatchLoss(total_B.sum(), len(label_B), metrics)

    return loss


def _finish(
    config: ScalarConfig,
    model: ScalarRewardModel,
    scorer: ScalarScorer,
    learned: Sequence[Pair],
    base_hash: str,
    out: Path,
    calibrate: Callable[[ScalarScorer], Mapping[str, Any] | None] | None,
    started: float,
) -> None:
    """Write model, card, config and record, and DONE last."""
    import yaml

    model.save(out / "model")
    reward_N2 = scorer.score(sides(learned)).value
    card = {
        "format": FORMAT,
        "family": "scalar",
        "method": config.named,
        "base_hash": base_hash,
        "codec_hash": None,
        "template_hash": model.tokens.hash,
        "centre_mean": float(np.nanmean(reward_N2)),
        "centre_std": float(np.nanstd(reward_N2)) or 1.0,
        "threshold": None,
        "calibrator": None if calibrate is None else calibrate(scorer),
    }
    (out / "assay.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    settings = to_mapping(config)
    (out / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    record = run_record("assay train scalar", settings, started=started)
    (out / "run.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    write_done(out, skip=("checkpoints", "features", "sweep"))  # what only served to get there
