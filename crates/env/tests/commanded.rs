//! A mission whose actuators are commanded, as rows: it is that mission, and what an action cannot say is counted.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use std::sync::Arc;

use catalogue::Frame;
use habitat::Habitat;
use lunar_habitat_env::{
    Command, Commanded, Controller, EnvError, Episode, Pilot, Rollout, Rules, Task, TaskOptions,
    Timing, build, run_mission,
};

use self::player::{Player, key, plan, thirsty, value};

fn task(days: f64) -> Arc<Task> {
    Task::new(plan("cascade", &[value("duration_days", days)]), TaskOptions::default()).unwrap()
}

/// A controller whose commands are written down.
struct Logged(Box<dyn Controller>, Vec<Vec<Command>>);

impl Controller for Logged {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn see(&mut self, habitat: &Habitat) {
        self.0.see(habitat);
    }

    fn decide(&mut self, readings: &[f64], t_s: f64, commands: &mut Vec<Command>) {
        self.0.decide(readings, t_s, commands);
        self.1.push(commands.clone());
    }
}

/// The rows of a mission under a controller, how they came about, and the habitat at its end.
fn flown(task: &Arc<Task>, controller: &str) -> (Frame, Commanded, [u8; 32], Habitat) {
    let key = key(4, 2, 0);
    let (plan, _) = task.plan().for_episode(key, &[]).unwrap();
    let timing = Timing { dt_s: task.dt_s(), ..Timing::of(&plan.scenario) };
    let mut habitat = Habitat::new(plan, key);
    let mut logged = Logged(build(controller, &habitat).unwrap(), Vec::new());
    let quiet = &mut |_: &Habitat, _: &[f64]| Ok::<(), EnvError>(());
    run_mission(&mut habitat, &mut logged, timing, quiet).unwrap();
    let mut episode = Episode::new(task, key, &[]).unwrap();
    let mut rollout = Rollout::new(task);
    let commands = |episode: &Episode, out: &mut Vec<Command>| {
        out.extend(&logged.1[episode.decisions() as usize])
    };
    let commanded = rollout.play_commands(&mut episode, commands).unwrap();
    (rollout.into_frame(), commanded, episode.habitat().hash(), habitat)
}

#[test]
fn the_rows_are_those_of_the_mission() {
    let task = task(3.0);
    for controller in ["rules", "random", "hold"] {
        let (frame, commanded, hash, habitat) = flown(&task, controller);
        assert!(commanded.status.is_truncated(), "{controller}");
        assert_eq!(hash, habitat.hash(), "{controller}");
        assert_eq!(commanded.decisions, 3 * 144);
        assert_eq!(frame.rows(), 3 * 144 + 1);
    }
}

#[test]
fn rewards_and_costs_are_those_of_a_step_under_the_controller() {
    let task = task(2.0);
    let (frame, ..) = flown(&task, "rules");
    let mut player = Player::new(&task, key(4, 2, 0));
    let mut rules = Rules::new(player.episode.habitat());
    for row in 0..2 * 144 {
        let slices = lunar_habitat_env::StepSlices {
            observation: &mut player.observation,
            terms: &mut player.terms,
            costs: &mut player.costs,
        };
        let reward = player.episode.step_under(&mut rules, slices).unwrap().reward;
        assert_eq!(frame.column("reward").unwrap().number(row), Some(f64::from(reward)));
        for (name, values) in
            [("obs.", &player.observation[..]), ("term.", &player.terms), ("cost.", &player.costs)]
        {
            let of_group = frame.names().iter().filter(|known| known.starts_with(name));
            // What is seen after a decision stands in the next row.
            let at = row + usize::from(name == "obs.");
            let found: Vec<f32> = of_group
                .map(|name| frame.column(name).unwrap().number(at).unwrap() as f32)
                .collect();
            assert_eq!(found, values, "{name} of row {row}");
        }
    }
}

/// Commands that dials gave are said wholly by actions, and these give the same episode again.
#[test]
fn what_dials_command_is_exact_and_what_they_cannot_is_counted() {
    let task = task(1.0);
    let mut episode = Episode::new(&task, key(4, 2, 0), &[]).unwrap();
    let mut rollout = Rollout::new(&task);
    let sweep = |episode: &Episode, commands: &mut Vec<Command>| {
        let share = 0.5 + 0.4 * (episode.decisions() as f64 * 0.3).sin();
        for dial in task.actions().dials().iter().filter(|dial| dial.targets.len() == 1) {
            let target = &dial.targets[0];
            let value = target.low + share * (target.high - target.low);
            let value = if dial.unit.symbol() == "1" { target.low } else { value };
            commands.push(Command { actuator: target.actuator, value });
        }
    };
    let commanded = rollout.play_commands(&mut episode, sweep).unwrap();
    assert_eq!((commanded.decisions, commanded.exact), (144, 144));

    // Two actuators of one dial at its two ends: no action says that, and then every one says that they stay there.
    let mut episode = Episode::new(&task, key(4, 2, 0), &[]).unwrap();
    let group = task.actions().dials().iter().find(|dial| dial.targets.len() > 1).unwrap();
    let apart = |_: &Episode, commands: &mut Vec<Command>| {
        for (at, target) in group.targets.iter().enumerate() {
            let value = if at == 0 { target.low } else { target.high };
            commands.push(Command { actuator: target.actuator, value });
        }
    };
    let commanded = Rollout::new(&task).play_commands(&mut episode, apart).unwrap();
    assert_eq!((commanded.decisions, commanded.exact), (144, 143));
}

#[test]
fn it_ends_where_the_mission_is_lost() {
    let task = thirsty();
    let mut episode = Episode::new(&task, key(0, 0, 0), &[]).unwrap();
    let mut rollout = Rollout::new(&task);
    let commanded = rollout.play_commands(&mut episode, |_, _| ()).unwrap();
    assert!(commanded.status.is_terminated());
    // Who holds does what the pilot of that name does.
    let mut again = Episode::new(&task, key(0, 0, 0), &[]).unwrap();
    let mut pilot = Pilot::new("hold", &again).unwrap();
    let mut held = Rollout::new(&task);
    held.play(&mut again, |episode, _, action| pilot.act(episode, action)).unwrap();
    assert!(rollout.into_frame().same_bits(&held.into_frame()));
}
