"""How the truths about the solution of a word problem are asked and stated."""

from __future__ import annotations

from collections.abc import Mapping

from .domain import Answer, Task
from .draw import Draw
from .reasoning_plans import amount
from .wordings import OVERALL, Language, Slots, Split, Wording

__all__ = ["LANGUAGE"]

_WORDS: Mapping[str, Wording] = {
    # {goal}: what is asked for; {stated}, {answer}: the amount stated, the true one
    "result": Wording(
        asked=Split(
            (
                "Is the final result right?",
                "Does the last line state the number that the problem leads to?",
                "Somebody relies on the stated result: is it correct?",
                "Check the end of the solution. Is the true amount given for {goal}?",
                "Does the solution arrive at what was asked for, with the right value?",
                "Is {goal} stated correctly?",
                "Work the problem out yourself. Do you get the amount that the answer states?",
            ),
            (
                "Whatever the way there, does the closing statement agree with the real solution of the task?",
                "Has {goal} been found without error in the end?",
                "Can the number at the bottom be trusted?",
            ),
        ),
        compared=Split(
            (
                "Which answer ends with the right result?",
                "In which of the two is the final number true?",
                "Of A and B, which one gets {goal} right?",
                "Whose last line states what the problem really leads to?",
                "Point to the solution whose result can be relied on.",
                "Which solution reaches the correct value of what was asked for?",
            ),
            (
                "Who has found {goal} without error in the end?",
                "Look only at the closing statements: on which side is the amount a true one?",
                "Which text would leave the user with the proper number?",
            ),
        ),
        said=(
            (
                "ends on a wrong number",
                "states a result that the problem does not lead to",
                "gives a wrong amount for {goal}",
                "closes with {stated}, which is wrong",
                "misses the right value of {goal}",
                "states {stated} where {answer} comes out",
            ),
            (
                "ends on the right number",
                "states the result that the problem leads to",
                "gives the right amount for {goal}",
                "closes with {stated}, which is right",
                "finds the right value of {goal}",
                "reaches {answer}, as it should",
            ),
        ),
    ),
    # {where}: the first wrong step; {how}: what is wrong with it
    "steps": Wording(
        asked=Split(
            (
                "Is every step right?",
                "Does each line follow from the problem and from the lines above it?",
                "Read step by step: is the whole chain without a fault?",
                "Could a teacher go through the solution and find nothing to mark as wrong?",
                "Are the steps sound from the first to the last?",
                "Do all of the steps hold, the closing statement included?",
            ),
            (
                "Is there no line in this solution that needs mending?",
                "Would a careful reader agree with each single move?",
                "Is the reasoning flawless throughout?",
            ),
        ),
        compared=Split(
            (
                "Which answer has the larger share of right steps?",
                "In which solution do more of the lines follow from what stands above them?",
                "Of the two chains of steps, which is the sounder one?",
                "Count the wrong steps against all steps: who does better?",
                "Which of A and B keeps closer to correct steps?",
                "Whose steps hold more often?",
            ),
            (
                "On which side would a careful reader agree with a greater part of the moves?",
                "Measured by the proportion of lines that need no mending, which text wins?",
                "Which reasoning is less flawed, line by line?",
            ),
        ),
        graded=Split(
            (
                "How many of the steps are right?",
                "What share of the lines follows from the problem and from the lines above?",
                "To what extent are the steps sound?",
                "Go through the steps. How much of the chain holds?",
                "Count the correct steps, the closing statement included: how large is their share?",
            ),
            (
                "Which proportion of the moves would a careful reader agree with?",
                "How far can one trust the single lines of this solution?",
                "What part of the reasoning needs no mending?",
            ),
        ),
        anchors=Split(
            (
                ("not one step is right", "fewer than half are right", "half or more are right", "each step is right"),
                (
                    "every line is wrong",
                    "the wrong lines outnumber the right ones",
                    "at least half of the lines hold, but not each",
                    "every line holds",
                ),
            ),
            (("no move is sound", "sound moves are rarer", "unsound moves are no more frequent", "only sound moves"),),
        ),
        said=(
            (
                "goes wrong in a step on the way",
                "takes a step that does not follow",
                "goes wrong for the first time in {where}",
                "goes wrong in {where}, {how}",
                "slips from the path in {where}",
                "holds only as far as {where}, {how}",
            ),
            (
                "takes each step correctly",
                "follows from line to line without a fault",
                "builds each step on the problem and the lines above",
                "gets the entire chain right",
                "holds from the first line to the last",
            ),
        ),
    ),
    # {part}, {value}: the quantity that a step should have taken, as told
    "setup": Wording(
        asked=Split(
            (
                "Are the quantities of the problem taken over as they were told, with each condition and unit?",
                "Has the problem been read properly: no told number swapped for another, no condition skipped, "
                "no units mixed?",
                "Does the solution use the given numbers, heed the conditions and keep the units straight?",
                "Is the setup right, that is, numbers, conditions and units as the user stated them?",
                "Compare the operands with the problem. Are told values, conditions and units respected?",
                "Is what the user told put into the steps without misreading, omission or mixed units?",
            ),
            (
                "Did the writer understand the data of the task, its conditions and its units?",
                "Were the facts that the user supplied carried into the working faithfully, in matching units and "
                "with nothing overlooked?",
                "Is the problem free of misreading in this solution?",
            ),
        ),
        compared=Split(
            (
                "Which answer takes over numbers, conditions and units as they were told?",
                "Who has read the problem properly, without a swapped number, a skipped condition or mixed units?",
                "In which solution is the setup right?",
                "Of A and B, which one respects the told values, the conditions and the units?",
                "Look at what goes into the steps: which side uses the problem's own data?",
                "Which of the two makes fewer mistakes in reading the problem?",
            ),
            (
                "Whose writer understood the data of the task better?",
                "On which side were the user's facts carried over faithfully?",
                "Which text is free of misreading?",
            ),
        ),
        said=(
            (
                "does not take the problem as it was told",
                "misreads what the problem says",
                "works with something that the user did not say",
                "puts something else where {part} belongs",
                "overlooks that {part} comes to {value}",
                "goes astray in {where}, {how}",
            ),
            (
                "takes over what the problem tells",
                "uses the told numbers, conditions and units",
                "reads the problem properly",
                "keeps to the numbers and units of the problem",
                "respects the conditions that the user set",
            ),
        ),
    ),
    "arithmetic": Wording(
        asked=Split(
            (
                "Does every written computation come out?",
                "Is the arithmetic right?",
                "Type each sum into a calculator: does it show what the solution says?",
                "Leave aside whether the steps make sense. Are the sums themselves correct?",
                "Is there no slip in adding, subtracting, multiplying or dividing?",
                "Do both sides of each equation agree?",
            ),
            (
                "Has the writer calculated without a mistake?",
                "Taken on its own, is each calculation true?",
                "Are the numbers after the equals signs what the numbers before them yield?",
            ),
        ),
        compared=Split(
            (
                "Which answer calculates correctly?",
                "In which solution does every written computation come out?",
                "Of the two, who makes no slip in a sum?",
                "Check the sums with a calculator: which side passes the check?",
                "Whose arithmetic is right?",
                "Leave sense aside and look at the sums alone. Which of A and B has them correct?",
            ),
            (
                "Which writer works the figures without a mistake?",
                "On which side is each calculation true, taken on its own?",
                "Where do the numbers after the equals signs fit those before them?",
            ),
        ),
        said=(
            (
                "makes a slip in a sum",
                "contains a sum that does not come out",
                "calculates wrongly on the way",
                "writes down an equation that is wrong",
                "slips in the sum of {where}",
                "calculates {where} wrongly",
            ),
            (
                "calculates without a slip",
                "gets the sums right",
                "writes sums that come out",
                "makes correct calculations throughout",
                "adds up wherever one checks",
            ),
        ),
    ),
    OVERALL: Wording(
        asked=Split(
            (
                "Is the solution right from beginning to end, result and steps alike?",
                "Is there nothing in this solution to correct?",
                "Does the answer reach the right result, and by sound steps only?",
                "Could the solution be printed as a model, with its result and every step correct?",
                "Are the way and the result both right?",
            ),
            (
                "Would you hand this solution on exactly as it is, sound line by line and in its outcome?",
                "Is everything in order here, the outcome as well as the path to it?",
                "Has the problem been solved perfectly?",
            ),
        ),
        compared=Split(
            (
                "Which answer is better on the whole?",
                "Which solution would you rather hand in: right result first, then sound steps, then a late fault?",
                "All in all, is A or B the better solution?",
                "Taking result and steps together, which one helps the user more?",
                "Choose the better of the two solutions.",
                "Which of these is nearer to a faultless solution?",
            ),
            (
                "Overall, whose work deserves more trust?",
                "If only one of the two could be kept, which should it be, judged by outcome and path?",
                "Name the stronger solution.",
            ),
        ),
        graded=Split(
            (
                "How good is the solution on the whole?",
                "Judge result and steps together.",
                "How far does the solution get before it goes wrong, if it does?",
                "What is the quality of this solution?",
                "Give one overall judgement of the way and the result.",
            ),
            (
                "Overall, how well has the problem been solved?",
                "How much trust do outcome and path deserve?",
                "Place the work as a whole.",
            ),
        ),
        anchors=Split(
            (
                (
                    "wrong result, and a fault in the first half",
                    "wrong result, but the first half holds",
                    "right result in spite of a wrong step",
                    "right result, each step sound",
                ),
                (
                    "it goes wrong early and never reaches the result",
                    "it goes wrong late and misses the result",
                    "the result is right, but a step is not",
                    "steps and result are right",
                ),
                ("the result is wrong", "the result is right"),
                ("it ends on a wrong number", "it ends on the right number"),
            ),
            (
                (
                    "an early mistake spoils the outcome",
                    "a late mistake spoils the outcome",
                    "the outcome is true although the path has a mistake",
                    "neither path nor outcome has a mistake",
                ),
                ("the outcome is not true", "the outcome is true"),
            ),
        ),
        said=(
            (
                "goes wrong early and misses the result",
                "goes wrong in {where}, {how}, and never recovers",
                "loses the way in the first half and ends on a wrong number",
                "misses the result after an early fault in {where}",
            ),
            (
                "holds for half of the way and then misses the result",
                "goes wrong late, in {where}, and ends on a wrong number",
                "begins well, then fails to reach the result",
                "gets as far as {where}, {how}, so the result does not hold",
            ),
            (
                "reaches the right result by way of a wrong step",
                "ends on the right number in spite of a fault",
                "states the right result, though {where} does not follow",
                "arrives at the right amount, but {where} contains a fault",
            ),
            (
                "takes sound steps to the right result",
                "solves the problem without a fault",
                "reaches the right amount, each step in order",
                "gets both the way and the result right",
                "leads step by step to {answer}, as it should",
            ),
        ),
    ),
}
_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_HOW: Mapping[str, str] = {
    "slip": "where the sum does not come out",
    "operation": "which joins the numbers the wrong way",
    "misread": "which takes another number than the one told",
    "carry": "which drops an earlier result",
    "unit": "which mixes units",
    "condition": "which skips a condition",
    "leap": "which takes a number out of nowhere",
}
_ABOUT: Mapping[str, tuple[str, ...]] = {"setup": ("misread", "unit", "condition"), "arithmetic": ("slip",)}


