"""The pocket world as a whole: every label re-derived, every rate as planned, the same bytes everywhere."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from functools import cache
from itertools import islice

import numpy as np
import pytest

from assay.data import load_chains, load_items, load_pairs
from assay.errors import InputError
from assay.pocket.domain import EVALUATION_FAMILIES, TRAINING_FAMILIES, World
from assay.pocket.oracles import agreement, noise_oracle, quirk_oracle, truth_oracle
from assay.pocket.plan import DOSE, SETS, SetPlan, active_quirks, audit_quirk, p_first, plan_of, quirk_rate
from assay.pocket.world import DOMAINS, Made, domain_of, make, pairs, stream

CELLS = [(domain, which) for domain in DOMAINS for which in SETS]
N = 1000


@cache
def made(domain: str, which: str) -> tuple[Made, ...]:
    return tuple(islice(stream(domain, which), N))


def plan(domain: str, which: str) -> SetPlan:
    return plan_of(domain, which, domain_of(domain).kinds, World(0))


def test_the_truth_program_finds_every_label_of_24_thousand_answers_again(capsys: pytest.CaptureFixture[str]) -> None:
    checked = 0
    for domain, which in CELLS:
        for one in made(domain, which):
            for answer in (one.better, one.worse):
                again = domain_of(domain).check(one.task, answer.text)
                assert (again.u, again.criteria, again.first_error) == (answer.u, answer.criteria, answer.first_error)
                assert (again.step_labels, again.right) == (answer.step_labels, answer.right)
                checked += 1
            assert one.better.u > one.worse.u
    with capsys.disabled():
        print(f"\n{checked:,} answers re-derived")
    assert checked == 2 * N * len(CELLS)


@pytest.mark.parametrize(("domain", "which"), CELLS)
def test_quirks_stand_where_the_plan_says_and_nowhere_else(domain: str, which: str) -> None:
    planned, has = plan(domain, which), domain_of(domain).has
    for quirk, sign in planned.signs.items():
        for answers, better in (("better", True), ("worse", False)):
            expected = quirk_rate(sign, DOSE, better=better)
            seen = [has(getattr(one, answers).text, quirk) for one in made(domain, which)]
            assert abs(sum(seen) / N - expected) < 4 * math.sqrt(expected * (1 - expected) / N), (quirk, answers)
    for one in made(domain, which):
        for answer, told in zip((one.better, one.worse), one.quirks, strict=True):
            assert {quirk for quirk in active_quirks(domain) if has(answer.text, quirk)} == set(told)
            assert not has(answer.text, audit_quirk(domain))


@pytest.mark.parametrize("domain", DOMAINS)
def test_quirks_know_nothing_of_how_far_apart_the_answers_are(domain: str) -> None:
    for which in SETS:
        gap = np.array([one.better.u - one.worse.u for one in made(domain, which)], dtype=float)
        for quirk in active_quirks(domain):
            for side in (0, 1):
                present = np.array([quirk in one.quirks[side] for one in made(domain, which)], dtype=float)
                r = float(np.corrcoef(gap, present)[0, 1])
                assert abs(r) < 4.5 / math.sqrt(N), (which, quirk, side)


@pytest.mark.parametrize("domain", DOMAINS)
def test_labels_follow_utility_as_the_bayes_accuracy_says(domain: str) -> None:
    kept = sum(one.prefers_better for which in SETS for one in made(domain, which))
    n = N * len(SETS)
    assert abs(kept / n - 0.92) < 4 * math.sqrt(0.92 * 0.08 / n)
    for one in made(domain, "a")[:100]:
        pair = pairs(one)
        assert pair.meta["p_star"] == pytest.approx(p_first(pair.meta["first"]["u"], pair.meta["second"]["u"]))


@pytest.mark.parametrize("domain", DOMAINS)
def test_oracles_are_as_accurate_as_their_closed_form_on_every_source_and_target(domain: str) -> None:
    for source in SETS:
        readers = [truth_oracle(), noise_oracle(), quirk_oracle(plan(domain, source))]
        for target in SETS:
            data = [pairs(one) for one in made(domain, target)]
            label = np.array([pair.label for pair in data])
            for oracle in readers:
                margin = oracle.compare(data).margin
                seen = float(np.mean(np.where(margin == 0, 0.5, (margin > 0) == (label > 0.5))))
                expected = agreement(oracle, plan(domain, target))
                assert abs(seen - expected) < 4 * math.sqrt(expected * (1 - expected) / N), (
                    source,
                    target,
                    oracle.name,
                )


@pytest.mark.parametrize("domain", DOMAINS)
def test_training_parts_are_written_in_training_families_only(domain: str) -> None:
    for which in SETS:
        for one in made(domain, which):
            if one.part in ("teacher", "student", "val"):
                assert one.task.family in TRAINING_FAMILIES
    late = {one.task.family for which in "abc" for one in made(domain, which) if one.part in ("cal", "test")}
    assert late.issuperset(EVALUATION_FAMILIES)


def digest(seed: int = 0) -> str:
    """Return a hash of the first pairs of every data set."""
    text = "".join(
        f"{pair.prompt}{pair.first}{pair.second}{pair.label}{sorted(pair.meta.items())}"
        for domain, which in CELLS
        for pair in map(pairs, islice(stream(domain, which, seed=seed), 40))
    )
    return hashlib.sha256(text.encode()).hexdigest()


def test_two_processes_make_the_same_bytes_and_two_worlds_do_not() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import test_world; print(test_world.digest())"
    folder = __file__.rpartition("/")[0]
    ran = [
        subprocess.run(
            [sys.executable, "-c", code, folder],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert ran == [digest(), digest()]
    assert digest(1) != digest()


def test_any_pair_can_be_made_without_the_ones_before_it() -> None:
    assert make(plan("reasoning", "b"), World(0), 777) == made("reasoning", "b")[777]


@pytest.mark.parametrize("domain", DOMAINS)
def test_nearly_all_tasks_and_answers_are_distinct(domain: str) -> None:
    texts = [
        one.task.prompt[0].content + text for one in made(domain, "a") for text in (one.better.text, one.worse.text)
    ]
    assert len(set(texts)) > 0.99 * len(texts)


def test_data_on_the_command_line_names_domain_set_size_seed_part_and_dose() -> None:
    loaded = load_pairs("world:reasoning/a?n=50&part=test")
    assert len(loaded.records) == loaded.rows == 50
    assert {pair.meta["part"] for pair in loaded.records} == {"test"}
    assert load_pairs("world:reasoning/a?n=50&part=test").fingerprint == loaded.fingerprint
    assert load_pairs("world:reasoning/a?n=50&part=test&seed=1").fingerprint != loaded.fingerprint
    assert len(load_pairs("world:helpfulness/b?part=val").records) == 500  # the usual size of that part
    strong = load_pairs("world:harmlessness/c?n=300&dose=0.9")
    assert {pair.design for pair in strong.records} == {"chosen_rejected"}


def test_the_world_has_chains_and_answers_too() -> None:
    chains = load_chains("world:reasoning/a?n=20&part=cal").records
    assert len(chains) == 40
    assert all(chain.labels is not None and len(chain.labels) == len(chain.steps) for chain in chains)
    items = load_items("world:harmlessness/b?n=20").records
    assert [item.meta["u"] for item in items[:2]] == sorted((item.meta["u"] for item in items[:2]), reverse=True)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("world:reasonin/a", r"domain 'reasonin' is unknown \(did you mean 'reasoning'\?\)"),
        ("world:reasoning/z", "data set 'z' is unknown"),
        ("world:reasoning", "write world:DOMAIN/SET"),
        ("world:reasoning/a?dose=2", r"dose='2' must be a number from .5 to 1"),
        ("world:reasoning/a?seed=x", "seed='x' must be a whole number"),
        ("world:reasoning/a?n=0", "n='0' must be a whole number >= 1"),
    ],
)
def test_a_wrong_world_is_refused_with_what_is_allowed(data: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_pairs(data)


def test_only_reasoning_has_chains() -> None:
    with pytest.raises(InputError, match="only the domain reasoning has chains"):
        load_chains("world:helpfulness/a?n=5")
