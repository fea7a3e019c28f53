//! Advantages: by hand, against the sum that defines them, and on a task without an end.
//!
//! The classical mistakes are a time limit that is taken for death (its final observation is worth nothing), a death that
//! is taken for a time limit, and an episode whose sum runs on into the next one. Each of them changes a number here.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use lunar_habitat_learn::{
    Cpu, End, LearnError, Level, LinearWorld, Moment, PpoSettings, Segments, Sizes, Training,
    TrainingSettings, World, gae,
};

fn segments(rewards: &[f32], values: &[f32], lasting: &[f32]) -> Segments {
    let sizes =
        Sizes { length: rewards.len(), lanes: 1, first: 0, observations: 1, actions: 1, values: 1 };
    let mut segments = Segments::new(sizes);
    segments.set(rewards, values, lasting).unwrap();
    segments
}

#[test]
fn three_decisions_by_hand() {
    // Discount 0.5 and λ 0.5: δ = r + γV' − V; A = δ + γλA'.
    let one = segments(&[1.0, 2.0, 3.0], &[4.0, 2.0, 6.0, 8.0], &[0.5, 0.5, 0.5]);
    let mut found = Vec::new();
    gae(&one, 0.5, &mut found);
    // δ: 1 + 1 − 4 = −2;  2 + 3 − 2 = 3;  3 + 4 − 6 = 1.  A₂ = 1, A₁ = 3 + 0.25·1, A₀ = −2 + 0.25·3.25.
    assert_eq!(found, [-1.1875, 3.25, 1.0]);
    // The second decision ends an episode: nothing behind it counts.
    let two = segments(&[1.0, 2.0, 3.0], &[4.0, 2.0, 6.0, 8.0], &[0.5, 0.0, 0.5]);
    gae(&two, 0.5, &mut found);
    // δ₁ = 2 − 2 = 0, A₁ = 0, A₀ = −2.
    assert_eq!(found, [-2.0, 0.0, 1.0]);
}

#[test]
fn it_is_the_sum_that_defines_it() {
    let (gamma, lambda) = (0.9_f32, 0.8_f32);
    let number = |i: usize| ((i * 37 + 11) % 23) as f32 / 7.0 - 1.5;
    let n = 40;
    let rewards: Vec<f32> = (0..n).map(number).collect();
    let values: Vec<f32> = (0..=n).map(|i| number(i + 100)).collect();
    let ends = [7, 8, 30];
    let lasting: Vec<f32> = (0..n).map(|i| if ends.contains(&i) { 0.0 } else { gamma }).collect();
    let mut found = Vec::new();
    gae(&segments(&rewards, &values, &lasting), lambda, &mut found);
    for t in 0..n {
        let (mut sum, mut weight) = (0.0_f64, 1.0_f64);
        for k in t..n {
            let next = f64::from(lasting[k]) * f64::from(values[k + 1]);
            sum += weight * (f64::from(rewards[k]) + next - f64::from(values[k]));
            weight *= f64::from(lasting[k]) * f64::from(lambda);
        }
        assert!((sum - f64::from(found[t])).abs() < 1e-4, "{t}: {} {sum}", found[t]);
    }
}

/// A point of reward for each decision for ever, cut off after five decisions or ended there.
struct Endless {
    t: u32,
    is_death: bool,
}

impl World for Endless {
    fn lanes(&self) -> usize {
        1
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
        self.t += 1;
        moment.observations.fill(1.0);
        moment.finals.fill(1.0);
        moment.rewards.fill(1.0);
        moment.discounts.fill(0.9);
        let end = if self.is_death { End::Terminated } else { End::Truncated };
        moment.ends.fill(if self.t.is_multiple_of(5) { end } else { End::Running });
        Ok(())
    }

    fn snapshot(&self, _: usize) -> Result<Option<Vec<u8>>, LearnError> {
        Ok(None)
    }

    fn restore(&mut self, _: usize, _: &[u8]) -> Result<(), LearnError> {
        Ok(())
    }
}

/// Value of the only state after learning.
fn learned(is_death: bool) -> f32 {
    let settings = TrainingSettings {
        lanes: 1,
        segment: 64,
        hidden: vec![],
        ppo: PpoSettings {
            rate: 0.05,
            value_clip: None,
            norm_max: 100.0,
            ..PpoSettings::default()
        },
        ..TrainingSettings::default()
    };
    let world = |_: u64, _: usize| Ok(Box::new(Endless { t: 0, is_death }) as Box<dyn World>);
    let cpu = Cpu::new();
    let mut training = Training::new(settings, Box::new(cpu), cpu.level(), &world).unwrap();
    for _ in 0..120 {
        training.update().unwrap();
    }
    training.value(&[1.0]).unwrap()[0]
}

#[test]
fn a_point_for_ever_is_worth_ten_when_a_time_limit_is_no_death() {
    // 1/(1 − 0.9) = 10, whatever the limit of five decisions. Taken for death it would be about 3 (the mean of
    // 1, 1.9, 2.71, 3.44, 4.10); summed into the next episode without its value, other numbers again.
    let value = learned(false);
    assert!((value - 10.0).abs() < 0.3, "{value}");
}

#[test]
fn and_less_than_five_when_it_is_one() {
    // The state tells nothing of the time left: the value is the mean of 1, 1.9, 2.71, 3.439 and 4.0951, 2.629.
    let value = learned(true);
    assert!((value - 2.629).abs() < 0.3, "{value}");
}

#[test]
fn bits_do_not_depend_on_threads() {
    let run = |threads: usize| {
        let settings = TrainingSettings {
            lanes: 20,
            segment: 32,
            threads,
            normalise: true,
            scale_rewards: true,
            ..TrainingSettings::default()
        };
        let world = |first: u64, lanes: usize| {
            Ok(Box::new(LinearWorld::new(first, lanes, 0.99)) as Box<dyn World>)
        };
        let cpu = Cpu::at(Level::best()).unwrap();
        let mut training = Training::new(settings, Box::new(cpu), cpu.level(), &world).unwrap();
        let figures: Vec<_> = (0..6)
            .map(|_| {
                let progress = training.update().unwrap();
                (progress.figures, progress.finished)
            })
            .collect();
        (figures, training.parameters().to_vec(), training.checkpoint().unwrap())
    };
    let one = run(1);
    for threads in [2, 3, 8] {
        assert!(run(threads) == one, "{threads}");
    }
}
