//! A shield lets a policy act as long as no hard limit would break, and the rules where one would.
//!
//! Reckless policies live under it where they are lost without: every dial at its low end for ten days of `artemis-30d`,
//! 0 of 4 missions without and 4 of 4 with it; dials at random that never move, 5 of 8 and 8 of 8; thresholds at their low
//! ends for thirty days at hard, 0 of 4 and 4 of 4, as many as the rules themselves. What a month does to stores is kept too,
//! as long as the rules have a way left. A policy that is the rules is left
//! alone unless the rules are about to break a limit themselves. What is true and what is to come never enter, and nothing
//! looks ahead within a look-ahead.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

mod player;

use std::sync::Arc;

use catalogue::Values;
use habitat::scenario::{self, Difficulty, Scenario};
use habitat::stream::Purpose;
use habitat::{Habitat, Plan, StreamKey};
use lunar_habitat_env::{
    Acts, Autoreset, COSTS, Controller, EnvError, Episode, HARD_LIMITS, Intervention, Pilot,
    Recorder, Rollout, Rules, Shield, ShieldOptions, StepSlices, TERMS, Task, TaskError,
    TaskOptions, Timing, VectorEnv, VectorOptions, run_mission,
};
use player::{Player, key, value};

fn task_of(
    name: &str,
    difficulty: Difficulty,
    acts: Acts,
    change: impl FnOnce(&mut Scenario),
) -> Arc<Task> {
    let mut model = scenario::load_at(name, difficulty).unwrap().scenario;
    change(&mut model);
    let hash = scenario::hash(&model).unwrap();
    let plan = Arc::new(Plan::compile(&model, hash).unwrap());
    Task::new(plan, TaskOptions { acts, ..TaskOptions::default() }).unwrap()
}

fn days(days: f64) -> impl FnOnce(&mut Scenario) {
    move |model| model.duration_days = days
}

/// One decision under a shield, with the action that is set.
fn step(player: &mut Player, shield: &mut Shield) -> Option<Intervention> {
    let slices = StepSlices {
        observation: &mut player.observation,
        terms: &mut player.terms,
        costs: &mut player.costs,
    };
    shield.step(&mut player.episode, &mut player.action, slices).unwrap().intervention
}

/// Fly to the end, with a shield or without; whether the mission succeeds, and what the shield did.
fn fly(
    task: &Arc<Task>,
    key: StreamKey,
    shielded: bool,
    mut policy: impl FnMut(&Episode, &mut [f32]),
) -> (bool, Vec<Intervention>) {
    let mut player = Player::new(task, key);
    let mut shield = shielded.then(|| Shield::new(&player.episode).unwrap());
    while player.episode.status().is_running() {
        policy(&player.episode, &mut player.action);
        match &mut shield {
            Some(shield) => drop(step(&mut player, shield)),
            None => drop(player.step().unwrap()),
        }
    }
    let done = shield.map(|shield| shield.interventions().to_vec()).unwrap_or_default();
    (player.episode.status().is_truncated(), done)
}

/// Missions of `envs` that succeed: without a shield, and with it.
fn survivors(
    task: &Arc<Task>,
    envs: u64,
    policy: impl Fn(StreamKey, &mut [f32]),
) -> (usize, usize) {
    let count = |shielded: bool| {
        let flown = (0..envs).map(|env| {
            let key = key(1, env, 0);
            fly(task, key, shielded, |_, action| policy(key, action))
        });
        flown.filter(|(lives, _)| *lives).count()
    };
    (count(false), count(true))
}

#[test]
fn reckless_policies_of_dials_live_under_it() {
    let task = task_of("artemis-30d", Difficulty::Nominal, Acts::Dials, days(10.0));
    let (alone, guarded) = survivors(&task, 4, |_, action| action.fill(-1.0));
    println!("everything off: {alone} of 4 without, {guarded} of 4 with a shield");
    assert_eq!((alone, guarded), (0, 4));
    let (alone, guarded) = survivors(&task, 8, |key, action| {
        for (at, entry) in action.iter_mut().enumerate() {
            *entry = (2.0 * key.uniform(Purpose::Commands, at as u64) - 1.0) as f32;
        }
    });
    println!("random and fixed: {alone} of 8 without, {guarded} of 8 with a shield");
    assert!(guarded == 8 && alone <= 6, "{alone} {guarded}");
}

