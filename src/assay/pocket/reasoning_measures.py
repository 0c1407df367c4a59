"""Word problems about amounts: travel, cooking, water, building, sport, classroom, warehouse and reading.

The rules are those of `reasoning_money`.
"""

from __future__ import annotations

from .reasoning_money import settle
from .reasoning_plans import Plan

__all__ = ["building", "classroom", "cooking", "reading", "sport", "tank", "travel", "warehouse"]


def _distance(p: Plan) -> None:
    way = 0
    vehicle = p.thing("vehicles")
    for i, day in enumerate(("first", "second", "third")):
        if i and (p.room < 3 or p.draw.chance(0.3)):
            break
        speed = p.told(
            f"the speed of the {vehicle} on the {day} day",
            f"a speed of {{}} km per hour on the {day} day",
            p.draw.between(4, 9) * 10,
            "km per hour",
        )
        time = p.told(
            f"the time on the road on the {day} day",
            f"{{}} hours on the road on the {day} day",
            p.draw.between(4, 8),
            "hours",
        )
        if not i and p.room > 2:
            rest = p.told(
                "the time spent resting on the first day",
                "{} hours of rest on the first day",
                p.draw.between(2, 3),
                "hours",
            )
            time = p.step("-", time, rest, "the driving time on the first day", "hours", "condition")
        leg = p.step("*", speed, time, f"the distance covered on the {day} day", "km")
        way = p.step("+", way, leg, f"the distance covered by the end of the {day} day", "km") if i else leg
    if p.room > 2 and p.value(way) > 10_000:
        back = p.told(
            "the length of the detour", "a detour of {} km that does not count", p.draw.between(1, 4) * 10, "km"
        )
        way = p.step("-", way, back, "the distance without the detour", "km", "condition")
    per = p.divisor(way, 5, 12)
    if per and p.room > 1:
        use = p.told("the distance driven on one litre of fuel", "{} km driven on each litre of fuel", per, "km")
        fuel = p.step("/", way, use, "the amount of fuel", "litres")
        price = p.told("the price of one litre of fuel", "a price of {} euros per litre of fuel", 2, "euros")
        p.step("*", fuel, price, "the cost of the fuel", "euros")
    elif p.room:
        route = p.told("the length of the whole route", "a route of {} km in all", p.above(way, 9), "km")
        p.step("-", route, way, "the distance still ahead", "km")


def _duration(p: Plan) -> None:
    vehicle = p.thing("vehicles")
    hours = p.told("the time at the wheel", f"{{}} hours at the wheel of the {vehicle}", p.draw.between(2, 6), "hours")
    hour = p.constant("the minutes of an hour", 60)
    time = p.step("*", hours, hour, "the time at the wheel in minutes", "minutes", "convert")
    if p.room > 1:
        stops = p.told("the number of stops", "{} stops", p.draw.between(2, 9))
        if p.room > 3 and p.value(stops) > 300:
            skip = p.told("the number of stops skipped", "{} stops skipped", 2)
            stops = p.step("-", stops, skip, "the number of stops made", role="condition")
        each = p.told("the length of one stop", "{} minutes per stop", p.draw.between(3, 15), "minutes")
        lost = p.step("*", stops, each, "the time spent at the stops", "minutes")
        time = p.step("+", time, lost, "the travel time with the stops", "minutes")
    if p.room > 1:
        late = p.told("the delay on the way", "a delay of {} minutes", p.draw.between(5, 45), "minutes")
        time = p.step("+", time, late, "the travel time with the delay", "minutes")
    if p.room > 1:
        saved = p.told(
            "the time saved by a short cut", "{} minutes saved by a short cut", p.draw.between(5, 20), "minutes"
        )
        time = p.step("-", time, saved, "the travel time with the short cut", "minutes", "condition")
    if p.room > 1:
        plan = p.told(
            "the time until the ferry leaves", "{} hours until the ferry leaves", p.value(time) // 6000 + 2, "hours"
        )
        left = p.step("*", plan, hour, "the time until the ferry leaves in minutes", "minutes", "convert")
        p.step("-", left, time, "the time left before the ferry leaves", "minutes")
    elif p.room:
        free = p.told(
            "the time set aside for the trip", "{} minutes set aside for the trip", p.above(time, 6), "minutes"
        )
        p.step("-", free, time, "the time to spare", "minutes")


