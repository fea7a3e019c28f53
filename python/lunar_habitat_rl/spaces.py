"""Spaces of Gymnasium as rows of float32, which is what networks see and set."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray


class Actions:
    """A Box with finite bounds, as numbers from -1 to 1, or a Discrete, as one number that counts from 0.

    outputs: how many outputs a network needs.
    width: numbers of an action.
    low, high: bounds of a Box, float32 (width,); empty for choices.
    """

    def __init__(self, space: spaces.Box | spaces.Discrete) -> None:
        self.space = space
        self.is_box = isinstance(space, spaces.Box)
        if isinstance(space, spaces.Box):
            self.low, self.high = space.low.astype(np.float32).ravel(), space.high.astype(np.float32).ravel()
            self.outputs = self.width = self.low.size
            wrong = np.flatnonzero(~(np.isfinite(self.low) & np.isfinite(self.high) & (self.low <= self.high)))
            if wrong.size:
                at = wrong[0]
                raise ValueError(
                    f"number {at} of an action goes from {self.low[at]} to {self.high[at]}: allowed are finite bounds; "
                    "gymnasium.wrappers.RescaleAction gives an environment such"
                )
            if not self.width:
                raise ValueError("an action has no numbers: allowed is at least one")
            self._is_plain = bool((self.low == -1.0).all() and (self.high == 1.0).all())
        elif isinstance(space, spaces.Discrete):
            self.low = self.high = np.empty(0, np.float32)
            self.outputs, self.width = int(space.n), 1
        else:
            raise TypeError(f"actions are a {type(space).__name__}: allowed are Box and Discrete")

    def given(self, rows: NDArray[np.float32]) -> NDArray[Any]:
        """Actions of the environment, (n, *shape) of its dtype, for rows of (n, width).

        Choices are counted from ``start``; of a Box of whole numbers the nearest is taken.
        """
        if not self.is_box:
            return (rows[:, 0].astype(np.int64) + int(self.space.start)).astype(self.space.dtype)
        shape, dtype = (len(rows), *self.space.shape), self.space.dtype
        if self._is_plain:
            return rows.reshape(shape).astype(dtype)
        low, high = self.low.astype(np.float64), self.high.astype(np.float64)
        found = np.clip(low + 0.5 * (rows.astype(np.float64) + 1.0) * (high - low), low, high)
        return (np.rint(found) if np.issubdtype(dtype, np.integer) else found).reshape(shape).astype(dtype)

    def text(self) -> str:
        """The space as text, for policy files."""
        dtype = np.dtype(self.space.dtype).name
        if not self.is_box:
            facts = {"kind": "Discrete", "n": self.outputs, "start": int(self.space.start), "dtype": dtype}
        else:
            bounds = {"low": self.low.tolist(), "high": self.high.tolist()}
            facts = {"kind": "Box", "shape": list(self.space.shape), **bounds, "dtype": dtype}
        return json.dumps(facts)

    @staticmethod
    def read(text: str) -> Actions:
        """What :meth:`text` wrote; ``ValueError`` for anything else."""
        try:
            facts = json.loads(text)
            shape, dtype = facts.get("shape"), np.dtype(facts["dtype"])
            if facts["kind"] == "Discrete":
                return Actions(spaces.Discrete(facts["n"], start=facts["start"], dtype=dtype.type))
            if facts["kind"] != "Box":
                raise ValueError(facts["kind"])
            low, high = (np.array(facts[key], dtype).reshape(shape) for key in ("low", "high"))
            return Actions(spaces.Box(low, high, dtype=dtype.type))
        except (AttributeError, KeyError, TypeError, ValueError, AssertionError):
            raise ValueError(f"the fact `action_space` of a policy is no space: found {text[:80]!r}") from None


class Observations:
    """A Box of any shape, as rows of its numbers in C order.

    width: numbers of an observation.
    """

    def __init__(self, space: spaces.Box) -> None:
        if not isinstance(space, spaces.Box):
            raise TypeError(
                f"observations are a {type(space).__name__}: allowed is Box; the wrapper FlattenObservation of "
                "gymnasium makes one of it"
            )
        self.shape = space.shape
        self.width = int(np.prod(space.shape))
        if not self.width:
            raise ValueError("an observation has no numbers: allowed is at least one")

    def rows(self, observations: Any, count: int) -> NDArray[np.float32]:
        """Rows of float32 (count, width) in C order; what is too large for that is infinite, and refused later."""
        found = np.asarray(observations)
        if found.shape != (count, *self.shape):
            raise ValueError(f"observations of shape {found.shape}: allowed is {(count, *self.shape)}")
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(found, np.float32).reshape(count, self.width)

    def text(self) -> str:
        """The shape as text, for policy files."""
        return json.dumps({"kind": "Box", "shape": list(self.shape)})

    @staticmethod
    def read(text: str) -> Observations:
        """What :meth:`text` wrote; ``ValueError`` for anything else."""
        try:
            facts = json.loads(text)
            if facts["kind"] != "Box":
                raise ValueError(facts["kind"])
            return Observations(spaces.Box(-np.inf, np.inf, tuple(facts["shape"])))
        except (KeyError, TypeError, ValueError, AssertionError):
            raise ValueError(f"the fact `observation_space` of a policy is no space: found {text[:80]!r}") from None