#[test]
fn reckless_thresholds_live_under_it_as_often_as_the_rules() {
    let task = task_of("artemis-30d", Difficulty::Hard, Acts::Thresholds, |_| {});
    let (alone, guarded) = survivors(&task, 4, |_, action| action.fill(-1.0));
    let (rules, _) = survivors(&task, 4, |_, action| action.fill(0.0));
    println!("low ends: {alone} of 4 without, {guarded} of 4 with a shield; rules {rules} of 4");
    assert_eq!(alone, 0);
    assert!(guarded == 4 && guarded >= rules, "{guarded} {rules}");
}

#[test]
fn a_store_that_is_wasted_is_kept_while_there_is_a_way() {
    // Thirty days with every dial at one end: the water processor stands, or the electrolyser splits what people drink.
    let task = task_of("artemis-30d", Difficulty::Nominal, Acts::Dials, |_| {});
    let mut done = Vec::new();
    for end in [-1.0, 1.0] {
        let fly = |shielded| fly(&task, key(1, 0, 0), shielded, |_, action| action.fill(end));
        let ((alone, _), (guarded, interventions)) = (fly(false), fly(true));
        assert!(!alone && guarded, "{end}");
        done.push(interventions);
    }
    // A hand-over for a store lasts a day.
    let done = &done[0];
    let is_store =
        |one: &Intervention| HARD_LIMITS.iter().any(|l| l.name == one.limit && l.is_store);
    let first = done.iter().find(|one| is_store(one) && one.breaks_s < 21_601.0).unwrap();
    let held =
        done.iter().filter(|one| (0..144).contains(&(one.decision as i64 - first.decision as i64)));
    assert_eq!(held.count(), 144, "{first:?}");
}

#[test]
fn the_rules_are_left_alone_unless_they_are_about_to_lose() {
    let task = task_of("artemis-30d", Difficulty::Nominal, Acts::Dials, days(10.0));
    for env in 0..2 {
        let key = key(1, env, 0);
        let mut pilot = Pilot::new("rules", &Episode::new(&task, key, &[]).unwrap()).unwrap();
        let (lives, done) =
            fly(&task, key, true, |episode, action| pilot.act(episode, action).unwrap());
        assert!(lives && done.is_empty(), "{env}: {done:?}");
    }
    for difficulty in [Difficulty::Nominal, Difficulty::Hard] {
        let task = task_of("artemis-30d", difficulty, Acts::Thresholds, |_| {});
        for env in 0..2 {
            let (_, done) = fly(&task, key(1, env, 0), true, |_, action| action.fill(0.0));
            assert!(done.iter().all(|one| one.rules_break_s.is_finite()), "{env}: {done:?}");
            assert!(difficulty == Difficulty::Hard || done.is_empty(), "{env}: {done:?}");
            // Handing over to itself changes nothing.
            assert!(done.iter().all(|one| one.asked == one.done));
        }
    }
}

#[test]
fn an_intervention_says_when_why_what_was_asked_and_what_was_done() {
    let task = task_of("artemis-30d", Difficulty::Nominal, Acts::Dials, days(4.0));
    let mut player = Player::new(&task, key(1, 0, 0));
    let mut shield = Shield::new(&player.episode).unwrap();
    let mut found = Vec::new();
    while player.episode.status().is_running() {
        player.action.fill(-1.0);
        let (t_s, decision) = (player.episode.habitat().t_s(), player.episode.decisions());
        let done = step(&mut player, &mut shield);
        if let Some(one) = &done {
            assert_eq!((one.t_s, one.decision), (t_s, decision));
            assert!(HARD_LIMITS.iter().any(|limit| limit.name == one.limit));
            assert!(one.asked.iter().all(|entry| *entry == -1.0) && one.done == player.action);
        } else {
            assert!(player.action.iter().all(|entry| *entry == -1.0));
        }
        found.extend(done);
    }
    assert_eq!(found.len(), shield.interventions().len());
    assert!(found.iter().zip(shield.interventions()).all(|(one, other)| one.t_s == other.t_s));
    // The first of a hand-over says when it breaks; it holds for an hour, six decisions.
    let firsts: Vec<&Intervention> = found.iter().filter(|one| one.breaks_s.is_finite()).collect();
    assert!(firsts.len() > 2);
    for one in &firsts {
        assert!(one.breaks_s > 0.0 && one.breaks_s <= 102.0 * 3_600.0, "{one:?}");
        assert_eq!(one.rules_break_s, f64::INFINITY);
        let held = one.decision..(one.decision + 6).min(player.episode.decisions());
        let within = found.iter().filter(|other| held.contains(&other.decision));
        assert_eq!(within.count() as u64, held.end - held.start, "{one:?}");
    }
    assert_eq!(firsts[0].limit, "temperature");
}