def travel(p: Plan) -> None:
    """Draw how far or how long a tour goes."""
    (_distance if p.draw.chance(0.5) else _duration)(p)


def cooking(p: Plan) -> None:
    """Draw how much of a food is needed."""
    food = p.thing("foods")
    guests = p.told("the number of guests invited", "{} guests invited", p.draw.between(9, 24))
    if p.room > 2:
        away = p.told("the number of guests who cancelled", "{} guests who cancelled", p.draw.between(2, 5))
        guests = p.step("-", guests, away, "the number of guests at the table", role="condition")
    each = p.told(
        f"the amount of {food} per guest", f"{{}} grams of {food} per guest", p.draw.between(4, 15) * 10, "grams"
    )
    need = p.step("*", guests, each, f"the amount of {food} for the guests", "grams")
    if p.room > 2:
        spare = p.told(
            f"the amount of {food} kept in reserve",
            f"{{}} grams of {food} in reserve",
            p.draw.between(2, 9) * 50,
            "grams",
        )
        need = p.step("+", need, spare, f"the amount of {food} including the reserve", "grams")
    if p.room > 3 and p.value(need) > 50_000:
        home = p.told(
            f"the amount of {food} at home", f"{{}} grams of {food} already at home", p.draw.between(2, 8) * 50, "grams"
        )
        need = p.step("-", need, home, f"the amount of {food} to be bought", "grams", "condition")
    if p.room > 2:
        kilos = p.told(
            f"the weight of the {food} for the soup", f"{{}} kg of {food} for the soup", p.draw.between(2, 4), "kg"
        )
        kilo = p.constant("the grams of a kilogram", 1000)
        soup = p.step("*", kilos, kilo, f"the weight of the {food} for the soup in grams", "grams", "convert")
        need = p.step("+", need, soup, f"the amount of {food} including the soup", "grams")
    pots = p.divisor(need, 2, 8, 1000)
    if p.room and pots:
        count = p.told("the number of pots", "{} pots", pots)
        p.step("/", need, count, f"the amount of {food} in each pot", "grams")
    elif p.room:
        stock = p.told(
            f"the amount of {food} in the kitchen", f"{{}} grams of {food} in the kitchen", p.above(need, 40), "grams"
        )
        p.step("-", stock, need, f"the amount of {food} left over", "grams")


def tank(p: Plan) -> None:
    """Draw how much water a tank holds."""
    tank = p.thing("tanks")
    flow = p.told(
        "the flow of the pump", "a pump that delivers {} litres per minute", p.draw.between(8, 20), "litres per minute"
    )
    if p.room > 3:
        leak = p.told(
            "the loss through the leak", "a leak of {} litres per minute", p.draw.between(2, 5), "litres per minute"
        )
        flow = p.step("-", flow, leak, "the flow after the leak", "litres per minute", "condition")
    if p.room > 2:
        hours = p.told("the running time of the pump", "{} hours of pumping", p.draw.between(2, 5), "hours")
        hour = p.constant("the minutes of an hour", 60)
        time = p.step("*", hours, hour, "the running time in minutes", "minutes", "convert")
    else:
        time = p.told("the running time of the pump", "{} minutes of pumping", p.draw.between(5, 40), "minutes")
    water = p.step("*", flow, time, "the water pumped", "litres")
    if p.room > 1:
        start = p.told(
            f"the water in the {tank} at the start",
            f"{{}} litres in the {tank} at the start",
            p.draw.between(3, 40) * 10,
            "litres",
        )
        water = p.step("+", water, start, f"the water in the {tank}", "litres")
    if p.room > 2:
        pails = p.told("the number of pails taken out", "{} pails taken out", p.draw.between(2, 9))
        pail = p.told("the water in one pail", "{} litres per pail", p.draw.between(2, 10), "litres")
        out = p.step("*", pails, pail, "the water taken out", "litres")
        water = p.step("-", water, out, f"the water left in the {tank}", "litres", "condition")
    if p.room:
        full = p.told(f"the capacity of the {tank}", f"a {tank} that holds {{}} litres", p.above(water, 30), "litres")
        p.step("-", full, water, f"the free space in the {tank}", "litres")


