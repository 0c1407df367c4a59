"""Random rubrics and verdicts, as wild as the rules allow, for property tests."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from assay.judges import Form, Rubric, Verdict, verdict_form
from assay.judges import form as form_module
from assay.judges import rubric as rubric_module
from assay.judges import variables as variables_module

__all__ = ["forms", "labels", "rubric_data", "rubrics", "said", "texts", "verdicts"]

_PIECES = (
    *"{}'\"\\\n\r\t :#-?|>%@`!&*,[]=~",
    *("{{", "}}", "{{ '", "{% if %}", "{#", ": ", " #", "- ", "---\n", "\n...\n", "<<: ", "&a ", "*a", "!!int "),
    *(
        "\x07",
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\xa0",
        "\u200d",
        "\u2028",
        "\u2029",
        "\u202e",
        "\ufeff",
        "\ufffe",
        "\U0010ffff",
    ),
    *("yes", "null", "true", "1e5", "007", "<|im_end|>", '","winner":"A"}', "é", "e\u0301", "שלום", "😀"),
)
_LABELS = (
    *(
        "1",
        "2",
        "10",
        "01",
        "+1",
        "-1",
        "1e5",
        "1.0",
        "0x1F",
        "=",
        "A",
        "B",
        "tie",
        "yes",
        "no",
        "null",
        "true",
        "~",
        "NA",
    ),
    *(
        "very good",
        "[a]",
        "a|b",
        "(.*)",
        "^$",
        "{{ x }}",
        "#",
        "- a",
        "*a",
        "&a",
        "!",
        "%",
        "@",
        "`",
        ":",
        "'",
        ",",
        "<<",
    ),
    *("ß", "Ω", "良", "좋음", "जी", "ไม่", "טוב", "جيد", "q\u0307", "\u0301", "𝒜", "😀", "\U00020000"),
)
_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True)
_ids = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,5}", fullmatch=True)

texts = st.lists(
    st.sampled_from(_PIECES) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6),
    max_size=6,
).map("".join)
"""Any text of a rubric: no NUL, no half surrogate, anything else."""

said = st.lists(
    st.sampled_from((*_PIECES, "\x00")) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=6
).map("".join)
"""Any text that a judge may write: no half surrogate, anything else."""


def _is_label(text: str) -> bool:
    plain = all(char.isprintable() and char not in '"\\' for char in text)
    return plain and text == text.strip() and text not in ("", "na") and unicodedata.normalize("NFC", text) == text


labels = st.sampled_from(_LABELS) | st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=4).map(
    lambda text: unicodedata.normalize("NFC", text)
).filter(_is_label)
"""Any label."""


@st.composite
def _text(draw: st.DrawFn, variables: Sequence[str] = ()) -> str:
    """Draw a text, not empty, that refers to declared variables only."""
    text = draw(texts) or "?"
    if draw(st.booleans()) and variables:
        text += "{{ " + draw(st.sampled_from(list(variables))) + " }}" + draw(texts)
    try:
        variables_module.substitute(text, dict.fromkeys(variables, ""))
    except KeyError:
        return variables_module.escape_braces(text)
    return text


def _some(draw: st.DrawFn, row: dict[str, Any], **optional: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Add each optional key or leave it out."""
    return row | {key: draw(strategy) for key, strategy in optional.items() if draw(st.booleans())}


@st.composite
def _levels(draw: st.DrawFn, variables: Sequence[str], size: int | None = None, *, ordered: bool = True) -> Any:
    names = draw(st.lists(labels, min_size=size or 2, max_size=size or 5, unique=True))
    rows = [_some(draw, {"label": name}, anchor=_text(variables)) for name in names]
    if draw(st.booleans()):
        values = draw(st.lists(st.floats(0, 1), min_size=len(rows), max_size=len(rows), unique=True))
        for row, value in zip(rows, sorted(values) if ordered else values, strict=True):
            row["value"] = value
    for row in rows:  # in a file, a label may be a whole number
        if row["label"] in ("1", "2", "10", "-1") and draw(st.booleans()):
            row["label"] = int(row["label"])
    return rows


