//! Observations side by side: what stands in a row over the ends of episodes, and that a training on them goes on to the bit.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use lunar_habitat_learn::{
    Cpu, End, LearnError, LinearWorld, Moment, StackedWorld, Training, TrainingSettings, World,
};

/// Two lanes that count: lane 0 by ones in episodes of three steps, lane 1 by tens without an end.
struct Counting {
    at: [f32; 2],
}

impl World for Counting {
    fn lanes(&self) -> usize {
        2
    }

    fn observations(&self) -> usize {
        1
    }

    fn actions(&self) -> usize {
        1
    }

    fn costs(&self) -> usize {
        1
    }

    fn observe(&mut self, observations: &mut [f32]) -> Result<(), LearnError> {
        observations.copy_from_slice(&self.at);
        Ok(())
    }

    fn step(&mut self, _: &[f32], moment: &mut Moment) -> Result<(), LearnError> {
        self.at[0] += 1.0;
        self.at[1] += 10.0;
        moment.ends = vec![End::Running; 2];
        moment.rewards = vec![0.5, 0.25];
        moment.costs = vec![1.0, 2.0];
        moment.discounts = vec![0.9, 0.8];
        if self.at[0] == 3.0 {
            moment.ends[0] = End::Truncated;
            moment.finals[0] = 3.0;
            self.at[0] = 0.0;
        }
        moment.observations.copy_from_slice(&self.at);
        Ok(())
    }

    fn snapshot(&self, lane: usize) -> Result<Option<Vec<u8>>, LearnError> {
        Ok(Some(self.at[lane].to_le_bytes().to_vec()))
    }

    fn restore(&mut self, lane: usize, bytes: &[u8]) -> Result<(), LearnError> {
        let four = bytes.try_into().map_err(|_| LearnError::World("four bytes".to_owned()))?;
        self.at[lane] = f32::from_le_bytes(four);
        Ok(())
    }
}

fn counting() -> StackedWorld {
    StackedWorld::new(Box::new(Counting { at: [0.0, 0.0] }), 3).unwrap()
}

#[test]
fn a_row_has_the_last_observations_of_its_own_episode() {
    let mut world = counting();
    assert_eq!(world.observations(), 3);
    let mut seen = vec![9.0; 6];
    world.observe(&mut seen).unwrap();
    assert_eq!(seen, [0.0; 6]);
    let mut moment = Moment::new(2, 3, 1);
    let mut step = |world: &mut StackedWorld| {
        world.step(&[0.0; 2], &mut moment).unwrap();
        moment.clone()
    };
    assert_eq!(step(&mut world).observations, [0.0, 0.0, 1.0, 0.0, 0.0, 10.0]);
    let second = step(&mut world);
    assert_eq!(second.observations, [0.0, 1.0, 2.0, 0.0, 10.0, 20.0]);
    assert_eq!((second.rewards, second.costs), (vec![0.5, 0.25], vec![1.0, 2.0]));
    assert_eq!(second.discounts, [0.9, 0.8]);
    let kept: Vec<Vec<u8>> = (0..2).map(|lane| world.snapshot(lane).unwrap().unwrap()).collect();
    // The final observation is the last of its episode, and the next one knows nothing of it.
    let end = step(&mut world);
    assert_eq!(end.ends, [End::Truncated, End::Running]);
    assert_eq!(end.finals[..3], [1.0, 2.0, 3.0]);
    assert_eq!(end.observations, [0.0, 0.0, 0.0, 10.0, 20.0, 30.0]);

    let mut again = counting();
    again.observe(&mut seen).unwrap();
    for (lane, bytes) in kept.iter().enumerate() {
        again.restore(lane, bytes).unwrap();
        assert_eq!(StackedWorld::inner_bytes(bytes, 3, 1).len(), 4);
    }
    again.observe(&mut seen).unwrap();
    assert_eq!(seen, second.observations);
    let other = step(&mut again);
    assert_eq!(
        (other.observations, other.finals[..3].to_vec()),
        (end.observations, end.finals[..3].to_vec())
    );
    assert!(
        again.restore(0, &kept[0][..7]).unwrap_err().to_string().contains("stack of observations")
    );
    assert!(StackedWorld::new(Box::new(Counting { at: [0.0; 2] }), 65).is_err());
}

#[test]
fn a_stacked_training_goes_on_to_the_bit_on_any_number_of_threads() {
    let training = |threads| {
        let settings = TrainingSettings {
            lanes: 9,
            segment: 16,
            threads,
            updates: 8,
            ..TrainingSettings::default()
        };
        let world = |first: u64, lanes: usize| {
            let inner = Box::new(LinearWorld::new(first, lanes, 0.99));
            Ok(Box::new(StackedWorld::new(inner, 3)?) as Box<dyn World>)
        };
        let cpu = Cpu::new();
        Training::new(settings, Box::new(cpu), cpu.level(), &world).unwrap()
    };
    let mut whole = training(1);
    whole.update().unwrap();
    let kept = whole.checkpoint().unwrap().unwrap();
    let rest: Vec<_> = (0..3).map(|_| whole.update().unwrap().figures).collect();
    for threads in [1, 2] {
        let mut again = training(threads);
        again.resume(&kept).unwrap();
        for figures in &rest {
            assert_eq!(again.update().unwrap().figures, *figures, "{threads} threads");
        }
        assert!(again.checkpoint().unwrap() == whole.checkpoint().unwrap());
    }
}
