"""What the judge learns is cut as the engine cuts it, weighs labels most, and leaves the prompt alone."""

from __future__ import annotations

import math
from functools import cache
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from assay.engines import Free, Grammar, Literal, Slot
from assay.engines.index import token_index
from assay.engines.tokens import HFTokens, encode
from assay.pocket_train import judge_example
from assay.pocket_train.rows import Row, collate_rows
from assay.pocket_train.verdicts import LABEL_WEIGHT, learned, verdict_ids, verdict_loss
from assay.pocket_train.vocabulary import train_tokenizer

GRAMMAR = Grammar(
    (Literal('{"rationale":"'), Free("rationale"), Literal('","winner":"'), Slot("winner", ("A", "B")), Literal('"}'))
)


@cache
def tokens() -> HFTokens:
    return HFTokens(train_tokenizer(documents=300, examples=60))


def test_labels_weigh_four_times_a_word_and_the_end_is_learned() -> None:
    ids, weights = verdict_ids(tokens(), GRAMMAR, '{"rationale":"B is right.","winner":"B"}')
    assert tokens().write(ids) == '{"rationale":"B is right.","winner":"B"}'
    assert ids[-1] == tokens().eos_id
    assert [tokens().write([token]) for token, weight in zip(ids, weights, strict=True) if weight == LABEL_WEIGHT] == [
        "B"
    ]
    assert set(weights) == {1.0, LABEL_WEIGHT}


def test_a_text_outside_the_grammar_is_refused() -> None:
    with pytest.raises(ValueError, match="not a text of the grammar"):
        verdict_ids(tokens(), GRAMMAR, '{"rationale":"B is right.","winner":"C"}')


def test_every_example_is_a_way_through_the_engines_automaton() -> None:
    for index in range(60):
        example = judge_example(index)
        row, automaton = learned(tokens(), example), token_index(example.form.grammar, tokens())
        prompt = encode(tokens(), tokens().chat(example.messages))
        assert list(row.ids[: len(prompt)]) == prompt
        assert set(row.weights[: len(prompt)]) == {0.0}
        state = automaton.start
        for token in row.ids[len(prompt) :]:
            to = automaton.step(state, token)
            assert to is not None, (index, tokens().write([token]))
            state = to
        assert state == automaton.done


class Fixed(nn.Module):
    """Logits that do not depend on anything: token 1 is e times as likely as each of the other two."""

    def model(self, input_ids: torch.Tensor, use_cache: bool) -> SimpleNamespace:
        return SimpleNamespace(last_hidden_state=torch.zeros(*input_ids.shape, 1))

    def lm_head(self, hidden: torch.Tensor) -> torch.Tensor:
        return torch.tensor([0.0, 1.0, 0.0]).expand(len(hidden), 3)


def test_the_loss_is_the_mean_over_rows_of_weighted_nats() -> None:
    # log Z = log(e + 2); token 1 costs log Z - 1, any other log Z
    # row 1: ids 0 | 1 (weight 1), 2 (weight 4): (1 (Z - 1) + 4 Z) / 5;   row 2: ids 0, 0 | 1 (weight 4): Z - 1
    rows = [Row((0, 1, 2), (0.0, 1.0, LABEL_WEIGHT)), Row((0, 0, 1), (0.0, 0.0, LABEL_WEIGHT))]
    z = math.log(math.e + 2)
    found = verdict_loss(Fixed(), collate_rows(rows))
    assert float(found.sum) == pytest.approx((z - 1 / 5) + (z - 1), rel=1e-6)
    assert found.n == 2
    assert found.metrics["label_accuracy"] == 0.5  # the label of row 2 is token 1, that of row 1 is not


def test_padding_weighs_nothing() -> None:
    row = Row((0, 1), (0.0, LABEL_WEIGHT))
    alone = verdict_loss(Fixed(), collate_rows([row]))
    both = verdict_loss(Fixed(), collate_rows([row, Row((0, 1, 1, 1), (0.0, 0.0, 0.0, 1.0))]))
    assert float(both.sum) == pytest.approx(2 * float(alone.sum))
