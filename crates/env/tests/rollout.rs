//! Rollouts: what was recorded is what happened. Played again, the actions give the same numbers to the bit; a vector
//! records what single episodes give, in every autoreset mode and on any number of threads; an episode that is
//! left is closed and not taken for one that ended.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

mod player;

use std::sync::Arc;

use catalogue::{Frame, Values};
use habitat::StreamKey;
use lunar_habitat_env::{
    Autoreset, CONTROLLERS, COST_TABLE, Episode, OnBadAction, Pilot, Recorder, Rollout, TERM_NAMES,
    Task, TaskError, TaskOptions, VectorEnv, VectorOptions,
};

use self::player::{Player, key, plan, random_action, short, task, thirsty, value};

/// The numbers of a column.
fn column(frame: &Frame, name: &str) -> Vec<f64> {
    let values = frame.column(name).ok_or(name).unwrap();
    (0..frame.rows()).map(|row| values.number(row).unwrap()).collect()
}

/// The texts of a column.
fn texts<'a>(frame: &'a Frame, name: &str) -> Vec<&'a str> {
    let Some(Values::Words(words)) = frame.column(name) else { panic!("{name}") };
    words.iter().collect()
}

/// A row of the columns of a group.
fn row(frame: &Frame, group: &str, row: usize) -> Vec<f32> {
    let own = |name: &&String| name.starts_with(group);
    let named = frame.names().iter().filter(own).map(|name| frame.column(name).unwrap());
    named.map(|values| values.number(row).unwrap() as f32).collect()
}

/// An episode under random actions.
fn played(task: &Arc<Task>, key: StreamKey) -> Rollout {
    let mut rollout = Rollout::new(task);
    let mut episode = Episode::new(task, key, &[]).unwrap();
    let random = |episode: &Episode, _: &[f32], action: &mut [f32]| {
        random_action(episode.key().env, episode.decisions(), action);
        Ok::<(), TaskError>(())
    };
    rollout.play(&mut episode, random).unwrap();
    rollout
}

#[test]
fn a_row_is_what_was_seen_then_done_then_got() {
    let task = short("artemis-30d");
    let frame = played(&task, key(3, 5, 1)).into_frame();
    assert_eq!(frame.rows(), 4 + 1);
    let mut player = Player::new(&task, key(3, 5, 1));
    for at in 0..4 {
        assert_eq!(row(&frame, "obs.", at), player.observation);
        assert_eq!(column(&frame, "t_s")[at], player.episode.habitat().t_s());
        let transition = player.random(at as u64);
        assert_eq!(row(&frame, "action.", at), player.action);
        assert_eq!(column(&frame, "reward")[at], f64::from(transition.reward));
        assert_eq!(column(&frame, "duration_s")[at], transition.duration_s);
        assert_eq!(row(&frame, "term.", at), player.terms);
        assert_eq!(row(&frame, "cost.", at), player.costs);
        assert_eq!(texts(&frame, "status")[at], transition.status.name());
    }
    assert_eq!(row(&frame, "obs.", 4), player.observation, "the final row is what is seen last");
    assert_eq!(column(&frame, "t_s")[4], 2_400.0);
    for (name, whole) in [("run", 3.0), ("env_id", 5.0), ("episode", 1.0)] {
        assert_eq!(column(&frame, name), [whole; 5]);
    }
    assert_eq!(column(&frame, "step"), [0.0, 1.0, 2.0, 3.0, 4.0]);
    assert_eq!(column(&frame, "is_final"), [0.0, 0.0, 0.0, 0.0, 1.0]);
    assert_eq!(
        texts(&frame, "status"),
        ["running", "running", "running", "truncated", "truncated"]
    );
    assert_eq!(texts(&frame, "reason"), [""; 5]);
}

#[test]
fn nothing_is_done_and_nothing_got_in_the_final_row() {
    let frame = played(&thirsty(), StreamKey::default()).into_frame();
    assert_eq!(texts(&frame, "status"), ["terminated", "terminated"]);
    assert_eq!(texts(&frame, "reason"), ["potable_water", "potable_water"]);
    let none = |group: &str| row(&frame, group, 1).iter().all(|value| value.is_nan());
    assert!(none("action.") && none("term.") && none("cost."));
    assert!(column(&frame, "reward")[1].is_nan() && column(&frame, "duration_s")[1].is_nan());
    assert!(column(&frame, "reward")[0] < -9.0 && column(&frame, "duration_s")[0] < 600.0);
}

