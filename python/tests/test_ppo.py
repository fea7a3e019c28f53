"""The learner on environments of others: what it learns, in every mode of autoreset, what it keeps and what it refuses."""

import os
import pickle
import signal
import threading
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from conftest import lanes
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorWrapper

from lunar_habitat_rl import HELD_OUT_FROM, PPO
from lunar_habitat_rl.lanes import lanes_of

MODES = list(AutoresetMode)
#: A linear critic that follows its targets fast.
LINEAR = {
    "segment": 48,
    "hidden": (),
    "minibatches": 4,
    "epochs": 4,
    "rate": 0.03,
    "norm_max": 100.0,
    "normalise": False,
    "scale_rewards": False,
    "anneal": False,
}


class Chain(gymnasium.Env):
    """A gives 1 and leads to B; B gives 2 and leads to C, where the episode is cut off, or lost; C gives 4 and is lost.

    Two episodes of three begin in A, the third in C, so that C has a value of its own.
    """

    observation_space = spaces.Box(0.0, 1.0, (3,), np.float64)
    action_space = spaces.Discrete(2, start=5)

    def __init__(self, is_cut=True):
        self.is_cut, self.count, self.at = is_cut, 0, 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count += 1
        self.at = 2 if self.count % 3 == 0 else 0
        return self.seen(), {}

    def seen(self):
        return np.eye(3)[self.at]

    def step(self, action):
        assert action in self.action_space, action
        reward, self.at = 2.0**self.at, min(self.at + 1, 2)
        began_in_c = self.count % 3 == 0
        over = began_in_c or self.at == 2
        return self.seen(), reward, over and (began_in_c or not self.is_cut), over and self.is_cut and not began_in_c, {}


class Aim(gymnasium.Env):
    """Ten decisions; the reward is less the further the action is from what is seen times (3, 8)."""

    observation_space = spaces.Box(0.9, 1.1, (1, 2), np.float32)
    action_space = spaces.Box(np.array([2.0, -10.0], np.float32), np.array([4.0, 30.0], np.float32))
    metadata = {}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.t = 0
        return self.seen(), {}

    def seen(self):
        return self.np_random.uniform(0.9, 1.1, (1, 2)).astype(np.float32)

    def step(self, action):
        assert action.dtype == np.float32 and action in self.action_space, action
        self.t += 1
        miss = (action - (3.0, 8.0)) / (2.0, 40.0)
        return self.seen(), -float(miss @ miss), False, self.t == 10, {}


def vector(env, count=2, mode=AutoresetMode.SAME_STEP):
    return SyncVectorEnv([env] * count, autoreset_mode=mode)


def weights(agent):
    """Tensors of the policy; the facts before them have no order."""
    found = agent._policy.to_bytes([])
    return found[8 + int.from_bytes(found[:8], "little") :]


# Learning


@pytest.mark.parametrize("mode", [*MODES, None], ids=lambda mode: mode.value if mode else "one environment")
@pytest.mark.parametrize(("is_cut", "expected"), [(True, [3.0, 4.0, 4.0]), (False, [2.0, 2.0, 4.0])])
def test_values_are_those_of_the_task_in_every_mode(mode, is_cut, expected):
    # With gamma 0.5: V(C) = 4; V(B) = 2 + 0.5 V(C) where the episode is cut off there, 2 where it is lost; V(A) = 1 + 0.5 V(B).
    # Taken for death, V(B) is 2; valued by the first observation of the next episode, 3.6; and a step of NextStep that
    # only resets, learned from as if it were one, takes V(C) down to about 2.
    env = Chain(is_cut) if mode is None else vector(lambda: Chain(is_cut), 3, mode)
    agent = PPO(env, seed=1, gamma=0.5, **LINEAR)
    history = agent.learn(20_000)
    assert np.allclose(agent.values(np.eye(3)), expected, atol=0.12)
    returns = np.concatenate([figures["returns"] for figures in history])
    lengths = np.concatenate([figures["lengths"] for figures in history])
    assert set(zip(returns, lengths)) == {(3.0, 2), (4.0, 1)}, "a step that begins an episode belongs to none"
    terminated = np.concatenate([figures["terminated"] for figures in history])
    assert terminated.all() != is_cut


