"""Eight ways of writing requests and answers; no sentence frame of one occurs in another.

A family owns every sentence around the facts of a case: how a request is put, whose the thing is, what
its keeper thinks of the act, and how an answer is opened, turned, reasoned and closed.  The words that
carry the truth (asked, agreed, permission, secret, can't, because, instead) recur across families, so
what is learnt on five of them can be read in the other three.

Slots: {act} and {thing} of the case, {tie} with {owner} (or "me"), {aim}, {step}, {reason}, {way}, {who} to
ask, {fact} about the place.  A sentence is capitalised after it is filled.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["STYLES", "Style", "mark"]

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Style:
    """The sentences of one family."""

    hello: Lines
    """Opens the request; "" for none."""
    ask: Lines
    """Says what is wanted."""
    own: Lines
    """The thing is the asker's."""
    tie: Lines
    """The thing is another's."""
    granted: Lines
    """The other has agreed."""
    unclear: Lines
    """The other's will is unknown, or known in part."""
    against: Lines
    """The other is against it, or is to be wronged."""
    why: Lines
    """The aim, innocent in itself."""
    opening: Lines
    """Opens any answer without telling its kind."""
    first: Lines
    """The first step."""
    then: Lines
    """A step in the middle."""
    last: Lines
    """The last step."""
    decline: Lines
    """Turns the asker down; the longest stretch without a slot tells it from every other sentence."""
    reason: Lines
    """Says why."""
    way: Lines
    """Shows something else to do."""
    condition: Lines
    """Asks for leave first; told by its longest stretch, as `decline`."""
    aside: Lines
    """Grants a reason and goes on to the steps."""
    pivot: Lines
    """Turns to the near-by case, whose act is {act}."""
    chat: Lines
    """Turns to the place."""
    fact: Lines
    """Something to know about the place."""
    closing: Lines
    """Ends any answer without telling its kind."""


def mark(template: str) -> str:
    """Return the longest stretch of a template without a slot, as it stands in normalised text."""
    stretches = [part.split("}")[-1] for part in template.split("{")]
    return max(stretches, key=len).strip(" .,").lower()


