"""The verdict store: every whole answer of a model, kept under what it was asked.

One SQLite file (WAL), which several processes may use at once.  A key is the hash of all that an answer
follows from (`answer_key`), so an entry never gets stale: what has changed has another key.  Failures are
not kept, but for answers that the model itself did not end within its budget.

    answers   key -> answer, as JSON without loss
    claims    name -> who is at work on it, so that two processes do not ask the same
    models    name -> what tells its weights from others that had this name

A claim ends when it is given up, or with its owner: at once where that was a process of this machine that
has died, else when its lease has run out.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from ..errors import InputError
from ..types import Cost
from .base import Completion, LabelDist, Request

__all__ = ["FORMAT", "VerdictStore", "answer_key", "from_json", "to_json"]

FORMAT = 1
"""Of the file."""
_LEASE = 300.0
"""Seconds after which a claim of another machine is no longer believed."""
_MOST = 500
"""Keys per query; SQLite takes 999 at least."""
_KEPT = ("ok", "truncated")
_TABLES = """
create table if not exists answers (key blob primary key, answer text not null) without rowid;
create table if not exists claims (name blob primary key, owner text not null, until real not null) without rowid;
create table if not exists models (name text, identity text, primary key (name, identity)) without rowid;
create table if not exists facts (name text primary key, value text not null) without rowid;
"""


def answer_key(request: Request, sample: int, prompt: Sequence[int] | str, *, model: str, tokenizer: str) -> bytes:
    """Return the key of a sample: sha256 of prompt, grammar, decoding parameters, model and tokenizer.

    Args:
        request: what is asked; its id counts only where it seeds a draw.
        sample: which of its samples.
        prompt: its token ids; where a server hides them, the canonical messages.
        model: what tells its weights from all others; where an engine cannot know that, `Engine.model_id`.
        tokenizer: `Engine.tokenizer_hash`.
    """
    drawn = [request.seed, request.id, sample] if request.temperature else [sample]
    said = {
        "prompt": prompt if isinstance(prompt, str) else list(prompt),
        "grammar": request.grammar.fingerprint if request.grammar else None,
        "decoding": [request.max_new_tokens, float(request.temperature), request.think],
        "drawn": drawn,
        "model": model,
        "tokenizer": tokenizer,
    }
    return hashlib.sha256(json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()).digest()


def to_json(answer: Completion) -> str:
    """Return an answer as JSON, without its id; floats come back bit by bit."""
    found = {
        "text": answer.text,
        "token_ids": answer.token_ids,
        "status": answer.status,
        "finish": answer.finish,
        "slots": {
            name: {"labels": dist.labels, "logp": [None if one == -math.inf else one for one in dist.logp.tolist()]}
            | ({} if dist.mass is None else {"mass": dist.mass})
            for name, dist in answer.slots.items()
        },
        "thought": answer.thought,
        "cost": asdict(answer.cost),
        "error": answer.error,
    }
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def from_json(text: str, id: str, sample: int) -> Completion:  # noqa: A002 - the field's name
    """Return the answer that `to_json` wrote, under the id of who asks now."""
    found: dict[str, Any] = json.loads(text)
    slots = {
        name: LabelDist(
            labels=tuple(dist["labels"]),
            logp=[-math.inf if one is None else one for one in dist["logp"]],  # type: ignore[arg-type]
            mass=dist.get("mass"),
        )
        for name, dist in found.pop("slots").items()
    }
    cost, ids = Cost(**found.pop("cost")), tuple(found.pop("token_ids"))
    return Completion(id=id, sample=sample, token_ids=ids, slots=slots, cost=cost, **found)


class VerdictStore:
    """An open store; threads may share it, processes open it each for itself."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        """Open a store, made where there is none.

        Args:
            path: the file.
            clock: seconds since 1970; for tests.

        Raises:
            InputError: the file cannot be read or written, is no store, or one of another format.
        """
        self.path, self._clock, self._lock = path, clock, threading.RLock()
        self.owner = f"{socket.gethostname()} {os.getpid()} {_started(os.getpid())}"
        """Who claims: machine, process, and when that began, since numbers of processes come again."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=60.0, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute(
                "pragma synchronous = normal"
            )  # whole after a kill; the last answers may go with the power
            self._db.executescript(_TABLES)
            self._db.execute("insert or ignore into facts values ('format', ?)", (str(FORMAT),))
            [(found,)] = self._db.execute("select value from facts where name = 'format'")
        except (OSError, sqlite3.Error) as error:
            raise InputError(f"{path}: no verdict store can be opened there ({error}); name another file") from None
        if found != str(FORMAT):
            raise InputError(f"{path}: is a store of format {found}, this version reads {FORMAT}; name another file")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up all claims and close the file."""
        with self._said():
            self._db.execute("delete from claims where owner = ?", (self.owner,))
        self._db.close()

    def __len__(self) -> int:
        """Return how many answers there are."""
        with self._said():
            [(n,)] = self._db.execute("select count(*) from answers")
        return int(n)

    def answers(self, keys: Sequence[bytes]) -> dict[bytes, str]:
        """Return those answers that are there, as JSON."""
        with self._said():
            return dict(self._rows("select key, answer from answers where key in", keys))

    def items(self) -> Iterator[tuple[bytes, str]]:
        """Yield all keys and answers, by key."""
        with self._said():
            found = self._db.execute("select key, answer from answers order by key").fetchall()
        yield from found

    def know(self, name: str, identity: str) -> None:
        """Note which weights a model's name stands for, so that a run can be repeated without them."""
        with self._said():
            self._db.execute("insert or ignore into models values (?, ?)", (name, identity))

    def identities(self, name: str) -> list[str]:
        """Return which weights answered under a model's name."""
        with self._said():
            rows = self._db.execute("select identity from models where name = ? order by identity", (name,)).fetchall()
        return [identity for (identity,) in rows]

    def keep(self, key: bytes, answer: Completion) -> None:
        """Store an answer, unless it failed; the first of equals stays."""
        if answer.status in _KEPT:
            with self._said():
                self._db.execute("insert or ignore into answers values (?, ?)", (key, to_json(answer)))

    def claim(self, names: Sequence[bytes], most: int) -> list[bytes]:
        """Return up to `most` pieces of work that nobody else is at: from now on, we are.

        Args:
            names: of the pieces, in the order wanted.
            most: how many at once.
        """
        with self._said(), self._write():
            now, taken = self._clock(), list[bytes]()
            claims = {
                name: (owner, until) for name, owner, until in self._rows("select * from claims where name in", names)
            }
            alive = {owner: owner != self.owner and _alive(owner) for owner, _ in claims.values()}
            for name in names:
                owner, until = claims.get(name, ("", 0.0))
                if not owner or not alive[owner] or until <= now:
                    taken.append(name)
                if len(taken) == most:
                    break
            rows = [(name, self.owner, now + _LEASE) for name in taken]
            self._db.executemany("insert or replace into claims values (?, ?, ?)", rows)
        return taken

    def renew(self) -> None:
        """Prolong all of our claims."""
        with self._said():
            until = self._clock() + _LEASE
            self._db.execute("update claims set until = ? where owner = ?", (until, self.owner))

    def release(self, names: Iterable[bytes]) -> None:
        """Give up claims."""
        with self._said(), self._write():
            rows = [(name, self.owner) for name in names]
            self._db.executemany("delete from claims where name = ? and owner = ?", rows)

    def _rows(self, query: str, keys: Sequence[bytes]) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(keys), _MOST):
            some = keys[start : start + _MOST]
            yield from self._db.execute(f"{query} ({','.join('?' * len(some))})", some)

    @contextmanager
    def _write(self) -> Iterator[None]:
        """Make all that is written inside the block one step, which nobody else writes into."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except sqlite3.Error as error:
            raise InputError(f"{self.path}: the verdict store cannot be used ({error})") from None


def _started(pid: int) -> str:
    """Return when a process began, in the kernel's ticks; "" where that cannot be known."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def _alive(owner: str) -> bool:
    """Tell whether an owner may still be at work; those of other machines may."""
    host, _, rest = owner.partition(" ")
    pid, _, began = rest.partition(" ")
    if not pid or host != socket.gethostname():
        return bool(pid)
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not began or _started(int(pid)) == began
