"""The main job from nothing: tiny reward models are trained and compared on the spot, in minutes on a CPU.

    gold pairs of the source           pocket:weak -> teacher
    pairs that the teacher labels      pocket:lm   -> naive
                                       pocket:lm   -> anchored: features held to those of pocket:lm
    calibration pairs of the source    a map for each of them, and for the pocket judge and two baselines
    test pairs of the targets          what the maps are worth there, and which of them still hold

Data are generated and the language models ship with the package: no network, no GPU, no data folder.
What is finished stays as it is, and what was killed goes on from its newest checkpoint.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .anchoring import AnchorConfig
from .configs import load_config
from .data import load_pairs
from .errors import InputError
from .fit import FitConfig
from .fit_checkpoints import is_done
from .pocket import models
from .pocket.plan import SETS
from .pocket.world import DOMAINS
from .runs import check_folder

if TYPE_CHECKING:
    from assay.scalar import ScalarConfig

    from .types import Pair

__all__ = ["NOTE", "RUBRICS", "Live", "run_live"]

RUBRICS = Path(__file__).resolve().parent / "pocket/rubrics"
"""A rubric per domain, in questions that the pocket judge was trained on."""
NOTE = "The exposure of each row was chosen by us; ranks between kinds are not evidence. Run your own data."
"""What every report on the pocket world has to say (method, rule 30)."""
_STAGES = 5
_BATCH = 4096
"""Tokens of a batch: a CPU is fastest where a batch stays near it."""
_TEACHER = FitConfig(learning_rate=3e-4, epochs=2, batch_rows=32, batch_tokens=_BATCH, bf16=True, save_every=10, keep=1)
_STUDENT = replace(_TEACHER, learning_rate=2e-4, epochs=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What is trained and compared.

    Raises:
        ValueError: a domain or a data set does not exist or occurs twice, or a number lies outside its range.
    """

    domain: str = "helpfulness"
    """reasoning, helpfulness or harmlessness."""
    source: str = "a"
    """The data set that models are trained and maps are fitted on."""
    targets: tuple[str, ...] = ("b", "c")
    """Those that nothing has seen."""
    teacher_pairs: int = 600
    """With gold labels."""
    student_pairs: int = 1000
    """With the teacher's."""
    calibration_pairs: int = 300
    """Of the source."""
    test_pairs: int = 300
    """Of each target."""
    teacher: FitConfig = _TEACHER
    """How the teacher is trained; its seed is not read."""
    student: FitConfig = _STUDENT
    """How the students are; likewise."""
    weight: float = 1.0
    """Of the anchor."""
    rubric: str = ""
    """The judge's: a file, or the name of a shipped one; "" = that of the domain in `RUBRICS`."""
    seed: int = 0
    """Of heads, orders and resamples; the world is the shipped one."""

    def __post_init__(self) -> None:
        sizes = ("teacher_pairs", "student_pairs", "calibration_pairs", "test_pairs")
        sets = (self.source, *self.targets)
        for name, fine, allowed in (
            ("domain", self.domain in DOMAINS, f"one of {', '.join(DOMAINS)}"),
            ("source", self.source in SETS, f"one of {', '.join(SETS)}"),
            ("targets", 0 < len(self.targets) == len({*sets} & {*SETS}) - 1, f"other sets of {', '.join(SETS)}"),
            *((name, getattr(self, name) > 0, "> 0") for name in sizes),
            ("weight", 0 < self.weight < float("inf"), "finite and > 0"),
            ("seed", 0 <= self.seed < 2**32, "in [0, 2³²)"),
        ):
            if not fine:
                raise ValueError(f"{name} must be {allowed}; got {getattr(self, name)!r}")

    def data(self, which: str, part: str, n: int) -> str:
        """Return the DATA of a part of a data set, named after domain and set."""
        return f"{self.domain}-{which}=world:{self.domain}/{which}?part={part}&n={n}"


