"""Answers many requests through a store; started and killed by test_store_processes.py."""

from __future__ import annotations

import sys
from pathlib import Path

from assay.engines import Grammar, Literal, Request, Slot
from assay.engines.scripted import ScriptedEngine
from assay.engines.store import VerdictStore
from assay.engines.stored import StoredEngine

GRAMMAR = Grammar((Literal('{"winner":"'), Slot("winner", ("A", "B")), Literal('"}')))
N, SHARE = 1500, 32


def main() -> None:
    requests = [
        Request(id=f"q{n}", prompt_ids=tuple(f"{n}".encode()), grammar=GRAMMAR, max_new_tokens=20) for n in range(N)
    ]
    behind = ScriptedEngine()
    with VerdictStore(Path(sys.argv[1])) as store:
        engine = StoredEngine(behind, store, share=SHARE, wait_s=0.01)
        print("begun", flush=True)
        texts = {one.id: one.text for one in engine.run(requests)}
    assert len(texts) == N
    print(behind.calls, flush=True)


if __name__ == "__main__":
    main()
