"""Rubric-driven LLM judges: rubric to prompt and grammar, verdict to margin."""

from .form import Form, verdict_form
from .margin import Comparison, verdict_margin
from .prompt import judge_prompt
from .rubric import Criterion, Rubric
from .score_dist import ScoreDist, verdict_score
from .verdict import Verdict
from .verdict import read as read_verdict

__all__ = [
    "Comparison",
    "Criterion",
    "Form",
    "Rubric",
    "ScoreDist",
    "Verdict",
    "judge_prompt",
    "read_verdict",
    "verdict_form",
    "verdict_margin",
    "verdict_score",
]
