"""`assay pocket check --world`, and the world as DATA on the command line."""

from __future__ import annotations

import json

import pytest

from assay.cli import main


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main(list(argv))
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err


def test_check_prints_every_data_set_with_its_quirks_against_their_plan(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "pocket", "check", "--world", "-n", "200")
    assert code == 0
    assert out.count(": 200 pairs · families") == 12
    assert out.count("(plan 0.65)") == out.count("(plan 0.35)") == 12
    assert "reasoning/a: 200 pairs · families [1, 6] · " in out


def test_check_as_json_can_say_what_the_surface_gives_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from assay.pocket import plan, world

    monkeypatch.setattr(world, "DOMAINS", ("harmlessness",))
    monkeypatch.setattr(plan, "SETS", ("a",))
    code, out, _ = run(capsys, "pocket", "check", "--world", "--surface", "-n", "200", "--json")
    assert code == 0
    [row] = json.loads(out)
    assert 0.4 < row["surface"]["value"] < 0.9
    assert row["quirk_oracle"] == pytest.approx(0.683, abs=1e-3)
    assert row["coverage"][1] == 20


def test_without_a_name_of_what_to_check_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "pocket", "check", "-n", "200")
    assert code == 2
    assert "--world" in err


def test_the_world_can_be_shown_checked_and_compared_like_any_data(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "data", "show", "world:reasoning/a?n=5", "-n", "1")
    assert code == 0
    assert "first  " in out
    code, out, _ = run(capsys, "data", "check", "world:harmlessness/c?n=100&part=cal", "--json")
    assert code == 0
    assert json.loads(out)[0]["kept"] == 100
    code, out, _ = run(capsys, "data", "overlap", "world:reasoning/a?n=100", "world:reasoning/b?n=100")
    assert code == 0
    assert "0 exact" in out
