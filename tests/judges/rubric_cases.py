"""Rubric files made for tests: sound ones to start from, and ones with a planted fault."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PLANTED", "SOUND", "Planted"]

_POINT = """\
schema_version: 1
name: answer_quality
version: 2
mode: pointwise
description: >-
  For people who choose a rubric,
  folded over two lines.
instructions: |
  Judge for {{ audience }}.
  Two braces: {{ '{{' }}.
variables: {audience: beginners, unused: null}
scale:
  - {label: 1, anchor: "Bad."}
  - {label: 2}
  - {label: 3, anchor: 'It''s good.'}
reason: {when: each, max_tokens: 200}
aggregation: min
criteria:
  - id: clear # a comment
    question: Is it clear to {{ audience }}?
    weight: 2.5
  - id: safe
    question: "Is it safe?\\u2028\\tSafe \\U0001F600"
    type: binary
    gate: {when: ["no"], then: cap, at: 0.3}
    examples:
      - {label: yes, answer: Fine., why: It is.}
  - id: kind
    question: Which kind?
    type: nominal
    applies_when: it has a kind
    levels: [{label: prose, value: 0.5}, {label: "very odd", value: 0.1}]
    needs_reference: true
"""
_PAIR = """\
schema_version: 1
name: better
mode: pairwise
ties: forbid
reason: none
aggregation: logodds
criteria:
  - {id: c2, question: "Which is kinder?", weight: -1, not_applicable: true}
  - id: true_to_source
    question: &q Which is truer?
    gate: {then: reject}
    examples: [{label: A, first: x, second: y, prompt: *q}]
"""
_LIST = "schema_version: 1\nname: order\nmode: listwise\ncriteria:\n- id: a\n  question: Which is best?\n"
_WHOLE = "schema_version: 1\nname: whole\nmode: pairwise\ninstructions: Pick the better one.\n"
SOUND = (_POINT, _PAIR, _LIST, _WHOLE)
"""Sound files, one per mode and one without criteria."""

_HEAD = "schema_version: 1\nname: r\nmode: pointwise\n"
_ONE = f"{_HEAD}criteria:\n  - id: a\n    question: Q?\n"  # lines 1-6; what follows stands on line 7
_YES = f"{_ONE}    type: binary\n"  # lines 1-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A file with one fault, and what must be said of it."""

    name: str
    """What is wrong."""
    text: str
    """The file."""
    at: tuple[int, int]
    """Line and column, counted from 1."""
    says: str
    """The whole message."""