#[test]
fn the_recorded_actions_give_the_episode_again() {
    let task = short("artemis-30d");
    for name in ["rules", "random", "hold"] {
        let mut rollout = Rollout::new(&task);
        let mut episode = Episode::new(&task, key(1, 2, 0), &[]).unwrap();
        let mut pilot = Pilot::new(name, &episode).unwrap();
        rollout.play(&mut episode, |episode, _, action| pilot.act(episode, action)).unwrap();
        let recorded = rollout.into_frame();
        let mut again = Rollout::new(&task);
        let mut episode = Episode::new(&task, key(1, 2, 0), &[]).unwrap();
        let replay = |episode: &Episode, _: &[f32], action: &mut [f32]| {
            action.copy_from_slice(&row(&recorded, "action.", episode.decisions() as usize));
            Ok::<(), TaskError>(())
        };
        again.play(&mut episode, replay).unwrap();
        assert!(again.into_frame().same_bits(&recorded), "{name}");
    }
}

/// A pilot commands through dials what its controller commands by itself.
#[test]
fn a_pilot_flies_as_its_controller_does() {
    let task = task("artemis-30d", &[value("duration_days", 3.0)]);
    let mut episode = Episode::new(&task, key(4, 0, 0), &[]).unwrap();
    let mut pilot = Pilot::new("rules", &episode).unwrap();
    let mut rollout = Rollout::new(&task);
    rollout.play(&mut episode, |episode, _, action| pilot.act(episode, action)).unwrap();
    let mut held = Episode::new(&task, key(4, 0, 0), &[]).unwrap();
    let mut held_rows = Rollout::new(&task);
    let mut hold = Pilot::new("hold", &held).unwrap();
    held_rows.play(&mut held, |episode, _, action| hold.act(episode, action)).unwrap();
    let turned = |rollout: Rollout| column(&rollout.into_frame(), "term.commands");
    let (rules, held) = (turned(rollout), turned(held_rows));
    assert!(rules.iter().any(|share| *share > 0.0), "the rules command something");
    assert!(held[..held.len() - 1].iter().all(|share| *share == 0.0), "hold commands nothing");

    // The mission with commands straight to the actuators ends with stores that are the same but for rounding.
    let (mission, _) = task.plan().for_episode(key(4, 0, 0), &[]).unwrap();
    let mut habitat = habitat::Habitat::new(mission, key(4, 0, 0));
    let mut controller = lunar_habitat_env::build("rules", &habitat).unwrap();
    let timing = lunar_habitat_env::Timing::of(&task.plan().scenario);
    let mut nobody = |_: &habitat::Habitat, _: &[f64]| Ok::<(), lunar_habitat_env::EnvError>(());
    lunar_habitat_env::run_mission(&mut habitat, controller.as_mut(), timing, &mut nobody).unwrap();
    let (dials, straight) = (episode.habitat().state(), habitat.state());
    for (one, two) in [
        (dials.stores.potable_kg, straight.stores.potable_kg),
        (dials.stores.o2_mol, straight.stores.o2_mol),
        (dials.zones[0].t_k, straight.zones[0].t_k),
    ] {
        assert!((one - two).abs() <= 1e-3 * two.abs(), "{one} by dials, {two} straight");
    }
}

#[test]
fn every_controller_can_be_a_pilot_and_no_other_name() {
    let task = short("cabin-30d");
    let episode = Episode::new(&task, StreamKey::default(), &[]).unwrap();
    for (name, _) in CONTROLLERS {
        let mut action = vec![9.0; task.actions().len()];
        Pilot::new(name, &episode).unwrap().act(&episode, &mut action).unwrap();
        assert!(action.iter().all(|value| (-1.0..=1.0).contains(value)), "{name}: {action:?}");
    }
    let error = Pilot::new("magic", &episode).err().unwrap().to_string();
    assert!(error.contains("`magic`") && error.contains("`rules`"), "{error}");
}

/// Vectors record what single episodes give.
#[test]
fn lanes_give_what_single_episodes_give() {
    lanes_are_singles(&short("artemis-30d"));
}

/// Ten steps of a tenth of a second are not a second: a sum of decisions drifts from the clock of the habitat, and the
/// recorder cut an episode at every decision.
#[test]
fn steps_that_are_no_binary_number_leave_episodes_whole() {
    let values =
        [value("dt_s", 0.1), value("decision_s", 60.0), value("duration_days", 360.0 / 86_400.0)];
    lanes_are_singles(&task("cabin-30d", &values));
}

