//! From raw readings to estimates: what is believed, what stands in for it, what is calibrated.
//!
//! | test | fails when | then |
//! |---|---|---|
//! | number | not finite | silent |
//! | possible | outside what the quantity can be | silent |
//! | stuck | bit-identical over some samples, though the instrument is noisy | silent |
//! | zones | far from the median of all zones: total pressure, O2 and CO2 | suspicious |
//!
//! For a silent or suspicious instrument the last good value stands in for a while; then there is none,
//! and the rules take the other zones. Instruments are calibrated by owner. What they show for a time after
//! a calibration, or when people could not get to it, is believed whatever the others show: a zone whose
//! air is really different must not be explained away. Where instruments do not err nothing is stuck or
//! suspicious.
//!
//! # Derived values
//! ```text
//! p_w  = RH · 610.94 Pa · exp(17.625·t/(t + 243.04 K)),  t = T − 273.15 K
//! F_O2 = p_O2 / (p − p_w)
//! PIO2 = max(p − 47 mmHg, 0) · F_O2
//! ```
//! Saturation: Alduchov & Eskridge (1996), *J. Appl. Meteor.* 35, 601–609. Inspired O2: NASA-STD-3001 V2
//! 6003, OCHMO-TB-003 Rev A; 47 mmHg is the saturation pressure at body temperature. A zone without a
//! reading of total pressure has the median of the others, one without humidity 40 % at 295 K.

use habitat::sensor::Class;

use super::memory::Remembered;
use super::settings::RulesSettings;
use crate::Command;
use crate::wiring::{Handle, Wiring, reading};

/// One mmHg, Pa.
const PA_PER_MMHG: f64 = 133.322;
/// Vapour pressure at body temperature, mmHg (NASA-STD-3001 V2 6003).
const BODY_VAPOUR_MMHG: f64 = 47.0;
/// Vapour pressure of air without a reading of it, Pa: 40 % at 295 K. Assumed.
const VAPOUR_PA: f64 = 1_050.0;
/// Zones from which a median says something.
const ZONES_MIN: usize = 3;
/// Zero of the Celsius scale, K.
const ZERO_CELSIUS_K: f64 = 273.15;

/// Saturation pressure of water, Pa; see the head of the file.
fn saturation_pa(t_k: f64) -> f64 {
    // The formula has a pole at 30 K; no cabin is below 200 K.
    let t = t_k.max(200.0) - ZERO_CELSIUS_K;
    610.94 * (17.625 * t / (t + 243.04)).exp()
}

/// What a class of instruments can show, in SI.
fn possible(class: Class) -> (f64, f64) {
    match class {
        Class::Pressure | Class::O2 | Class::Co2 => (0.0, 300e3),
        Class::Temperature => (100.0, 700.0),
        Class::Humidity => (0.0, 1.5),
        Class::Charge => (0.0, 1.2),
        Class::Electric => (-1e6, 1e6),
        Class::Level | Class::Flow => (0.0, 1e9),
        Class::Record => (f64::MIN, f64::MAX),
    }
}

/// One instrument and what is known about it.
#[derive(Debug, Clone)]
struct Instrument {
    channel: usize,
    class: Class,
    /// Its owner among those that can be calibrated.
    owner: Option<usize>,
    /// Last value that was a number, and since when it has not changed by a bit.
    raw: Option<(f64, f64)>,
    /// Last value that was believed, and when.
    good: Option<(f64, f64)>,
    /// Since when it has been silent or suspicious.
    doubt_s: Option<f64>,
    /// What it shows now, if it is neither silent nor stuck.
    shown: Option<f64>,
}

/// An owner whose instruments can be calibrated.
#[derive(Debug, Clone)]
struct Owner {
    name: String,
    calibrate: Handle,
    /// When people were sent to it.
    asked_s: Option<f64>,
    /// Until when its readings are believed whatever the others show.
    trusted_s: f64,
}

/// A zone's air: places of its instruments and of the values derived from them.
#[derive(Debug, Clone)]
struct Air {
    p_total: usize,
    pp_o2: usize,
    t: usize,
    rh: usize,
    inspired: Option<usize>,
    fraction: Option<usize>,
}

/// The instruments of a habitat, and the estimates that the rules act on.
#[derive(Debug, Clone)]
pub(super) struct Instruments {
    instruments: Vec<Instrument>,
    owners: Vec<Owner>,
    airs: Vec<Air>,
    /// Commands in force, which need no instrument.
    commanded: Vec<usize>,
    /// Instruments of the zones that are compared: places in `instruments`.
    groups: [Vec<usize>; 3],
    /// Instruments are noisy.
    err: bool,
    sample_s: f64,
    crew: Option<usize>,
    estimates: Vec<f64>,
    scratch: Vec<f64>,
}

impl Remembered for Instrument {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        let Instrument { channel: _, class: _, owner: _, raw, good, doubt_s, shown } = self;
        raw.recall(word);
        good.recall(word);
        doubt_s.recall(word);
        shown.recall(word);
    }
}

