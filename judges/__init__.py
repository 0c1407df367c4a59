"""Rubric-driven LLM judges: rubric to prompt and grammar, verdict to margin."""

from .asking import Judgement
from .conclude import Ranking
from .form import Form, verdict_form
from .judge import Judge
from .margin import Comparison, verdict_margin
from .panel import Panel
from .prompt import judge_prompt
from .rubric import Criterion, Rubric
from .score_dist import ScoreDist, verdict_score
from .verdict import Verdict
from .verdict import read as read_verdict

__all__ = [
    "Comparison",
    "Criterion",
    "Form",
    "Judge",
    "Judgement",
    "Panel",
    "Ranking",
    "Rubric",
    "ScoreDist",
    "Verdict",
    "judge_prompt",
    "read_verdict",
    "verdict_form",
    "verdict_margin",
    "verdict_score",
]
