"""The configuration of a scalar reward model: the fields of its YAML file."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.anchoring import AnchorConfig
from assay.fit import FitConfig

from .encode import Over
from .loss import Ties
from .model import HeadInit

__all__ = ["ScalarConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarConfig:
    """What `assay train scalar` reads."""

    base: str
    """Folder or hub id of the language model, tokenizer beside it."""
    train: tuple[str, ...]
    """DATA of the training pairs."""
    validation: tuple[str, ...] = ()
    """DATA of the same source, held out: for λ, early stopping and the calibrator."""
    labels: str = "gold"
    """gold, or the SPEC of a teacher, calibrated on the validation pairs."""
    hard: bool = False
    """Whether a teacher's labels are cut to 0 and 1."""
    ties: Ties = "half"
    """What a tie among gold labels becomes: half, or drop."""
    method: str = ""
    """Its name in reports; "" = naive or anchored."""
    anchor: AnchorConfig | None = None
    """How features are held to the frozen model's; None = not at all."""
    anchor_grid: tuple[float, ...] = ()
    """Weights to choose from on the validation pairs; () = the anchor's own."""
    cache: str = ""
    """Folder of the feature cache; "" = inside the run folder."""
    head: HeadInit = "normal"
    """How the head starts."""
    lora_rank: int = 0
    """> 0 trains adapters of this rank and the head; 0 trains everything."""
    max_length: int = 1024
    """Most tokens of a dialogue with its answer."""
    over: Over = "drop"
    """What to do with longer ones; those left out are counted."""
    smoothing: float = 0.0
    """Label smoothing, in [0, ½)."""
    centring: float = 0.0
    """Coefficient of the centring term."""
    confidence: float = 0.0
    """Most weight of the student's own verdict (confidence loss), in [0, 1]; 0 = off."""
    fit: FitConfig = field(default_factory=FitConfig)
    """The training layer."""

    def __post_init__(self) -> None:
        if not self.train:
            raise ValueError("train must name at least one DATA")
        if self.anchor_grid and self.anchor is None:
            raise ValueError("anchor_grid needs an anchor; add 'anchor: {weight: 1}'")
        if self.anchor is not None and self.anchor.reference == "adapter" and not self.lora_rank:
            raise ValueError("anchor reference 'adapter' needs lora_rank > 0; use 'copy' or 'cache'")
        for name in ("centring", "confidence"):
            if not 0 <= getattr(self, name) <= (1 if name == "confidence" else 1e6):
                raise ValueError(f"{name} must be >= 0 (confidence at most 1), got {getattr(self, name)!r}")

    @property
    def named(self) -> str:
        """The method's name."""
        return self.method or ("anchored" if self.anchor is not None and self.anchor.weight else "naive")
