//! A policy that supervises sets the thresholds of the rules every six hours, and the rules keep the habitat.
//!
//! With thresholds that are never moved it is the controller `rules`, to the bit. Thresholds go from one end over the default
//! to the other, move what they are about, and are refused or clipped as dials are. What the rules remember is part of the
//! episode: saved, copied and forked with it. What `mpc` searches is what such a policy sets.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use std::sync::Arc;

use habitat::scenario::{self, Difficulty};
use habitat::{AbortReason, Habitat, Plan, StreamKey};
use lunar_habitat_env::{
    ActionSpace, Acts, Autoreset, BOUNDS, EnvError, Episode, OnBadAction, Pilot, Recorder, Rollout,
    Rules, RulesSettings, TASKS, Task, TaskError, TaskOptions, Timing, VectorEnv, VectorOptions,
    contract, run_mission,
};
use player::{Player, key, plan, random_action, short, value};
use sha2::{Digest, Sha256};

fn options() -> TaskOptions {
    TaskOptions { acts: Acts::Thresholds, ..TaskOptions::default() }
}

fn at(name: &str, difficulty: Difficulty, options: TaskOptions) -> Arc<Task> {
    let loaded = scenario::load_at(name, difficulty).unwrap();
    Task::new(Arc::new(Plan::compile(&loaded.scenario, loaded.hash).unwrap()), options).unwrap()
}

fn place(name: &str) -> usize {
    let thresholds = ActionSpace::thresholds();
    thresholds.dials().iter().position(|dial| dial.name == name).ok_or(name).unwrap()
}

/// The mission of the episode of `key` under the controller `rules`, up to its first broken rule.
fn mission(task: &Arc<Task>, key: StreamKey) -> Habitat {
    let (plan, _) = task.plan().for_episode(key, &[]).unwrap();
    let timing = Timing { dt_s: task.dt_s(), ..Timing::of(&plan.scenario) };
    let mut habitat = Habitat::new(plan, key);
    let mut rules = Rules::new(&habitat);
    let quiet = &mut |_: &Habitat, _: &[f64]| Ok::<(), EnvError>(());
    run_mission(&mut habitat, &mut rules, timing, quiet).unwrap();
    habitat
}

#[test]
fn thresholds_that_are_never_moved_are_the_mission_of_the_rules_to_the_bit() {
    let coarse = TaskOptions { dt_s: Some(120.0), ..options() };
    for (name, difficulty, options) in [
        ("artemis-30d", Difficulty::Hard, options()),
        ("sensor-faults", Difficulty::Nominal, options()),
        ("cascade", Difficulty::Easy, coarse),
    ] {
        let task = at(name, difficulty, options);
        // The first environment in which no rule breaks: an episode ends there, a mission goes on.
        let (key, habitat) = (0..16)
            .map(|env| (key(3, env, 0), mission(&task, key(3, env, 0))))
            .find(|(_, habitat)| habitat.abort_reason() == AbortReason::None)
            .unwrap();
        let mut player = Player::new(&task, key);
        while player.episode.status().is_running() {
            let transition = player.step().unwrap();
            assert_eq!(transition.duration_s, 21_600.0);
            assert_eq!(player.terms[9], 0.0, "nothing was moved");
        }
        assert!(player.episode.status().is_truncated(), "{name}");
        assert_eq!(player.episode.habitat().t_s(), habitat.t_s(), "{name}");
        assert_eq!(player.episode.habitat().hash(), habitat.hash(), "{name}");
    }
}

#[test]
fn the_space_names_every_threshold_with_unit_ends_and_the_default_in_the_middle() {
    let task = at("artemis-30d", Difficulty::Nominal, options());
    let dials = task.actions().dials();
    assert_eq!((dials.len(), task.acts(), task.decision_s()), (16, Acts::Thresholds, 21_600.0));
    for dial in dials {
        let name = dial.name.strip_prefix("rules.").unwrap();
        let (field, factor) =
            if name == "reserve_s" { ("reserve_h", 3_600.0) } else { (name, 1.0) };
        let bound = BOUNDS.iter().find(|bound| bound.name == field).unwrap();
        assert_eq!((dial.low, dial.middle), (factor * bound.low, factor * bound.default), "{name}");
        assert!(dial.high <= factor * bound.high && !dial.words.is_empty() && !dial.is_mode);
    }
    // What is seen is what a policy of dials sees.
    let of_dials = at("artemis-30d", Difficulty::Nominal, TaskOptions::default());
    assert_eq!(task.observations(), of_dials.observations());
    assert_ne!(task.hash(), of_dials.hash(), "but actions are others");
    assert!(of_dials.actions().dials().iter().all(|dial| !dial.targets.is_empty()));
    // The names of the choice.
    assert_eq!("thresholds".parse::<Acts>().unwrap(), Acts::Thresholds);
    let error = "knobs".parse::<Acts>().unwrap_err().to_string();
    assert_eq!(error, "no such acts: found `knobs`; allowed `dials`, `thresholds`");
}

