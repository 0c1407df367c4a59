"""Word problems about money: prices, savings, gardening, printing, wages and tickets.

Every number that a problem states is at least 2, so that no noun needs its singular, and every step
but the last is used by a later one.
"""

from __future__ import annotations

from .reasoning_plans import LIMIT, Plan, words

__all__ = ["gardening", "prices", "printing", "savings", "settle", "tickets", "wages"]


def _discount(p: Plan, ref: int, what: str) -> int:
    rates = [r for r in (10, 20, 25, 50) if p.value(ref) * r % 500_000 == 0]
    if not rates or p.room < 2:
        return ref
    rate = p.told(
        f"the discount on the {what}",
        f"a discount of {{}} percent on the {what}",
        p.draw.pick(rates),
        "percent",
    )
    off = p.step("%", rate, ref, f"the sum taken off the {what}", "euros")
    return p.step("-", ref, off, f"the {what} after the discount", "euros", "condition")


def _voucher(p: Plan, ref: int, what: str) -> int:
    worth = p.below(ref)
    if not worth:
        return ref
    voucher = p.told("the value of the voucher", "a voucher worth {} euros", worth, "euros")
    return p.step("-", ref, voucher, f"the {what} after the voucher", "euros", "condition")


def _charge(p: Plan, ref: int, what: str) -> int:
    charge = p.thing("charges")
    fee = p.told(f"the {charge}", f"a {charge} of {{}} euros", p.draw.between(2, 15), "euros")
    return p.step("+", ref, fee, f"the {what} with the {charge}", "euros")


def settle(p: Plan, ref: int, what: str) -> int:
    """Go on from a sum of money to what is left of a purse, or to the share of each person."""
    for block in p.draw.shuffled((_discount, _voucher, _charge)):
        if p.room > 1:
            ref = block(p, ref, what)
    if p.room < 1:
        return ref
    heads = p.divisor(ref, 2, 6, 50)
    if heads and p.draw.chance(0.6):
        people = p.thing("sharers")
        count = p.told(f"the number of {people} sharing the {what}", f"{{}} {people} sharing the {what}", heads)
        return p.step("/", ref, count, f"the share of the {what} for each person", "euros")
    purse = p.told("the money in the purse", "{} euros in the purse", p.above(ref), "euros")
    return p.step("-", purse, ref, "the money left in the purse", "euros")


def prices(p: Plan) -> None:
    """Draw what a basket of goods costs."""
    goods = p.draw.sample(words(p.world, "goods"), 3)
    total = 0
    for i, (one, many, low, high) in enumerate(goods):
        if i and (p.room < 3 or p.draw.chance(0.5)):
            break
        count = p.told(f"the number of {many}", f"{{}} {many}", p.draw.between(2, 12))
        price = p.told(
            f"the price of one {one}",
            f"a price of {{}} euros per {one}",
            p.draw.between(low, high),
            "euros",
            cents=p.draw.pick((0, 0, 50)),
        )
        cost = p.step("*", count, price, f"the cost of the {many}", "euros")
        both = f"the cost of the {goods[0][1]} and the {many}" if i == 1 else "the cost of all the goods"
        total = p.step("+", total, cost, both, "euros") if i else cost
    if p.room > 3:
        count = p.told("the number of paper bags", "{} paper bags", p.draw.between(2, 6) * 5)
        price = p.told(
            "the price of one paper bag", "a price of {} cents per paper bag", p.draw.pick((20, 40, 60)), "cents"
        )
        cents = p.step("*", count, price, "the cost of the paper bags in cents", "cents")
        euro = p.constant("the cents of a euro", 100)
        bags = p.step("/", cents, euro, "the cost of the paper bags in euros", "euros", "convert")
        total = p.step("+", total, bags, "the cost including the paper bags", "euros")
    settle(p, total, "bill")


def savings(p: Plan) -> None:
    """Draw what is in a savings box."""
    if p.draw.chance(0.5) and p.room > 2:
        weeks = p.told("the number of weeks of saving", "{} weeks of saving", p.draw.between(3, 12))
        week = p.constant("the days of a week", 7)
        days = p.step("*", weeks, week, "the number of days of saving", role="convert")
        each = p.told("the sum put aside per day", "{} euros put aside per day", p.draw.between(2, 5), "euros")
        have = p.step("*", days, each, "the sum put aside", "euros")
    else:
        weeks = p.told("the number of weeks of saving", "{} weeks of saving", p.draw.between(6, 20))
        if p.room > 2:
            skip = p.told("the number of weeks without saving", "{} weeks without saving", p.draw.between(2, 4))
            weeks = p.step("-", weeks, skip, "the number of weeks that count", role="condition")
        each = p.told("the sum put aside per week", "{} euros put aside per week", p.draw.between(4, 25), "euros")
        have = p.step("*", weeks, each, "the sum put aside", "euros")
    if p.room > 1:
        start = p.told(
            "the money in the box at the start", "{} euros in the box at the start", p.draw.between(5, 60), "euros"
        )
        have = p.step("+", have, start, "the money in the box so far", "euros")
    if p.room > 1 and p.draw.chance(0.8):
        giver = p.thing("relatives")
        gift = p.told(
            f"the gift from {giver}", f"a gift of {{}} euros from {giver}", p.draw.between(2, 10) * 5, "euros"
        )
        have = p.step("+", have, gift, "the money in the box after the gift", "euros")
    spent = p.below(have, 6, 30)
    if p.room > 1 and spent:
        toy = p.thing("treats")
        price = p.told(f"the money spent on the {toy}", f"{{}} euros spent on the {toy}", spent, "euros")
        have = p.step("-", have, price, f"the money left after buying the {toy}", "euros", "condition")
    if p.room > 1:
        heads = p.draw.between(2, 3)
        mates = p.told("the number of people saving the same sum", "{} people saving the same sum each", heads)
        have = p.step("*", have, mates, "the money of the whole group", "euros")
    if p.room:
        goal = p.thing("goals")
        price = p.told(f"the price of the {goal}", f"a price of {{}} euros for the {goal}", p.above(have, 20), "euros")
        p.step("-", price, have, f"the money still missing for the {goal}", "euros")


