"""Word problems: the truth program agrees with the generator, and nothing but truth tells good from bad."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.pocket.domain import FAMILIES, Answer, Domain, Task, World
from assay.pocket.draw import Draw
from assay.pocket.reasoning import DOMAIN
from assay.pocket.reasoning_check import KINDS, holds
from assay.pocket.reasoning_plans import LIMIT, amount, show_amount
from assay.pocket.reasoning_reactions import REACTIONS
from assay.pocket.reasoning_words import OPENERS, PADDING, SIGNATURES

WORLD = World(0)
EVEN = dict.fromkeys(KINDS, 1.0)
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def make(seed: object, family: int, scenario: str) -> Task:
    return DOMAIN.task(Draw("task", seed), WORLD, family, scenario)


@lru_cache(maxsize=1)
def items() -> tuple[tuple[Task, Answer, int, str], ...]:
    """Every family, scenario, kind and u: 8 x 14 x 8 x 4 = 3,584 answers."""
    made = []
    for family in FAMILIES:
        for scenario in DOMAIN.scenarios:
            for kind in KINDS:
                task = make(kind, family, scenario)
                for u in range(4):
                    draw = Draw(family, scenario, kind, u)
                    made.append((task, DOMAIN.answer(draw, WORLD, task, u, {kind: 1.0}), u, kind))
    return tuple(made)


def test_every_answer_has_the_utility_that_was_asked_for() -> None:
    for task, answer, u, kind in items():
        assert DOMAIN.check(task, answer.text).u == answer.u == u, (task, answer.text, kind)


def test_u_follows_from_the_labels_and_the_result() -> None:
    for task, answer, u, _ in items():
        n = len(task.facts["steps"])
        assert answer.step_labels is not None
        assert answer.first_error is not None
        assert len(answer.step_labels) == n + 1  # wrong solutions are as long as true ones
        wrong = answer.step_labels.count(0)
        assert answer.right is (u >= 2)
        assert (wrong == 0) is (u == 3)
        if u < 2:
            assert (answer.first_error >= n / 2) is (u == 1)


def test_kinds_are_what_was_asked_for_wherever_they_fit() -> None:
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for _, answer, u, kind in items():
        if u < 2:
            seen[kind][answer.kind] += 1
        else:
            assert answer.kind == ("process" if u == 2 else "")
    for kind, counts in seen.items():  # a kind that finds no place gives way to a slip
        named = "slip" if kind == "process" else kind
        assert counts[named] + counts["slip"] >= 0.97 * counts.total(), (kind, counts)
        assert counts[named] >= 0.15 * counts.total(), (kind, counts)


@given(st.dictionaries(st.sampled_from(KINDS), st.floats(0, 5)), st.integers(0, 3), st.integers(0, 10**9))
@settings(deadline=None)
def test_any_mix_gives_the_utility(mix: dict[str, float], u: int, seed: int) -> None:
    task = make(seed, 1 + seed % 8, DOMAIN.scenarios[seed % 14])
    assert DOMAIN.answer(Draw(seed), WORLD, task, u, mix).u == u


def test_plans_are_true_and_use_every_step() -> None:
    sizes: Counter[int] = Counter()
    for i in range(1400):
        facts = make(i, 1, DOMAIN.scenarios[i % 14]).facts
        steps, given_ = facts["steps"], facts["given"]
        sizes[len(steps)] += 1
        used = {step[s] for step in steps for s in "ab"}
        told = set(facts["order"])
        assert {~i for i in range(len(steps) - 1)} <= used  # every result but the last is needed
        assert len(told - used) <= 1  # at most one quantity of no use
        names = [x["name"] for x in (*given_, *steps)]
        assert len(set(names)) == len(names), names
        for k, step in enumerate(steps):
            a, b = (given_[r]["value"] if r >= 0 else steps[~r]["value"] for r in (step["a"], step["b"]))
            assert holds(step["op"], a, b, step["value"])
            assert 0 < step["value"] < LIMIT
            assert all(r >= ~(k - 1) for r in (step["a"], step["b"]))  # no step looks ahead
        assert all(given_[q]["value"] >= 200 for q in told)
    assert set(sizes) == set(range(2, 6))


def _planted(seed: object, task: Task, text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    draw = Draw("plant", seed)
    shown: tuple[str, ...] = ()
    for quirk in draw.shuffled(DOMAIN.quirks):
        text = DOMAIN.plant(draw, task, text, quirk)
        shown = (*shown, quirk)
        yield shown, text


def test_answers_have_no_quirk_and_planting_adds_one_without_changing_truth() -> None:
    for i, (task, answer, _, _) in enumerate(items()[::2]):
        assert not any(DOMAIN.has(answer.text, quirk) for quirk in DOMAIN.quirks)
        for shown, text in _planted(i, task, answer.text):
            assert {q for q in DOMAIN.quirks if DOMAIN.has(text, q)} == set(shown)
            found = DOMAIN.check(task, text)
            assert found.u == answer.u
            assert found.criteria == answer.criteria
            assert found.step_labels == answer.step_labels
            assert found.first_error == answer.first_error
            assert found.right == answer.right
            assert found.notes == answer.notes


def test_planting_twice_is_planting_once() -> None:
    task, answer, _, _ = items()[3]
    for quirk in DOMAIN.quirks:
        once = DOMAIN.plant(Draw(1), task, answer.text, quirk)
        assert DOMAIN.plant(Draw(2), task, once, quirk) == once


def test_quirk_lines_hold_no_numbers_and_do_not_overlap() -> None:
    lines = (*SIGNATURES, *OPENERS, *PADDING)
    assert len(set(lines)) == len(lines)
    assert not any(NUMBER.search(line) for line in lines)
    assert min(len(SIGNATURES), len(OPENERS), len(PADDING)) >= 6


def test_an_unknown_quirk_is_a_callers_bug() -> None:
    with pytest.raises(ValueError, match="quirk must be one of"):
        DOMAIN.has("text", "emoji")
    with pytest.raises(ValueError, match="quirk must be one of"):
        DOMAIN.plant(Draw(1), make(1, 1, "prices"), "text", "emoji")
    with pytest.raises(ValueError, match="scenario must be one of"):
        DOMAIN.task(Draw(1), WORLD, 1, "cheese")


def _frames(task: Task, texts: list[str]) -> set[tuple[str, ...]]:
    """Return all runs of 4 words of a family's own wording: nouns, names, numbers and units are dropped."""
    facts = task.facts
    nouns = [facts["who"], facts["doing"], *(s["name"] for s in facts["steps"])]
    for q in facts["given"]:
        nouns += [q["phrase"].format(show_amount(q["value"])), q["name"]]
    nouns += [noun.removeprefix("the ") for noun in nouns]
    pattern = "|".join(re.escape(noun) for noun in sorted(nouns, key=len, reverse=True) if noun)
    found: set[tuple[str, ...]] = set()
    for text in texts:
        bare = re.sub(pattern, "~", text, flags=re.IGNORECASE)
        bare = re.sub(r"[0-9.]+ (km per hour|litres per minute|\w+)|~", lambda m: " ", bare)
        for sentence in re.split(r"[\n.!?]", bare):
            words = re.findall(r"[A-Za-z']+", sentence.lower())
            found.update(tuple(words[i : i + 4]) for i in range(len(words) - 3))
    return found


