//! The controller that looks ahead: `rules` with thresholds that it searches on copies of the habitat.
//!
//! It is **privileged**: it is shown the habitat itself, reads instruments that do not err and rolls the true state
//! forward. It does not know the future: the copies are forks, whose random draws are their own ([`Habitat::fork`]).
//! What it wins over `rules` is what planning can win, and a bound for a policy that sees instruments alone.
//!
//! # Search
//! ```text
//! every 6 h: the thresholds in force are flown 48 h ahead at a step of 600 s
//!   enough margin, and searched within 12 h: they stay
//!   else 3 rounds of 32 candidates, each a vector of the thresholds in `rules::supervised`
//!     round 0    the thresholds in force; each of them alone at the further end of its range; the rest drawn around
//!                those in force, every threshold moved with a chance of 0.4, deviation 0.3 of its range
//!     round k    the same around mean and deviation of the best 8 of round k − 1, without the ends
//! ```
//! All candidates of a round fly the same fork. The best of all is in force until the next search. In a mission of
//! thirty days that is 3.4 million steps at most, and half as many where nothing threatens.
//! # Value
//! A flight that breaks an abort rule is worth −10 plus the share of the horizon before it. Any other is worth
//! ```text
//! 0.9·min(1, m/0.2) + 0.1·max(0, (m − 0.2)/0.8) + mean √(what is left / what there was at the start)
//! ```
//! with `m` the smallest margin to an abort rule on its way, from 0 at the rule to 1 at what is usual, and the mean
//! over stores and spares. The root makes the last of one worth more than the first of another.

use habitat::constants::DAY_S;
use habitat::sensor::normal_and_uniform;
use habitat::species::Gas;
use habitat::stream::Purpose;
use habitat::{AbortReason, Habitat, physiology};

use crate::rules::supervised::{self, SUPERVISED};
use crate::{Command, Controller, Rules, RulesSettings};

/// Time between two searches, s.
const REPLAN_S: f64 = 6.0 * 3_600.0;
/// Length of a flight ahead, s.
const HORIZON_S: f64 = 48.0 * 3_600.0;
/// Length of a step and time between two decisions on the way, s.
const STEP_S: f64 = 600.0;
/// Candidates of a round.
const CANDIDATES: usize = 32;
/// Rounds of a search.
const ROUNDS: u64 = 3;
/// Candidates that make the next round.
const ELITE: usize = 8;
/// Deviation of the first round, share of a range.
const SPREAD: f64 = 0.3;
/// Least deviation of a later round, share of a range.
const SPREAD_MIN: f64 = 0.02;
/// Chance that a candidate moves a threshold.
const MOVED: f64 = 0.4;
/// Margin above which people are out of danger.
const ENOUGH: f64 = 0.2;
/// What a flight without danger is worth beside what is left.
const SAFE: f64 = 0.9;
/// What a margin beyond that adds, up to what is usual: room for what is not foreseen.
const EASE: f64 = 0.1;
/// Longest time without a search, s.
const SEARCH_S: f64 = 12.0 * 3_600.0;

/// The controller `mpc`.
#[derive(Debug, Clone)]
pub struct Mpc {
    rules: Rules,
    /// Spares and contents of the stores at the start.
    start: Holdings,
    searches: u64,
    /// When the thresholds in force are looked at again, s.
    next_s: f64,
    /// When they are searched again whatever the look shows, s.
    search_s: f64,
    /// What instruments would show that do not err.
    truth: Vec<f64>,
}

/// What a habitat has left.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Holdings([f64; 7]);

impl Holdings {
    fn of(habitat: &Habitat) -> Holdings {
        let state = habitat.state();
        let power = state.power.first().zip(habitat.plan().power.as_ref());
        Holdings([
            state.stores.potable_kg,
            state.stores.o2_mol,
            state.stores.n2_mol,
            state.lioh.iter().map(|lioh| lioh.lioh_mol).sum(),
            power.map_or(0.0, |(power, plan)| power.usable(plan)),
            state.power.first().map_or(0.0, |power| power.h2_mol),
            state.faults.units.iter().map(|unit| unit.spares).sum(),
        ])
    }

    /// Mean over what there was at the start of the square root of the share that is left, at most one each.
    fn share_of(&self, start: &Holdings) -> f64 {
        let pairs = self.0.iter().zip(&start.0).filter(|(_, start)| **start > 0.0);
        let shares: Vec<f64> =
            pairs.map(|(now, start)| (now / start).clamp(0.0, 1.0).sqrt()).collect();
        shares.iter().sum::<f64>() / (shares.len() as f64).max(1.0)
    }
}

/// Smallest margin to an abort rule now: 0 at a rule, 1 at what is usual.
fn margin(habitat: &Habitat) -> f64 {
    let (state, plan) = (habitat.state(), habitat.plan());
    let share = |value: f64, at_rule: f64, usual: f64| (value - at_rule) / (usual - at_rule);
    let mut least: f64 = 1.0;
    for (zone, zone_plan) in state.zones.iter().zip(&plan.zones) {
        let p_pa = zone.p_total_pa(zone_plan);
        let inspired_pa = physiology::inspired_o2_pa(p_pa, zone.o2_fraction());
        let co2_pa = zone.pp_pa(zone_plan, Gas::Co2);
        least = least
            .min(share(inspired_pa, physiology::INSPIRED_O2_ABORT_PA, 17_000.0))
            .min(share(co2_pa, physiology::PP_CO2_ABORT_PA, 400.0))
            .min(share(p_pa, physiology::P_TOTAL_MIN_PA, 50_000.0))
            .min(share(zone.t_k, physiology::T_ABORT_MAX_K, 300.15))
            .min(share(zone.t_k, physiology::T_ABORT_MIN_K, 290.15));
    }
    let day_kg = plan.potable_need_kg_s() * DAY_S;
    if day_kg > 0.0 {
        least = least.min(share(state.stores.potable_kg, day_kg, 4.0 * day_kg));
    }
    least.max(-1.0)
}

