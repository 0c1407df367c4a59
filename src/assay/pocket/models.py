"""The small language models that ship with assay, and how their folders are written and believed.

    weights/lm      reads and writes the dialogues of the world; reward models start from it
    weights/weak    the same, four times smaller
    weights/judge   answers rubrics

Each is a folder as transformers writes it, in bfloat16, with two files of ours: assay.json, which
says how the model was made and which tokenizer it belongs to, and DONE, which lists the sha256 of
every other file.  A folder is checked once, when it is first asked for; `pocket:lm` stands for it
wherever a model may be named (`assay.sources.located`).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines.tokens import HFTokens, load_tokens
from ..errors import InputError, nearest
from ..fit_checkpoints import DONE, damaged, write_done, writing
from ..sources import quietly

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

__all__ = ["FORMAT", "MODELS", "WEIGHTS", "model_folder", "read_facts", "save_model"]

MODELS = ("lm", "weak", "judge")
WEIGHTS = Path(__file__).resolve().parent / "weights"
"""Where they lie."""
FORMAT = 1
"""Of assay.json."""
_FACTS = "assay.json"
_IDS = ("bos_token_id", "eos_token_id", "pad_token_id")


def model_folder(name: str, root: Path = WEIGHTS) -> Path:
    """Return the folder of a pocket model; nothing in it is damaged, and its tokenizer is its own.

    A folder that was found whole is not read again by this process.

    Args:
        name: One of `MODELS`.
        root: The folder that holds them.

    Raises:
        InputError: there is no such model, its weights are not here, a file is damaged or missing, or
            assay.json cannot be read, has another format, or names another tokenizer.
    """
    if name not in MODELS:
        allowed = ", ".join(f"pocket:{one}" for one in MODELS)
        raise InputError(f"pocket:{name}: there is no such model; allowed are {allowed}{nearest(name, MODELS)}")
    folder = root.absolute() / name
    _check(folder)
    return folder


def read_facts(name: str, root: Path = WEIGHTS) -> Mapping[str, Any]:
    """Return what assay.json says of a pocket model: format, model, template_hash, and how it was made.

    Raises:
        InputError: see `model_folder`.
    """
    return _facts(model_folder(name, root))


def save_model(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path, facts: Mapping[str, Any]
) -> None:
    """Write the folder of a pocket model, DONE last; equal models, tokenizers and facts give equal bytes.

    Args:
        model: Its weights are written in bfloat16; it stays as it is.
        tokenizer: Its tokenizer.
        folder: Files that are there already are replaced.
        facts: What assay.json is to say, `model` (one of `MODELS`) among it; `format` and `template_hash` are
            filled in.

    Raises:
        InputError: the folder cannot be written to.
        ValueError: the facts name no pocket model, or the model begins, ends or pads texts with other tokens
            than the tokenizer.
        RuntimeError: the tokenizer that was written is not the one in use.
    """
    import torch

    if facts.get("model") not in MODELS:
        raise ValueError(f"facts must name a model of {', '.join(MODELS)}, got {facts.get('model')!r}")
    config: Any = model.config
    mine, theirs = ([getattr(one, key) for key in _IDS] for one in (config, tokenizer))
    if mine != theirs:
        raise ValueError(f"{', '.join(_IDS)} are {mine} in the model and {theirs} in the tokenizer")
    own = HFTokens(tokenizer).hash
    written: Any = copy.deepcopy(model)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / DONE).unlink(missing_ok=True)  # that of an older model must not stand beside this one
        with quietly():
            written.to("cpu", torch.bfloat16).save_pretrained(folder)
            _as_made(tokenizer).save_pretrained(folder)
        if load_tokens(str(folder)).hash != own:
            raise RuntimeError(f"{folder}: the tokenizer that was written is not the one in use")
        told = {**facts, "format": FORMAT, "template_hash": own}
        (folder / _FACTS).write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        write_done(folder)


def _as_made(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """Return a copy without the settings of its last call and without where it was read from."""
    plain: Any = copy.deepcopy(tokenizer)
    plain.backend_tokenizer.no_truncation()
    plain.backend_tokenizer.no_padding()
    for key in ("is_local", "local_files_only"):
        plain.init_kwargs.pop(key, None)
    return plain  # type: ignore[no-any-return]


@cache
def _check(folder: Path) -> None:
    """Refuse a folder that is not a whole pocket model; the last part of the path is its name."""
    name = folder.name
    remedy = f"reinstall assay-rm, or train the models with `assay pocket train --out FOLDER` and name FOLDER/{name}"
    if not (folder / DONE).is_file():
        raise InputError(f"pocket:{name}: its weights are not in this installation ({folder} holds no DONE); {remedy}")
    wrong = damaged(folder)
    if wrong:
        raise InputError(f"pocket:{name}: damaged or missing in {folder}: {', '.join(wrong)}; {remedy}")
    told, found = _facts(folder)["template_hash"], load_tokens(str(folder)).hash
    if told != found:
        raise InputError(
            f"pocket:{name}: the tokenizer in {folder} is {found[:12]}…, but its weights belong to {told[:12]}… "
            f"(template_hash in {_FACTS}); {remedy}"
        )


def _facts(folder: Path) -> dict[str, Any]:
    """Return the content of assay.json."""
    file, remedy = folder / _FACTS, "reinstall assay-rm, so that the weights and the code are of one version"
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read ({error}); {remedy}") from None
    if not isinstance(facts, dict):
        raise InputError(f"{file}: expected a JSON object, got {type(facts).__name__}; {remedy}")
    for key, expected in (("format", FORMAT), ("model", folder.name)):
        if facts.get(key) != expected:
            raise InputError(f"{file}: {key} is {facts.get(key)!r}, expected {expected!r}; {remedy}")
    if not isinstance(facts.get("template_hash"), str):
        raise InputError(f"{file}: template_hash is {facts.get('template_hash')!r}, expected a text; {remedy}")
    return facts