fn lanes_are_singles(task: &Arc<Task>) {
    let mut single = Rollout::new(task);
    for (env, count) in [(10, 2), (11, 2), (12, 1)] {
        for episode in 0..count {
            single.append(played(task, key(7, env, episode))).unwrap();
        }
    }
    let single = single.into_frame();
    for autoreset in [Autoreset::NextStep, Autoreset::SameStep, Autoreset::Disabled] {
        for threads in [1, 2] {
            let options = VectorOptions { lanes: 3, threads, run: 7, base_env: 10, autoreset };
            let mut vector = VectorEnv::new(task, options).unwrap();
            let mut recorder = Recorder::new(&vector, &[2, 2, 1]);
            let mut actions = vec![0.0; 3 * task.actions().len()];
            let mut steps = 0;
            while recorder.left() > 0 {
                for (lane, action) in actions.chunks_mut(task.actions().len()).enumerate() {
                    let episode = vector.episode(lane).unwrap();
                    random_action(episode.key().env, episode.decisions(), action);
                }
                recorder.step(&mut vector, &actions).unwrap();
                if autoreset == Autoreset::Disabled {
                    let ended = |lane: &usize| vector.batch().final_valid()[*lane];
                    let lanes: Vec<_> = (0..3).filter(ended).map(|lane| (lane, None)).collect();
                    vector.reset_lanes(&lanes, &[]).unwrap();
                }
                steps += 1;
                assert!(steps < 40);
            }
            let frame = recorder.finish().into_frame();
            assert!(frame.same_bits(&single), "{autoreset:?}, {threads} threads");
        }
    }
}

#[test]
fn an_episode_that_is_left_is_closed_and_does_not_count() {
    let task = short("cabin-30d");
    let mut vector = VectorEnv::new(&task, VectorOptions::default()).unwrap();
    let mut recorder = Recorder::new(&vector, &[1]);
    let mut action = vec![0.0; task.actions().len()];
    let mut step = |vector: &mut VectorEnv, recorder: &mut Recorder| {
        vector.hold(&mut action).unwrap();
        recorder.step(vector, &action).unwrap();
    };
    step(&mut vector, &mut recorder);
    let bytes = vector.snapshot(0).unwrap();
    step(&mut vector, &mut recorder);
    vector.restore(0, &bytes).unwrap(); // Back by one decision.
    step(&mut vector, &mut recorder);
    vector.reset(Some(0), &[]).unwrap(); // The same key again.
    for _ in 0..4 {
        step(&mut vector, &mut recorder);
    }
    assert_eq!(recorder.left(), 0);
    let frame = recorder.finish().into_frame();
    assert_eq!(
        column(&frame, "step"),
        [0.0, 1.0, 2.0, 1.0, 2.0, 0.0, 1.0, 2.0, 3.0, 4.0],
        "two rows and a final one, one and a final one, then a whole episode"
    );
    let ends: Vec<&str> = texts(&frame, "status")
        .into_iter()
        .zip(column(&frame, "is_final"))
        .filter_map(|(status, is_final)| (is_final == 1.0).then_some(status))
        .collect();
    assert_eq!(ends, ["running", "running", "truncated"]);
}

#[test]
fn a_refused_action_adds_no_row_and_a_failing_policy_leaves_a_closed_episode() {
    let task = short("cabin-30d");
    let mut vector = VectorEnv::new(&task, VectorOptions::default()).unwrap();
    let mut recorder = Recorder::new(&vector, &[1]);
    let bad = vec![f32::NAN; task.actions().len()];
    assert!(recorder.step(&mut vector, &bad).is_err());
    assert!(recorder.finish().is_empty());

    let mut episode = Episode::new(&task, StreamKey::default(), &[]).unwrap();
    let mut rollout = Rollout::new(&task);
    let failed = rollout.play(&mut episode, |episode, _, action| match episode.decisions() {
        2 => Err(TaskError::Bytes("the policy gave up")),
        _ => episode.hold(action),
    });
    assert!(failed.is_err());
    let frame = rollout.into_frame();
    assert_eq!(column(&frame, "is_final"), [0.0, 0.0, 1.0]);
    assert_eq!(texts(&frame, "status"), ["running"; 3]);
}

