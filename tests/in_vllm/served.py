"""Models for vLLM's CPU engine, made here, and the engine itself: in this process, in float32.

vLLM lives in an environment of its own (`make test-vllm`).  This folder must not be called `vllm`:
pytest puts `tests` on the path, where a folder of that name would be imported as the package.
"""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import Gemma3TextConfig, LlamaConfig, PreTrainedTokenizerFast, Qwen3Config

from assay.optional import require

CONTEXT = 512
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
SETTINGS = {
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB; the default is a share of the machine's memory
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the engine in this process: nothing to spawn, errors come straight up
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
}


def tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer of bytes with role tokens and no padding token; called on text, it adds a start token."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(models.BPE({character: i for i, character in enumerate(alphabet)}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    names = ("<|bos|>", "<|eos|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")
    backend.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
    backend.post_processor = processors.TemplateProcessing(single="<|bos|> $A", special_tokens=[("<|bos|>", 256)])
    make: Any = PreTrainedTokenizerFast
    made: PreTrainedTokenizerFast = make(
        tokenizer_object=backend, bos_token="<|bos|>", eos_token="<|eos|>", chat_template=TEMPLATE
    )
    return made


def config(family: str, size: int) -> Any:
    """Return the configuration of a tiny llama, qwen3 or gemma3 with `size` embeddings."""
    sizes: dict[str, Any] = {
        "vocab_size": size,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,  # the least that vLLM's attention for the CPU takes
        "max_position_embeddings": CONTEXT,
        "initializer_range": 0.3,
    }
    if family == "gemma3":
        return Gemma3TextConfig(**sizes, sliding_window=16, layer_types=["sliding_attention", "full_attention"])
    return {"llama": LlamaConfig, "qwen3": Qwen3Config}[family](**sizes)


@contextmanager
def serving(folder: Path, **options: Any) -> Iterator[Any]:
    """Start an engine on a model folder, and stop it at the end; engines may follow one another.

    Args:
        folder: The model, with its tokenizer.
        options: Of `vllm.LLM`, such as runner="pooling" for reward models.
    """
    os.environ.update(SETTINGS)
    with warnings.catch_warnings():
        # Both come from inside vLLM: it compiles a helper on import, and looks through torch.distributed.
        warnings.filterwarnings("ignore", "`torch.jit.script_method` is deprecated", DeprecationWarning)
        warnings.filterwarnings("ignore", "`torch.distributed.reduce_op` is deprecated", FutureWarning)
        vllm: Any = require("vllm", extra="vllm")
        engine = vllm.LLM(model=str(folder), enforce_eager=True, **{"dtype": "float32"} | options)
    try:
        yield engine
    finally:
        engine.llm_engine.engine_core.shutdown()
        del engine
        gc.collect()
        vllm.distributed.cleanup_dist_env_and_memory()
