"""What a user says after an answer about an instruction: what went wrong in use and what did not, or thanks.

Nothing here judges; it tells what happened.  Sentences are shared by all ways of writing, because a
user's next message does not depend on how the task was worded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .domain import Answer, Task
from .draw import Draw
from .helpfulness_words import NUMBERS, SCENARIOS

__all__ = ["react"]

TROUBLES: Mapping[str, tuple[str, ...]] = {
    "fact": (
        "{name} went by your note, and what it says about {row} did not fit at all.",
        "I checked my table again, and for {row} it says something else.",
        "For {row} you copied the value from another line of my table.",
        "The table says {value} for {row}, so now I have to ring round.",
        "We had {name} on the phone, confused about {row}, because my table says {value}.",
        "What you wrote about {row} belongs to a different line, it had to be {value}.",
        "Two people trusted the note about {row} and were caught out.",
    ),
    "keyword": (
        'I searched for "{word}" and could not find it anywhere.',
        '{name} asked me where "{word}" had gone, since I had promised it.',
        'You left out "{word}", although it is on all the posters as well.',
        'The word "{word}" was missing, so the form sent it back to me.',
        'I read it out twice, and "{word}" never came up.',
        'They were waiting for "{word}" and heard something else instead.',
        'I had to squeeze "{word}" in by hand before it went out.',
    ),
    "avoid": (
        'There it was, "{word}", right in the middle, and {name} frowned.',
        'I had asked you to leave out "{word}", and now it is in print.',
        'The filter stopped it because of "{word}", so it never went out.',
        'I had to cross out "{word}" with a thick pen.',
        '{name} stumbled over "{word}", just as I had feared.',
        'I had to cover up "{word}" with a sticker on every copy.',
        'You wrote "{word}" although I had told you not to.',
    ),
    "order": (
        "The {second} came up before the {first}, so everybody did it backwards.",
        "{name} saw the {second} first and never got as far as the {first}.",
        "You put the {first} after the {second}, and I needed it the other way round.",
        "I had to swap the {first} and the {second} by hand.",
        "Because the {second} stood in front, nobody thought of the {first}.",
        "We started with the {second}, as written, and had to go back for the {first}.",
        "I needed the {first} earlier than the {second}, and that is not how it came.",
    ),
    "count": (
        "I had room for {n} things, and the number did not work out.",
        "{name} counted the things twice and did not get to {n}.",
        "I asked for {n} things, and that is not how many there were.",
        "The form has {n} boxes, and your things did not fit them.",
        "We had planned on {n} things, so I had to change the sheet.",
        "There should have been {n} things, so I crossed it out and began again.",
        "We had {n} helpers for one thing each, and it did not work out.",
    ),
    "list": (
        "I was looking for a list with dashes and had to make one myself.",
        "{name} wanted to tick things off, but they did not stand on lines of their own.",
        "Without the dashes nobody could tick anything off.",
        "I had to split it into lines with dashes before I could pin it up.",
        "The things were not set out in dashed lines, so half were overlooked.",
        "My sheet needs one dash per line, so I typed it all again.",
    ),
    "json": (
        "My program could not read it, since it was not the JSON it expects.",
        "The upload failed because there was no JSON object in it.",
        "I pasted it into the app, and it complained about missing JSON.",
        "{name} could not load it, as the JSON keys were not there.",
        "I had to type the JSON myself before the site would take it.",
        "The script stopped on the first line, where it looked for JSON.",
    ),
    "sentences": (
        "I wanted to read it aloud, and it did not come in running sentences.",
        "{name} asked why it was not simply written out in sentences.",
        "I had to turn it into running sentences before I could send it.",
        "The card has no room for separate lines, so I wrote it out again.",
        "It could not be read aloud like that, so I made a paragraph of it.",
        "Our page takes plain paragraphs, so I had to retype all of it.",
    ),
    "max": (
        "It ran past {n} words, and the end was cut off.",
        "The box stops at {n} words, so {name} never saw the last lines.",
        "I had to strike out whole sentences to get under {n} words.",
        "It was too long for the card, which takes {n} words.",
        "The printer charged extra for everything beyond {n} words.",
        "With more than {n} words it spilled over on to a second page.",
    ),
    "min": (
        "It was over long before {n} words, and half the page stayed empty.",
        "The form needs {n} words, so it would not let me send it.",
        "{name} expected {n} words and asked where the rest was.",
        "I had to add whole sentences to get up to {n} words.",
        "It was too short for the page, which needs {n} words.",
        "They pay only from {n} words on, so I had to write more.",
    ),
    "formal": (
        "{name} found it far too familiar, coming from a stranger.",
        "I had asked for a formal letter, and it sounded like a chat.",
        "It went to the director with a casual greeting, and I had to apologise.",
        "The greeting was too chummy for {name}, so I wrote a new one.",
        "I had to put a proper greeting and closing on it myself.",
        "{name} raised an eyebrow at being greeted like an old pal.",
    ),
    "informal": (
        "{name} asked whether I was angry, it sounded so stiff.",
        "I had asked for a casual letter, and it sounded like the tax office.",
        "We are old friends, and the stiff greeting made {name} laugh.",
        "The greeting was too formal for {name}, so I wrote a new one.",
        "I had to put a casual greeting and closing on it myself.",
        "It was so formal that {name} thought a lawyer had sent it.",
    ),
}
FITS: Mapping[str, tuple[str, ...]] = {
    "fact": (
        "For {row} everybody now has {value}, as in my table.",
        "{name} went by what it says about {row}, and it fitted.",
        "I compared {row} with my table, and it was the same.",
        "What you wrote about {row} was on the right line.",
    ),
    "keyword": (
        '{name} found "{word}" in it at once.',
        'With "{word}" in it, the form let me pass.',
        'They heard "{word}" and knew what it was about.',
        'I searched for "{word}" and there it was.',
    ),
    "avoid": (
        'Nobody had to read "{word}".',
        'The filter found no "{word}" and let it through.',
        '{name} was glad that "{word}" never came up.',
        'I looked for "{word}" and it was nowhere.',
    ),
    "order": (
        "The {first} came first and the {second} after it, as we needed it.",
        "{name} began with the {first} and went on to the {second}.",
        "With the {first} in front of the {second}, nobody did it backwards.",
        "We did the {first} before the {second}, just as it stood.",
    ),
    "count": (
        "We had room for {n} things, and {n} there were.",
        "{name} counted the things and got to {n}.",
        "The form has {n} boxes, and each was filled.",
        "There were {n} things, one for each helper.",
    ),
    "list": (
        "{name} ticked the dashes off one by one.",
        "The dashed lines went straight on to my sheet.",
        "With a line for each, nothing was overlooked.",
    ),
    "json": (
        "My program read it at once.",
        "The upload took the JSON as it was.",
        "The script found its keys and ran.",
    ),
    "sentences": (
        "It could be read aloud just as it stood.",
        "The sentences went straight on to the card.",
        "Our page took the paragraph as it was.",
    ),
    "max": (
        "It stayed within {n} words, so it fitted the card.",
        "The box with its {n} words had room for all of it.",
        "It was short enough, with {n} words allowed.",
    ),
    "min": (
        "It reached {n} words, so the form let me send it.",
        "It filled the page, which needs {n} words.",
        "With {n} words or more they pay, and they did.",
    ),
    "formal": (
        "{name} was pleased with the proper greeting.",
        "The director found the letter fitting.",
        "It sounded as a formal letter should.",
    ),
    "informal": (
        "{name} smiled at the casual greeting.",
        "It sounded like me talking to a friend.",
        "The greeting was as relaxed as we are.",
    ),
}
THANKS = (
    "Thanks, I pinned it up this morning and {name} had everything at hand.",
    "Thank you, {name} read it and knew at once what to {do}.",
    "Thanks, it went out as it was, and nobody had to ask me anything.",
    "Thank you, I checked it against my notes and sent it straight on.",
    "Thanks, {name} wrote back within the hour and is all set.",
    "Thank you, it went through without a single change from me.",
    "Thanks, I printed it, and everybody knew what to {do}.",
    "Thank you, {name} had no questions, and we can get going.",
)
ONWARDS = (
    "Next week I need something similar for another group.",
    "Could you write one for {name}'s brother as well?",
    "Now I only have to buy the stamps.",
    "What shall we plan for next month?",
    "I am putting it in the folder for next year.",
    "Can you now help me with a shopping trip?",
    "Then I can turn to the seating tonight.",
    "My next job is the poster for the door.",
)


def _told(draw: Draw, task: Task, kind: str, sentences: Mapping[str, tuple[str, ...]]) -> str:
    spec: Mapping[str, Any] = task.facts["constraints"][kind]
    name = spec.get("side") or spec.get("tone") or (spec["form"] if kind == "form" else kind)
    fill = {**spec, "n": NUMBERS[spec["n"]]} if kind == "count" else spec
    return draw.pick(sentences[name]).format(name=task.facts["reader"].split()[0], **fill)


def react(draw: Draw, task: Task, answer: Answer) -> str:
    """Return a user's next message: what came of every wish, troubles first, and sometimes what is next.

    Args:
        draw: where randomness comes from.
        task: what was asked; facts as the helpfulness domain makes them.
        answer: the answer with its criteria.
    """
    fill = {"name": task.facts["reader"].split()[0], "do": SCENARIOS[task.scenario].do}
    kinds = draw.shuffled(tuple(task.facts["constraints"]))
    broken = [kind for kind in kinds if not answer.criteria[kind]]
    said = [_told(draw, task, kind, TROUBLES) for kind in broken]
    said += [_told(draw, task, kind, FITS) for kind in kinds if kind not in broken]
    if not broken:
        said[2:] = [draw.pick(ONWARDS).format(**fill)]
        return f"{draw.pick(THANKS).format(**fill)} {' '.join(said)}"
    return " ".join(said)