#[test]
fn entries_are_piecewise_linear_and_partners_follow() {
    let task = at("artemis-30d", Difficulty::Nominal, options());
    let mut player = Player::new(&task, key(1, 0, 0));
    let settings = |player: &Player| *player.episode.settings().unwrap();
    player.step().unwrap();
    assert_eq!(settings(&player), RulesSettings::default());
    player.action[place("rules.lioh_on_pa")] = -0.5;
    player.action[place("rules.shed_lit")] = 0.25;
    player.action[place("rules.shed_depth")] = 1.0; // Its default is this end.
    player.action[place("rules.reserve_s")] = 9.0;
    player.step().unwrap();
    let now = settings(&player);
    assert_eq!((now.lioh_on_pa, now.lioh_off_pa), (850.0, 425.0));
    assert_eq!((now.shed_lit, now.shed_depth, now.reserve_h), (0.25, 1.0, 13.0));
    assert_eq!(player.terms[9], 3.0 / 16.0, "one of the four did nothing");
    let mut held = vec![0.0; 16];
    player.episode.hold(&mut held).unwrap();
    assert_eq!((held[place("rules.lioh_on_pa")], held[place("rules.reserve_s")]), (-0.5, 1.0));
    player.hold();
    assert_eq!((settings(&player), player.terms[9]), (now, 0.0));
    let mut mask = [false; 16];
    player.episode.mask(&mut mask).unwrap();
    assert!(mask.iter().all(|acts| *acts));
    assert!(player.episode.mask(&mut mask[1..]).is_err() && player.episode.hold(&mut []).is_err());
}

#[test]
fn a_threshold_does_what_it_is_about() {
    // Of everything that may be shed, none in the dark or all of it also in the light.
    let task = at("polar-darkness", Difficulty::Nominal, options());
    let shed = |entries: &[(&str, f32)]| {
        let mut player = Player::new(&task, key(1, 0, 0));
        entries.iter().for_each(|(name, entry)| player.action[place(name)] = *entry);
        (0..12).map(|_| player.step().map_or(0.0, |_| player.terms[7])).sum::<f32>()
    };
    let [usual, none, all] = [
        shed(&[]),
        shed(&[("rules.shed_depth", -1.0), ("rules.hot_k", 1.0)]),
        shed(&[("rules.shed_lit", 1.0)]),
    ];
    assert!(none < 0.05 && usual > 0.5, "{none} {usual} {all}");
    assert!((all - 3.0).abs() < 0.05, "three days of everything: {all}");
}

#[test]
fn bad_entries_are_refused_by_name_or_clipped() {
    let task = at("artemis-30d", Difficulty::Nominal, options());
    let mut player = Player::new(&task, key(1, 0, 0));
    let hash = player.episode.habitat().hash();
    player.action[place("rules.scarce")] = f32::NAN;
    let error = player.step().unwrap_err();
    assert!(error.to_string().contains("`rules.scarce`"), "{error}");
    player.action = vec![0.0; 17];
    assert!(matches!(player.step(), Err(TaskError::Length { expected: 16, .. })));
    assert_eq!(player.episode.habitat().hash(), hash);

    let clip = TaskOptions { on_bad_action: OnBadAction::Clip, ..options() };
    let mut player = Player::new(&at("artemis-30d", Difficulty::Nominal, clip), key(1, 0, 0));
    player.action[place("rules.scarce")] = 0.5;
    player.step().unwrap();
    let kept = player.episode.settings().unwrap().scarce;
    player.action[place("rules.scarce")] = f32::NAN;
    player.action[place("rules.recovered")] = f32::NEG_INFINITY;
    player.step().unwrap();
    let now = player.episode.settings().unwrap();
    assert_eq!((now.scarce, now.recovered), (kept, 0.1));
}

