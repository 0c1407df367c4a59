"""What a linear probe reads of single reasoning steps from the plain language model's features.

    P(step i is right) = sigma(w · f(problem, steps 1 … i) + c)

f is the hidden state at the end of an answer that stops behind step i.  Steps behind the first wrong one
are left out: what is right there is no longer clear.  Most steps are right, so accuracy is the mean of
that on right steps and that on wrong ones.

Shapes: N steps, D hidden units.  Groups are problems, and intervals are clustered by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from ..pocket.world import chains as chains_of
from ..types import Chain, Floats, Item
from .gate_pairs import SOURCE, Source, new_tasks
from .gates import Gate, mean_of

if TYPE_CHECKING:
    from assay.eval import Interval
    from assay.scalar import ScalarRewardModel

__all__ = ["balanced_accuracy", "step_chains", "step_figures", "steps_of"]

_FOLDS = 5


def step_chains(n: int, seed: int = 0) -> tuple[list[Chain], list[Chain]]:
    """Return both solutions of n problems of the source's student part, and of n test problems of new families."""
    from ..data import load_chains

    train = load_chains(Source(domain="reasoning", seed=seed).data(SOURCE, "student", n)).records
    return list(train), [one for made in islice(new_tasks("reasoning", seed), n) for one in chains_of(made)]


def steps_of(chains: Sequence[Chain]) -> tuple[list[Item], Floats]:
    """Return every step up to the first wrong one, with all before it, as an item; and 1 or 0 per step, (N,).

    Raises:
        ValueError: a step that would count has no label of 0 or 1.
    """
    items, labels = list[Item](), list[float]()
    for chain in chains:
        for i, label in enumerate(chain.labels or [None]):
            if label not in (0.0, 1.0):
                raise ValueError(f"chain {chain.id!r}: step {i} has the label {label}; a probe needs 0 or 1")
            text = "\n".join(chain.steps[: i + 1])
            items.append(Item(id=f"{chain.id}/{i}", group=chain.group, prompt=chain.problem, response=text))
            labels.append(label)
            if not label:
                break
    return items, np.array(labels)


def step_figures(model: ScalarRewardModel, train: Sequence[Chain], test: Sequence[Chain]) -> tuple[Gate, ...]:
    """Return how well a probe fitted on some chains judges the steps of others.

    Args:
        model: gives the features; its head is not read.
        train: chains with step labels, of at least 5 problems.
        test: chains of other problems.
    """
    from assay.eval import intervals, selective
    from assay.scalar import drift

    last = int(model.net.config.get_text_config().num_hidden_layers)
    (seen, seen_N), (items, right_N) = (steps_of(chains) for chains in (train, test))
    seen_ND, test_ND = (drift.features(model, some, [last], batch_tokens=4096, bf16=True)[0] for some in (seen, items))
    p_N = _probe(seen_ND, seen_N, [item.group for item in seen], test_ND)
    groups = [item.group for item in items]
    area = selective.auroc_interval(p_N, right_N, intervals.cluster_index(groups))
    return (
        Gate(name="step probe: accuracy, right and wrong steps alike", found=balanced_accuracy(p_N, right_N, groups)),
        Gate(name="step probe: AUROC", found=area),
        Gate(name="step probe: share of right steps", found=mean_of(right_N, groups)),
    )


def balanced_accuracy(p_N: Floats, right_N: Floats, group_N: Sequence[str]) -> Interval:
    """Return the mean of the accuracies on right and on wrong steps, with its 95 % interval by problem.

    Every resample of problems has shares of right and wrong steps of its own.  None throughout where all
    steps are right, or all wrong.

    Args:
        p_N: P(step is right); above ½ the probe says that it is.
        right_N: 1 or 0.
        group_N: problems.

    >>> balanced_accuracy(np.array([0.9, 0.8, 0.2, 0.7]), np.array([1.0, 1.0, 1.0, 0.0]), "abcd").value  # (2/3 + 0) / 2
    0.3333333333333333
    """
    from assay.eval import bootstrap, intervals

    hit_N, kinds_2N = (p_N > 0.5) == (right_N == 1), np.stack([right_N == 1, right_N == 0]).astype(np.float64)

    def measure(weight_N: Floats) -> float:
        share_2 = kinds_2N @ weight_N
        return float((kinds_2N @ (weight_N * hit_N) / share_2).mean()) if share_2.all() else float("nan")

    cluster_N = intervals.cluster_index(list(group_N))
    return bootstrap.bootstrap_interval(measure, cluster_N, level=0.95, replicates=2000, seed=0)


def _probe(seen_ND: Floats, right_N: Floats, group_N: Sequence[str], test_ND: Floats) -> Floats:
    """Return P(step is right) of other steps, right and wrong ones weighing alike; no problem is split in choosing."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    plain: Any = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, class_weight="balanced"))
    penalties = {"logisticregression__C": [1e-3, 1e-2, 1e-1, 1.0]}
    chosen: Any = GridSearchCV(plain, penalties, scoring="roc_auc", cv=GroupKFold(_FOLDS))
    chosen.fit(seen_ND, right_N, groups=list(group_N))
    return np.asarray(chosen.predict_proba(test_ND)[:, 1])
