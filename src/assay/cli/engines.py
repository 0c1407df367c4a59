"""Names of engines → engines, and `judge:` SPECs → judges."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, nearest
from ..specs import Spec

if TYPE_CHECKING:
    from ..engines import Engine
    from ..judges import Judge, Rubric

__all__ = ["ENGINES", "JUDGE_OPTIONS", "judge_of", "load_engine"]

ENGINES: Mapping[str, tuple[str, ...]] = {
    "transformers": ("dtype", "device", "batch_tokens"),
    "scripted": ("seed",),
    "replay": (),
}
"""Kinds of engines with their options."""
_SCRIPTED_CONTEXT = 1 << 20  # its tokens are bytes
_COUNTS = {"samples": 1, "shuffle": 0, "budget": 1, "think": 0, "seed": 0}
_ENGINE = ("dtype", "device", "batch_tokens")
JUDGE_OPTIONS = ("model", "engine", "store", "reason", "temperature", "apart", "orders", *_COUNTS, *_ENGINE)
"""Options of a `judge:` SPEC."""


def load_engine(kind: str, model: str | None, options: Mapping[str, Any], store: Path | None = None) -> Engine:
    """Return an engine.

    `scripted` is the public fake: it has no model, draws its beliefs from the seed, and shows what the other
    engines would be asked and how their answers are kept.  `replay` answers from a verdict store alone.

    Args:
        kind: a key of ENGINES.
        model: folder or hub id of a language model, or pocket:NAME; the fake's is only a name.
        options: by name, see ENGINES; those left out have the engine's defaults.
        store: file of a verdict store, in front of the engine; None = nothing is kept.

    Raises:
        InputError: there is no such engine or option, or model or store cannot be used.
    """
    if kind not in ENGINES:
        raise InputError(f"unknown engine {kind!r}; allowed are {', '.join(ENGINES)}{nearest(kind, ENGINES)}")
    for key in options:
        if key not in ENGINES[kind]:
            raise InputError(f"engine {kind} has no option {key}; it has {', '.join(ENGINES[kind])}: leave {key} out")
    if store is not None:
        return _stored(kind, model, options, store)
    if kind == "replay":
        raise InputError("engine replay answers from a verdict store; name one with store")
    if kind == "scripted":
        from ..engines.scripted import ScriptedEngine

        return ScriptedEngine(model_id=model or "scripted", context=_SCRIPTED_CONTEXT, **options)
    if model is None:
        raise InputError(f"engine {kind} needs a model; name its folder or hub id")
    from ..engines.transformers import TransformersEngine

    return TransformersEngine.load(model, **options)


def _stored(kind: str, model: str | None, options: Mapping[str, Any], path: Path) -> Engine:
    """Return an engine behind a verdict store, or for `replay` the store alone."""
    from ..engines.store import VerdictStore
    from ..engines.stored import StoredEngine

    if kind != "replay":
        return StoredEngine(load_engine(kind, model, options), VerdictStore(path))
    from ..engines.replay import ReplayEngine
    from ..engines.tokens import load_tokens

    if model is None:
        raise InputError("engine replay needs the model's name: keys of the store are made of its token ids")
    if not path.exists():
        raise InputError(f"{path}: there is no verdict store; it is made by a run with another engine")
    store = VerdictStore(path)
    known = store.identities(model)
    if len(known) != 1:
        found = "no model" if not known else f"{len(known)} models with different weights"
        raise InputError(f"{path}: {found} answered as {model!r}; name one that did, or another store")
    return StoredEngine(ReplayEngine(load_tokens(model), model_id=model, identity=known[0]), store)


def judge_of(
    spec: Spec,
    *,
    variables: Mapping[str, str] | None = None,
    on_progress: Callable[[int, int], object] | None = None,
) -> Judge:
    """Load the judge of a SPEC, `judge:RUBRIC?model=…&engine=…`.

    Args:
        spec: see JUDGE_OPTIONS; the rubric is a file or the name of a shipped one.
        variables: of the rubric.
        on_progress: see `Judge`.

    Raises:
        InputError: the rubric, an option or a variable is wrong, or the model cannot be loaded.
    """
    from ..judges import Judge, prompt

    rubric = _rubric(spec)
    prompt.variable_values(rubric, variables)  # before a model is loaded
    kind, store = spec.options.get("engine", "transformers"), spec.options.get("store")
    count = {key: spec.count(key, least=least) for key, least in _COUNTS.items() if key in spec.options}
    options: dict[str, Any] = {key: spec.options[key] for key in _ENGINE if key in spec.options}
    if "dtype" in options:
        options["dtype"] = spec.choice("dtype", ("auto", "float32", "bfloat16", "float16"), "auto")
    if "batch_tokens" in options:
        options["batch_tokens"] = spec.count("batch_tokens")
    if kind == "scripted" and "seed" in count:
        options["seed"] = count["seed"]
    settings: dict[str, Any] = {
        "temperature": _temperature(spec),
        "orders": spec.choice("orders", ("both", "ab", "ba"), "both"),
        "apart": spec.choice("apart", ("yes", "no"), "no") == "yes",
        **count,
    }
    return Judge(
        rubric=rubric,
        engine=load_engine(kind, spec.options.get("model"), options, Path(store) if store else None),
        name=spec.name or "",
        variables=variables or {},
        on_progress=on_progress,
        **settings,
    )


def _rubric(spec: Spec) -> Rubric:
    """Return the rubric, with rationales where the SPEC wants them."""
    from ..judges import Rubric

    rubric = Rubric.load(spec.where)
    if "reason" not in spec.options:
        return rubric
    when: Any = spec.choice("reason", ("none", "before", "each"), "none")
    try:
        return rubric.with_(reason=replace(rubric.reason, when=when))
    except ValueError as error:
        raise InputError(f"{spec.text}: reason={when}: {error}") from None


def _temperature(spec: Spec) -> float | None:
    if "temperature" not in spec.options:
        return None
    try:
        value = float(spec.options["temperature"])
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise InputError(f"{spec.text}: option temperature={spec.options['temperature']!r} must be a number >= 0")
    return value