#[test]
fn a_hand_over_puts_back_what_the_rules_do_not_command() {
    let task = task_of("artemis-30d", Difficulty::Nominal, Acts::Dials, |_| {});
    let mut player = Player::new(&task, key(1, 0, 0));
    let mut shield = Shield::new(&player.episode).unwrap();
    let ordered = |episode: &Episode, id: &str| {
        let habitat = episode.habitat();
        let channel = habitat.catalogue().find(id).unwrap();
        let at = habitat.actuators().iter().position(|a| a.channel == channel).unwrap();
        habitat.ordered(at).unwrap()
    };
    let ids = [
        "living.fans.set_speed",
        "habitat.fuel_cell.set_electrolyser_w",
        "habitat.low_loop.set_supply_k",
        "living.ccaa.set_on",
    ];
    let start = ids.map(|id| ordered(&player.episode, id));
    loop {
        player.action.fill(-1.0);
        let done = step(&mut player, &mut shield);
        let now = ids.map(|id| ordered(&player.episode, id));
        match done {
            Some(_) => break assert_eq!(now, start),
            None => assert_ne!(now, start),
        }
        assert!(player.episode.decisions() < 1_000);
    }
}

#[test]
fn a_decision_under_the_rules_is_a_decision_of_their_mission() {
    let task = task_of("cascade", Difficulty::Nominal, Acts::Dials, days(5.0));
    let key = key(2, 1, 0);
    let mut player = Player::new(&task, key);
    let mut rules = Rules::new(player.episode.habitat());
    let mut turned = 0.0;
    while player.episode.status().is_running() {
        let slices = StepSlices {
            observation: &mut player.observation,
            terms: &mut player.terms,
            costs: &mut player.costs,
        };
        player.episode.step_under(&mut rules, slices).unwrap();
        turned += player.terms[9];
    }
    let (plan, _) = task.plan().for_episode(key, &[]).unwrap();
    let timing = Timing { dt_s: task.dt_s(), ..Timing::of(&plan.scenario) };
    let mut habitat = Habitat::new(plan, key);
    let mut rules = Rules::new(&habitat);
    let quiet = &mut |_: &Habitat, _: &[f64]| Ok::<(), EnvError>(());
    run_mission(&mut habitat, &mut rules, timing, quiet).unwrap();
    assert!(turned > 0.0);
    assert_eq!(player.episode.habitat().hash(), habitat.hash());
    // Ended, and where thresholds are set, it is refused.
    let slices = StepSlices {
        observation: &mut player.observation,
        terms: &mut player.terms,
        costs: &mut player.costs,
    };
    assert!(matches!(
        player.episode.step_under(&mut rules as &mut dyn Controller, slices),
        Err(TaskError::Over { .. })
    ));
}

#[test]
fn a_long_decision_is_guarded_at_the_interval_of_the_rules() {
    let options = TaskOptions { decision_s: Some(7_200.0), ..TaskOptions::default() };
    let plan = player::plan("artemis-30d", &[value("duration_days", 6.0)]);
    let task = Task::new(plan, options).unwrap();
    let (alone, guarded) = survivors(&task, 2, |_, action| action.fill(-1.0));
    assert_eq!((alone, guarded), (0, 2));
}

#[test]
fn nothing_looks_ahead_within_a_look_ahead() {
    let task = task_of("artemis-30d", Difficulty::Nominal, Acts::Dials, |_| {});
    let mut player = Player::new(&task, key(1, 0, 0));
    let mut shield = Shield::new(&player.episode).unwrap();
    player.hold();
    let fork = player.episode.fork(3);
    let words = "no shield here: this episode is a fork: nothing looks ahead within a look-ahead";
    assert_eq!(Shield::new(&fork).unwrap_err().to_string(), words);
    assert_eq!(shield.pass(&fork, &mut player.action).unwrap_err().to_string(), words);
    // Nor on a lane, where it is seen before anything moves.
    let options = VectorOptions { lanes: 2, run: 1, ..VectorOptions::default() };
    let mut vector = VectorEnv::new(&task, options).unwrap().with_shields();
    vector.restore(1, &fork.snapshot()).unwrap();
    let mut actions = vec![0.0; 2 * task.actions().len()];
    vector.hold(&mut actions).unwrap();
    let error = vector.step(&actions).unwrap_err().to_string();
    assert_eq!(error, format!("lane 1: {words}"));
    assert_eq!(vector.episode(0).unwrap().decisions(), 0);
}

