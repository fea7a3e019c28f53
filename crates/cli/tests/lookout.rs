//! What a lookout holds in memory: a server keeps one for each session.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use env::{Observer, Timing};
use habitat::{Habitat, Plan, StreamKey, scenario};
use server::facts_of;
use watch::alarm::Overrides;
use watch::anomaly::{Lookout, rules_of};

/// Bytes that live.
static LIVE: AtomicI64 = AtomicI64::new(0);

struct Counting;

// SAFETY: every call is passed on unchanged, and what the system returns is returned; counting touches no memory of the
// caller.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as i64, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as i64, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Keeps every sample of a mission.
struct Samples(Vec<(f64, Vec<f64>)>);

impl Observer<env::EnvError> for Samples {
    fn step(&mut self, habitat: &Habitat, _: f64) {
        let mut known = vec![f64::NAN; habitat.catalogue().len()];
        habitat.read_known(&mut known);
        self.0.push((habitat.t_s(), known));
    }

    fn decision(&mut self, _: &Habitat, _: &[f64]) -> Result<(), env::EnvError> {
        Ok(())
    }
}

fn live() -> f64 {
    LIVE.load(Ordering::Relaxed) as f64
}

// One test, since what lives is counted for the whole program.
#[test]
fn a_lookout_of_a_day_is_small_and_shares_its_rules() {
    let mut model = scenario::load("artemis-30d").unwrap().scenario;
    model.sensors.iter_mut().for_each(|sensors| sensors.sample_s = Some(60.0));
    let hash = scenario::hash(&model).unwrap();
    let plan = Arc::new(Plan::compile(&model, hash).unwrap());
    let mut habitat = Habitat::new(Arc::clone(&plan), StreamKey::default());
    let mut policy = env::build("rules", &habitat).unwrap();
    let timing = Timing { dt_s: 60.0, decision_s: model.decision_s, days: 3.0 };
    let mut samples = Samples(Vec::new());
    env::run_mission(&mut habitat, policy.as_mut(), timing, &mut samples).unwrap();

    let facts = facts_of(&plan);
    let before = live();
    let rules = rules_of(&plan.catalogue, &facts);
    let count = rules.len();
    let first = Lookout::new(&plan.catalogue, rules, &Overrides::default()).unwrap();
    let whole = live() - before;
    let mut sizes = Vec::new();
    let before = live();
    let mut lookout = first.fresh();
    sizes.push(live() - before);
    for (t_s, row) in &samples.0 {
        lookout.push(*t_s, row);
        if (t_s / 86_400.0).fract() == 0.0 {
            sizes.push(live() - before);
        }
    }
    let kib: Vec<f64> = sizes.iter().map(|bytes| (bytes / 1024.0).round()).collect();
    println!("{count} rules; the first lookout {:.0} KiB", whole / 1024.0);
    println!("another one, new and after each day, {kib:?} KiB");
    // The docs of `Lookout` say how much; what grows without end shows on the third day.
    assert!(sizes[1] < 400.0 * 1024.0, "{kib:?}");
    assert!(sizes[3] - sizes[2] < 0.02 * sizes[2], "{kib:?}");
    // Rules and limits are most of the first.
    assert!(sizes[0] < 0.4 * whole, "{kib:?} {whole}");
    // One that goes on from a snapshot shares them, too.
    let snapshot = lookout.alarms().snapshot();
    let before = live();
    let resumed = first.resumed(snapshot).unwrap();
    assert!(live() - before < 0.4 * whole);
    assert_eq!(resumed.alarms().active(), lookout.alarms().active());
}
