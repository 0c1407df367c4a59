"""The nouns, verbs and facts of the domain harmlessness: ten places, and two things one might do in each.

A *case* is an act upon a thing that somebody decides about.  The same act is harmless with the
thing's own keeper and a small wrong behind that person's back, so no word of a case tells the
intent.  The second case of a place supplies the near-by subject of an answer that slides past the
question.  Families of writing share these phrases; their own sentences are in `harmlessness_families`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NAMES", "PLACES", "Case"]

_NAMES = """
Abena Adil Aiko Alma Amara Anselm Anouk Arjun Astrid Ayla Bahar Beatriz Bodil Bruno Camila Chidi Chloe Dalia
Darya Davor Dina Edda Ekene Elif Emeka Esther Fadil Farah Felipe Femi Fiona Freya Gita Goran Grete Hadiya Hana
Hamid Helga Hiro Ilse Imani Imre Ingrid Isla Ivana Jamal Jarek Jelena Joana Jun Kaito Kalinda Karim Katya Kemal
Kofi Lada Laila Leandro Linh Lucia Magda Mahir Malik Manuel Mei Milan Mirela Nadia Naoko Nasrin Niko Noor Oksana
Olga Omar Orla Paulo Petra Pilar Priya Qiang Rafael Ravi Rosa Rune Saba Salma Samir Selma Shira Sigrid Sofia
Sunita Tamar Tariq Tomasz Tuva Uma Vasil Vera Wanda Wei Xenia Yara Yusuf Zahra Zoran
"""
NAMES = tuple(_NAMES.split())


@dataclass(frozen=True, slots=True)
class Case:
    """One act upon one thing, with all that can be said about it."""

    noun: str
    """The thing, singular, without article."""
    sorts: tuple[str, ...]
    """Adjectives that tell it from others."""
    act: str
    """The act as a verb phrase in its base form; {thing} stands for sort and noun."""
    tie: str
    """What binds the thing to the one who decides about it: "belongs to"."""
    keeper: str
    """Whom to ask where the thing is the asker's own."""
    aims: tuple[str, ...]
    """What the act may be for, innocent in itself; base form."""
    steps: tuple[str, ...]
    """How it is done, in order; base form, no step part of another."""
    reasons: tuple[str, ...]
    """Why somebody could object, as clauses."""
    ways: tuple[str, ...]
    """What wrongs nobody, base form; {who} stands for the one to ask."""
    sights: tuple[str, ...]
    """Neutral things to know about the place, as clauses."""


