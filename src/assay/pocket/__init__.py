"""The pocket world: generated data whose truth and quirks are known, for the whole toolkit without a network.

    assay.load_pairs("world:reasoning/a?part=test")     pairs with their truth in `meta`
    quirks("reasoning")                                  which cue stands where
    hack(item, "opener")                                 add a quirk, and see whether the truth moved
    agreement(quirk_oracle(plan), plan)                  what a reader of cues alone would reach

Each domain is a module of its own name (`domain.py` says what it offers); `plan.py` holds the
numbers, `world.py` makes the data, `corpus.py` what the language model reads.
"""

from .domain import World
from .hacks import Hacked, hack
from .oracles import Oracle, agreement, noise_oracle, quirk_oracle, truth_oracle
from .plan import SetPlan, plan_of, quirks
from .teachers import axis_teacher, teacher_labels

__all__ = [
    "Hacked",
    "Oracle",
    "SetPlan",
    "World",
    "agreement",
    "axis_teacher",
    "hack",
    "noise_oracle",
    "plan_of",
    "quirk_oracle",
    "quirks",
    "teacher_labels",
    "truth_oracle",
]
