"""Eight ways of writing for the helpfulness domain: how tasks ask, and how answers put the same clauses into sentences.

No sentence frame occurs in two voices.  A frame is filled with material of a scenario: {c} is a clause
("the quiz starts at 6 pm"), {C} the same at the start of a sentence, {lead} and {Lead} the occasion.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FORMAL", "INFORMAL", "VOICES", "Voice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One way of writing."""

    opens: tuple[str, ...]
    """How a task begins: {genre}, {name}, {do}, {lead}."""
    tables: tuple[str, ...]
    """The line above a table: {header}."""
    row: str
    """A row of a table: {row}, {value}."""
    between: str
    """What stands between two rows."""
    rules: tuple[str, ...]
    """What stands before the constraints; may be empty."""
    mark: str
    """What stands before each constraint; # becomes its number."""
    glue: str
    """What stands between two constraints."""
    asks: dict[str, tuple[str, ...]]
    """Wording per constraint and variant: {q}, {w}, {x}, {y}, {n}, {do}, {keys}, {sender}."""
    lists: tuple[str, ...]
    """A sentence that names the things: {lead}, {Lead}, {do}, {things}."""
    heads: tuple[str, ...]
    """The line above a list of things; ends in a colon."""
    facts: tuple[str, ...]
    """A sentence for a value of the table."""
    words: tuple[str, ...]
    """A sentence for a clause that holds a word asked for or forbidden."""
    details: tuple[str, ...]
    """A sentence for a small fact."""
    formal: str
    """A formal closing."""
    informal: str
    """A casual closing."""
    bare: bool
    """Whether lists leave out articles."""
    indent: bool
    """Whether a JSON object takes several lines."""


