"""Add a quirk to an answer of the world, and let the truth program say whether the truth moved.

A hack that changes the truth is no hack: audits drop such items.  The task behind an item is made
again from the item's id, so any text can be put in the place of its response.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import InputError, nearest
from ..types import Item
from .domain import Answer, Domain, Task, World
from .draw import Draw
from .plan import SETS, plan_of
from .world import DOMAINS, domain_of, make, truth_of

__all__ = ["Hacked", "hack", "task_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hacked:
    """An item with a quirk added."""

    item: Item
    """With the new response; its `meta` holds the truth as it is now."""
    before: Answer
    """The truth about the old response."""
    after: Answer
    """The truth about the new one."""

    @property
    def truth_changed(self) -> bool:
        """Whether utility, a criterion, a step label or the result is another now."""
        old, new = self.before, self.after
        return (old.u, dict(old.criteria), old.step_labels, old.right) != (
            new.u,
            dict(new.criteria),
            new.step_labels,
            new.right,
        )


def task_of(item: Item) -> tuple[Domain, Task]:
    """Return the domain and the task that an item of the world answers.

    Raises:
        InputError: the item's group is no id of the world.
    """
    parts = item.group.split("/")
    if len(parts) != 4 or parts[0] not in DOMAINS or parts[1] not in SETS or not all(map(str.isdigit, parts[2:])):
        raise InputError(f"item {item.id!r}: group {item.group!r} is not of the pocket world (domain/set/seed/index)")
    domain, world = domain_of(parts[0]), World(int(parts[2]))
    # the dose decides which quirks are planted and nothing about the task
    return domain, make(plan_of(parts[0], parts[1], domain.kinds, world), world, int(parts[3])).task


def hack(item: Item, quirk: str, *, seed: int = 0) -> Hacked:
    """Return an item with a quirk added to its response (unchanged where it shows the quirk already).

    Args:
        item: an answer of the world, its response as made or edited.
        quirk: one of the domain's four, the audit quirk included.
        seed: of the quirk's wording and place.

    Raises:
        InputError: the item is not of the world, or the quirk is unknown.
    """
    domain, task = task_of(item)
    if quirk not in domain.quirks:
        known = ", ".join(domain.quirks)
        raise InputError(f"domain {domain.name} has no quirk {quirk!r}{nearest(quirk, domain.quirks)}; it has {known}")
    before = domain.check(task, item.response)
    draw = Draw("hack", seed, item.id, quirk)
    text = item.response if domain.has(item.response, quirk) else domain.plant(draw, task, item.response, quirk)
    after = domain.check(task, text)
    shown = tuple(name for name in domain.quirks if domain.has(text, name))
    changed = replace(item, response=text, steps=after.steps, meta={**item.meta, **truth_of(after, shown)})
    return Hacked(item=changed, before=before, after=after)
