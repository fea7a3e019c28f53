"""What if: from one moment of a mission, many futures, with and without a measure.

A fork has a future of its own. It does not tell what the mission itself will meet, so a plan that is
good over forks is good on what can be known.
"""

import numpy as np

from lunar_habitat_rl import HabitatEnv, HabitatVectorEnv

HOUR_S = 3_600.0
env = HabitatEnv("artemis-30d", decision_s=6 * HOUR_S)
env.reset(seed=7)
for _ in range(8):
    env.step(env.hold())

FUTURES = 8
futures = HabitatVectorEnv(2 * FUTURES, "artemis-30d", decision_s=6 * HOUR_S)
futures.reset(seed=0)
for lane in range(2 * FUTURES):
    futures.restore(lane, env.fork(salt=1 + lane % FUTURES))

# On the second half of the lanes, as many loads as the dial allows are shed.
shed = [dial["name"] for dial in env.dials].index("power.shed")
energy_kwh = np.zeros(2 * FUTURES)
for _ in range(8):
    actions = futures.hold()
    actions[FUTURES:, shed] = 1.0
    *_, infos = futures.step(actions)
    energy_kwh += infos["reward_terms"]["energy"]

print(f"energy over two days, mean of {FUTURES} futures")
print(f"  as it is        {energy_kwh[:FUTURES].mean():7.1f} kWh")
print(f"  loads are shed  {energy_kwh[FUTURES:].mean():7.1f} kWh")
assert energy_kwh[FUTURES:].mean() < energy_kwh[:FUTURES].mean()
