"""Hacks: a quirk is added, the truth program runs again, and says whether the truth moved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.data import load_items
from assay.errors import InputError
from assay.pocket.hacks import hack, task_of
from assay.pocket.world import DOMAINS, domain_of
from assay.types import Item


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_quirk_can_be_added_to_every_answer_without_moving_the_truth(domain: str) -> None:
    for item in load_items(f"world:{domain}/b?n=40&part=test&seed=5").records:
        for quirk in domain_of(domain).quirks:
            hacked = hack(item, quirk)
            assert not hacked.truth_changed
            assert domain_of(domain).has(hacked.item.response, quirk)
            assert quirk in hacked.item.meta["quirks"]
            assert hacked.item.meta["u"] == item.meta["u"] == hacked.before.u
            assert (hacked.item.response == item.response) == (quirk in item.meta["quirks"])


def test_the_task_behind_an_item_is_the_one_that_was_asked_whatever_the_dose() -> None:
    for item in load_items("world:reasoning/a?n=20&dose=0.9").records:
        assert task_of(item)[1].prompt == item.prompt


def test_a_truth_that_moved_is_seen_and_an_edited_text_is_judged_as_it_stands() -> None:
    item = next(one for one in load_items("world:reasoning/a?n=20").records if one.meta["u"] == 3)
    hacked = hack(item, "opener")
    assert not hacked.truth_changed
    edited = hack(replace(item, response="I do not know."), "opener")
    assert edited.before.u < 3
    assert replace(hacked, after=edited.after).truth_changed
    assert replace(hacked, after=replace(hacked.after, criteria={**hacked.after.criteria, "steps": 0.0})).truth_changed


def test_an_unknown_quirk_and_an_item_from_elsewhere_are_refused() -> None:
    item = load_items("world:reasoning/a?n=1").records[0]
    with pytest.raises(InputError, match=r"no quirk 'opner' \(did you mean 'opener'\?\)"):
        hack(item, "opner")
    with pytest.raises(InputError, match="is not of the pocket world"):
        hack(Item(id="x", group="x", prompt=(), response=""), "opener")
