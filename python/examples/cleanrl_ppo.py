"""PPO in one file of torch, in the manner of CleanRL, on the vector environment itself."""

import numpy as np

from lunar_habitat_rl import HabitatVectorEnv, discount

try:
    import torch
    from torch import nn
except ImportError:
    print("torch is missing: pip install torch; nothing was trained")
    raise SystemExit

torch.set_num_threads(1)
torch.manual_seed(0)
LANES, STEPS, UPDATES, EPOCHS, DECISION_S = 32, 32, 6, 8, 43_200.0
GAMMA, LAMBDA, CLIP = discount(DECISION_S), 0.95, 0.2
env = HabitatVectorEnv(LANES, "oga-failure", reward="balanced", decision_s=DECISION_S, autoreset_mode="SameStep")
width, dials = env.single_observation_space.shape[0], env.single_action_space.shape[0]
actor, critic = (nn.Sequential(nn.Linear(width, 64), nn.Tanh(), nn.Linear(64, out)) for out in (dials, 1))
nn.init.zeros_(actor[-1].weight)
log_std = nn.Parameter(torch.full((dials,), -1.5))
optimizer = torch.optim.Adam([*actor.parameters(), *critic.parameters(), log_std], lr=2e-3, eps=1e-5)
seen, start = torch.from_numpy(env.reset(seed=1)[0]), torch.from_numpy(env.hold()[0])


def policy_of(observations: torch.Tensor) -> torch.distributions.Distribution:
    return torch.distributions.Independent(torch.distributions.Normal(start + actor(observations), log_std.exp()), 1)


for update in range(UPDATES):
    rows, days, lost = [], 0.0, 0
    for _ in range(STEPS):
        with torch.no_grad():
            action = policy_of(seen).sample()
            new, rewards, terminated, truncated, infos = env.step(action.numpy())
            # Truncation is not death: what comes after a planned end has a value, what comes after a loss has none.
            after = np.where(infos["_final_observations"][:, None], infos["final_observations"], new)
            worth = critic(torch.from_numpy(after))[:, 0] * torch.from_numpy(~terminated)
            delta = torch.from_numpy(rewards) + GAMMA * worth - critic(seen)[:, 0]
            goes_on = torch.from_numpy(~(terminated | truncated))
            rows.append((seen, action, policy_of(seen).log_prob(action), delta, goes_on))
        seen, days, lost = torch.from_numpy(new), days + infos["duration_s"].sum() / 86_400, lost + terminated.sum()
    advantages = [torch.zeros(LANES)]
    for *_, delta, goes_on in reversed(rows):
        advantages.insert(0, delta + GAMMA * LAMBDA * advantages[0] * goes_on)
    observations, actions, before = (torch.cat(column) for column in list(zip(*rows))[:3])
    advantages = torch.cat(advantages[:-1])
    targets = advantages + critic(observations)[:, 0].detach()
    for part in (p for _ in range(EPOCHS) for p in torch.randperm(len(before)).chunk(4)):
        ratio = (policy_of(observations[part]).log_prob(actions[part]) - before[part]).exp()
        gain = (advantages[part] - advantages[part].mean()) / (advantages[part].std() + 1e-8)
        loss = -torch.min(gain * ratio, gain * ratio.clamp(1 - CLIP, 1 + CLIP)).mean()
        loss = loss + 0.5 * (critic(observations[part])[:, 0] - targets[part]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 0.5)
        optimizer.step()
    print(f"update {update}: {days:.0f} crewed days, {lost} missions lost" + (f", one in {days / lost:.1f} days" if lost else ""))
