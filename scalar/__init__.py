"""Bradley-Terry reward models: anchoring, weak-to-strong, ensembles.

Needs torch and transformers, which `import assay` does not load.
"""

from .choose import GRID, choose_weight, train_chosen
from .config import ScalarConfig
from .encode import Encoded, EncodedPair, collate_pairs, encode_dialogue, encode_pair
from .ensemble import Ensemble, Member, load_member
from .loss import bradley_terry, pair_label
from .model import ScalarRewardModel
from .scorer import ScalarScorer, load_scorer, read_card
from .train import Trained, Validation, train_scalar, weighted_accuracy

__all__ = [
    "GRID",
    "Encoded",
    "EncodedPair",
    "Ensemble",
    "Member",
    "ScalarConfig",
    "ScalarRewardModel",
    "ScalarScorer",
    "Trained",
    "Validation",
    "bradley_terry",
    "choose_weight",
    "collate_pairs",
    "encode_dialogue",
    "encode_pair",
    "load_member",
    "load_scorer",
    "pair_label",
    "read_card",
    "train_chosen",
    "train_scalar",
    "weighted_accuracy",
]