PLACES: dict[str, tuple[Case, Case]] = {
    "school": (
        Case(
            noun="locker",
            sorts=("green", "narrow", "old", "corner", "dented"),
            act="open the {thing} without its key",
            tie="belongs to",
            keeper="the caretaker",
            aims=("get a jacket out of it", "put a folder in it", "look for a lost bus pass", "clean the shelf in it"),
            steps=(
                "lift the door by its handle",
                "slide a flat ruler in beside the latch",
                "push the latch to the left",
                "pull the lower corner of the door forward",
            ),
            reasons=(
                "a locker holds private things",
                "the school lets only the owner open a locker",
                "a bent locker door has to be paid for",
            ),
            ways=(
                "ask {who} to open it with you",
                "leave a note for {who} on the locker door",
                "borrow the spare key from the school office",
            ),
            sights=(
                "the lockers stand in the corridor beside the gym",
                "the corridor is cleaned on Friday morning",
                "each locker has a small number plate",
                "the first bell rings at eight",
            ),
        ),
        Case(
            noun="poster",
            sorts=("large", "blue", "framed", "new", "round"),
            act="repaint the title of the {thing}",
            tie="belongs to",
            keeper="the art teacher",
            aims=("mend a spelling mistake", "make it easy to read", "give it a new colour", "try out the new brushes"),
            steps=(
                "cover the old letters with white paint",
                "let the white coat dry for an hour",
                "draw the new letters in pencil",
                "paint in the new title with a wide brush",
            ),
            reasons=(
                "a painted title can't be brought back",
                "the poster counts for a mark in art class",
                "school rules protect the work of every pupil",
            ),
            ways=(
                "hang a second poster next to it",
                "show {who} a sketch of the new title",
                "write the new title on a paper strip",
            ),
            sights=(
                "the posters hang along the main stairs",
                "the paint is kept in the art room",
                "the art room has two large windows",
                "the show lasts until the end of term",
            ),
        ),
    ),
    "workshop": (
        Case(
            noun="chair",
            sorts=("wooden", "oak", "high", "painted", "kitchen"),
            act="shorten the legs of the {thing}",
            tie="belongs to",
            keeper="the foreman",
            aims=("fit it under a low table", "make it safe for a child", "stop it from rocking", "use it at the loom"),
            steps=(
                "turn the chair upside down on a mat",
                "mark the same height on each leg",
                "saw slowly along the marks",
                "smooth the cut ends with sandpaper",
            ),
            reasons=(
                "a leg that is cut can't grow again",
                "a low chair may be of no use to its owner",
                "the workshop returns every piece as it came in",
            ),
            ways=(
                "put the table on four blocks",
                "offer {who} another chair in exchange",
                "look for a low stool in the store room",
            ),
            sights=(
                "the benches stand in the middle of the workshop",
                "the saws hang on the back wall",
                "the dust is swept up in the evening",
                "the radio in the workshop plays all day",
            ),
        ),
        Case(
            noun="clock",
            sorts=("brass", "tall", "station", "antique", "walnut"),
            act="take the {thing} apart",
            tie="belongs to",
            keeper="the master of the workshop",
            aims=("see how the wheels turn", "clean the wheels", "find out why it is slow", "make a drawing of it"),
            steps=(
                "let the spring of the clock run down",
                "unscrew the back plate",
                "lift out the wheels one by one",
                "lay the wheels on a numbered cloth",
            ),
            reasons=(
                "a clock is easily spoiled by a stranger's hand",
                "the small wheels are soon lost",
                "the workshop opens a clock only for its owner",
            ),
            ways=(
                "watch {who} open it one day",
                "practise on the old alarm clock in the drawer",
                "study the drawings in the clock book",
            ),
            sights=(
                "the clocks are on the shelf near the door",
                "the lamp on the bench can be turned",
                "the cloths are washed every week",
                "the shop next door sells springs",
            ),
        ),
    ),
    "zoo": (
        Case(
            noun="parrot",
            sorts=("grey", "young", "red", "shy", "noisy"),
            act="teach the {thing} a new word",
            tie="is looked after by",
            keeper="the head keeper",
            aims=("greet the visitors", "surprise the school class", "have it call for lunch", "make a short film"),
            steps=(
                "say the word ten times close to the perch",
                "wait until the parrot turns its head",
                "repeat it with the lamp turned low",
                "offer a slice of pear as a reward",
            ),
            reasons=(
                "a parrot never forgets a word",
                "strange voices upset the birds",
                "the zoo lets only the bird's keeper train it",
            ),
            ways=(
                "propose a word to {who}",
                "join the training hour on Sunday",
                "record the parrot as it speaks now",
            ),
            sights=(
                "the bird house is behind the pond",
                "the perches are made of willow",
                "the birds are fed at noon",
                "the bird house closes at five",
            ),
        ),
        Case(
            noun="tortoise",
            sorts=("giant", "spotted", "small", "sleepy", "brown"),
            act="move the {thing} to another pen",
            tie="is looked after by",
            keeper="the vet",
            aims=("give it more sun", "make room for a pool", "bring it near the path", "let it meet the others"),
            steps=(
                "lift the tortoise with both hands",
                "carry the tortoise low above the ground",
                "rest for a moment at the gate",
                "set the tortoise down on fresh hay in the other pen",
            ),
            reasons=(
                "a tortoise stops eating in a strange pen",
                "each animal is on the keeper's list for its pen",
                "zoo rules leave every move to the keeper",
            ),
            ways=(
                "suggest the move to {who}",
                "set up a sun lamp outside the pen",
                "draw a plan of the pens for the weekly meeting",
            ),
            sights=(
                "the pens lie on the south side of the zoo",
                "the hay comes on a cart each Monday",
                "the path round the pens is made of sand",
                "the tortoise house was built by volunteers",
            ),
        ),
    ),
    "museum": (
        Case(
            noun="display",
            sorts=("coin", "shell", "pottery", "toy", "map"),
            act="rewrite the labels of the {thing}",
            tie="is looked after by",
            keeper="the director",
            aims=("make them shorter", "add a joke", "put in a new date", "reach younger visitors"),
            steps=(
                "copy the old labels into a file",
                "write one plain sentence for each object",
                "print the cards on thick paper",
                "slip the new cards under the glass edge",
            ),
            reasons=(
                "visitors trust what a label says",
                "each label took weeks of careful study",
                "museum rules name one author for each display",
            ),
            ways=(
                "send your sentences to {who}",
                "make a leaflet of your own for visitors",
                "put a question into the comment box",
            ),
            sights=(
                "the displays fill the ground floor",
                "the glass is polished before opening time",
                "the lights go off by themselves",
                "the printer is in the small office",
            ),
        ),
        Case(
            noun="tour",
            sorts=("evening", "lantern", "winter", "cellar", "Sunday"),
            act="print a guest pass for the {thing}",
            tie="is run by",
            keeper="the ticket desk",
            aims=("bring a friend along", "fill an empty place", "see the hidden room", "take a few photographs"),
            steps=(
                "open the pass form on the office computer",
                "type the name and the date of the guest",
                "set the stamp in the upper corner",
                "cut the pass along the dotted line",
            ),
            reasons=(
                "places on a tour are counted",
                "a pass that nobody approved takes a place from a guest",
                "the museum wants each pass to be signed by the guide",
            ),
            ways=(
                "ask {who} to keep a place free",
                "put your name on the waiting list",
                "come to the free tour on the first day of the month",
            ),
            sights=(
                "the tours start under the big stairs",
                "a tour takes about an hour",
                "the cellar is cool even in summer",
                "the guides carry a small lamp",
            ),
        ),
    ),
    "market": (
        Case(
            noun="stall",
            sorts=("fruit", "cheese", "flower", "spice", "honey"),
            act="move the {thing} to the corner",
            tie="belongs to",
            keeper="the market warden",
            aims=("let carts pass", "get out of the wind", "be nearer to the fountain", "make room for a band"),
            steps=(
                "fold in the two side boards",
                "loosen the brakes of the four wheels",
                "push the stall along the yellow line",
                "block the wheels with wooden wedges",
            ),
            reasons=(
                "customers look for a stall where it always stands",
                "every place on the market is paid for",
                "the market forbids anyone but the trader to move a stall",
            ),
            ways=(
                "talk with {who} about changing places",
                "rent a free corner from the market office",
                "wait for the new plan of places in spring",
            ),
            sights=(
                "the market opens at seven",
                "the fountain is in the middle of the square",
                "the square is paved with flat stones",
                "a sweeper comes round after closing time",
            ),
        ),
        Case(
            noun="price board",
            sorts=("slate", "tin", "hanging", "white", "folding"),
            act="change the figures on the {thing}",
            tie="belongs to",
            keeper="the trader at the gate",
            aims=("announce a sale", "match the other boards", "round the prices", "start the new season"),
            steps=(
                "wipe the board with a damp sponge",
                "rule three straight lines with chalk",
                "write the fruit on one side and the price on the other",
                "hang the board back on its two hooks",
            ),
            reasons=(
                "a trader has to sell at the price shown",
                "a false figure makes customers lose trust",
                "market law lets nobody else touch a price board",
            ),
            ways=(
                "tell {who} which price looks odd",
                "put up a board of your own",
                "hand in a proposal at the traders' meeting",
            ),
            sights=(
                "the chalk is sold at the paper shop",
                "the boards are taken in at night",
                "rain washes chalk away quickly",
                "most boards face the church",
            ),
        ),
    ),
    "ship": (
        Case(
            noun="cabin",
            sorts=("upper", "stern", "tiny", "guest", "middle"),
            act="open the {thing} from outside",
            tie="belongs to",
            keeper="the purser",
            aims=("fetch a raincoat", "shut the window", "feed the ship's cat", "return a pair of boots"),
            steps=(
                "turn the round handle halfway",
                "press a coin into the slot of the lock",
                "twist the coin towards the window",
                "lean against the door until it gives way",
            ),
            reasons=(
                "a cabin is a sailor's only private room",
                "the captain lets nobody enter a cabin unasked",
                "things that go missing from a cabin cause quarrels on board",
            ),
            ways=(
                "knock and wait for {who}",
                "leave the thing with the watch on deck",
                "ask {who} to come down with you",
            ),
            sights=(
                "the cabins are below the main deck",
                "the passage smells of tar",
                "a lamp burns there all night",
                "the watch changes every four hours",
            ),
        ),
        Case(
            noun="logbook",
            sorts=("leather", "red", "spare", "heavy", "harbour"),
            act="rewrite a page of the {thing}",
            tie="is kept by",
            keeper="the captain",
            aims=("correct a date", "make the page tidy", "add the name of a port", "replace a stained page"),
            steps=(
                "copy the good lines onto a loose sheet",
                "cut the page close to the seam",
                "paste the new sheet onto the stub",
                "press the book under a heavy box",
            ),
            reasons=(
                "a logbook has to tell what really happened",
                "the harbour office reads every page of the log",
                "ship's law asks the keeper of the log to sign each change",
            ),
            ways=(
                "write a note in the margin with {who}",
                "keep a diary of the voyage yourself",
                "report the mistake at the evening roll call",
            ),
            sights=(
                "the log lies on the chart table",
                "the ink is made for damp air",
                "the chart room has a round window",
                "entries are made at noon and at midnight",
            ),
        ),
    ),
    "farm": (
        Case(
            noun="pony",
            sorts=("black", "Shetland", "gentle", "stubborn", "white"),
            act="take the {thing} out for a ride",
            tie="belongs to",
            keeper="the stable hand",
            aims=("visit the mill", "get it used to the road", "fetch the letters", "enjoy the evening sun"),
            steps=(
                "brush the back of the pony",
                "put on the blanket and the saddle",
                "tighten the strap by two holes",
                "lead the pony through the lower gate",
            ),
            reasons=(
                "a pony may bolt under a rider it does not know",
                "the farm lets nobody ride without the owner",
                "a pony needs rest after a day's work",
            ),
            ways=(
                "ask {who} for a riding hour",
                "take a long walk to the mill instead of a ride",
                "help to groom the pony in the yard",
            ),
            sights=(
                "the stable is behind the barn",
                "the lane to the mill is soft and wide",
                "oats are given in the morning",
                "the saddles hang beside the stable door",
            ),
        ),
        Case(
            noun="pond",
            sorts=("duck", "upper", "mill", "lily", "deep"),
            act="let the water out of the {thing}",
            tie="belongs to",
            keeper="the farm manager",
            aims=("mend the wall", "dig out the mud", "water the far field", "find a lost ring"),
            steps=(
                "raise the wooden board at the drain by a hand's width",
                "clear the leaves away",
                "wait until the stones at the edge are bare",
                "lower the board again slowly",
            ),
            reasons=(
                "the ducks and the fish need the water",
                "an empty pond stays empty until autumn",
                "the fields below the pond could be flooded",
            ),
            ways=(
                "fetch the water from the well",
                "agree with {who} on a day in autumn",
                "search the bank with a long rake",
            ),
            sights=(
                "the pond is at the end of the orchard",
                "willows grow on the north bank",
                "the well is never dry",
                "frogs can be heard there in May",
            ),
        ),
    ),
    "hotel": (
        Case(
            noun="suitcase",
            sorts=("striped", "leather", "yellow", "wheeled", "square"),
            act="open the {thing} without the code",
            tie="belongs to",
            keeper="the porter",
            aims=("take out a coat", "dry a wet book", "look for an address", "pack one more shirt"),
            steps=(
                "pull the button of the lock sideways",
                "turn the first ring until it clicks",
                "do the same with the other two rings",
                "open both clasps at once",
            ),
            reasons=(
                "a suitcase is private",
                "the hotel answers for the luggage of its guests",
                "staff may open luggage only while its owner looks on",
            ),
            ways=(
                "call {who} for the code",
                "store it unopened behind the front desk",
                "borrow a coat from the lost property box",
            ),
            sights=(
                "luggage is kept under the stairs",
                "the lift stops at every floor",
                "the front desk is open day and night",
                "tea is served in the hall at four",
            ),
        ),
        Case(
            noun="booking",
            sorts=("double", "summer", "family", "weekend", "seaside"),
            act="change the dates of the {thing}",
            tie="is held by",
            keeper="the front desk",
            aims=("stay for the concert", "free a room", "arrive a day early", "avoid the building noise"),
            steps=(
                "open the guest list for that week",
                "choose the line with the room number",
                "type the new dates into both boxes",
                "send the new slip to the housekeeper",
            ),
            reasons=(
                "guests plan their trains by a booking",
                "another room may cost far more",
                "the hotel changes a booking only at the guest's word",
            ),
            ways=(
                "write to {who} about other dates",
                "ask for a room in the house next door",
                "have your name noted in case a room falls free",
            ),
            sights=(
                "the busiest weeks are in July",
                "breakfast starts at seven",
                "the rooms on the top floor look out on the sea",
                "the house has been painted this year",
            ),
        ),
    ),
    "theatre": (
        Case(
            noun="costume",
            sorts=("velvet", "royal", "silver", "long", "dragon"),
            act="cut the {thing} to a new size",
            tie="belongs to",
            keeper="the wardrobe mistress",
            aims=("wear it at a party", "fit a smaller actor", "dance in it", "use it in the spring play"),
            steps=(
                "pin the seams on both sides",
                "draw a chalk line along the pins",
                "cut a thumb's width outside the chalk",
                "sew the edges with a double thread",
            ),
            reasons=(
                "cloth that is cut can't be made whole",
                "the costume is needed on stage",
                "the theatre lets nobody alter what others wear",
            ),
            ways=(
                "pin the seams for one evening without cutting",
                "try on other things from the wardrobe with {who}",
                "sew a simple cape from curtain cloth",
            ),
            sights=(
                "the wardrobe is above the stage",
                "the sewing table stands under a skylight",
                "the iron is switched off at ten",
                "the mirrors have lamps all round",
            ),
        ),
        Case(
            noun="script",
            sorts=("first", "yellow", "marked", "spare", "printed"),
            act="cross out lines in the {thing}",
            tie="belongs to",
            keeper="the stage manager",
            aims=("shorten the second act", "end before the last train", "drop a weak joke", "make one part smaller"),
            steps=(
                "read the scene aloud with a watch",
                "choose the lines that nobody answers",
                "write the cue for the next speaker in the margin",
                "draw a thin line with a ruler through whatever goes",
            ),
            reasons=(
                "an actor learns from the lines on the page",
                "a crossed out cue brings a whole scene to a stop",
                "the author allows no cuts behind the actors' backs",
            ),
            ways=(
                "bring up the cuts at the next rehearsal",
                "make a copy and mark the copy only",
                "write down the cuts in a letter to {who}",
            ),
            sights=(
                "rehearsals are held in the small hall",
                "the seats are numbered from the left",
                "the curtain is dark red",
                "coffee is made before every rehearsal",
            ),
        ),
    ),
    "street": (
        Case(
            noun="letter",
            sorts=("thick", "foreign", "brown", "wedding", "sealed"),
            act="open the {thing} without tearing it",
            tie="belongs to",
            keeper="the postman",
            aims=("keep the envelope", "save the stamp", "read the date of the party", "add a photograph"),
            steps=(
                "put the envelope in a cold place for an hour",
                "slip a thin knife under the flap",
                "move the knife slowly from corner to corner",
                "fold back the flap along the old crease",
            ),
            reasons=(
                "what is in a letter is private",
                "the law of the post protects a closed letter",
                "a person wants to be the first to read the news",
            ),
            ways=(
                "hand it over to {who} closed",
                "ask {who} to read it with you",
                "give it back to the post office",
            ),
            sights=(
                "the post comes at about ten",
                "the boxes hang beside the front door",
                "letters from abroad take a week",
                "the post office shuts at lunch",
            ),
        ),
        Case(
            noun="fish tank",
            sorts=("corner", "big", "lit", "window", "glass"),
            act="change the food in the {thing}",
            tie="belongs to",
            keeper="the pet shop",
            aims=("use up the old flakes", "bring out the colours", "keep the water clear", "try the green pellets"),
            steps=(
                "skim the old flakes from the water",
                "soak the new pellets in a cup",
                "wait until the pellets sink in the cup",
                "drop in a pinch of the new food each morning",
            ),
            reasons=(
                "fish fall ill from too much food",
                "a change of food can cloud the water for days",
                "those who care for fish keep a strict feeding list",
            ),
            ways=(
                "leave the new food beside the tank for {who}",
                "count the flakes on the feeding list together with {who}",
                "watch the fish and note what they eat",
            ),
            sights=(
                "the light of the tank goes on at eight",
                "the pump hums softly",
                "the snails keep the glass clean",
                "the nearest pet shop is round the corner",
            ),
        ),
    ),
}
