//! Steps that take no action: some worlds spend a step on beginning the next episode.
//!
//! What such a step shows and pays is no experience. Were it learned from, the final observation would be worth what is
//! paid for beginning, and an episode would run on into the next one. The world here pays a thousand points for it.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use lunar_habitat_learn::{
    Cpu, End, LearnError, LinearWorld, Moment, Policy, PpoSettings, Training, TrainingSettings,
    World,
};

/// A point of reward for each decision for ever, cut off after five decisions or ended there, and then a step that
/// begins anew; lanes begin at different times.
struct Endless {
    t: Vec<u32>,
    end: End,
}

impl World for Endless {
    fn lanes(&self) -> usize {
        self.t.len()
    }

    fn observations(&self) -> usize {
        1
    }

    fn actions(&self) -> usize {
        1
    }

    fn costs(&self) -> usize {
        0
    }

    fn observe(&mut self, observations: &mut [f32]) -> Result<(), LearnError> {
        observations.fill(1.0);
        Ok(())
    }

    fn step(&mut self, _: &[f32], moment: &mut Moment) -> Result<(), LearnError> {
        moment.observations.fill(1.0);
        moment.finals.fill(1.0);
        moment.discounts.fill(0.9);
        for (lane, t) in self.t.iter_mut().enumerate() {
            *t = (*t + 1) % 6;
            moment.rewards[lane] = if *t == 0 { 1_000.0 } else { 1.0 };
            moment.ends[lane] = match *t {
                0 => End::Begun,
                5 => self.end,
                _ => End::Running,
            };
        }
        Ok(())
    }

    fn snapshot(&self, _: usize) -> Result<Option<Vec<u8>>, LearnError> {
        Ok(None)
    }

    fn restore(&mut self, _: usize, _: &[u8]) -> Result<(), LearnError> {
        Ok(())
    }
}

fn settings(segment: usize) -> TrainingSettings {
    TrainingSettings {
        lanes: 3,
        segment,
        hidden: vec![],
        ppo: PpoSettings {
            rate: 0.05,
            value_clip: None,
            norm_max: 100.0,
            ..PpoSettings::default()
        },
        ..TrainingSettings::default()
    }
}

fn training(segment: usize, end: End) -> Training {
    let cpu = Cpu::new();
    let world = Box::new(Endless { t: vec![0, 2, 4], end });
    Training::alone(settings(segment), Box::new(cpu), cpu.level(), world, 1).unwrap()
}

/// Value of the only state after learning.
fn learned(end: End) -> f32 {
    let mut training = training(24, end);
    for _ in 0..150 {
        let progress = training.update().unwrap();
        for episode in progress.finished {
            // The first episodes of lanes that began later are shorter.
            assert!(episode.decisions == 5 || progress.update == 1, "{episode:?}");
            assert_eq!(episode.total, episode.decisions as f64, "a step that begins pays nothing");
        }
    }
    training.value(&[1.0]).unwrap()[0]
}

#[test]
fn nothing_is_learned_from_them() {
    // 1/(1 − 0.9) = 10, and the mean of 1, 1.9, 2.71, 3.439 and 4.0951: those of worlds without such steps.
    let value = learned(End::Truncated);
    assert!((value - 10.0).abs() < 0.3, "{value}");
    let value = learned(End::Terminated);
    assert!((value - 2.629).abs() < 0.3, "{value}");
}

#[test]
fn more_minibatches_than_decisions_that_were_taken_are_no_harm() {
    let cpu = Cpu::new();
    let mut asked = settings(2);
    asked.ppo.minibatches = 6;
    let world = Box::new(Endless { t: vec![4, 4, 4], end: End::Terminated });
    let mut training = Training::alone(asked, Box::new(cpu), cpu.level(), world, 1).unwrap();
    for _ in 0..12 {
        let figures = training.update().unwrap().figures;
        assert!(figures.policy_loss.is_finite() && figures.approx_kl.is_finite());
        assert!((3 * 4..=6 * 4).contains(&figures.minibatches), "{figures:?}");
    }
}

#[test]
fn one_world_for_all_lanes_gives_the_bits_of_many() {
    let asked = |threads: usize| TrainingSettings {
        lanes: 20,
        segment: 16,
        threads,
        normalise: true,
        scale_rewards: true,
        ..TrainingSettings::default()
    };
    let cpu = Cpu::new();
    let world = |first: u64, lanes: usize| {
        Ok(Box::new(LinearWorld::new(first, lanes, 0.99)) as Box<dyn World>)
    };
    let mut many = Training::new(asked(2), Box::new(cpu), cpu.level(), &world).unwrap();
    let expected: Vec<_> = (0..4).map(|_| many.update().unwrap().figures).collect();
    for threads in [1, 3] {
        let all = Box::new(LinearWorld::new(0, 20, 0.99));
        let level = cpu.level();
        let mut one = Training::alone(asked(threads), Box::new(cpu), level, all, 16).unwrap();
        let found: Vec<_> = (0..4).map(|_| one.update().unwrap().figures).collect();
        assert_eq!(found, expected, "{threads} threads");
        assert_eq!(one.parameters(), many.parameters());
    }
    let few = Box::new(LinearWorld::new(0, 19, 0.99));
    let refused = Training::alone(asked(1), Box::new(cpu), cpu.level(), few, 16).err().unwrap();
    assert_eq!(refused.to_string(), "lanes of the world: found 19, expected 20");
}

#[test]
fn a_policy_file_begins_a_training_where_another_one_ended() {
    let new = || {
        let cpu = Cpu::new();
        let asked = TrainingSettings {
            lanes: 4,
            segment: 32,
            normalise: true,
            scale_rewards: true,
            ..TrainingSettings::default()
        };
        let world = Box::new(LinearWorld::new(0, 4, 0.99));
        Training::alone(asked, Box::new(cpu), cpu.level(), world, 16).unwrap()
    };
    let mut one = new();
    for _ in 0..5 {
        one.update().unwrap();
    }
    let policy = Policy::from_bytes(&one.policy().unwrap().to_bytes()).unwrap();
    let mut two = new();
    two.begin_from(&policy).unwrap();
    assert_eq!(two.parameters(), one.parameters());
    assert_eq!(two.normaliser(), one.normaliser());
    let seen = vec![0.3; 48];
    assert_eq!(two.value(&seen).unwrap(), one.value(&seen).unwrap());
    // What was seen weighs on: a normaliser that forgot would follow the next update alone.
    let before = one.normaliser().parts().0.to_vec();
    two.update().unwrap();
    one.update().unwrap();
    let gap = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>();
    let moved = gap(one.normaliser().parts().0, &before);
    assert!(gap(two.normaliser().parts().0, &before) < 3.0 * moved, "moved {moved}");
    // The facts carry the scale of rewards.
    assert!(policy.facts["returns"].starts_with("640 "), "{}", policy.facts["returns"]);
}

#[test]
fn restarted_lanes_forget_the_episodes_under_way() {
    let mut training = training(3, End::Truncated);
    training.update().unwrap();
    training.restart().unwrap();
    let progress = training.update().unwrap();
    let lengths: Vec<u64> = progress.finished.iter().map(|episode| episode.decisions).collect();
    // Lane 0 is at its third decision and lane 2 at its first; nothing before the restart counts.
    assert_eq!(lengths, [2]);
}
