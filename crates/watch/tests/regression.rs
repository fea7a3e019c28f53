//! Planted slowdowns are found, noise is not, and the stated level holds.

use lunar_habitat_watch::regression::{Change, RegressionSettings};

/// Draws that are a function of a seed.
struct Draws(u64);

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// Speeds about 2 million with noise of a share.
    fn speeds(&mut self, count: usize, noise: f64) -> Vec<f64> {
        (0..count).map(|_| 2e6 * (noise * self.normal()).exp()).collect()
    }
}

fn changes(seeds: u64, runs: usize, noise: f64, factor: f64) -> Vec<Change> {
    let settings = RegressionSettings::default();
    let one = |seed: u64| {
        let mut draws = Draws(seed * 7_919 + runs as u64);
        let earlier = draws.speeds(runs, noise);
        let fresh = factor * draws.speeds(1, noise)[0];
        settings.judge(&earlier, fresh).change
    };
    (0..seeds).map(one).collect()
}

fn count(changes: &[Change], wanted: Change) -> usize {
    changes.iter().filter(|change| **change == wanted).count()
}

#[test]
fn noise_raises_no_alarm_in_two_hundred_seeds() {
    for (runs, noise) in [(8, 0.01), (12, 0.02), (20, 0.01), (20, 0.03)] {
        let found = changes(200, runs, noise, 1.0);
        assert_eq!(count(&found, Change::Slower), 0, "{runs} runs, noise {noise}");
    }
    // Noise far under the least share never alarms, on either side.
    for runs in [6, 7, 8, 12, 20, 50] {
        let found = changes(2_000, runs, 0.004, 1.0);
        let quiet = count(&found, Change::Same);
        assert!(quiet == 2_000, "{runs} runs: {quiet}");
    }
}

#[test]
fn of_a_thousand_runs_as_fast_as_ever_one_is_called_slower() {
    // Noise so loud that the least share does not help.
    for runs in [6, 7, 9, 11, 13, 15, 20, 30, 50] {
        let seeds = 40_000;
        let wrong = count(&changes(seeds, runs, 0.5, 1.0), Change::Slower) as f64 / seeds as f64;
        // Five standard deviations of the count of a rate of one in a thousand.
        let room = 5.0 * (RegressionSettings::LEVEL / seeds as f64).sqrt();
        assert!(wrong <= RegressionSettings::LEVEL + room, "{runs} runs: {wrong}");
        assert!(wrong > 0.0, "{runs} runs: never wrong is too careful");
    }
}

#[test]
fn planted_slowdowns_are_found() {
    // Speed left, noise, earlier runs: far enough for the noise.
    for (factor, noise, runs) in
        [(0.9, 0.005, 12), (0.8, 0.01, 8), (0.5, 0.03, 8), (0.8, 0.02, 20), (0.75, 0.03, 20)]
    {
        let found = count(&changes(200, runs, noise, factor), Change::Slower);
        assert!(found >= 196, "{found} of 200: {factor} with noise {noise}");
    }
    let faster = count(&changes(200, 20, 0.02, 1.3), Change::Faster);
    assert!(faster >= 196, "{faster}");
}

#[test]
fn what_is_too_small_to_matter_is_not_told() {
    // Without noise at all, three per cent are surely there and not worth a word.
    let settings = RegressionSettings::default();
    assert_eq!(settings.judge(&[100.0; 20], 97.0).change, Change::Same);
    assert_eq!(settings.judge(&[100.0; 20], 94.0).change, Change::Slower);
    let keen = RegressionSettings { least_share: 0.01, least_spread: 0.001, ..settings };
    assert_eq!(keen.judge(&[100.0; 20], 97.0).change, Change::Slower);
}

#[test]
fn odd_runs_neither_hide_nor_make_a_slowdown() {
    let mut draws = Draws(5);
    let mut earlier = draws.speeds(21, 0.01);
    let clean = RegressionSettings::default().judge(&earlier, 1.6e6);
    for speed in earlier.iter_mut().step_by(4) {
        *speed *= 0.3;
    }
    let judged = RegressionSettings::default().judge(&earlier, 1.6e6);
    assert_eq!((clean.change, judged.change), (Change::Slower, Change::Slower));
    assert_eq!(RegressionSettings::default().judge(&earlier, 2e6).change, Change::Same);
    // A new level becomes the usual one when most of the runs that count have it.
    let moved: Vec<f64> = [2e6; 30].into_iter().chain([1e6; 40]).collect();
    assert_eq!(RegressionSettings::default().judge(&moved, 1e6).change, Change::Same);
}

#[test]
fn too_little_is_said_to_be_too_little() {
    let settings = RegressionSettings::default();
    let none = settings.judge(&[], 5.0);
    assert_eq!((none.change, none.usual), (Change::Unknown, None));
    assert!(none.to_string().contains("no earlier speed"), "{none}");
    let few = settings.judge(&[100.0, 101.0], 90.0);
    assert_eq!((few.change, few.earlier, few.spread), (Change::Unknown, 2, None));
    assert!(few.to_string().contains("too few"), "{few}");
    let halved = settings.judge(&[100.0], 50.0);
    assert_eq!(halved.change, Change::Slower);
    assert!(halved.to_string().contains("the one earlier run"), "{halved}");
    // Nothing that is no speed counts.
    let odd = settings.judge(&[f64::NAN, -1.0, 0.0, f64::INFINITY, 4.0], 4.0);
    assert_eq!((odd.earlier, odd.usual.map(f64::round)), (1, Some(4.0)));
    assert_eq!(settings.judge(&[4.0; 9], f64::NAN).change, Change::Unknown);
    assert_eq!(settings.judge(&[4.0; 9], 0.0).change, Change::Unknown);
}

#[test]
fn the_sentence_carries_the_evidence() {
    let earlier = [101.0, 99.0, 100.0, 100.5, 99.5, 100.2, 99.8, 100.1, 100.0, 99.9];
    let judged = RegressionSettings::default().judge(&earlier, 80.0);
    let text = judged.to_string();
    for part in
        ["slower: 20.0 % below", "10 earlier runs, 100.0;", "scatter by 0.5 %", "from 5.0 % on"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json = serde_json::to_value(judged).unwrap();
    assert_eq!(json["change"], "slower");
}
