"""The script by which `lunar-habitat bench` times the lanes of this package, asked as the program asks it."""

import json
import subprocess
import sys
from pathlib import Path

import lunar_habitat_rl

SCRIPT = Path(__file__).parents[2] / "crates" / "cli" / "src" / "bench" / "lanes.py"


def test_it_says_what_it_measures_and_answers_every_line_with_the_times_of_a_repetition():
    arguments = [sys.executable, "-c", SCRIPT.read_text(), "artemis-30d", "60.0", "3", "4"]
    done = subprocess.run(arguments, input="\n\n", capture_output=True, text=True, timeout=120, check=True)
    about, *repetitions = done.stdout.splitlines()
    env = lunar_habitat_rl.HabitatVectorEnv(1, "artemis-30d", dt_s=60.0)
    assert json.loads(about) == {
        "version": lunar_habitat_rl.__version__,
        "optimised": lunar_habitat_rl._native.OPTIMISED,
        "task_hash": env.native.task_hash,
        "scenario_hash": env.native.scenario_hash,
    }
    assert len(repetitions) == 2
    for line in repetitions:
        wall_s, simulated_s = map(float, line.split())
        assert wall_s > 0.0 and simulated_s == 3 * 4 * env.native.decision_s