PLANTED = (
    Planted(
        name="unknown key",
        text=f"{_YES}    wieght: 2\n",
        at=(8, 5),
        says="unknown key \"wieght\" (did you mean 'weight'?); allowed here are id, question, weight, type, levels, "
        "not_applicable, applies_when, needs_reference, gate, examples",
    ),
    Planted(
        name="unknown key at the top",
        text=f"{_YES}rules: [x]\n",
        at=(8, 1),
        says='unknown key "rules"; allowed here are schema_version, name, version, mode, description, '
        "instructions, scale, criteria, aggregation, ties, reason, variables, prompt",
    ),
    Planted(
        name="wrong type",
        text=f"{_HEAD}criteria:\n  a: Q?\n",
        at=(5, 3),
        says="'criteria' is a mapping ({\"a\": \"Q?\"}); expected a list (lines that start with '- ')",
    ),
    Planted(
        name="nothing where a text belongs",
        text=f"{_HEAD}instructions:\ncriteria: [{{id: a, question: Q, type: binary}}]\n",
        at=(4, 14),
        says="'instructions' is nothing (null); expected a text",
    ),
    Planted(
        name="weight of 0",
        text=f"{_YES}    weight: 0\n",
        at=(8, 13),
        says="'weight' is 0, so the criterion would count for nothing; give it a weight or remove it",
    ),
    Planted(
        name="weight as text",
        text=f"{_YES}    weight: heavy\n",
        at=(8, 13),
        says="'weight' is a text (\"heavy\"); expected a number, such as 2 or 0.5, without quotes",
    ),
    Planted(
        name="weight with a plus",
        text=f"{_YES}    weight: +2\n",
        at=(8, 13),
        says="'weight' is a text (\"+2\"); expected a number, such as 2 or 0.5, without quotes",
    ),
    Planted(
        name="weight too large",
        text=f"{_YES}    weight: 1001\n",
        at=(8, 13),
        says="'weight' is 1001; it must be at most 1000",
    ),
    Planted(
        name="infinite weight",
        text=f"{_YES}    weight: .inf\n",
        at=(8, 13),
        says="'weight' is a text (\".inf\"); expected a number, such as 2 or 0.5, without quotes",
    ),
    Planted(
        name="weight beyond all numbers",
        text=f"{_YES}    weight: 1e999\n",
        at=(8, 13),
        says="'weight' is a text (\"1e999\"); expected a number, such as 2 or 0.5, without quotes",
    ),
    Planted(
        name="duplicate id",
        text=f"{_YES}  - id: a\n    question: R?\n    type: binary\n",
        at=(8, 9),
        says="criterion id 'a' is taken by criterion 1; ids must differ",
    ),
    Planted(
        name="a label twice",
        text=f"{_ONE}    levels: [{{label: 1}}, {{label: 2}},\n      {{label: '1'}}]\n",
        at=(8, 15),
        says="label '1' stands twice; labels must differ",
    ),
    Planted(
        name="gate on a label that is not there",
        text=f"{_YES}    gate: {{when: [noo], then: zero}}\n",
        at=(8, 19),
        says="\"noo\" is no label of this criterion; its labels are no, yes (did you mean 'no'?)",
    ),
    Planted(
        name="cap without a height",
        text=f"{_YES}    gate: {{when: [no], then: cap}}\n",
        at=(8, 11),
        says="gate 'cap' and 'at' do not go together; add 'at:', the highest score left",
    ),
    Planted(
        name="undeclared variable",
        text=_YES.replace("Q?", '"Is it\\n{{ tone }}?"').replace("criteria:", "variables: {tome: x}\ncriteria:"),
        at=(7, 15),
        says="variable \"tone\" is not declared (did you mean 'tome'?); add it under 'variables:', "
        "or write {{ '{{' }} for two braces",
    ),
    Planted(
        name="repeated key",
        text=f"{_YES}    question: R?\n",
        at=(8, 5),
        says='key "question" stands twice; remove one of the two',
    ),
    Planted(
        name="reserved label",
        text=f"{_ONE}    levels:\n      - label: bad\n      - label: na\n",
        at=(9, 16),
        says="label 'na' is reserved; set 'not_applicable: true' on the criterion instead",
    ),
    Planted(
        name="falling values",
        text=f"{_ONE}    levels:\n      - {{label: bad, value: 0.5}}\n      - {{label: good, value: 0.25}}\n",
        at=(9, 30),
        says="values must rise from the worst level to the best; reorder the levels",
    ),
    Planted(
        name="one value missing",
        text=f"{_ONE}    levels:\n      - {{label: bad, value: 0.5}}\n      - {{label: good}}\n",
        at=(9, 9),
        says="some levels have a 'value' and this one has none; give all of them one, or none",
    ),
    Planted(
        name="tab for indentation",
        text=f"{_ONE}\ttype: binary\n",
        at=(7, 1),
        says="this is not YAML: found character '\\t' that cannot start any token; "
        "check indentation (no tabs), colons and quotes",
    ),
    Planted(
        name="colon in a plain text",
        text=f"{_HEAD}description: one: two\n",
        at=(4, 17),
        says="this is not YAML: mapping values are not allowed here; check indentation (no tabs), colons and quotes",
    ),
    Planted(
        name="quote never closed",
        text=f'{_HEAD}description: "one\ncriteria: []\n',
        at=(6, 1),
        says="this is not YAML: found unexpected end of stream (while scanning a quoted scalar that starts on line 4); "
        "check indentation (no tabs), colons and quotes",
    ),
    Planted(
        name="aggregation of another mode",
        text=f"{_YES}aggregation: logodds\n",
        at=(8, 14),
        says="'logodds' is not defined in mode pointwise; use mean, sum or min",
    ),
    Planted(
        name="key of another mode",
        text=f"{_YES}ties: forbid\n",
        at=(8, 1),
        says="'ties' has no effect in mode pointwise; remove it",
    ),
    Planted(
        name="misspelt mode",
        text=_YES.replace("pointwise", "pairwize"),
        at=(3, 7),
        says="'mode' is \"pairwize\"; allowed are pointwise, pairwise, listwise (did you mean 'pairwise'?)",
    ),
    Planted(
        name="missing required key",
        text=f"{_YES}  - question: R?\n    type: binary\n",
        at=(8, 5),
        says="key 'id' is missing; add a line 'id: …'",
    ),
    Planted(
        name="missing mode",
        text="# a comment\n\nschema_version: 1\nname: r\n",
        at=(3, 1),
        says="key 'mode' is missing; add 'mode: pointwise', 'pairwise' or 'listwise'",
    ),
    Planted(
        name="unquoted true as label",
        text=f"{_ONE}    levels: [{{label: false}}, {{label: yes}}]\n",
        at=(7, 22),
        says="'label' is true or false (false); expected a text or a whole number; put it in quotes",
    ),
    Planted(
        name="label with a point",
        text=f"{_ONE}    levels: [{{label: 1.0}}, {{label: 2}}]\n",
        at=(7, 22),
        says="'label' is a number (1.0); expected a text or a whole number; put it in quotes",
    ),
    Planted(
        name="label with a quote",
        text=f"{_ONE}    levels: [{{label: 'a\"b'}}, {{label: 2}}]\n",
        at=(7, 22),
        says="label 'a\"b' holds U+0022; no quotes, backslashes or invisible characters",
    ),
    Planted(
        name="label with a space in front",
        text=f"{_ONE}    levels: [{{label: ' a'}}, {{label: 2}}]\n",
        at=(7, 22),
        says="label ' a' starts or ends with a space; remove it",
    ),
    Planted(
        name="label in another Unicode form",
        text=f"{_ONE}    levels: [{{label: 'e\u0301'}}, {{label: 2}}]\n",
        at=(7, 22),
        says="label 'e\u0301' is not in Unicode form NFC, and tokenisers would change it; retype it",
    ),
    Planted(
        name="no levels",
        text=_ONE,
        at=(5, 5),
        says="ordinal criterion 'a' has no levels; add 'levels:' to it or a 'scale:' to the rubric",
    ),
    Planted(
        name="name with a space",
        text=_YES.replace("name: r", "name: my rubric"),
        at=(2, 7),
        says="'name' is \"my rubric\"; use up to 128 letters A-Z, digits, '.', '-' and '_', a letter or digit first",
    ),
    Planted(
        name="id that ends in a line break",
        text=_YES.replace("id: a", 'id: "a\\n"'),
        at=(5, 9),
        says="'id' is \"a\\n\"; use up to 64 letters A-Z, digits, '-' and '_', a letter first",
    ),
    Planted(
        name="name of a variable",
        text=f"{_YES}variables:\n  ok: x\n  1st: x\n",
        at=(10, 3),
        says="\"1st\" is no name of a variable; use up to 64 letters, digits and '_', no digit first",
    ),
    Planted(
        name="example of another mode",
        text=f"{_YES}    examples: [{{label: yes, first: x, answer: y}}]\n",
        at=(8, 29),
        says="'first' has no place in mode pointwise; use answer",
    ),
    Planted(
        name="version of the form",
        text=_YES.replace("schema_version: 1", "schema_version: 2"),
        at=(1, 17),
        says="'schema_version' is 2; this version of assay reads 1",
    ),
    Planted(
        name="merge key",
        text=f"{_YES}<<: {{ties: allow}}\n",
        at=(8, 1),
        says='unknown key "<<"; allowed here are schema_version, name, version, mode, description, instructions, '
        "scale, criteria, aggregation, ties, reason, variables, prompt",
    ),
    Planted(
        name="tag",
        text=_YES.replace("Q?", "!!python/name:os.system Q?"),
        at=(6, 15),
        says="tag 'tag:yaml.org,2002:python/name:os.system' is not used in rubrics; remove it",
    ),
    Planted(
        name="tag that its text belies",
        text=f"{_YES}    weight: !!int two\n",
        at=(8, 13),
        says="tag 'tag:yaml.org,2002:int' is not used in rubrics; remove it",
    ),
    Planted(
        name="alias to nothing",
        text=_YES.replace("Q?", "*q"),
        at=(6, 15),
        says="this is not YAML: found undefined alias 'q'; check indentation (no tabs), colons and quotes",
    ),
    Planted(
        name="escape beyond Unicode",
        text=_YES.replace("Q?", r'"\U00110000"'),
        at=(6, 18),
        says="this is not YAML: an escape or a number out of range; write the character itself",
    ),
    Planted(
        name="half a surrogate",
        text=_YES.replace("Q?", r'"\ud800"'),
        at=(6, 15),
        says='"\\ud800" holds a NUL or half a surrogate pair; remove it',
    ),
    Planted(
        name="control character behind an odd line break",
        text=_YES.replace("Q?", '"\u2028"\r\n    type: "\x1b"'),
        at=(7, 12),
        says="character U+001B is not allowed in YAML; remove it",
    ),
    Planted(
        name="empty file",
        text="# nothing here\n",
        at=(1, 1),
        says="the file is empty; a rubric starts with 'schema_version: 1'",
    ),
)
