"""How the truths about an answer to an instruction are asked and stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .domain import Answer, Task
from .draw import Draw
from .helpfulness_truth import form_of, words_of
from .helpfulness_words import NUMBERS
from .wordings import OVERALL, Language, Slots, Split, Wording

__all__ = ["LANGUAGE"]

_WORDS: Mapping[str, Wording] = {
    # {row}, {value}: what the table is asked for and holds; {other}: a value of another row, found in the answer
    "fact": Wording(
        asked=Split(
            (
                "Does the answer give the value that the user's table holds, and no other?",
                "Is what the answer takes from the table right?",
                "Look up {row} in the table: does the answer say the same?",
                "Has the detail about {row} been copied from the correct line?",
                "Is the table's value given for {row}, without values of other rows?",
                "Would readers learn the true value for {row}?",
            ),
            (
                "Does what is said about {row} agree with the data supplied?",
                "Has the writer picked the proper entry from the user's list of values?",
                "Is the entry for {row} reproduced faithfully, with nothing from its neighbours?",
            ),
        ),
        compared=Split(
            (
                "Which answer gives the value from the table correctly?",
                "Look up {row} in the table. Which of A and B says the same?",
                "Who has copied from the right line of the table?",
                "In which text would readers learn the true value for {row}?",
                "Whose use of the user's table is right?",
                "Of the two, which one states the table's value and no other?",
            ),
            (
                "On which side does the entry for {row} agree with the data supplied?",
                "Which writer picked the proper entry from the user's list of values?",
                "Who reproduces what the data hold for {row}, and nothing from its neighbours?",
            ),
        ),
        said=(
            (
                "departs from the table",
                "does not give the table's value alone",
                "leaves readers with something other than {value} for {row}",
                "gets the entry for {row} wrong",
                "brings in {other}, which belongs to another line",
                "strays from the line of {row} in the table",
            ),
            (
                "gives the value from the table",
                "agrees with the table",
                "says {value} for {row}, as the table does",
                "copies the right line of the table",
                "gets the entry for {row} right",
            ),
        ),
        applies=(
            "The user gives a table and asks for a value from it.",
            "A value has to be taken from a table in the request.",
        ),
    ),
    # {word}: the word asked for
    "keyword": Wording(
        asked=Split(
            (
                "Does the answer use the word that the user asked for?",
                "Is the required word there?",
                'Does the word "{word}" occur in the answer?',
                'Search the text for "{word}". Is it found?',
                'The user wants "{word}" to come up; does it?',
                'Has "{word}" been worked in?',
            ),
            (
                'Can a reader come across "{word}" somewhere in this reply?',
                "Was the term on which the user insists included?",
                'Is the wish to see "{word}" fulfilled?',
            ),
        ),
        compared=Split(
            (
                "Which answer uses the word that the user asked for?",
                'In which text does "{word}" occur?',
                'Search both for "{word}": where is it found?',
                "Who has worked in the required word?",
                'Of A and B, which one says "{word}"?',
                "Whose text contains the wanted word?",
            ),
            (
                'Where can a reader come across "{word}"?',
                "Which reply included the term on which the user insists?",
                'On which side is the wish to see "{word}" fulfilled?',
            ),
        ),
        said=(
            (
                "leaves out the required word",
                "does without {word}, which was asked for",
                "forgets the word {word}",
                "lacks the wanted word",
                "never says {word}",
                "says nothing that contains the required word",
            ),
            (
                "uses the required word",
                "says {word}, as asked",
                "contains the word {word}",
                "brings in the wanted word",
                "remembers to say {word}",
                "works the required word in",
            ),
        ),
        applies=("The user asks for a certain word.", "A word is named that has to occur."),
    ),
    # {word}: the word ruled out
    "avoid": Wording(
        asked=Split(
            (
                "Is the answer free of the word that the user does not want?",
                "Does the answer keep clear of the forbidden word?",
                'Is "{word}" absent from the answer?',
                'The user rules out "{word}". Has it been left out?',
                'Search the text for "{word}". Does the search come back empty?',
                'Does the answer manage without "{word}"?',
            ),
            (
                'Would a reader look for "{word}" in vain?',
                "Has the banned term been kept away?",
                'Is the wish not to see "{word}" fulfilled?',
            ),
        ),
        compared=Split(
            (
                "Which answer is free of the word that the user does not want?",
                'From which text is "{word}" absent?',
                "Who keeps clear of the forbidden word?",
                'The user rules out "{word}". Who has left it out?',
                'Of A and B, which one manages without "{word}"?',
                "Whose text avoids what must not be said?",
            ),
            (
                'On which side would a reader look for "{word}" in vain?',
                "Which reply has kept the banned term away?",
                'Where is the wish not to see "{word}" fulfilled?',
            ),
        ),
        said=(
            (
                "uses the word that was ruled out",
                "says {word}, although the user does not want it",
                "contains the forbidden word",
                "slips in {word}",
                "ignores that {word} was ruled out",
            ),
            (
                "avoids the forbidden word",
                "does without {word}, as asked",
                "leaves out what was ruled out",
                "keeps clear of {word}",
                "never says the word that the user does not want",
            ),
        ),
        applies=("The user rules out a certain word.", "There is a word that must not occur."),
    ),
    # {first}, {second}: two things, in the order asked for
    "order": Wording(
        asked=Split(
            (
                "Are the two things named in the order that the user wants?",
                "Is the order right?",
                "Do readers meet the {first} before the {second}?",
                "The user wants the {first} first and the {second} after it. Is that so?",
                "Do both the {first} and the {second} appear, in this order?",
                "Look for the {second} in the text. Is there any mention of the {first} ahead of it?",
            ),
            (
                "Reading from the top, does one meet the {first} sooner than the {second}?",
                "Has the sequence that was requested been respected?",
                'Does "{first}" precede "{second}"?',
            ),
        ),
        compared=Split(
            (
                "Which answer names the two things in the order that the user wants?",
                "In which text does one find the {first} before the {second}?",
                "Who puts the {first} first and the {second} after it?",
                "Whose order is right?",
                "Of A and B, which one mentions the {second} only after the {first}?",
                "Look for the two things whose order matters. Which side has them the right way round?",
            ),
            (
                "Where does one meet the {first} sooner than the {second}?",
                "Which reply respects the sequence that was requested?",
                'On which side does "{first}" precede "{second}"?',
            ),
        ),
        said=(
            (
                "does not keep the order",
                "fails to put the {first} ahead of the {second}",
                "gets the order wrong",
                "ignores the order of the {first} and the {second}",
                "misses the sequence that the user wants",
            ),
            (
                "keeps the order",
                "puts the {first} before the {second}",
                "names the {first} and then the {second}",
                "follows the sequence that the user wants",
                "gets the order right",
            ),
        ),
        applies=("The user wants two things in a certain order.", "One thing has to be named before another."),
    ),
    # {n}: how many things are asked for; {found}: how many there are
    "count": Wording(
        asked=Split(
            (
                "Are there as many things as the user asked for?",
                "Is the number of things right?",
                "Does the answer name exactly {n} things?",
                "Count the things: are there {n}?",
                "The user has room for {n} things. Is that how many there are?",
                "Do the things add up to {n}, neither fewer nor more?",
            ),
            (
                "Would someone who ticks off the things make {n} ticks?",
                "Does the quantity of things match the request?",
                "Is {n} the total of the things mentioned?",
            ),
        ),
        compared=Split(
            (
                "Which answer names as many things as the user asked for?",
                "In which text are there exactly {n} things?",
                "Count the things. Who gets to {n}?",
                "Whose number of things is right?",
                "Of A and B, which one has {n} things, neither fewer nor more?",
                "Which side gives the wanted number of things?",
            ),
            (
                "Where would someone who ticks off the things make {n} ticks?",
                "Which reply matches the quantity that was requested?",
                "On which side is {n} the total of the things mentioned?",
            ),
        ),
        said=(
            (
                "names another number of things than asked for",
                "gets the number of things wrong",
                "does not come to {n} things",
                "names {found} things where {n} were asked for",
                "arrives at {found} things, against the wish for {n}",
                "counts up to a number of things that the user did not want",
            ),
            (
                "names as many things as asked for",
                "gets the number of things right",
                "comes to {n} things",
                "names exactly {n} things",
                "offers the wanted number of things",
            ),
        ),
        applies=("The user asks for a certain number of things.", "It is said how many things there should be."),
    ),
    # {form}: a list with dashes …; {shape}: what was found
    "form": Wording(
        asked=Split(
            (
                "Does the answer come in the form that the user wants?",
                "Is the layout the one asked for?",
                "Does the answer come as {form}?",
                "The user wants {form}. Is that what the answer looks like?",
                "Look at the shape of the text. Is it {form}?",
                "Could the user paste the answer where {form} must stand?",
            ),
            (
                "Is the required format respected?",
                "Has the reply been set out as {form}?",
                "Seen from afar, does this look like {form}?",
            ),
        ),
        compared=Split(
            (
                "Which answer comes in the form that the user wants?",
                "Which text is laid out as {form}?",
                "Whose layout is the one asked for?",
                "The user wants {form}. Who delivers it?",
                "Of A and B, which one has the shape of {form}?",
                "Look at form alone: which side does as asked?",
            ),
            (
                "Which reply respects the required format?",
                "Where has the text been set out as {form}?",
                "Seen from afar, which one looks like {form}?",
            ),
        ),
        said=(
            (
                "comes in another form than asked for",
                "misses the wanted form",
                "does not look like {form}",
                "comes as {shape} instead of {form}",
                "ignores the wish for {form}",
            ),
            (
                "comes in the form asked for",
                "takes the wanted form",
                "comes as {form}",
                "follows the wish for {form}",
                "looks the way that the user wants",
            ),
        ),
        applies=("The user asks for a certain layout.", "The form of the text is prescribed."),
    ),
    # {bound}: at most 80 words …; {words}: how many there are
    "length": Wording(
        asked=Split(
            (
                "Does the answer keep to the limit of length?",
                "Is the length as the user wants it?",
                "Does the answer have {bound}?",
                "Count the words: are there {bound}?",
                "The user wants {bound}. Does the text comply?",
                "Is the number of words within what was set?",
            ),
            (
                "Has the writer respected the bound on the size of the text?",
                "Would a word counter confirm that there are {bound}?",
                "Does the extent of the reply match the request?",
            ),
        ),
        compared=Split(
            (
                "Which answer keeps to the limit of length?",
                "Which text has {bound}?",
                "Count the words of both. Who stays with {bound}?",
                "Whose length is as the user wants it?",
                "Of A and B, which one complies with the wish for {bound}?",
                "Look at the number of words alone: which side does as asked?",
            ),
            (
                "Which writer respected the bound on the size of the text?",
                "Where would a word counter confirm {bound}?",
                "Which reply has the requested extent?",
            ),
        ),
        said=(
            (
                "misses the limit of length",
                "does not have {bound}",
                "runs to {words} words, against the wish for {bound}",
                "comes to {words} words and so breaks the limit",
                "ignores how long the text should be",
                "disregards the limit on words",
            ),
            (
                "keeps to the limit of length",
                "stays with {bound}",
                "runs to {words} words, which fits",
                "comes to {words} words and so keeps the limit",
                "takes as many words as it may",
                "respects the limit on words",
            ),
        ),
        applies=("The user sets a limit of length.", "A least or a largest number of words is set."),
    ),
    # {tone}: formal or informal; {a_tone}: the same with its article
    "tone": Wording(
        asked=Split(
            (
                "Does the answer greet and close in the tone that the user wants?",
                "Is the tone right?",
                "Is this {tone}, from the greeting to the closing?",
                "The user wants a letter that sounds {tone}. Does it?",
                "Are there a greeting and a closing, both {tone}?",
                "Does the letter begin and end in {a_tone} way?",
            ),
            (
                "Do salutation and farewell strike the requested note?",
                "Would the reader call the way of address {tone}?",
                "Has the {tone} register been kept up at the start and at the close?",
            ),
        ),
        compared=Split(
            (
                "Which answer greets and closes in the tone that the user wants?",
                "Which letter sounds {tone}?",
                "Whose tone is right?",
                "Of A and B, which one has {a_tone} greeting and {a_tone} closing?",
                "Look at the first line and the last ones. Who is {tone}, as asked?",
                "Which side begins and ends in {a_tone} way?",
            ),
            (
                "In which text do salutation and farewell strike the requested note?",
                "Which reply keeps up {a_tone} register?",
                "Where would the reader call the way of address {tone}?",
            ),
        ),
        said=(
            (
                "misses the tone asked for",
                "lacks {a_tone} greeting or closing",
                "does not sound {tone}",
                "greets or closes in another way than the user wants",
                "ignores the wish for {a_tone} letter",
            ),
            (
                "hits the tone asked for",
                "greets and closes in {a_tone} way",
                "sounds {tone}",
                "greets and closes as the user wants",
                "follows the wish for {a_tone} letter",
            ),
        ),
        applies=("The user wants a certain tone.", "It is said how formal the letter should be."),
    ),
    # {done}, {missed}: the wishes fulfilled and not
    OVERALL: Wording(
        asked=Split(
            (
                "Does the answer do everything that the user asked for?",
                "Are all three wishes of the user fulfilled?",
                "Could the user send this off without changing anything?",
                "Is not one of the user's conditions broken?",
                "Go through the conditions of the request. Does the answer satisfy each?",
            ),
            (
                "Has the request been carried out in full?",
                "Would the user find nothing missing or against the instructions?",
                "Is the reply in line with every instruction?",
            ),
        ),
        compared=Split(
            (
                "Which answer is better on the whole?",
                "Which one fulfils more of the user's wishes?",
                "Count the conditions that each answer satisfies: who has more?",
                "All in all, does A or B serve the user better?",
                "Choose the answer that follows the request more closely.",
                "Which text would need fewer changes before the user can send it?",
            ),
            (
                "Overall, whose reply is more in line with the instructions?",
                "If the user could take only one, which should it be?",
                "Who has carried out the request more fully?",
            ),
        ),
        graded=Split(
            (
                "How good is the answer on the whole?",
                "How many of the user's conditions does the answer satisfy?",
                "How well does the answer do what was asked?",
                "What is the overall quality, measured by the wishes fulfilled?",
                "Judge how closely the request was followed.",
            ),
            (
                "Overall, how fully has the request been carried out?",
                "To what degree is the reply in line with the instructions?",
                "Place the reply as a whole.",
            ),
        ),
        anchors=Split(
            (
                (
                    "it fulfils not one of the three wishes",
                    "it fulfils one of the three",
                    "it fulfils two of the three",
                    "it fulfils all three",
                ),
                (
                    "every condition is broken",
                    "two conditions are broken",
                    "one condition is broken",
                    "not one condition is broken",
                ),
                ("two or three of the conditions are broken", "at most one condition is broken"),
                ("fewer than two wishes are fulfilled", "two or three wishes are fulfilled"),
            ),
            (
                (
                    "it follows no instruction",
                    "it follows a single instruction",
                    "it follows all instructions but one",
                    "it follows each instruction",
                ),
                ("it follows one instruction at most", "it follows two instructions at least"),
            ),
        ),
        said=(
            (
                "misses {missed}",
                "fulfils not one of the three wishes",
                "ignores each of the three conditions",
                "gets {missed} wrong",
                "leaves the user with nothing as asked",
            ),
            (
                "gets {done} right but misses {missed}",
                "fulfils one of the three wishes",
                "manages {done} and nothing besides",
                "ignores {missed}",
                "satisfies one condition out of three",
            ),
            (
                "gets {done} right but misses {missed}",
                "fulfils two of the three wishes",
                "does what was asked except for {missed}",
                "satisfies two conditions out of three",
                "fails only at {missed}",
            ),
            (
                "fulfils the three wishes",
                "gets {done} right",
                "does everything that was asked",
                "satisfies the three conditions",
                "takes care of {done}",
            ),
        ),
    ),
}
_FORMS = {"list": "a list with dashes", "sentences": "running sentences", "json": "a JSON object"}
_WISHES = {
    "fact": "the value from the table",
    "keyword": "the wanted word",
    "avoid": "the ban on a word",
    "order": "the order",
    "count": "the number of things",
    "form": "the form",
    "length": "the length",
    "tone": "the tone",
}
_COUNTS = (*NUMBERS, "six", "seven", "eight", "nine", "ten")


def _series(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


def _asks(task: Task, name: str) -> Slots:
    spec = task.facts["constraints"].get(name)
    if spec is None:
        return {}
    if name == "form":
        keys = f" with the keys {_series(spec['keys'])}" if "keys" in spec else ""
        return {"form": _FORMS[spec["form"]] + keys}
    if name == "length":
        return {"bound": f"at {'most' if spec['side'] == 'max' else 'least'} {spec['n']} words"}
    if name == "count":
        return {"n": NUMBERS[spec["n"]]}
    if name == "tone":
        return {"tone": spec["tone"], "a_tone": f"{'a' if spec['tone'] == 'formal' else 'an'} {spec['tone']}"}
    return {key: spec[key] for key in ("word", "first", "second", "row") if key in spec}


def _finds(draw: Draw, task: Task, answer: Answer, name: str) -> Slots:
    constraints = task.facts["constraints"]
    if name == OVERALL:
        kept = {one: _WISHES[one] for one in constraints if answer.criteria[one]}
        lost = [_WISHES[one] for one in constraints if one not in kept]
        return ({"done": _series(list(kept.values()))} if kept else {}) | ({"missed": _series(lost)} if lost else {})
    spec = constraints[name]
    words = words_of(answer.text.replace("**", ""))
    flat = f" {' '.join(words)} "
    if name == "fact":
        others = [one for one in spec["others"] if f" {one.lower()} " in flat]
        return {"value": spec["value"]} | ({"other": others[0]} if others else {})
    if name == "count":
        found = sum(f" {thing} " in flat for thing in spec["things"])
        return {"found": _COUNTS[found]} if 1 < found < len(_COUNTS) else {}
    if name == "form":
        shape = form_of(answer.text.replace("**", ""))[0]
        return {"shape": _FORMS[shape]} if shape != spec["form"] else {}
    return {"words": str(len(words))} if name == "length" else {}


LANGUAGE = Language(
    words=_WORDS,
    subjects=("The answer", "It", "The text", "This answer"),
    asks=_asks,
    finds=_finds,
)
"""The language of instructions with constraints."""