#[test]
fn another_episode_and_a_second_judgement_are_refused() {
    let task = task_of("artemis-30d", Difficulty::Nominal, Acts::Dials, |_| {});
    let mut player = Player::new(&task, key(1, 0, 0));
    let mut shield = Shield::new(&player.episode).unwrap();
    player.episode.hold(&mut player.action).unwrap();
    let mut bad = player.action.clone();
    bad[0] = f32::NAN;
    assert!(matches!(shield.pass(&player.episode, &mut bad), Err(TaskError::Action { .. })));
    assert_eq!(shield.pass(&player.episode, &mut player.action).unwrap(), None);
    let error = shield.pass(&player.episode, &mut player.action).unwrap_err().to_string();
    assert!(error.contains("judged already"), "{error}");
    let other = Episode::new(&task, key(1, 1, 0), &[]).unwrap();
    let error = shield.pass(&other, &mut player.action).unwrap_err().to_string();
    assert!(error.contains("made for another episode"), "{error}");
    for horizon_s in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let options = ShieldOptions { horizon_s: Some(horizon_s), ..ShieldOptions::default() };
        assert!(Shield::with(&player.episode, options).is_err(), "{horizon_s}");
    }
    for wrong in [-1.0, f64::NAN] {
        for options in [
            ShieldOptions { outlook_s: wrong, ..ShieldOptions::default() },
            ShieldOptions { hold_s: wrong, ..ShieldOptions::default() },
            ShieldOptions { hold_store_s: wrong, ..ShieldOptions::default() },
        ] {
            assert!(Shield::with(&player.episode, options).is_err(), "{options:?}");
        }
    }
}

#[test]
fn equal_readings_are_judged_alike_whatever_is_true() {
    // In the sun a full store of the fuel cell shows full, whatever its size.
    let task = task_of("artemis-30d", Difficulty::Nominal, Acts::Dials, |_| {});
    let players = [400.0, 40.0].map(|kwh| {
        let exact = [value("power.fuel_cell_kwh", kwh)];
        let mut player = Player::of(Episode::new(&task, key(1, 0, 0), &exact).unwrap());
        let mut shield = Shield::new(&player.episode).unwrap();
        let mut known = vec![0.0; player.episode.habitat().catalogue().len()];
        let mut rows: Vec<Vec<u64>> = Vec::new();
        for _ in 0..260 {
            player.action.fill(-1.0);
            step(&mut player, &mut shield);
            player.episode.habitat().read_known(&mut known);
            rows.push(known.iter().map(|value| value.to_bits()).collect());
        }
        let power = &player.episode.habitat().state().power[0];
        (power.h2_mol, rows, shield)
    });
    let [(one_mol, one_rows, one), (other_mol, other_rows, other)] = players;
    assert!(one_mol > 9.0 * other_mol);
    assert!(one_rows == other_rows, "the test needs equal readings");
    assert!(!one.interventions().is_empty());
    assert_eq!(format!("{:?}", one.interventions()), format!("{:?}", other.interventions()));
    assert_eq!(one.estimator().habitat().hash(), other.estimator().habitat().hash());
}

#[test]
fn nothing_is_foreseen() {
    // Removal fails a minute after two days: at two days all is as in a twin where it never does.
    let flown = |fails: bool, decisions: u64| {
        let task = task_of("cdra-failure", Difficulty::Nominal, Acts::Dials, |model| {
            let events = &mut model.faults.as_mut().unwrap().events;
            events.truncate(usize::from(fails));
            events.iter_mut().for_each(|event| event.at_h = 48.0 + 1.0 / 60.0);
        });
        let mut player = Player::new(&task, key(3, 0, 0));
        let mut shield = Shield::new(&player.episode).unwrap();
        for _ in 0..decisions {
            player.action.fill(-1.0);
            step(&mut player, &mut shield);
        }
        // One more judgement: after 288 decisions a minute before the failure.
        shield.pass(&player.episode, &mut player.action).unwrap();
        (shield.estimator().ahead().hash(), format!("{:?}", shield.interventions()))
    };
    assert_eq!(flown(true, 288), flown(false, 288));
    assert_ne!(flown(true, 300), flown(false, 300));

    // The same for a failure of chance: the episode before it, and one whose chance is nil.
    let chance = |rate: f64| {
        let task = task_of("artemis-30d", Difficulty::Hard, Acts::Dials, |model| {
            model.faults.as_mut().unwrap().rate_factor = rate;
            model.vary.clear();
        });
        let mut player = Player::new(&task, key(1, 0, 0));
        let mut shield = Shield::new(&player.episode).unwrap();
        let mut hashes = Vec::new();
        for _ in 0..600 {
            player.episode.hold(&mut player.action).unwrap();
            step(&mut player, &mut shield);
            hashes.push(shield.estimator().ahead().hash());
            if player.episode.habitat().state().faults.units.iter().any(|u| u.failures > 0) {
                break;
            }
        }
        hashes
    };
    let (lucky, unlucky) = (chance(0.0), chance(40.0));
    assert!(unlucky.len() > 10 && unlucky.len() < 600, "{}", unlucky.len());
    assert!(lucky.starts_with(&unlucky));
}