def test_a_point_for_ever_is_worth_more_than_its_time_limit_lets_one_see():
    class Endless(Chain):
        def step(self, action):
            self.count += 1
            return np.ones(3), 1.0, False, self.count % 5 == 0, {}

    for mode in MODES:
        agent = PPO(vector(Endless, 2, mode), gamma=0.9, **LINEAR)
        agent.learn(20_000)
        # 1/(1 - 0.9); an episode of five steps that ended in death would be worth 4.1 at the most.
        assert abs(agent.values(np.ones((1, 3)))[0] - 10.0) < 0.4, mode


def test_it_balances_the_pole():
    agent = PPO(gymnasium.make("CartPole-v1"), seed=1)
    history = agent.learn(50_000)
    assert agent.evaluate(20)["returns"].mean() > 400.0
    assert history[0]["return_mean"] < 60.0
    assert [figures["steps"] for figures in history] == [2_048 * (k + 1) for k in range(25)]
    assert agent.steps == 51_200
    assert history[-1]["explained_variance"] <= 1.0 and 0.0 < history[-1]["entropy"] < np.log(2.0)


def test_actions_of_a_box_are_in_its_own_range_and_shape():
    agent = PPO(vector(Aim, 8), segment=64, minibatches=8, rate=3e-3, gamma=0.0)
    agent.learn(25_000)
    actions = agent.act(np.ones((5, 1, 2), np.float32))
    assert actions.shape == (5, 2) and actions.dtype == np.float32
    assert np.abs(actions - (3.0, 8.0)).max(axis=0) == pytest.approx([0.0, 0.0], abs=1.0)
    assert np.abs(actions[:, 0] - 3.0).max() < 0.1
    alone = agent.act(np.ones((1, 2), np.float64))
    assert alone.shape == (2,) and np.array_equal(alone, actions[0])
    drawn = agent.act(np.ones((500, 1, 2)), deterministic=False)
    assert all(action in agent.actions.space for action in drawn) and len(np.unique(drawn[:, 0])) > 400


def test_squashed_actions_and_shared_layers_learn_too():
    agent = PPO(vector(Aim, 8), segment=64, minibatches=8, rate=3e-3, gamma=0.0, head="squashed", shared=True)
    before = agent.evaluate(8)["returns"].mean()
    agent.learn(15_000)
    assert agent.evaluate(8)["returns"].mean() > 0.3 * before


def test_modes_without_a_step_of_their_own_give_the_same_bits():
    agents = [PPO(env, seed=3, **LINEAR) for env in (vector(Chain, 2, MODES[1]), vector(Chain, 2, MODES[2]))]
    for agent in agents:
        agent.learn(1_000)
    assert [agent._lanes.mode for agent in agents] == [AutoresetMode.SAME_STEP, AutoresetMode.DISABLED]
    assert weights(agents[0]) == weights(agents[1])


def test_a_seed_has_its_bits_on_any_number_of_threads():
    def learned(**settings):
        agent = PPO(vector(Aim, 3), segment=64, minibatches=4, **settings)
        agent.learn(600)
        return weights(agent), agent.act(np.ones((4, 1, 2)), deterministic=False).tobytes()

    assert learned(seed=5) == learned(seed=5) == learned(seed=5, threads=3)
    assert learned(seed=5)[0] != learned(seed=6)[0]


def test_choices_are_counted_from_their_start():
    agent = PPO(vector(Chain), **LINEAR)
    actions = agent.act(np.eye(3), deterministic=False)
    assert actions.dtype == np.int64 and set(actions) <= {5, 6}
    assert agent.act(np.eye(3)[0]) in agent.actions.space


# Stopping


