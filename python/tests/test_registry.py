"""Every id passes the checks of Gymnasium; the package is light and draws what it shows."""

import subprocess
import sys
import warnings
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from conftest import ALL_IDS
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers.vector import DictInfoToList, NormalizeObservation, RecordEpisodeStatistics

import lunar_habitat_rl
from lunar_habitat_rl import HabitatEnv


@pytest.mark.parametrize("name", ALL_IDS)
def test_the_checks_of_gymnasium_find_nothing(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(name, render_mode="rgb_array")
        # The environment below the wrappers, as the checker asks for.
        check_env(env.unwrapped)


@pytest.mark.parametrize("name", ALL_IDS)
def test_the_vector_of_an_id_agrees_with_its_single_environment(name):
    lanes = gymnasium.make_vec(name, num_envs=2)
    single = gymnasium.make(name)
    assert lanes.single_observation_space == single.observation_space
    assert lanes.single_action_space == single.action_space
    observations, _ = lanes.reset(seed=3)
    assert lanes.observation_space.contains(observations)
    assert np.array_equal(observations[0], single.reset(seed=3)[0])
    assert lanes.unwrapped.num_envs == 2 and lanes.spec.id == name
    lanes.close()


def test_every_shipped_mission_has_an_id_and_ids_take_arguments():
    shipped = {name for name, _ in lunar_habitat_rl.scenarios()}
    tests = {"cdra-chamber-test", "lmlstp-phase-3", "sealed-box", "leak-box"}
    assert set(lunar_habitat_rl.IDS.values()) == shipped - tests
    env = gymnasium.make("LunarHabitat-v1", scenario="cdra-failure", reward="balanced", decision_s=1_200.0)
    env.reset(seed=0)
    assert env.step(env.unwrapped.hold())[4]["duration_s"] == 1_200.0
    assert env.unwrapped.native.title.startswith("CO2 removal fails")


@pytest.mark.parametrize("name", sorted(name for name, _ in lunar_habitat_rl.scenarios()))
def test_every_scenario_plays(name):
    env = HabitatEnv(name)
    observation, _ = env.reset(seed=0)
    assert env.observation_space.contains(observation)
    observation, *_ = env.step(env.hold())
    assert env.observation_space.contains(observation)


def test_gymnasiums_own_vectors_and_wrappers_take_it():
    lanes = gymnasium.make_vec("LunarHabitat-v1", num_envs=2, vectorization_mode="sync")
    lanes.reset(seed=0)
    lanes.step(lanes.action_space.sample())
    lanes.close()
    ours = gymnasium.make_vec("LunarHabitat-v1", num_envs=2, autoreset_mode="SameStep")
    wrapped = DictInfoToList(RecordEpisodeStatistics(ours))
    wrapped.reset(seed=0)
    infos = wrapped.step(wrapped.action_space.sample())[4]
    assert len(infos) == 2 and "cost" in infos[0] and "alive" in infos[0]["reward_terms"]
    single = gymnasium.wrappers.RecordEpisodeStatistics(HabitatEnv("leak-box", decision_s=3_600.0))
    _, infos = single.reset(seed=0)
    assert "episode" not in infos, "the key belongs to wrappers"
    ended = False
    while not ended:
        *_, terminated, truncated, infos = single.step(single.unwrapped.hold())
        ended = terminated or truncated
        assert ended == ("episode" in infos)
    assert infos["episode"]["l"] >= 1
    normal = NormalizeObservation(gymnasium.make_vec("LunarHabitat-v1", num_envs=2))
    assert np.isfinite(normal.reset(seed=0)[0]).all()


def test_worker_processes_find_the_id_by_its_module():
    lanes = gymnasium.make_vec(
        "lunar_habitat_rl:LunarHabitat-v1",
        num_envs=2,
        vectorization_mode="async",
        vector_kwargs={"context": "spawn"},
    )
    observations, _ = lanes.reset(seed=[3, 3])
    assert np.array_equal(observations[0], observations[1])
    lanes.close()


def test_text_and_picture_show_names_values_and_costs():
    text = gymnasium.make("LunarHabitat/CdraFailure-v1", render_mode="ansi")
    text.reset(seed=0)
    text.step(text.unwrapped.hold())
    shown = text.render()
    for word in ("CO2 removal fails", "air.pp_co2_pa_max", " Pa", "command.", "cost crew_dose", "reward"):
        assert word in shown
    env = HabitatEnv("cdra-failure", render_mode="rgb_array")
    env.reset(seed=0)
    before = env.render()
    env.step(env.action_space.sample())
    picture = env.render()
    assert picture.shape == before.shape == (480, 840, 3) and picture.dtype == np.uint8
    assert (picture != before).any() and len(np.unique(picture.reshape(-1, 3), axis=0)) >= 6


def test_importing_is_fast_and_needs_numpy_and_gymnasium_alone():
    code = (
        "import time, sys; start = time.perf_counter()\n"
        "import {}; print(time.perf_counter() - start)\n"
        "print(*sorted({{name.split('.')[0] for name in sys.modules}} - sys.stdlib_module_names))"
    )

    def loaded(names):
        command = [sys.executable, "-c", code.format(names)]
        took, packages = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        return float(took), set(packages.split())

    # The best of several: others may be busy on this machine.
    runs = [loaded("lunar_habitat_rl") for _ in range(5)]
    assert min(took for took, _ in runs) < 0.5
    assert runs[0][1] - loaded("numpy, gymnasium")[1] == {"lunar_habitat_rl"}


def test_the_stubs_name_what_the_module_has():
    package = Path(lunar_habitat_rl.__file__).parent
    stub = (package / "_native.pyi").read_text()
    assert (package / "py.typed").exists()
    native = lunar_habitat_rl._native
    for name in [*native.__all__, *(n for n in dir(native.Vector) if not n.startswith("_"))]:
        assert name in stub, name