/// An action is kept as it was given, also where the episode clips it.
#[test]
fn the_action_is_the_one_that_was_given() {
    let options = TaskOptions { on_bad_action: OnBadAction::Clip, ..TaskOptions::default() };
    let task =
        Task::new(plan("cabin-30d", &[value("duration_days", 600.0 / 86_400.0)]), options).unwrap();
    let mut episode = Episode::new(&task, StreamKey::default(), &[]).unwrap();
    let mut rollout = Rollout::new(&task);
    let given = |_: &Episode, _: &[f32], action: &mut [f32]| {
        action[0] = f32::INFINITY;
        action[1] = 7.5;
        action[2] = -0.0;
        Ok::<(), TaskError>(())
    };
    rollout.play(&mut episode, given).unwrap();
    let recorded = row(&rollout.into_frame(), "action.", 0);
    assert_eq!((recorded[0], recorded[1]), (f32::INFINITY, 7.5));
    assert_eq!(recorded[2].to_bits(), (-0.0_f32).to_bits());
}

#[test]
fn drawn_and_given_numbers_are_columns() {
    let loaded = habitat::scenario::load("cabin-30d").unwrap();
    let mut model = loaded.scenario.with(&[value("duration_days", 600.0 / 86_400.0)]).unwrap();
    let vary = habitat::scenario::Vary { key: "stores.potable_kg".into(), low: 200.0, high: 300.0 };
    model.vary = vec![vary];
    let hash = habitat::scenario::hash(&model).unwrap();
    let plan = Arc::new(habitat::Plan::compile(&model, hash).unwrap());
    let task = Task::new(plan, TaskOptions::default()).unwrap();
    let mut all = Rollout::new(&task);
    let mut drawn = Vec::new();
    for number in 0..3 {
        let given = [value("stores.urine_kg", 3.0)];
        let exact: &[_] = if number == 1 { &given } else { &[] };
        let mut episode = Episode::new(&task, key(0, 0, number), exact).unwrap();
        drawn.push(episode.drawn()[0].value);
        let mut rows = Rollout::new(&task);
        rows.play(&mut episode, |episode, _, action| episode.hold(action)).unwrap();
        all.append(rows).unwrap();
    }
    let frame = all.into_frame();
    let potable = column(&frame, "param.stores.potable_kg");
    assert_eq!(potable, [drawn[0], drawn[0], drawn[1], drawn[1], drawn[2], drawn[2]]);
    assert!(drawn[0] != drawn[1] && drawn.iter().all(|kg| (200.0..300.0).contains(kg)));
    let urine = column(&frame, "param.stores.urine_kg");
    assert!(urine[..2].iter().chain(&urine[4..]).all(|kg| kg.is_nan()));
    assert_eq!(urine[2..4], [3.0, 3.0]);
}

#[test]
fn facts_say_what_the_columns_mean() {
    let task = short("artemis-30d");
    let frame = Rollout::new(&task).into_frame();
    assert_eq!(frame.rows(), 0);
    let fact = |key: &str| frame.fact(key).ok_or(key.to_owned()).unwrap();
    assert_eq!(
        (fact("scenario"), fact("reward"), fact("use")),
        ("artemis-30d", "survival", "training")
    );
    assert_eq!(fact("scenario_hash"), habitat::scenario::hex(&task.plan().hash));
    assert_eq!(fact("task_hash"), habitat::scenario::hex(&task.hash()));
    assert!(fact("weights").starts_with("alive=1 progress=0 lost=-10 "));
    assert_eq!((fact("dt_s"), fact("decision_s"), fact("mission_s")), ("60", "600", "2400"));
    for name in frame.names() {
        assert!(
            !fact(&format!("unit:{name}")).is_empty() && !fact(&format!("words:{name}")).is_empty()
        );
        let has_ends = frame.fact(&format!("low:{name}")).is_some();
        assert_eq!(has_ends, name.starts_with("obs.") || name.starts_with("action."), "{name}");
    }
    let co2 = task
        .observations()
        .fields()
        .iter()
        .find(|field| field.name == "air.pp_co2_pa_max")
        .unwrap();
    assert_eq!(fact("high:obs.air.pp_co2_pa_max").parse(), Ok(co2.high));
    assert_eq!(fact("unit:obs.air.pp_co2_pa_max"), "Pa");
    let groups = |group: &str| frame.names().iter().filter(|name| name.starts_with(group)).count();
    assert_eq!(
        (groups("obs."), groups("action."), groups("term."), groups("cost.")),
        (task.observations().len(), task.actions().len(), TERM_NAMES.len(), COST_TABLE.len())
    );
}

#[test]
fn rollouts_of_two_tasks_are_not_mixed() {
    let mut one = Rollout::new(&short("cabin-30d"));
    let error = one.append(Rollout::new(&short("artemis-30d"))).unwrap_err().to_string();
    assert!(error.contains("no episode of this task"), "{error}");
    one.append(Rollout::new(&short("cabin-30d"))).unwrap();
}