@st.composite
def _criterion(draw: st.DrawFn, head: dict[str, Any], variables: Sequence[str], name: str) -> dict[str, Any]:
    mode, scale = head["mode"], head.get("scale", [])
    kind = draw(st.sampled_from(["ordinal", "binary", "nominal"] if mode == "pointwise" else ["ordinal", "binary"]))
    row: dict[str, Any] = {"id": name, "question": draw(_text(variables))}
    if kind != "ordinal" or draw(st.booleans()):
        row["type"] = kind
    if kind == "nominal" or (mode == "pointwise" and kind == "ordinal" and not scale) or draw(st.booleans()):
        row["levels"] = draw(_levels(variables, 2 if kind == "binary" else None, ordered=kind != "nominal"))
    row = _some(draw, row, needs_reference=st.booleans())
    if mode == "listwise":
        return row
    if kind != "nominal" or "value" in row["levels"][0]:
        weights = st.floats(-1000, 1000).filter(bool) | st.integers(-1000, 1000).filter(bool)
        row = _some(draw, row, weight=weights)
    row = _some(draw, row, not_applicable=st.booleans(), applies_when=_text(variables))
    names = [str(level["label"]) for level in row.get("levels") or (scale if kind == "ordinal" else [])] or [
        "no",
        "yes",
    ]
    if mode == "pairwise":
        names = ["A", "B", *([] if head.get("ties") == "forbid" else ["="])]
    if draw(st.booleans()):
        row["gate"] = draw(_gate(mode, names, head.get("aggregation")))
    if draw(st.booleans()):
        skip = ["na"] if row.get("not_applicable") or "applies_when" in row else []
        sides = {"answer": texts} if mode == "pointwise" else {"first": texts, "second": texts}
        example = st.fixed_dictionaries(
            {"label": st.sampled_from([*names, *skip]), **sides}, optional={"prompt": texts, "why": texts}
        )
        row["examples"] = draw(st.lists(example, max_size=2))
    return row


@st.composite
def _gate(draw: st.DrawFn, mode: str, names: Sequence[str], aggregation: str | None) -> dict[str, Any]:
    if mode == "pairwise":
        return {"then": "reject"}
    then = draw(st.sampled_from(["cap", "zero", "reject"]))
    gate: dict[str, Any] = {"when": draw(st.lists(st.sampled_from(names), min_size=1, max_size=2)), "then": then}
    if then == "cap" and aggregation == "sum":
        gate["at"] = draw(st.floats(-1e6, 1e6))
    elif then == "cap":
        gate["at"] = draw(st.floats(0, 1) | st.sampled_from([0, 1]))
    return gate


@st.composite
def rubric_data(draw: st.DrawFn, modes: Sequence[str] = rubric_module.MODES) -> dict[str, Any]:
    """Draw the plain data of a valid rubric, as a file may hold them."""
    mode = draw(st.sampled_from(modes))
    name = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
    head: dict[str, Any] = {"schema_version": 1, "name": draw(name), "mode": mode}
    head = _some(draw, head, variables=st.dictionaries(_names, st.none() | texts, max_size=3))
    variables = list(head.get("variables", ()))
    head = _some(
        draw,
        head,
        version=texts.map(lambda text: text[:64] or "2") | st.integers(0, 10**6),
        description=texts,
        instructions=_text(variables),
        scale=_levels(variables),
        prompt=st.just("own/prompt.j2"),
    )
    kinds = {"pointwise": ["mean", "sum", "min"], "pairwise": ["mean", "sum", "logodds"], "listwise": []}[mode]
    if kinds:
        head = _some(draw, head, aggregation=st.sampled_from(kinds))
    if mode == "pairwise":
        head = _some(draw, head, ties=st.sampled_from(["allow", "forbid"]))
    most = draw(st.sampled_from([1, 2, 3, 12]))
    ids = draw(st.lists(_ids, min_size=1 if mode == "pointwise" else 0, max_size=most, unique=True))
    if ids:
        head["criteria"] = [draw(_criterion(head, variables, one)) for one in ids]
    whens = st.sampled_from(["none", "before", *(["each"] if ids and mode != "listwise" else [])])
    long = st.fixed_dictionaries({"when": whens}, optional={"max_tokens": st.integers(0, 100_000)})
    return _some(draw, head, reason=whens | long)


def rubrics(modes: Sequence[str] = rubric_module.MODES) -> st.SearchStrategy[Rubric]:
    """Valid rubrics: every mode, type and reason, with and without everything that may be left out."""
    return rubric_data(modes).map(Rubric.from_data)


@st.composite
def forms(draw: st.DrawFn, modes: Sequence[str] = rubric_module.MODES, most_answers: int = 5) -> Form:
    """Draw the form of the verdicts of a random rubric, over 2 to `most_answers` answers in listwise mode."""
    rubric = draw(rubrics(modes))
    answers = draw(st.integers(2, most_answers)) if rubric.mode == "listwise" else None
    bare = rubric.criteria and all(one.needs_reference for one in rubric.criteria)
    return verdict_form(rubric, reference=bool(bare) or draw(st.booleans()), answers=answers)


@st.composite
def verdicts(draw: st.DrawFn, form: Form) -> Verdict:
    """Draw any verdict of a form."""
    rationale = draw(said) if form.reason == "before" else None
    if form.mode == "listwise":
        return Verdict(rationale=rationale, ranking=tuple(draw(st.permutations(form.answers))))
    if not form.asks:
        tie = [form_module.TIE["winner"]] if form.ties else []
        return Verdict(rationale=rationale, winner=draw(st.sampled_from([*form.answers, *tie])))
    return Verdict(
        rationale=rationale,
        labels={ask.id: draw(st.sampled_from(ask.labels)) for ask in form.asks},
        why={ask.id: draw(said) for ask in form.asks} if form.reason == "each" else {},
    )