def run_live(
    out: Path, run: Callable[..., object], live: Live | None = None, tell: Callable[[str], object] = lambda _line: None
) -> Path:
    """Train what is not trained yet, compare, and return the page of the report.

    Makes out/live/teacher, naive and anchored, run folders of `assay train scalar`, and out/live/report.

    Args:
        out: Parent of all that is made.
        run: `assay.cli.compare.run_compare`.
        live: The settings; None = the default ones.
        tell: Told a line per stage, with the seconds since the beginning.

    Raises:
        InputError: pocket:weak or pocket:lm is not installed or damaged, the rubric has a fault, the folder
            cannot be written to or holds runs of other settings; all of it before anything is trained.
    """
    live, folder, started = live or Live(), out / "live", time.monotonic()

    def stage(number: int, words: str) -> None:
        tell(f"{number}/{_STAGES} {time.monotonic() - started:5.0f} s  {words}")

    for name in ("weak", "lm"):
        models.model_folder(name)
    judge, why_none = _judge(live)
    check_folder(folder / "report")
    configs = _configs(live, folder)
    due = [name for name, config in configs.items() if not _is_finished(config, folder / name)]

    if "teacher" in due:
        stage(1, f"teacher: pocket:weak learns {live.teacher_pairs:,} gold pairs")
        pairs = load_pairs(configs["teacher"].train[0]).records
        _train(configs["teacher"], pairs, _gold(pairs), folder / "teacher")
    else:
        stage(1, "teacher: is finished")
    if {"naive", "anchored"} & {*due}:
        stage(2, f"labels: the teacher says which answer is better, in {live.student_pairs:,} other pairs")
        pairs = load_pairs(configs["naive"].train[0]).records
        labels = _taught(folder / "teacher", pairs)
    else:
        stage(2, "labels: are learnt")
    for number, name in enumerate(("naive", "anchored"), start=3):
        if name in due:
            held = f", held to its first features with weight {live.weight:g}" if name == "anchored" else ""
            stage(number, f"{name}: pocket:lm learns these labels{held}")
            _train(configs[name], pairs, labels, folder / name)
        else:
            stage(number, f"{name}: is finished")

    stage(5, "report: maps are fitted on the source, and all scorers tested on the targets")
    if not judge:
        tell(f"without a judge: {why_none}")
    run(
        [
            live.data(live.source, "cal", live.calibration_pairs),
            *(live.data(target, "test", live.test_pairs) for target in live.targets),
        ],
        [
            *(f"{name}=scalar:{folder / name}?batch_tokens={_BATCH}" for name in configs),
            *judge,
            "baseline:longer",
            "baseline:surface",
        ],
        source=f"{live.domain}-{live.source}",
        out=folder / "report",
        title=f"The pocket world, {live.domain}: a teacher, its students and a judge",
        note=NOTE,
        contrast=("anchored", "naive"),
        seed=live.seed,
    )
    tell(f"done after {time.monotonic() - started:.0f} s")
    return folder / "report" / "report.html"


def _judge(live: Live) -> tuple[tuple[str, ...], str]:
    """Return the SPEC of the judge; where its model is not installed or damaged, none, and why."""
    from assay.judges import Rubric

    rubric = live.rubric or str(RUBRICS / f"{live.domain}.yaml")
    try:
        models.model_folder("judge")
    except InputError as error:
        return (), str(error)
    Rubric.load(rubric)
    engine = f"dtype=float32&batch_tokens={_BATCH}"  # many CPUs multiply bfloat16 more slowly
    return (f"judge=judge:{rubric}?model=pocket:judge&reason=none&{engine}",), ""


def _configs(live: Live, folder: Path) -> Mapping[str, ScalarConfig]:
    """Return the configuration of every run, by its folder; `assay train scalar` could make the same of it."""
    from assay.scalar import ScalarConfig

    gold = live.data(live.source, "teacher", live.teacher_pairs)
    student = ScalarConfig(
        base="pocket:lm",
        train=(live.data(live.source, "student", live.student_pairs),),
        labels=f"scalar:{folder / 'teacher'}",
        hard=True,
        fit=replace(live.student, seed=live.seed),
    )
    return {
        "teacher": ScalarConfig(base="pocket:weak", train=(gold,), fit=replace(live.teacher, seed=live.seed)),
        "naive": student,
        "anchored": replace(student, anchor=AnchorConfig(weight=live.weight, reference="copy")),
    }


def _is_finished(config: ScalarConfig, folder: Path) -> bool:
    """Tell whether a run is finished and whole.

    Raises:
        InputError: it is one of other settings; where the teacher lies does not count, so folders may be moved.
    """
    if not is_done(folder):
        return False
    made = replace(load_config(type(config), folder / "config.yaml"), labels=config.labels)
    changed = [one.name for one in fields(config) if getattr(made, one.name) != getattr(config, one.name)]
    if changed:
        raise InputError(f"{folder}: was trained with other settings ({', '.join(changed)}); name another --out")
    return True


def _train(config: ScalarConfig, pairs: Sequence[Pair], labels: Sequence[float | None], folder: Path) -> None:
    from assay.scalar import train_scalar

    train_scalar(config, pairs, labels, folder, resume=True)


def _gold(pairs: Sequence[Pair]) -> list[float | None]:
    from assay.scalar import pair_label

    return [pair_label(pair, "half") for pair in pairs]


def _taught(teacher: Path, pairs: Sequence[Pair]) -> list[float | None]:
    """Return on which side the teacher's margin is, 1 = first; ½ where it is 0, None where it could score none."""
    from assay.scalar import load_scorer

    margin_N = load_scorer(teacher, batch_tokens=_BATCH).compare(pairs).margin
    return [None if np.isnan(side) else float(side) for side in np.heaviside(margin_N, 0.5)]