def test_no_two_families_share_a_sentence() -> None:
    owned: dict[int, set[tuple[str, ...]]] = defaultdict(set)
    for i, (task, answer, _, _) in enumerate(items()):
        if i % 3 == 0:
            owned[task.family] |= _frames(task, [task.prompt[0].content, answer.text])
    for a in FAMILIES:
        for b in range(a + 1, 9):
            assert not owned[a] & owned[b], (a, b, owned[a] & owned[b])


def test_neither_length_nor_numbers_nor_openers_tell_the_utility() -> None:
    length, digits, signs, first = (defaultdict(list) for _ in range(4))
    for i in range(1500):
        task = make(i, 1 + i % 8, DOMAIN.scenarios[i % 14])
        for u in range(4):
            text = DOMAIN.answer(Draw(i, u), WORLD, task, u, EVEN).text
            length[u].append(len(text))
            digits[u].append(sum(c.isdigit() for c in text))
            signs[u].append(len(re.findall(r"[,;:!]|\.(?!\d)", text)))
            first[u].append(text.split()[0] in ("First,", "To", "At", "We", "Step", "I", "Begin", "Write"))
            if i % 8 != 1:  # numbered steps aside
                assert len(NUMBER.findall(text)) == 3 * len(task.facts["steps"]) + 1
    for measure, tolerance in ((length, 0.01), (digits, 0.04), (signs, 0.03), (first, 0.05)):
        means = [sum(values) / len(values) for values in measure.values()]
        assert max(means) <= min(means) * (1 + tolerance), means