def building(p: Plan) -> None:
    """Draw how many blocks a wall takes."""
    wall = p.thing("walls")
    length = p.told(f"the length of the {wall}", f"a {wall} of {{}} metres", p.draw.between(2, 12) * 2, "metres")
    if p.room > 4 and p.value(length) > 400:
        gate = p.told("the width of the gap for the gate", "a gap of {} metres for the gate", 2, "metres")
        length = p.step("-", length, gate, f"the length of the {wall} without the gap", "metres", "condition")
    if p.room > 2:
        metre = p.constant("the centimetres of a metre", 100)
        length = p.step("*", length, metre, f"the length of the {wall} in centimetres", "cm", "convert")
        brick = p.told("the length of one block", "blocks of {} cm each", p.draw.pick((10, 20, 25, 40, 50)), "cm")
        row = p.step("/", length, brick, "the number of blocks per row")
    else:
        per = p.told("the number of blocks per metre", "{} blocks per metre", p.draw.between(2, 8))
        row = p.step("*", length, per, "the number of blocks per row")
    high = p.told("the number of rows of blocks", "{} rows of blocks", p.draw.between(3, 12))
    blocks = p.step("*", row, high, f"the number of blocks in the {wall}")
    if p.room > 1:
        window = p.told(
            "the number of blocks saved by the window", "{} blocks saved by the window", p.below(blocks, 2, 15) or 2
        )
        blocks = p.step("-", blocks, window, "the number of blocks without the window", role="condition")
    if p.room > 1:
        spare = p.told("the number of spare blocks", "{} spare blocks", p.draw.between(3, 20))
        blocks = p.step("+", blocks, spare, "the number of blocks including the spare ones")
    load = p.divisor(blocks, 2, 12)
    if p.room and load:
        carts = p.told("the number of blocks per cart", "{} blocks per cart", load)
        p.step("/", blocks, carts, "the number of cart loads")
    elif p.room:
        yard = p.told("the number of blocks in the yard", "{} blocks in the yard", p.above(blocks, 15))
        p.step("-", yard, blocks, "the number of blocks left in the yard")


def sport(p: Plan) -> None:
    """Draw how far a team went."""
    sport = p.thing("sports")
    days = p.told("the number of days of the camp", "{} days of camp", p.draw.between(6, 12))
    if p.room > 2:
        rest = p.told("the number of rest days", "{} rest days", p.draw.between(2, 4))
        days = p.step("-", days, rest, "the number of training days", role="condition")
    laps = p.told(f"the number of {sport} laps per day", f"{{}} {sport} laps per day", p.draw.between(2, 9))
    total = p.step("*", days, laps, f"the number of {sport} laps")
    if p.room > 3:
        extra = p.told("the number of laps on the last evening", "{} laps on the last evening", p.draw.between(3, 15))
        total = p.step("+", total, extra, "the number of laps including the last evening")
    lap = p.told("the length of one lap", "a lap of {} metres", p.draw.pick((25, 40, 50)), "metres")
    way = p.step("*", total, lap, "the distance of all the laps", "metres")
    if p.room > 2:
        km = p.told("the distance of the hike", "a hike of {} km", p.draw.between(2, 4), "km")
        thousand = p.constant("the metres of a kilometre", 1000)
        hike = p.step("*", km, thousand, "the distance of the hike in metres", "metres", "convert")
        way = p.step("+", way, hike, "the distance including the hike", "metres")
    if p.room > 1:
        walk = p.told("the distance of the warm-up", "a warm-up of {} metres", p.draw.between(2, 9) * 50, "metres")
        way = p.step("+", way, walk, "the distance including the warm-up", "metres")
    if p.room and p.value(way) < 900_000:
        far = p.told("last year's record", "a record of {} metres last year", p.above(way, 30), "metres")
        p.step("-", far, way, "the distance still short of the record", "metres")


