"""The language of verdicts: enough of it, in two parts that share nothing, and sentences that fit their frames."""

from __future__ import annotations

import re
from collections import Counter
from string import Formatter

import pytest

from assay.pocket.draw import Draw
from assay.pocket.wordings import BINARY, COUNTED, GRADES, OVERALL, Split, Wording, filled
from assay.pocket.world import DOMAINS, domain_of
from assay.pocket_train import INSTRUCTIONS, LANGUAGES

WORDINGS = [(f"{domain}/{name}", one) for domain, language in LANGUAGES.items() for name, one in language.words.items()]
FORBIDDEN = re.compile(
    r"\b(yes|no|score|points?|grade|rating|utility|verdict|quirk|label|criterion|signature|opener)\b"
)


def plain(text: str) -> str:
    """Return a text without case and punctuation."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def slots(text: str) -> set[str]:
    """Return the names of the slots of a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def every_split() -> list[tuple[str, Split[str]]]:
    """Return all questions, and the instructions, with where they stand."""
    found = [("instructions", INSTRUCTIONS)]
    for where, one in WORDINGS:
        found += [(f"{where} asked", one.asked), (f"{where} compared", one.compared)]
        found += [(f"{where} graded", one.graded)] if one.graded.training else []
    return found


def test_every_criterion_of_every_domain_has_its_wording() -> None:
    for name in DOMAINS:
        wanted = {*domain_of(name).criteria, OVERALL} - {"all"}  # the share that overall asks for already
        assert set(LANGUAGES[name].words) == wanted


@pytest.mark.parametrize(("where", "split"), every_split())
def test_there_are_five_questions_to_train_on_and_three_to_hold_out(where: str, split: Split[str]) -> None:
    assert len(split.training) >= 5
    assert len(split.held_out) >= 3
    assert len({plain(text) for text in (*split.training, *split.held_out)}) == len(split.training) + len(
        split.held_out
    )


def test_no_held_out_text_equals_a_training_text_up_to_case_and_punctuation() -> None:
    training = {plain(text) for _, split in every_split() for text in split.training}
    held_out = {plain(text) for _, split in every_split() for text in split.held_out}
    assert not training & held_out


def test_questions_differ_from_each_other_in_more_than_a_word() -> None:
    for where, split in every_split():
        texts = [Counter(plain(text).split()) for text in (*split.training, *split.held_out)]
        for i, one in enumerate(texts):
            for other in texts[:i]:
                assert (one - other).total() + (other - one).total() > 2, where


def test_held_out_label_names_are_no_training_label_names() -> None:
    splits = (BINARY, GRADES, COUNTED)
    training, held_out = (
        {label for split in splits for scale in split.of(part) for label in scale.labels} for part in (False, True)
    )
    assert not training & held_out
    assert all(len(scale.labels) == 2 for scale in (*BINARY.training, *BINARY.held_out))
    assert len(BINARY.training) >= 3


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize(("where", "wording"), [row for row in WORDINGS if row[1].anchors.training])
def test_every_scale_finds_anchors_of_its_length(where: str, wording: Wording, held_out: bool) -> None:
    scales = (GRADES if where.endswith(OVERALL) else COUNTED).of(held_out)
    lengths = {len(anchors) for anchors in wording.anchors.of(held_out)}
    assert {len(scale.labels) for scale in scales} <= lengths
    assert not {plain(a) for row in wording.anchors.training for a in row} & {
        plain(a) for row in wording.anchors.held_out for a in row
    }


@pytest.mark.parametrize(("where", "wording"), WORDINGS)
def test_each_truth_has_four_sentences_of_which_one_needs_no_detail(where: str, wording: Wording) -> None:
    assert len(wording.said) == (4 if where.endswith(OVERALL) else 2)
    for texts in wording.said:
        assert len(texts) >= 4
        assert any(slots(text) <= {"did"} for text in texts)  # what was done is always known
        for text in texts:
            assert not FORBIDDEN.search(text), text
            assert text[0] == "{" or re.match(r"[a-z]+s |hardly |either |never ", text), f"{text}: no verb in front"
            assert not text.endswith(".")
    apart = [set(texts) for texts in wording.said]
    assert not apart[0] & apart[-1]


def test_what_tasks_do_not_always_set_can_be_asked_without_details_and_says_when_it_applies() -> None:
    for where, one in WORDINGS:
        if where.startswith("helpfulness") and not where.endswith(OVERALL):
            assert len(one.applies) >= 2
            for split in (one.asked, one.compared):
                assert any(not slots(text) for text in split.training), where
                assert any(not slots(text) for text in split.held_out), where


def test_only_texts_whose_slots_are_known_are_filled() -> None:
    texts = ("no slot", "one {a}", "two {a} {b}")
    drawn = {filled(Draw("t", i), texts, {"a": "1"}) for i in range(50)}
    assert drawn == {"no slot", "one 1"}
    with pytest.raises(ValueError, match=r"none of .* can be filled from nothing"):
        filled(Draw("t"), ("{a}",), {})
