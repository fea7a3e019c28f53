"""Names of the environments in Gymnasium's registry."""

from __future__ import annotations

from typing import Any

import gymnasium

from . import predecessor
from ._native import tasks
from .compat import V0
from .habitat_env import HabitatEnv
from .habitat_vector_env import HabitatVectorEnv

#: Every id and the scenario that it plays where ``scenario=`` says nothing else: the registered tasks, the cabin
#: without failures to begin with, and the id for scenarios of one's own.
IDS = {
    "LunarHabitat-v1": "artemis-30d",
    "LunarHabitat/Cabin30d-v1": "cabin-30d",
} | {name: scenario for name, scenario, _ in tasks()}

#: What the id for scenarios of one's own plays where nobody names one.
_OWN = "artemis-30d"


def make(
    scenario: str | None = None,
    *,
    habitat_config: Any = None,
    compat: str | None = None,
    **options: Any,
) -> gymnasium.Env:
    """The environment that ``gymnasium.make`` makes: :class:`HabitatEnv` with its arguments, and two more.

    habitat_config: a configuration of the predecessor as in :func:`lunar_habitat_rl.make_lunar_env`, flown on the
        mission that it names; only with the id ``LunarHabitat-v1`` and no ``scenario``.
    compat: ``"v0"`` for the predecessor's observation and action, :class:`lunar_habitat_rl.compat.V0`.
    """
    env = HabitatEnv(_scenario(scenario, habitat_config, compat, options), **options)
    return env if compat is None else V0(env)


def make_vec(
    num_envs: int = 1,
    scenario: str | None = None,
    *,
    habitat_config: Any = None,
    compat: str | None = None,
    **options: Any,
) -> gymnasium.vector.VectorEnv:
    """The lanes that ``gymnasium.make_vec`` makes: :class:`HabitatVectorEnv` with its arguments, and ``habitat_config`` as in
    :func:`make`.

    ``compat="v0"`` is refused with a sentence: its lanes are single environments in one of Gymnasium's vectors.
    """
    scenario = _scenario(scenario, habitat_config, compat, options)
    if compat is not None:
        raise ValueError(
            "compat 'v0' in a native vector: allowed are vectorization_mode='sync' or 'async', "
            "and make_lunar_env(n_envs=..., compat='v0')"
        )
    return HabitatVectorEnv(num_envs, scenario, **options)


def _scenario(scenario: str | None, habitat_config: Any, compat: str | None, options: dict[str, Any]) -> str:
    """The scenario that is asked for; what a configuration takes of ``options`` is taken out of them."""
    if compat not in (None, "v0"):
        raise ValueError(f"compat {compat!r}: allowed are None, 'v0'")
    if habitat_config is None:
        return _OWN if scenario is None else scenario
    if scenario is not None:
        raise ValueError(
            f"habitat_config with scenario {str(scenario)!r}: allowed is one of the two; the configuration names its mission"
        )
    overrides = {key: options.pop(key) for key in ("difficulty", "crew_size") if key in options}
    return predecessor.scenario_of(habitat_config, **overrides)


#: What Gymnasium asks of an entry point.
make.metadata = HabitatEnv.metadata  # type: ignore[attr-defined]
make_vec.metadata = HabitatVectorEnv.metadata  # type: ignore[attr-defined]


def register() -> None:
    """Put every id that is not there yet into the registry.

    Entry points are names, so that worker processes can load them without an import of their own.
    """
    for name, scenario in IDS.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                id=name,
                entry_point="lunar_habitat_rl.registration:make",
                vector_entry_point="lunar_habitat_rl.registration:make_vec",
                kwargs={} if name == "LunarHabitat-v1" else {"scenario": scenario},
            )