#[test]
fn intervals_hold_whole_decisions_of_the_rules_and_those_whole_steps() {
    let plan = plan("artemis-30d", &[]);
    let made = |dt_s: Option<f64>, decision_s: Option<f64>| {
        Task::new(Arc::clone(&plan), TaskOptions { dt_s, decision_s, ..options() })
    };
    for dt_s in [30.0, 120.0, 300.0, 600.0] {
        let mut player = Player::new(&made(Some(dt_s), None).unwrap(), key(1, 0, 0));
        assert_eq!(player.hold().duration_s, 21_600.0);
        assert_eq!(player.episode.steps() as f64, 21_600.0 / dt_s);
    }
    let error = made(None, Some(900.0)).unwrap_err().to_string();
    assert_eq!(error, "decision interval of 900 s: allowed is a whole multiple of 600 s");
    let error = made(Some(7_200.0), None).unwrap_err().to_string();
    assert_eq!(error, "step of 7200 s: allowed is a whole part of 600 s");
    let mut player = Player::new(&made(None, Some(3_600.0)).unwrap(), key(1, 0, 0));
    assert!(player.episode.set_decision_s(300.0).is_err());
    player.episode.set_decision_s(7_200.0).unwrap();
    assert_eq!(player.hold().duration_s, 7_200.0);
}

#[test]
fn a_lost_mission_ends_its_decision_at_once() {
    let dry = [value("stores.potable_kg", 10.0)];
    let task = Task::new(plan("cabin-30d", &dry), options()).unwrap();
    let mut player = Player::new(&task, key(1, 0, 0));
    let transition = player.hold();
    assert!(transition.status.is_terminated() && transition.duration_s < 21_600.0);
    assert!(matches!(player.step(), Err(TaskError::Over { .. })));
}

/// A mission with much to remember: instruments err, units fail, people calibrate.
fn troubled() -> Player {
    let task = at("sensor-faults", Difficulty::Hard, options());
    let mut player = Player::new(&task, key(8, 3, 2));
    for decision in 0..30 {
        player.random(decision);
    }
    assert!(player.episode.status().is_running());
    player
}

#[test]
fn a_restored_episode_remembers_what_the_rules_do() {
    let mut one = troubled();
    let bytes = one.episode.snapshot();
    let mut two = Player::of(Episode::restore(one.episode.task(), &bytes).unwrap());
    assert_eq!(two.episode.snapshot(), bytes);
    assert_eq!(two.episode.settings(), one.episode.settings());
    for decision in 30..60 {
        if !one.episode.status().is_running() {
            break;
        }
        assert_eq!(two.random(decision), one.random(decision));
        assert_eq!(two.observation, one.observation);
        assert_eq!((two.terms, two.costs), (one.terms, one.costs));
    }
    assert_eq!(two.episode.snapshot(), one.episode.snapshot());
}

#[test]
fn nothing_is_forgotten_by_an_episode_that_is_read_back_at_every_decision_of_the_rules() {
    let often = TaskOptions { decision_s: Some(600.0), dt_s: Some(300.0), ..options() };
    for name in ["sensor-faults", "cascade", "artemis-30d", "coolant-loop-failure"] {
        let task = at(name, Difficulty::Extreme, often);
        let [mut kept, mut stored] = [(); 2].map(|()| Player::new(&task, key(4, 1, 0)));
        for decision in 0..2_300 {
            if !kept.episode.status().is_running() {
                break;
            }
            // Other thresholds every two days: all parts of the rules get to act.
            if decision % 288 == 0 {
                random_action(1, decision, &mut kept.action);
            }
            kept.step().unwrap();
            stored.action.copy_from_slice(&kept.action);
            stored.step().unwrap();
            let back = Episode::restore(&task, &stored.episode.snapshot()).unwrap();
            stored.episode = back;
            let (one, two) = (kept.episode.habitat(), stored.episode.habitat());
            assert_eq!(one.hash(), two.hash(), "{name} after decision {decision}");
        }
        assert!(kept.episode.decisions() > 300, "{name}: {}", kept.episode.decisions());
    }
}

