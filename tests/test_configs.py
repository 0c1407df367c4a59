"""Configuration files: the dataclass's fields and no other, with an error that says what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from assay.configs import from_mapping, load_config, to_mapping
from assay.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    rate: float = 1e-5
    how: Literal["cosine", "linear"] = "cosine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    base: str
    data: tuple[str, ...] = ()
    rank: int | None = None
    weight: float | Literal["auto"] = 1.0
    fit: Inner = field(default_factory=Inner)

    def __post_init__(self) -> None:
        if self.rank is not None and self.rank < 1:
            raise ValueError(f"rank must be >= 1, got {self.rank}")


def test_a_file_becomes_the_dataclass_and_back(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("base: models/x\ndata: [a, b]\nrank: 8\nweight: auto\nfit: {rate: 1e-4, how: linear}\n")
    config = load_config(Config, file)
    assert config == Config(base="models/x", data=("a", "b"), rank=8, weight="auto", fit=Inner(rate=1e-4, how="linear"))
    assert from_mapping(Config, to_mapping(config), "again") == config


def test_numbers_may_be_whole_and_none_stands_for_left_out() -> None:
    assert from_mapping(Config, {"base": "x", "weight": 3, "rank": None}, "c") == Config(base="x", weight=3.0)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"bsae": "x"}, r"c: unknown key 'bsae' \(did you mean 'base'\?\); allowed are base, data"),
        ({}, "c: key 'base' is missing"),
        ({"base": 3}, "c: base: found 3; expected str"),
        ({"base": "x", "data": "a"}, "c: data: found 'a'; expected a list"),
        ({"base": "x", "data": [1]}, r"c: data\[0\]: found 1; expected str"),
        ({"base": "x", "rank": 0}, "c: rank must be >= 1, got 0"),
        ({"base": "x", "rank": True}, "c: rank: found True; expected int"),
        ({"base": "x", "weight": "lots"}, "c: weight: found 'lots'; allowed are auto"),
        ({"base": "x", "fit": {"how": "linaer"}}, r"c: fit: how: found 'linaer'; .*did you mean 'linear'"),
        ({"base": "x", "fit": {"rate": "fast"}}, "c: fit: rate: found 'fast'; expected a number"),
        ([1], "c: found list; expected key: value lines"),
    ],
)
def test_what_does_not_fit_is_named_with_what_is_allowed(data: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        from_mapping(Config, data, "c")


def test_a_file_that_is_absent_or_no_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_config(Config, tmp_path / "none.yaml")
    bad = tmp_path / "bad.yaml"
    bad.write_text("a: [")
    with pytest.raises(InputError, match="this is not YAML"):
        load_config(Config, bad)
