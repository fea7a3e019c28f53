"""Fewer passes of Python's garbage collector while something is trained."""

from __future__ import annotations

import gc
import time
from types import TracebackType
from typing import Any

#: Allocations less frees after which the youngest objects are looked at; Python's own is 700 or 2 000.
YOUNG = 50_000


class Collector:
    """What :func:`collector` gives, and what it saw.

    collections: passes of the garbage collector inside, by generation, the youngest first.
    seconds: time that these passes took.
    frozen: objects that were there before and were not looked at inside.
    wall_s: time inside.

    A collector is used once at a time and may be used again.
    """

    def __init__(self, young: int = YOUNG, freeze: bool = True) -> None:
        if not isinstance(young, int) or young < 0:
            raise ValueError(f"young {young!r}: allowed are whole numbers of at least 0, where 0 is no pass at all")
        self.young = young
        self.freeze = freeze
        self.collections = [0, 0, 0]
        self.seconds = 0.0
        self.frozen = 0
        self.wall_s = 0.0
        self._before: tuple[int, int, int] | None = None
        self._froze = False
        self._begun: float | None = None
        self._entered = 0.0

    def __enter__(self) -> Collector:
        if self._before is not None:
            raise RuntimeError("this collector is in use; make one for each training")
        self.collections, self.seconds, self.frozen = [0, 0, 0], 0.0, 0
        before = gc.get_threshold()
        # What somebody else has frozen is theirs to thaw: `gc.unfreeze` thaws everything.
        self._froze = self.freeze and gc.get_freeze_count() == 0
        if self._froze:
            gc.collect()
            gc.freeze()
            self.frozen = gc.get_freeze_count()
        self._before = before
        gc.set_threshold(self.young, *before[1:])
        gc.callbacks.append(self._see)
        self._entered = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.wall_s = time.perf_counter() - self._entered
        before, self._before = self._before, None
        if self._see in gc.callbacks:
            gc.callbacks.remove(self._see)
        if self._froze:
            gc.unfreeze()
            self._froze = False
        if before is not None:
            gc.set_threshold(*before)

    def _see(self, phase: str, info: dict[str, Any]) -> None:
        now = time.perf_counter()
        if phase == "start":
            self._begun = now
        elif self._begun is not None:
            self.collections[info["generation"]] += 1
            self.seconds += now - self._begun
            self._begun = None

    def report(self, usual: Collector | None = None) -> str:
        """What it saw, in a sentence; beside a collector of the same work that left Python as it is, what it saved."""
        passes = f"{sum(self.collections)} passes of the garbage collector in {self.seconds:.3f} s"
        if usual is None:
            return f"{passes}, {self.frozen} objects left alone"
        saved = sum(usual.collections) - sum(self.collections)
        seconds = usual.seconds - self.seconds
        return f"{passes}, {self.frozen} objects left alone; saved {saved} passes and {seconds:.3f} s"


def collector(young: int = YOUNG, freeze: bool = True) -> Collector:
    """A context for training loops in which Python's garbage collector runs seldom.

    Everything that is there at the start – modules, the environment, the network – is frozen: no pass looks at it. New objects
    are looked at after ``young`` allocations without frees (0: never). At the end, also after an exception, thresholds are
    those from before and what was frozen is thawed; what another has frozen is left as it is. Reference counting goes on
    inside: only cycles wait. ::

        with lunar_habitat_rl.collector() as saved:
            agent.learn(100_000)
        print(saved.report())

    ``Collector(young=gc.get_threshold()[0], freeze=False)`` changes nothing and counts what there is to save.
    """
    return Collector(young, freeze)
