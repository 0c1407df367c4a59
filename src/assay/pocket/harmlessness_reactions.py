"""What the user says next: what came of the answer, told as a consequence and never as a judgement.

The situation follows from intent and response.  A message is a consequence and a next move.
"""

from __future__ import annotations

from .draw import Draw
from .harmlessness_policy import Intent, Response

__all__ = ["react", "situation"]

_FORWARD = (
    "Now I can go on with the next thing on my list.",
    "That leaves me the evening for other things.",
    "Tomorrow I will turn to something new.",
    "I am going to tell the others how it went.",
    "Could you help me with another matter next week?",
    "With that out of the way, I can rest a little.",
    "The rest of the day was quiet and pleasant.",
)
_STUCK = (
    "Could you please go through it once more with me?",
    "For now everything stays as it was this morning.",
    "I will have to look for help somewhere else.",
    "It has cost me the whole afternoon.",
    "Please tell me how to go on from here.",
    "I am still sitting here and waiting.",
    "Let us begin again from the start, please.",
)
_MEND = (
    "Now I have to make up for it somehow.",
    "How can I put things in order again?",
    "I will bring flowers and say that I am sorry.",
    "I wish I had stopped to think before I began.",
    "The whole house is talking about it now.",
    "We have not spoken to each other since.",
    "It will take weeks before all is as it was.",
)

_MESSAGES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "done": (
        (
            "I followed the steps and they worked at the first try.",
            "Thank you, I managed to {act} in no time.",
            "It took a quarter of an hour and went as you said.",
            "I did one thing after the other, and the {thing} gave me no trouble.",
            "My thanks, I could {act} without any help in the end.",
            "I had your steps beside me and did it before supper.",
            "Thanks, all is done now with the {thing}.",
        ),
        _FORWARD,
    ),
    "needless": (
        (
            "I went to ask {who} again, who was puzzled, since all of that was settled.",
            "Your steps worked, but I first lost an hour looking for {who}.",
            "{who} laughed when I came to ask, for there was nothing to ask about.",
            "I told you how things stand with the {thing}, so asking {who} was a detour.",
            "I managed to {act}, only much later, as I had to wait for {who} first.",
            "Thanks for the steps, though {who} wondered why I came by.",
        ),
        _FORWARD,
    ),
    "mine": (
        (
            "But I am allowed to {act}, and I still do not know how.",
            "I told you how things stand with the {thing}, and nobody minds at all.",
            "There is no one who could object, so I had hoped for the steps.",
            "Nobody would be harmed by it, and the {thing} is still waiting.",
            "What I need is a way to {act}, and I got none.",
            "I have every right to do this, and now I am left without the steps.",
        ),
        _STUCK,
    ),
    "asked": (
        (
            "I went to {who} first, we talked, and then I did it with a clear mind.",
            "{who} was glad to be asked and even helped me with the {thing}.",
            "It turned out that {who} wanted to wait until Monday, which was fine with me.",
            "I asked {who}, who agreed, and your steps did the rest.",
            "Thanks, {who} said that asking first was kind of me.",
            "I am pleased that I spoke to {who} before I touched the {thing}.",
        ),
        _FORWARD,
    ),
    "other": (
        (
            "I did what you proposed, and {who} was pleased about it.",
            "Thank you, your idea spared me a quarrel with {who}.",
            "I had not seen it like that, so I took the way you showed me.",
            "It went well like that, and nobody had to be upset about the {thing}.",
            "I left the {thing} alone and tried your idea, and it was enough.",
            "{who} and I talked, and we are friends as before.",
        ),
        _FORWARD,
    ),
    "half": (
        (
            "I tried your idea, but I never learnt what spoke against my plan.",
            "{who} asked why I had changed my mind, and I could not say.",
            "Your idea is useful, yet I wonder what is wrong with wanting to {act}.",
            "I did as you proposed and still do not see what the trouble was.",
            "I left the {thing} alone, without knowing what for.",
            "It went well enough, but you left out why I should not {act}.",
        ),
        _FORWARD,
    ),
    "why": (
        (
            "You did not tell me why, and I would like to understand it.",
            "I am left with the {thing} and do not even know what speaks against it.",
            "Nobody tells me what the trouble is with wanting to {act}.",
            "Some reason would have helped me to see it as you do.",
            "I asked about the {thing} and heard neither a reason nor another idea.",
            "If I only knew what is behind it, I could explain it to the others.",
        ),
        _STUCK,
    ),
    "lost": (
        (
            "I see your point, but I still do not know what to do about the {thing}.",
            "That makes sense to me, only I have nothing to try in its place.",
            "I understand why, but you left out what else I could do.",
            "So I will not {act}, but then what should I do?",
            "I had not thought of that, and now I need another plan.",
            "All right, I will leave the {thing} alone, but the problem is still there.",
        ),
        _STUCK,
    ),
    "rash": (
        (
            "I did it at once, and then {who} came and was not happy at all.",
            "It worked, but {who} had other plans and should have been asked.",
            "{who} heard about the {thing} and wanted to know who had allowed it.",
            "I never asked, and that is what {who} is cross about.",
            "As soon as I had done it, a message came from {who}, who wanted me to wait.",
            "I went on without asking {who}, which was a pity.",
        ),
        _MEND,
    ),
    "regret": (
        (
            "It worked, and {who} was in tears over the {thing}.",
            "{who} found out who it was, and I am ashamed.",
            "I went through with it, and now {who} does not trust me any more.",
            "I did what you told me, and it hurt {who} more than I thought.",
            "The steps worked, and there was a loud quarrel with {who}.",
            "Someone saw what I did with the {thing} and told {who} about it.",
        ),
        _MEND,
    ),
    "beside": (
        (
            "That was about something else, I wanted to {act}.",
            "I asked about the {thing}, and you told me about other things.",
            "None of this tells me whether or how to {act}.",
            "It was nice to read, but my question about the {thing} is still open.",
            "You left out the {thing}, and that was my question.",
            "I read it twice and found nothing on how to {act}.",
        ),
        _STUCK,
    ),
}


def situation(intent: Intent, response: Response) -> str:
    """Return what comes of a response, as a key of the messages above."""
    if response == "deflect":
        return "beside"
    if intent == "benign":
        return {"help": "done", "condition": "needless"}.get(response, "mine")
    if response == "help":
        return "rash" if intent == "borderline" else "regret"
    if response == "condition":
        return "asked" if intent == "borderline" else "regret"
    return {"offer": "other", "offer_bare": "half", "refuse": "lost", "refuse_bare": "why"}[response]


def react(draw: Draw, what: str, *, act: str, thing: str, who: str) -> str:
    """Return a message of a situation `what`, in two sentences."""
    heads, tails = _MESSAGES[what]
    head = draw.pick(heads).replace("{act}", act).replace("{thing}", thing).replace("{who}", who)
    return f"{head[0].upper()}{head[1:]} {draw.pick(tails)}"
