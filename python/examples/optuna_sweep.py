"""Optuna asks and is told: rate, horizon and entropy of PPO on a habitat; says so and ends where the package is missing."""

import sys

import lunar_habitat_rl
from lunar_habitat_rl import HELD_OUT_FROM, HabitatVectorEnv

try:
    import optuna
except ImportError:
    print("optuna is missing: pip install optuna; nothing was trained")
    sys.exit(0)

DECISION_S = 21_600.0
TASK = {"scenario": "oga-failure", "acts": "thresholds", "decision_s": DECISION_S}


def ask():
    """The next choice: a trial of Optuna, and arguments of PPO."""
    trial = study.ask()
    return trial, {
        "segment": 16,
        "minibatches": 2,
        "epochs": 4,
        "log_std": -0.7,
        "rate": trial.suggest_float("rate", 1e-4, 1e-2, log=True),
        "gae_lambda": trial.suggest_float("gae_lambda", 0.9, 1.0),
        "gamma": lunar_habitat_rl.discount(DECISION_S),
    }


def tell(trial, score):
    """What came of it; a choice that failed has no score."""
    state = optuna.trial.TrialState.FAIL if score is None else optuna.trial.TrialState.COMPLETE
    study.tell(trial, score, state=state)


def held_out(agent):
    """Share of missions that no training may see and that are not lost."""
    env = HabitatVectorEnv(8, **TASK, base_env=HELD_OUT_FROM, evaluation=True)
    return float((~agent.evaluate(8, env=env)["terminated"]).mean())


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
trials = lunar_habitat_rl.sweep(
    ask, tell, lambda: HabitatVectorEnv(8, **TASK), steps=256, trials=3, seeds=(0, 1), score=held_out
)
for trial in trials:
    print(f"rate {trial.settings['rate']:.1e}: {trial.score:.2f} of the crews come home, {trial.wall_s:.1f} s")
print(f"best so far: {study.best_params}")
