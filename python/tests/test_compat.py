"""A policy of the predecessor's layout runs: 48 numbers in its units, 26 actions; one that does not fit is refused."""

import copy
import pickle
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env

from lunar_habitat_rl import HabitatEnv, HabitatVectorEnv, compat, make_lunar_env
from lunar_habitat_rl.compat import V0, check_policy, load_policy

#: What holds the habitat about as it is: oxygen for four people, removal on, the pressure and the cabin kept.
STEADY = np.full(26, 0.5, np.float32)
STEADY[[0, 1, 2, 3, 5, 24]] = 0.39, 1.0, 0.57, 1.0, 1.0, 1.0
STEADY[7:12] = 0.0
STEADY[15:19] = 0.25


class StandIn:
    """What a policy of Stable-Baselines3 has, and nothing behind it but one action."""

    def __init__(self, observation_space, action_space, action=STEADY):
        self.observation_space, self.action_space, self.action = observation_space, action_space, action

    @classmethod
    def load(cls, path):
        spec = pickle.loads(path.read_bytes())
        return cls(*spec)

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        assert observation.shape[-1:] == self.observation_space.shape
        return np.clip(self.action, self.action_space.low, self.action_space.high), state


def of_the_predecessor():
    """Its spaces, written down from its code."""
    low, high = np.zeros(26, np.float32), np.ones(26, np.float32)
    low[15], high[15] = -90.0, 90.0
    observation = spaces.Box(-np.inf, np.inf, (48,), np.float32)
    return observation, spaces.Box(low, high, dtype=np.float32)


@pytest.fixture
def env():
    env = V0(HabitatEnv("artemis-30d"))
    yield env
    env.close()


def test_the_spaces_are_those_of_the_predecessor(env):
    assert (env.observation_space, env.action_space) == of_the_predecessor()
    assert len(env.fields) == 48 and len(env.actions) == 26
    assert sum(not action["acts"] for action in env.actions) == 11
    assert V0(HabitatEnv("artemis-30d", crew_size=8)).observation_space.shape == (54,)


def test_a_policy_of_its_layout_flies_a_day(env):
    policy = StandIn(*of_the_predecessor())
    check_policy(policy, env)
    observation, info = env.reset(seed=0)
    assert observation.dtype == np.float32 and env.observation_space.contains(observation)
    assert info["mission_time"] == 0.0
    for _ in range(144):
        action, _ = policy.predict(observation)
        observation, reward, terminated, truncated, info = env.step(action)
        assert not (terminated or truncated), info
        assert np.isfinite(observation).all() and np.isfinite(reward)
    assert info["mission_time"] == pytest.approx(1.0) and info["termination_reason"] == ""
    by_name = dict(zip((field["name"] for field in env.fields), observation))
    assert by_name["total_pressure"] == pytest.approx(56.5, abs=1.5)
    assert by_name["co2_partial_pressure"] < 0.6
    assert by_name["mission_elapsed_time"] == pytest.approx(1.0)
    assert (observation[26:30] == np.float32(0.95)).all()


def test_the_numbers_are_what_the_environment_itself_sees(env):
    env.reset(seed=2)
    observation, *_ = env.step(STEADY)
    seen = {name: value for name, (value, _) in env.unwrapped.readings().items()}
    by_name = dict(zip((field["name"] for field in env.fields), observation))
    for name, value in [
        ("battery_charge", 100 * seen["battery.usable"]),
        ("total_load", seen["power.drawn_w"] / 1e3),
        ("solar_generation", seen["power.source_w"] / 1e3),
        ("potable_water", seen["stores.potable_kg"]),
        ("co2_partial_pressure", seen["air.pp_co2_pa_mean"] / 1e3),
    ]:
        assert by_name[name] == pytest.approx(value, rel=1e-5), name


def test_an_action_turns_the_dials_that_it_says(env):
    env.reset(seed=0)
    dials = [dial["name"] for dial in env.unwrapped.dials]
    low, high = STEADY.copy(), STEADY.copy()
    low[0], high[0] = 0.0, 1.0
    turned = [env.unwrapped.native.v0_dials(0, action) for action in (low, high)]
    differ = [name for name, *pair in zip(dials, *turned) if pair[0] != pair[1]]
    assert differ == ["oxygen.rate"]
    idle = [place for place, action in enumerate(env.actions) if not action["acts"]]
    other = STEADY.copy()
    other[idle] = 1.0
    one, two = V0(HabitatEnv("artemis-30d")), V0(HabitatEnv("artemis-30d"))
    one.reset(seed=1), two.reset(seed=1)
    for _ in range(6):
        assert np.array_equal(one.step(STEADY)[0], two.step(other)[0])


def test_an_entry_beyond_its_ends_counts_as_the_end(env):
    env.reset(seed=0)
    wide, narrow = STEADY.copy(), STEADY.copy()
    wide[15], narrow[15] = 90.0, 1.0
    wide[0], narrow[0] = 7.0, 1.0
    native = env.unwrapped.native
    assert np.array_equal(native.v0_dials(0, wide), native.v0_dials(0, narrow))