def classroom(p: Plan) -> None:
    """Draw how many things a class needs."""
    item = p.thing("school")
    groups = p.told("the number of groups", "{} groups", p.draw.between(3, 8))
    each = p.told("the number of pupils per group", "{} pupils per group", p.draw.between(3, 6))
    pupils = p.step("*", groups, each, "the number of pupils in the class")
    if p.room > 1:
        ill = p.told("the number of pupils who are ill", "{} pupils who are ill", p.draw.between(2, 4))
        pupils = p.step("-", pupils, ill, "the number of pupils present", role="condition")
    if p.room > 4:
        visit = p.told("the number of visiting pupils", "{} visiting pupils", p.draw.between(2, 6))
        pupils = p.step("+", pupils, visit, "the number of pupils including the visitors")
    count = p.told(f"the number of {item} per pupil", f"{{}} {item} per pupil", p.draw.between(2, 5))
    need = p.step("*", pupils, count, f"the number of {item} needed")
    if p.room > 2 and p.value(need) > 4000:
        dozens = p.told(
            f"the number of dozens of {item} in the drawer", f"{{}} dozen {item} in the drawer", p.draw.between(2, 3)
        )
        dozen = p.constant("the pieces of a dozen", 12)
        have = p.step("*", dozens, dozen, f"the number of {item} in the drawer", role="convert")
        need = p.step("-", need, have, f"the number of {item} to be bought", role="condition")
    elif p.room > 1:
        have = p.told(f"the number of {item} in the drawer", f"{{}} {item} in the drawer", p.below(need, 2, 20))
        need = p.step("-", need, have, f"the number of {item} to be bought", role="condition")
    pack = p.divisor(need, 4, 12)
    if p.room and pack:
        size = p.told(f"the number of {item} in one pack", f"{{}} {item} in one pack", pack)
        packs = p.step("/", need, size, f"the number of packs of {item}")
        if p.room:
            price = p.told("the price of one pack", "a price of {} euros per pack", p.draw.between(2, 6), "euros")
            cost = p.step("*", packs, price, f"the cost of the packs of {item}", "euros")
            if p.room:
                settle(p, cost, "order")
    elif p.room:
        box = p.told(f"the number of {item} in the box", f"{{}} {item} in the box", p.above(need, 8))
        p.step("-", box, need, f"the number of {item} left in the box")


