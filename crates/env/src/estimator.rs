//! What a habitat is taken to be by those who see its instruments alone.
//!
//! A [`Shadow`] of the habitat as designed is stepped along with the same commands and corrected at every decision from
//! what [`Rules`] believe of the instruments: readings that are silent, stuck or far from the others are not believed there,
//! and units that give nothing are presumed to have failed. Nothing else comes in: no habitat is shown to it.
//!
//! # Correction
//! ```text
//! x ← y                   at the first correction, without noise, or where |y − x| > 3σ
//! x ← x + K·(y − x)       else,   K = 1 − e^(−Δt/1800 s)
//!   x  what the instrument would show of the shadow      y  what is believed of the real one
//!   σ  noise of the class of instruments                 Δt  time since the last correction
//! ```
//! | corrected | from |
//! |---|---|
//! | air of every zone | temperature, total pressure, O2, CO2, humidity; nitrogen is the rest |
//! | structure of every zone, battery, coolant supply | temperatures |
//! | tanks, waste water, CO2 accumulator, food, hydroxide, candles, filters | contents, records |
//! | battery, store of the fuel cell | charge |
//! | array | power of the sources in full sun |
//! | commands in force, spares, crew time | records |
//! | units | [`crate::Presumed`]: failed, degraded, stuck, leaking |
//! | holes, where walls are presumed to leak | `loss' = (n of the shadow − n believed)/Δt + given more than the shadow gives`, mean over an hour |
//!
//! # What it cannot know
//! - Numbers drawn for the episode: sizes of tanks and stores that are not seen, volumes, leakages. A drawn store of
//!   the fuel cell is taken to be that of the design, at the share that its instrument shows.
//! - Bias and drift of instruments.
//! - What no instrument shows: loads of sorbent beds, water on walls, bodies, equipment on plates, dust on the radiator. They
//!   go on as in the shadow.
//! - Failures to come; of those that have come, what [`Rules`] do not presume: fans, pumps, battery, fuel cell and
//!   electrolyser, and of any other what half an hour has not shown.
//! - Illness: the ill do no work and breathe otherwise, which the shadow does not know.
//!
//! # Accuracy
//! Ten days of `artemis-30d` at nominal and at hard, noisy instruments, root mean square of the worst zone: O2 143 Pa, CO2
//! 54 Pa, temperature 0.4 K, potable water 4.5 kg of 300, charge 0.015, nearly all of it bias of instruments. Six hours
//! ahead under known commands: 104 Pa, 33 Pa, 0.6 K, 4.5 kg, 0.012.
//! # Tests
//! `estimator` in this crate.

use habitat::fault::{Kind, Mode};
use habitat::sensor::Class;
use habitat::shadow::{Air, Assumption, Content, Shadow};
use habitat::{Habitat, Plan, PlanError};

use crate::wiring::{Wiring, reading};
use crate::{Command, Presumed, Rules};

/// Step of the shadow, s: at 600 s the air of a zone with a heat exchanger is 1.4 K off in six hours, at 300 s 0.5 K, at
/// 60 s 0.1 K.
pub(crate) const STEP_S: f64 = 300.0;
/// Time constant of a correction within the noise, s. Assumed: three readings of ten minutes.
const SETTLE_S: f64 = 1_800.0;
/// Distance in standard deviations of the noise beyond which a reading is news.
const NEWS: f64 = 3.0;
/// Time over which a loss of air is averaged, s. Assumed.
const LOSS_S: f64 = 3_600.0;
/// Share of the sun's disc in view from which the array is judged by what it gives.
const LIT: f64 = 0.999;
/// Power of the array by design under which it is not judged, W.
const LIT_W: f64 = 100.0;

/// An instrument: its channel, and how far it errs.
#[derive(Debug, Clone, Copy)]
struct Gauge {
    channel: usize,
    /// Noise in the unit of the channel, and as a share of the value.
    noise: (f64, f64),
}

/// Instruments of a zone.
#[derive(Debug, Clone, Copy)]
struct AirGauges {
    t: Option<Gauge>,
    p_total: Option<Gauge>,
    pp_o2: Option<Gauge>,
    pp_co2: Option<Gauge>,
    rh: Option<Gauge>,
}

