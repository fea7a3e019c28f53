//! V-trace by hand, and what it becomes when nothing is stale.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use lunar_habitat_learn::{
    Activation, Batch, Cpu, Head, Learner, Network, PpoSettings, Segments, Shape, Sizes, Trust,
    gae, vtrace,
};

fn segments(rewards: &[f32], values: &[f32], lasting: &[f32]) -> Segments {
    let sizes =
        Sizes { length: rewards.len(), lanes: 1, first: 0, observations: 2, actions: 1, values: 1 };
    let mut segments = Segments::new(sizes);
    segments.set(rewards, values, lasting).unwrap();
    segments
}

#[test]
fn two_decisions_by_hand() {
    // Discount 0.5, λ 1; the policy of now is half as likely to do the first thing, four times as likely the second.
    let one = segments(&[1.0, 2.0], &[3.0, 4.0, 6.0], &[0.5, 0.5]);
    let (mut targets, mut advantages) = (Vec::new(), Vec::new());
    vtrace(&one, &[0.5, 4.0], 1.0, Trust::default(), &mut targets, &mut advantages);
    // Second: ρ = c = 1, δ = 2 + 3 − 4 = 1, v = 5, A = 2 + 3 − 4 = 1.
    // First: ρ = c = 0.5, δ = 0.5·(1 + 2 − 3) = 0, v = 3 + 0 + 0.5·0.5·(5 − 4) = 3.25, A = 0.5·(1 + 2.5 − 3) = 0.25.
    assert_eq!(targets, [3.25, 5.0]);
    assert_eq!(advantages, [0.25, 1.0]);
    // More trust in the second: ρ̄ = 4 makes δ = 4.
    let trust = Trust { rho_max: 4.0, c_max: 1.0 };
    vtrace(&one, &[0.5, 4.0], 1.0, trust, &mut targets, &mut advantages);
    assert_eq!(targets[1], 8.0);
    assert_eq!(advantages[1], 4.0);
}

#[test]
fn what_is_not_stale_gives_the_targets_of_gae() {
    let number = |i: usize| ((i * 29 + 5) % 17) as f32 / 5.0 - 1.0;
    let n = 30;
    let rewards: Vec<f32> = (0..n).map(number).collect();
    let values: Vec<f32> = (0..=n).map(|i| number(i + 50)).collect();
    let lasting: Vec<f32> = (0..n).map(|i| if i % 11 == 10 { 0.0 } else { 0.9 }).collect();
    let one = segments(&rewards, &values, &lasting);
    let (mut targets, mut advantages, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    vtrace(&one, &[], 0.7, Trust::default(), &mut targets, &mut advantages);
    gae(&one, 0.7, &mut plain);
    for t in 0..n {
        assert!((targets[t] - values[t] - plain[t]).abs() < 1e-5, "{t}");
    }
}

#[test]
fn what_an_older_policy_did_is_seen_by_the_one_of_now() {
    let network = Network::new(Shape {
        observations: 2,
        hidden: vec![16],
        activation: Activation::Tanh,
        is_shared: false,
        head: Head::Clipped,
        outputs: 1,
        values: 1,
    })
    .unwrap();
    let cpu = Cpu::new();
    let first = network.initial(3, 0.0);
    let settings = PpoSettings { minibatches: 1, ..PpoSettings::default() };
    let mut learner = Learner::new(&network, first, settings, cpu.level(), 0, &cpu).unwrap();
    // The densities of whoever acted were 1; nothing changes by looking twice.
    let mut one = segments(&[1.0, 0.5, 2.0], &[0.0; 4], &[0.9; 3]);
    learner.refresh(&mut one, &cpu);
    let mut again = one.clone();
    learner.refresh(&mut again, &cpu);
    assert_eq!(again.ratios(), one.ratios());
    // A standard normal number at its mean has the density 0.3989, the mean being next to 0.
    assert!(one.ratios().iter().all(|ratio| (ratio - 0.398_94).abs() < 1e-3), "{:?}", one.ratios());
    assert_eq!(again.values(), one.values());
    // Another policy: densities are now its own, and an update on them works.
    let other = network.initial(4, -0.5);
    learner.set_parameters(&other, &cpu).unwrap();
    learner.refresh(&mut again, &cpu);
    // With a deviation of e^−½ it is 0.6577 there: the ratio is still that to whoever acted.
    assert!(
        again.ratios().iter().all(|ratio| (ratio - 0.657_74).abs() < 5e-3),
        "{:?}",
        again.ratios()
    );
    let mut batch = Batch::default();
    let figures = learner.update(&[&again], &mut batch, &[], 0.0, &cpu, None);
    assert!(figures.norm.is_finite() && figures.norm > 0.0);
}
