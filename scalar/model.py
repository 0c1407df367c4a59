"""A scalar reward model: a language model with one linear head, read at the last real token.

    reward = head(h_last),  h of the backbone in its own precision, head and reward in float32

It wraps a sequence classifier of transformers, and is saved as one: whatever loads such a folder
(transformers, TRL, vLLM) gives the same rewards.  Two things make that true.  The last token is
found by the attention mask here and by the padding token there, so the tokenizer gets a padding
token that no dialogue holds.  And LoRA is merged into the weights that are written.

Shapes: N sequences of T tokens, D hidden units.
"""

from __future__ import annotations

import copy
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn

from assay.engines.tokens import HFTokens
from assay.errors import InputError
from assay.sources import loading, quietly
from assay.types import Message

from .encode import encode_dialogue, own_pad, padded

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

__all__ = ["HeadInit", "ScalarRewardModel"]

HeadInit = Literal["zeros", "normal"]
"""How a new head starts: at 0, or from N(0, 1/(D + 1))."""
_TOLERANCE = {torch.float32: 1e-5, torch.float16: 1e-2, torch.bfloat16: 5e-2}
"""How far a reloaded model may be off, by the precision of its weights; relative above 1."""
_PROBE = (
    ([Message(role="user", content="What is 12 and 30?")], "It is 42."),
    ([Message(role="user", content="Name a river, and say where it rises.")], "The Rhine; it rises in the Alps."),
    ([Message(role="user", content="Hello")], ""),
)


