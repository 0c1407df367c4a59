"""Batches: every answer once, within the budget, what begins alike together."""

from __future__ import annotations

from collections import Counter, defaultdict

import tiny_models
from grammars import VERDICT
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engines import Request
from assay.engines.batches import Job, batches
from assay.engines.prefixes import shared_prefixes


def job(name: str, ids: tuple[int, ...], budget: int = 8, sample: int = 0, think: int = 0) -> Job:
    request = Request(id=name, prompt_ids=ids, max_new_tokens=budget, think=think)
    return Job(request=request, sample=sample, prompt=ids, index=None)


@st.composite
def jobs(draw: st.DrawFn) -> list[Job]:
    """Draw jobs of which some share a beginning, a prompt or a request."""
    stems = draw(st.lists(st.integers(0, 3).map(lambda k: (k,) * 20), min_size=1, max_size=3))
    made = []
    for i in range(draw(st.integers(0, 15))):
        tail = draw(st.lists(st.integers(0, 5), min_size=1, max_size=30))
        stem = draw(st.sampled_from([(), *stems]))
        one = job(str(i), (*stem, *tail), draw(st.integers(1, 60)), think=draw(st.sampled_from([0, 0, 9])))
        made += [one.sampled(k) for k in range(draw(st.integers(1, 3)))]
    return made


def cost(batch: list[Job]) -> int:
    """Return the tokens of a batch, every answer as long as the longest."""
    return len(batch) * max(one.length for one in batch)


@settings(deadline=None)
@given(jobs(), st.integers(1, 2000), st.booleans())
def test_every_job_comes_once_and_a_batch_holds_its_budget(jobs: list[Job], tokens: int, share: bool) -> None:
    made = list(batches(jobs, tokens, share))
    came = Counter((one.request.id, one.sample) for batch in made for one in batch)
    assert came == Counter((one.request.id, one.sample) for one in jobs)
    assert all(len(batch) == 1 or cost(batch) <= tokens for batch in made)
    assert all(made)


@settings(deadline=None)
@given(jobs(), st.integers(1, 2000))
def test_a_family_that_fits_into_a_batch_is_in_one(jobs: list[Job], tokens: int) -> None:
    made = list(batches(jobs, tokens, True))
    openings = list(dict.fromkeys(one.opening for one in jobs))
    home = dict(zip(openings, shared_prefixes(openings)[1], strict=True))
    families = defaultdict(list)
    for one in jobs:
        if home[one.opening] is not None:
            families[home[one.opening]].append(one)
    for family in families.values():
        names = {(one.request.id, one.sample) for one in family}
        touched = [batch for batch in made if any((one.request.id, one.sample) in names for one in batch)]
        assert cost(family) > tokens or len(touched) == 1


def test_both_orders_of_a_pair_stay_together_however_long_the_others_are() -> None:
    pairs = [(i,) * 30 for i in range(8)]
    asked = [job(f"{i}-{order}", (*pair, *(order,) * (20 * i))) for i, pair in enumerate(pairs) for order in (8, 9)]
    for batch in batches(asked, 400, True):
        assert Counter(one.prompt[0] for one in batch).keys() == {one.prompt[0] for one in batch}
        assert all(n == 2 for n in Counter(one.prompt[0] for one in batch).values())


def test_a_beginning_of_many_prompts_is_a_rubric_and_binds_nothing() -> None:
    # 40 prompts of one rubric, two of each length: batches go by length, not by the order of the requests
    asked = [job(str(i), (*range(100, 130), *(i,) * (10 + i // 2))) for i in range(40)]
    widths = [[one.length for one in batch] for batch in batches(asked[::-1], 400, True)]
    flat = [n for batch in widths for n in batch]
    assert len(widths) > 4
    assert flat == sorted(flat, reverse=True)


def test_without_sharing_only_length_counts() -> None:
    asked = [job(str(i), (*(i % 2,) * 30, *range(i))) for i in range(12)]
    flat = [one.length for batch in batches(asked, 200, False) for one in batch]
    assert flat == sorted(flat, reverse=True)


def test_what_is_too_long_for_a_batch_goes_alone() -> None:
    asked = [job("long", tuple(range(50))), *(job(str(i), (i,), 2) for i in range(4))]
    assert [len(batch) for batch in batches(asked, 20, True)] == [1, 4]


def test_a_jobs_length_counts_prompt_thought_and_budget_and_its_opening_what_is_forced() -> None:
    index = tiny_models.index("qwen", VERDICT)
    request = Request(id="1", prompt_ids=(1, 2, 3), grammar=VERDICT, max_new_tokens=40)
    thinking = Request(id="2", prompt_ids=(1, 2, 3), grammar=VERDICT, max_new_tokens=40, think=7)
    plain, thought = (Job(request=one, sample=0, prompt=(1, 2, 3), index=index) for one in (request, thinking))
    assert (plain.length, thought.length) == (43, 50)
    assert plain.opening == (1, 2, 3, *index.forced(index.start)[0])
    assert thought.opening == (1, 2, 3)  # what is forced comes behind the thought
    assert plain.sampled(2).sample == 2
