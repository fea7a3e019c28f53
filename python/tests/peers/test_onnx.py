"""The ONNX file of a policy, run by onnxruntime, decides as the policy does."""

import gymnasium
import numpy as np
import pytest

from lunar_habitat_rl import PPO, HabitatVectorEnv

onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime not installed")


def run(path, rows):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (only,) = session.get_inputs()
    return session.run(None, {only.name: rows})[0]


@pytest.mark.parametrize("activation", ["tanh", "relu", "silu"])
@pytest.mark.parametrize("head", ["clipped", "squashed"])
def test_actions_of_a_habitat_are_the_same(tmp_path, activation, head):
    env = HabitatVectorEnv(4, "oga-failure")
    agent = PPO(env, seed=3, segment=32, minibatches=2, epochs=1, activation=activation, head=head)
    agent.learn(128)
    agent.export_onnx(tmp_path / "policy.onnx")
    # Observations of a mission, and the same far off: the bounds of the actions and of the normaliser are in the file too.
    seen, _ = env.reset(seed=9)
    for rows in (seen, 50.0 * seen):
        assert np.allclose(run(tmp_path / "policy.onnx", rows), agent.act(rows), atol=2e-5)


@pytest.mark.parametrize("name", ["CartPole-v1", "Pendulum-v1"])
def test_actions_of_any_environment_are_the_same(tmp_path, name):
    env = gymnasium.make_vec(name, num_envs=2)
    agent = PPO(env, seed=1, segment=64, minibatches=2, epochs=2)
    agent.learn(256)
    agent.export_onnx(tmp_path / "policy.onnx")
    rows = np.stack([env.single_observation_space.sample().clip(-5, 5) for _ in range(256)])
    found, expected = run(tmp_path / "policy.onnx", rows), agent.act(rows)
    if agent.actions.is_box:
        assert np.allclose(found, expected, atol=1e-5)
    else:
        assert (found.argmax(axis=1) == expected).mean() > 0.99, "but for ties in the last bit"