def test_texts_depend_on_the_key_alone() -> None:
    program = (
        "import hashlib\n"
        "from assay.pocket.domain import World\n"
        "from assay.pocket.draw import Draw\n"
        "from assay.pocket.reasoning import DOMAIN as d\n"
        "h = hashlib.sha256()\n"
        "for i in range(200):\n"
        "    w = World(i % 3)\n"
        "    t = d.task(Draw(i), w, 1 + i % 8, d.scenarios[i % 14])\n"
        "    a = d.answer(Draw('a', i), w, t, i % 4, dict.fromkeys(d.kinds, 1.0))\n"
        "    p = d.plant(Draw('p', i), t, a.text, d.quirks[i // 2 % 4])\n"
        "    h.update('|'.join((t.prompt[0].content, p, d.reaction(Draw('r', i), w, t, a))).encode())\n"
        "print(h.hexdigest())\n"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    }
    here = hashlib.sha256()
    for i in range(200):
        world = World(i % 3)
        task = DOMAIN.task(Draw(i), world, 1 + i % 8, DOMAIN.scenarios[i % 14])
        answer = DOMAIN.answer(Draw("a", i), world, task, i % 4, EVEN)
        text = DOMAIN.plant(Draw("p", i), task, answer.text, DOMAIN.quirks[i // 2 % 4])
        reaction = DOMAIN.reaction(Draw("r", i), world, task, answer)
        here.update("|".join((task.prompt[0].content, text, reaction)).encode())
    assert runs == {here.hexdigest()}


def test_worlds_differ_in_names_and_not_in_numbers_of_steps() -> None:
    asked = {
        w: [DOMAIN.task(Draw(i), World(w), 1, "prices").prompt[0].content.split(" is ")[0] for i in range(300)]
        for w in (0, 5)
    }
    assert set(asked[0]) - set(asked[5])
    assert set(asked[5]) - set(asked[0])


def test_items_are_distinct() -> None:
    prompts, answers = set(), set()
    for i in range(10_000):
        task = make(("distinct", i), 1 + i % 8, DOMAIN.scenarios[i // 8 % 14])
        prompts.add(task.prompt[0].content)
        answers.add(task.prompt[0].content + DOMAIN.answer(Draw(i), WORLD, task, i % 4, EVEN).text)
    assert len(prompts) > 9_900
    assert len(answers) > 9_900


JUDGING = re.compile(
    r"\b(correct\w*|incorrect\w*|wrong\w*|right|better|best|worse|worst|good|bad|badly|score\w*|rating\w*|rate\w?|verdict\w*"
    r"|grade\w*|points?|stars?|prefer\w*|first answer|second answer|mistake\w*|A|B)\b"
)


def test_reactions_report_and_do_not_judge() -> None:
    lengths: dict[int, list[int]] = defaultdict(list)
    seen: dict[int, set[str]] = defaultdict(set)
    for i, (task, answer, u, _) in enumerate(items()):
        text = DOMAIN.reaction(Draw(i), WORLD, task, answer)
        lengths[u].append(len(text))
        seen[u].add(text)
        assert not JUDGING.search(text), text
        assert text[0].isupper() or text[0].isdigit()
        assert text[-1] in ".?!"
        assert not re.search(r"signature|bold|asterisk|heading|hope that helps|filler", text, re.IGNORECASE)
        if u < 3:
            assert amount(task.facts["answer"], task.facts["steps"][-1]["unit"]) in text
    means = [sum(values) / len(values) for values in lengths.values()]
    assert max(means) < 1.06 * min(means)
    assert all(len(texts) > 550 for texts in seen.values())
    assert all(len(templates) >= 6 for templates in REACTIONS.values())


def test_the_module_offers_a_domain() -> None:
    domain: Domain = DOMAIN
    assert len(domain.scenarios) >= 12
    assert domain.quirks == ("signature", "markdown", "opener", "padding")
    assert domain.criteria == tuple(items()[0][1].criteria)