/// The best guess at a habitat.
///
/// # Examples
/// A day of `cabin-30d` under the rules, and how far the guess is off:
/// ```
/// use std::sync::Arc;
/// use habitat::{Habitat, Plan, StreamKey, scenario};
/// use lunar_habitat_env::{Controller, Estimator, Rules};
/// let loaded = scenario::load("cabin-30d")?;
/// let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
/// let mut cabin = Habitat::new(Arc::clone(&plan), StreamKey::default());
/// let mut rules = Rules::new(&cabin);
/// let mut estimator = Estimator::new(&plan, 0.0)?;
/// let (mut known, mut commands) = (vec![f64::NAN; cabin.catalogue().len()], Vec::new());
/// for _ in 0..144 {
///     cabin.read_known(&mut known);
///     commands.clear();
///     rules.decide(&known, cabin.t_s(), &mut commands);
///     estimator.correct(&rules);
///     estimator.command(&commands);
///     for command in &commands {
///         cabin.command(command.actuator, command.value)?;
///     }
///     (0..10).try_for_each(|_| cabin.step(60.0))?;
///     estimator.pass(cabin.t_s())?;
/// }
/// let co2 = cabin.catalogue().find("living.air.pp_co2_pa")?;
/// let (real, guess) = (cabin.value(co2).unwrap(), estimator.habitat().value(co2).unwrap());
/// assert!((real - guess).abs() < 20.0, "{real} {guess}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Estimator {
    shadow: Shadow,
    airs: Vec<AirGauges>,
    structures: Vec<Option<Gauge>>,
    contents: Vec<(Content, Gauge)>,
    battery: Option<Gauge>,
    battery_t: Option<Gauge>,
    coolant: Vec<(usize, Gauge)>,
    source: Option<Gauge>,
    spares: Vec<(usize, usize)>,
    crew_time: Option<usize>,
    /// Gas that regulators give.
    given: Vec<usize>,
    kinds: Vec<Kind>,
    error_factor: f64,
    corrected_s: Option<f64>,
    loss_mol_s: f64,
    /// What instruments would show of the shadow.
    shown: Vec<f64>,
    assumptions: Vec<Assumption>,
}

