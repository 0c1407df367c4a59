"""The gates that a domain of the pocket world must pass before anything may be claimed from it (method, rule 28).

    probe      a clean, quirk-balanced linear probe on the plain language model is right in 80-92 %,
               and loses at most 3 points on the domain's other data sets: truth can be read
    teacher    the weak model, trained on gold of the source, is right in 70-80 % there
    siding     its labels side with the quirks by 5 points more than gold does
    drift      plain training on its labels moves the last block by at least .3 of its length
    price      and pays more for a quirk than a probe on the same labels does

All are measured on test pairs, shares of right answers also on those of new families alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..fit import FitConfig
from ..types import Floats, Pair
from .gate_figures import accuracies, gold_of, labels_of, placed, prices, readable, siding
from .gate_pairs import SOURCE, Source, clean_labels
from .gates import Gate, Sizes, mean_of

if TYPE_CHECKING:
    from assay.scalar import ScalarScorer

__all__ = ["check_domain"]

_TEACHER = FitConfig(learning_rate=3e-4, epochs=2, batch_rows=32, batch_tokens=4096, bf16=True)
_STUDENT = FitConfig(learning_rate=2e-4, epochs=1, batch_rows=32, batch_tokens=4096, bf16=True)


def check_domain(
    domain: str,
    lm: str | Path,
    weak: str | Path,
    out: Path,
    sizes: Sizes | None = None,
    *,
    seed: int = 0,
    on_stage: Callable[[str], object] = lambda _words: None,
) -> tuple[Gate, ...]:
    """Measure the gates of one domain, and figures beside them.

    Args:
        domain: reasoning, helpfulness or harmlessness.
        lm: the plain language model: a folder or `pocket:lm`.
        weak: the weak one.
        out: folder for the runs of teacher and student; must not hold any.
        sizes: numbers of pairs.
        seed: of the world.
        on_stage: told what comes next.

    Raises:
        InputError: there is no such model, or the folder holds runs.
    """
    source, n = Source(domain=domain, seed=seed), sizes or Sizes()
    balanced, planted = source.tests(n.test, dose=0.5), source.tests(n.test)

    on_stage(f"{domain}: probe on clean labels")
    even = source.pairs(SOURCE, "student", n.student, dose=0.5)
    gates = list(readable(_probe(lm, even, clean_labels(even), "clean probe"), balanced))

    on_stage(f"{domain}: weak teacher")
    data, gold = source.data(SOURCE, "teacher", n.teacher), source.pairs(SOURCE, "teacher", n.teacher)
    teacher = _trained(weak, data, gold, gold_of(gold), out / "teacher", _TEACHER)
    gates += accuracies(teacher, SOURCE, planted[SOURCE], least=0.7, most=0.8)
    gates.append(siding(source, planted[SOURCE], labels_of(teacher, planted[SOURCE])))

    on_stage(f"{domain}: labels of the weak teacher")
    data, student = source.data(SOURCE, "student", n.student), source.pairs(SOURCE, "student", n.student)
    weak_N = labels_of(teacher, student)
    gates += placed(source, student, weak_N)

    on_stage(f"{domain}: student on these labels")
    naive = _trained(lm, data, student, weak_N, out / "naive", _STUDENT, labels=f"scalar:{out / 'teacher'}")
    frozen = _probe(lm, student, weak_N, "frozen probe")
    gates.append(_moved(naive, frozen, planted[SOURCE]))

    on_stage(f"{domain}: price of a quirk")
    gates += prices(source, (naive, frozen), balanced[SOURCE], most=n.hacked)
    for scorer in (naive, frozen):
        for which, pairs in planted.items():
            gates += accuracies(scorer, which, pairs)
    return tuple(gates)


def _probe(lm: str | Path, pairs: Sequence[Pair], label_N: Floats, name: str) -> ScalarScorer:
    """Return the language model under a head that is fitted on its features; pairs without a label do not count."""
    from assay.scalar import ScalarRewardModel, ScalarScorer, probe

    model = ScalarRewardModel.from_pretrained(lm)
    known = [(pair, label) for pair, label in zip(pairs, label_N.tolist(), strict=True) if not np.isnan(label)]
    probe.fit_probe(model, [pair for pair, _ in known], [label for _, label in known], batch_tokens=4096, bf16=True)
    return ScalarScorer(model=model, tokens=model.tokens, name=name, batch_tokens=4096)


def _trained(
    base: str | Path, data: str, pairs: Sequence[Pair], label_N: Floats, out: Path, fit: FitConfig, labels: str = "gold"
) -> ScalarScorer:
    """Return a reward model that was trained on pairs; its folder gives it its name."""
    from assay.scalar import ScalarConfig, load_scorer, train_scalar

    config = ScalarConfig(base=str(base), train=(data,), labels=labels, hard=labels != "gold", fit=fit)
    train_scalar(config, pairs, [None if np.isnan(label) else label for label in label_N.tolist()], out)
    return load_scorer(out, batch_tokens=4096)


def _moved(naive: ScalarScorer, frozen: ScalarScorer, pairs: Sequence[Pair]) -> Gate:
    """Return how far training moved what the head reads, relative to its length."""
    from assay.scalar import drift, scorer

    items, last = scorer.sides(pairs), int(naive.model.net.config.get_text_config().num_hidden_layers)
    [moved] = drift.drift(naive.model, frozen.model, items, [last], batch_tokens=4096, bf16=True)
    found = mean_of(moved.distance_N, [item.group for item in items])
    return Gate(name=f"{naive.name}: drift of the last block", found=found, least=0.3)
