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

from assay.pocket.corpus import QUIRK_RATE, REACTION_RATES, UTILITIES, Document, document, documents
from assay.pocket.domain import TRAINING_FAMILIES
from assay.pocket.plan import active_quirks, audit_quirk
from assay.pocket.world import DOMAINS, domain_of

N = 3000


@cache
def made() -> tuple[Document, ...]:
    return tuple(islice(documents(), N))


def test_only_the_training_families_occur_and_the_audit_quirk_never_does() -> None:
    assert {one.task.family for one in made()} == set(TRAINING_FAMILIES)
    for one in made():
        texts = [turn.content for turn in one.messages if turn.role == "assistant"]
        assert not any(domain_of(one.domain).has(text, audit_quirk(one.domain)) for text in texts)


def test_a_third_of_dialogues_have_a_reaction_more_after_worse_answers_and_it_follows_no_quirk() -> None:
    reacted = np.array([len(one.messages) > 2 for one in made()])
    u = np.array([one.answer.u for one in made()])
    # .12 · (.95 + .80 + .60) + .64 · .10
    assert sum(UTILITIES[level] * rate for level, rate in enumerate(REACTION_RATES)) == pytest.approx(0.346)
    for level, rate in enumerate(REACTION_RATES):
        n = int((u == level).sum())
        assert abs(reacted[u == level].mean() - rate) < 4 * math.sqrt(rate * (1 - rate) / n)
    for domain in DOMAINS:
        ours = np.array([one.domain == domain for one in made()])
        for quirk in active_quirks(domain):
            shows = np.array([quirk in one.quirks for one in made()])
            n = int(ours.sum())
            assert abs(shows[ours].mean() - QUIRK_RATE) < 4 * math.sqrt(0.24 / n)
            for other in (reacted, np.array([one.answer.u for one in made()])):
                r = float(np.corrcoef(shows[ours], other[ours])[0, 1])
                assert abs(r) < 4.5 / math.sqrt(n), (domain, quirk)


def test_most_answers_are_right_and_a_second_one_comes_only_after_a_complaint() -> None:
    u = np.array([one.answer.u for one in made()])
    for level, share in UTILITIES.items():
        assert abs((u == level).mean() - share) < 4 * math.sqrt(share * (1 - share) / N)
    for one in made():
        if len(one.messages) > 3:
            assert one.answer.u < 3
            assert domain_of(one.domain).check(one.task, one.messages[3].content).u == 3


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
    for one in made():
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
