//! What a habitat is taken to be by its instruments is close to what it is, and rests on nothing else.
//!
//! Ten days of `artemis-30d` under the rules with instruments that err, three environments each. Root mean squares of the
//! estimate against the truth, at the decisions, and of six hours looked ahead under the same rules; the worst zone of the
//! worst environment:
//!
//! | | nominal, now | hard, now | nominal, 6 h | hard, 6 h | bounds: now, 6 h |
//! |---|---|---|---|---|---|
//! | O2 | 121 Pa | 143 Pa | 104 Pa | 93 Pa | 175, 130 Pa |
//! | CO2 | 30 Pa | 54 Pa | 6 Pa | 33 Pa | 65, 40 Pa |
//! | air temperature | 0.40 K | 0.34 K | 0.54 K | 0.57 K | 0.5, 0.7 K |
//! | potable water | 4.5 of 300 kg | 1.1 of 35 to 95 kg | 4.5 kg | 2.9 kg | 5.5, 6 kg |
//! | usable charge | 0.015 | 0.015 | 0.000 | 0.012 | 0.02, 0.02 |
//!
//! Now it is the bias of instruments that is left, which nobody can see; six hours ahead at hard it is failures, which
//! nobody can foresee. With sound instruments the rest is small.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use std::sync::Arc;

use catalogue::ValueKind;
use habitat::scenario::{self, Difficulty, FaultEvent, FaultMode};
use habitat::{Habitat, Plan};
use lunar_habitat_env::{Command, Controller, Estimator, Rules};
use player::key;

const QUANTITIES: [&str; 5] = ["pp_o2_pa", "pp_co2_pa", "t_k", "potable_kg", "usable"];

fn plan_of(
    name: &str,
    difficulty: Difficulty,
    change: impl FnOnce(&mut scenario::Scenario),
) -> Arc<Plan> {
    let mut model = scenario::load_at(name, difficulty).unwrap().scenario;
    change(&mut model);
    let hash = scenario::hash(&model).unwrap();
    Arc::new(Plan::compile(&model, hash).unwrap())
}

/// A habitat under the rules, and the estimate of it.
struct Watched {
    habitat: Habitat,
    rules: Rules,
    estimator: Estimator,
    known: Vec<f64>,
    commands: Vec<Command>,
}

impl Watched {
    fn new(plan: &Arc<Plan>, env: u64) -> Watched {
        let key = key(1, env, 0);
        let (drawn, _) = plan.for_episode(key, &[]).unwrap();
        let habitat = Habitat::new(drawn, key);
        Watched {
            rules: Rules::new(&habitat),
            estimator: Estimator::new(plan, 0.0).unwrap(),
            known: vec![f64::NAN; habitat.catalogue().len()],
            commands: Vec::new(),
            habitat,
        }
    }

    /// Read, believe, correct.
    fn see(&mut self) {
        self.habitat.read_known(&mut self.known);
        self.commands.clear();
        self.rules.decide(&self.known, self.habitat.t_s(), &mut self.commands);
        self.estimator.correct(&self.rules);
        self.estimator.command(&self.commands);
    }

    /// Command and let ten minutes pass.
    fn go_on(&mut self) {
        for command in &self.commands {
            self.habitat.command(command.actuator, command.value).unwrap();
        }
        (0..10).for_each(|_| self.habitat.step(60.0).unwrap());
        self.estimator.pass(self.habitat.t_s()).unwrap();
    }

    /// The estimate of six hours ahead.
    fn ahead(&self) -> Habitat {
        let (mut ahead, mut rules) = (self.estimator.ahead(), self.rules.clone().trusting());
        let (mut shown, mut commands) = (self.known.clone(), Vec::new());
        for decision in 0..36 {
            if decision > 0 {
                ahead.read_true(&mut shown);
                commands.clear();
                rules.decide(&shown, ahead.t_s(), &mut commands);
                for command in &commands {
                    ahead.command(command.actuator, command.value).unwrap();
                }
            }
            (0..2).for_each(|_| ahead.step(300.0).unwrap());
        }
        ahead
    }
}

/// Channels of the quantities, by quantity.
fn channels(habitat: &Habitat) -> Vec<Vec<usize>> {
    let of = |quantity: &str| -> Vec<usize> {
        let tails =
            [format!("air.{quantity}"), format!("tanks.{quantity}"), format!("battery.{quantity}")];
        let all = habitat.catalogue().channels().iter().enumerate();
        let chosen = all.filter(|(_, channel)| {
            // The temperature of the battery is another one than that of the air.
            tails.iter().any(|tail| channel.id.ends_with(tail))
                && channel.id != "habitat.battery.t_k"
        });
        chosen.map(|(at, _)| at).collect()
    };
    QUANTITIES.map(of).to_vec()
}

/// Sums of squares, by channel of each quantity.
struct Squares {
    channels: Vec<Vec<usize>>,
    sums: Vec<Vec<f64>>,
    count: f64,
}

impl Squares {
    fn new(habitat: &Habitat) -> Squares {
        let channels = channels(habitat);
        let sums = channels.iter().map(|all| vec![0.0; all.len()]).collect();
        Squares { channels, sums, count: 0.0 }
    }

    fn add(&mut self, guess: &Habitat, real: &Habitat) {
        self.count += 1.0;
        for (sums, channels) in self.sums.iter_mut().zip(&self.channels) {
            for (sum, at) in sums.iter_mut().zip(channels) {
                *sum += (guess.value(*at).unwrap() - real.value(*at).unwrap()).powi(2);
            }
        }
    }

