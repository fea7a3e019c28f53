"""The predecessor's users write what they wrote: factory, names, configurations; what is wrong is one sentence."""

import json
import pickle
import warnings

import gymnasium
import numpy as np
import pytest

import lunar_habitat_rl
from lunar_habitat_rl import HabitatEnv, HabitatVectorEnv, make_lunar_env, predecessor


def sentence(error):
    """The message of a refusal, which is one line."""
    message = str(error.value)
    assert "\n" not in message
    return message


def test_without_arguments_it_is_the_month_at_the_south_pole_with_four_people():
    env = make_lunar_env()
    assert type(env) is HabitatEnv
    observation, info = env.reset(seed=0)
    assert env.observation_space.contains(observation)
    reference = HabitatEnv("artemis-30d")
    assert np.array_equal(observation, reference.reset(seed=0)[0])
    assert env.native.scenario_hash == reference.native.scenario_hash


def test_more_than_one_is_a_vector_whose_lanes_are_those_of_single_environments():
    lanes = make_lunar_env(n_envs=3, seed=7)
    assert isinstance(lanes, HabitatVectorEnv) and lanes.num_envs == 3
    observations, _ = lanes.reset()
    for place in range(3):
        single = HabitatEnv("artemis-30d", env_id=place)
        assert np.array_equal(observations[place], single.reset(seed=7)[0])
    assert make_lunar_env(n_envs=2, parallel=False).native.threads == 1


def test_the_seed_is_that_of_the_first_reset_alone():
    def starts(env):
        return [env.reset()[1]["run"] for _ in range(2)], [env.reset()[1]["episode_number"] for _ in range(2)]

    env = make_lunar_env(seed=41)
    first = env.reset()[0]
    assert np.array_equal(first, make_lunar_env().reset(seed=41)[0])
    assert env.reset()[1]["episode_number"] == 1
    other = make_lunar_env(seed=41)
    assert starts(other) == ([41, 41], [2, 3])
    assert make_lunar_env(seed=41).reset(seed=5)[1]["run"] == 5
    copied = pickle.loads(pickle.dumps(make_lunar_env(seed=41)))
    assert np.array_equal(copied.reset()[0], first)


@pytest.mark.parametrize("name", predecessor.MISSIONS)
def test_every_mission_is_flown(name):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        env = make_lunar_env(scenario=name)
    assert bool(told) == (name == "dust_storm_survival")
    env.reset(seed=0)
    env.step(env.hold())
    hash_of = HabitatEnv(predecessor.MISSIONS[name]).native.scenario_hash
    assert env.native.scenario_hash == hash_of


@pytest.mark.parametrize("name", predecessor.REWARDS)
def test_every_reward_is_paid(name):
    if name == "exploration_focused":
        with pytest.warns(UserWarning, match="exploration"):
            env = make_lunar_env(reward_config=name)
    else:
        env = make_lunar_env(reward_config=name)
    expected = HabitatEnv("artemis-30d", reward=predecessor.REWARDS[name])
    assert env.native.weights == expected.native.weights


@pytest.mark.parametrize("difficulty", predecessor.DIFFICULTIES)
def test_every_difficulty_is_another_habitat_and_plays(difficulty):
    env = make_lunar_env(difficulty=difficulty)
    env.reset(seed=0)
    env.step(env.hold())
    same = env.native.scenario_hash == HabitatEnv("artemis-30d").native.scenario_hash
    assert same == (difficulty == "nominal")
    made = gymnasium.make("LunarHabitat-v1", difficulty=difficulty)
    assert made.unwrapped.native.scenario_hash == env.native.scenario_hash


@pytest.mark.parametrize("crew_size", [1, 2, 4, 6, 12])
def test_any_crew_is_flown(crew_size):
    env = make_lunar_env(crew_size=crew_size)
    env.reset(seed=0)
    info = env.step(env.hold())[4]
    assert info["reward_terms"]["alive"] > 0
    made = gymnasium.make("LunarHabitat-v1", crew_size=crew_size, reward="balanced")
    assert made.unwrapped.native.scenario_hash == env.native.scenario_hash


def test_the_vector_takes_difficulty_and_crew_too():
    lanes = gymnasium.make_vec("LunarHabitat-v1", num_envs=2, difficulty="hard", crew_size=6)
    single = gymnasium.make("LunarHabitat-v1", difficulty="hard", crew_size=6)
    assert np.array_equal(lanes.reset(seed=3)[0][0], single.reset(seed=3)[0])
    copied = pickle.loads(pickle.dumps(lanes.unwrapped))
    assert copied.native.scenario_hash == lanes.unwrapped.native.scenario_hash
    with pytest.raises(ValueError, match="`extreme`"):
        gymnasium.make_vec("LunarHabitat-v1", num_envs=2, difficulty="brutal")


@pytest.mark.parametrize("preset", predecessor.PRESETS)
def test_a_preset_flies_a_day(preset):
    env = make_lunar_env(config=preset, decision_s=21_600.0)
    env.reset(seed=0)
    for _ in range(4):
        _, _, terminated, _, info = env.step(env.hold())
        assert not terminated, info["reason"]
    kpa = {"nasa_reference": 101.3, "apollo_derived": 68.9, "mars_analog": 101.3}[preset]
    pressure_pa, unit = env.readings()["air.p_total_pa_max"]
    assert unit == "Pa" and pressure_pa == pytest.approx(1e3 * kpa, rel=0.03)