class Interrupting(Chain):
    """Sends Ctrl-C at a step."""

    steps = ()
    taken = 0

    def step(self, action):
        Interrupting.taken += 1
        if Interrupting.taken in Interrupting.steps:
            os.kill(os.getpid(), signal.SIGINT)
        return super().step(action)


def test_ctrl_c_ends_after_the_update_and_a_second_one_at_once(monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(Interrupting, "taken", 0)
    monkeypatch.setattr(Interrupting, "steps", (100,))
    agent = PPO(vector(Interrupting), **LINEAR)
    history = agent.learn(10_000)
    # 48 steps of 2 lanes an update: it comes in the second one.
    assert [figures["update"] for figures in history] == [1, 2]
    assert signal.getsignal(signal.SIGINT) is before
    assert len(agent.learn(200)) == 3, "and learning goes on"
    monkeypatch.setattr(Interrupting, "taken", 0)
    monkeypatch.setattr(Interrupting, "steps", (10, 12))
    kept = weights(agent)
    with pytest.raises(KeyboardInterrupt):
        agent.learn(10_000)
    assert signal.getsignal(signal.SIGINT) is before
    assert weights(agent) == kept and agent.act(np.eye(3)).shape == (3,)
    with pytest.raises(RuntimeError, match="an update of this training has failed"):
        agent.learn(100)


def test_a_callback_sees_every_update_and_may_end_it():
    seen = []
    agent = PPO(vector(Chain), **LINEAR)
    agent.learn(10_000, lambda figures: seen.append(figures["update"]) or len(seen) < 4)
    assert seen == [1, 2, 3, 4]
    with pytest.raises(ZeroDivisionError):
        agent.learn(100, lambda figures: 1 // 0)


# Evaluating


def test_lanes_share_the_episodes_of_an_evaluation_and_learning_goes_on():
    class Long(Chain):
        """An episode as long as its lane says; short ones must not crowd out long ones."""

        lengths = iter(())

        def __init__(self):
            super().__init__()
            self.length = next(Long.lengths)

        def reset(self, *, seed=None, options=None):
            self.t = 0
            return np.ones(3), {}

        def step(self, action):
            self.t += 1
            return np.ones(3), 1.0, self.t == self.length, False, {}

    for mode in MODES:
        Long.lengths = iter((1, 10))
        agent = PPO(vector(Long, 2, mode), **LINEAR)
        agent.learn(100)
        found = agent.evaluate(5, seed=3)
        assert found["lengths"].tolist() == [1, 1, 1, 10, 10]
        assert found["returns"].tolist() == [1.0, 1.0, 1.0, 10.0, 10.0] and found["terminated"].all()
        # Five more updates; the episodes that the evaluation cut off are not among them.
        history = agent.learn(500)
        assert {length for figures in history for length in figures["lengths"]} == {1, 10}


def test_an_evaluation_depends_on_its_seed_alone():
    agent = PPO(vector(Aim, 3), segment=64, minibatches=4)
    first = agent.evaluate(4, seed=9, env=vector(Aim, 2))["returns"]
    assert np.array_equal(first, agent.evaluate(4, seed=9, env=vector(Aim, 2))["returns"])
    assert not np.array_equal(first, agent.evaluate(4, seed=8, env=vector(Aim, 2))["returns"])
    with pytest.raises(ValueError, match="policy: its actions are"):
        agent.evaluate(env=vector(Chain))


# Keeping


def test_a_saved_policy_decides_as_before(tmp_path):
    agent = PPO(vector(Aim, 3), segment=64, minibatches=4, seed=11)
    agent.learn(2_000)
    path = tmp_path / "policy.safetensors"
    agent.save(path)
    observations = np.random.default_rng(0).uniform(0.9, 1.1, (50, 1, 2))
    expected = agent.act(observations)
    for found in (PPO.load(path), PPO.load(str(path)), PPO.load(pickle.loads(pickle.dumps(path)))):
        assert np.array_equal(found.act(observations), expected)
        assert found.actions.space == agent.actions.space
        with pytest.raises(RuntimeError, match="no environment to learn in"):
            found.learn(100)
    again = pickle.loads(pickle.dumps(agent))
    assert np.array_equal(again.act(observations), expected)
    again.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").exists() and not list(tmp_path.glob("*.part"))
    assert np.array_equal(PPO.load(tmp_path / "again.safetensors").act(observations), expected)
    chosen = PPO(vector(Chain), **LINEAR)
    chosen.save(path)
    assert PPO.load(path).act(np.eye(3)).tolist() == chosen.act(np.eye(3)).tolist()


def test_a_loaded_policy_learns_on_where_it_was(tmp_path):
    settings = {"segment": 64, "minibatches": 8, "rate": 1e-3, "gamma": 0.0}
    agent = PPO(vector(Aim, 8), hidden=(32,), activation="silu", **settings)
    agent.learn(20_000)
    reached = agent.evaluate(16)["returns"].mean()
    agent.save(tmp_path / "policy")
    again = PPO.load(tmp_path / "policy", vector(Aim, 8), seed=4, **settings)
    assert np.array_equal(again.act(np.ones((2, 1, 2))), agent.act(np.ones((2, 1, 2))))
    assert np.array_equal(again.values(np.ones((2, 1, 2))), agent.values(np.ones((2, 1, 2))))
    again.learn(2_000)
    assert again.evaluate(16)["returns"].mean() > 2.0 * reached, "it has not begun anew"
    with pytest.raises(ValueError, match="policy: its actions are"):
        PPO.load(tmp_path / "policy", vector(Chain))
    with pytest.raises(TypeError, match="'hidden': the file tells it"):
        PPO.load(tmp_path / "policy", vector(Aim), hidden=(3,))
    with pytest.raises(TypeError, match="'rate' without env"):
        PPO.load(tmp_path / "policy", rate=0.1)


def test_files_that_are_none_are_refused(tmp_path):
    path = tmp_path / "policy"
    with pytest.raises(FileNotFoundError):
        PPO.load(path)
    agent = PPO(vector(Aim, 3), segment=64, minibatches=4)
    agent.save(path)
    whole = path.read_bytes()
    for broken in (b"", b"nonsense", whole[:100], whole[:-1]):
        path.write_bytes(broken)
        with pytest.raises(ValueError, match="policy"):
            PPO.load(path)
    for fact in (b"action_space", b"observation_space"):
        at = whole.index(b"Box", whole.index(fact))
        path.write_bytes(whole[:at] + b"Bux" + whole[at + 3 :])
        with pytest.raises(ValueError, match=f"the fact `{fact.decode()}` of a policy is no space"):
            PPO.load(path)
    with pytest.raises(OSError):
        agent.save(tmp_path / "nowhere" / "policy")
    with pytest.raises(RuntimeError, match="a SyncVectorEnv cannot tell its state"):
        agent.checkpoint(path)


# Bad input


class Broken(Chain):
    """The second of two lanes shows or pays something wrong at its seventh step."""

    made = 0
    wrong = "reward"

    def __init__(self):
        super().__init__()
        Broken.made += 1
        self.is_wrong, self.t = Broken.made % 2 == 0, 0

    def step(self, action):
        self.t += 1
        seen, reward, terminated, truncated, infos = super().step(action)
        if self.is_wrong and self.t == 7:
            if self.wrong == "raise":
                raise LookupError("the habitat has left")
            if self.wrong == "reward":
                reward = np.nan
            elif self.wrong == "huge":
                reward = 1e300
            else:
                seen = seen * np.inf
        return seen, reward, terminated, truncated, infos


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("reward", "a reward or cost of lane 1 is not finite after 7 decisions"),
        ("huge", "a reward or cost of lane 1 is not finite after 7 decisions"),
        ("seen", "observation of lane 1 is not finite after 7 decisions"),
    ],
)
def test_numbers_that_are_not_finite_name_their_lane(monkeypatch, wrong, words):
    monkeypatch.setattr(Broken, "wrong", wrong)
    agent = PPO(vector(Broken), **LINEAR)
    with pytest.raises(ValueError, match=words):
        agent.learn(1_000)


