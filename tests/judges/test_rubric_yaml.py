"""Rubric files: sound ones come back, faults have a place and a remedy, and no file breaks or stops the reader."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from rubric_cases import PLANTED, SOUND, Planted
from strategies import rubric_data, rubrics, texts

from assay.errors import InputError
from assay.judges import Rubric, rubric_yaml

HEAD = "schema_version: 1\nname: r\nmode: pointwise\n"
YES = f"{HEAD}criteria:\n  - id: a\n    question: Q?\n    type: binary\n"
MOST_SECONDS = 2.0
slow_to_draw = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

# ---------------------------------------------------------------- what the text means


def level_labels(text: str) -> list[str]:
    return [
        level.label for level in rubric_yaml.parse(f"{HEAD}scale: [{text}]\ncriteria: [{{id: a, question: Q}}]\n").scale
    ]


def test_words_that_other_readers_take_for_values_are_labels() -> None:
    found = level_labels(
        "{label: no}, {label: yes}, {label: on}, {label: 0x1F}, {label: 1_000}, {label: 12:30}, {label: =}"
    )
    assert found == ["no", "yes", "on", "0x1F", "1_000", "12:30", "="]


def test_whole_numbers_are_labels_as_they_are_written() -> None:
    assert level_labels("{label: 1}, {label: -2}, {label: 007}, {label: +1}, {label: 0}") == [
        "1",
        "-2",
        "007",
        "+1",
        "0",
    ]


def test_levels_without_values_are_spread_evenly_worst_first() -> None:
    read = rubric_yaml.parse(
        f"{HEAD}scale: [{{label: 1}}, {{label: 2}}, {{label: 3}}]\ncriteria: [{{id: a, question: Q}}]\n"
    )
    assert [level.value for level in read.criteria[0].levels] == [0, 1 / 2, 1]
    assert [level.label for level in rubric_yaml.parse(YES).criteria[0].levels] == ["no", "yes"]


def test_aliases_repeat_what_they_name() -> None:
    assert rubric_yaml.parse(SOUND[1]).criteria[1].examples[0].prompt == "Which is truer?"


@pytest.mark.parametrize("text", SOUND)
def test_the_sound_files_are_sound_with_any_line_ends_and_a_byte_order_mark(text: str, tmp_path: Path) -> None:
    rubric, found = rubric_yaml.diagnose(text)
    assert found == []
    for i, raw in enumerate([text.encode(), b"\xef\xbb\xbf" + text.encode(), text.replace("\n", "\r\n").encode()]):
        file = tmp_path / f"{i}.yaml"
        file.write_bytes(raw)
        assert Rubric.load(file) == rubric
    assert rubric_yaml.parse("\ufeff" + text) == rubric


def test_a_remark_about_a_sound_file_is_put_at_its_place() -> None:
    place = rubric_yaml.placer(SOUND[0], "a.yaml")
    assert str(place(("criteria", 1, "question"), "why?")) == "a.yaml:23:15: why?"
    assert str(place(("criteria", 1, "weight"), "why?")) == "a.yaml:22:5: why?"  # left out: its criterion
    assert str(place((), "why?")) == "a.yaml:1:1: why?"


# ---------------------------------------------------------------- round trips


@slow_to_draw
@given(rubrics())
def test_a_rubric_written_to_a_file_reads_back_equal(rubric: Rubric) -> None:
    text = rubric_yaml.dump(rubric)
    assert rubric_yaml.parse(text) == rubric
    assert rubric_yaml.dump(rubric_yaml.parse(text)) == text


@given(texts, texts)
def test_any_text_of_a_rubric_reads_back_equal(description: str, default: str) -> None:
    rubric = Rubric(name="r", mode="pairwise", description=description, variables={"x": default})
    assert rubric_yaml.parse(rubric_yaml.dump(rubric)) == rubric


@settings(slow_to_draw, max_examples=40)
@given(rubric_data())
def test_other_yaml_readers_see_the_same_in_a_written_file(data: dict[str, object]) -> None:
    rubric = Rubric.from_data(data)
    assert yaml.safe_load(rubric_yaml.dump(rubric)) == rubric.data()


AWKWARD = (
    *(
        "1e5",
        "1.",
        ".5",
        "-0",
        "08",
        "007",
        "+1",
        "0o7",
        "0x1F",
        "1_000",
        "12:30",
        "2026-01-01",
        "yes",
        "null",
        "~",
        "",
        "=",
        "<<",
    ),
    *(
        " a",
        "a ",
        "\n",
        " \n a",
        "a\n",
        "a\n\n",
        "\n\na",
        "a \nb",
        "a\n b\n",
        "a\tb\nc",
        "\t",
        "a\r\nb",
        "\x85",
        "\u2028",
        "\ufeff",
    ),
    *(
        "- a",
        "? a",
        "a: b",
        "a #b",
        "# a",
        "'a",
        '"',
        "\\",
        "[a",
        "{a",
        "%a",
        "@a",
        "`a",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "---",
        "...",
    ),
    *("word " * 60, "x" * 300, "é" * 200, "a" * 99 + "  b", "\x7f", "\x9f", "\ufffe", "\U0010ffff"),
)


@pytest.mark.parametrize("text", AWKWARD)
def test_an_awkward_text_reads_back_equal(text: str) -> None:
    rubric = Rubric(name="r", mode="pairwise", variables={"x": text, "no": text})
    assert rubric_yaml.parse(rubric_yaml.dump(rubric)) == rubric


def test_files_are_written_to_be_read() -> None:
    rubric = Rubric(
        name="r", mode="pairwise", instructions="One line.\nTwo lines é 😀.", description="007", version="on"
    )
    assert rubric_yaml.dump(rubric).splitlines() == [
        "schema_version: 1",
        "name: r",
        "version: 'on'",
        "mode: pairwise",
        "description: '007'",
        "instructions: |-",
        "  One line.",
        "  Two lines é 😀.",
    ]


# ---------------------------------------------------------------- planted faults


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: case.name)
def test_a_planted_fault_is_found_at_its_place_with_its_remedy(case: Planted) -> None:
    rubric, found = rubric_yaml.diagnose(case.text, "my.yaml")
    assert rubric is None
    assert [(one.line, one.column, one.message) for one in found] == [(*case.at, case.says)]
    line, column = case.at
    with pytest.raises(InputError) as caught:
        rubric_yaml.parse(case.text, "my.yaml")
    assert str(caught.value) == " ".join(f"my.yaml:{line}:{column}: {case.says}".split())


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: case.name)
def test_line_and_column_do_not_depend_on_line_ends(case: Planted) -> None:
    for end in ("\r\n", "\r"):
        _, found = rubric_yaml.diagnose("\ufeff" + case.text.replace("\r\n", "\n").replace("\n", end))
        assert [(one.line, one.column) for one in found] == [case.at]


def test_all_faults_of_a_file_are_found_in_the_order_of_the_file() -> None:
    text = "mood: 1\nname: r\nmode: pointwise\ncriteria:\n- id: a\n- id: b\n  question: 3\n"
    _, found = rubric_yaml.diagnose(text, "f")
    assert [(one.line, one.column) for one in found] == [(1, 1), (1, 1), (5, 3), (7, 13)]
    with pytest.raises(InputError, match=r"^f:1:1: .* \(and 3 more: assay rubric check f\)$"):
        rubric_yaml.parse(text, "f")


# ---------------------------------------------------------------- hostile files


def refused(raw: bytes, file: Path) -> str:
    """Return what is said of a file; fail where it takes too long."""
    file.write_bytes(raw)
    start = time.process_time()
    with pytest.raises(InputError) as caught:
        Rubric.load(file)
    assert time.process_time() - start < MOST_SECONDS
    assert len(str(caught.value)) < 1_000
    return str(caught.value).removeprefix(f"{file}:")


LAUGHS = "a: &a0 [x, x]\n" + "".join(f"b{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))
LONG = "x" * 200_000
DEFAULTS = ", ".join(f"v{i:063}: x" for i in range(100))
HOSTILE = {
    "billion laughs": (LAUGHS, "more than 40,000 keys and values, aliases spelt out"),
    "an alias to itself": ("&a [*a]", "nested deeper than 20 levels"),
    "a mapping in itself": ("&a {a: *a}", "nested deeper than 20 levels"),
    "open brackets": ("[" * 100_000, "1:22: nested deeper than 20 levels"),
    "open braces": ("{" * 100_000, "nested deeper than 20 levels"),
    "bracket and brace": ("[{" * 50_000, "nested deeper than 20 levels"),
    "nested keys": ("? " * 100_000, "nested deeper than 20 levels"),
    "nested lists": ("- " * 100_000, "nested deeper than 20 levels"),
    "a megabyte of keys": ("? " * 500_000, "more than 262,144 bytes"),
    "indented ever deeper": ("".join(f"{' ' * i}a:\n" for i in range(700)), "nested deeper than 20 levels"),
    "many keys": ("".join(f"k{i}: x\n" for i in range(25_000)), "more than 40,000 keys"),
    "many unknown keys": (HEAD + "".join(f"nmae{i}: x\n" for i in range(15_000)), 'unknown key "nmae'),
    "one key again and again": ("name: x\n" * 15_000, '2:1: key "name" stands twice'),
    "many list entries": ("- x\n" * 60_000, "more than 40,000 keys"),
    "many criteria": (HEAD + f"criteria: [{'1,' * 30_000}]", "has 30000 entries; at most 500"),
    "many wrong levels": (YES + f"scale: [{'{label: 1},' * 101}]", "label '1' stands twice"),
    "many variables": (YES + f"variables: {{{DEFAULTS}}}\ninstructions: '{'{{w}}' * 3_900}'", 'variable "w"'),
    "a long variable": (YES + f"instructions: '{{{{ {'w' * 19_000} }}}}'", 'variable "www'),
    "a long line": (f"name: {LONG}", "at most|'schema_version' is missing"),
    "a long quoted line": (f'{HEAD}description: "{LONG}"', "has 200000 characters; at most 20000"),
    "a long key": (f"{LONG}: 1", "not YAML|mapping values"),
    "a long explicit key": (f"{HEAD}? {LONG}\n: 1", 'unknown key "xxx'),
    "a long repeated key": (f"? {LONG[:100_000]}\n: 1\n? {LONG[:100_000]}\n: 1", "stands twice"),
    "a long tag": (f"!{LONG} x", "tag"),
    "a long anchor": (f"a: *{LONG}", "alias"),
    "a long number": (f"{HEAD}version: {'9' * 100_000}", "has 100000 characters"),
    "a long version of YAML": (f"%YAML 1.{'9' * 5_000}\n--- x", "1:9: this is not YAML"),
    "another version of YAML": ("%YAML 9.1\n--- x", "not YAML"),
    "a NUL": (HEAD + "description: a\0b", "4:15: character U\\+0000"),
    "an escaped NUL": (HEAD + 'description: "a\\0b"', "holds a NUL"),
    "an escaped NUL in a key": (HEAD + '"a\\0b": 1', "4:1: .*holds a NUL"),
    "a merge key": (HEAD + "<<: {a: 1}", 'unknown key "<<"'),
    "a list as key": (HEAD + "[a, b]: 1", "4:1: a key must be a word"),
    "a number with a wrong tag": (HEAD + "version: !!int abc", "4:10: tag"),
    "a set": (HEAD + "criteria: !!set {a, b}", "4:11: tag"),
    "bytes": (HEAD + "description: !!binary aGk=", "4:14: tag"),
    "Python": ("!!python/object/apply:os.system ['true']", "1:1: tag"),
    "a tagged key": (HEAD + "!!python/name:os.system x: 1", "4:1: tag"),
    "two documents": (f"{YES}---\n{YES}", "8:1: this is not YAML"),
    "only marks": ("---\n...\n", "name|mapping|missing|nothing"),
    "a text": ("hello", "1:1: this is a text"),
    "empty": ("", "1:1: the file is empty"),
    "blank": ("\n" * 200_000, "the file is empty"),
    "comments": ("#\n" * 100_000, "the file is empty"),
    "unclosed": (f'{HEAD}description: "{LONG}', "not YAML"),
    "percent": ("%" * 200_000, "not YAML|empty"),
    "quotes": ("''" * 100_000, "not YAML|this is a text"),
    "flow commas": (f"[{',' * 100_000}]", "not YAML"),
    "anchors": ("&a " * 60_000, "not YAML"),
    "odd line breaks": ("\x85\u2028" * 40_000, "the file is empty"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_two_seconds(name: str, tmp_path: Path) -> None:
    text, says = HOSTILE[name]
    message = refused(text.encode(), tmp_path / "r.yaml")
    assert re.search(says, message), message


def test_bytes_that_are_no_utf_8_are_placed(tmp_path: Path) -> None:
    for mark in (b"", b"\xef\xbb\xbf"):
        raw = mark + f"{HEAD}description: né caf".encode() + "é".encode("latin-1") + b"\n"
        assert refused(raw, tmp_path / "r.yaml").startswith("4:20: byte 0xe9 is not UTF-8; save the file as UTF-8")
    assert refused("name: r".encode("utf-16"), tmp_path / "r.yaml").startswith("1:1: byte 0xff")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.yaml", "a\0b", "\ud800"):
        with pytest.raises(InputError, match=r"cannot be read: .*; name a rubric file in YAML"):
            Rubric.load(path)


# ---------------------------------------------------------------- fuzz

SPECIALS = (
    *(
        "&a ",
        "*a",
        "<<: ",
        "! ",
        "!! ",
        "!!int ",
        "? ",
        "| ",
        "> ",
        "% ",
        "@",
        "`",
        "- ",
        ": ",
        ", ",
        "#",
        " #",
        "'",
        '"',
        "\\",
    ),
    *(
        "[",
        "]",
        "{",
        "}",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "\t",
        "\r",
        "\n",
        "\n\n",
        "  ",
        "\x85",
        "\u2028",
        "\ufeff",
        "\x00",
    ),
    *("\\x", '"\\ud800"', '"\\U00110000"', "~", "null", "true", "1e999", "-.5", "9" * 30, "0x1F", ".nan", "2026-01-01"),
    *("[" * 30, "{a: " * 30, "- " * 30, "é", "e\u0301", "\u202e", "\U0010ffff", "{{ x }}", "{{ '", "na", "=", "each"),
)
KEYS = (
    "label",
    "value",
    "anchor",
    "when",
    "then",
    "at",
    "id",
    "weight",
    "type",
    "levels",
    "gate",
    "mode",
    "ties",
    "scale",
)


def fuzzed(text: str, rng: random.Random) -> bytes:
    """Change a file in one to six places: bytes, lines, indentation, special characters, keys and values."""
    for _ in range(rng.choice([1, 1, 2, 3, 6])):
        lines = text.split("\n")
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        place = rng.randrange(len(text) + 1)
        match rng.randrange(11):
            case 0:
                del lines[i]
            case 1:
                lines.insert(j, lines[i])
            case 2:
                lines[i], lines[j] = lines[j], lines[i]
            case 3:
                lines[i] = " " * rng.randrange(8) + lines[i].lstrip()
            case 4:
                lines[i] = " " * rng.choice([1, 2]) + lines[i]
            case 5:
                head, colon, _ = lines[i].partition(": ")
                lines[i] = head + colon + rng.choice(SPECIALS)
            case 6:
                head, colon, rest = lines[i].partition(":")
                lines[i] = " " * (len(head) - len(head.lstrip())) + rng.choice(KEYS) + colon + rest
            case 7:
                lines = (text[:place] + rng.choice(SPECIALS) + text[place:]).split("\n")
            case 8:
                lines = (text[:place] + text[place + rng.randrange(1, 20) :]).split("\n")
            case 9:
                lines[i] = lines[i].replace(rng.choice(KEYS), rng.choice(KEYS))
            case _:
                raw = bytearray(text.encode())
                if raw:
                    raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
                lines = raw.decode("utf-8", "replace").split("\n")
        text = "\n".join(lines)
    raw = bytearray(text.encode())
    if raw and rng.random() < 0.02:
        raw[rng.randrange(len(raw))] = rng.randrange(256)
    return bytes(raw)


def fuzz(seed: int, files: int, file: Path) -> tuple[int, int, float]:
    """Read fuzzed files; return how many were sound, how many not, and the longest time in seconds."""
    rng, sound, faulty, longest = random.Random(seed), 0, 0, 0.0
    for _ in range(files):
        raw = fuzzed(rng.choice(SOUND), rng)
        start = time.process_time()
        file.write_bytes(raw)
        try:
            text = rubric_yaml.read_text(file)
        except InputError:
            faulty += 1
            continue
        rubric, found = rubric_yaml.diagnose(text, "f.yaml")
        longest = max(longest, time.process_time() - start)
        assert (rubric is None) == bool(found)
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for one in found:
            assert 1 <= one.line <= len(lines), raw
            assert 1 <= one.column <= len(lines[one.line - 1]) + 1, raw
            assert one.message.encode(), raw  # a message can always be printed
        if rubric is not None:
            sound += 1
            assert rubric_yaml.parse(rubric_yaml.dump(rubric)) == rubric
        else:
            faulty += 1
    return sound, faulty, longest


def test_no_fuzzed_file_breaks_the_reader_or_stops_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound, faulty, longest = fuzz(0, 10_000, tmp_path / "r.yaml")
    with capsys.disabled():
        print(
            f"\n{sound + faulty:,} fuzzed rubric files: {faulty:,} refused, {sound:,} sound, none above {longest:.2f} s"
        )
    assert sound + faulty == 10_000
    assert sound > 1_000
    assert longest < MOST_SECONDS