def test_a_dictionary_a_file_and_the_other_word_for_it_mean_the_same(tmp_path):
    config = {"volume": 260.0, "crew": {"size": 4}, "scenario": {"duration_days": 5}}
    (tmp_path / "a.json").write_text(json.dumps(config))
    (tmp_path / "a.yaml").write_text("volume: 260.0\ncrew:\n  size: 4\nscenario:\n  duration_days: 5\n")
    hashes = {
        make_lunar_env(config=config).native.scenario_hash,
        make_lunar_env(habitat_config=config).native.scenario_hash,
        make_lunar_env(config=tmp_path / "a.json").native.scenario_hash,
        make_lunar_env(config=str(tmp_path / "a.yaml")).native.scenario_hash,
        gymnasium.make("LunarHabitat-v1", habitat_config=config).unwrapped.native.scenario_hash,
    }
    assert len(hashes) == 1
    env = make_lunar_env(config=config)
    assert env.native.duration_s == 5 * 86_400.0
    made = gymnasium.make("LunarHabitat-v1", crew_size=4, habitat_config="nasa_reference", difficulty="nominal")
    assert made.unwrapped.native.scenario_hash == make_lunar_env(config="nasa_reference").native.scenario_hash


def test_the_call_counts_before_the_configuration_and_says_so():
    config = {"crew": {"size": 6}, "scenario": {"name": "micrometeorite_strike", "difficulty": "hard"}}
    with pytest.warns(UserWarning) as told:
        env = make_lunar_env(config=config, crew_size=2)
    words = " ".join(str(one.message) for one in told)
    for word in ("crew.size is 6.0", "'micrometeorite_strike'", "'hard'", "the call counts"):
        assert word in words
    assert env.native.title.count("artemis-30d") == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_lunar_env(config=config, crew_size=6, scenario="micrometeorite_strike", difficulty="hard")
        # The id asks for nothing that the configuration does not say.
        env = gymnasium.make("LunarHabitat-v1", habitat_config=config).unwrapped
    assert "micrometeorite-leak" in env.native.title


def test_the_report_has_a_row_for_every_key_and_event():
    rows = predecessor.report({"volume": 260, "scenario": {"events": [{"day": 3, "type": "dust_storm"}]}})
    assert len(rows) == 40
    by_key = {row["key"]: row for row in rows}
    assert by_key["volume"]["given"] and not by_key["solar_capacity"]["given"]
    assert by_key["recycling_efficiency"]["outcome"] == "dropped"
    assert "no weather" in by_key["scenario.events[0]"]["reason"]
    text = predecessor.scenario_of("mars_analog")
    assert HabitatEnv(text).native.title.startswith("mars_analog")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"scenario": "moonbase"}, "scenario 'moonbase': allowed are 'nominal_operations', "),
        ({"reward_config": "greedy"}, "reward_config 'greedy': allowed are 'survival_focused', "),
        ({"difficulty": "brutal"}, "difficulty 'brutal': allowed are 'easy', 'nominal', 'hard', 'extreme'"),
        ({"crew_size": 13}, "crew_size 13: allowed are whole numbers from 1 to 12"),
        ({"n_envs": 0}, "n_envs 0: allowed are whole numbers from 1 on"),
        ({"n_envs": 1.5}, "n_envs 1.5: allowed"),
        ({"config": "moonbase"}, "no such configuration: found `moonbase`; allowed a file that exists, or one of"),
        ({"config": {"volume": 5}}, "volume: found 5; allowed 10 to 100000 m3"),
        ({"config": {"volume": float("nan")}}, "config: "),
        ({"config": {"colour": "red"}}, "colour: found a key that does not exist; allowed `name`, `volume`"),
        ({"config": {"crew": {"size": "4"}}}, 'crew.size: found "4"; allowed a whole number, 1 to 12 people'),
        ({"config": "a", "habitat_config": "b"}, "config and habitat_config: allowed is one of the two"),
        ({"seed": -1}, "seed -1: allowed are whole numbers from 0"),
        ({"compat": "v1"}, "compat 'v1': allowed are None, 'v0'"),
    ],
)
def test_what_is_wrong_is_refused_with_what_is_allowed(arguments, words):
    with pytest.raises(ValueError) as error:
        make_lunar_env(**arguments)
    assert words in sentence(error)


def test_the_wrong_kind_of_argument_is_refused_too():
    with pytest.raises(TypeError, match="config is a list"):
        make_lunar_env(config=[1])
    with pytest.raises(TypeError, match="crew_size is a str"):
        make_lunar_env(crew_size="four")
    for name, said in [
        ("LunarHabitat/CdraFailure-v1", {}),
        ("LunarHabitat/Artemis30d-v1", {}),
        ("LunarHabitat-v1", {"scenario": "artemis-30d"}),
    ]:
        with pytest.raises(ValueError, match="habitat_config with scenario"):
            gymnasium.make(name, habitat_config="mars_analog", **said)
    for people in (-1, 2.5, "four", True):
        with pytest.raises((ValueError, TypeError), match="crew_size"):
            make_lunar_env(config="mars_analog", crew_size=people)
    with pytest.raises(ValueError, match="compat 'v2'"):
        gymnasium.make("LunarHabitat-v1", compat="v2")


def test_the_names_are_those_of_the_package():
    assert set(predecessor.MISSIONS.values()) <= {name for name, _ in lunar_habitat_rl.scenarios()}
    assert set(predecessor.REWARDS.values()) <= {name for name, _ in lunar_habitat_rl.reward_presets()}
