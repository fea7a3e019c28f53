//! Where the time of a step goes, by stage.
//!
//! The step tells a [`Probe`] when each stage begins. [`NoProbe`] compiles to nothing; with
//! [`StageCounters`] a habitat is stepped by [`crate::Habitat::step_observed`] and its state has
//! the same bits. A step that is cut at an event counts once for every piece.
//!
//! # Examples
//! ```
//! use std::sync::Arc;
//! use lunar_habitat_habitat::counters::{STAGE_NAMES, StageCounters};
//! use lunar_habitat_habitat::{Habitat, Plan, StreamKey, scenario};
//! let loaded = scenario::load("leak-box")?;
//! let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
//! let mut cabin = Habitat::new(plan, StreamKey::default());
//! let mut counters = StageCounters::default();
//! for _ in 0..10 {
//!     cabin.step_observed(10.0, &mut counters)?;
//! }
//! assert_eq!(counters.steps, 10);
//! for (name, seconds) in STAGE_NAMES.iter().zip(counters.seconds) {
//!     println!("{name:12} {seconds:.2e} s");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::time::Instant;

/// Stages of a step in the order in which they run.
///
/// `Ccaa` and `Cdra` alternate where a habitat has several heat exchangers; their times add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Stage {
    /// Opening the ledger: summing what is held.
    Open = 0,
    /// Failures and repair, sun, sources, and which loads have power.
    Power = 1,
    /// Prescribed flows, equipment, off-gassing, evaporation.
    Inputs = 2,
    /// People.
    Crew = 3,
    /// Oxygen generation.
    Oga = 4,
    /// Condensing heat exchangers.
    Ccaa = 5,
    /// CO2 removal.
    Cdra = 6,
    /// Reduction, trace gases, backups.
    Reduction = 7,
    /// Water processors.
    Water = 8,
    /// Make-up, leaks, relief.
    Hull = 9,
    /// Ventilation, structure, temperature, condensation.
    Exchange = 10,
    /// Battery, fuel cell and electrolyser supply what was drawn; coolant loops and radiator take the heat.
    Supply = 11,
    /// Health and mission rules.
    Health = 12,
    /// Closing the ledger.
    Close = 13,
}

/// Number of stages.
pub const STAGES: usize = 14;

/// Names of the stages.
pub const STAGE_NAMES: [&str; STAGES] = [
    "ledger open",
    "power",
    "inputs",
    "crew",
    "oga",
    "ccaa",
    "cdra",
    "reduction",
    "water",
    "hull",
    "exchange",
    "supply",
    "health",
    "ledger close",
];

/// Observer of the stages of a step.
pub trait Probe {
    /// A stage begins; the one before it has ended.
    fn stage(&mut self, stage: Stage);
    /// The last stage has ended.
    fn end(&mut self);
}

/// Observes nothing and costs nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    #[inline(always)]
    fn stage(&mut self, _: Stage) {}
    #[inline(always)]
    fn end(&mut self) {}
}

/// Adds up the wall time of every stage; about 25 ns a stage.
#[derive(Debug, Clone)]
pub struct StageCounters {
    /// Seconds by stage.
    pub seconds: [f64; STAGES],
    /// Steps observed.
    pub steps: u64,
    current: Option<(Stage, Instant)>,
}

impl Default for StageCounters {
    fn default() -> Self {
        StageCounters { seconds: [0.0; STAGES], steps: 0, current: None }
    }
}

impl Probe for StageCounters {
    #[inline]
    fn stage(&mut self, stage: Stage) {
        let now = Instant::now();
        if let Some((last, since)) = self.current {
            self.seconds[last as usize] += (now - since).as_secs_f64();
        }
        self.current = Some((stage, now));
    }

    #[inline]
    fn end(&mut self) {
        if let Some((last, since)) = self.current.take() {
            self.seconds[last as usize] += since.elapsed().as_secs_f64();
        }
        self.steps += 1;
    }
}