impl Mpc {
    /// A planner for `habitat` as it stands.
    #[must_use]
    pub fn new(habitat: &Habitat) -> Mpc {
        Mpc {
            rules: Rules::new(habitat).trusting(),
            start: Holdings::of(habitat),
            searches: 0,
            next_s: 0.0,
            search_s: 0.0,
            truth: Vec::new(),
        }
    }

    /// The thresholds in force with the searched ones at `vector`, and their partners at the usual distance.
    fn settings(&self, vector: &[f64]) -> RulesSettings {
        supervised::with(self.rules.settings(), vector, |_, _| true)
    }

    /// What it is worth to fly `fork` with these thresholds, and the smallest margin on the way.
    fn fly(&self, fork: &Habitat, settings: RulesSettings) -> (f64, f64) {
        let mut ahead = fork.clone();
        let mut rules = self.rules.clone();
        rules.set_settings(settings);
        let mut known = vec![f64::NAN; ahead.catalogue().len()];
        let mut commands = Vec::new();
        let steps = (HORIZON_S / STEP_S) as u32;
        let mut least: f64 = 1.0;
        for step in 0..steps {
            commands.clear();
            ahead.read_true(&mut known);
            rules.decide(&known, ahead.t_s(), &mut commands);
            for command in &commands {
                // The rules command what the habitat has; anything else changes nothing.
                let _ = ahead.command(command.actuator, command.value);
            }
            if ahead.step(STEP_S).is_err() || ahead.abort_reason() != AbortReason::None {
                return (-10.0 + f64::from(step) / f64::from(steps), 0.0);
            }
            least = least.min(margin(&ahead));
        }
        let ease = ((least - ENOUGH) / (1.0 - ENOUGH)).max(0.0);
        let safe = least.min(ENOUGH) / ENOUGH;
        (SAFE * safe + EASE * ease + Holdings::of(&ahead).share_of(&self.start), least)
    }

    /// Search the thresholds that are worth most from here.
    fn search(&mut self, habitat: &Habitat) {
        let ranges = supervised::ALL.map(|one| one.range());
        let mut mean = supervised::values(self.rules.settings()).to_vec();
        let mut spread: Vec<f64> = ranges.iter().map(|(low, high)| SPREAD * (high - low)).collect();
        let key = habitat.state().key.forked(self.searches);
        let mut best = (f64::NEG_INFINITY, mean.clone());
        for round in 0..ROUNDS {
            let fork = habitat.fork(self.searches * (ROUNDS + 1) + 1 + round);
            let mut flown: Vec<(f64, Vec<f64>)> = Vec::with_capacity(CANDIDATES);
            for candidate in 0..CANDIDATES {
                // The further end of one threshold, in the first round.
                let end = (round == 0 && candidate > 0).then(|| candidate - 1);
                let end = end.filter(|at| *at < mean.len());
                let vector: Vec<f64> = (0..mean.len())
                    .map(|at| {
                        let (low, high) = ranges[at];
                        if let Some(moved) = end {
                            let far = if mean[at] - low > high - mean[at] { low } else { high };
                            return if moved == at { far } else { mean[at] };
                        }
                        let vectors = round * CANDIDATES as u64 + candidate as u64;
                        let index = vectors * SUPERVISED as u64 + at as u64;
                        let (normal, chance) =
                            normal_and_uniform(key.words(Purpose::Commands, index));
                        let moves = candidate > 0 && chance < MOVED;
                        let off = if moves { normal * spread[at] } else { 0.0 };
                        (mean[at] + off).clamp(low, high)
                    })
                    .collect();
                flown.push((self.fly(&fork, self.settings(&vector)).0, vector));
            }
            flown.sort_by(|a, b| b.0.total_cmp(&a.0));
            if flown[0].0 > best.0 {
                best = flown[0].clone();
            }
            for at in 0..mean.len() {
                let elite = || flown[..ELITE].iter().map(|(_, vector)| vector[at]);
                let middle = elite().sum::<f64>() / ELITE as f64;
                let square = elite().map(|x| (x - middle).powi(2)).sum::<f64>() / ELITE as f64;
                mean[at] = middle;
                spread[at] = square.sqrt().max(SPREAD_MIN * (ranges[at].1 - ranges[at].0));
            }
        }
        let settings = self.settings(&best.1);
        self.rules.set_settings(settings);
        self.searches += 1;
    }
}

impl Controller for Mpc {
    fn name(&self) -> &'static str {
        "mpc"
    }

    fn see(&mut self, habitat: &Habitat) {
        self.truth.resize(habitat.catalogue().len(), f64::NAN);
        habitat.read_true(&mut self.truth);
        let t_s = habitat.t_s() + 1e-6;
        if t_s < self.next_s || habitat.abort_reason() != AbortReason::None {
            return;
        }
        self.next_s = habitat.t_s() + REPLAN_S;
        let fork = habitat.fork(self.searches * (ROUNDS + 1));
        let (_, least) = self.fly(&fork, *self.rules.settings());
        if least < ENOUGH || t_s >= self.search_s {
            self.search(habitat);
            self.search_s = habitat.t_s() + SEARCH_S;
        }
    }

    fn decide(&mut self, _: &[f64], t_s: f64, commands: &mut Vec<Command>) {
        self.rules.decide(&self.truth, t_s, commands);
    }
}