def test_what_is_no_number_is_refused_by_name_and_nothing_moves(env):
    env.reset(seed=0)
    before = env.unwrapped.snapshot()
    bad = STEADY.copy()
    bad[24] = np.nan
    with pytest.raises(ValueError, match="purification_intensity"):
        env.step(bad)
    with pytest.raises(ValueError, match=r"shape \(25,\): allowed is \(26,\)"):
        env.step(STEADY[:25])
    assert env.unwrapped.snapshot() == before


def test_the_checks_of_gymnasium_find_nothing_but_ends_that_are_its_own():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Observations without ends and an action beyond -1 to 1 are the predecessor's; the checker advises against both.
        warnings.filterwarnings("ignore", message=".*Box observation space m(in|ax)imum value is.*")
        warnings.filterwarnings("ignore", message=".*we recommend using a symmetric and normalized.*")
        warnings.filterwarnings("ignore", message=".*is different from the unwrapped version.*")
        check_env(V0(HabitatEnv("artemis-30d")), skip_render_check=True)


def test_gymnasium_makes_it_and_makes_it_again_from_its_spec():
    env = gymnasium.make("LunarHabitat-v1", scenario="cdra-failure", compat="v0", reward="balanced")
    assert env.observation_space.shape == (48,) and isinstance(env.unwrapped, HabitatEnv)
    first, _ = env.reset(seed=4)
    again = gymnasium.make(env.spec)
    assert np.array_equal(again.reset(seed=4)[0], first)
    assert np.array_equal(env.step(STEADY)[0], again.step(STEADY)[0])
    lanes = gymnasium.make_vec("LunarHabitat-v1", num_envs=2, vectorization_mode="sync", compat="v0")
    assert lanes.reset(seed=0)[0].shape == (2, 48)
    assert lanes.step(np.stack([STEADY, STEADY]))[0].shape == (2, 48)
    with pytest.raises(ValueError, match="vectorization_mode='sync'"):
        gymnasium.make_vec("LunarHabitat-v1", num_envs=2, compat="v0")
    lanes = gymnasium.make_vec("LunarHabitat-v1", num_envs=2, habitat_config="mars_analog")
    assert isinstance(lanes.unwrapped, HabitatVectorEnv)


def test_the_factory_makes_it_and_lanes_of_it():
    env = make_lunar_env(compat="v0", config="nasa_reference")
    observation, _ = env.reset(seed=0)
    assert observation[3] == pytest.approx(101.3, abs=1.0)
    assert observation[21] == pytest.approx(800.0, abs=20.0)
    lanes = make_lunar_env(n_envs=2, compat="v0", seed=5)
    observations, _ = lanes.reset()
    for place in range(2):
        single = V0(HabitatEnv("artemis-30d", crew_size=4, env_id=place))
        assert np.array_equal(observations[place], single.reset(seed=5)[0])


def test_it_is_copied_and_pickled_in_flight(env):
    env.reset(seed=0)
    env.step(STEADY)
    copies = [pickle.loads(pickle.dumps(env)), copy.deepcopy(env)]
    expected = env.step(STEADY)[0]
    for other in copies:
        assert np.array_equal(other.step(STEADY)[0], expected)


def test_a_policy_of_another_shape_is_refused_with_both(env):
    observation, action = of_the_predecessor()
    narrow = spaces.Box(-1.0, 1.0, (64,), np.float32)
    for policy, words in [
        (StandIn(narrow, action), ("observations", "(64,)", "(48,)")),
        (StandIn(observation, spaces.Box(-1, 1, (23,))), ("actions", "(23,)", "(26,)")),
        (StandIn(observation, spaces.Discrete(4)), ("actions", "()", "(26,)")),
        (StandIn(spaces.Dict({"a": narrow}), action), ("observations", "Dict", "(48,)")),
        (StandIn(observation, spaces.Box(-1, 1, (26,))), ("actions", "(26,)", "-90.")),
    ]:
        with pytest.raises(ValueError) as error:
            check_policy(policy, env)
        message = str(error.value)
        assert "\n" not in message and all(word in message for word in words), message
    with pytest.raises(TypeError, match="no observation_space"):
        check_policy(object(), env)
    check_policy(StandIn(observation, action), make_lunar_env(n_envs=2, compat="v0"))
    plain = HabitatEnv("artemis-30d")
    check_policy(StandIn(plain.observation_space, plain.action_space), plain)


def test_a_policy_is_loaded_from_its_file_and_checked(env, tmp_path):
    path = tmp_path / "policy.zip"
    path.write_bytes(pickle.dumps(of_the_predecessor()))
    policy = load_policy(path, env, StandIn)
    assert np.array_equal(policy.predict(env.reset(seed=0)[0])[0], STEADY)
    with pytest.raises(ValueError, match=r"\(48,\).*\(64,\)"):
        load_policy(path, HabitatEnv("artemis-30d"), StandIn)


def test_it_stands_around_a_habitat_alone():
    with pytest.raises(TypeError, match="allowed is a HabitatEnv"):
        V0(gymnasium.make("CartPole-v1"))
    assert compat.ACTIONS[15]["high"] == 90.0