def gardening(p: Plan) -> None:
    """Draw what the vegetables of two beds fetch."""
    (one, crop), total = p.thing("crops"), 0
    for i, bed in enumerate(("the sunny bed", "the shady bed")):
        if i and p.room < 4:
            break
        rows = p.told(f"the number of rows in {bed}", f"{{}} rows in {bed}", p.draw.between(3, 9))
        each = p.told(f"the number of {crop} per row in {bed}", f"{{}} {crop} per row in {bed}", p.draw.between(4, 12))
        grown = p.step("*", rows, each, f"the number of {crop} in {bed}")
        total = p.step("+", total, grown, f"the number of {crop} in both beds") if i else grown
    if p.room > 1:
        pest = p.thing("pests")
        lost = p.told(f"the number of {crop} eaten by {pest}", f"{{}} {crop} eaten by {pest}", p.below(total, 2, 9))
        total = p.step("-", total, lost, f"the number of {crop} that are left", role="condition")
    if p.room > 1:
        more = p.told(
            f"the number of {crop} added by a neighbour", f"{{}} {crop} added by a neighbour", p.draw.between(3, 15)
        )
        total = p.step("+", total, more, f"the number of {crop} for sale")
    rates = [c for c in (40, 50, 60, 80) if p.value(total) * c < LIMIT]
    if rates and p.room > 1:
        cents = p.told(
            f"the price of one {one}",
            f"a price of {{}} cents per {one}",
            p.draw.pick(rates),
            "cents",
        )
        money = p.step("*", total, cents, f"the value of the {crop} in cents", "cents")
        euro = p.constant("the cents of a euro", 100)
        money = p.step("/", money, euro, f"the value of the {crop} in euros", "euros", "convert")
    else:
        price = p.told(
            f"the price of one {one}",
            f"a price of {{}} euros per {one}",
            p.draw.between(2, 4),
            "euros",
        )
        money = p.step("*", total, price, f"the value of the {crop}", "euros")
    if p.room:
        _sale(p, money)


def _sale(p: Plan, money: int) -> None:
    """End a sale: the rent of the stall goes off, and the rest is shared or kept."""
    rent = p.below(money, 3, 25)
    if rent:
        stall = p.told("the rent of the stall", "a rent of {} euros for the stall", rent, "euros")
        money = p.step("-", money, stall, "the profit from the sale", "euros", "condition")
    heads = p.divisor(money, 2, 6, 50)
    if p.room and heads:
        people = p.thing("sharers")
        count = p.told(f"the number of {people} sharing the profit", f"{{}} {people} sharing the profit", heads)
        p.step("/", money, count, "the share of the profit for each person", "euros")


def printing(p: Plan) -> None:
    """Draw how much paper a print job takes."""
    paper = p.thing("papers")
    copies = p.told(f"the number of copies of the {paper}", f"{{}} copies of the {paper}", p.draw.between(4, 20) * 2)
    if p.room > 5:
        done = p.told("the number of copies already printed", "{} copies already printed", 2 * p.draw.between(1, 2))
        copies = p.step("-", copies, done, "the number of copies still to print", role="condition")
    pages = p.told(f"the number of pages in the {paper}", f"{{}} pages in the {paper}", p.draw.between(4, 12) * 2)
    total = p.step("*", copies, pages, "the number of pages to print")
    unit = "blank pages"
    if p.room > 1:
        sides = p.told("the number of pages on one sheet", "{} pages on one sheet", p.draw.pick((2, 4)))
        total = p.step("/", total, sides, "the number of sheets", role="convert")
        unit = "sheets"
        if p.room > 1:
            spoilt = p.told("the number of sheets for test prints", "{} sheets for test prints", p.draw.between(2, 12))
            total = p.step("+", total, spoilt, "the number of sheets including the test prints")
        if p.room > 2 and p.value(total) < 80_000 and p.value(total) % 500 == 0:
            cents = p.told("the price of one sheet", "a price of {} cents per sheet", 10, "cents")
            cost = p.step("*", total, cents, "the cost of the paper in cents", "cents")
            euro = p.constant("the cents of a euro", 100)
            cost = p.step("/", cost, euro, "the cost of the paper in euros", "euros", "convert")
            if p.room:
                settle(p, cost, "print job")
            return
    if p.room:
        stock = p.told(f"the number of {unit} in the cupboard", f"{{}} {unit} in the cupboard", p.above(total, 40))
        left = p.step("-", stock, total, f"the number of {unit} left in the cupboard")
        heaps = p.divisor(left, 2, 9)
        if p.room and heaps:
            piles = p.told("the number of piles for the rest", "{} piles for the rest", heaps)
            p.step("/", left, piles, f"the number of {unit} in each pile")


