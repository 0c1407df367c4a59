"""Members are standardised, then averaged, or the most doubtful is believed."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import item, model, pair

from assay.errors import InputError
from assay.scalar import Ensemble, Member, ScalarScorer, load_member
from assay.scalar import ensemble as module
from assay.types import Cost, Family, Item, Margins, Pair, PairScorer, Scores


@dataclass(frozen=True)
class Table:
    """A scorer that looks answers up; what it does not know is not scored."""

    values: dict[str, float]
    reason: str = "missing"
    name: str = "table"
    family: Family = "scalar"
    method: str = "naive"
    cost: Cost = field(default_factory=lambda: Cost(prompt_tokens=3))

    def score(self, items: Sequence[Item]) -> Scores:
        known = [item.response in self.values for item in items]
        return Scores(
            ids=tuple(item.id for item in items),
            value=np.array([self.values.get(item.response, math.nan) for item in items]),
            unit="logit",
            status=np.array(["ok" if each else self.reason for each in known], dtype="U16"),
            cost=self.cost,
            scorer=self.name,
        )

    def compare(self, pairs: Sequence[Pair]) -> Margins:
        raise InputError("not asked in these tests")


# z of "a": (5 - 1)/2 = 2 and (4 - 4)/10 = 0;  z of "b": (1 - 1)/2 = 0 and (14 - 4)/10 = 1
MEMBERS = (
    Member(scorer=Table({"a": 5.0, "b": 1.0}), mean=1.0, std=2.0),
    Member(scorer=Table({"a": 4.0, "b": 14.0}), mean=4.0, std=10.0),
)
BOTH = [item("a"), item("b")]


def made(by: module.By, c: float = 1.0, members: tuple[Member, ...] = MEMBERS) -> Ensemble:
    return Ensemble(members=members, by=by, c=c)


def test_it_is_a_pair_scorer_of_family_ensemble() -> None:
    one = made("min")
    assert isinstance(one, PairScorer)
    assert (one.family, one.method, one.name) == ("ensemble", "min", "ensemble")


@pytest.mark.parametrize(
    ("by", "c", "a", "b"),
    [("mean", 1.0, 1.0, 0.5), ("min", 1.0, 0.0, 0.0), ("lcb", 1.0, 0.0, 0.0), ("lcb", 0.5, 0.5, 0.25)],
)
def test_scores_are_those_by_hand(by: module.By, c: float, a: float, b: float) -> None:
    # spread of (2, 0) = 1, of (0, 1) = 1/2
    scores = made(by, c).score(BOTH)
    assert scores.value.tolist() == [a, b]
    assert scores.std is not None
    assert scores.std.tolist() == [1.0, 0.5]
    assert scores.unit == "points"


@pytest.mark.parametrize(("by", "margin"), [("mean", 0.5), ("min", 0.0), ("lcb", 0.0)])
def test_a_margin_is_the_difference_and_its_spread_that_of_the_members_margins(by: module.By, margin: float) -> None:
    margins = made(by).compare([pair("a", "b")])
    assert margins.margin.tolist() == [margin]
    assert margins.std is not None
    assert margins.std.tolist() == [1.5]  # the members say 2 - 0 = 2 and 0 - 1 = -1
    assert margins.cost == Cost(prompt_tokens=6)


def test_of_one_member_every_rule_is_its_standardised_score() -> None:
    for by in ("mean", "min", "lcb"):
        scores = made(by, 3.0, MEMBERS[:1]).score(BOTH)
        assert scores.value.tolist() == [2.0, 0.0]
        assert scores.std is not None
        assert scores.std.tolist() == [0.0, 0.0]


FINITE = st.floats(-1e3, 1e3)


@settings(deadline=None)
@given(
    st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=5),
    st.floats(0.5, 3),
    FINITE,
    st.sampled_from(["mean", "min", "lcb"]),
)
def test_symmetry_scale_and_the_order_of_the_rules(
    values: list[tuple[float, float]], scale: float, shift: float, by: module.By
) -> None:
    members = tuple(Member(scorer=Table({"a": a, "b": b}), mean=0.0, std=1.0) for a, b in values)
    moved = tuple(
        Member(scorer=Table({"a": a * scale + shift, "b": b * scale + shift}), mean=shift, std=scale) for a, b in values
    )
    one = made(by, members=members).compare([pair("a", "b"), pair("b", "a"), pair("a", "a")])
    assert one.margin[0] == -one.margin[1]
    assert one.margin[2] == 0
    assert one.std is not None
    assert one.std[0] == one.std[1]
    np.testing.assert_allclose(
        made(by, members=moved).score(BOTH).value, made(by, members=members).score(BOTH).value, atol=1e-8
    )
    low, mean = made("min", members=members).score(BOTH).value, made("mean", members=members).score(BOTH).value
    assert (low <= mean + 1e-9).all()
    assert (made("lcb", members=members).score(BOTH).value <= mean).all()


def test_what_one_member_cannot_score_the_ensemble_does_not_and_says_why() -> None:
    half = Member(scorer=Table({"a": 0.0}, reason="context_overflow"), mean=0.0, std=1.0)
    none = Member(scorer=Table({}, reason="refused"), mean=0.0, std=1.0)
    for by in ("mean", "min", "lcb"):
        scores = made(by, members=(*MEMBERS, half)).score(BOTH)
        assert scores.status.tolist() == ["ok", "context_overflow"]
        assert np.isnan(scores.value).tolist() == [False, True]
    assert made("mean", members=(half, none)).score(BOTH).status.tolist() == ["refused", "context_overflow"]
    margins = made("mean", members=(*MEMBERS, half)).compare([pair("a", "b"), pair("a", "a")])
    assert margins.status.tolist() == ["context_overflow", "ok"]


@pytest.mark.parametrize(("mean", "std"), [(0.0, 0.0), (0.0, -1.0), (math.nan, 1.0), (0.0, math.inf)])
def test_a_member_without_spread_cannot_be_standardised(mean: float, std: float) -> None:
    with pytest.raises(ValueError, match="standardised"):
        Member(scorer=Table({}), mean=mean, std=std)


def test_an_ensemble_of_nobody_or_by_an_unknown_rule_is_refused() -> None:
    for bad in ({"members": ()}, {"by": "median"}, {"c": -1.0}, {"c": math.nan}):
        with pytest.raises(ValueError, match="an ensemble needs"):
            Ensemble(**({"members": MEMBERS} | bad))


def test_run_folders_become_members_standardised_by_their_own_centre(tmp_path: Path) -> None:
    members = []
    for seed, (mean, std) in enumerate([(0.5, 2.0), (-1.0, 0.25)]):
        run, one = tmp_path / f"seed{seed}", model(seed=seed)
        one.save(run / "model")
        card = {"family": "scalar", "method": "naive", "centre_mean": mean, "centre_std": std}
        (run / "assay.json").write_text(json.dumps(card))
        (run / "DONE").write_text("{}")
        members.append((ScalarScorer(model=one, tokens=one.tokens, name="rm"), mean, std))
    found = Ensemble(members=tuple(load_member(tmp_path / f"seed{seed}") for seed in (0, 1))).score(BOTH)
    expected = sum((one.score(BOTH).value - mean) / std for one, mean, std in members) / 2
    np.testing.assert_allclose(found.value, expected, atol=1e-4)


@pytest.mark.parametrize("centre", [{}, {"centre_mean": 0.0, "centre_std": 0.0}, {"centre_mean": "0", "centre_std": 1}])
def test_a_run_without_a_centre_cannot_be_a_member(centre: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "DONE").write_text("{}")
    (tmp_path / "assay.json").write_text(json.dumps({"family": "scalar", "method": "naive"} | centre))
    with pytest.raises(InputError, match="centre_mean and centre_std"):
        load_member(tmp_path)
