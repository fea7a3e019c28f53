"""Environments in worker processes: Gymnasium's asynchronous vector, spawned and forked children."""

import multiprocessing
import sys

import numpy as np
import pytest
from conftest import VARIED, actions_of, lanes
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

from lunar_habitat_rl import HabitatEnv

N = 3
needs_fork = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason=f"{sys.platform} cannot fork"
)


def make(env_id):
    return lambda: HabitatEnv(VARIED, decision_s=43_200.0, env_id=env_id)


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize("context", ["spawn", pytest.param("fork", marks=needs_fork)])
def test_worker_processes_one_process_and_our_lanes_give_the_same_bits(mode, context):
    factories = [make(env_id) for env_id in range(N)]
    processes = AsyncVectorEnv(factories, context=context, autoreset_mode=mode)
    try:
        vectors = [processes, SyncVectorEnv(factories, autoreset_mode=mode), lanes(N, VARIED, autoreset_mode=mode)]
        found = [vectors[0].reset(seed=[7] * N), vectors[1].reset(seed=[7] * N), vectors[2].reset(seed=7)]
        for actions in actions_of(vectors[2], 5):
            assert np.array_equal(found[0][0], found[1][0]) and np.array_equal(found[0][0], found[2][0])
            found = [vector.step(actions) for vector in vectors]
            for parts in list(zip(*found))[1:4]:
                assert np.array_equal(parts[0], parts[1]) and np.array_equal(parts[0], parts[2])
            assert data_equivalence(found[0][4], found[1][4])
            ended = found[0][2] | found[0][3]
            if mode is AutoresetMode.DISABLED and ended.any():
                found = [vector.reset(options={"reset_mask": ended.copy()}) for vector in vectors]
    finally:
        processes.close()


def in_a_fork(work):
    """What ``work`` returns in a forked child; a child that hangs is ended and fails."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)

    def child():
        try:
            theirs.send(work())
        except Exception as error:
            theirs.send(error)

    process = context.Process(target=child)
    process.start()
    try:
        assert ours.poll(60.0), "the child says nothing"
        return ours.recv()
    finally:
        process.kill()
        process.join()


@needs_fork
def test_a_forked_child_goes_on_as_its_parent_would():
    env, many = HabitatEnv(VARIED, decision_s=43_200.0), lanes(N, VARIED, threads=1)
    env.reset(seed=1)
    many.reset(seed=1)
    actions = actions_of(many, 1)[0]
    child = in_a_fork(lambda: (env.step(actions[0])[0], many.step(actions)[0]))
    assert np.array_equal(child[0], env.step(actions[0])[0])
    assert np.array_equal(child[1], many.step(actions)[0])


@needs_fork
def test_a_vector_whose_threads_stayed_in_the_parent_refuses_in_a_sentence_and_does_not_hang():
    env = lanes(N, threads=2)
    env.reset(seed=1)
    actions = env.hold()
    for call in (lambda: env.step(actions), lambda: env.reset(seed=2)):
        error = in_a_fork(call)
        assert isinstance(error, RuntimeError) and "threads=1 before the fork" in str(error)
    env.step(actions)
    # A new one in the child works.
    assert in_a_fork(lambda: lanes(N, threads=2).reset(seed=1)[0].shape) == env.observation_space.shape
