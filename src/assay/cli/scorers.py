"""SPEC → scorer, for every kind that the installed parts offer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, nearest
from ..recorded import KINDS, load_recorded
from ..specs import Spec, expand, parse_spec
from ..types import Pair, PairScorer
from .engines import JUDGE_OPTIONS, judge_of

if TYPE_CHECKING:
    from assay.eval import Calibrator

__all__ = ["BASELINES", "Allowance", "Loaded", "SurfaceFromSource", "load_scorers"]


BASELINES = ("longer", "surface", "random")


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceFromSource:
    """`baseline:surface` before it has seen its source."""

    name: str
    """Unique in a report."""
    seed: int
    """Of its folds."""

    def fitted(self, source: Sequence[Pair]) -> PairScorer:
        """Return the baseline that these pairs make."""
        from assay.eval import baselines

        return baselines.SurfaceBaseline.fit(source, self.seed, name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A scorer, and the map it carries, if any."""

    scorer: PairScorer | SurfaceFromSource
    calibrator: Calibrator | None
    """Of `?calibrator=FILE` (a report.json, or one calibrator as JSON), else the one that a run carries."""
    chosen: bool = False
    """Whether it was named in the SPEC."""


def load_scorers(texts: Sequence[str]) -> list[Loaded]:
    """Load the scorers of the command line.

    Raises:
        InputError: none is given, or a SPEC, a file or a row is wrong.
    """
    if not texts:
        raise InputError("no scorer is given; name at least one with --scorer SPEC")
    kinds = {kind: (*options, "calibrator") for kind, options in KINDS.items()} | _MODELS
    loaded = []
    for text in texts:
        spec = parse_spec(text, kinds)
        path = spec.options.get("calibrator")
        rest = {key: value for key, value in spec.options.items() if key != "calibrator"}
        bare = replace(spec, options=rest)
        scorer, own = _LOADERS[spec.kind](bare) if spec.kind in _LOADERS else (load_recorded(bare), None)
        named = own if path is None else _calibrator(path, scorer.name)
        loaded.append(Loaded(scorer=scorer, calibrator=named, chosen=path is not None))
    return loaded


def _baseline(spec: Spec) -> PairScorer | SurfaceFromSource:
    from assay.eval import baselines

    if spec.where not in BASELINES:
        allowed = ", ".join(f"baseline:{name}" for name in BASELINES)
        raise InputError(
            f"{spec.text}: unknown baseline {spec.where!r}; allowed are {allowed}{nearest(spec.where, BASELINES)}"
        )
    name, seed = spec.name or spec.where, spec.count("seed", 0) or 0
    if "seed" in spec.options and spec.where == "longer":
        raise InputError(f"{spec.text}: the longer answer needs no seed; leave seed= out")
    if spec.where == "surface":
        return SurfaceFromSource(name=name, seed=seed)
    return (
        baselines.LongerBaseline(name=name)
        if spec.where == "longer"
        else baselines.RandomBaseline(name=name, seed=seed)
    )


def _scalar(spec: Spec) -> tuple[PairScorer, Calibrator | None]:
    """Load a run of `assay train scalar`, with the map that it carries."""
    from assay.scalar import load_scorer, read_card

    scorer = load_scorer(spec.where, name=spec.name, **_lengths(spec))
    return scorer, _carried(read_card(spec.where), scorer.name)


def _ensemble(spec: Spec) -> tuple[PairScorer, Calibrator | None]:
    """Load every run that a glob names as one ensemble."""
    from assay.scalar import Ensemble, load_member

    by = spec.choice("by", ("mean", "min", "lcb"), "mean")
    folders = expand(spec)
    try:
        c = float(spec.options.get("c", 1.0))
    except ValueError:
        raise InputError(f"{spec.text}: option c={spec.options['c']!r} must be a number >= 0") from None
    members = tuple(load_member(folder, **_lengths(spec)) for folder in folders)
    return Ensemble(members=members, name=spec.name or f"ensemble-{by}", by=by, c=c), None  # type: ignore[arg-type]


def _judge(spec: Spec) -> tuple[PairScorer, Calibrator | None]:
    return judge_of(spec), None


def _lengths(spec: Spec) -> dict[str, int]:
    found = {key: spec.count(key) for key in ("max_length", "batch_tokens")}
    return {key: value for key, value in found.items() if value is not None}


def _carried(card: Mapping[str, Any], name: str) -> Calibrator | None:
    """Return the map in assay.json, under the name that the scorer has here."""
    from assay.eval import Calibrator

    value = card.get("calibrator")
    return None if value is None else Calibrator.from_json({**value, "scorer": name})


def _plain_baseline(spec: Spec) -> tuple[PairScorer | SurfaceFromSource, Calibrator | None]:
    return _baseline(spec), None


_MODELS = {
    "baseline": ("seed", "calibrator"),
    "scalar": ("max_length", "batch_tokens", "calibrator"),
    "ensemble": ("by", "c", "max_length", "batch_tokens"),
    "judge": (*JUDGE_OPTIONS, "calibrator"),
}
_LOADERS: Mapping[str, Callable[[Spec], tuple[PairScorer | SurfaceFromSource, Calibrator | None]]] = {
    "baseline": _plain_baseline,
    "scalar": _scalar,
    "ensemble": _ensemble,
    "judge": _judge,
}


def _calibrator(path: str, scorer: str) -> Calibrator:
    from assay.eval import Calibrator

    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"calibrator={path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise InputError(f"calibrator={path}: not JSON ({error})") from None
    if isinstance(value, dict) and isinstance(value.get("scorers"), list):
        maps = {one["name"]: one["calibrator"] for one in value["scorers"]}
        if scorer not in maps:
            raise InputError(f"calibrator={path}: holds no map of {scorer!r}; it has {', '.join(maps)}")
        value = maps[scorer]
    if not isinstance(value, dict):
        raise InputError(f"calibrator={path}: expected a report.json or one calibrator as a JSON object")
    return Calibrator.from_json(value)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many unscored pairs `--max-unscored` lets pass."""

    text: str
    """As written: a count such as 5, or a share such as 2%."""

    def __post_init__(self) -> None:
        number = self.text.removesuffix("%")
        if not number.replace(".", "", 1).isdigit():
            raise InputError(f"--max-unscored {self.text!r}: expected a count such as 5, or a share such as 2%")

    def exceeded(self, unscored: int, n: int) -> bool:
        """Tell whether more of n pairs are unscored than allowed."""
        limit = float(self.text.removesuffix("%"))
        return unscored > (limit / 100 * n if self.text.endswith("%") else limit)