impl Remembered for Owner {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        let Owner { name: _, calibrate: _, asked_s, trusted_s } = self;
        asked_s.recall(word);
        trusted_s.recall(word);
    }
}

impl Remembered for Instruments {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        let Instruments {
            instruments,
            owners,
            airs: _,
            commanded: _,
            groups: _,
            err: _,
            sample_s: _,
            crew: _,
            // Written anew at every decision.
            estimates: _,
            scratch: _,
        } = self;
        instruments.recall(word);
        owners.recall(word);
    }
}

impl Instruments {
    pub(super) fn new(wiring: &Wiring<'_>) -> Instruments {
        let habitat = wiring.habitat();
        let plan = &habitat.plan().sensors;
        let catalogue = habitat.catalogue();
        let err = plan.err && plan.error_factor > 0.0;
        let mut owners: Vec<Owner> = Vec::new();
        for name in &plan.owners {
            if let Some(calibrate) = wiring.handle(name, "set_calibrate") {
                let owner =
                    Owner { name: name.clone(), calibrate, asked_s: None, trusted_s: f64::MIN };
                owners.push(owner);
            }
        }
        let mut instruments = Vec::new();
        for sensor in &plan.sensors {
            let owner = &plan.owners[sensor.owner];
            let quantity = sensor.channel.rsplit('.').next().unwrap_or_default();
            let Some(channel) = wiring.sensed(owner, quantity) else { continue };
            instruments.push(Instrument {
                channel,
                class: sensor.class,
                owner: owners.iter().position(|known| known.name == *owner),
                raw: None,
                good: None,
                doubt_s: None,
                shown: None,
            });
        }
        let zones = wiring.owners("inspired_o2_pa");
        let group = |quantity: &str| -> Vec<usize> {
            let channels = wiring.sensed_of(&zones, quantity);
            let places = channels.iter().filter_map(|channel| {
                instruments.iter().position(|instrument| instrument.channel == *channel)
            });
            places.collect()
        };
        let groups = [group("p_total_pa"), group("pp_o2_pa"), group("pp_co2_pa")];
        let air_of = |owner: &&str| {
            Some(Air {
                p_total: wiring.sensed(owner, "p_total_pa")?,
                pp_o2: wiring.sensed(owner, "pp_o2_pa")?,
                t: wiring.sensed(owner, "t_k")?,
                rh: wiring.sensed(owner, "rh")?,
                inspired: wiring.channel(owner, "inspired_o2_pa"),
                fraction: wiring.channel(owner, "o2_fraction"),
            })
        };
        Instruments {
            airs: zones.iter().filter_map(air_of).collect(),
            commanded: habitat.actuators().iter().map(|actuator| actuator.channel).collect(),
            groups,
            err,
            sample_s: plan.sample_s,
            crew: wiring.sensed("habitat.repair", "crew_s"),
            estimates: vec![f64::NAN; catalogue.len()],
            scratch: Vec::with_capacity(instruments.len()),
            instruments,
            owners,
        }
    }

    /// Believe every reading: they are true.
    pub(super) fn trust(&mut self) {
        self.err = false;
    }

    /// Take in a row; the estimates stand in the order of the catalogue.
    ///
    /// Estimates of inspired O2 and of the O2 share of the dry gas stand in the places of their true
    /// channels; nothing else of a true channel is looked at or shown.
    pub(super) fn read(&mut self, readings: &[f64], t_s: f64, settings: &RulesSettings) {
        self.estimates.fill(f64::NAN);
        for channel in &self.commanded {
            self.estimates[*channel] = reading(readings, *channel).unwrap_or(f64::NAN);
        }
        for instrument in &mut self.instruments {
            let held_s = settings.stuck_samples.round() * self.sample_s.max(1.0);
            instrument.look(readings, t_s, held_s, self.err);
        }
        for group in 0..self.groups.len() {
            self.compare(group, t_s, settings);
        }
        for instrument in &mut self.instruments {
            let estimate = instrument.estimate(t_s, settings);
            self.estimates[instrument.channel] = estimate.unwrap_or(f64::NAN);
        }
        self.derive();
    }

    /// The estimates after [`Instruments::read`].
    pub(super) fn estimates(&self) -> &[f64] {
        &self.estimates
    }

    /// Doubt what is far from the median of its group.
    fn compare(&mut self, group: usize, t_s: f64, settings: &RulesSettings) {
        if !self.err {
            return;
        }
        let limit_pa =
            [settings.suspect_p_pa, settings.suspect_o2_pa, settings.suspect_co2_pa][group];
        let members = &self.groups[group];
        self.scratch.clear();
        self.scratch.extend(members.iter().filter_map(|at| self.instruments[*at].shown));
        if self.scratch.len() < ZONES_MIN {
            return;
        }
        let median_pa = median(&mut self.scratch);
        for at in members {
            let instrument = &mut self.instruments[*at];
            let trusted = instrument.owner.is_none_or(|owner| t_s < self.owners[owner].trusted_s);
            if !trusted && instrument.shown.is_some_and(|pa| (pa - median_pa).abs() > limit_pa) {
                instrument.shown = None;
            }
        }
    }

