"""Reinforcement-learning environments on a mass- and energy-closed simulator of a lunar habitat.

Importing this package registers its missions with Gymnasium, see :data:`IDS`::

    import gymnasium, lunar_habitat_rl
    env = gymnasium.make("LunarHabitat/Artemis30d-v1")
    lanes = gymnasium.make_vec("LunarHabitat-v1", num_envs=64, scenario="polar-darkness", threads=4)
"""

from . import compat
from ._native import HELD_OUT_FROM, discount, reward_presets, scenarios, tasks
from ._native import VERSION as __version__
from .collector import Collector, collector
from .habitat_env import HabitatEnv
from .habitat_vector_env import HabitatVectorEnv
from .minari_dataset import from_minari, to_minari
from .ppo import PPO
from .predecessor import make_lunar_env
from .registration import IDS, register
from .rollout import Rollout, read_parquet, record
from .sweep import Trial, sweep
from .task import COSTS, TERMS

__all__ = [
    "COSTS",
    "HELD_OUT_FROM",
    "IDS",
    "PPO",
    "TERMS",
    "Collector",
    "HabitatEnv",
    "HabitatVectorEnv",
    "Rollout",
    "Trial",
    "__version__",
    "collector",
    "compat",
    "discount",
    "from_minari",
    "make_lunar_env",
    "read_parquet",
    "record",
    "reward_presets",
    "scenarios",
    "sweep",
    "tasks",
    "to_minari",
]

register()
