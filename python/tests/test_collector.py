"""The collector of garbage is as it was afterwards, and runs less in between."""

import gc

import numpy as np
import pytest

import lunar_habitat_rl
from lunar_habitat_rl import Collector, HabitatEnv, collector


def state():
    return gc.get_threshold(), gc.get_freeze_count(), list(gc.callbacks), gc.isenabled()


def cycles(count):
    """Objects that only a pass can free."""
    for _ in range(count):
        one = []
        one.append([one])


def test_everything_is_as_before():
    before = state()
    with collector() as inside:
        assert gc.get_threshold()[0] == inside.young
        # Objects that nobody refers to any more go, frozen or not.
        assert inside.frozen >= gc.get_freeze_count() > 1_000
        assert gc.get_threshold()[1:] == before[0][1:]
    assert state() == before


def test_everything_is_as_before_after_an_exception():
    before = state()
    with pytest.raises(ZeroDivisionError), collector():
        _ = 1 / 0
    assert state() == before


def test_passes_are_saved_and_counted():
    with Collector(young=gc.get_threshold()[0], freeze=False) as usual:
        cycles(20_000)
    with collector() as saved:
        cycles(20_000)
    assert sum(usual.collections) > 5 > sum(saved.collections)
    assert usual.seconds > 0.0 and usual.frozen == 0
    words = saved.report(usual)
    assert f"saved {sum(usual.collections) - sum(saved.collections)} passes" in words
    assert "objects left alone" in saved.report()


def test_cycles_are_still_freed():
    with collector(young=1_000) as inside:
        cycles(20_000)
    assert inside.collections[0] > 5
    assert inside.seconds <= inside.wall_s


def test_what_another_has_frozen_stays_frozen():
    gc.collect()
    gc.freeze()
    try:
        count = gc.get_freeze_count()
        with collector() as inside:
            assert inside.frozen == 0
        assert gc.get_freeze_count() == count
    finally:
        gc.unfreeze()


def test_used_again_but_not_inside_itself():
    one = collector()
    with one:
        cycles(100)
        with pytest.raises(RuntimeError, match="in use"):
            one.__enter__()
    with one:
        pass
    assert sum(one.collections) == 0


@pytest.mark.parametrize("young", [-1, 1.5, "many"])
def test_a_threshold_that_is_none_is_refused(young):
    with pytest.raises(ValueError, match="young"):
        collector(young=young)


def test_a_training_learns_the_same():
    def learned():
        env = HabitatEnv("cabin-30d")
        observation, _ = env.reset(seed=1)
        rows = [observation]
        for _ in range(20):
            observation, *_ = env.step(np.zeros(env.action_space.shape, np.float32))
            rows.append(observation)
        env.close()
        return np.stack(rows)

    usual = learned()
    with lunar_habitat_rl.collector():
        inside = learned()
    assert (usual == inside).all()