impl Estimator {
    /// The design of `plan` at `t_s`, nothing seen yet.
    ///
    /// # Errors
    /// As [`Shadow::plan_of`].
    pub fn new(plan: &Plan, t_s: f64) -> Result<Estimator, PlanError> {
        let shadow = Shadow::new(Shadow::plan_of(plan)?, t_s);
        let habitat = shadow.habitat();
        let wiring = Wiring::new(habitat);
        let gauge = |owner: &str, quantity: &str| -> Option<Gauge> {
            let of = format!("{owner}.{quantity}");
            let sensor = plan.sensors.sensors.iter().find(|sensor| sensor.channel == of)?;
            let noise = match sensor.class {
                Class::Record => (0.0, 0.0),
                class => class.errors().noise,
            };
            Some(Gauge { channel: wiring.sensed(owner, quantity)?, noise })
        };
        let air = |quantity: &str, zone: usize| {
            gauge(&format!("{}.air", plan.zones[zone].name), quantity)
        };
        let zones = 0..plan.zones.len();
        let mut contents = Vec::new();
        for (content, quantity) in [
            (Content::Oxygen, "o2_mol"),
            (Content::Nitrogen, "n2_mol"),
            (Content::CarbonDioxide, "co2_mol"),
            (Content::Potable, "potable_kg"),
            (Content::Condensate, "condensate_kg"),
            (Content::Urine, "urine_kg"),
            (Content::Brine, "brine_kg"),
            (Content::Food, "food_kg"),
        ] {
            contents.extend(gauge("stores.tanks", quantity).map(|gauge| (content, gauge)));
        }
        contents.extend(
            gauge("habitat.fuel_cell", "store_fraction").map(|gauge| (Content::Hydrogen, gauge)),
        );
        for (quantity, content) in [
            ("left_mol", Content::Hydroxide as fn(usize) -> Content),
            ("fresh_mol", Content::Candles),
            ("filter_used", Content::Filter),
        ] {
            for (place, owner) in wiring.owners(quantity).into_iter().enumerate() {
                contents.extend(gauge(owner, quantity).map(|gauge| (content(place), gauge)));
            }
        }
        let units = plan.faults.units.iter().enumerate();
        Ok(Estimator {
            airs: zones
                .clone()
                .map(|zone| AirGauges {
                    t: air("t_k", zone),
                    p_total: air("p_total_pa", zone),
                    pp_o2: air("pp_o2_pa", zone),
                    pp_co2: air("pp_co2_pa", zone),
                    rh: air("rh", zone),
                })
                .collect(),
            structures: zones
                .map(|zone| gauge(&format!("{}.structure", plan.zones[zone].name), "t_k"))
                .collect(),
            contents,
            battery: gauge("habitat.battery", "usable"),
            battery_t: gauge("habitat.battery", "t_k"),
            coolant: habitat::thermal::LOOPS
                .iter()
                .enumerate()
                .filter_map(|(which, name)| {
                    Some((which, gauge(&format!("habitat.{name}"), "supply_k")?))
                })
                .collect(),
            source: gauge("habitat.power", "source_w"),
            spares: units
                .filter_map(|(at, unit)| Some((at, wiring.sensed(&unit.unit, "spares")?)))
                .collect(),
            crew_time: wiring.sensed("habitat.repair", "crew_s"),
            given: {
                let regulators = wiring.owners("set_p_total_pa");
                let mut given = wiring.sensed_of(&regulators, "n2_mol_s");
                given.extend(wiring.sensed_of(&regulators, "o2_mol_s"));
                given
            },
            kinds: plan.faults.units.iter().map(|unit| unit.kind).collect(),
            error_factor: if plan.sensors.err { plan.sensors.error_factor } else { 0.0 },
            corrected_s: None,
            loss_mol_s: 0.0,
            shown: vec![f64::NAN; habitat.catalogue().len()],
            assumptions: Vec::new(),
            shadow,
        })
    }

    /// What the habitat is taken to be.
    ///
    /// Its ledger closes from correction to correction alone ([`habitat::shadow`]).
    #[must_use]
    pub fn habitat(&self) -> &Habitat {
        self.shadow.habitat()
    }

    /// A copy to look ahead on: it meets no failure and no bad day, as the estimator knows of none.
    #[must_use]
    pub fn ahead(&self) -> Habitat {
        self.shadow.fork(0)
    }

    /// The habitat was given these commands now.
    ///
    /// One that an actuator does not take is passed over: the real one refuses it in words.
    pub fn command(&mut self, commands: &[Command]) {
        for command in commands {
            // Refusals belong to whoever commands the real habitat.
            let _ = self.shadow.command(command.actuator, command.value);
        }
    }

    /// Let time pass until `t_s`, in steps of at most five minutes; a time that is over changes nothing.
    ///
    /// # Errors
    /// [`habitat::StepError`] never, for the steps are ones that a habitat takes.
    pub fn pass(&mut self, t_s: f64) -> Result<(), habitat::StepError> {
        loop {
            let left_s = t_s - self.habitat().t_s();
            if left_s.is_nan() || left_s < 1e-3 {
                return Ok(());
            }
            self.shadow.step(left_s.min(STEP_S))?;
        }
    }

