//! A number that ceases to be one leaves a box behind, and what is in it lets the same happen again.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use lunar_habitat_learn::{
    BlackBox, Cpu, End, LearnError, Moment, Training, TrainingSettings, World,
};

/// Lanes that add up the first number of their actions; the reward is the root of 3 less the sum of lane 5, and no number
/// once that is below nothing.
struct Brittle {
    first: u64,
    sums: Vec<f64>,
}

impl Brittle {
    fn new(first: u64, lanes: usize) -> Brittle {
        Brittle { first, sums: vec![0.0; lanes] }
    }
}

impl World for Brittle {
    fn lanes(&self) -> usize {
        self.sums.len()
    }

    fn observations(&self) -> usize {
        2
    }

    fn actions(&self) -> usize {
        3
    }

    fn costs(&self) -> usize {
        0
    }

    fn observe(&mut self, observations: &mut [f32]) -> Result<(), LearnError> {
        observations.fill(0.5);
        Ok(())
    }

    fn step(&mut self, actions: &[f32], moment: &mut Moment) -> Result<(), LearnError> {
        moment.observations.fill(0.5);
        moment.discounts.fill(0.9);
        moment.ends.fill(End::Running);
        for (lane, sum) in self.sums.iter_mut().enumerate() {
            *sum += f64::from(actions[3 * lane]) + 0.2;
            let is_brittle = self.first + lane as u64 == 5;
            moment.rewards[lane] = if is_brittle { (3.0 - *sum).sqrt() as f32 } else { 0.0 };
        }
        Ok(())
    }

    fn snapshot(&self, lane: usize) -> Result<Option<Vec<u8>>, LearnError> {
        Ok(Some(self.sums[lane].to_le_bytes().to_vec()))
    }

    fn restore(&mut self, lane: usize, bytes: &[u8]) -> Result<(), LearnError> {
        let eight = bytes.try_into().map_err(|_| LearnError::World("eight bytes".to_owned()))?;
        self.sums[lane] = f64::from_le_bytes(eight);
        Ok(())
    }
}

#[test]
fn the_box_lets_it_happen_again_on_any_number_of_threads() {
    let mut boxes = Vec::new();
    for threads in [1, 2] {
        let settings = TrainingSettings {
            lanes: 16,
            segment: 8,
            threads,
            black_box: true,
            log_std: -1.0,
            ..TrainingSettings::default()
        };
        let world =
            |first: u64, lanes: usize| Ok(Box::new(Brittle::new(first, lanes)) as Box<dyn World>);
        let cpu = Cpu::new();
        let mut training = Training::new(settings, Box::new(cpu), cpu.level(), &world).unwrap();
        let error = loop {
            match training.update() {
                Ok(_) => assert!(training.updates() < 100),
                Err(error) => break error,
            }
        };
        let LearnError::NotFinite { what, lane, decisions } = error else {
            panic!("{error}");
        };
        let mut kept = training.take_black_box().unwrap();
        kept.facts = "brittle".to_owned();
        assert!(training.take_black_box().is_none());
        assert_eq!((kept.what.as_str(), kept.lane, kept.decisions), (what, lane, decisions));
        assert_eq!(lane, 5);
        let kept = BlackBox::from_bytes(&kept.to_bytes()).unwrap();

        let mut alone = Brittle::new(lane, 1);
        alone.restore(0, &kept.start).unwrap();
        let mut moment = Moment::new(1, 2, 0);
        let count = kept.actions.len() / kept.width;
        for (number, action) in kept.actions.chunks_exact(kept.width).enumerate() {
            alone.step(action, &mut moment).unwrap();
            assert_eq!(moment.rewards[0].is_nan(), number + 1 == count, "{number} of {count}");
        }
        boxes.push(kept);
    }
    assert_eq!(boxes[0], boxes[1]);
}

#[test]
fn without_it_nothing_is_kept_and_other_files_are_refused() {
    let settings = TrainingSettings { lanes: 8, segment: 64, ..TrainingSettings::default() };
    let world =
        |first: u64, lanes: usize| Ok(Box::new(Brittle::new(first, lanes)) as Box<dyn World>);
    let cpu = Cpu::new();
    let mut training = Training::new(settings, Box::new(cpu), cpu.level(), &world).unwrap();
    while training.update().is_ok() {}
    assert!(training.take_black_box().is_none());
    for bytes in
        [&b""[..], b"LHABBBOX", b"something else entirely, and long enough for a check sum"]
    {
        assert!(BlackBox::from_bytes(bytes).is_err());
    }
}
