//! Multipliers rise while a cost is above its limit and fall while it is below, and what they weigh is learned.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use lunar_habitat_learn::{
    Constraint, Cpu, End, LearnError, Moment, Multipliers, PpoSettings, Training, TrainingSettings,
    World,
};

fn limit(cost: usize, limit: f64) -> Constraint {
    Constraint { name: format!("cost {cost}"), cost, limit }
}

#[test]
fn an_update_by_hand() {
    let mut two = Multipliers::new(&[limit(0, 0.5), limit(1, 2.0)], 0.1).unwrap();
    assert_eq!(two.weights(), [0.0, 0.0]);
    // 1/0.5 − 1 = 1 over, 1/2 − 1 = −0.5 under.
    two.follow(&[1.0, 1.0]);
    assert_eq!(two.values(), [0.1, 0.0]);
    // 0.1 + 0.1·(0.25/0.5 − 1) and 0.1·(6/2 − 1).
    two.follow(&[0.25, 6.0]);
    assert!((two.values()[0] - 0.05).abs() < 1e-12 && (two.values()[1] - 0.2).abs() < 1e-12);
    assert!((two.weights()[0] - 0.1).abs() < 1e-6 && (two.weights()[1] - 0.1).abs() < 1e-6);
    // What is no number changes nothing; nothing grows without end.
    two.follow(&[f64::NAN, 1e12]);
    assert!((two.values()[0] - 0.05).abs() < 1e-12 && two.values()[1] == 100.0);
    assert!(Multipliers::new(&[limit(0, -1.0)], 0.1).is_err());
}

/// The reward is the first action, its cost what of it is above nothing, a second cost the second action.
struct Tempting;

impl World for Tempting {
    fn lanes(&self) -> usize {
        8
    }

    fn observations(&self) -> usize {
        1
    }

    fn actions(&self) -> usize {
        2
    }

    fn costs(&self) -> usize {
        2
    }

    fn observe(&mut self, observations: &mut [f32]) -> Result<(), LearnError> {
        observations.fill(1.0);
        Ok(())
    }

    fn step(&mut self, actions: &[f32], moment: &mut Moment) -> Result<(), LearnError> {
        moment.observations.fill(1.0);
        moment.discounts.fill(0.0);
        moment.ends.fill(End::Running);
        for (lane, action) in actions.chunks_exact(2).enumerate() {
            moment.rewards[lane] = action[0] + action[1];
            moment.costs[2 * lane] = action[0].max(0.0);
            moment.costs[2 * lane + 1] = action[1].max(0.0);
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

#[test]
fn two_limits_are_kept_at_once_where_the_reward_pulls_beyond() {
    let run = |constraints: Vec<Constraint>| {
        let settings = TrainingSettings {
            lanes: 8,
            segment: 32,
            hidden: vec![],
            log_std: -2.0,
            ppo: PpoSettings { rate: 0.01, value_clip: None, ..PpoSettings::default() },
            constraints,
            multiplier_rate: 0.05,
            ..TrainingSettings::default()
        };
        let world = |_: u64, _: usize| Ok(Box::new(Tempting) as Box<dyn World>);
        let cpu = Cpu::new();
        let mut training = Training::new(settings, Box::new(cpu), cpu.level(), &world).unwrap();
        let mut costs = [0.0; 2];
        for update in 0..600 {
            let progress = training.update().unwrap();
            if update >= 400 {
                costs[0] += progress.costs[0] / 200.0;
                costs[1] += progress.costs[1] / 200.0;
            }
        }
        costs
    };
    let free = run(vec![]);
    assert!(free[0] > 0.8 && free[1] > 0.8, "{free:?}");
    let kept = run(vec![limit(0, 0.2), limit(1, 0.5)]);
    assert!((kept[0] - 0.2).abs() < 0.06 && (kept[1] - 0.5).abs() < 0.1, "{kept:?}");
}