    /// Inspired O2 and the O2 share of the dry gas of every zone.
    fn derive(&mut self) {
        self.scratch.clear();
        let known = self.airs.iter().filter_map(|air| reading(&self.estimates, air.p_total));
        self.scratch.extend(known);
        let common_pa = (!self.scratch.is_empty()).then(|| median(&mut self.scratch));
        for air in &self.airs {
            let p_pa = reading(&self.estimates, air.p_total).or(common_pa);
            let (Some(p_pa), Some(o2_pa)) = (p_pa, reading(&self.estimates, air.pp_o2)) else {
                continue;
            };
            let humid = reading(&self.estimates, air.rh).zip(reading(&self.estimates, air.t));
            let vapour_pa = humid.map_or(VAPOUR_PA, |(rh, t_k)| rh * saturation_pa(t_k));
            let fraction = o2_pa / (p_pa - vapour_pa).max(1.0);
            if let Some(at) = air.fraction {
                self.estimates[at] = fraction;
            }
            if let Some(at) = air.inspired {
                self.estimates[at] = (p_pa - BODY_VAPOUR_MMHG * PA_PER_MMHG).max(0.0) * fraction;
            }
        }
    }

    /// Send people to instruments that have been silent or suspicious for a while.
    ///
    /// Zones come first; other owners wait while `urgent` or while little crew time is in hand.
    pub(super) fn calibrate(
        &mut self,
        readings: &[f64],
        t_s: f64,
        settings: &RulesSettings,
        urgent: bool,
        commands: &mut Vec<Command>,
    ) {
        let in_hand_h = self.crew.and_then(|at| reading(readings, at)).map(|s| s / 3_600.0);
        for (at, owner) in self.owners.iter_mut().enumerate() {
            if let Some(asked_s) = owner.asked_s {
                let wanted = reading(readings, owner.calibrate.channel).unwrap_or(1.0) > 0.5;
                // Done, or given up: either way nobody knows better than the instruments now.
                if !wanted || t_s - asked_s > settings.calibrate_s {
                    owner.trusted_s = t_s + settings.trust_s;
                    owner.asked_s = None;
                    for instrument in &mut self.instruments {
                        if instrument.owner == Some(at) {
                            instrument.doubt_s = None;
                            instrument.raw = None;
                        }
                    }
                }
                continue;
            }
            let doubtful = self.instruments.iter().any(|instrument| {
                instrument.owner == Some(at)
                    && instrument.doubt_s.is_some_and(|since_s| t_s - since_s >= settings.suspect_s)
            });
            let has_time = owner.name.ends_with(".air")
                || (!urgent && in_hand_h.is_none_or(|h| h >= settings.reserve_h));
            if doubtful && has_time {
                owner.asked_s = Some(t_s);
                let Handle { actuator, high, .. } = owner.calibrate;
                commands.push(Command { actuator, value: high });
            }
        }
    }
}

impl Instrument {
    /// Take the reading if it is a possible number that is not stuck.
    fn look(&mut self, readings: &[f64], t_s: f64, held_s: f64, err: bool) {
        let (low, high) = possible(self.class);
        self.shown = reading(readings, self.channel).filter(|value| (low..=high).contains(value));
        let Some(value) = self.shown else {
            return;
        };
        let since_s = match self.raw {
            Some((last, since_s)) if last.to_bits() == value.to_bits() => since_s,
            _ => t_s,
        };
        self.raw = Some((value, since_s));
        // At zero noise is cut or has no size: a quantity that rests there is not stuck.
        let noisy = err && self.class != Class::Record && value != 0.0;
        if noisy && t_s - since_s >= held_s {
            self.shown = None;
        }
    }

    /// What to believe: what it shows, or for a while what it showed last.
    fn estimate(&mut self, t_s: f64, settings: &RulesSettings) -> Option<f64> {
        if let Some(value) = self.shown {
            self.good = Some((value, t_s));
            self.doubt_s = None;
            return Some(value);
        }
        self.doubt_s.get_or_insert(t_s);
        let (value, seen_s) = self.good?;
        (t_s - seen_s <= settings.hold_s).then_some(value)
    }
}

/// Median of the values, which are sorted; not a number of none.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[half],
        _ => 0.5 * (values[half - 1] + values[half]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saturation_is_that_of_the_steam_tables() {
        // 2 339 Pa at 20 degC.
        assert!((saturation_pa(293.15) / 2_339.0 - 1.0).abs() < 0.004);
        assert!(saturation_pa(-5.0).is_finite());
    }

    #[test]
    fn the_median_of_two_is_their_mean() {
        assert_eq!(median(&mut [4.0, 1.0]), 2.5);
        assert_eq!(median(&mut [9.0, 1.0, 2.0]), 2.0);
        assert!(median(&mut []).is_nan());
    }
}
