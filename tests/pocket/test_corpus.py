"""What the plain language model reads: no verdicts, training families only, quirks independent of the truth."""

from __future__ import annotations

import hashlib
import math
import re
import subprocess
import sys
from functools import cache
from itertools import islice

import numpy as np
import pytest

from assay.pocket.corpus import (
    GLAD,
    GLAD_RATES,
    LINES_RATE,
    PUZZLED,
    QUIRK_RATE,
    REACTION_RATE,
    SHARES,
    SHORT_RATE,
    UTILITIES,
    Document,
    document,
    documents,
)
from assay.pocket.domain import TRAINING_FAMILIES
from assay.pocket.plan import active_quirks, audit_quirk
from assay.pocket.world import DOMAINS, domain_of

N = 3000


@cache
def made() -> tuple[Document, ...]:
    return tuple(islice(documents(), N))


@cache
def at_once() -> tuple[Document, ...]:
    """Those whose answer is one message."""
    return tuple(one for one in made() if one.messages[1].content == one.answer.text)


def test_only_the_training_families_occur_and_the_audit_quirk_never_does() -> None:
    assert {one.task.family for one in made()} == set(TRAINING_FAMILIES)
    for one in made():
        texts = [turn.content for turn in one.messages if turn.role == "assistant"]
        assert not any(domain_of(one.domain).has(text, audit_quirk(one.domain)) for text in texts)


def test_most_users_come_back_whatever_the_answer_was_worth_and_whatever_its_quirks() -> None:
    reacted = np.array([len(one.messages) > 2 for one in at_once()])
    u = np.array([one.answer.u for one in at_once()])
    for level in range(4):
        n = int((u == level).sum())
        assert abs(reacted[u == level].mean() - REACTION_RATE) < 4 * math.sqrt(REACTION_RATE * (1 - REACTION_RATE) / n)
    for domain in DOMAINS:
        ours = np.array([one.domain == domain for one in at_once()])
        assert abs(np.mean([one.domain == domain for one in made()]) - SHARES[domain]) < 4 * math.sqrt(0.24 / N)
        for quirk in active_quirks(domain):
            shows = np.array([quirk in one.quirks for one in at_once()])
            n = int(ours.sum())
            assert abs(shows[ours].mean() - QUIRK_RATE) < 4 * math.sqrt(0.24 / n)
            for other in (reacted, u):
                r = float(np.corrcoef(shows[ours], other[ours])[0, 1])
                assert abs(r) < 4.5 / math.sqrt(n), (domain, quirk)


def test_reactions_open_the_more_gladly_the_better_the_answer_and_no_answer_opens_like_them() -> None:
    assert not set(GLAD) & set(PUZZLED)
    firsts: dict[int, list[bool]] = {u: [] for u in range(4)}
    for one in at_once():
        assert not one.messages[1].content.startswith((*GLAD, *PUZZLED))
        if len(one.messages) > 2 and not (said := one.messages[2].content).startswith("Thank"):
            assert said.startswith((*GLAD, *PUZZLED))
        if len(one.messages) > 2 and one.domain == "reasoning" and one.answer.u < 3:
            firsts[one.answer.u].append(said.startswith(GLAD))
    for u in range(3):  # reactions to right answers may thank in their own words
        rate, n = GLAD_RATES[u], len(firsts[u])
        assert abs(np.mean(firsts[u]) - rate) < 4 * math.sqrt(rate * (1 - rate) / n)


def test_most_answers_are_right_and_a_second_one_comes_only_after_a_complaint() -> None:
    # short tasks of helpfulness have one wish, which is kept or not
    u = np.array([one.answer.u for one in made() if one.domain != "helpfulness"])
    for level, share in UTILITIES.items():
        assert abs((u == level).mean() - share) < 4 * math.sqrt(share * (1 - share) / len(u))
    for one in at_once():
        if len(one.messages) > 3:
            assert one.answer.u < 3
            assert domain_of(one.domain).check(one.task, one.messages[3].content).u == 3


def test_half_of_the_solutions_are_told_line_by_line_until_the_user_stops_at_the_first_that_is_wrong() -> None:
    told = [one for one in made() if one not in at_once()]
    assert {one.domain for one in told} == {"reasoning"}
    n = sum(one.domain == "reasoning" for one in made())
    assert abs(len(told) / n - LINES_RATE) < 4 * math.sqrt(0.25 / n)
    glad: dict[bool, list[bool]] = {True: [], False: []}
    for one in told:
        steps, error = one.answer.steps or (), one.answer.first_error
        kept = len(steps) if error == -1 else (error or 0) + 1
        turns = one.messages[1:]
        assert [turn.role for turn in turns] == ["assistant", "user"] * kept
        assert tuple(turn.content for turn in turns[::2]) == steps[:kept]
        for place, turn in enumerate(turns[1::2]):
            glad[place != error].append(turn.content.startswith((*GLAD, "Thank")))
    for right, rate in ((True, GLAD_RATES[3]), (False, GLAD_RATES[0])):
        assert abs(np.mean(glad[right]) - rate) < 0.03


def test_half_of_the_tasks_ask_for_as_little_as_can_be() -> None:
    few = {"helpfulness": ("constraints", 1, 3), "reasoning": ("steps", 2, 5)}
    for domain, (what, least, most) in few.items():
        sizes = [len(one.task.facts[what]) for one in made() if one.domain == domain]
        assert {min(sizes), max(sizes)} == {least, most}
        assert sizes.count(least) / len(sizes) > SHORT_RATE - 4 * math.sqrt(0.25 / len(sizes))


FORBIDDEN = re.compile(
    r"\b(score|scored|rating|rated|rate this|verdict|rationale|criteria|criterion|rubric|winner|grade[ds]?"
    r"|answer [AB]|response [AB]|option [AB]|which (is|was) better|better answer|worse answer|out of (5|five|10|ten))\b"
    r"|\"c[0-9]+\"|~~~~",
    re.IGNORECASE,
)


def test_no_document_holds_a_score_a_choice_or_a_verdict() -> None:
    for one in made():
        for turn in one.messages:
            found = FORBIDDEN.search(turn.content)
            assert found is None, (found[0], turn.content)


@pytest.mark.parametrize("domain", DOMAINS)
def test_reactions_to_good_and_bad_answers_differ_in_words_and_hardly_in_length(domain: str) -> None:
    lengths: dict[bool, list[int]] = {True: [], False: []}
    for one in at_once():
        if one.domain == domain and len(one.messages) > 2:
            lengths[one.answer.u == 3].append(len(one.messages[2].content))
    good, bad = np.mean(lengths[True]), np.mean(lengths[False])
    assert abs(good - bad) < 0.25 * bad


def test_a_document_is_the_same_in_another_process_and_wherever_the_stream_starts() -> None:
    assert next(iter(documents(start=17))) == document(17)
    code = (
        "import hashlib; from itertools import islice; from assay.pocket.corpus import documents; "
        "text = ''.join(turn.content for one in islice(documents(), 200) for turn in one.messages); "
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = "".join(turn.content for one in made()[:200] for turn in one.messages)
    assert ran.stdout.strip() == hashlib.sha256(ours.encode()).hexdigest()
