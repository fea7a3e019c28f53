"""The loop of a learner in numpy alone: lanes, SameStep autoreset, discount by time, values at the end.

The policy is a linear one and is improved by random search, so that nothing but the loop is in the way.
"""

import numpy as np

from lunar_habitat_rl import HabitatVectorEnv, discount

LANES, DECISIONS, ROUNDS = 16, 24, 4
env = HabitatVectorEnv(
    LANES, "cdra-failure", reward="balanced", decision_s=43_200.0, autoreset_mode="SameStep"
)
generator = np.random.default_rng(0)
width, dials = env.single_observation_space.shape[0], env.single_action_space.shape[0]


def returns(weights: np.ndarray) -> np.ndarray:
    """Discounted return of every lane; a lane plays the policy of its own row of ``weights``."""
    observations, _ = env.reset(seed=1)
    start = env.hold()
    total, factor = np.zeros(LANES), np.ones(LANES)
    going = np.ones(LANES, bool)
    for _ in range(DECISIONS):
        actions = np.tanh(np.einsum("lod,lo->ld", weights, observations))
        actions = np.clip(start + 2.0 * actions, -1.0, 1.0)
        observations, rewards, terminated, truncated, infos = env.step(actions)
        total += going * factor * rewards
        factor *= [discount(seconds) for seconds in infos["duration_s"]]
        # Truncation is not death. A learner with values adds them here:
        #     total += going * truncated * factor * value(infos["final_observations"])
        # and nothing where a lane is terminated. This one counts what was played.
        going &= ~(terminated | truncated)
    return total


best, spread = np.zeros((width, dials)), 0.15
for number in range(ROUNDS):
    tried = best + spread * generator.standard_normal((LANES, width, dials))
    tried[0] = best
    found = returns(tried)
    best = tried[int(np.argmax(found))]
    print(f"round {number}: so far {found[0]:.3f}, best of {LANES} {found.max():.3f}")
env.close()
