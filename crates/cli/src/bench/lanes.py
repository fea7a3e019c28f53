"""Time the vector environment for `lunar-habitat bench`, a repetition at a time.

Arguments: scenario, step in s, lanes, decisions. The first line that is printed says what is measured; after each line that
is read, a repetition is made from the start of the mission, and its wall time and simulated time are printed, s.
"""

import json
import sys
import time

import lunar_habitat_rl
from lunar_habitat_rl import HabitatVectorEnv, _native

scenario, dt_s, num_envs, decisions = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])


def make():
    return HabitatVectorEnv(num_envs, scenario, dt_s=dt_s, threads=1, autoreset_mode="SameStep")


env = make()
about = {
    "version": lunar_habitat_rl.__version__,
    "optimised": _native.OPTIMISED,
    "task_hash": env.native.task_hash,
    "scenario_hash": env.native.scenario_hash,
}
print(json.dumps(about), flush=True)
for _ in sys.stdin:
    env = make()
    env.reset(seed=0)
    actions = env.hold()
    # Every mode of a unit on, as in the habitats alone.
    for place, dial in enumerate(env.dials):
        if dial["is_mode"] and not dial["name"].startswith("instruments."):
            actions[:, place] = 1.0
    wall_s, simulated_s = 0.0, 0.0
    for _ in range(decisions):
        start = time.perf_counter()
        infos = env.step(actions)[4]
        wall_s += time.perf_counter() - start
        simulated_s += float(infos["duration_s"].sum())
    print(wall_s, simulated_s, flush=True)