    /// Take in what `rules` believe and presume since their last decision, which was at this time.
    pub fn correct(&mut self, rules: &Rules) {
        let believed = rules.believed();
        let now_s = self.habitat().t_s();
        let since_s = self.corrected_s.replace(now_s).map(|last_s| (now_s - last_s).max(0.0));
        self.shadow.habitat().read_true(&mut self.shown);
        let gain = since_s.map_or(1.0, |s| 1.0 - habitat::math::exp(-s / SETTLE_S));
        let (shown, error_factor) = (&self.shown, self.error_factor);
        let best = |gauge: Gauge| -> Option<f64> {
            let y = reading(believed, gauge.channel)?;
            let Some(x) = reading(shown, gauge.channel) else { return Some(y) };
            let sigma = error_factor * (gauge.noise.0 + gauge.noise.1 * x.abs());
            Some(if (y - x).abs() > NEWS * sigma { y } else { x + gain * (y - x) })
        };
        let mut all = std::mem::take(&mut self.assumptions);
        all.clear();
        // What is in force before what depends on it; a unit that is stuck shows in what is in force.
        for (at, actuator) in self.habitat().actuators().iter().enumerate() {
            all.extend(reading(believed, actuator.channel).map(|v| Assumption::InForce(at, v)));
        }
        for (zone, gauges) in self.airs.iter().enumerate() {
            let air = Air {
                t_k: gauges.t.and_then(best),
                p_total_pa: gauges.p_total.and_then(best),
                pp_o2_pa: gauges.pp_o2.and_then(best),
                pp_co2_pa: gauges.pp_co2.and_then(best),
                rh: gauges.rh.and_then(best),
            };
            all.push(Assumption::Air(zone, air));
        }
        for (zone, gauge) in self.structures.iter().enumerate() {
            let t_k = gauge.and_then(best);
            all.extend(t_k.map(|t_k| Assumption::Structure(zone, t_k)));
        }
        for (content, gauge) in &self.contents {
            all.extend(best(*gauge).map(|value| Assumption::Content(*content, value)));
        }
        all.extend(self.battery.and_then(best).map(Assumption::Battery));
        all.extend(self.battery_t.and_then(best).map(Assumption::BatteryTemperature));
        for (which, gauge) in &self.coolant {
            all.extend(best(*gauge).map(|t_k| Assumption::Coolant(*which, t_k)));
        }
        all.extend(self.source.and_then(best).and_then(|w| self.array(w)));
        for (unit, channel) in &self.spares {
            all.extend(reading(believed, *channel).map(|n| Assumption::Spares(*unit, n)));
        }
        let crew_time = self.crew_time.and_then(|at| reading(believed, at));
        all.extend(crew_time.map(Assumption::CrewTime));
        let mut pierced = false;
        for ((unit, kind), presumed) in self.kinds.iter().enumerate().zip(rules.presumptions()) {
            if *kind == Kind::Hull {
                pierced |= presumed == Presumed::Leaking;
            } else {
                all.push(Assumption::Fault(unit, mode_of(presumed)));
            }
        }
        let before_mol = self.gas_mol();
        self.shadow.assume(&all);
        if let Some(since_s) = since_s.filter(|s| *s > 0.0) {
            let given =
                |row: &[f64]| self.given.iter().filter_map(|at| reading(row, *at)).sum::<f64>();
            let more_mol_s = given(believed) - given(&self.shown);
            let lost_mol_s = (before_mol - self.gas_mol()) / since_s + more_mol_s;
            self.loss_mol_s += (since_s / LOSS_S).min(1.0) * lost_mol_s;
        }
        self.loss_mol_s = if pierced { self.loss_mol_s.max(0.0) } else { 0.0 };
        if self.kinds.contains(&Kind::Hull) {
            self.shadow.assume(&[Assumption::Holes(self.loss_mol_s)]);
        }
        self.assumptions = all;
    }

    /// Share of its design power that the array gives, from the power of all sources in full sun.
    fn array(&self, source_w: f64) -> Option<Assumption> {
        let habitat = self.habitat();
        let power = habitat.state().power.first()?;
        let plan = habitat.plan().power.as_ref()?;
        let design_w = power.cells_w_m2 * plan.array_m2;
        let judged = design_w > LIT_W && power.lit_fraction > LIT;
        judged.then(|| Assumption::Array((source_w - plan.fission_w) / design_w))
    }

    /// Gas in all zones of the shadow, mol.
    fn gas_mol(&self) -> f64 {
        self.habitat().state().zones.iter().map(|zone| zone.total_mol()).sum()
    }
}

/// The mode that a presumption stands for; nothing is wrong with what nothing is known of.
fn mode_of(presumed: Presumed) -> Mode {
    match presumed {
        Presumed::Unknown | Presumed::Sound => Mode::Sound,
        Presumed::Degraded => Mode::Degraded,
        Presumed::Failed => Mode::Failed,
        Presumed::Stuck => Mode::Stuck,
        Presumed::Leaking => Mode::Leaking,
    }
}
