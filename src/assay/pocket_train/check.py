"""Everything that is measured of the pocket models, as plain data: `assay pocket check`.

    perplexity     of lm and weak, on documents held out of their training
    domains
      NAME
        perplexity     the same, on new families: ways of writing that no pocket model was trained on
        gates          those of method rule 28, and figures beside them
        judge          accuracy, calibration, and whether it obeys its rubric
        steps          what a linear probe reads of reasoning steps (reasoning only)

Every list holds figures: name, value, low, high, least, most, whole, holds (see `Gate.data`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..engines import Engine
from ..engines.tokens import load_tokens
from ..errors import InputError, nearest
from ..pocket.world import DOMAINS
from ..sources import loading, located
from . import judging, steps
from .gate_runs import check_domain
from .gates import Gate, Sizes
from .perplexity import nats_on, new_dialogues, perplexity

__all__ = ["check_models"]


def check_models(
    domains: Sequence[str] = DOMAINS,
    *,
    lm: str = "pocket:lm",
    weak: str = "pocket:weak",
    judge: str | None = "pocket:judge",
    out: Path,
    sizes: Sizes | None = None,
    seed: int = 0,
    on_stage: Callable[[str], object] = lambda _words: None,
) -> dict[str, Any]:
    """Measure the pocket models and return all figures as plain data.

    Args:
        domains: which of the world's.
        lm: the plain language model: `pocket:lm`, or a folder.
        weak: the weak one.
        judge: the judge; None = it is left out.
        out: folder for the runs, one per domain; must not hold any.
        sizes: how much is measured.
        seed: of the world.
        on_stage: told what comes next.

    Raises:
        InputError: there is no such domain or model, a model is damaged, or the folder holds runs.
    """
    for domain in domains:
        if domain not in DOMAINS:
            allowed = ", ".join(DOMAINS)
            raise InputError(f"domain {domain!r} is unknown; allowed are {allowed}{nearest(domain, DOMAINS)}")
    for model in (lm, weak, judge):
        if model is not None:
            located(model)  # before anything else: what is missing should not be told after minutes
    n, readers = sizes or Sizes(), {"lm": lm, "weak": weak}
    engine = None if judge is None else _engine(judge)
    on_stage("perplexity")
    plain = [perplexity(name, *_language(where), n.documents).data() for name, where in readers.items()]
    found = dict[str, dict[str, list[dict[str, Any]]]]()
    for domain in domains:
        gates = check_domain(domain, lm, weak, out / domain, n, seed=seed, on_stage=on_stage)
        on_stage(f"{domain}: perplexity")
        figures = {"perplexity": _new_perplexity(domain, readers, n.documents, seed), "gates": gates}
        if engine is not None:
            figures["judge"] = tuple(_judged(engine, domain, n, seed, on_stage))
        if domain == "reasoning":
            on_stage(f"{domain}: probe on steps")
            figures["steps"] = _stepwise(lm, n.chains, seed)
        found[domain] = {name: [one.data() for one in some] for name, some in figures.items()}
    models = {"lm": lm, "weak": weak, "judge": judge}
    return {"models": models, "seed": seed, "sizes": asdict(n), "perplexity": plain, "domains": found}


def _language(where: str) -> tuple[Any, Any]:
    """Return a plain language model in float32, and its tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM

    with loading(where, "language model") as source:
        model: Any = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32)
    return model.eval(), load_tokens(where)


def _engine(judge: str) -> Engine:
    from ..engines.transformers import TransformersEngine

    return TransformersEngine.load(judge)


def _new_perplexity(domain: str, readers: dict[str, str], n: int, seed: int) -> tuple[Gate, ...]:
    dialogues = new_dialogues(domain, n, seed)
    return tuple(
        Gate(name=f"{name}: nats per token, new families", found=nats_on(*_language(where), dialogues))
        for name, where in readers.items()
    )


def _judged(engine: Engine, domain: str, sizes: Sizes, seed: int, on_stage: Callable[[str], object]) -> Iterator[Gate]:
    on_stage(f"{domain}: judge")
    yield from judging.judge_figures(engine, judging.new_pairs(domain, sizes.judged, seed))
    on_stage(f"{domain}: judge under a heavier criterion")
    yield judging.follows(
        engine, judging.new_pairs(domain, sizes.obeyed, seed, lambda pair: bool(judging.turning(pair)))
    )
    on_stage(f"{domain}: judge in other words")
    yield judging.stays(engine, judging.new_pairs(domain, sizes.obeyed, seed, lambda pair: bool(judging.winner(pair))))
    on_stage(f"{domain}: judge on a new criterion")
    yield judging.composed(engine, judging.composed_pairs(domain, sizes.obeyed, seed))


def _stepwise(lm: str, n: int, seed: int) -> tuple[Gate, ...]:
    from assay.scalar import ScalarRewardModel

    return steps.step_figures(ScalarRewardModel.from_pretrained(lm), *steps.step_chains(n, seed))
