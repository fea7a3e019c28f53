"""A whole PPO loop in JAX on the linear task, timed: what `lunar-habitat bench --only training` is held against.

    pip install jax
    taskset -c 1 python jax_ppo.py 64

Task and recipe are those of the rows `training-f32` (`crates/learn/src/linear.rs`, `crates/learn/src/ppo.rs`): 48 numbers
seen, 16 set, episodes of 500 decisions; 128 decisions a rollout, 4 epochs of 4 minibatches, rate 3e-4, discount 0.99,
lambda 0.95, clip 0.2 of ratios and values, weight of values 0.5, norm 0.5, two towers of 64 x 64 tanh. Rollout and update
are one compiled function; compilation is not counted. The figure is decisions per second of processor time, the median of five.
"""

import json
import statistics
import sys
import time

import jax
import jax.numpy as jnp

SEEN, SET, EPISODE, ROLLOUT = 48, 16, 500, 128
EPOCHS, PARTS, RATE, GAMMA, LAMBDA, CLIP, VALUE, NORM = 4, 4, 3e-4, 0.99, 0.95, 0.2, 0.5, 0.5


def orthogonal(key, inputs, outputs, gain):
    return gain * jax.nn.initializers.orthogonal()(key, (inputs, outputs))


def first_weights(key):
    keys = iter(jax.random.split(key, 6))
    tower = lambda last, gain: [
        (orthogonal(next(keys), n, m, g), jnp.zeros(m))
        for n, m, g in [(SEEN, 64, 2**0.5), (64, 64, 2**0.5), (64, last, gain)]
    ]
    return {"actor": tower(SET, 0.01), "critic": tower(1, 1.0), "log_std": jnp.zeros(SET)}


def tower(layers, x):
    for weights, bias in layers[:-1]:
        x = jnp.tanh(x @ weights + bias)
    return x @ layers[-1][0] + layers[-1][1]


def density(mean, log_std, action):
    z = (action - mean) * jnp.exp(-log_std)
    return -(0.5 * z * z + log_std + 0.5 * jnp.log(2 * jnp.pi)).sum(-1)


def loop(lanes, updates):
    world = jax.random.split(jax.random.PRNGKey(7), 2)
    a = 0.95 * orthogonal(world[0], SEEN, SEEN, 1.0)
    b = 0.1 * jax.random.normal(world[1], (SET, SEEN))

    def decide(carry, key):
        weights, x, t = carry
        draw, fresh = jax.random.split(key)
        mean, value = tower(weights["actor"], x), tower(weights["critic"], x)[:, 0]
        action = mean + jnp.exp(weights["log_std"]) * jax.random.normal(draw, mean.shape)
        given = jnp.clip(action, -1, 1)
        after = x @ a + given @ b
        reward = -(after * after).sum(-1) / SEEN - 0.01 * (given * given).sum(-1)
        t = t + 1
        over = t >= EPISODE
        then = jnp.where(over[:, None], jax.random.normal(fresh, x.shape), after)
        # A time limit is no death: what is seen last is valued.
        last = jnp.where(over, tower(weights["critic"], after)[:, 0], 0.0)
        row = (x, action, density(mean, weights["log_std"], action), value, reward + GAMMA * last, over)
        return (weights, then, jnp.where(over, 0, t)), row

    def loss(weights, batch):
        x, action, old, before, advantage, target = batch
        mean, value = tower(weights["actor"], x), tower(weights["critic"], x)[:, 0]
        ratio = jnp.exp(density(mean, weights["log_std"], action) - old)
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        policy = -jnp.minimum(ratio * advantage, jnp.clip(ratio, 1 - CLIP, 1 + CLIP) * advantage).mean()
        held = before + jnp.clip(value - before, -CLIP, CLIP)
        return policy + VALUE * 0.5 * jnp.maximum((value - target) ** 2, (held - target) ** 2).mean()

    def adam(state, batch):
        weights, m, v, n = state
        gradient = jax.grad(loss)(weights, batch)
        leaves = jax.tree_util.tree_leaves(gradient)
        norm = jnp.sqrt(sum((leaf * leaf).sum() for leaf in leaves))
        gradient = jax.tree_util.tree_map(lambda g: g * jnp.minimum(1.0, NORM / norm), gradient)
        n = n + 1
        m = jax.tree_util.tree_map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
        v = jax.tree_util.tree_map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
        step = lambda w, m, v: w - RATE * (m / (1 - 0.9**n)) / (jnp.sqrt(v / (1 - 0.999**n)) + 1e-5)
        return (jax.tree_util.tree_map(step, weights, m, v), m, v, n), None

    def update(carry, key):
        state, x, t = carry
        keys = jax.random.split(key, ROLLOUT + EPOCHS)
        (_, x, t), rows = jax.lax.scan(decide, (state[0], x, t), keys[:ROLLOUT])
        seen, action, old, value, reward, over = rows
        end = tower(state[0]["critic"], x)[:, 0]
        lasting = GAMMA * (1.0 - over)

        def back(carry, row):
            later, next_value = carry
            reward, value, lasting = row
            now = reward + lasting * next_value - value + lasting * LAMBDA * later
            return (now, value), now

        _, advantage = jax.lax.scan(back, (jnp.zeros_like(end), end), (reward, value, lasting), reverse=True)
        count = lanes * ROLLOUT
        flat = [z.reshape((count,) + z.shape[2:]) for z in (seen, action, old, value, advantage, advantage + value)]

        def epoch(state, key):
            order = jax.random.permutation(key, count)
            parts = [z[order].reshape((PARTS, -1) + z.shape[1:]) for z in flat]
            return jax.lax.scan(adam, state, parts)

        state, _ = jax.lax.scan(epoch, state, keys[ROLLOUT:])
        return (state, x, t), reward.mean()

    weights = first_weights(jax.random.PRNGKey(0))
    zeros = jax.tree_util.tree_map(jnp.zeros_like, weights)
    state = (weights, zeros, zeros, jnp.zeros(()))
    x = jax.random.normal(jax.random.PRNGKey(1), (lanes, SEEN))
    t = jnp.arange(lanes) * 37 % EPISODE
    run = jax.jit(lambda carry, key: jax.lax.scan(update, carry, jax.random.split(key, updates)))
    return run, (state, x, t)


def main():
    lanes = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    updates = max(1, 300_000 // (lanes * ROLLOUT))
    run, carry = loop(lanes, updates)
    rates, rewards = [], []
    for repetition in range(6):
        start = time.process_time()
        carry, reward = run(carry, jax.random.PRNGKey(repetition))
        reward.block_until_ready()
        rewards.append(float(reward[-1]))
        if repetition > 0:
            rates.append(updates * lanes * ROLLOUT / (time.process_time() - start))
    print(json.dumps({
        "peer": "jax", "version": jax.__version__, "lanes": lanes, "decisions_s": round(statistics.median(rates)),
        "lowest": round(min(rates)), "highest": round(max(rates)), "reward": [round(r, 3) for r in rewards],
    }))


main()