#[test]
fn the_same_bits_come_again_on_every_thread() {
    let task = task_of("artemis-30d", Difficulty::Nominal, Acts::Dials, days(2.5));
    let mut alone = Rollout::shielded(&task, Shield::usual_horizon_s(&task));
    for env in 0..3 {
        let mut episode = Episode::new(&task, key(1, env, 0), &[]).unwrap();
        let mut shield = Shield::new(&episode).unwrap();
        let low = |_: &Episode, _: &[f32], action: &mut [f32]| {
            action.fill(-1.0);
            Ok::<(), TaskError>(())
        };
        alone.play_shielded(&mut episode, &mut shield, low).unwrap();
    }
    let alone = alone.into_frame();
    for (threads, autoreset) in [(1, Autoreset::SameStep), (3, Autoreset::NextStep)] {
        let options = VectorOptions { lanes: 3, threads, run: 1, autoreset, base_env: 0 };
        let mut vector = VectorEnv::new(&task, options).unwrap().with_shields();
        let mut recorder = Recorder::new(&vector, &[1, 1, 1]);
        let actions = vec![-1.0; 3 * task.actions().len()];
        let mut interventions = 0;
        while recorder.left() > 0 {
            recorder.step(&mut vector, &actions).unwrap();
            interventions += vector.batch().interventions().iter().flatten().count();
        }
        assert!(interventions > 0);
        assert!(recorder.finish().into_frame().same_bits(&alone), "{threads} threads");
    }
    let Some(Values::Words(limits)) = alone.column("shield.limit") else { panic!() };
    let Some(Values::F32(asked)) = alone.column("asked.oxygen.rate") else { panic!() };
    let handed = limits.iter().filter(|limit| !limit.is_empty()).count();
    assert!(handed > 10 && handed == asked.iter().filter(|entry| **entry == -1.0).count());
    assert_eq!(alone.fact("shield"), Some("21600"));
    assert!(alone.fact("words:shield.breaks_s").is_some());
    // Rows with a shield and rows without do not mix.
    let mut bare = Rollout::new(&task);
    assert!(bare.append(Rollout::shielded(&task, 21_600.0)).is_err());
    assert!(bare.into_frame().column("shield.limit").is_none());
}

#[test]
fn judged_by_the_action_alone_it_also_holds() {
    // `pass` and `Episode::step`, as a caller without `Shield::step` does it.
    let task = task_of("artemis-30d", Difficulty::Nominal, Acts::Dials, days(5.0));
    let mut player = Player::new(&task, key(1, 0, 0));
    let mut shield = Shield::new(&player.episode).unwrap();
    while player.episode.status().is_running() {
        player.action.fill(-1.0);
        shield.pass(&player.episode, &mut player.action).unwrap();
        player.step().unwrap();
    }
    assert!(player.episode.status().is_truncated() && !shield.interventions().is_empty());
}

#[test]
fn a_shield_may_begin_under_way() {
    let task = task_of("artemis-30d", Difficulty::Nominal, Acts::Dials, days(10.0));
    let mut player = Player::new(&task, key(1, 2, 0));
    for decision in 0..200 {
        player.random(decision);
    }
    let back = Episode::restore(&task, &player.episode.snapshot()).unwrap();
    let mut player = Player::of(back);
    let mut shield = Shield::new(&player.episode).unwrap();
    while player.episode.status().is_running() {
        player.action.fill(-1.0);
        step(&mut player, &mut shield);
    }
    assert!(player.episode.status().is_truncated());
    let (terms, costs) = (player.terms, player.costs);
    assert!(terms.len() == TERMS && costs.len() == COSTS);
}

#[test]
fn the_limits_say_where_they_come_from() {
    for limit in &HARD_LIMITS {
        assert!(!limit.words.is_empty() && !limit.source.is_empty() && limit.margin >= 0.0);
        assert!(limit.low.is_some() || limit.high.is_some(), "{}", limit.name);
    }
}