def test_what_an_environment_raises_comes_through(monkeypatch):
    monkeypatch.setattr(Broken, "wrong", "raise")
    agent = PPO(vector(Broken), **LINEAR)
    with pytest.raises(LookupError, match="the habitat has left"):
        agent.learn(1_000)
    with pytest.raises(RuntimeError, match="has failed"):
        agent.learn(1_000)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"gamma": 1.5}, "gamma: found 1.5, allowed is 0 to 1"),
        ({"gamma": float("nan")}, "gamma: found NaN, allowed is 0 to 1"),
        ({"gae_lambda": -0.1}, "lambda: found"),
        ({"rate": 2.0}, "learning rate: found 2, allowed is 0 to 1"),
        ({"epochs": 0}, "epochs: found 0, allowed is 1 to 100"),
        ({"minibatches": 97}, "minibatches: found 97, allowed is 1 to 96"),
        ({"segment": 0}, "decisions of a segment: found 0"),
        ({"segment": -1}, "segment -1: allowed are whole numbers of at least 0"),
        ({"threads": 0}, "threads: found 0"),
        ({"hidden": (0,)}, "width of a layer: found 0"),
        ({"activation": "sinus"}, "activation: found `sinus`, allowed is `tanh`, `relu`, `silu`"),
        ({"head": "clipped"}, r"head 'clipped': allowed for Discrete\(2, start=5\) are 'categorical'"),
        ({"log_std": 9.0}, "logarithm of the deviations: found 9, allowed is -5 to 2"),
        ({"seed": -1}, "seed -1: allowed are whole numbers"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_a_sentence(settings, words):
    with pytest.raises(ValueError, match=words) as raised:
        PPO(vector(Chain), **(LINEAR | settings))
    assert "\n" not in str(raised.value)


def space_of(actions=None, observations=None):
    class Of(Chain):
        action_space = Chain.action_space if actions is None else actions
        observation_space = Chain.observation_space if observations is None else observations

    return Of()


@pytest.mark.parametrize(
    ("env", "error", "words"),
    [
        (None, TypeError, "env is a NoneType: allowed are"),
        (space_of(spaces.Box(-1.0, np.inf, (2,))), ValueError, "number 0 of an action goes from -1.0 to inf"),
        (space_of(spaces.MultiDiscrete([2, 2])), TypeError, "actions are a MultiDiscrete: allowed are Box and Discrete"),
        (space_of(None, spaces.Discrete(3)), TypeError, "observations are a Discrete: allowed is Box"),
        (space_of(None, spaces.Dict({})), TypeError, "observations are a Dict: allowed is Box"),
        (space_of(None, spaces.Box(0, 1, (4,))), ValueError, r"observations of shape \(1, 3\): allowed is \(1, 4\)"),
    ],
)
def test_environments_that_it_cannot_learn_in_are_refused(env, error, words):
    with pytest.raises(error, match=words):
        PPO(env)


def test_a_vector_that_hides_its_mode_or_its_last_observation_is_refused():
    env = vector(Chain)
    env.autoreset_mode, env.metadata = None, {}
    with pytest.raises(ValueError, match="does not tell its mode of autoreset"):
        PPO(env)
    # The mode of the vector itself counts, not that of the last one that was made of the same class.
    first = vector(Chain, mode=AutoresetMode.DISABLED)
    vector(Chain, mode=AutoresetMode.NEXT_STEP)
    assert lanes_of(VectorWrapper(first)).mode is AutoresetMode.DISABLED

    class Hiding(VectorWrapper):
        def step(self, actions):
            *step, infos = self.env.step(actions)
            infos.pop("final_obs", None)
            return *step, infos

    with pytest.raises(ValueError, match=r"info\['final_obs'\] lacks lane 0"):
        PPO(Hiding(vector(Chain)), **LINEAR).learn(100)


def test_numbers_of_steps_and_episodes_are_whole_and_above_nothing():
    agent = PPO(vector(Chain), **LINEAR)
    with pytest.raises(ValueError, match="total_steps 0"):
        agent.learn(0)
    with pytest.raises(TypeError, match="total_steps is a float"):
        agent.learn(1e3)
    with pytest.raises(ValueError, match="episodes 0"):
        agent.evaluate(0)
    with pytest.raises(ValueError, match=r"observations of shape \(2, 4\)"):
        agent.act(np.zeros((2, 4)))


# Habitats

HABITAT = {"segment": 16, "minibatches": 4, "hidden": (16,), "epochs": 2}


class Plain(VectorWrapper):
    """A wrapper that changes nothing, so that the lanes are stepped from Python."""


def test_habitats_are_stepped_below_and_give_the_bits_of_those_stepped_from_python():
    env = lanes(4, autoreset_mode="SameStep", threads=2)
    before = env.reset(seed=0)[0]
    # The last decision before a loss is shorter, which below discounts less; only the scale of rewards sees it.
    settings = HABITAT | {"scale_rewards": False}
    below = PPO(env, seed=7, **settings)
    history = below.learn(500)
    assert np.array_equal(env.native.arrays_now()["observations"], before), "the lanes of the caller stay"
    through = PPO(Plain(lanes(4, autoreset_mode="SameStep", threads=1)), seed=7, **settings)
    other = through.learn(500)
    assert [f["returns"].tolist() for f in history] == [f["returns"].tolist() for f in other]
    assert [f["policy_loss"] for f in history] == [f["policy_loss"] for f in other]
    observations = np.random.default_rng(1).uniform(-1, 1, (20, below.observations.width))
    assert np.array_equal(below.act(observations), through.act(observations))


def test_a_checkpoint_goes_on_to_the_bit(tmp_path):
    path = tmp_path / "checkpoint"
    whole = PPO(lanes(4), seed=2, **HABITAT)
    whole.learn(640, lambda figures: whole.checkpoint(path) if figures["update"] == 5 else None)
    half = PPO(lanes(4, threads=3), seed=2, **HABITAT)
    half.restore(path)
    assert half.steps == 320
    assert len(half.learn(320)) == 5
    assert weights(half) == weights(whole)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="checkpoint: it is damaged"):
        half.restore(path)
    with pytest.raises(RuntimeError, match="has failed"):
        half.learn(64)


