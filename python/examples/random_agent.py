"""A policy that knows nothing runs a mission: how long does the crew live?"""

import gymnasium

import lunar_habitat_rl

env = gymnasium.make("LunarHabitat/CdraFailure-v1", reward="balanced", decision_s=7_200.0)
observation, info = env.reset(seed=1)
env.action_space.seed(1)
total, ended = 0.0, False
while not ended:
    observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
    total += reward
    ended = terminated or truncated

end = "planned end" if truncated else f"lost: {info['reason']}"
print(f"lunar_habitat_rl {lunar_habitat_rl.__version__}: day {info['t_s'] / 86_400:.1f}, {end}")
print(f"reward {total:.2f}; costs of the last decision:")
for name, cost in info["costs"].items():
    print(f"  {name:20} {cost:.3f}")
env.close()
