"""What users of a solution say next: what came of it when they relied on it.

Each situation has its own sentences; they report what was found in life (the till, the tape measure,
a second count) and never judge the solution as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .domain import Answer
from .draw import Draw
from .reasoning_plans import amount

__all__ = ["REACTIONS", "react"]

REACTIONS: Mapping[str, tuple[str, ...]] = {
    # {goal}, {answer}: what was asked, its true amount; {stated}: the amount stated; {name}, {true}, {found}: a step,
    # its true result and the written one; {part}, {value}: the quantity that the step should have used
    "": (
        "Thanks! We went ahead with {answer}, and {name} came to {true} on the day, just as you wrote.",
        "I went through it with {who} afterwards. We counted {true} for {name} and {answer} at the end, so off we go.",
        "That settled it, thank you. When we looked it up, {goal} was {answer} and {name} {true}.",
        "We used your {answer} straight away and nothing was missing. {Name} came to {true}, as in your lines.",
        "{Name} came to {true} when we tried it, and {goal} to {answer}. Now I can write it all into my notebook.",
        "Thank you, it all went smoothly with {answer}, and nobody had to go back and change a line on {name}.",
        "{who} followed your lines and landed on {answer}, with {true} for {name}. Can you do one for tomorrow too?",
        "The {answer} fitted, and so did the {true} for {name}. Next week I'll bring you another one like it.",
    ),
    "process": (
        "We got {answer} in the end too, but {name} puzzles {who}: from what I told you it is {true} on our list.",
        "{answer} is what we ended up with as well, yet I can't follow the line on {name}; we counted {true} there.",
        "The last line fits our {answer}. The one on {name} doesn't, though: {who} had {true} by another sum.",
        "{who} copied your lines and got stuck at {name}: that line doesn't take one to {answer}. We had {true} there.",
        "Funny, we needed {answer} too, but the line on {name} doesn't follow. {who} reached {true} there.",
        "I could use the {answer}, thanks. My teacher asked about {name}, as the line doesn't follow; we have {true}.",
    ),
    "detour": (  # the line itself does not add up to its own, true result
        "We got {answer} in the end too, but {who} asks how the line on {name} could give {true}.",
        "{answer} is what we ended up with as well, and {name} is {true}, yet that line gives something else.",
        "The last line fits our {answer}. Only the sum for {name} is odd: with other numbers {who} came to {true}.",
        "{who} typed your line on {name} into a phone and saw something else, not {true}. We still needed {answer}.",
        "Funny, {true} is what {name} came to, but not by that sum, as {who} noticed. We did need {answer} later.",
        "I could use the {answer}, thanks. My teacher asked about {name}, as that sum doesn't give {true}.",
    ),
    "slip": (
        "I typed the line for {name} into my calculator and it shows {true}; we needed {answer} in the end.",
        "We relied on {stated} and it didn't work out: {name} adds up to {true}, and we needed {answer} in the end.",
        "{who} did the sum for {name} on paper and got {true} where you have {found}. That leads us to {answer}.",
        "Something slipped at {name}: the same numbers give {true} here. We had to change {stated} to {answer}.",
        "Our list says {true} for {name}, with the very same numbers. We planned with {stated} and needed {answer}.",
        "It began at {name}, which is {true} on my phone: after planning with {stated} we found {answer} instead.",
    ),
    "operation": (
        "Why did you treat {name} that way? Done with the proper sum it is {true}, and then we needed {answer}.",
        "We relied on {stated}, but {name} isn't worked out like that. {who} got {true} there and {answer} at the end.",
        "{who} noticed that {name} takes another operation than yours; it is {true}, so we needed {answer}.",
        "When we tried it, {name} came to {true}, as those numbers go together differently. In all it was {answer}.",
        "I showed your {stated} around and people wondered about {name}. It was {true}, and {answer} in all.",
        "That sum for {name} mixes the numbers in a way that makes no sense here. We had {true}, and later {answer}.",
    ),
    "misread": (
        "I had told you that {part} is {value}, but your line for {name} has something else. We needed {answer}.",
        "Please look again at my message: {part} is {value}. With your number we planned {stated} and needed {answer}.",
        "You seem to have picked up another number, as {part} is {value}. On the day we needed {answer}.",
        "{who} spotted it: in the line for {name}, {part} should be {value}. We had to go from {stated} to {answer}.",
        "Where did you get that number for {name}? We gave you {value} for {part}, and so we needed {answer}.",
        "We went by {stated} and it didn't fit, because {part} is {value} in my message. In the end it was {answer}.",
    ),
    "carry": (
        "You had already found {part}, {value}, and then left it out of {name}. We needed {answer} and had {stated}.",
        "After {part} came to {value}, the line for {name} goes on with another number. We ended up with {answer}.",
        "{who} asked what became of {part}. With its {value} put into {name}, it all came to {answer} for us.",
        "The {value} from your earlier line never turns up again. For {name} we used it and so we came to {answer}.",
        "We relied on {stated} and it didn't fit, since {name} has to go on from {part}, {value}. It was {answer}.",
        "It looks as if {part} got lost on the way. {who} carried the {value} along and found {answer} for {goal}.",
    ),
    "unit": (
        "The units got mixed up at {name}: you need {part}, {value}, in there. It took {answer} and not {stated}.",
        "{who} stumbled over the units in {name}. With {value} for {part} we came to {answer} at the end.",
        "We relied on {stated} and were far off, as {name} mixes two units. With {part} as {value} it was {answer}.",
        "One thing about {name}: {part} is {value}, and you took it in another unit. In the end it was {answer}.",
        "In which unit is {name} meant to be? We put in {value} for {part}, and it came to {answer} that way.",
        "Those units don't go together at {name}. We know {part} to be {value}, so we needed {answer} in all.",
    ),
    "condition": (
        "You left out something I had mentioned: {name} should start from {part}, {value}. It was {answer} for us.",
        "We went by your {stated}, but it skips what I said about {part}, {value}. We ended up with {answer}.",
        "{who} said at once that {part} was forgotten in {name}. With the {value} put in, it came to {answer}.",
        "What about {part}? That was {value}, and you go on with the number from before. We needed {answer} then.",
        "The line for {name} skips what I told you; we had {stated}. With {value} for {part}, it was {answer}.",
        "I had asked you to allow for that: {part} is {value}. Without it we got {stated}, and it came to {answer}.",
    ),
    "leap": (
        "Where does the number in {name} come from? We had {value} for {part} there, and ended up with {answer}.",
        "I can't find that number of {name} anywhere. For us {part} was {value}, and it came to {answer} later.",
        "{who} searched my message for the number in {name} and couldn't find it. With {value} we had {answer}.",
        "All of a sudden there is a new number in {name}. We put in {value} for {part} and so we had {answer}.",
        "We relied on {stated} and it didn't fit: {name} uses a number out of nowhere, not {value}. It was {answer}.",
        "The line on {name} jumps. Going on from {part}, {value}, we came to {answer} and had planned with {stated}.",
    ),
    "unfinished": (
        "Your message stops before it says what {goal} is. We sat down with {who} and came to {answer} ourselves.",
        "I was waiting for {goal} and the lines just ended. In the end {who} got {answer} by going on from there.",
        "Something seems to be missing after your last line. We needed {goal}, and {who} came to {answer} later.",
        "What is {goal} then? The text breaks off before that. {who} carried on by hand and reached {answer}.",
        "The end of it didn't reach me, so I couldn't use it. When we looked, {goal} came to {answer} for us.",
        "{who} asked me for {goal} and I couldn't find it in your lines. We had to count, and it was {answer}.",
    ),
    "statement": (  # the last line does not say what the lines above it lead to
        "Your lines take us to {value}, and then the last one says {stated}. We needed {answer}, as it turned out.",
        "How did {stated} get into the last line? The line before it has {value}, and it was {answer} for us, too.",
        "We read only your last line and planned with {stated}. {who} then saw {value} above it, and needed {answer}.",
        "{who} stopped at the end: the lines above come to {value}, not to {stated}. On the day it was {answer}.",
        "I was lost at the end, as {stated} isn't what stands above. We went on with {value}, and it was {answer}.",
        "The {stated} at the very end didn't work for us. Just before it you had {value}, and we found {answer} here.",
    ),
}


def react(draw: Draw, facts: Mapping[str, Any], answer: Answer) -> str:
    """Return a user's next message after an answer.

    Args:
        draw: where randomness comes from.
        facts: the facts of the task.
        answer: the answer and the truth about it.
    """
    steps, given, notes = facts["steps"], facts["given"], answer.notes
    goal = steps[-1]
    place = answer.first_error if answer.first_error is not None else -1
    situation = str(notes["fault"])
    if answer.u == 2:
        situation = "detour" if place < len(steps) and notes["found"] == steps[place]["value"] else "process"
    elif place >= len(steps):
        situation = "statement"
    elif place < 0 and not answer.right:
        situation = "unfinished"
    step = goal if place >= len(steps) else steps[place if place >= 0 else draw.below(len(steps) - 1)]
    ref = notes["part"]
    part = goal if ref is None else given[ref] if ref >= 0 else steps[~ref]
    found = notes["found"] if notes["found"] is not None else step["value"]
    stated = notes["stated"] if notes["stated"] is not None else found
    # where the last step is at fault, its amount is the answer, and the sentence names it once
    same = step is goal and situation in ("slip", "operation")
    again = step is goal and situation in ("process", "detour")
    text = draw.pick(REACTIONS[situation]).format(
        who=facts["who"],
        goal=goal["name"],
        answer="exactly that" if same else amount(goal["value"], goal["unit"]),
        stated=amount(stated, goal["unit"]),
        name=step["name"],
        Name=step["name"][0].upper() + step["name"][1:],
        true="exactly that" if again else amount(step["value"], step["unit"]),
        found=amount(found, step["unit"]),
        part=part["name"],
        value=amount(part["value"], part["unit"]),
    )
    return text[0].upper() + text[1:]
