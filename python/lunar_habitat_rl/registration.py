"""Names of the environments in Gymnasium's registry."""

from __future__ import annotations

from typing import Any

import gymnasium

from ._native import tasks
from .habitat_env import HabitatEnv

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
    # Both are for the predecessor's users alone: not loaded for others.
    if habitat_config is not None:
        from . import predecessor

        if scenario is not None:
            raise ValueError(
                f"habitat_config with scenario {str(scenario)!r}: allowed is one of the two; the configuration names its mission"
            )
        overrides = {key: options.pop(key) for key in ("difficulty", "crew_size") if key in options}
        scenario = predecessor.scenario_of(habitat_config, **overrides)
    if compat not in (None, "v0"):
        raise ValueError(f"compat {compat!r}: allowed are None, 'v0'")
    env = HabitatEnv(_OWN if scenario is None else scenario, **options)
    if compat is None:
        return env
    from .compat import V0

    return V0(env)


#: What Gymnasium asks of an entry point.
make.metadata = HabitatEnv.metadata  # type: ignore[attr-defined]


def register() -> None:
    """Put every id that is not there yet into the registry.

    Entry points are names, so that worker processes can load them without an import of their own.
    """
    for name, scenario in IDS.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                id=name,
                entry_point="lunar_habitat_rl.registration:make",
                vector_entry_point="lunar_habitat_rl.habitat_vector_env:HabitatVectorEnv",
                kwargs={} if name == "LunarHabitat-v1" else {"scenario": scenario},
            )
