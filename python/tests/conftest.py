"""What the tests share: short missions, and actions that end them."""

import numpy as np
import pytest

import lunar_habitat_rl
from lunar_habitat_rl import HabitatEnv, HabitatVectorEnv

#: Two decisions of half a day; the planned end comes after one day.
SHORT = 'schema = 1\nname = "short"\ntitle = "A day"\nextends = "cabin-30d"\nduration_days = 1.0\n'
#: Potable water for a few hours: lost in the first step.
LOST = SHORT.replace("short", "lost") + "[stores]\npotable_kg = 5.0\n"
#: Two numbers are drawn for every episode.
VARIED = SHORT.replace("short", "varied") + (
    '[[vary]]\nkey = "stores.potable_kg"\nlow = 200.0\nhigh = 300.0\n'
    '[[vary]]\nkey = "zone.living.volume_m3"\nlow = 100.0\nhigh = 130.0\n'
)


@pytest.fixture
def env():
    env = HabitatEnv("cabin-30d")
    yield env
    env.close()


def lanes(num_envs, scenario=SHORT, **options):
    """A vector whose episodes take two decisions."""
    options.setdefault("decision_s", 43_200.0)
    return HabitatVectorEnv(num_envs, scenario, **options)


def actions_of(env, count, seed=0):
    """Random actions, the same for a seed."""
    generator = np.random.default_rng(seed)
    return generator.uniform(-1, 1, (count, *env.action_space.shape)).astype(np.float32)


ALL_IDS = sorted(lunar_habitat_rl.IDS)
