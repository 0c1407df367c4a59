"""Every schema that DATA may name, in one table.

A reader's module is small and imports nothing heavy, so they are all imported here.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import (
    big_bench_mistake,
    biggen,
    cst,
    gsm8k,
    helpsteer3,
    hh,
    hhh,
    judgebench,
    llmbar,
    mapping,
    math_shepherd,
    pandalm,
    pku_saferlhf,
    prm800k,
    prm800k_phase1,
    prmbench,
    processbench,
    prometheus,
    rail,
    rewardbench,
    rewardbench2,
    rewardmath,
    rm_bench,
    trl_preference,
    trl_stepwise,
    ultrafeedback,
    webgpt,
    world,
)
from .schema import Schema

__all__ = ["SCHEMAS"]

_ALL: tuple[Schema, ...] = (
    hh.SCHEMA,
    webgpt.SCHEMA,
    cst.SCHEMA,
    rm_bench.SCHEMA,
    judgebench.SCHEMA,
    llmbar.SCHEMA,
    pandalm.SCHEMA,
    rewardmath.SCHEMA,
    prm800k_phase1.SCHEMA,
    processbench.SCHEMA,
    big_bench_mistake.SCHEMA,
    gsm8k.SCHEMA,
    gsm8k.SOLUTIONS,
    biggen.SCHEMA,
    prometheus.SCHEMA,
    pku_saferlhf.SCHEMA,
    rail.SCHEMA,
    helpsteer3.SCHEMA,
    ultrafeedback.SCHEMA,
    trl_preference.SCHEMA,
    trl_stepwise.SCHEMA,
    prm800k.SCHEMA,
    math_shepherd.SCHEMA,
    prmbench.SCHEMA,
    rewardbench.SCHEMA,
    rewardbench2.SCHEMA,
    hhh.SCHEMA,
    world.SCHEMA,
    mapping.SCHEMA,
)

SCHEMAS: Mapping[str, Schema] = {schema.name: schema for schema in _ALL}
"""By name."""