def test_a_policy_of_a_habitat_is_bound_to_its_task(tmp_path):
    agent = PPO(lanes(2), **HABITAT)
    agent.learn(64)
    agent.save(tmp_path / "policy")
    loaded = PPO.load(tmp_path / "policy", lanes(3), segment=16)
    held_out = lanes(2, base_env=HELD_OUT_FROM, evaluation=True)
    assert loaded.evaluate(4, env=held_out)["lengths"].tolist() == [2, 2, 2, 2]
    with pytest.raises(ValueError, match="evaluation=True"):
        PPO(held_out)
    with pytest.raises(ValueError, match="policy: "):
        PPO.load(tmp_path / "policy", lanes(2, acts="thresholds"))
    whole = (tmp_path / "policy").read_bytes()
    (tmp_path / "policy").write_bytes(whole.replace(held_out.native.task_hash.encode(), b"0" * 64))
    with pytest.raises(ValueError, match="has the hash 000000000000, that of the task is"):
        PPO.load(tmp_path / "policy", lanes(2))


def test_other_threads_run_while_habitats_learn():
    agent = PPO(lanes(8, threads=1), hidden=(64,), segment=64, minibatches=8)
    counted, done = [0], threading.Event()

    def count():
        while not done.is_set():
            counted[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    seen = []
    agent.learn(2_048, lambda figures: seen.append(counted[0]))
    done.set()
    thread.join()
    assert len(seen) == 4 and all(later > before for before, later in zip(seen, seen[1:]))


def test_no_file_of_the_package_imports_torch():
    package = Path(__import__("lunar_habitat_rl").__file__).parent
    assert not any("import torch" in file.read_text() for file in package.glob("*.py"))