class ScalarRewardModel(nn.Module):
    """A sequence classifier with one label, its tokenizer, and a head in float32."""

    def __init__(self, net: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
        """Wrap a classifier; it and the tokenizer are fitted to each other in place.

        Args:
            net: An `…ForSequenceClassification` of a causal language model, num_labels = 1.
            tokenizer: Its tokenizer; it gets a padding token of its own where it has none, and then the
                embeddings get a row.

        Raises:
            InputError: the classifier has another head, or the tokenizer is not its own.
        """
        super().__init__()
        head = getattr(net, "score", None)
        if not isinstance(head, nn.Linear) or head.out_features != 1:
            raise InputError(
                f"{type(net).__name__} has no linear head `score` with one output; reward models are built on "
                "causal language models, loaded as AutoModelForSequenceClassification with num_labels=1"
            )
        size, rows = len(tokenizer), _embedding(net).num_embeddings
        if size > rows:
            raise InputError(f"the tokenizer has {size} tokens, the model {rows}; they do not belong together")
        own_pad(tokenizer)
        if len(tokenizer) > rows:
            net.resize_token_embeddings(len(tokenizer), mean_resizing=False)
        _embedding(net).padding_idx = tokenizer.pad_token_id
        for config in (net.config, net.config.get_text_config()):
            config.pad_token_id = tokenizer.pad_token_id
        net.config.problem_type = "regression"  # vLLM then leaves the reward as it is, without a sigmoid
        head.float()
        self.net = net
        self.tokenizer = tokenizer
        self.tokens = HFTokens(tokenizer)
        self._positions = "position_ids" in inspect.signature(self.backbone.forward).parameters

    @classmethod
    def from_pretrained(
        cls,
        where: str | Path,
        *,
        head: HeadInit = "normal",
        seed: int = 0,
        lora_rank: int = 0,
        dtype: torch.dtype = torch.float32,
        device: str | torch.device = "cpu",
        **options: Any,
    ) -> ScalarRewardModel:
        """Load a reward model, or a language model under a new head, in evaluation mode.

        Args:
            where: A folder or hub id with the tokenizer beside the weights, or `pocket:NAME`.
            head: How the head starts where the weights hold none; see `reset_head`.
            seed: Of the head and of LoRA.
            lora_rank: > 0 adds LoRA of this rank; see `add_lora`.
            dtype: Precision of the backbone; the head is float32.
            device: Where it is put.
            options: Passed on to transformers, such as `attn_implementation` or `revision`.

        Raises:
            InputError: nothing can be loaded from there, weights other than the head's are missing, or
                see `__init__`.
        """
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        with loading(where, "reward model or language model") as source:
            tokenizer: Any = AutoTokenizer.from_pretrained(source)
            net, told = AutoModelForSequenceClassification.from_pretrained(
                source, num_labels=1, dtype=dtype, output_loading_info=True, **options
            )
        missing = set(told["missing_keys"])
        if any(not key.startswith("score.") for key in missing):
            raise InputError(f"{where}: {len(missing)} weights are missing, such as {min(missing)}")
        model = cls(net, tokenizer)
        if missing:
            model.reset_head(head, seed)
        if lora_rank:
            model.add_lora(lora_rank, seed=seed)
        return model.to(device).eval()

    @property
    def backbone(self) -> nn.Module:
        """The language model below the head; with LoRA a `PeftModel` around it."""
        found: nn.Module = getattr(self.net, self.net.base_model_prefix)
        return found

    @property
    def head(self) -> nn.Linear:
        """The linear head, float32."""
        head = self.net.score
        assert isinstance(head, nn.Linear)
        return head

    @property
    def device(self) -> torch.device:
        """Where the head lies."""
        return self.head.weight.device

    @property
    def pad_id(self) -> int:
        """The id to pad with."""
        return int(self.tokenizer.pad_token_id)

    @property
    def context(self) -> int:
        """Most tokens that the backbone reads."""
        return int(self.net.config.get_text_config().max_position_embeddings)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, hidden: bool = False
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return rewards and, where asked for, hidden states.

        Training calls the model itself (not the methods below), so that wrappers such as DDP take part.

        Args:
            input_ids: (N, T), padded on either side.
            attention_mask: (N, T), 1 = a real token; at least one in every row.
            hidden: Whether to return hidden states.

        Returns:
            Rewards (N,) float32, differentiable; hidden states (N, T, D) of the embeddings, then of every
            layer, the last one normalised; () if not asked for.
        """
        options: dict[str, Any] = {"output_hidden_states": hidden, "use_cache": False, "return_dict": True}
        if self._positions:
            options["position_ids"] = (attention_mask.cumsum(1) - 1).clamp(min=0)
        out = self.backbone(input_ids=input_ids, attention_mask=attention_mask, **options)
        at_T = torch.arange(input_ids.shape[1], device=input_ids.device)
        last_N = (attention_mask * at_T).argmax(1)
        with torch.autocast(input_ids.device.type, enabled=False):
            h_ND = out.last_hidden_state[torch.arange(len(input_ids), device=input_ids.device), last_N]
            reward_N = self.head(h_ND.float()).squeeze(-1)
        return reward_N, tuple(out.hidden_states) if hidden else ()

    def rewards(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return rewards (N,), float32; see `forward`."""
        rewards: Tensor = self(input_ids, attention_mask)[0]
        return rewards

    def forward_hidden(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return rewards (N,) and all hidden states (N, T, D); see `forward`."""
        both: tuple[Tensor, tuple[Tensor, ...]] = self(input_ids, attention_mask, hidden=True)
        return both

    @torch.no_grad()
    def reset_head(self, how: HeadInit, seed: int = 0) -> None:
        """Start the head anew: at 0, or from N(0, 1/(D + 1)) with a bias of 0.

        Source: Stiennon et al. 2020, arXiv 2009.01325, appendix B.1, for the normal one.
        """
        if how not in ("zeros", "normal"):
            raise ValueError(f"a head starts from zeros or normal, got {how!r}")
        shape = self.head.weight.shape
        drawn = torch.randn(shape, generator=torch.Generator().manual_seed(seed)) / (shape[1] + 1) ** 0.5
        self.head.weight.copy_(drawn if how == "normal" else torch.zeros(shape))
        if self.head.bias is not None:
            self.head.bias.zero_()

    def add_lora(self, rank: int, *, alpha: float | None = None, dropout: float = 0.0, seed: int = 0) -> None:
        """Freeze the backbone and put LoRA beside all its linear maps; the head still learns.

        Args:
            rank: Of every update, >= 1.
            alpha: The update is scaled by alpha / rank; None = 2 · rank.
            dropout: On the input of the updates.
            seed: Of the first factors; the second ones start at 0, so the rewards do not move.

        Source: Hu et al. 2021, arXiv 2106.09685.
        """
        from peft import LoraConfig, PeftModel, get_peft_model

        if rank < 1 or isinstance(self.backbone, PeftModel):
            raise ValueError(f"LoRA is added once, with a rank >= 1; got rank {rank}")
        maps = sorted(
            {name.rpartition(".")[2] for name, m in self.backbone.named_modules() if isinstance(m, nn.Linear)}
        )
        config = LoraConfig(
            r=rank, lora_alpha=int(2 * rank if alpha is None else alpha), lora_dropout=dropout, target_modules=maps
        )
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            wrapped: Any = get_peft_model(self.backbone, config)
        setattr(self.net, self.net.base_model_prefix, wrapped)

    def gradient_checkpointing_enable(self, gradient_checkpointing_kwargs: dict[str, Any] | None = None) -> None:
        """Forget activations in the forward pass and compute them again in the backward pass.

        Never the reentrant kind unless asked for: below frozen embeddings (LoRA) it finds no gradient.
        """
        self.net.gradient_checkpointing_enable({"use_reentrant": False} | (gradient_checkpointing_kwargs or {}))

    def gradient_checkpointing_disable(self) -> None:
        """Keep activations again."""
        self.net.gradient_checkpointing_disable()

    def plain(self) -> PreTrainedModel:
        """Return the classifier of transformers that gives the same rewards: itself, or a copy with LoRA merged."""
        from peft import PeftModel

        if not isinstance(self.backbone, PeftModel):
            return self.net
        merged = copy.deepcopy(self.net)
        prefix = merged.base_model_prefix
        setattr(merged, prefix, getattr(merged, prefix).merge_and_unload())
        return merged

    def save(self, folder: str | Path) -> None:
        """Write weights, head and tokenizer, then load them as anybody would and compare the rewards.

        Raises:
            RuntimeError: what was written gives other rewards, or the tokenizer other ids.
        """
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        with quietly():
            self.plain().save_pretrained(folder)
            self.tokenizer.save_pretrained(folder)
            dtype = next(self.backbone.parameters()).dtype
            reader: Any = AutoTokenizer.from_pretrained(folder)
            mine = _probe(self.tokens, self.context)
            if mine != _probe(HFTokens(reader), self.context):
                raise RuntimeError(f"{folder}: the tokenizer that was written gives other ids than the one in use")
            ids, mask = (tensor.to(self.device) for tensor in padded(mine, self.pad_id))
            again = AutoModelForSequenceClassification.from_pretrained(folder, dtype=dtype).to(self.device).eval()
        mode = self.training
        with torch.no_grad():
            expected = self.eval().rewards(ids, mask)
            found = again(input_ids=ids, attention_mask=mask).logits.squeeze(-1).float()
        self.train(mode)
        error = float(((found - expected).abs() / expected.abs().clamp(min=1)).max())
        if not error <= _TOLERANCE[dtype]:
            raise RuntimeError(
                f"{folder}: what was written gives rewards that are {error:.2g} off; it must not be used"
            )


def _embedding(net: PreTrainedModel) -> nn.Embedding:
    found = net.get_input_embeddings()
    assert isinstance(found, nn.Embedding)
    return found


def _probe(tokens: HFTokens, context: int) -> list[tuple[int, ...]]:
    """Return the ids of a few dialogues, cut to the context."""
    found = [encode_dialogue(tokens, prompt, answer, max_length=10**6) for prompt, answer in _PROBE]
    return [one.ids[-context:] for one in found if one is not None]