def wages(p: Plan) -> None:
    """Draw what a job pays."""
    job = p.thing("jobs")
    if p.room > 3:
        weeks = p.told("the number of weeks in the plan", "{} weeks in the plan", p.draw.between(2, 4))
        week = p.constant("the days of a week", 7)
        days = p.step("*", weeks, week, "the number of days in the plan", role="convert")
    else:
        days = p.told("the number of days in the plan", "{} days in the plan", p.draw.between(7, 24))
    if p.room > 2:
        off = p.told("the number of days off", "{} days off", p.draw.between(2, 5))
        days = p.step("-", days, off, "the number of working days", role="condition")
    hours = p.told(
        f"the working time per day at the {job}", f"{{}} hours a day at the {job}", p.draw.between(3, 8), "hours"
    )
    time = p.step("*", days, hours, f"the time worked at the {job}", "hours")
    if p.room > 4:
        extra = p.told("the overtime", "{} hours of overtime", p.draw.between(2, 9), "hours")
        time = p.step("+", time, extra, "the time including the overtime", "hours")
    rate = p.told("the pay per hour", "a pay of {} euros per hour", p.draw.between(11, 20), "euros")
    pay = p.step("*", time, rate, "the pay for these hours", "euros")
    if p.room > 1:
        bonus = p.told("the bonus", "a bonus of {} euros", p.draw.between(2, 15) * 10, "euros")
        pay = p.step("+", pay, bonus, "the pay including the bonus", "euros")
    if p.room > 1 and p.value(pay) % 1000 == 0:
        tax = p.told("the tax rate", "a tax rate of {} percent", p.draw.pick((10, 20)), "percent")
        due = p.step("%", tax, pay, "the tax to be paid", "euros")
        pay = p.step("-", pay, due, "the pay after tax", "euros", "condition")
    if p.room and p.value(pay) > 10_000:
        fare = p.told("the cost of the bus pass", "{} euros for the bus pass", p.draw.between(15, 60), "euros")
        p.step("-", pay, fare, "the pay left after the bus pass", "euros", "condition")


def tickets(p: Plan) -> None:
    """Draw the income of a show."""
    show = p.thing("shows")
    total = 0
    for i, (who, low, high) in enumerate((("adults", 5, 14), ("children", 2, 6), ("students", 3, 8))):
        if i and (p.room < 3 or (i == 1 and p.room == 5) or (i == 2 and p.draw.chance(0.5))):
            break
        heads = p.told(f"the number of {who} at the {show}", f"{{}} {who} at the {show}", p.draw.between(8, 40))
        if not i and p.room > 3:
            free = p.told(f"the number of {who} with free entry", f"{{}} {who} with free entry", p.draw.between(2, 6))
            heads = p.step("-", heads, free, f"the number of paying {who}", role="condition")
        price = p.told(
            f"the ticket price for {who}",
            f"tickets at {{}} euros for {who}",
            p.draw.between(low, high),
            "euros",
            cents=p.draw.pick((0, 0, 50)),
        )
        sold = p.step("*", heads, price, f"the income from {who}", "euros")
        name = "the income from adults and children" if i == 1 else "the income from all visitors"
        total = p.step("+", total, sold, name, "euros") if i else sold
    if p.room > 3:
        sheets = p.told("the number of programmes sold", "{} programmes sold", p.draw.between(2, 9) * 10)
        cents = p.told(
            "the price of one programme", "a price of {} cents per programme", p.draw.pick((50, 80, 60)), "cents"
        )
        coins = p.step("*", sheets, cents, "the income from programmes in cents", "cents")
        euro = p.constant("the cents of a euro", 100)
        coins = p.step("/", coins, euro, "the income from programmes in euros", "euros", "convert")
        total = p.step("+", total, coins, "the income including the programmes", "euros")
    hire = p.below(total, 10, 60)
    if p.room and hire:
        hall = p.told("the rent of the venue", "a rent of {} euros for the venue", hire, "euros")
        total = p.step("-", total, hall, "the income after the rent", "euros", "condition")
    clubs = p.divisor(total, 2, 5, 50)
    if p.room and clubs:
        count = p.told("the number of clubs sharing the income", "{} clubs sharing the income", clubs)
        p.step("/", total, count, "the share of each club", "euros")
