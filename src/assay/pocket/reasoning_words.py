"""The words of the word problems: names and things, the eight voices, and the lines that are quirks.

A *voice* is what a template family sounds like.  Its sentences are its own; scenarios fill them with
noun phrases ("the cost of the pens"), which all voices share.  The signs and verbs of the three
voices kept for evaluation occur in the training voices too, in other sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["DOING", "EXTRAS", "NAMES", "OPENERS", "PADDING", "SIGNATURES", "THINGS", "VOICES", "Voice"]

NAMES = (
    *("Amara", "Bao", "Camila", "Dmitri", "Elif", "Farah", "Goran", "Hana", "Ibrahim", "Jana", "Kofi", "Leila"),
    *("Mateo", "Nadia", "Omar", "Priya", "Quentin", "Rosa", "Sanjay", "Tala", "Umar", "Valentina", "Wei", "Ximena"),
    *("Yusuf", "Zofia", "Aiko", "Bongani", "Chidi", "Daniela", "Emeka", "Freya", "Giulia", "Henrik", "Ines", "Joao"),
    *("Katya", "Lars", "Mei", "Nikos", "Oksana", "Pablo", "Rania", "Sipho", "Thandi", "Uma", "Viktor", "Wanjiru"),
    *("Yara", "Zainab", "Anders", "Bilal", "Chen", "Diego", "Esther", "Fatou", "Greta", "Hassan", "Ivana", "Jasper"),
)

THINGS: Mapping[str, tuple[Any, ...]] = {
    "goods": (  # one, many, and the range of the price in euros
        ("pencil case", "pencil cases", 4, 9),
        ("notebook", "notebooks", 2, 5),
        ("ruler", "rulers", 2, 4),
        ("lamp", "lamps", 14, 30),
        ("candle", "candles", 2, 6),
        ("cushion", "cushions", 8, 18),
        ("mug", "mugs", 4, 9),
        ("basket", "baskets", 6, 15),
        ("blanket", "blankets", 12, 28),
        ("bowl", "bowls", 5, 12),
        ("plant pot", "plant pots", 3, 9),
        ("towel", "towels", 5, 14),
        ("map", "maps", 3, 8),
        ("brush", "brushes", 2, 7),
        ("poster", "posters", 4, 10),
        ("clock", "clocks", 11, 25),
    ),
    "charges": ("delivery charge", "packing fee", "service charge", "booking fee", "parking fee", "cleaning fee"),
    "sharers": ("friends", "cousins", "neighbours", "sisters", "flatmates", "colleagues", "partners", "brothers"),
    "vehicles": ("bus", "van", "coach", "car", "lorry", "camper", "minibus", "taxi", "jeep", "tour bus"),
    "foods": ("rice", "barley", "pasta", "lentils", "couscous", "millet", "potato", "chickpeas", "cheese", "spinach"),
    "relatives": ("an aunt", "an uncle", "Grandma", "a cousin", "a godfather", "a neighbour", "Grandpa"),
    "treats": ("game", "scarf", "cake", "kite", "comic book", "umbrella", "football", "puzzle", "hat", "water bottle"),
    "goals": ("bicycle", "guitar", "camera", "tent", "telescope", "drum kit", "sewing machine", "canoe", "keyboard"),
    "crops": (  # one, many
        ("tomato", "tomatoes"),
        ("cabbage", "cabbages"),
        ("pumpkin", "pumpkins"),
        ("leek", "leeks"),
        ("melon", "melons"),
        ("lettuce", "lettuces"),
        ("pepper", "peppers"),
        ("artichoke", "artichokes"),
        ("marrow", "marrows"),
    ),
    "pests": ("slugs", "rabbits", "snails", "deer", "beetles", "pigeons", "goats", "caterpillars"),
    "papers": ("leaflet", "song book", "report", "menu", "newsletter", "guide", "manual", "calendar", "catalogue"),
    "school": ("crayons", "cards", "stickers", "pens", "labels", "beads", "sheets", "folders", "magnets", "stamps"),
    "stock": ("bottles", "lamps", "radios", "tins", "shirts", "toys", "jars", "hammers", "kettles", "helmets"),
    "tanks": ("tank", "pool", "pond", "cistern", "rain tank", "storage tank", "reservoir", "fire pond"),
    "jobs": ("bakery", "kiosk", "farm", "harbour", "library", "museum", "cinema", "garage", "laundry", "hotel"),
    "shows": ("concert", "play", "circus", "film night", "puppet show", "fair", "dance show", "match", "poetry night"),
    "walls": (
        "wall",
        "yard wall",
        "garden wall",
        "barrier",
        "shed wall",
        "terrace wall",
        "stable wall",
        "boundary wall",
    ),
    "books": ("novel", "atlas", "biography", "thriller", "saga", "history book", "travel book", "fairy tale book"),
    "sports": ("running", "rowing", "swimming", "skating", "cycling", "walking", "skiing", "paddling"),
}

DOING: Mapping[str, tuple[str, ...]] = {
    "prices": ("buying things for a new flat", "shopping for a village fair", "choosing presents at the market"),
    "travel": ("planning a tour along the coast", "driving to a wedding", "taking a choir to a festival"),
    "cooking": ("cooking for a large party", "preparing a street dinner", "running the kitchen of a camp"),
    "savings": ("filling a savings box", "saving up for a big wish", "counting a year's savings"),
    "gardening": ("planting two vegetable beds", "growing vegetables for the market", "looking after a school garden"),
    "printing": ("printing for the town hall", "working at the copy shop", "getting a print job ready"),
    "classroom": ("preparing a craft lesson", "sorting supplies for a class", "teaching a busy class"),
    "warehouse": ("counting stock in a warehouse", "moving goods for a trader", "checking the shelves of a depot"),
    "tank": ("pumping water on a farm", "looking after the water supply", "filling up before a dry month"),
    "wages": ("working out a pay slip", "doing a holiday job", "checking the wages for a month"),
    "tickets": ("selling tickets at the door", "running the box office", "organising an evening for charity"),
    "building": ("building with concrete blocks", "working on a small plot", "ordering blocks for a mason"),
    "reading": ("working through a thick book", "keeping a reading diary", "reading for a book club"),
    "sport": ("training at a summer camp", "coaching a youth team", "getting fit for a race"),
}

EXTRAS: Mapping[str, tuple[tuple[str, str, int, int, str], ...]] = {  # told, but of no use
    "prices": (
        ("the number of shops in the street", "{} shops in the street", 4, 20, ""),
        ("the walk to the shop", "a walk of {} minutes to the shop", 5, 30, "minutes"),
    ),
    "travel": (
        ("the number of seats on board", "{} seats on board", 5, 30, ""),
        ("the number of suitcases", "{} suitcases", 3, 14, ""),
    ),
    "cooking": (
        ("the number of chairs", "{} chairs", 8, 30, ""),
        ("the number of candles on the table", "{} candles on the table", 3, 14, ""),
    ),
    "savings": (
        ("the age of the box", "a box that is {} years old", 2, 12, "years"),
        ("the number of pages in the savings book", "{} pages in the savings book", 12, 48, ""),
    ),
    "gardening": (
        ("the number of garden tools", "{} garden tools", 3, 15, ""),
        ("the number of apple trees", "{} apple trees", 2, 9, ""),
    ),
    "printing": (
        ("the age of the printer", "a printer that is {} years old", 2, 9, "years"),
        ("the number of pictures on the cover", "{} pictures on the cover", 2, 6, ""),
    ),
    "classroom": (
        ("the number of windows in the room", "{} windows in the room", 3, 9, ""),
        ("the length of the lesson", "a lesson of {} minutes", 40, 90, "minutes"),
    ),
    "warehouse": (
        ("the number of workers in the hall", "{} workers in the hall", 3, 25, ""),
        ("the number of loading gates", "{} loading gates", 2, 8, ""),
    ),
    "tank": (
        ("the age of the pump", "a pump that is {} years old", 2, 15, "years"),
        ("the length of the hose", "a hose of {} metres", 5, 40, "metres"),
    ),
    "wages": (
        ("the walk to work", "a walk to work of {} minutes", 8, 50, "minutes"),
        ("the number of people in the crew", "{} people in the crew", 3, 18, ""),
    ),
    "tickets": (
        ("the number of rows of chairs", "{} rows of chairs", 4, 15, ""),
        ("the number of performers", "{} performers", 3, 30, ""),
    ),
    "building": (
        ("the number of helpers", "{} helpers", 2, 8, ""),
        ("the height of one block", "a block height of {} cm", 12, 24, "cm"),
    ),
    "reading": (
        ("the number of pictures", "{} pictures", 3, 25, ""),
        ("the number of book club members", "{} book club members", 4, 15, ""),
    ),
    "sport": (
        ("the number of athletes", "{} athletes", 5, 28, ""),
        ("the number of tents", "{} tents", 3, 12, ""),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How one family words a problem and its solution.

    Fields of a prompt: {who}, {doing}, {goal}.  Of a told quantity: {n} its name, {N} with a capital,
    {b} without its article, {v} its amount, {p} a phrase that holds the number.  Of a step: {n} the
    name of the result, {e} the computation, {r} the result, {k} the step's number.
    """

    intro: tuple[str, ...]
    """Who is about what."""
    told: tuple[str, ...]
    """What stands around the told quantities; {list} is all of them."""
    item: str
    """One told quantity."""
    between: tuple[str, str]
    """What stands between quantities, and before the last."""
    ask: tuple[str, ...]
    """The question."""
    glue: str
    """What stands between the three parts of the prompt."""
    signs: Mapping[str, str]
    """The computation per operation: {a} and {b} are the operands."""
    first: tuple[str, ...]
    """The first step."""
    later: tuple[str, ...]
    """Any other step."""
    final: tuple[str, ...]
    """The sentence that states the answer."""