def _asks(task: Task, name: str) -> Slots:
    return {"goal": task.facts["steps"][-1]["name"]} if name == "result" else {}


def _finds(draw: Draw, task: Task, answer: Answer, name: str) -> Slots:
    """Return the place and the kind of the first fault, where it is one that the criterion is about."""
    plan, given = task.facts["steps"], task.facts["given"]
    goal, place, notes = plan[-1], answer.first_error, answer.notes
    slots = {"answer": amount(goal["value"], goal["unit"])}
    if notes["stated"] is not None:
        slots["stated"] = amount(notes["stated"], goal["unit"])
    fault = notes["fault"]
    if place is None or place < 0 or (name in _ABOUT and fault not in _ABOUT[name]):
        return slots
    closing = place >= len(plan)
    slots["where"] = "the closing line" if closing else f"the {_PLACES[place]} step"
    slots["how"] = "which departs from the lines above" if closing else _HOW[fault]
    ref = notes["part"]
    if ref is not None and ref >= 0:
        slots |= {"part": given[ref]["name"], "value": amount(given[ref]["value"], given[ref]["unit"])}
    return slots


LANGUAGE = Language(
    words=_WORDS,
    subjects=("The solution", "The answer", "It", "This solution"),
    asks=_asks,
    finds=_finds,
)
"""The language of word problems."""
