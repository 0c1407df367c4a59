"""The recipe makes what is asked for, once, and the same again; what cannot be made is refused first."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_recipe import DOCUMENTS, tiny_recipe

from assay.engines.tokens import load_tokens
from assay.errors import InputError
from assay.fit_checkpoints import is_done
from assay.pocket.models import MODELS, read_facts
from assay.pocket_train.recipe import train_models

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True, scope="module")
def _tiny() -> Iterator[None]:
    with tiny_recipe():
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder with all models, and what was told while they were trained."""
    out, told = tmp_path_factory.mktemp("made"), list[str]()
    assert train_models(out, on_stage=told.append) == [out / name for name in MODELS]
    return out, told


@pytest.fixture
def again(made: tuple[Path, list[str]], tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(made[0], tmp_path / "again"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
def test_all_models_are_made_with_one_tokenizer_and_say_how(made: tuple[Path, list[str]]) -> None:
    out, told = made
    facts = {name: read_facts(name, out) for name in MODELS}
    assert [facts[name]["steps"] for name in MODELS] == [2, 1, 2]  # 60 and 30 documents, 32 rows a step
    assert len({one["template_hash"] for one in facts.values()}) == 1
    assert facts["judge"]["base"] == "lm"
    assert facts["judge"]["parameters"] == facts["lm"]["parameters"] > 100_000
    assert facts["lm"]["nats_per_token"] > 5 > facts["lm"]["nats_per_token_error"] > 0
    plain = [
        words
        for name in ("lm", "weak")
        for words in (f"{name}: writing {DOCUMENTS[name]} documents", f"{name}: training")
    ]
    stages = ["tokenizer", *plain, "judge: writing its examples"]
    assert told == [*stages, "judge: examples 1 of 2 thousand", "judge: examples 2 of 2 thousand", "judge: 2 steps"]


@pytest.mark.slow
def test_finished_models_are_left_as_they_are(made: tuple[Path, list[str]]) -> None:
    out, told = made[0], list[str]()
    before = {name: (out / name / "DONE").stat().st_mtime_ns for name in MODELS}
    assert train_models(out, ["judge", "lm"], on_stage=told.append) == [out / "lm", out / "judge"]
    assert told == []
    assert {name: (out / name / "DONE").stat().st_mtime_ns for name in MODELS} == before


@pytest.mark.slow
def test_a_model_that_is_damaged_is_made_again_from_its_run_with_the_same_bytes(again: Path) -> None:
    before = contents(again / "weak")
    (again / "weak/model.safetensors").write_bytes(b"")
    with pytest.raises(InputError, match="holds checkpoints of an earlier run; resume it or name another folder"):
        train_models(again, ["weak"])
    train_models(again, ["weak"], resume=True)
    assert contents(again / "weak") == before


@pytest.mark.slow
def test_the_same_call_gives_the_same_bytes(made: tuple[Path, list[str]], tmp_path: Path) -> None:
    shutil.copytree(made[0] / "runs/tokenizer", tmp_path / "runs/tokenizer")
    for name in ("weak", "judge"):
        if name == "judge":
            shutil.copytree(made[0] / "lm", tmp_path / "lm")
        train_models(tmp_path, [name])
        assert contents(tmp_path / name) == contents(made[0] / name)


@pytest.mark.slow
def test_the_judge_takes_the_tokenizer_of_the_lm_it_is_trained_on(again: Path) -> None:
    shutil.rmtree(again / "runs")
    shutil.rmtree(again / "judge")
    told = list[str]()
    train_models(again, ["judge"], on_stage=told.append)
    assert "tokenizer" not in told
    assert load_tokens(str(again / "judge")).hash == load_tokens(str(again / "lm")).hash


def test_a_judge_without_lm_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the judge is trained on from lm, which is not finished there"):
        train_models(tmp_path, ["judge", "weak"])
    assert not is_done(tmp_path / "weak")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        train_models(tmp_path, ["weak"])


@pytest.mark.slow
def test_the_command_makes_the_models_that_are_asked_for_and_goes_on_where_it_was(run: Run, tmp_path: Path) -> None:
    code, out, err = run("pocket", "train", "--out", tmp_path, "--only", "weak")
    assert (code, out) == (0, f"{tmp_path / 'weak'}\n")
    assert err.splitlines()[0] == "tokenizer"
    (tmp_path / "weak/DONE").unlink()
    code, _, err = run("pocket", "train", "--out", tmp_path, "--only", "weak")
    assert code == 2
    assert "resume it or name another folder" in err
    code, out, _ = run("pocket", "train", "--out", tmp_path, "--only", "weak", "--resume")
    assert (code, out) == (0, f"{tmp_path / 'weak'}\n")
    assert read_facts("weak", tmp_path)["steps"] == 1