/// Bytes with a sum that is right.
fn summed(mut bytes: Vec<u8>) -> Vec<u8> {
    let body = bytes.len() - 32;
    let sum: [u8; 32] = Sha256::digest(&bytes[..body]).into();
    bytes[body..].copy_from_slice(&sum);
    bytes
}

#[test]
fn foreign_and_damaged_memories_are_refused() {
    let player = troubled();
    let task = player.episode.task();
    let bytes = player.episode.snapshot();
    let of_dials = at("sensor-faults", Difficulty::Hard, TaskOptions::default());
    let error = Episode::restore(&of_dials, &bytes).unwrap_err().to_string();
    assert!(error.contains("observations or actions are others"), "{error}");
    // The count of thresholds stands before 16 of four bytes; the memory follows.
    let mut held = vec![0.0_f32; 16];
    player.episode.hold(&mut held).unwrap();
    let row: Vec<u8> = held.iter().flat_map(|entry| entry.to_le_bytes()).collect();
    let start = bytes.windows(row.len()).position(|window| window == row).unwrap();
    let damage = |at: usize, with: &[u8]| {
        let mut wrong = bytes.clone();
        wrong[at..at + with.len()].copy_from_slice(with);
        Episode::restore(task, &summed(wrong)).map(|_| ()).unwrap_err().to_string()
    };
    let error = damage(start, &f32::NAN.to_le_bytes());
    assert!(error.contains("outside its range"), "{error}");
    let error = damage(start, &1.5_f32.to_le_bytes());
    assert!(error.contains("outside its range"), "{error}");
    // The first word is whether the first instrument has shown anything: a flag.
    let error = damage(start + row.len() + 4, &7_u64.to_le_bytes());
    assert!(error.contains("rules remember something else"), "{error}");
}

#[test]
fn bytes_of_the_version_before_are_read_for_dials() {
    let task = short("artemis-30d");
    let mut one = Player::new(&task, key(1, 0, 0));
    one.hold();
    let bytes = one.episode.snapshot();
    // Without the two counts of zero before the length of the habitat.
    let length = one.episode.habitat().snapshot().len();
    let cut = bytes.len() - 32 - length - 8 - 8;
    assert_eq!(bytes[cut..cut + 8], [0; 8]);
    let mut old = [&bytes[..cut], &bytes[cut + 8..]].concat();
    old[8..12].copy_from_slice(&1_u32.to_le_bytes());
    let mut two = Player::of(Episode::restore(&task, &summed(old.clone())).unwrap());
    assert_eq!(two.hold(), one.hold());
    assert_eq!(two.episode.snapshot(), one.episode.snapshot());
    old[8..12].copy_from_slice(&3_u32.to_le_bytes());
    let error = Episode::restore(&task, &summed(old)).unwrap_err().to_string();
    assert!(error.contains("version"), "{error}");
}

#[test]
fn a_fork_remembers_and_has_a_future_of_its_own() {
    let mut one = troubled();
    let mut fork = Player::of(one.episode.fork(7));
    let mut same = Player::of(one.episode.fork(7));
    assert_eq!(fork.episode.settings(), one.episode.settings());
    for player in [&mut one, &mut fork, &mut same] {
        player.hold();
    }
    assert_eq!(fork.episode.snapshot(), same.episode.snapshot());
    assert_ne!(fork.observation, one.observation, "noise of the instruments is drawn anew");
}

#[test]
fn lanes_play_what_each_plays_alone_through_every_autoreset() {
    let days = [value("duration_days", 1.0)];
    let task = Task::new(plan("artemis-30d", &days), options()).unwrap();
    for autoreset in [Autoreset::NextStep, Autoreset::SameStep] {
        let of = |threads: usize| {
            let lanes =
                VectorOptions { lanes: 3, threads, run: 5, autoreset, ..Default::default() };
            VectorEnv::new(&task, lanes).unwrap()
        };
        let (mut one, mut many) = (of(1), of(3));
        let mut actions = vec![0.0; 3 * 16];
        for decision in 0..7 {
            for (lane, row) in actions.chunks_mut(16).enumerate() {
                random_action(lane as u64, decision, row);
            }
            assert_eq!(one.step(&actions).unwrap(), many.step(&actions).unwrap());
        }
        assert_eq!(one.episode(2).unwrap().key(), key(5, 2, 1));
        // A new episode begins with the rules as they are.
        many.reset(Some(9), &[]).unwrap();
        assert_eq!(many.episode(0).unwrap().settings(), Some(&RulesSettings::default()));
    }
}