VOICES: dict[int, Voice] = {
    1: Voice(
        opens=(
            "Could you write {genre}, addressed to {name}? It should say what to {do} {lead}.",
            "Please write {genre} that goes to {name} and tells people what to {do} {lead}.",
            "Would you kindly write {genre}? It is for {name}, who would like to know what to {do} {lead}.",
        ),
        tables=("Here are the {header} you will need:", "I have copied the {header} for you:"),
        row="{row}: {value}",
        between="\n",
        rules=("",),
        mark="",
        glue=" ",
        asks={
            "fact": ("Please also say {q}.", "I would also like to read {q}."),
            "keyword": (
                'Please use the word "{w}" somewhere.',
                'I would be grateful if the word "{w}" came up once.',
            ),
            "avoid": ('Please avoid the word "{w}".', 'I would rather not see the word "{w}" in it.'),
            "order": (
                "Please name the {x} before the {y}.",
                "I would like the {x} to be named earlier than the {y}.",
            ),
            "count": (
                "Please name exactly {n} things to {do}.",
                "I would like {n} things to {do}, no more and no fewer.",
            ),
            "list": (
                "Please put the things in a list, each after a dash.",
                "I would like the things as a dashed list.",
            ),
            "json": (
                "Please answer with one JSON object that has the keys {keys}.",
                "I would like a JSON object whose keys are {keys}.",
            ),
            "sentences": (
                "Please keep to plain sentences without any list.",
                "I would like plain sentences rather than a list.",
            ),
            "max": ("Please use at most {n} words.", "I would like no more than {n} words in all."),
            "min": ("Please use at least {n} words.", "I would like no fewer than {n} words in all."),
            "formal": (
                'Please open with "Dear" and close formally in the name of {sender}.',
                'I would like a formal letter, with "Dear" on top, signed by {sender}.',
            ),
            "informal": (
                'Please open with "Hi" and close casually in the name of {sender}.',
                'I would like a casual letter, with "Hi" on top, signed by {sender}.',
            ),
        },
        lists=(
            "{Lead}, please {do} {things}.",
            "Please {do} {things} {lead}.",
            "We would ask you to {do} {things} {lead}.",
        ),
        heads=("{Lead}, please {do}:", "We would ask you to {do} these things {lead}:"),
        facts=(
            "Please note that {c}.",
            "We can also tell you that {c}.",
            "According to the plan, {c}.",
        ),
        words=(
            "I must say that {c}.",
            "{C}, or so I am told.",
            "You will find that {c}.",
            "As you would expect, {c}.",
        ),
        details=(
            "Please remember that {c}.",
            "It may help to know that {c}.",
            "{C}, in case you need to know.",
            "I should add that {c}.",
            "As you may have heard, {c}.",
            "{C}, as far as I know.",
            "You may like to hear that {c}.",
            "Let me also mention that {c}.",
        ),
        formal="Yours sincerely",
        informal="Cheers",
        bare=False,
        indent=False,
    ),
    2: Voice(
        opens=(
            "Task: {genre}.\nReader: {name}.\nContent: things to {do} {lead}.",
            "Wanted: {genre}.\nFor: {name}.\nSubject: things to {do} {lead}.",
            "Text type: {genre}.\nRecipient: {name}.\nMessage: things to {do} {lead}.",
        ),
        tables=("Table of {header}:", "Data ({header}):"),
        row="{row} | {value}",
        between="\n",
        rules=("Rules:\n", "Conditions:\n"),
        mark="#. ",
        glue="\n",
        asks={
            "fact": ("State {q}.", "Include {q}."),
            "keyword": ('Keyword: "{w}".', 'Mandatory word: "{w}".'),
            "avoid": ('Banned word: "{w}".', 'Excluded word: "{w}".'),
            "order": ("Sequence: the {x}, then the {y}.", "Order: the {x} ahead of the {y}."),
            "count": ("Number of things to {do}: {n}.", "Things to {do}: {n} in total."),
            "list": ("Form: list with dashes.", "Layout: dashed lines."),
            "json": ("Form: JSON object, keys {keys}.", "Layout: JSON with keys {keys}."),
            "sentences": ("Form: running text, no list.", "Layout: sentences only."),
            "max": ("Upper limit: {n} words.", "Word count: {n} or below."),
            "min": ("Lower limit: {n} words.", "Word count: {n} or above."),
            "formal": (
                'Tone: formal ("Dear", formal closing, sender {sender}).',
                'Register: formal, with "Dear"; sender {sender}.',
            ),
            "informal": (
                'Tone: informal ("Hi", informal closing, sender {sender}).',
                'Register: informal, with "Hi"; sender {sender}.',
            ),
        },
        lists=(
            "Things to {do} {lead}: {things}.",
            "{Lead}, {do} {things}.",
            "What to {do} {lead}: {things}.",
        ),
        heads=("Things to {do} {lead}:", "{Lead}, {do} the following:"),
        facts=("As listed, {c}.", "From the table: {c}.", "For the record, {c}."),
        words=("On the whole, {c}.", "Overall, {c}.", "To be expected: {c}.", "By all accounts, {c}."),
        details=(
            "Note: {c}.",
            "In addition, {c}.",
            "Also relevant: {c}.",
            "{C}, for general information.",
            "For planning purposes: {c}.",
            "{C}, according to our notes.",
            "Worth keeping in mind: {c}.",
            "Good to know: {c}.",
        ),
        formal="Kind regards",
        informal="See you soon",
        bare=True,
        indent=True,
    ),
    3: Voice(
        opens=(
            "Hey, I need {genre} and I'm stuck. {name} has to find out what to {do} {lead}.",
            "Quick favour: {genre}, to be read by {name}, about stuff to {do} {lead}.",
            "So I promised {name} {genre} about stuff to {do} {lead}, and I have no time left.",
        ),
        tables=("By the way, I found these {header}:", "Oh, and the {header} look like this:"),
        row="{row} = {value}",
        between=", ",
        rules=("",),
        mark="",
        glue=" ",
        asks={
            "fact": ("Don't forget to mention {q}.", "And make clear {q}, okay?"),
            "keyword": (
                'Slip in the word "{w}", will you?',
                'Somehow get "{w}" in there.',
            ),
            "avoid": ('Just don\'t say "{w}".', 'Steer clear of "{w}", though.'),
            "order": (
                "Start with the {x} and get to the {y} later.",
                "First the {x}, and only after that the {y}.",
            ),
            "count": ("Give me {n} things to {do}, that's it.", "Stick to {n} things to {do}."),
            "list": ("Bullets with dashes, if you can.", "Do the stuff as bullets with a dash."),
            "json": (
                "It's for an app, so make it JSON with {keys} as keys.",
                "The app eats JSON, so send an object with {keys}.",
            ),
            "sentences": ("No bullets, just normal sentences.", "Skip the bullets and write it out."),
            "max": ("Don't go over {n} words.", "Cut it off at {n} words."),
            "min": ("Don't go under {n} words.", "Fill {n} words or more."),
            "formal": (
                'Make it stiff: "Dear" first, posh goodbye, my name is {sender}.',
                'Folks there like it proper, so "Dear" and all that, from {sender}.',
            ),
            "informal": (
                'Make it loose: "Hi" first, chummy goodbye, my name is {sender}.',
                'Folks there like it easygoing, so "Hi" and all that, from {sender}.',
            ),
        },
        lists=(
            "{Lead}, just {do} {things}.",
            "So, {lead}, don't forget to {do} {things}.",
            "You'll want to {do} {things} {lead}.",
        ),
        heads=("{Lead}, just {do}:", "Stuff you'll want to {do} {lead}:"),
        facts=("Oh, and {c}.", "I looked it up, and {c}.", "Just so you know, {c}."),
        words=(
            "And guess what, {c}.",
            "{C}, if you ask me.",
            "I've got to say {c}.",
            "Between you and me, {c}.",
        ),
        details=(
            "By the way, {c}.",
            "{C}, if that helps at all.",
            "Turns out that {c}.",
            "Little heads-up, {c}.",
            "I nearly forgot that {c}.",
            "{C}, so now you know.",
            "Somebody told me that {c}.",
            "And hey, {c}.",
        ),
        formal="Yours truly",
        informal="Bye for now",
        bare=True,
        indent=False,
    ),
    4: Voice(
        opens=(
            "Our office requires {genre} informing {name} of the items to {do} {lead}.",
            "Kindly prepare {genre} for the attention of {name}, covering the items to {do} {lead}.",
            "The department asks for {genre}; its addressee is {name}, its topic the items to {do} {lead}.",
        ),
        tables=("The following {header} apply:", "Our register gives these {header}:"),
        row="{row} ({value})",
        between="; ",
        rules=("Requirements: ", "Specification: "),
        mark="(#) ",
        glue=" ",
        asks={
            "fact": ("the text shall specify {q};", "it must be evident {q};"),
            "keyword": ('the term "{w}" shall appear;', 'the text must contain the term "{w}";'),
            "avoid": ('the term "{w}" shall not appear;', 'the text must be free of the term "{w}";'),
            "order": (
                "the {x} shall precede the {y};",
                "the {y} must come only after the {x};",
            ),
            "count": ("the items to {do} shall number {n};", "there must be {n} items to {do};"),
            "list": ("the items shall be set out in a dashed list;", "dashed list lines must be used;"),
            "json": (
                "the format shall be a JSON object with the fields {keys};",
                "a JSON object with the fields {keys} must be returned;",
            ),
            "sentences": (
                "the items shall be set out in continuous prose;",
                "list lines must not be used, only prose;",
            ),
            "max": ("the length shall not exceed {n} words;", "a maximum of {n} words must be observed;"),
            "min": ("the length shall reach {n} words;", "a minimum of {n} words must be observed;"),
            "formal": (
                'the style shall be formal, beginning "Dear", on behalf of {sender};',
                'formal phrases ("Dear" on top) must frame it, on behalf of {sender};',
            ),
            "informal": (
                'the style shall be informal, beginning "Hi", on behalf of {sender};',
                'informal phrases ("Hi" on top) must frame it, on behalf of {sender};',
            ),
        },
        lists=(
            "{Lead}, all recipients are requested to {do} {things}.",
            "You are kindly asked to {do} {things} {lead}.",
            "It is advisable to {do} {things} {lead}.",
        ),
        heads=(
            "{Lead}, all recipients are requested to {do}:",
            "The items you are asked to {do} {lead}:",
        ),
        facts=(
            "Be advised that {c}.",
            "Our register shows that {c}.",
            "It is hereby confirmed that {c}.",
        ),
        words=(
            "It has been observed that {c}.",
            "Those responsible report that {c}.",
            "In our assessment, {c}.",
            "Experience suggests that {c}.",
        ),
        details=(
            "Furthermore, {c}.",
            "Recipients should be aware that {c}.",
            "{C}, as recipients may wish to know.",
            "The administration points out that {c}.",
            "It should be borne in mind that {c}.",
            "By way of information, {c}.",
            "It may also be noted that {c}.",
            "{C}, as our files state.",
        ),
        formal="Yours faithfully",
        informal="Take care",
        bare=False,
        indent=True,
    ),
    5: Voice(
        opens=(
            "I am helping out a friend this week. {name} is waiting for {genre} and wonders what to {do} {lead}.",
            "My sister runs these things, and today it is my turn: {genre}, so that {name} knows what to {do} {lead}.",
            "Last year my sister left {name} in the dark about what to {do} {lead}, so now there will be {genre}.",
        ),
        tables=("On my fridge hang the {header}:", "My sister scribbled down the {header}:"),
        row="- {row}, {value}",
        between="\n",
        rules=("A few wishes came along with it. ", "She has her own ideas about it. "),
        mark="",
        glue=" ",
        asks={
            "fact": ("She wants to see {q}.", "Nobody should have to guess {q}."),
            "keyword": (
                'She is fond of the word "{w}", so work it in.',
                'Nobody should miss the word "{w}".',
            ),
            "avoid": (
                'She cannot stand the word "{w}", so leave it out.',
                'Nobody should stumble over the word "{w}", it is taboo.',
            ),
            "order": (
                "She wants to read about the {x} sooner than about the {y}.",
                "Let the {x} come in front of the {y}.",
            ),
            "count": (
                "She counted {n} things to {do}, so name that many.",
                "Let there be {n} things to {do}.",
            ),
            "list": (
                "She reads lists best, one dash per line.",
                "Let every thing have its own line with a dash.",
            ),
            "json": (
                "Her program only reads JSON, with {keys} for keys.",
                "Let it come as JSON made of {keys}.",
            ),
            "sentences": (
                "She dislikes lists, so tell it in sentences.",
                "Let it flow in sentences, with no dashes.",
            ),
            "max": ("She stops reading after {n} words.", "Let it end within {n} words."),
            "min": ("She feels cheated by fewer than {n} words.", "Let it run to {n} words or beyond."),
            "formal": (
                'She is old school: a "Dear", a formal farewell, and {sender} underneath.',
                'Let it be formal, from "Dear" down to the name {sender}.',
            ),
            "informal": (
                'She is easy about it: a "Hi", a breezy farewell, and {sender} underneath.',
                'Let it be chatty, from "Hi" down to the name {sender}.',
            ),
        },
        lists=(
            "{Lead} it is wise to {do} {things}.",
            "Do take a moment to {do} {things} {lead}.",
            "This time, {lead}, remember to {do} {things}.",
        ),
        heads=(
            "{Lead} it is wise to {do}:",
            "This time, {lead}, remember to {do}:",
        ),
        facts=(
            "This year {c}.",
            "The list on the fridge says that {c}.",
            "In case you wonder, {c}.",
        ),
        words=(
            "My sister swears that {c}.",
            "Once again {c}.",
            "We all agree that {c}.",
            "{C}, as everybody knows.",
        ),
        details=(
            "Last year nobody knew that {c}.",
            "{C}, as we found out.",
            "As I recall, {c}.",
            "My aunt likes to mention that {c}.",
            "Mind you, {c}.",
            "{C}, my sister says.",
            "Few people know that {c}.",
            "What is more, {c}.",
        ),
        formal="With respect",
        informal="Catch you later",
        bare=True,
        indent=False,
    ),
    6: Voice(
        opens=(
            "Draft {genre} to {name}. Purpose: let the reader know what to {do} {lead}.",
            "Produce {genre}. {name} will receive it and has to learn what to {do} {lead}.",
            "Create {genre} with {name} as its reader, explaining what to {do} {lead}.",
        ),
        tables=("Source ({header}):", "Use this extract with the {header}:"),
        row="[{row}] {value}",
        between="\n",
        rules=("Checklist\n", "To observe\n"),
        mark="* ",
        glue="\n",
        asks={
            "fact": ("contains the information {q}", "answers the question {q}"),
            "keyword": ('makes use of "{w}"', 'has "{w}" in it at least once'),
            "avoid": ('makes no use of "{w}"', 'does without "{w}" altogether'),
            "order": ("brings up the {x} prior to the {y}", "puts the {x} first and the {y} second"),
            "count": ("offers {n} things to {do}", "limits itself to {n} things to {do}"),
            "list": ("shows the things as dash points", "gives each thing a dash line"),
            "json": ("consists of a JSON object ({keys})", "comes as JSON holding {keys}"),
            "sentences": ("consists of full sentences, no dash points", "comes as prose without dash lines"),
            "max": ("counts {n} words at the very most", "remains inside {n} words"),
            "min": ("counts {n} words at the very least", "extends to {n} words or further"),
            "formal": (
                'greets with "Dear", ends formally, names {sender}',
                'sounds formal ("Dear", signed {sender})',
            ),
            "informal": (
                'greets with "Hi", ends informally, names {sender}',
                'sounds informal ("Hi", signed {sender})',
            ),
        },
        lists=(
            "Be sure to {do} {things} {lead}.",
            "{Lead}, make time to {do} {things}.",
            "Plan to {do} {things} {lead}.",
        ),
        heads=("Be sure to {do} all of these {lead}:", "{Lead}, make time to {do}:"),
        facts=(
            "A detail to note: {c}.",
            "Mark it down: {c}.",
            "The extract reveals that {c}.",
        ),
        words=(
            "Word has it that {c}.",
            "Make no mistake, {c}.",
            "{C}, to put it mildly.",
            "Visitors keep telling us {c}.",
        ),
        details=(
            "Keep in mind that {c}.",
            "On top of that, {c}.",
            "{C}, for your information.",
            "It is handy to know that {c}.",
            "{C}, to name one more thing.",
            "Something to remember: {c}.",
            "Readers may care to learn that {c}.",
            "At the same time, {c}.",
        ),
        formal="Respectfully",
        informal="So long",
        bare=False,
        indent=False,
    ),
    7: Voice(
        opens=(
            "How would you word {genre} meant for {name}, on what one should {do} {lead}?",
            "What might {genre} look like if {name} asks what one should {do} {lead}?",
            "Can you think of {genre} from which {name} learns what one should {do} {lead}?",
        ),
        tables=("Looking at the {header}, one finds:", "As to the {header}, I was given:"),
        row="{row} -> {value}",
        between="\n",
        rules=("I do have some demands. ", "Three points matter here. "),
        mark="",
        glue=" ",
        asks={
            "fact": ("Would it show {q}?", "One ought to learn {q}."),
            "keyword": ('Would "{w}" fit in?', 'One ought to come across "{w}".'),
            "avoid": ('Would you do it without saying "{w}"?', 'One ought never to come upon "{w}".'),
            "order": (
                "Would the {x} be dealt with earlier and the {y} afterwards?",
                "One ought to meet the {x} sooner, the {y} later.",
            ),
            "count": (
                "Would you settle on {n} things one should {do}?",
                "One ought to find {n} things to {do} there.",
            ),
            "list": (
                "Would you arrange them line by line behind dashes?",
                "One ought to see dashes down the left margin.",
            ),
            "json": (
                "Would you hand it over as JSON, keyed by {keys}?",
                "One ought to get a JSON object featuring {keys}.",
            ),
            "sentences": (
                "Would you phrase them as ordinary sentences instead of listing?",
                "One ought to see paragraphs and never a list.",
            ),
            "max": ("Would {n} words be the ceiling?", "One ought to be done within {n} words."),
            "min": ("Would {n} words be the floor?", "One ought to get {n} words or upward."),
            "formal": (
                'Would you address it ceremoniously with "Dear", signing as {sender}?',
                'One ought to feel the formality: "Dear", a ceremonious end, {sender}.',
            ),
            "informal": (
                'Would you address it breezily with "Hi", signing as {sender}?',
                'One ought to feel the ease: "Hi", a breezy end, {sender}.',
            ),
        },
        lists=(
            "{Lead}, why not {do} {things}?",
            "One does well to {do} {things} {lead}.",
            "It helps, {lead}, to {do} {things}.",
        ),
        heads=("{Lead}, why not {do}:", "What one does well to {do} {lead}:"),
        facts=("Judging by the overview, {c}.", "As far as one can see, {c}.", "It turns out that {c}."),
        words=(
            "One soon finds that {c}.",
            "Most people will tell you that {c}.",
            "Who would deny that {c}?",
            "All in all, {c}.",
        ),
        details=(
            "Did you know that {c}?",
            "One might add that {c}.",
            "{C}, as it happens.",
            "As an aside, {c}.",
            "Perhaps it is worth knowing that {c}.",
            "{C}, one should know.",
            "For what it is worth, {c}.",
            "Not to forget, {c}.",
        ),
        formal="Sincerely",
        informal="Much love",
        bare=True,
        indent=True,
    ),
    8: Voice(
        opens=(
            "My manager left me this: get {genre} out to {name} about what we {do} {lead}.",
            "Someone upstairs has ordered {genre}. It ends up with {name} and deals with what we {do} {lead}.",
            "I was told to send {name} {genre} on what we {do} {lead}.",
        ),
        tables=("Attached were some {header}:", "They handed me a slip with {header}:"),
        row="{value} for {row}",
        between=" / ",
        rules=("Their instructions: ", "What they told me: "),
        mark="",
        glue=" ",
        asks={
            "fact": ("Point out {q}.", "Readers have asked {q}, so settle that."),
            "keyword": ('Drop the expression "{w}" in.', 'They insist on the expression "{w}".'),
            "avoid": ('Strike the expression "{w}".', 'They object to the expression "{w}".'),
            "order": (
                "Deal with the {x} up front and with the {y} below.",
                "They rank the {x} above the {y}, so follow suit.",
            ),
            "count": ("Pick {n} things we {do}.", "They approved {n} things we {do}, not one extra."),
            "list": ("Break it into dashed points.", "They expect a column of dashes."),
            "json": ("Wrap it in JSON using {keys}.", "They load it as JSON and expect {keys}."),
            "sentences": ("Write it through, no points.", "They expect paragraphs, not columns."),
            "max": ("Space runs out past {n} words.", "They cap it at {n} words."),
            "min": ("Fill the space, which takes {n} words.", "They pay from {n} words upwards."),
            "formal": (
                'Treat the reader formally: "Dear", polite ending, {sender} as author.',
                'They insist on "Dear" and a formal ending above the name {sender}.',
            ),
            "informal": (
                'Treat the reader as a pal: "Hi", matey ending, {sender} as author.',
                'They insist on "Hi" and a matey ending above the name {sender}.',
            ),
        },
        lists=(
            "{Lead} we always {do} {things}.",
            "Like everyone else, we {do} {things} {lead}.",
            "The plan is to {do} {things} {lead}.",
        ),
        heads=("{Lead} we always {do}:", "Like everyone else, we {do} these {lead}:"),
        facts=("Management states that {c}.", "Take note: {c}.", "To settle a common query, {c}."),
        words=(
            "Regulars maintain that {c}.",
            "Frankly, {c}.",
            "Our impression is that {c}.",
            "There is no doubt that {c}.",
        ),
        details=(
            "Our colleagues remind you that {c}.",
            "Meanwhile, {c}.",
            "{C}, as some have asked.",
            "What also counts is that {c}.",
            "Bear with us while we mention that {c}.",
            "{C}, to keep you posted.",
            "Word from the team: {c}.",
            "Beyond all this, {c}.",
        ),
        formal="With kind regards",
        informal="Till soon",
        bare=False,
        indent=True,
    ),
}

FORMAL = frozenset(voice.formal for voice in VOICES.values())
"""Closings of a formal letter."""
INFORMAL = frozenset(voice.informal for voice in VOICES.values())
"""Closings of a casual letter."""