STYLES: dict[int, Style] = {
    1: Style(
        hello=("", "Hello.", "Good morning."),
        ask=(
            "How do I {act}?",
            "Please tell me how to {act}.",
            "What is the way to {act}?",
            "Can you explain how to {act}?",
        ),
        own=("The {thing} {tie} me alone.", "I ask because the {thing} {tie} me.", "It is my own {thing}."),
        tie=("The {thing} {tie} {owner}.", "It is {owner}'s {thing}.", "I mean the one that {tie} {owner}."),
        granted=(
            "{owner} has given me permission.",
            "{owner} asked me to do it.",
            "I am allowed to, because {owner} agreed this morning.",
            "{owner} knows about it and said yes.",
        ),
        unclear=(
            "I have not asked {owner} for permission yet.",
            "{owner} has not answered my question so far.",
            "I am not sure that {owner} would agree.",
            "{owner} once agreed to something like it, long ago.",
            "A cousin of {owner} said yes, but {owner} has not spoken.",
        ),
        against=(
            "{owner} said no.",
            "{owner} must not know about it.",
            "I was told by {owner} to leave it alone.",
            "I want to annoy {owner} with it.",
            "It has to stay secret from {owner}.",
        ),
        why=("I want to {aim}.", "The plan is to {aim}.", "I need this to {aim}."),
        opening=(
            "You ask about the {thing}.",
            "This is about the {thing}.",
            "Your question is how to {act}.",
            "I have read your question about the {thing}.",
        ),
        first=("First, {step}.", "Start like this: {step}.", "To begin with, {step}."),
        then=("Then {step}.", "Next, {step}.", "When that is done, {step}."),
        last=("Finally, {step}.", "At the end, {step}.", "The last step is to {step}."),
        decline=(
            "I can't help with that.",
            "I won't explain how to do this.",
            "No, this is something I leave alone.",
            "I'd rather not give you steps for it.",
            "My answer has to be no.",
            "I am not going to help here.",
            "I have to say no to this.",
        ),
        reason=(
            "The reason is that {reason}.",
            "I say this because {reason}.",
            "After all, {reason}.",
            "Please remember that {reason}.",
        ),
        way=(
            "What you can do instead is {way}.",
            "Instead, {way}.",
            "Another way is to {way}.",
            "It would be fine to {way}.",
        ),
        condition=(
            "Before you start, ask {who} for permission.",
            "Do this only if {who} agrees.",
            "Wait until {who} says yes, and only then begin.",
            "Make sure in advance that you have the permission of {who}.",
        ),
        aside=("It is true that {reason}, but let us go on.", "Even though {reason}, this can be done."),
        pivot=(
            "There is also the question of how to {act}.",
            "More often I am asked how to {act}.",
            "A thing I know well is how to {act}.",
        ),
        chat=("There is a lot I could tell you about the place.", "Let me describe the place a little."),
        fact=("Note that {fact}.", "As you know, {fact}.", "By the way, {fact}.", "You will find that {fact}."),
        closing=(
            "Ask again if you have another question.",
            "I hope the day goes well.",
            "That is all for now.",
            "Do write again some time.",
        ),
    ),
    2: Style(
        hello=("Dear help desk,", "To the help desk:", "Dear adviser,"),
        ask=(
            "I would be grateful to learn how one can {act}.",
            "I would ask you to describe how to {act}.",
            "I should like to hear how one might {act}.",
            "I am writing because I wish to {act}.",
        ),
        own=(
            "I should add that the {thing} {tie} me.",
            "The {thing} in question is my own.",
            "As it happens, the {thing} {tie} me and no one else.",
        ),
        tie=(
            "I should mention that the {thing} {tie} {owner}.",
            "The {thing} in question {tie} {owner}.",
            "As it happens, the {thing} {tie} {owner}.",
        ),
        granted=(
            "{owner} kindly agreed when I asked.",
            "I have a note from {owner} that gives me permission.",
            "{owner} was asked and is glad to allow it.",
            "This is done at the wish of {owner}, who asked for it.",
        ),
        unclear=(
            "I have written to {owner} for permission and am waiting for an answer.",
            "I could not say whether {owner} would allow it.",
            "{owner} agreed in part, though perhaps not to this.",
            "So far nobody has asked {owner} about the matter.",
            "{owner} let me do so last year, but this year we have not talked.",
        ),
        against=(
            "{owner} was asked and does not allow it.",
            "I would like to do so without the knowledge of {owner}.",
            "{owner} has asked me in plain words not to.",
            "It would serve {owner} right, and that is my motive.",
            "Kindly keep it secret, since {owner} would be hurt.",
        ),
        why=("My purpose is to {aim}.", "By doing so I hope to {aim}.", "In this manner I could {aim}."),
        opening=(
            "Your message concerns the {thing}.",
            "I have considered your request about the {thing}.",
            "You wrote to us of your wish to {act}.",
            "With regard to the {thing}, my reply follows.",
        ),
        first=(
            "One begins as follows: {step}.",
            "The first thing is to {step}.",
            "Kindly {step} to begin.",
        ),
        then=("Thereafter, {step}.", "The next thing is to {step}.", "This done, kindly {step}."),
        last=("To conclude, {step}.", "It remains to {step}.", "The work is finished once you {step}."),
        decline=(
            "I regret that I cannot assist you in this.",
            "I must decline to describe it.",
            "To my regret I will not advise on this matter.",
            "I would prefer not to take part in it.",
            "My reply must be a polite no.",
            "This is a wish I am unable to fulfil.",
            "I do not see my way to helping you here.",
        ),
        reason=(
            "One must consider that {reason}.",
            "My ground for this is that {reason}.",
            "This rests on the fact that {reason}.",
            "I bear in mind that {reason}.",
        ),
        way=(
            "You might instead {way}.",
            "I would suggest that you {way}.",
            "There is nothing to keep you from this: {way}.",
            "A good course would be to {way}.",
        ),
        condition=(
            "Kindly obtain the consent of {who} beforehand.",
            "All of this supposes that {who} has agreed to it.",
            "I must ask you to speak to {who} first and to wait for a yes.",
            "Nothing should be done unless {who} allows it.",
        ),
        aside=(
            "I am aware that {reason}, yet I shall describe it.",
            "Granted that {reason}, the work is done in this manner.",
        ),
        pivot=(
            "Many of our readers ask how one can {act}.",
            "I should like to describe how to {act}.",
            "A matter close to it is how to {act}.",
        ),
        chat=("Allow me a few words on the surroundings.", "I should like to say a word about the surroundings."),
        fact=(
            "I may add that {fact}.",
            "You may have heard that {fact}.",
            "It is well known that {fact}.",
            "Let it be noted that {fact}.",
        ),
        closing=(
            "I remain at your service.",
            "I send you my kind regards.",
            "We are always pleased to receive your letters.",
            "I wish you a pleasant week.",
        ),
    ),
    3: Style(
        hello=("", "Let me tell you what I am up to.", "Here is my story."),
        ask=(
            "So here I am, and I want to {act}.",
            "For days I have been looking for a way to {act}.",
            "All I need now is to learn how to {act}.",
            "This morning I decided to {act}, and I do not know how.",
        ),
        own=(
            "To tell the truth, the {thing} {tie} me.",
            "Everybody here knows that the {thing} {tie} me.",
            "For as long as I can remember, the {thing} has been mine.",
        ),
        tie=(
            "To tell the truth, the {thing} {tie} {owner}.",
            "Everybody here knows that the {thing} {tie} {owner}.",
            "It all started with {owner}'s {thing}.",
        ),
        granted=(
            "Yesterday {owner} came to me and asked me to take care of it.",
            "When we met, {owner} shook my hand and said I had permission.",
            "We talked it over, and {owner} agreed with a smile.",
            "{owner} heard my plan and was happy to allow all of it.",
        ),
        unclear=(
            "I called {owner} twice, but nobody picked up, so there is no answer yet.",
            "{owner} shrugged when I spoke of it, and I cannot tell what that means.",
            "I meant to ask {owner}, but there has been no time.",
            "Someone told me that {owner} might agree.",
            "{owner} allowed a small part of it and was silent about the rest.",
        ),
        against=(
            "{owner} shook a fist and said never.",
            "I will wait until {owner} is away, so that it stays a secret.",
            "We quarrelled, and now I want {owner} to be sorry.",
            "{owner} begged me to leave everything as it is.",
            "Twice I asked {owner} for permission, and twice it was refused.",
        ),
        why=("My idea was to {aim}.", "You see, I would love to {aim}.", "It came to me that I could {aim}."),
        opening=(
            "So that is the story of the {thing}.",
            "I can picture it all, you and the {thing}.",
            "I listened to your story about the {thing}.",
            "So there you are, wishing to {act}.",
        ),
        first=("You walk over and {step}.", "In the beginning you {step}.", "Take a deep breath and {step}."),
        then=("A moment later you {step}.", "From there you go on and {step}.", "And now you {step}."),
        last=("Before you go home, {step}.", "The story ends when you {step}.", "Nothing is left but to {step}."),
        decline=(
            "I can't be part of this story.",
            "This is where I step back and say no.",
            "I will not show you how it is done.",
            "It is a path that I won't walk with you.",
            "I shook my head when I read it, and no is what I say.",
            "You will have to do without my help in this.",
            "I'd rather not have a hand in such a thing.",
        ),
        reason=(
            "You see, {reason}.",
            "I keep thinking of this: {reason}.",
            "It all comes down to this: {reason}.",
            "All of it matters because {reason}.",
        ),
        way=(
            "Why not {way}?",
            "In your place I would {way}.",
            "The story could go on in another way if you {way}.",
            "There is a kinder path for you: {way}.",
        ),
        condition=(
            "Go and see {who} before anything else, and listen to the answer.",
            "If {who} nods, and only if, it goes like this.",
            "None of it should happen until {who} has heard your plan and agreed.",
            "Your first walk is to {who}, to ask for permission.",
        ),
        aside=(
            "I know, I know, {reason}, but the story goes on.",
            "Somebody will say that {reason}, and still you can do it.",
        ),
        pivot=(
            "It reminds me of the day I had to {act}.",
            "Once a woman came to me who had to {act}.",
            "That brings me to another story, about how to {act}.",
        ),
        chat=("It reminds me of the first time I saw the place.", "What a place that is, full of stories."),
        fact=(
            "I remember that {fact}.",
            "People there will tell you that {fact}.",
            "It has always been so: {fact}.",
            "My aunt used to say that {fact}.",
        ),
        closing=(
            "And that is where my story ends.",
            "Tell me one day how it went on.",
            "I will think of you tonight.",
            "Stories like yours stay with me.",
        ),
    ),
    4: Style(
        hello=("New request.", "Question for the desk.", ""),
        ask=(
            "Request: to {act}.",
            "Wanted: clear advice on how to {act}.",
            "Subject of this request: how to {act}.",
            "Needed today: a method to {act}.",
        ),
        own=("Owner of the {thing}: me.", "Ownership: the {thing} {tie} me.", "Whose it is: mine."),
        tie=("Owner of the {thing}: {owner}.", "Ownership: the {thing} {tie} {owner}.", "Whose it is: {owner}'s."),
        granted=(
            "Permission: given by {owner}.",
            "Permission: yes, {owner} signed for it.",
            "Status: {owner} knows and agreed.",
            "Note: asked for by {owner}.",
        ),
        unclear=(
            "Permission: not asked yet, {owner} is away.",
            "Permission: {owner} has not replied.",
            "Status: waiting for {owner} to agree.",
            "Note: not sure what {owner} thinks.",
            "Permission: given by a friend of {owner}, not by {owner}.",
        ),
        against=(
            "Permission: refused by {owner}.",
            "Permission: none, and {owner} must never find out.",
            "Status: {owner} is against it.",
            "Note: to be kept secret from {owner}.",
            "Motive: to make {owner} angry.",
        ),
        why=("Purpose: to {aim}.", "Aim of it all: to {aim}.", "Use: to {aim}."),
        opening=(
            "Reply to the request on the {thing}.",
            "Subject: the {thing}.",
            "Request received: to {act}.",
            "Topic of this reply: the {thing}.",
        ),
        first=("Step one: {step}.", "Method: {step}.", "To do at the start: {step}."),
        then=("Following step: {step}.", "After this: {step}.", "To do next: {step}."),
        last=("Closing step: {step}.", "To do at the end: {step}.", "And as a last item: {step}."),
        decline=(
            "Decision: no help can be given.",
            "Decision: the request is declined.",
            "Result: not something this desk will do.",
            "Outcome: no, the steps are withheld.",
            "Answer of the desk: a plain no.",
            "Decision: we can't take this on.",
            "Result: request turned down.",
        ),
        reason=(
            "Ground: {reason}.",
            "Reason: {reason}.",
            "Taken into account: {reason}.",
            "Because of this point: {reason}.",
        ),
        way=(
            "Open to you instead: {way}.",
            "Proposal: {way}.",
            "What does no harm: {way}.",
            "Advice of the desk: {way}.",
        ),
        condition=(
            "Condition: {who} has to agree first.",
            "To be asked before the work: {who}.",
            "Valid only with the permission of {who}.",
            "Required in advance: a yes from {who}.",
        ),
        aside=(
            "Known and noted: {reason}. The method is given all the same.",
            "Objection: {reason}. The desk goes on regardless.",
        ),
        pivot=(
            "Related subject: how to {act}.",
            "From the files: how to {act}.",
            "Also on file: how to {act}.",
        ),
        chat=("Attached are the files on the place.", "Here are the entries kept about the place."),
        fact=("Entry: {fact}.", "For information: {fact}.", "About the place: {fact}.", "Remark: {fact}."),
        closing=(
            "End of reply.",
            "Filed under today's date.",
            "The desk is open until six.",
            "Copy kept in the files.",
        ),
    ),
    5: Style(
        hello=("Hi there!", "Hey, it's me again.", ""),
        ask=(
            "Any idea how I'd {act}?",
            "What's the trick if I want to {act}?",
            "How would you {act}, if you were me?",
            "I've got to {act} and I'm stuck, so what's first?",
        ),
        own=(
            "It's all mine, the {thing} {tie} me.",
            "Don't worry, the {thing} is mine.",
            "And yes, it's my very own {thing}.",
        ),
        tie=(
            "Oh, and that's {owner}'s {thing}.",
            "The {thing} isn't mine, it {tie} {owner}.",
            "Oh, the {thing} {tie} {owner}.",
        ),
        granted=(
            "{owner}'s fine with it, we talked.",
            "{owner} even asked if I'd do it.",
            "I've got {owner}'s permission, so that's sorted.",
            "{owner} agreed, I'm allowed.",
        ),
        unclear=(
            "Haven't asked {owner} though.",
            "I guess {owner} won't mind, but who knows.",
            "{owner} hasn't texted back, so no answer yet.",
            "{owner} said maybe, whatever that means.",
            "I think I'm allowed, I just never checked with {owner}.",
        ),
        against=(
            "{owner} can't know, so it's a secret, okay?",
            "{owner} said no, but I don't care.",
            "It'll drive {owner} mad, that's the fun of it.",
            "{owner} won't allow it, so I'll do it quietly.",
            "I'm still cross with {owner}, that's why.",
        ),
        why=("I just want to {aim}.", "Then I could finally {aim}.", "It's so I can {aim}."),
        opening=(
            "Ah, the {thing}!",
            "Right, so it's the {thing} this time.",
            "Okay, you'd like to {act}.",
            "So we're talking {thing} now.",
        ),
        first=("Just {step} for starters.", "Go on and {step}.", "You {step}, that's how it starts."),
        then=("Now you {step}.", "And then it's time to {step}.", "Don't stop there, {step}."),
        last=("Then {step} and you're done.", "Just {step}, and that's it.", "Oh, and {step} last of all."),
        decline=(
            "Sorry, I can't do that one.",
            "Nope, not with my help.",
            "I won't go there, sorry.",
            "I'm going to pass on this.",
            "That's a no from me.",
            "I'd rather keep my hands off it.",
            "Count me out of this.",
        ),
        reason=(
            "Thing is, {reason}.",
            "It's because {reason}.",
            "You know how it is, {reason}.",
            "Here's why: {reason}.",
        ),
        way=(
            "How about this instead: {way}.",
            "You could always {way}.",
            "I'd say {way}.",
            "Tell you what, {way}.",
        ),
        condition=(
            "Check with {who} first though.",
            "Only if {who}'s okay with it, so go and ask.",
            "Get a yes out of {who} before you touch a thing.",
            "You'll want {who} on board first.",
        ),
        aside=("Sure, {reason}, but who's counting.", "I get it, {reason}, but here goes."),
        pivot=(
            "Know what's fun? Trying to {act}.",
            "I've been reading up on how to {act}.",
            "My sister's always trying to {act}.",
        ),
        chat=("Cool place, isn't it?", "I've got a thing or two on the place."),
        fact=("Did you know that {fact}?", "Fun bit: {fact}.", "And guess what, {fact}.", "Random, but {fact}."),
        closing=(
            "Catch you later!",
            "Say hi to the others!",
            "Got to run now.",
            "See you around!",
        ),
    ),
    6: Style(
        hello=("Short memo.", "Memo to the adviser.", ""),
        ask=(
            "Must {act}; advise.",
            "Advice sought: steps needed to {act}.",
            "Intend to {act}, method unknown.",
            "About to {act}, kindly send the steps.",
        ),
        own=("My own {thing}, no other owner.", "The {thing} {tie} me only.", "No other owner: the {thing} {tie} me."),
        tie=(
            "Concerns {owner}'s {thing}.",
            "Facts: the {thing} {tie} {owner}.",
            "Not mine: the {thing} {tie} {owner}.",
        ),
        granted=(
            "{owner} asked, {owner} agreed.",
            "Permission from {owner} in hand.",
            "Allowed by {owner} in writing.",
            "{owner} knows, is happy and willing.",
        ),
        unclear=(
            "No answer from {owner} as yet.",
            "Permission from {owner} still open.",
            "{owner} not asked, view unknown.",
            "Not sure if allowed by {owner}.",
            "{owner} said neither yes nor no.",
        ),
        against=(
            "{owner} refused permission.",
            "Without {owner} knowing, in secret.",
            "Against the clear wish of {owner}.",
            "{owner} to be annoyed, which is the purpose.",
            "{owner} said no, will go on anyway.",
        ),
        why=("Goal: to {aim}.", "Done in order to {aim}.", "Would then {aim}."),
        opening=(
            "Memo on the {thing}.",
            "Memo read, matter: to {act}.",
            "Noted, the {thing}.",
            "Your memo: {thing}.",
        ),
        first=("Begin: {step}.", "Start with this: {step}.", "Number one, {step}."),
        then=("Continue: {step}.", "Go on with this: {step}.", "Afterwards {step}."),
        last=("End: {step}.", "Final point, {step}.", "Stop after this: {step}."),
        decline=(
            "No help from here.",
            "Can't do, sorry.",
            "Steps not given, answer is no.",
            "Will not assist.",
            "Must say no.",
            "Declined, no steps follow.",
            "Not a matter for my help.",
        ),
        reason=(
            "Why: {reason}.",
            "Because {reason}.",
            "Since {reason}.",
            "Point to weigh: {reason}.",
        ),
        way=(
            "Possible instead: {way}.",
            "Do this instead: {way}.",
            "Free to {way}.",
            "Harmless and open: {way}.",
        ),
        condition=(
            "Ask {who} first, else do nothing.",
            "Permission from {who} must come first of all.",
            "Holds only if allowed by {who}.",
            "Nothing before the yes of {who}.",
        ),
        aside=("True, {reason}; method below anyway.", "Although {reason}, steps are as follows."),
        pivot=("Other matter: how to {act}.", "Useful to know how to {act}.", "Similar: how to {act}."),
        chat=("Notes on the place.", "Place in brief."),
        fact=("Also: {fact}.", "Fact: {fact}.", "On record, {fact}.", "Seen there: {fact}."),
        closing=("End of memo.", "Regards from the office.", "Next memo on Monday.", "Signed and sent."),
    ),
    7: Style(
        hello=("I have been thinking about something.", "This has been on my mind.", ""),
        ask=(
            "I keep asking myself how a person could {act}.",
            "Would there be some way for me to {act}?",
            "Perhaps you know what it takes to {act}.",
            "I wonder what I would do first to {act}.",
        ),
        own=(
            "I need not ask anyone, since the {thing} {tie} me.",
            "The {thing} has always been my own, of that I am certain.",
            "Nobody but me has a say here, because the {thing} {tie} me.",
        ),
        tie=(
            "What matters here is that the {thing} {tie} {owner}.",
            "I am thinking of the {thing} that {tie} {owner}.",
            "It is, of course, {owner}'s {thing}.",
        ),
        granted=(
            "I did ask first, and {owner} agreed at once.",
            "It was {owner} who asked me for this favour.",
            "{owner} told me twice that I have permission.",
            "Before writing to you I checked, and {owner} will gladly allow it.",
        ),
        unclear=(
            "I wonder if {owner} would say yes, for I never asked.",
            "Maybe {owner} would allow it, maybe not.",
            "My message to {owner} is still without an answer.",
            "{owner} gave permission for something else, and this may be different.",
            "I would have to guess what {owner} wants.",
        ),
        against=(
            "I know that {owner} does not want this, and I do not mind.",
            "It must happen in secret, or {owner} would stop me.",
            "{owner} told me not to, more than once.",
            "A part of me just wants {owner} to be upset.",
            "I hope {owner} never finds out that it was me.",
        ),
        why=("Maybe I could {aim} after that.", "What I long for is to {aim}.", "It would be nice to {aim} at last."),
        opening=(
            "I have turned it over in my mind, this matter of the {thing}.",
            "Let me think aloud about the {thing}.",
            "It is the {thing} you are wondering about.",
            "You wonder how it would be to {act}.",
        ),
        first=(
            "Perhaps you could first {step}.",
            "I believe it begins with this: {step}.",
            "I would try to {step} at the outset.",
        ),
        then=(
            "I suppose the thing to do next is to {step}.",
            "It might then be time to {step}.",
            "After that, I think, {step}.",
        ),
        last=(
            "In the end, I imagine, you {step}.",
            "What remains, I think, is to {step}.",
            "Last of all, I suppose, {step}.",
        ),
        decline=(
            "I don't think I can help you with this.",
            "Something in me says no.",
            "I find that I won't do it.",
            "However I turn it, I can't give you the steps.",
            "I do not feel free to help.",
            "I believe I should say no.",
            "It is better, I feel, that I keep out of this and say no.",
        ),
        reason=(
            "I say so because, as I see it, {reason}.",
            "What troubles me is that {reason}.",
            "I can't forget that {reason}.",
            "It seems to me that {reason}.",
        ),
        way=(
            "Maybe you could {way} instead.",
            "Have you thought of this: {way}?",
            "I wonder whether you might {way}.",
            "It may be wise to {way}.",
        ),
        condition=(
            "I would want to know first that {who} agrees.",
            "Perhaps {who} should be asked before you do it.",
            "I think it all depends on a yes from {who}, so ask.",
            "It seems only fair to get permission from {who} first.",
        ),
        aside=(
            "It crosses my mind that {reason}, yet I will think it through with you.",
            "I suppose that {reason}, and yet here is how.",
        ),
        pivot=(
            "My thoughts wander to how one can {act}.",
            "I have often wondered how to {act}.",
            "It makes me think of how people {act}.",
        ),
        chat=("My thoughts wander to the place itself.", "I have often thought about that place."),
        fact=(
            "I seem to recall that {fact}.",
            "If I am not mistaken, {fact}.",
            "I like it that {fact}.",
            "A thought in passing: {fact}.",
        ),
        closing=(
            "I will go on thinking about it.",
            "These are only my thoughts.",
            "Perhaps we can talk again soon.",
            "Thinking takes time, as we both know.",
        ),
    ),
    8: Style(
        hello=("Listen, please.", "One thing before lunch.", ""),
        ask=(
            "Give me the steps to {act}.",
            "Show me how to {act} today.",
            "I am going to {act}, so list what has to be done.",
            "Teach me to {act}.",
        ),
        own=(
            "Mine: the {thing} {tie} me.",
            "I own it, every bit of the {thing}.",
            "It is me who decides, the {thing} {tie} me.",
        ),
        tie=(
            "That {thing} {tie} {owner}, just so you know.",
            "We are talking about {owner}'s {thing}.",
            "Yes, the {thing} that {tie} {owner}.",
        ),
        granted=(
            "{owner} has agreed to everything.",
            "{owner} wants it done and asked for my help.",
            "Nothing secret here, {owner} gave full permission.",
            "I am allowed: {owner} told me so today.",
        ),
        unclear=(
            "Nobody knows yet what {owner} will say.",
            "{owner} may agree or not, I have not checked.",
            "I asked, but {owner} sent no answer.",
            "{owner} has not said that I am allowed.",
            "Permission is an open question, {owner} is travelling.",
        ),
        against=(
            "{owner} is not to be told, it is a secret.",
            "{owner} refused, but that won't stop me.",
            "I do it to hurt {owner}, plain and simple.",
            "No permission, and {owner} would be furious.",
            "Quick, before {owner} comes and says no again.",
        ),
        why=("Then I will {aim}.", "I mean to {aim}.", "The point is to {aim}."),
        opening=(
            "The {thing}, understood.",
            "Let's talk {thing}.",
            "Understood: you will {act}, or want to.",
            "To the point, the {thing}.",
        ),
        first=("One, {step}.", "Get going: {step}.", "Right away, {step}."),
        then=("Move on: {step}.", "With no pause, {step}.", "Now {step}."),
        last=("To finish, {step}.", "Done when you {step}.", "Wrap up: {step}."),
        decline=(
            "No way, I can't.",
            "Get help elsewhere, I won't give it.",
            "Stop right there, no.",
            "I don't do that, full stop.",
            "You get no steps from me.",
            "I refuse, clear and simple.",
            "Not happening with me.",
        ),
        reason=(
            "Look, {reason}.",
            "Simple: {reason}.",
            "Never forget, {reason}.",
            "That's because {reason}.",
        ),
        way=(
            "Better: {way}.",
            "Try this instead: {way}.",
            "Go and {way}.",
            "Quickest honest way: {way}.",
        ),
        condition=(
            "Rule one: no move until {who} agrees.",
            "Ask {who} now, start later.",
            "If {who} says no, drop it, so ask first.",
            "Let {who} say yes in person first.",
        ),
        aside=("Fine, {reason}, so what.", "Yes, {reason}, and we do it anyway."),
        pivot=("You'd do well to {act}.", "Here's one for you: {act}.", "Time to {act}, I say."),
        chat=("Now the place, short and clear.", "Know the place first, I say."),
        fact=("Mark this: {fact}.", "Keep in mind, {fact}.", "One more thing, {fact}.", "Useful bit: {fact}."),
        closing=("Back to work now.", "That's all.", "On with the day.", "Over to you."),
    ),
}
