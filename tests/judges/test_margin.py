"""From label distributions to scores and margins: by hand, by enumeration, and where they must not move."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.aggregate import votes_margin
from assay.engines import LabelDist
from assay.judges import combine, margin, rubric, score_dist, verdict

Dists = Mapping[str, LabelDist]


def make(mode: str, criteria: Sequence[Mapping[str, Any]], aggregation: str = "mean") -> rubric.Rubric:
    rows = [{"id": f"c{i + 1}", "question": "?", **row} for i, row in enumerate(criteria)]
    scale = [{"label": "1", "value": 0.0}, {"label": "2", "value": 0.3}, {"label": "3", "value": 1.0}]
    data = {"schema_version": 1, "name": "r", "mode": mode, "scale": scale, "criteria": rows}
    return rubric.Rubric.from_data(data | {"aggregation": aggregation})


def believed(*rows: Mapping[str, float]) -> Dists:
    return {f"c{i + 1}": LabelDist.of(row) for i, row in enumerate(rows)}


def known(found: score_dist.ScoreDist | None) -> score_dist.ScoreDist:
    assert found is not None
    return found


def decided(found: margin.Comparison | None) -> margin.Comparison:
    assert found is not None
    return found


def yes(p: float) -> dict[str, float]:
    return {"no": 1 - p, "yes": p}


def scores(found: score_dist.ScoreDist | None) -> dict[float, float]:
    one = known(found)
    return {round(v, 9): p for v, p in zip(one.value.tolist(), one.p.tolist(), strict=True)}


BINARY = {"type": "binary"}


def test_two_binary_criteria_by_hand() -> None:
    two = make("pointwise", [BINARY | {"weight": 2}, BINARY | {"weight": 1}])
    found = known(score_dist.score_distribution(two, believed(yes(0.8), yes(0.6))))
    # both .8 × .6, the heavy one alone .8 × .4, the light one alone .2 × .6, none .2 × .4
    assert found.value.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert found.p.tolist() == pytest.approx([0.08, 0.12, 0.32, 0.48])
    assert found.mean == pytest.approx((2 * 0.8 + 0.6) / 3)
    # independent: variance (2/3)² × .16 + (1/3)² × .24
    assert score_dist.score(two, believed(yes(0.8), yes(0.6))) == pytest.approx(
        (2.2 / 3, math.sqrt(4 / 9 * 0.16 + 1 / 9 * 0.24))
    )
    assert found.error == 0


@pytest.mark.parametrize(
    ("aggregation", "by_hand"),
    [
        ("mean", {1.0: 0.54, 0.75: 0.36, 0.25: 0.06, 0.0: 0.04}),  # (3 m + 1 - f) / 4
        ("sum", {3.0: 0.54, 2.0: 0.36, 0.0: 0.06, -1.0: 0.04}),  # 3 m - f
        ("min", {1.0: 0.54, 0.0: 0.46}),  # both m and 1 - f
    ],
)
def test_a_fault_counts_backwards(aggregation: str, by_hand: dict[float, float]) -> None:
    # a merit m with P(yes) .9 and a fault f with P(yes) .4
    two = make("pointwise", [BINARY | {"weight": 3}, BINARY | {"weight": -1}], aggregation)
    assert scores(score_dist.score_distribution(two, believed(yes(0.9), yes(0.4)))) == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        ({"then": "cap", "at": 0.4}, {1.0: 0.48, 2 / 3: 0.32, 1 / 3: 0.12, 0.0: 0.08}),  # it was lower already
        ({"then": "zero"}, {1.0: 0.48, 2 / 3: 0.32, 0.0: 0.2}),
        ({"then": "reject"}, {1.0: 0.48, 2 / 3: 0.32, -1.0: 0.2}),
    ],
)
def test_a_gate_is_a_ceiling(gate: dict[str, Any], expected: dict[float, float]) -> None:
    two = make("pointwise", [BINARY | {"weight": 2, "gate": gate | {"when": ["no"]}}, BINARY])
    found = scores(score_dist.score_distribution(two, believed(yes(0.8), yes(0.6))))
    assert found == pytest.approx({round(value, 9): p for value, p in expected.items()})


def test_a_cap_cuts_what_is_above_it() -> None:
    two = make("pointwise", [BINARY, BINARY | {"weight": 4, "gate": {"when": ["yes"], "then": "cap", "at": 0.5}}])
    assert scores(score_dist.score_distribution(two, believed(yes(0.5), yes(0.5)))) == pytest.approx(
        {0.0: 0.25, 0.2: 0.25, 0.5: 0.5}  # 4/5 and 5/5 are cut to 1/2
    )


def test_what_does_not_apply_drops_out_and_nothing_at_all_is_no_score() -> None:
    skip = BINARY | {"not_applicable": True}
    one = make("pointwise", [skip | {"weight": 3}, skip])
    na = {"na": 1.0}
    # P(no, na) : P(yes, na) = 1 : 3, the half where both are na is left out
    assert scores(score_dist.score_distribution(one, believed({"na": 2, "no": 0.5, "yes": 1.5}, na))) == pytest.approx(
        {0.0: 0.25, 1.0: 0.75}
    )
    assert score_dist.score_distribution(one, believed(na, na)) is None
    assert score_dist.score(one, {}) is None


def test_a_nominal_criterion_without_values_describes_and_may_reject() -> None:
    tone = {"type": "nominal", "levels": [{"label": "kind"}, {"label": "rude"}]}
    gate = {"when": ["rude"], "then": "reject"}
    told = believed(yes(0.5), {"kind": 0.9, "rude": 0.1})
    assert scores(score_dist.score_distribution(make("pointwise", [BINARY, tone]), told)) == pytest.approx(
        {0: 0.5, 1: 0.5}
    )
    gated = make("pointwise", [BINARY, tone | {"gate": gate}])
    assert scores(score_dist.score_distribution(gated, told)) == pytest.approx({-1: 0.1, 0: 0.45, 1: 0.45})
    assert score_dist.score_distribution(make("pointwise", [tone | {"gate": gate}]), believed({"rude": 1.0})) is None


# by enumeration: every combination of labels, one at a time


def _naive_score(r: rubric.Rubric, labels: Mapping[str, str]) -> float | None:
    """The score of one combination of labels, straight from the rules."""
    value = {one.id: {level.label: level.value for level in one.levels} for one in r.criteria}
    asked = [one for one in r.criteria if one.id in labels and value[one.id].get(labels[one.id]) is not None]
    if not asked:
        return None
    lo, hi = 0.0, 1.0
    worth = []
    for one in asked:
        v = value[one.id][labels[one.id]]
        assert v is not None
        worth.append(v if one.weight > 0 else 1 - v)
    weights = [one.weight for one in asked]
    if r.aggregation == "sum":
        found = sum(w * (v if w > 0 else 1 - v) for w, v in zip(weights, worth, strict=True))
        lo = hi = 0.0
        for one in r.criteria:
            ends = [one.weight * level.value for level in one.levels if level.value is not None]
            if ends:
                ends += [0.0] if one.not_applicable or one.id not in labels else []
                lo, hi = lo + min(ends), hi + max(ends)
    elif r.aggregation == "min":
        found = min(worth)
    else:
        found = sum(abs(w) * v for w, v in zip(weights, worth, strict=True)) / sum(map(abs, weights))
    results = [found]
    for one in r.criteria:
        if one.gate is not None and labels.get(one.id) in one.gate.when:
            cap = min(found, max(one.gate.at or 0.0, lo))
            results.append({"cap": cap, "zero": lo, "reject": lo - (hi - lo)}[one.gate.then])
    return min(results)


def _combinations(dists: Dists) -> list[tuple[dict[str, str], float]]:
    rows = [list(zip(dist.labels, dist.p.tolist(), strict=True)) for dist in dists.values()]
    return [
        (dict(zip(dists, (label for label, _ in row), strict=True)), math.prod(p for _, p in row))
        for row in product(*rows)
    ]


WEIGHTS = st.one_of(st.sampled_from([1.0, 2.0, -1.0, 0.5]), st.floats(0.01, 9), st.floats(-9, -0.01))


def _levels(draw: st.DrawFn, least: int, most: int, valued: bool) -> list[dict[str, Any]]:
    values = sorted(draw(st.lists(st.integers(0, 20), min_size=least, max_size=most, unique=True)))
    return [{"label": f"l{i}"} | ({"value": v / 20} if valued else {}) for i, v in enumerate(values)]


@st.composite
def pointwise(draw: st.DrawFn) -> tuple[rubric.Rubric, Dists]:
    rows: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["ordinal", "binary", "nominal"]))
        valued = kind != "nominal" or draw(st.booleans())
        row: dict[str, Any] = {"type": kind, "not_applicable": draw(st.booleans())}
        row["levels"] = _levels(draw, 2, 2 if kind == "binary" else 4, valued)
        if valued:
            row["weight"] = draw(WEIGHTS)
        if draw(st.integers(0, 2)) == 0:
            labels = [level["label"] for level in row["levels"]]
            gate = {"when": draw(st.lists(st.sampled_from(labels), min_size=1, unique=True))}
            then = draw(st.sampled_from(["cap", "zero", "reject"]))
            row["gate"] = gate | {"then": then} | ({"at": draw(st.floats(0, 1))} if then == "cap" else {})
        rows.append(row)
    found = make("pointwise", rows, draw(st.sampled_from(["mean", "sum", "min"])))
    dists = {}
    for one in found.criteria:
        if draw(st.integers(0, 7)):
            labels = [level.label for level in one.levels] + (["na"] if one.not_applicable else [])
            odds = draw(st.lists(st.integers(0, 9), min_size=len(labels), max_size=len(labels)).filter(any))
            dists[one.id] = LabelDist.of(dict(zip(labels, odds, strict=True)))
    return found, dists


@settings(deadline=None)
@given(pointwise())
def test_score_distributions_agree_with_enumeration(case: tuple[rubric.Rubric, Dists]) -> None:
    r, dists = case
    rows = [(_naive_score(r, labels), p) for labels, p in _combinations(dists)]
    told = [(value, p) for value, p in rows if value is not None and p > 0]
    found = score_dist.score_distribution(r, dists)
    assert (found is None) == (not told)
    if found is not None:
        mass = math.fsum(p for _, p in told)
        for cut in {value for value, _ in told}:
            below = math.fsum(p for value, p in told if value <= cut + 1e-9) / mass
            assert float(found.p[found.value <= cut + 1e-9].sum()) == pytest.approx(below, abs=1e-12)
        assert found.mean == pytest.approx(math.fsum(value * p for value, p in told) / mass, abs=1e-10)
        assert found.error == 0


@st.composite
def pairwise(draw: st.DrawFn, aggregation: str | None = None) -> tuple[rubric.Rubric, Dists]:
    rows = [
        {"weight": draw(WEIGHTS), "not_applicable": draw(st.booleans())}
        | ({"gate": {"then": "reject"}} if draw(st.integers(0, 3)) == 0 else {})
        for _ in range(draw(st.integers(1, 5)))
    ]
    found = make("pairwise", rows, aggregation or draw(st.sampled_from(["mean", "sum", "logodds"])))
    dists = {}
    for one in found.criteria:
        labels = ["A", "B", "="] + (["na"] if one.not_applicable else [])
        odds = draw(st.lists(st.integers(0, 9), min_size=len(labels), max_size=len(labels)).filter(any))
        dists[one.id] = LabelDist.of(dict(zip(labels, odds, strict=True)))
    return found, dists


def _naive_winner(r: rubric.Rubric, labels: Mapping[str, str]) -> int | None:
    sign = {one.id: {"A": 1, "B": -1}.get(labels[one.id], 0) * (1 if one.weight > 0 else -1) for one in r.criteria}
    for one in r.criteria:
        if one.gate is not None and sign[one.id]:
            return sign[one.id]
    if set(labels.values()) == {"na"}:
        return None
    total = math.fsum(abs(one.weight) * sign[one.id] for one in r.criteria)
    return 0 if abs(total) < 1e-9 else 1 if total > 0 else -1


@settings(deadline=None)
@given(st.one_of(pairwise("mean"), pairwise("sum")))
def test_comparisons_agree_with_enumeration(case: tuple[rubric.Rubric, Dists]) -> None:
    r, dists = case
    rows = [(_naive_winner(r, labels), p) for labels, p in _combinations(dists)]
    mass = math.fsum(p for who, p in rows if who is not None)
    found = margin.pairwise_comparison(r, dists)
    assert (found is None) == (mass == 0)
    if found is not None:
        expected = [math.fsum(p for who, p in rows if who == side) / mass for side in (1, 0, -1)]
        assert [found.win, found.tie, found.lose] == pytest.approx(expected, abs=1e-12)


def _exchanged(dists: Dists) -> Dists:
    other = {"A": "B", "B": "A"}
    found = {}
    for name, dist in dists.items():
        p = dict(zip(dist.labels, dist.logp.tolist(), strict=True))
        logp = np.array([p[other.get(label, label)] for label in dist.labels])
        found[name] = LabelDist(labels=dist.labels, logp=logp)
    return found


@settings(deadline=None)
@given(pairwise())
def test_exchanging_the_answers_negates_the_margin(case: tuple[rubric.Rubric, Dists]) -> None:
    r, dists = case
    one, other = (margin.pairwise_comparison(r, each) for each in (dists, _exchanged(dists)))
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert other.margin == pytest.approx(-one.margin, abs=0 if r.aggregation == "logodds" else 1e-12)
        assert one.swapped.margin == -one.margin
        assert math.isfinite(one.margin)


@settings(deadline=None)
@given(pointwise(), st.data())
def test_exchanging_two_scores_negates_their_margin_to_the_last_bit(
    case: tuple[rubric.Rubric, Dists], data: st.DataObject
) -> None:
    r, dists = case
    a = score_dist.score_distribution(r, dists)
    b = score_dist.score_distribution(
        r,
        {
            name: LabelDist.of({label: data.draw(st.integers(1, 9)) for label in dist.labels})
            for name, dist in dists.items()
        },
    )
    if a is not None and b is not None:
        assert margin.compare_scores(a, b).margin == -margin.compare_scores(b, a).margin
        assert margin.compare_scores(a, a).margin == 0
        p = sum(
            pa * pb * (1.0 if va > vb + 1e-9 else 0.5 if va > vb - 1e-9 else 0.0)
            for va, pa in zip(a.value, a.p, strict=True)
            for vb, pb in zip(b.value, b.p, strict=True)
        )
        assert margin.compare_scores(a, b).p == pytest.approx(p, abs=1e-12)


@pytest.mark.parametrize("aggregation", ["mean", "sum", "logodds"])
@pytest.mark.parametrize("weight", [1.0, 0.3, -2.0])
def test_the_margin_of_a_single_criterion_is_its_own_log_odds(aggregation: str, weight: float) -> None:
    one = make("pairwise", [{"weight": weight, "not_applicable": True}], aggregation)
    found = margin.pairwise_comparison(one, believed({"A": 0.3, "B": 0.1, "=": 0.1, "na": 0.5}))
    assert decided(found).margin == pytest.approx(math.copysign(math.log(0.35 / 0.15), weight))
    assert decided(found).tie == pytest.approx(0.2)


def test_log_odds_are_weighted_means_of_margins() -> None:
    two = make("pairwise", [{"weight": 3}, {"weight": -1, "not_applicable": True}], "logodds")
    found = margin.pairwise_comparison(two, believed({"A": 0.8, "B": 0.2}, {"A": 0.1, "B": 0.4, "na": 0.5}))
    # weights 3 and ½; the fault is B's, 4 to 1
    assert decided(found).margin == pytest.approx((3 * math.log(4) + 0.5 * math.log(4)) / 3.5)
    tied = margin.pairwise_comparison(two, believed({"=": 1.0}, {"A": 1e-9, "B": 1.0}))
    # (3 × 0 + log 1e9) / 4, although ¾ of all ties would pull it to log 7 or less
    assert decided(tied).margin == pytest.approx(math.log(1e9) / 4)


def test_a_gate_decides_before_the_rest_and_the_first_before_the_second() -> None:
    rows: list[dict[str, Any]] = [
        {"gate": {"then": "reject"}},
        {"weight": -1, "gate": {"then": "reject"}},
        {"weight": 50},
    ]
    for aggregation in ("mean", "sum", "logodds"):
        three = make("pairwise", rows, aggregation)
        told = believed({"A": 0.5, "B": 0.2, "=": 0.3}, {"A": 0.4, "B": 0.1, "=": 0.5}, {"A": 0.9, "B": 0.1})
        found = decided(margin.pairwise_comparison(three, told))
        if aggregation != "logodds":
            # win: .5, or undecided .3 times (the fault is B's .1, or undecided .5 times .9)
            assert found.win == pytest.approx(0.5 + 0.3 * (0.1 + 0.5 * 0.9))
        assert found.lose > 0.2
        sure = believed({"B": 1.0}, {"B": 1.0}, {"A": 1.0})
        assert decided(margin.pairwise_comparison(three, sure)).margin == -margin.MOST_NATS


def test_one_verdict_on_the_whole_is_read_as_it_stands() -> None:
    whole = make("pairwise", [])
    found = margin.pairwise_comparison(whole, {"winner": LabelDist.of({"A": 0.5, "B": 0.1, "tie": 0.4})})
    assert decided(found).margin == pytest.approx(math.log(0.7 / 0.3))
    assert margin.pairwise_comparison(whole, {}) is None


@settings(deadline=None)
@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_hard_votes_give_the_margin_of_hard_verdicts(a: int, t: int, b: int) -> None:
    one, whole = make("pairwise", [{}]), make("pairwise", [])
    votes = LabelDist.of_votes(("A", "B", "="), ["A"] * a + ["="] * t + ["B"] * b)
    assert decided(margin.pairwise_comparison(one, {"c1": votes})).margin == pytest.approx(
        votes_margin(a, t, b), abs=1e-12
    )
    votes = LabelDist.of_votes(("A", "B"), ["A"] * a + ["B"] * b)
    found = margin.pairwise_comparison(whole, {"winner": votes})
    assert decided(found).margin == pytest.approx(votes_margin(a, 0, b), abs=1e-12)


def test_only_the_proportions_of_the_weights_matter_and_they_need_no_new_verdict() -> None:
    told = believed({"1": 1, "2": 2, "3": 3}, {"1": 3, "2": 1, "3": 1})
    other = believed({"1": 2, "2": 2, "3": 2}, {"1": 1, "2": 1, "3": 3})

    def found(*weights: float) -> float:
        r = make("pointwise", [{"weight": w} for w in weights])
        return margin.compare_scores(*(known(score_dist.score_distribution(r, each)) for each in (told, other))).margin

    assert found(2, 1) == pytest.approx(found(2e-3, 1e-3), abs=1e-12) == pytest.approx(found(740, 370), abs=1e-12)
    assert found(9, 1) > 0 > found(1, 9)


def test_rejection_lies_below_everything_and_rejected_answers_tie() -> None:
    gates = [
        {"when": ["1"], "then": "reject"},
        {"when": ["1"], "then": "cap", "at": -99.0},
        {"when": ["1"], "then": "zero"},
    ]
    for aggregation in ("mean", "sum", "min"):
        rows: list[dict[str, Any]] = [{"weight": 5, "gate": gates[0]}, {"weight": -3}]
        rows.append({"weight": 2, "gate": gates[1 if aggregation == "sum" else 2]})
        r = make("pointwise", rows, aggregation)
        worst = known(score_dist.score_distribution(r, believed({"2": 1}, {"3": 1}, {"1": 1})))
        out = [known(score_dist.score_distribution(r, believed({"1": 1}, {"1": 1}, {last: 1}))) for last in "13"]
        assert margin.compare_scores(worst, out[1]).win == 1
        assert margin.compare_scores(out[0], out[1]).tie == 1
        assert worst.value[0] == {"mean": 0, "sum": -3, "min": 0}[aggregation]
        assert out[0].value[0] == {"mean": -1, "sum": -13, "min": -1}[aggregation]  # sums lie in [-3, 7]


# beyond what can be kept exactly


def _large(skips: int = 0, seed: int = 1) -> tuple[rubric.Rubric, Dists]:
    rng = np.random.default_rng(seed)
    levels = [{"label": str(i)} for i in range(5)]
    rows = [
        {"levels": levels, "weight": float(rng.uniform(0.2, 3))} | ({"not_applicable": True} if i < skips else {})
        for i in range(12)
    ]
    told = [dict(zip(["0", "1", "2", "3", "4"], rng.dirichlet(np.ones(5)).tolist(), strict=True)) for _ in rows]
    for row in told[:skips]:
        row["na"] = 0.3
    return make("pointwise", rows), believed(*told)


def test_twelve_criteria_of_five_levels_take_less_than_a_second_and_keep_the_mean() -> None:
    r, told = _large()
    start = time.process_time()
    found = known(score_dist.score_distribution(r, told))
    assert time.process_time() - start < 1
    weights = [one.weight for one in r.criteria]
    means = [score_dist.expected_level(told[one.id], one.levels) for one in r.criteria]
    expected = math.fsum(w * (m or 0.0) for w, m in zip(weights, means, strict=True)) / math.fsum(weights)
    assert found.mean == pytest.approx(expected, abs=1e-13)
    assert 0 < found.error < 1 / combine.FINEST
    # variances of independent parts add up; cells leave out what varies inside them
    variance = 0.0
    for one in r.criteria:
        dist = told[one.id]
        v = np.array([float(label) / 4 for label in dist.labels])
        variance += (one.weight / math.fsum(weights)) ** 2 * float(dist.p @ v**2 - (dist.p @ v) ** 2)
    assert found.std == pytest.approx(math.sqrt(variance), rel=1e-5)


def _furthest(one: score_dist.ScoreDist, other: score_dist.ScoreDist) -> float:
    """The furthest that any mass must move to make one of the other: the greatest distance of equal quantiles."""
    levels = np.linspace(0.0005, 0.9995, 3001)
    a, b = (each.value[np.searchsorted(np.cumsum(each.p), levels)] for each in (one, other))
    return float(np.abs(a - b).max())


@pytest.mark.parametrize("skips", [0, 1])
def test_no_value_moves_further_than_the_cells_allow(skips: int, monkeypatch: pytest.MonkeyPatch) -> None:
    full, told = _large(skips)
    r = full.with_(criteria=full.criteria[:7])
    told = {one.id: told[one.id] for one in r.criteria}
    monkeypatch.setattr(combine, "MANY", 10**9)
    monkeypatch.setattr(score_dist, "MANY", 10**9)
    exact = known(score_dist.score_distribution(r, told))
    monkeypatch.setattr(combine, "MANY", 200)
    monkeypatch.setattr(score_dist, "MANY", 200)
    monkeypatch.setattr(combine, "FINEST", 64)  # coarser, so that there is something to see
    coarse = known(score_dist.score_distribution(r, told))
    assert len(coarse.p) < 700 < 70_000 < len(exact.p)
    assert exact.error == 0 < coarse.error <= 1 / 64
    assert coarse.mean == pytest.approx(exact.mean, abs=1e-13)
    assert 1e-5 < _furthest(exact, coarse) <= coarse.error


def test_many_criteria_that_may_not_apply_cost_accuracy_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    full, told = _large(12)
    r = full.with_(criteria=full.criteria[:6])
    told = {one.id: told[one.id] for one in r.criteria}
    exact = known(score_dist.score_distribution(r, told))
    monkeypatch.setattr(combine, "MANY", 500)
    monkeypatch.setattr(combine, "MOST", 1_000)
    monkeypatch.setattr(score_dist, "MANY", 500)
    coarse = known(score_dist.score_distribution(r, told))
    assert coarse.error > 1 / combine.FINEST
    assert _furthest(exact, coarse) <= coarse.error
    assert coarse.mean == pytest.approx(exact.mean, abs=1e-3)


def test_answers_that_are_surely_alike_still_tie_among_many_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(combine, "FINEST", 64)  # cells so wide that their centres differ
    r, _ = _large()
    rng = np.random.default_rng(5)

    def sure() -> Dists:
        each = [{str(i): float(rng.uniform(0, 0.02)) for i in range(5)} | {"2": 1.0} for _ in r.criteria]
        return believed(*each)

    a, b = (known(score_dist.score_distribution(r, sure())) for _ in range(2))
    likeliest = float(a.p.max() * b.p.max())  # both at "2" throughout, in the midst of all other sums
    assert likeliest > 0.1
    assert margin.compare_scores(a, b).tie > likeliest - 1e-3


def test_twenty_criteria_that_compare_keep_their_sign_nearly_everywhere() -> None:
    rng = np.random.default_rng(3)
    weights = rng.uniform(0.5, 2, 20)
    p = rng.dirichlet(np.ones(3), 20)
    r = make("pairwise", [{"weight": float(w)} for w in weights])
    told = believed(*(dict(zip(("A", "B", "="), row.tolist(), strict=True)) for row in p))
    found = decided(margin.pairwise_comparison(r, told))
    draws = np.stack([rng.choice([1.0, -1.0, 0.0], size=200_000, p=row) for row in p]) * weights[:, None]
    assert found.win == pytest.approx(float((draws.sum(0) > 0).mean()), abs=0.006)  # five standard errors


# limits


def test_margins_are_finite_and_tails_keep_their_digits() -> None:
    most = margin.MOST_NATS
    assert most == pytest.approx(708.396, abs=1e-3)
    assert margin.Comparison(1, 0, 0).margin == most == -margin.Comparison(0, 0, 1).margin
    assert margin.Comparison(0.0, 1.0, 0.0).margin == 0
    assert margin.Comparison(1.0, 0.0, 1e-200).margin == pytest.approx(200 * math.log(10))
    assert margin.Comparison(1.0, 0.0, 5e-324).margin == most
    a, b = (score_dist.ScoreDist(value=np.array([0.0, 1.0]), p=np.array([q, 1 - q])) for q in (1e-40, 1 - 1e-16))
    # b > a only with b = 1 (1e-16) and a = 0 (1e-40)
    assert margin.compare_scores(a, b).lose == pytest.approx(float(b.p[1]) * 1e-40, rel=1e-12)


def test_scores_nearer_than_a_billionth_tie() -> None:
    a, b, c = (score_dist.ScoreDist(value=np.array([v]), p=np.ones(1)) for v in (0.5, 0.5 + 5e-10, 0.5 + 5e-9))
    assert margin.compare_scores(a, b).tie == 1
    assert margin.compare_scores(a, c).lose == 1
    large = [score_dist.ScoreDist(value=np.array([v]), p=np.ones(1)) for v in (1e6, 1e6 + 1e-4)]  # sums of weights 1000
    assert margin.compare_scores(*large).tie == 1


def test_a_score_distribution_is_checked_and_read_only() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        score_dist.ScoreDist(value=np.array([0.0, 1.0]), p=np.array([0.5, 0.6]))
    with pytest.raises(ValueError, match="rising"):
        score_dist.ScoreDist(value=np.array([1.0, 0.0]), p=np.array([0.5, 0.5]))
    with pytest.raises(ValueError, match="shape"):
        score_dist.ScoreDist(value=np.array([1.0]), p=np.array([0.5, 0.5]))
    with pytest.raises(ValueError, match="read-only"):
        score_dist.ScoreDist(value=np.zeros(1), p=np.ones(1)).value[0] = 1
    with pytest.raises(ValueError, match="win, tie and lose"):
        margin.Comparison(0.5, 0.5, 0.5)


def test_distributions_of_another_rubric_are_refused() -> None:
    point, pair = make("pointwise", [{}]), make("pairwise", [{}])
    with pytest.raises(ValueError, match=r"'c2', which is none of c1"):
        score_dist.score_distribution(point, believed({"1": 1}, {"1": 1}))
    with pytest.raises(ValueError, match="is pairwise; this is for pointwise"):
        score_dist.score_distribution(pair, {})
    with pytest.raises(ValueError, match="is pointwise; this is for pairwise"):
        margin.pairwise_comparison(point, {})
    with pytest.raises(ValueError, match=r"label 'no' is none of 1, 2, 3, na"):
        score_dist.score_distribution(point, believed(yes(0.5)))
    with pytest.raises(ValueError, match=r"criterion 'c1': label 'tie' is none of A, B, =, na"):
        margin.pairwise_comparison(pair, believed({"A": 1, "tie": 1}))


def test_verdicts_give_what_their_distributions_give_and_failures_nothing() -> None:
    point, pair = make("pointwise", [BINARY]), make("pairwise", [{}])
    told = verdict.Verdict(labels={"c1": "yes"}, distributions=believed(yes(0.75)))
    assert known(score_dist.verdict_score(point, told)).mean == 0.75
    said = verdict.Verdict(labels={"c1": "A"}, distributions=believed({"A": 0.75, "B": 0.25}))
    assert decided(margin.verdict_margin(pair, said)).margin == pytest.approx(math.log(3))
    failed = verdict.Verdict(status="invalid", error="no JSON")
    assert score_dist.verdict_score(point, failed) is None
    assert margin.verdict_margin(pair, failed) is None