    /// Root mean square of each quantity, the worst place of it.
    fn worst(&self) -> [f64; 5] {
        let worst =
            |sums: &Vec<f64>| sums.iter().map(|sum| (sum / self.count).sqrt()).fold(0.0, f64::max);
        [0, 1, 2, 3, 4].map(|at| worst(&self.sums[at]))
    }
}

#[test]
fn ten_days_under_instruments_that_err_stay_within_their_bounds() {
    let bounds_now = [175.0, 65.0, 0.5, 5.5, 0.02];
    let bounds_ahead = [130.0, 40.0, 0.7, 6.0, 0.02];
    for difficulty in [Difficulty::Nominal, Difficulty::Hard] {
        let plan = plan_of("artemis-30d", difficulty, |_| {});
        for env in 0..3 {
            let mut one = Watched::new(&plan, env);
            let mut now = Squares::new(&one.habitat);
            let mut later = Squares::new(&one.habitat);
            let mut guesses: Vec<Habitat> = Vec::new();
            for decision in 0..1_440 {
                if guesses.first().is_some_and(|g| (g.t_s() - one.habitat.t_s()).abs() < 1.0) {
                    later.add(&guesses.remove(0), &one.habitat);
                }
                one.see();
                now.add(one.estimator.habitat(), &one.habitat);
                if decision % 18 == 0 {
                    guesses.push(one.ahead());
                }
                one.go_on();
            }
            assert_eq!(one.habitat.crew_alive(), 4);
            let (now, later) = (now.worst(), later.worst());
            println!("{difficulty} {env}: now {now:.3?}, six hours ahead {later:.3?}");
            for (at, quantity) in QUANTITIES.iter().enumerate() {
                assert!(now[at] < bounds_now[at], "{difficulty} {env} {quantity}: {now:?}");
                assert!(later[at] < bounds_ahead[at], "{difficulty} {env} {quantity}: {later:?}");
            }
            let shadow = one.estimator.habitat();
            assert!(shadow.mass_residual_max() < 1e-9 && shadow.energy_residual_max() < 1e-9);
        }
    }
}

#[test]
fn the_truth_never_comes_in() {
    // Whatever stands in the true channels of a row, the estimate has the same bits.
    let plan = plan_of("cascade", Difficulty::Hard, |_| {});
    let mut one = Watched::new(&plan, 4);
    let (mut rules, mut other) = (one.rules.clone(), one.estimator.clone());
    let (mut row, mut commands) = (one.known.clone(), Vec::new());
    for decision in 0..500 {
        one.see();
        row.copy_from_slice(&one.known);
        for (value, channel) in row.iter_mut().zip(one.habitat.catalogue().channels()) {
            if channel.kind == ValueKind::True {
                assert!(value.is_nan(), "{}", channel.id);
                *value = 1e6 * f64::from(decision);
            }
        }
        commands.clear();
        rules.decide(&row, one.habitat.t_s(), &mut commands);
        other.correct(&rules);
        other.command(&commands);
        one.go_on();
        other.pass(one.habitat.t_s()).unwrap();
    }
    assert!(one.habitat.state().faults.units.iter().any(|unit| unit.failures > 0));
    assert_eq!(one.estimator.habitat().hash(), other.habitat().hash());
}

#[test]
fn a_failure_that_is_seen_is_in_the_prediction_and_one_to_come_is_not() {
    let broken = |model: &mut scenario::Scenario| {
        let faults = model.faults.as_mut().unwrap();
        (faults.rate_factor, faults.spares) = (0.0, 0);
        faults.events.push(FaultEvent {
            unit: "living.cdra".to_owned(),
            at_h: 30.0,
            mode: FaultMode::Failed,
            hole_mm: None,
            amount: None,
        });
        model.lioh.clear();
    };
    let plan = plan_of("artemis-30d", Difficulty::Nominal, broken);
    let mut one = Watched::new(&plan, 0);
    let co2 = one.habitat.catalogue().find("living.air.pp_co2_pa").unwrap();
    let rise = |one: &Watched| {
        one.ahead().value(co2).unwrap() - one.estimator.habitat().value(co2).unwrap()
    };
    for _ in 0..180 {
        one.see();
        one.go_on();
    }
    // The failure is due now; a fork of the habitat itself would meet it, the estimate does not.
    one.see();
    let before_pa = rise(&one);
    (0..9).for_each(|_| {
        one.go_on();
        one.see();
    });
    let after_pa = rise(&one);
    println!("six hours bring {before_pa:.0} Pa before the failure and {after_pa:.0} Pa after it");
    assert!(before_pa < 80.0, "{before_pa}");
    assert!(after_pa > 120.0, "{after_pa}");
    // And it comes as predicted.
    let (guess_pa, mut decisions) = (one.ahead().value(co2).unwrap(), 0);
    while decisions < 36 {
        one.go_on();
        one.see();
        decisions += 1;
    }
    let real_pa = one.habitat.value(co2).unwrap();
    assert!((guess_pa - real_pa).abs() < 60.0, "{guess_pa} {real_pa}");
}

#[test]
fn where_instruments_do_not_err_little_is_left() {
    let plan = plan_of("artemis-30d", Difficulty::Nominal, |model| {
        model.sensors = None;
        model.faults.as_mut().unwrap().rate_factor = 0.0;
    });
    let mut one = Watched::new(&plan, 0);
    let mut now = Squares::new(&one.habitat);
    for _ in 0..432 {
        one.see();
        now.add(one.estimator.habitat(), &one.habitat);
        one.go_on();
    }
    let worst = now.worst();
    assert!(worst.iter().zip([1e-6, 1e-6, 1e-9, 1e-9, 1e-9]).all(|(e, b)| *e < b), "{worst:?}");
}
