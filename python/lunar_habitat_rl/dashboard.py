"""One lane for people: as text, and as a picture that numpy draws.

Both show what a policy sees (instruments and commands, never the true state), in SI, and how the last decision was
judged. A bar goes from -1 to +1 of the observation; a field that shows nothing has no bar.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import font
from .task import Vector, step_row

Colour = tuple[int, int, int]
BACK: Colour = (16, 20, 28)
PALE: Colour = (220, 226, 235)
DIM: Colour = (120, 132, 150)
TRACK: Colour = (40, 48, 62)
SENSED: Colour = (70, 160, 220)
COMMAND: Colour = (225, 170, 60)
GOOD: Colour = (80, 190, 110)
BAD: Colour = (225, 80, 70)

WIDTH, HEIGHT = 840, 480
ROWS = 32
ROW_PX = 12
TOP = 34
NAME_PX, BAR_PX = 192, 100


def _figure(value: float, unit: str) -> str:
    unit = "" if unit in ("1", "") else " " + unit
    return "-" if not math.isfinite(value) else f"{value:.4g}{unit}"


@dataclass(frozen=True)
class View:
    """What is shown of a lane."""

    title: str
    lane: dict[str, Any]
    duration_s: float
    rows: list[tuple[str, float, str, float]]
    """Name, value, unit, and place from 0 to 1 between the ends of the field."""
    last: dict[str, Any] | None

    @classmethod
    def of(cls, native: Vector, lane: int, arrays: dict[str, np.ndarray]) -> View:
        """The moment of ``lane``; ``arrays`` are what the last call wrote, none of a decision after a reset."""
        last = None
        if arrays["durations_s"][lane] > 0.0:
            last = step_row(arrays, lane) | {"reward": float(arrays["rewards"][lane])}
        rows = []
        for field, (name, value, unit) in zip(native.fields(), native.readings(lane)):
            share = (value - field["low"]) / (field["high"] - field["low"])
            rows.append((name, value, unit, share))
        return cls(native.title, native.lane(lane), native.duration_s, rows, last)

    def headlines(self) -> tuple[str, str]:
        """What is played, and how it stands."""
        lane = self.lane
        day, days = lane["t_s"] / 86_400, self.duration_s / 86_400
        stands = lane["status"] + (f": {lane['reason']}" if lane["reason"] else "")
        where = f"run {lane['run']} env {lane['env']} episode {lane['episode']}"
        return self.title, f"day {day:.2f} of {days:.0f}  {stands}  {where}"

    def costs(self) -> list[tuple[str, float]]:
        """Costs of the last decision; none before the first one."""
        return [] if self.last is None else list(self.last["costs"].items())

    def text(self) -> str:
        """A few dozen lines, one a field."""
        lines = list(self.headlines())
        for name, value, unit, share in self.rows:
            bar = "-" * 20
            if math.isfinite(share):
                bar = ("#" * round(20 * min(max(share, 0.0), 1.0))).ljust(20, ".")
            lines.append(f"{name:34.34} [{bar}] {_figure(value, unit)}")
        if self.last is not None:
            lines.append(f"reward {self.last['reward']:.6g}")
            lines += [f"cost {name:29.29} {cost:.4g}" for name, cost in self.costs()]
        return "\n".join(lines) + "\n"

    def picture(self) -> np.ndarray:
        """RGB, ``uint8``, of (480, 840, 3)."""
        picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        picture[:] = BACK
        title, stands = self.headlines()
        letters = (WIDTH - 16) // font.WIDTH
        lost = self.lane["status"] == "terminated"
        font.write(picture, 8, 6, title[:letters], PALE)
        font.write(picture, 8, 18, stands[:letters], BAD if lost else GOOD)
        for place, (name, value, unit, share) in enumerate(self.rows):
            column, row = divmod(place, ROWS)
            x, y = 8 + column * (WIDTH // 2), TOP + row * ROW_PX
            colour = COMMAND if name.startswith("command.") else SENSED
            font.write(picture, x, y, name[: NAME_PX // font.WIDTH], DIM)
            self._bar(picture, x + NAME_PX, y, BAR_PX, share, colour)
            font.write(picture, x + NAME_PX + BAR_PX + 6, y, _figure(value, unit), PALE)
        bottom = TOP + ROWS * ROW_PX + 6
        if self.last is not None:
            font.write(picture, 8, bottom, f"reward {self.last['reward']:.4g}", PALE)
        for place, (name, cost) in enumerate(self.costs()):
            column, row = divmod(place, 3)
            x, y = 128 + column * 236, bottom + row * ROW_PX
            font.write(picture, x, y, name, DIM)
            self._bar(picture, x + 126, y, 44, cost, BAD)
            font.write(picture, x + 176, y, f"{cost:.3g}", PALE)
        return picture

    @staticmethod
    def _bar(picture: np.ndarray, x: int, y: int, width: int, share: float, colour: Colour) -> None:
        picture[y : y + 7, x : x + width] = TRACK
        if math.isfinite(share):
            end = x + round(width * min(max(share, 0.0), 1.0))
            picture[y : y + 7, x:end] = colour
