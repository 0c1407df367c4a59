"""How the pocket models are made: their tokenizer, the plain language models, and what the judge learns from.

A composer: it may use every part of assay, and nothing imports it but the command line.
"""

from .examples import INSTRUCTIONS, LANGUAGES, JudgeExample, judge_example, judge_examples

__all__ = ["INSTRUCTIONS", "LANGUAGES", "JudgeExample", "judge_example", "judge_examples"]
