"""The helpfulness domain: what it says about an answer is what stands in the answer."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations, permutations
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.pocket import helpfulness_truth as truth
from assay.pocket.domain import FAMILIES, Answer, Task, World
from assay.pocket.draw import Draw
from assay.pocket.helpfulness import DOMAIN
from assay.pocket.helpfulness_reactions import FITS, ONWARDS, THANKS, TROUBLES
from assay.pocket.helpfulness_voices import FORMAL, INFORMAL, VOICES, Voice
from assay.pocket.helpfulness_words import SCENARIOS

SMALLEST_LIMIT, LARGEST_LIMIT = 80, 90
MIXES: tuple[dict[str, float], ...] = (
    {},
    {"fact": 3.0, "keyword": 1.0},
    {"form": 1.0, "length": 1.0, "tone": 1.0},
    {"order": 2.0, "count": 1.0, "avoid": 1.0},
)


def made(n: int, name: str = "test") -> Iterator[tuple[Task, Answer, int]]:
    """Yield n tasks with an answer of every family, scenario and utility in turn."""
    for i in range(n):
        draw, world = Draw(name, i), World(i % 7)
        scenario = DOMAIN.scenarios[i // 8 % len(DOMAIN.scenarios)]
        task = DOMAIN.task(draw, world, 1 + i % 8, scenario)
        u = (i + i // 96) % 4
        yield task, DOMAIN.answer(draw, world, task, u, MIXES[i % 5 % 4]), u


def frames(voice: Voice) -> list[str]:
    asks = [frame for group in voice.asks.values() for frame in group]
    parts = (voice.opens, voice.tables, voice.rules, asks, voice.lists, voice.heads, voice.facts, voice.words)
    return [frame for part in (*parts, voice.details) for frame in part] + [voice.formal, voice.informal]


def flat(text: str) -> str:
    return f" {' '.join(truth.words_of(text))} "


def noun(thing: str) -> str:
    return re.sub("^(a|an|the) ", "", thing)


def task_of(constraints: dict[str, dict[str, object]]) -> Task:
    return Task(prompt=(), family=1, scenario="invitation", facts={"constraints": constraints})


def test_every_family_has_a_voice_and_every_kind_a_complaint() -> None:
    assert tuple(VOICES) == FAMILIES
    assert len(DOMAIN.scenarios) >= 8
    assert len(TROUBLES) == len(DOMAIN.kinds) + 4  # form has three wordings, length and tone two each
    assert min(map(len, [*TROUBLES.values(), ONWARDS, THANKS])) >= 6
    assert min(map(len, FITS.values())) >= 3
    assert FITS.keys() == TROUBLES.keys()


LETTER = "Dear Ana Ruiz,\nThe quiz starts at 6.30 pm. Please bring a torch and a rug.\nKind regards,\nJo"
JSON = '{"note": "The mood is lively.", "things": ["torch", "rug"]}'


@pytest.mark.parametrize(
    ("text", "kind", "spec", "value"),
    [
        (LETTER, "fact", {"value": "6.30 pm", "others": ["7 pm"]}, 1),
        (LETTER, "fact", {"value": "7 pm", "others": ["6.30 pm"]}, 0),
        ("It starts at 6.30 pm or 7 pm.", "fact", {"value": "6.30 pm", "others": ["7 pm"]}, 0),  # hedged
        ("It starts at 6.30 pm.", "fact", {"value": "30 pm", "others": []}, 0),  # a value is whole words
        ("It is room 12.", "fact", {"value": "room 1", "others": []}, 0),
        ("It opens on **Monday**.", "fact", {"value": "Monday", "others": ["Friday"]}, 1),
        ("It costs £4.20.", "fact", {"value": "£4.20", "others": ["£4"]}, 1),
        ("The mood is **lively**.", "keyword", {"word": "lively"}, 1),
        ("The mood is livelier.", "keyword", {"word": "lively"}, 0),
        ("Lively it is.", "avoid", {"word": "lively"}, 0),
        ("The mood is calm.", "avoid", {"word": "lively"}, 1),
        (LETTER, "order", {"first": "torch", "second": "rug"}, 1),
        (LETTER, "order", {"first": "rug", "second": "torch"}, 0),
        (LETTER, "order", {"first": "lamp", "second": "torch"}, 0),  # never mentioned
        (LETTER, "order", {"first": "torch", "second": "lamp"}, 0),
        (LETTER, "count", {"n": 2, "things": ["torch", "rug", "lamp"]}, 1),
        (LETTER, "count", {"n": 3, "things": ["torch", "rug", "lamp"]}, 0),
        (LETTER, "form", {"form": "sentences"}, 1),
        ("Bring:\n- torch\n- rug", "form", {"form": "list"}, 1),
        ("Bring:\n- torch", "form", {"form": "list"}, 0),  # one line is no list
        ("Bring:\n- torch\n- rug", "form", {"form": "sentences"}, 0),
        (f"Sure.\n{JSON}\nBye.", "form", {"form": "json", "keys": ["note", "things"]}, 1),
        (JSON, "form", {"form": "json", "keys": ["note", "items"]}, 0),
        (JSON[:-1], "form", {"form": "json", "keys": ["note", "things"]}, 0),  # never closed
        (JSON, "form", {"form": "sentences"}, 0),
        ("one two three", "length", {"side": "max", "n": 3}, 1),
        ("one two three four", "length", {"side": "max", "n": 3}, 0),
        ("one two three", "length", {"side": "min", "n": 3}, 1),
        ("- one\n- two", "length", {"side": "min", "n": 3}, 0),  # dashes are no words
        (LETTER, "tone", {"tone": "formal"}, 1),
        (LETTER, "tone", {"tone": "informal"}, 0),
        (LETTER.replace("Dear", "Hi"), "tone", {"tone": "formal"}, 0),
        (LETTER.replace("Kind regards", "Cheers"), "tone", {"tone": "formal"}, 0),
        (f"{LETTER}\nCheers,", "tone", {"tone": "formal"}, 0),  # a casual closing after a formal one
        ("Hi Ana,\nCome.\nCheers,\nJo", "tone", {"tone": "informal"}, 1),
    ],
)
def test_the_truth_program_agrees_with_a_reader(text: str, kind: str, spec: dict[str, object], value: float) -> None:
    found = DOMAIN.check(task_of({kind: spec}), text)
    assert found.criteria == {kind: value, "all": value}
    assert found.u == 3 * value  # the only constraint is all of them


def test_utility_counts_the_constraints_that_hold() -> None:
    task = task_of({"keyword": {"word": "lively"}, "avoid": {"word": "posh"}, "form": {"form": "list"}})
    found = DOMAIN.check(task, "The mood is lively.")
    assert found.u == 2  # the word asked for, and not the one forbidden; but no list
    assert found.criteria == {"keyword": 1, "avoid": 1, "form": 0, "all": 2 / 3}
    assert found.notes["broken"] == ["form"]


def test_an_answer_has_the_utility_that_was_wanted_and_no_quirk() -> None:
    seen: Counter[tuple[str, int]] = Counter()
    for task, answer, u in made(6000):
        assert answer.u == u, (task, answer)
        assert len(task.facts["constraints"]) == 3
        broken = {kind for kind, value in answer.criteria.items() if value < 1 and kind != "all"}
        assert len(broken) == 3 - u
        assert answer.kind in broken or not broken
        found = DOMAIN.check(task, answer.text)
        assert (found.u, found.criteria, found.notes) == (answer.u, answer.criteria, answer.notes)
        assert not any(DOMAIN.has(answer.text, quirk) for quirk in DOMAIN.quirks), answer.text
        seen.update((kind, u) for kind in broken)
    assert {kind for kind, _ in seen} == set(DOMAIN.kinds)
    assert min(seen.values()) > 50


def test_facts_are_plain_data() -> None:
    for task, answer, _ in made(200):
        again = Task(prompt=(), family=task.family, scenario=task.scenario, facts=json.loads(json.dumps(task.facts)))
        assert DOMAIN.check(again, answer.text).criteria == answer.criteria


def test_faults_follow_the_mix() -> None:
    draw, world = Draw("mix"), World(1)
    kinds: Counter[str] = Counter()
    while kinds.total() < 400:
        task = DOMAIN.task(draw, world, 1, "menu")
        if {"fact", "keyword"} <= set(task.facts["constraints"]):
            kinds[DOMAIN.answer(draw, world, task, 2, {"fact": 3.0, "keyword": 1.0}).kind] += 1
    assert set(kinds) == {"fact", "keyword"}
    assert abs(kinds["fact"] / 400 - 0.75) < 4 * (0.75 * 0.25 / 400) ** 0.5  # four standard errors


def test_quirks_change_no_truth_in_any_order() -> None:
    orders = [order for k in (1, 2, 3, 4) for order in permutations(DOMAIN.quirks, k)]
    for i, (task, answer, _) in enumerate(made(3000, "plant")):
        text, planted = answer.text, set()
        for quirk in orders[i % len(orders)]:
            text = DOMAIN.plant(Draw(i, quirk), task, text, quirk)
            planted.add(quirk)
            assert {q for q in DOMAIN.quirks if DOMAIN.has(text, q)} == planted, text
            found = DOMAIN.check(task, text)
            assert (found.u, found.criteria) == (answer.u, answer.criteria), text
        assert DOMAIN.plant(Draw(i), task, text, orders[i % len(orders)][0]) == text


def test_only_bold_gets_into_a_json_object() -> None:
    found = [(task, a.text) for task, a, _ in made(600, "json") if a.text.startswith("{")]
    assert len(found) > 20
    for i, (task, text) in enumerate(found):
        planted = text
        for quirk in DOMAIN.quirks:
            planted = DOMAIN.plant(Draw(i, quirk), task, planted, quirk)
        inside = planted[planted.index("{") : planted.rindex("}") + 1]
        assert inside.replace("**", "") == text
        assert json.loads(text).keys() == json.loads(inside).keys()


def test_an_answer_never_uses_a_frame_twice() -> None:
    for task, answer, _ in made(2000, "twice"):
        voice = VOICES[task.family]
        for frame in (*voice.words, *voice.facts, *voice.details):
            pattern = re.escape(frame).replace(r"\{c\}", "[^.?]+").replace(r"\{C\}", "[A-Z][^.?]+")
            assert len(re.findall(rf"(?:^|[.?:] |\n|\"){pattern}", answer.text)) < 2, (frame, answer.text)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**9), st.sampled_from(DOMAIN.quirks))
def test_a_quirk_adds_and_takes_nothing_away(seed: int, quirk: str) -> None:
    draw, world = Draw("adds", seed), World(seed % 13)
    task = DOMAIN.task(draw, world, draw.pick(FAMILIES), draw.pick(DOMAIN.scenarios))
    text = DOMAIN.answer(draw, world, task, draw.below(4), {}).text
    rest = iter(DOMAIN.plant(draw, task, text, quirk))
    assert all(letter in rest for letter in text)  # the old text is a subsequence of the new one


def test_every_quirk_has_six_wordings_and_all_of_them_fit_into_the_slack() -> None:
    groups = truth.OPENERS, truth.SIGNATURES, truth.FILLERS, truth.HEADINGS
    assert all(len(set(group)) >= 6 for group in groups)
    longest = [max(len(truth.words_of(s)) for s in group) for group in groups]
    assert sum(longest) + longest[2] <= truth.SLACK  # padding can be two sentences
    for a, b in combinations([s for group in groups for s in group], 2):
        assert a not in b
        assert b not in a


def test_short_and_long_answers_can_always_be_written() -> None:
    def longest(texts: tuple[str, ...]) -> int:
        return max(len(re.sub(r"\{\w+\}", "", text).split()) for text in texts)

    for voice in VOICES.values():
        for base in SCENARIOS.values():
            frame = max(longest(voice.lists), longest(voice.heads))
            named = frame + longest(base.leads) + len(base.do.split())
            sizes = sorted((len(thing.split()) for thing in base.things), reverse=True)
            things = [named + 1 + sum(sizes[:n]) for n in (2, 5)]
            fact = longest(voice.facts) + longest(base.rows) + longest((base.says,)) + longest(base.values)
            word = longest(voice.words) + longest((*base.wanted[0], *base.banned[0])) + 1
            tone = 3 + len(voice.formal.split()) + 2
            two = max(fact + word, fact + tone, 2 * word, word + tone)
            most = max(things[0] + two, things[1] + max(fact, word, tone))
            assert most <= SMALLEST_LIMIT - 1 - truth.SLACK, (voice.formal, base.genres)
            fewest = sorted(len(clause.split()) for clause in base.details)[:13]
            wraps = sorted(len(re.sub(r"\{\w+\}", "", frame).split()) for frame in voice.details)
            assert sum(fewest) + sum(wraps) + 8 > LARGEST_LIMIT, (voice.formal, base.genres)


def test_no_two_families_share_a_sentence_frame() -> None:
    owner: dict[tuple[str, ...], int] = {}
    whole: dict[str, int] = {}
    for family, voice in VOICES.items():
        for frame in frames(voice):
            for part in re.split(r"\{\w+\}", frame.lower()):
                words = re.findall(r"[\w']+", part)
                for gram in zip(*(words[i:] for i in range(4)), strict=False):
                    assert owner.setdefault(gram, family) == family, gram
            shape = re.sub(r"\{\w+\}", "_", frame.lower())
            assert not shape or whole.setdefault(shape, family) == family, shape


def test_words_that_matter_occur_nowhere_else() -> None:
    answers = [
        frame
        for voice in VOICES.values()
        for part in (voice.lists, voice.heads, voice.facts, voice.words, voice.details)
        for frame in (*part, voice.formal, voice.informal)
    ]
    answers += [*truth.OPENERS, *truth.SIGNATURES, *truth.FILLERS, *truth.HEADINGS]
    for name, base in SCENARIOS.items():
        texts = [*answers, *base.leads, *base.rows, *base.details, *base.wanted[0], *base.banned[0], base.says]
        nouns = [noun(thing) for thing in base.things]
        special = {*base.wanted[1], *base.banned[1], *nouns}
        assert len(special) == len(base.wanted[1]) + len(base.banned[1]) + len(nouns), name
        for text in texts:
            clash = [word for word in special if f" {word} " in flat(text)]
            assert not clash, (name, text, clash)
            assert not re.search(r"\d", text), text
        for value in {base.values[0], base.values[-1]}:
            assert not any(flat(value) in flat(text) for text in texts), (name, value)
        for a, b in permutations(nouns, 2):
            assert flat(a) not in flat(b), (name, a, b)


def test_sentences_stay_sentences() -> None:
    for base in SCENARIOS.values():
        for clause in (*base.details, *base.rows):
            assert re.fullmatch(r"[a-zé' -]+", clause), clause
        assert len(set(base.values)) == len(base.values)
        assert len(base.details) == 14
    for _, answer, _ in made(1500):
        assert not re.search(r"\{[a-zA-Z]|\S  |\.\.|,\.|\b(an [bcdfgjklmnpqrstvwxyz]|a [aeio])", answer.text), (
            answer.text
        )
        assert answer.text.count('"') % 2 == 0


def test_prompts_are_filled_in() -> None:
    for task, _, _ in made(1500):
        text = task.prompt[0].content
        assert len(task.prompt) == 1
        assert not re.search(r"[{}#]|None|  |\ba [aeio]", text), text
        assert not text.endswith((" ", "\n", ";"))
        if "fact" in task.facts["constraints"]:
            spec = task.facts["constraints"]["fact"]
            assert all(value in text for value in (spec["row"], spec["value"], *spec["others"]))


def test_no_surface_gives_the_utility_away() -> None:
    size: defaultdict[int, list[int]] = defaultdict(list)
    digits: defaultdict[int, list[int]] = defaultdict(list)
    shape: defaultdict[int, Counter[tuple[str, str, str]]] = defaultdict(Counter)
    for _, answer, u in made(16_000, "surface"):
        size[u].append(len(truth.words_of(answer.text)))
        digits[u].append(sum(map(str.isdigit, answer.text)))
        opener = answer.text.split()[0] if answer.text.startswith(("Dear ", "Hi ")) else ""
        shape[u][truth.form_of(answer.text)[0], opener, answer.text[-1] if answer.text[-1] in ".}" else ""] += 1
    for u in range(4):
        assert abs(mean(size[u]) / mean(size[3]) - 1) < 0.05
        assert abs(mean(digits[u]) / mean(digits[3]) - 1) < 0.15  # one value with about two digits in 3 of 8 texts
        for key in {*shape[u], *shape[3]}:
            p, q = shape[u][key] / shape[u].total(), shape[3][key] / shape[3].total()
            assert abs(p - q) < 0.03, (u, key)


def test_tasks_and_answers_are_distinct() -> None:
    texts = {(task.prompt[0].content, answer.text) for task, answer, _ in made(10_000, "distinct")}
    assert len(texts) > 9_900


def digest() -> str:
    parts = []
    for i, (task, answer, _) in enumerate(made(300, "process")):
        reaction = DOMAIN.reaction(Draw(i), World(0), task, answer)
        text = DOMAIN.plant(Draw(i), task, answer.text, DOMAIN.quirks[i % 4])
        parts.append(json.dumps([task.prompt[0].content, task.facts, answer.text, answer.kind, text, reaction]))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def test_another_process_writes_the_same_texts() -> None:
    code = "import runpy, sys; print(runpy.run_path(sys.argv[1])['digest']())"
    env = {**os.environ, "PYTHONHASHSEED": "7"}
    run = subprocess.run([sys.executable, "-c", code, __file__], capture_output=True, text=True, env=env, check=True)
    assert run.stdout.strip() == digest()


def test_worlds_differ_in_names_and_things() -> None:
    first, second = (
        [DOMAIN.task(Draw("w", i), World(seed), 1, "menu").prompt[0].content for i in range(50)] for seed in (5, 6)
    )
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 3


JUDGING = re.compile(
    r"\b(scores?|ratings?|rated?|better|best|worse|worst|verdict|correct|incorrect|answers?|prefer\w*|yes|winner|"
    r"A|B|good|bad|great|perfect|quality|stars?|grade|opener|filler|bold|heading|sure|padding)\b"
)


def test_reactions_tell_consequences_and_judge_nothing() -> None:
    lengths: defaultdict[bool, list[int]] = defaultdict(list)
    for i, (task, answer, u) in enumerate(made(4000, "reaction")):
        text = DOMAIN.reaction(Draw("r", i), World(0), task, answer)
        own = [str(spec.get("word", "")) for spec in task.facts["constraints"].values()]
        for word in filter(None, own):
            text = text.replace(word, "so")
        assert not JUDGING.search(text), text
        assert not re.search(r"[{}]|None|  ", text), text
        assert text.startswith("Thank") == (u == 3)
        lengths[u == 3].append(len(text.split()))
    assert abs(mean(lengths[True]) / mean(lengths[False]) - 1) < 0.15


def test_a_reaction_is_about_something_that_went_wrong() -> None:
    for i, (task, answer, u) in enumerate(made(1000, "about")):
        if u == 3:
            continue
        text = DOMAIN.reaction(Draw(i), World(0), task, answer)
        broken = [task.facts["constraints"][kind] | {"kind": kind} for kind in answer.notes["broken"]]
        names = {b.get("side") or b.get("tone") or b.get("form") or b["kind"] for b in broken}
        first = text.split()[:2]
        patterns = [re.sub(r"\\\{\w+\\\}", ".+", re.escape(trouble)) for name in names for trouble in TROUBLES[name]]
        assert any(re.match(pattern, text) for pattern in patterns), (first, text)


def test_quirks_leave_no_trace_in_reactions() -> None:
    for i, (task, answer, _) in enumerate(made(300, "trace")):
        text = answer.text
        for quirk in DOMAIN.quirks:
            text = DOMAIN.plant(Draw(i), task, text, quirk)
        plain = DOMAIN.reaction(Draw(i), World(0), task, DOMAIN.check(task, answer.text))
        assert DOMAIN.reaction(Draw(i), World(0), task, DOMAIN.check(task, text)) == plain


def test_closings_are_either_formal_or_casual() -> None:
    assert len(FORMAL) == len(INFORMAL) == len(FAMILIES)
    assert not FORMAL & INFORMAL
