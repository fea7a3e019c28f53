//! A training that was interrupted goes on to the same bits, and does not go on from what is no checkpoint of it.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use lunar_habitat_learn::{Cpu, LinearWorld, Training, TrainingSettings, World};

fn training(threads: usize, lanes: usize) -> Training {
    let settings = TrainingSettings {
        lanes,
        segment: 16,
        threads,
        normalise: true,
        scale_rewards: true,
        updates: 20,
        ..TrainingSettings::default()
    };
    let world = |first: u64, lanes: usize| {
        Ok(Box::new(LinearWorld::new(first, lanes, 0.99)) as Box<dyn World>)
    };
    let cpu = Cpu::new();
    Training::new(settings, Box::new(cpu), cpu.level(), &world).unwrap()
}

#[test]
fn interrupted_equals_uninterrupted_on_any_number_of_threads() {
    let mut whole = training(1, 9);
    for _ in 0..10 {
        whole.update().unwrap();
    }
    let kept = whole.checkpoint().unwrap().unwrap();
    let rest: Vec<_> = (0..10).map(|_| whole.update().unwrap().figures).collect();
    for threads in [1, 2, 4] {
        let mut again = training(threads, 9);
        again.resume(&kept).unwrap();
        assert_eq!(again.checkpoint().unwrap().unwrap(), kept);
        for figures in &rest {
            assert_eq!(again.update().unwrap().figures, *figures, "{threads} threads");
        }
        assert_eq!(again.parameters(), whole.parameters());
        assert!(again.checkpoint().unwrap() == whole.checkpoint().unwrap());
    }
    // From a file, of which nothing but pieces is held, it is the same.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.bin");
    std::fs::write(&path, &kept).unwrap();
    let mut again = training(2, 9);
    again.resume_from(&mut std::fs::File::open(&path).unwrap()).unwrap();
    assert!(again.checkpoint().unwrap().unwrap() == kept);
    std::fs::write(&path, &kept[..kept.len() - 1]).unwrap();
    let error = training(2, 9).resume_from(&mut std::fs::File::open(&path).unwrap());
    assert!(error.unwrap_err().to_string().contains("check sum"));
}

#[test]
fn fewer_lanes_go_on_and_more_do_not() {
    let mut whole = training(1, 16);
    whole.update().unwrap();
    let kept = whole.checkpoint().unwrap().unwrap();
    let mut half = training(2, 8);
    half.resume(&kept).unwrap();
    assert_eq!((half.updates(), half.decisions()), (1, 256));
    assert_eq!(half.parameters(), whole.parameters());
    half.update().unwrap();
    assert_eq!(half.decisions(), 256 + 128);
    let error = training(1, 17).resume(&kept).unwrap_err().to_string();
    assert_eq!(error, "checkpoint, lanes: found 16, expected 17");
}

#[test]
fn what_is_no_checkpoint_of_it_is_refused() {
    let mut one = training(1, 8);
    one.update().unwrap();
    let kept = one.checkpoint().unwrap().unwrap();
    let refused =
        |bytes: &[u8], lanes: usize| training(1, lanes).resume(bytes).unwrap_err().to_string();
    assert_eq!(refused(&kept, 9), "checkpoint, lanes: found 8, expected 9");
    assert_eq!(refused(b"something else", 8), "checkpoint: it does not begin as one");
    for at in [20, kept.len() / 2, kept.len() - 1] {
        let mut bad = kept.clone();
        bad[at] ^= 1;
        let words = refused(&bad, 8);
        assert_eq!(words, "checkpoint: it is damaged: its check sum does not fit");
    }
    for length in [0, 7, 8, 40, kept.len() - 1] {
        assert!(!refused(&kept[..length], 8).is_empty());
    }
}
