"""The main job on real input: recorded scorers of every kind on one calibrated scale.

Three reports from judgements that their authors recorded; no model runs.  They need the real
data (ASSAY_DATA), which is not part of the package: without it the demo says so.  What needs
no data is in `demo_live`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError

__all__ = ["JOBS", "Job", "data_folder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One compare run; `{data}` stands for the data folder."""

    name: str
    """Folder of the report."""
    title: str
    """Heading of the report."""
    data: tuple[str, ...]
    """DATA, the source among them."""
    scorers: tuple[str, ...]
    """SPECs."""
    source: str
    """Where the maps are fitted."""


_BASELINES = ("baseline:longer", "baseline:surface")
"""What every real scorer must beat; RewardMATH kept no texts for them to read."""
_BENCH = "{data}/judgebench/gpt-4o-2024-05-13.jsonl.gz"
_OUTPUT = "recorded-judgebench:{data}/judgebench/outputs/gpt-4o-2024-05-13__judge_name="
_LOGS = "recorded-llmbar:{data}/llmbar_judge_logs/LLMBar/**/evaluators"
_MATH = "{data}/rewardmath/results/RewardMATH"
_SCORES = f"recorded-rewardmath:{_MATH}"

JOBS: tuple[Job, ...] = (
    Job(
        name="llmbar",
        title="LLM judges on LLMBar: fitted on natural pairs, tested on adversarial ones",
        data=(
            "Natural=llmbar:{data}/llmbar/LLMBar/Natural/dataset.json.gz",
            "Neighbor=llmbar:{data}/llmbar/LLMBar/Adversarial/Neighbor/dataset.json.gz",
            "GPTInst=llmbar:{data}/llmbar/LLMBar/Adversarial/GPTInst/dataset.json.gz",
        ),
        scorers=(
            f"GPT-4-Swap={_LOGS}/GPT-4/Swap/result.json.gz",
            f"GPT-4-Rating={_LOGS}/GPT-4/Rating/result.json.gz",
            f"ChatGPT-Swap={_LOGS}/ChatGPT/Swap/result.json.gz",
            f"LLaMA2-Swap={_LOGS}/LLaMA2/Swap/result.json.gz",
            *_BASELINES,
        ),
        source="Natural",
    ),
    Job(
        name="judgebench",
        title="Two scalar reward models and a judge on JudgeBench: from knowledge to reasoning and code",
        data=(
            f"mmlu-pro=judgebench:{_BENCH}?subset=mmlu-pro-*",
            f"livebench=judgebench:{_BENCH}?subset=livebench-*",
            f"livecodebench=judgebench:{_BENCH}?subset=livecodebench",
        ),
        scorers=(
            f"Skywork-8B={_OUTPUT}reward_model__judge_model=Skywork_Skywork-Reward-Llama-3.1-8B.jsonl.gz",
            f"GRM-Gemma-2B={_OUTPUT}reward_model__judge_model=Ray2333_GRM-Gemma-2B-rewardmodel-ft.jsonl.gz",
            f"o1-mini={_OUTPUT}arena_hard__judge_model=o1-mini-2024-09-12.jsonl.gz",
            *_BASELINES,
        ),
        source="mmlu-pro",
    ),
    Job(
        name="rewardmath",
        title="Scalar, process and judge on RewardMATH, split by problem",
        data=(
            f"fit=rewardmath:{_MATH}/internlm2_reward.json.gz?part=teacher+student",
            f"held-out=rewardmath:{_MATH}/internlm2_reward.json.gz?part=val+cal+test",
        ),
        scorers=(
            f"InternLM2-7B={_SCORES}/internlm2_reward.json.gz",
            f"GRM-Llama3={_SCORES}/grm_llama3_reward.json.gz",
            f"ArmoRM={_SCORES}/ArmoRM_reward.json.gz",
            f"Math-Shepherd={_SCORES}/Math_Shepherd_reward.json.gz?by=last",
            f"ReasonEval-7B={_SCORES}/ReasonEval_7B_reward.json.gz?by=min",
            f"GPT-4-graded={_SCORES}/gpt4_reward.json.gz",
            f"GPT-4-pairwise={_SCORES}/gpt4_pairwise_reward.json.gz",
        ),
        source="fit",
    ),
)


def data_folder() -> Path:
    """Return the folder of the real data: $ASSAY_DATA, else ../shared/data seen from here.

    Raises:
        InputError: it is not there.
    """
    folder = Path(os.environ.get("ASSAY_DATA", "../shared/data"))
    if not folder.is_dir():
        raise InputError(
            f"the demo reads recorded judgements from {folder}, which is no folder; "
            "set ASSAY_DATA to a folder with judgebench/, llmbar/, llmbar_judge_logs/ and rewardmath/"
        )
    return folder


def run_demo(out: Path, run: Callable[..., object]) -> list[Path]:
    """Run every job into its folder below `out` and return the pages.

    Args:
        out: parent of the reports.
        run: `assay.cli.compare.run_compare`.
    """
    folder = str(data_folder())
    pages = []
    for job in JOBS:
        run(
            [text.replace("{data}", folder) for text in job.data],
            [text.replace("{data}", folder) for text in job.scorers],
            source=job.source,
            out=out / job.name,
            title=job.title,
        )
        pages.append(out / job.name / "report.html")
    return pages