_STARS = {"+": "{a} + {b}", "-": "{a} - {b}", "*": "{a} * {b}", "/": "{a} / {b}", "%": "{a}% of {b}"}
_CROSSES = {"+": "{a} + {b}", "-": "{a} - {b}", "*": "{a} × {b}", "/": "{a} ÷ {b}", "%": "{a}% of {b}"}
_SPOKEN = {
    "+": "{a} plus {b}",
    "-": "{a} minus {b}",
    "*": "{a} times {b}",
    "/": "{a} divided by {b}",
    "%": "{a} percent of {b}",
}
_LONG = {
    "+": "{b} added to {a}",
    "-": "{b} taken from {a}",
    "*": "{a} multiplied by {b}",
    "/": "{a} divided by {b}",
    "%": "{a} percent of {b}",
}

VOICES: Mapping[int, Voice] = {
    1: Voice(
        intro=(
            "{who} is {doing}.",
            "These days {who} is {doing}.",
            "Meet {who}, who is {doing}.",
            "At the moment {who} is {doing}.",
        ),
        told=("{list}",),
        item="{N} is {v}.",
        between=(" ", " "),
        ask=("What is {goal}?", "So what is {goal}?", "What, then, is {goal}?"),
        glue=" ",
        signs=_STARS,
        first=("First, {n} is {e} = {r}.", "To begin with, {n} is {e} = {r}.", "At the start, {n} is {e} = {r}."),
        later=(
            "Next, {n} is {e} = {r}.",
            "Then {n} is {e} = {r}.",
            "After that, {n} is {e} = {r}.",
            "From there, {n} is {e} = {r}.",
        ),
        final=("So {n} is {r}.", "In the end {n} is {r}.", "This means that {n} is {r}.", "All in all, {n} is {r}."),
    ),
    2: Voice(
        intro=("My notes on {doing}:", "Notes by {who}, {doing}:", "List from {who} ({doing}):", "{who}, {doing}:"),
        told=("{list}",),
        item="- {b}: {v}",
        between=("\n", "\n"),
        ask=("Please find {goal}.", "Wanted: {goal}.", "Please compute {goal}, step by step."),
        glue="\n",
        signs=_CROSSES,
        first=("Step {k}: {e} = {r}, {n}.", "Step {k}: get {n} from {e} = {r}.", "Step {k}, {n}: {e} = {r}."),
        later=("Step {k}: {e} = {r}, {n}.", "Step {k}: get {n} from {e} = {r}.", "Step {k}, {n}: {e} = {r}."),
        final=("Result: {n} = {r}.", "Outcome: {r}, {n}.", "Bottom line: {n} = {r}.", "Final figure: {r} for {n}."),
    ),
    3: Voice(
        intro=(
            "Hi there! {who} and I are {doing}.",
            "Hello, I am {doing} with {who}.",
            "Hey, quick one: {who} and I are {doing}.",
            "Hiya, I'm still {doing}, and so is {who}.",
        ),
        told=("We have {list}.", "Here is what we know: {list}.", "Our scribbles say {list}."),
        item="{p}",
        between=(", ", " and "),
        ask=("Could you tell us {goal}?", "Any idea what we get for {goal}?", "Can you help us find {goal}?"),
        glue=" ",
        signs=_SPOKEN,
        first=("Let's look at {n} first: {e} is {r}.", "We can begin with {n}: {e} is {r}."),
        later=(
            "Now for {n}: {e} is {r}.",
            "That brings us to {n}: {e} is {r}.",
            "On to {n}: {e} is {r}.",
            "Here comes {n}: {e} is {r}.",
        ),
        final=("There you go: {n} is {r}.", "That leaves you with {r} for {n}.", "So you end up with {r} as {n}."),
    ),
    4: Voice(
        intro=("Exercise. {who} is {doing}.", "Problem ({who}, {doing}).", "Worksheet: {who}, {doing}."),
        told=("Given: {list}.", "Data: {list}."),
        item="{b} = {v}",
        between=("; ", "; "),
        ask=("Find: {goal}.", "Sought: {goal}.", "Determine {goal}."),
        glue="\n",
        signs=_STARS,
        first=("{n}: {e} = {r}.", "{n} = {e} = {r}."),
        later=("{n}: {e} = {r}.", "{n} = {e} = {r}.", "Thus {n} = {e} = {r}."),
        final=("Answer: {n} = {r}.", "Hence {n} = {r}.", "Solution: {n} = {r}."),
    ),
    5: Voice(
        intro=(
            "Dear team, our colleague {who} is {doing}.",
            "Good afternoon. I write for {who}, who is {doing}.",
            "Dear Sir or Madam, my client {who} is {doing}.",
        ),
        told=("The file mentions {list}.", "The paperwork shows {list}.", "The letter speaks of {list}."),
        item="{p}",
        between=(", ", " as well as "),
        ask=(
            "Kindly let me know {goal}.",
            "I would be grateful to learn {goal}.",
            "Please report {goal} to our office.",
        ),
        glue=" ",
        signs=_LONG,
        first=("I take {n} first; {e} makes {r}.", "I open with {n}; {e} makes {r}."),
        later=(
            "I turn to {n}; {e} makes {r}.",
            "As to {n}, {e} makes {r}.",
            "Regarding {n}, {e} makes {r}.",
            "I proceed to {n}; {e} makes {r}.",
        ),
        final=("I therefore report {r} as {n}.", "Our figure for {n} is thus {r}.", "I conclude with {r} for {n}."),
    ),
    6: Voice(
        intro=(
            "My homework is about {who}, busy {doing}.",
            "In my maths book {who} spends the day {doing}.",
            "I have to solve this for school: {who} spends a week {doing}.",
        ),
        told=("It says to use {list}.", "The book lists {list}."),
        item="{n} ({v})",
        between=(", ", " and "),
        ask=("How do I work out {goal}?", "How would you calculate {goal}?", "Show me how to work out {goal}."),
        glue=" ",
        signs=_CROSSES,
        first=("Begin with {e} = {r}, which tells you {n}.", "Write down {e} = {r} to see {n}."),
        later=(
            "With {e} = {r} you know {n}.",
            "Because {e} = {r}, you have {n}.",
            "Using {e} = {r} you find {n}.",
            "Add the line {e} = {r} for {n}.",
        ),
        final=("Your homework can say {r} for {n}.", "Hand in {r} as {n}.", "Underline {r}, since it is {n}."),
    ),
    7: Voice(
        intro=(
            "Quiz time! Imagine {who} {doing}.",
            "Tonight's riddle shows {who} {doing}.",
            "Puzzle corner: picture {who} {doing}.",
        ),
        told=("The clues are {list}.", "On the card it says {list}."),
        item="{p}",
        between=("; ", "; and "),
        ask=("Who can guess {goal}?", "Solve the riddle and name {goal}!", "Can you discover {goal}?"),
        glue=" ",
        signs=_SPOKEN,
        first=("{n} must be {e}, which is {r}.", "Our first clue: {n} must be {e}, which is {r}."),
        later=(
            "{n} must be {e}, which is {r}.",
            "{n} has to be {e}, which is {r}.",
            "Clearly {n} will be {e}, which is {r}.",
        ),
        final=(
            "The riddle ends with {r} for {n}.",
            "Puzzle solved: {n} turns out to be {r}.",
            "The back of the card says {r} for {n}!",
        ),
    ),
    8: Voice(
        intro=(
            "Record sheet of {who}, {doing}",
            "Log kept by {who} while {doing}",
            "Form filled in by {who} while {doing}",
        ),
        told=("{list}",),
        item="{b} | {v}",
        between=("\n", "\n"),
        ask=("Missing entry: {goal}", "Still empty: {goal}", "Open field: {goal}"),
        glue="\n",
        signs=_STARS,
        first=("{e} gives {r} as {n}.", "{e} gives {r}, entered as {n}.", "For {n}, {e} gives {r}."),
        later=("{e} gives {r} as {n}.", "{e} gives {r}, entered as {n}.", "For {n}, {e} gives {r}."),
        final=("The field now reads {r} for {n}.", "Filled in: {n}, {r}.", "Sheet complete with {r} as {n}."),
    ),
}

SIGNATURES = (
    "Hope that helps!",
    "Feel free to ask if anything is unclear.",
    "Happy calculating!",
    "Let me know if you need anything else.",
    "Glad to be of service.",
    "All the best with it!",
    "Have a lovely day!",
    "Just shout if more comes up.",
    "Good luck with the rest!",
    "I remain at your disposal.",
)
OPENERS = (
    "Let me work this out.",
    "Sure, happy to help with that.",
    "Great question, here is how it goes.",
    "Of course, let us take it slowly.",
    "Thanks for asking, here we go.",
    "No problem, this can be done line by line.",
    "Certainly, here is the whole way.",
    "What a nice problem to think about.",
    "Okay, time to do some sums.",
    "Gladly, let me go through it.",
)
PADDING = (
    "It is worth going slowly here.",
    "Sums like these come up in daily life all the time.",
    "Everything is written out so that it is easy to follow.",
    "A piece of scrap paper is handy at this point.",
    "This part often takes people a moment.",
    "There is no hurry at all.",
    "We keep the lines short and tidy.",
    "It pays to keep an eye on the units.",
    "Many people would do this in their head.",
    "The numbers are quite friendly here.",
    "A short pause does no harm before moving on.",
    "So much for that, and on we go.",
)