#[test]
fn recordings_have_a_column_a_threshold_and_play_again() {
    let task = Task::new(plan("artemis-30d", &[value("duration_days", 2.0)]), options()).unwrap();
    let mut played = Vec::new();
    for name in ["random", "hold", "rules"] {
        let mut episode = Episode::new(&task, key(2, 1, 0), &[]).unwrap();
        let mut pilot = Pilot::new(name, &episode).unwrap();
        let mut rollout = Rollout::new(&task);
        rollout.play(&mut episode, |episode, _, action| pilot.act(episode, action)).unwrap();
        played.push((rollout.into_frame(), episode.habitat().hash()));
    }
    let (random, rules) = (&played[0].0, &played[2].0);
    assert_eq!(random.rows(), 8 + 1);
    assert_eq!(
        (random.fact("acts"), random.fact("decision_s")),
        (Some("thresholds"), Some("21600"))
    );
    assert_eq!(random.fact("middle:action.rules.shed_depth"), Some("1"));
    assert_eq!(random.fact("unit:action.rules.reserve_s"), Some("s"));
    let column = |frame: &catalogue::Frame, name: &str| {
        let at = frame.names().iter().position(|known| known == name).unwrap();
        match frame.clone().into_columns().swap_remove(at) {
            catalogue::Values::F32(values) => values,
            other => panic!("{other:?}"),
        }
    };
    assert!(column(rules, "action.rules.hot_k")[..8].iter().all(|entry| *entry == 0.0));
    assert_eq!(played[1].1, played[2].1, "to hold is to be the rules");
    assert_ne!(played[0].1, played[2].1);
    // The actions in the file give the episode again.
    let mut again = Player::new(&task, key(2, 1, 0));
    let names: Vec<String> =
        task.actions().dials().iter().map(|dial| format!("action.{}", dial.name)).collect();
    let columns: Vec<Vec<f32>> = names.iter().map(|name| column(random, name)).collect();
    for row in 0..8 {
        again.action = columns.iter().map(|values| values[row]).collect();
        again.step().unwrap();
    }
    assert_eq!(again.episode.habitat().hash(), played[0].1);

    let mut vector =
        VectorEnv::new(&task, VectorOptions { lanes: 2, ..Default::default() }).unwrap();
    let mut recorder = Recorder::new(&vector, &[1, 1]);
    while recorder.left() > 0 {
        recorder.step(&mut vector, &[0.0; 32]).unwrap();
    }
    assert_eq!(recorder.finish().episodes(), 2);
}

#[test]
fn who_sets_no_thresholds_is_told_so() {
    let task = at("artemis-30d", Difficulty::Nominal, options());
    let episode = Episode::new(&task, key(1, 0, 0), &[]).unwrap();
    let error = Pilot::new("mpc", &episode).err().unwrap().to_string();
    assert_eq!(
        error,
        "controller `mpc` sets no thresholds: allowed for acts `thresholds` are `random`, `hold`, `rules`"
    );
    assert!(matches!(Pilot::new("nobody", &episode), Err(EnvError::UnknownController { .. })));
    // Thresholds are no dials of a habitat.
    let (thresholds, habitat) = (task.actions(), episode.habitat());
    let mut action = vec![0.0; 16];
    let refused = |result: Result<(), TaskError>| matches!(result, Err(TaskError::Thresholds));
    assert!(refused(thresholds.from_commands(habitat, &mut action)));
    assert!(refused(thresholds.nearest(habitat, &[], &mut action)));
    assert!(refused(thresholds.mask(habitat, &mut [true; 16])));
    let applied = thresholds.apply(&action, OnBadAction::Refuse, habitat, &mut Vec::new());
    assert!(refused(applied.map(|_| ())));
}

#[test]
fn every_registered_task_keeps_the_contract() {
    let coarse = TaskOptions { dt_s: Some(300.0), ..options() };
    std::thread::scope(|scope| {
        for half in TASKS.chunks(TASKS.len().div_ceil(2)) {
            scope.spawn(move || {
                for registered in half {
                    let task = at(registered.name, Difficulty::Hard, coarse);
                    for check in contract::check(&task) {
                        assert!(check.ok, "{}, {}: {}", registered.name, check.name, check.detail);
                    }
                }
            });
        }
    });
}