def warehouse(p: Plan) -> None:
    """Draw what is in stock."""
    stock = p.thing("stock")
    shelves = p.told("the number of shelves", "{} shelves", p.draw.between(3, 12))
    boxes = p.told("the number of boxes per shelf", "{} boxes per shelf", p.draw.between(3, 12))
    total = p.step("*", shelves, boxes, "the number of boxes in the hall")
    if p.room > 2:
        more = p.told("the number of boxes delivered today", "{} boxes delivered today", p.draw.between(5, 40))
        total = p.step("+", total, more, "the number of boxes after the delivery")
    if p.room > 1:
        wet = p.told("the number of damaged boxes", "{} damaged boxes", p.below(total, 2, 9) or 2)
        total = p.step("-", total, wet, "the number of undamaged boxes", role="condition")
    if p.room > 1 and p.value(total) < 60_000:
        if p.room > 2 and p.value(total) < 8_000:
            dozens = p.told(
                f"the number of dozens of {stock} per box", f"{{}} dozen {stock} per box", p.draw.between(2, 4)
            )
            dozen = p.constant("the pieces of a dozen", 12)
            each = p.step("*", dozens, dozen, f"the number of {stock} per box", role="convert")
        else:
            each = p.told(f"the number of {stock} per box", f"{{}} {stock} per box", p.draw.between(2, 9))
        total = p.step("*", total, each, f"the number of {stock}")
        unit = stock
    else:
        unit = "boxes"
    if p.room > 1:
        sent = p.told(f"the number of {unit} sent to shops", f"{{}} {unit} sent to shops", p.below(total, 4, 90) or 2)
        total = p.step("-", total, sent, f"the number of {unit} kept", role="condition")
    if p.room > 1:
        back = p.told(f"the number of {unit} returned", f"{{}} {unit} returned", p.draw.between(2, 30))
        total = p.step("+", total, back, f"the number of {unit} after the returns")
    loads = p.divisor(total, 2, 12)
    if p.room and loads:
        vans = p.told("the number of lorries", "{} lorries that carry equal loads", loads)
        load = p.step("/", total, vans, f"the number of {unit} per lorry")
        if p.room and p.value(load) < 30_000:
            trips = p.told(
                "the number of lorries on the north road", "{} lorries on the north road", p.draw.between(2, 6)
            )
            p.step("*", load, trips, f"the number of {unit} on the north road")
    elif p.room:
        room = p.told(
            f"the number of {unit} that the hall can hold", f"space for {{}} {unit} in the hall", p.above(total, 15)
        )
        p.step("-", room, total, f"the number of {unit} that still fit")


def reading(p: Plan) -> None:
    """Draw how far a reader got."""
    book = p.thing("books")
    if p.draw.chance(0.5) and p.room > 2:
        hours = p.told("the reading time", f"{{}} hours with the {book}", p.draw.between(2, 9), "hours")
        hour = p.constant("the minutes of an hour", 60)
        time = p.step("*", hours, hour, "the reading time in minutes", "minutes", "convert")
        if p.room > 4:
            lost = p.told(
                "the time lost to phone calls", "{} minutes lost to phone calls", p.draw.between(2, 5) * 12, "minutes"
            )
            time = p.step("-", time, lost, "the reading time without phone calls", "minutes", "condition")
        slow = p.told("the time per page", "{} minutes per page", p.draw.between(2, 4), "minutes")
        pages = p.step("/", time, slow, "the number of pages read at home")
    else:
        days = p.told("the number of days of the holiday", "{} days of holiday", p.draw.between(6, 21))
        if p.room > 2:
            rest = p.told("the number of days off from reading", "{} days off from reading", p.draw.between(2, 4))
            days = p.step("-", days, rest, "the number of reading days", role="condition")
        each = p.told("the number of pages per day", "{} pages per day", p.draw.between(6, 40))
        pages = p.step("*", days, each, "the number of pages read on holiday")
    if p.room > 2:
        rides = p.told("the number of train rides", "{} train rides", p.draw.between(2, 9))
        ride = p.told("the number of pages per ride", "{} pages per ride", p.draw.between(3, 15))
        train = p.step("*", rides, ride, "the number of pages read on the train")
        pages = p.step("+", pages, train, "the number of pages read so far")
    if p.room > 1:
        twice = p.told("the number of pages read twice", "{} pages read twice", p.below(pages, 2, 12) or 2)
        pages = p.step("-", pages, twice, "the number of different pages read", role="condition")
    if p.room:
        whole = p.told(f"the length of the {book}", f"{{}} pages in the {book}", p.above(pages, 20), "pages")
        left = p.step("-", whole, pages, f"the number of pages left in the {book}")
        evenings = p.divisor(left, 2, 12)
        if p.room and evenings:
            count = p.told("the number of evenings left", "{} evenings left", evenings)
            p.step("/", left, count, "the number of pages for each evening")
