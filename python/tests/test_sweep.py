"""The side of the learner in a search: what is asked and told, several seeds a choice, pruning and choices that fail."""

import os
import signal

import gymnasium
import numpy as np
import pytest

from lunar_habitat_rl import sweep

SMALL = {"segment": 32, "minibatches": 2, "epochs": 2, "hidden": (8,)}


def pole():
    return gymnasium.make("CartPole-v1")


def questions(*choices):
    """An ``ask`` that gives these choices, and a ``tell`` that keeps what it hears."""
    left, heard = list(enumerate(choices)), []
    return lambda: left.pop(0), lambda token, score: heard.append((token, score)), heard


def test_each_choice_is_several_trainings_and_its_mean_is_told():
    ask, tell, heard = questions({**SMALL, "rate": 1e-3}, {**SMALL, "rate": 0.0})
    seen = []
    trials = sweep(ask, tell, pole, 200, 2, seeds=(4, 5), score=lambda agent: seen.append(agent.steps) or len(seen))
    assert [trial.scores for trial in trials] == [[1.0, 2.0], [3.0, 4.0]]
    assert heard == [(0, 1.5), (1, 3.5)] and seen == [224] * 4, "in whole updates of 32"
    assert trials[1].settings["rate"] == 0.0 and trials[0].wall_s > 0.0 and trials[0].failure is None


def test_the_usual_score_is_that_of_episodes_of_the_same_environment():
    ask, tell, heard = questions(SMALL)
    (trial,) = sweep(ask, tell, pole, 64, 1, seeds=(1,))
    assert 8.0 <= trial.score <= 500.0 and heard == [(0, trial.score)]


def test_a_choice_that_fails_is_told_as_none_and_the_next_one_is_asked():
    ask, tell, heard = questions({**SMALL, "rate": -1.0}, SMALL)
    trials = sweep(ask, tell, pole, 64, 2, seeds=(0,), score=lambda agent: 7.0)
    assert heard == [(0, None), (1, 7.0)]
    assert "learning rate" in trials[0].failure and trials[0].score is None


def test_a_trial_that_does_not_go_on_ends_with_what_it_has():
    ask, tell, heard = questions(SMALL)
    calls = []

    def goes_on(token, steps, figures):
        calls.append((token, steps, figures["update"]))
        return steps < 128

    (trial,) = sweep(ask, tell, pole, 96, 1, seeds=(0, 1, 2), score=lambda agent: 2.0, goes_on=goes_on)
    assert calls == [(0, 32, 1), (0, 64, 2), (0, 96, 3), (0, 128, 1)]
    assert trial.scores == [2.0, 2.0] and heard == [(0, 2.0)], "the second seed was cut, the third never began"


def test_what_ask_and_the_environment_raise_comes_through_and_environments_are_closed():
    closed = []

    class Broken(gymnasium.Wrapper):
        def step(self, action):
            raise KeyError("sensor")

        def close(self):
            closed.append(True)
            super().close()

    ask, tell, _ = questions(SMALL)
    with pytest.raises(KeyError, match="sensor"):
        sweep(ask, tell, lambda: Broken(pole()), 64, 1)
    assert closed
    with pytest.raises(IndexError):
        sweep(ask, tell, pole, 64, 1)
    for trials, seeds in ((0, (1,)), (1, ())):
        with pytest.raises(ValueError, match="allowed are at least 1 and one"):
            sweep(ask, tell, pole, 64, trials, seeds=seeds)


def test_a_mistake_in_what_the_caller_gives_is_no_failure_of_the_choice():
    def mistaken(*_):
        raise ValueError("a mistake of mine")

    for given in ({"score": mistaken}, {"goes_on": mistaken}):
        ask, tell, heard = questions(SMALL, SMALL)
        with pytest.raises(ValueError, match="a mistake of mine"):
            sweep(ask, tell, pole, 64, 2, **given)
        assert heard == []


def test_ctrl_c_ends_the_sweep_and_not_one_training_of_it():
    ask, tell, heard = questions(SMALL, SMALL)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        sweep(ask, tell, pole, 640, 2, goes_on=lambda *_: os.kill(os.getpid(), signal.SIGINT) is None)
    assert heard == [] and signal.getsignal(signal.SIGINT) is before


def test_seeds_are_the_same_for_all_choices():
    ask, tell, _ = questions(SMALL, SMALL)
    first, second = sweep(ask, tell, pole, 64, 2, seeds=(3, 9))
    assert np.array_equal(first.scores, second.scores)
