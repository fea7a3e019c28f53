//! Instruments: what is measured, and how measuring errs.
//!
//! Beside the true channel of a measured quantity stands its sensed one: `living.air.pp_co2_pa` and
//! `living.air.sensed_pp_co2_pa`. Without `[sensors]` in the scenario it shows the truth.
//! # Equation
//! ```text
//! y_k = x(t_k − τ) + (a_b + r_b·|x|)·z_b + (a_d + r_d·|x|)·z_d·days + (a_n + r_n·|x|)·z_k + offset
//!   t_k   sampling times, a grid of mission time                                 [s]
//!   τ     delay; x between two samples is taken as a straight line               [s]
//!   a, r  error in the unit of the channel, and as a share of the value
//!   z_b   bias of this instrument, drawn when it is made or calibrated
//!   z_d   its drift; days since then
//!   z_k   noise of this sample
//! z = √3·(u1 + u2 + u3 + u4 − 2)                                  mean 0, variance 1, within ±3.47
//! ```
//! A quantity that cannot be negative is not shown so, and a share is not shown above one.
//! # State
//! Per instrument: last sample of the truth, what it shows, bias, drift, when it was calibrated, what is
//! wrong with it, hazard and threshold as in [`crate::fault::wear`]; per owner: calibration under way.
//! # Stages
//! A sample of everything between two steps, at sampling times; a step is cut there, so that nothing depends on its length.
//! # Faults
//! | mode | what is shown |
//! |---|---|
//! | stuck | what was shown last |
//! | drop-out | nothing: the channel is not a number |
//! | bias | an offset is added |
//!
//! Beside them a sample may be missing (one in ten thousand, assumed).
//! # Calibration
//! Commanded by owner (`living.air.set_calibrate`). People take an hour of their time for repair
//! ([`crate::fault`]; without `[faults]` only the time passes); then the instruments of the owner have
//! a third of a fresh bias (assumed) and no drift, and are sound: transducers are in stock without end (assumed).
//! # Parameters
//! | class | noise | bias | drift a day | delay | mean time between failures | source |
//! |---|---|---|---|---|---|---|
//! | pressure | 20 Pa | 50 Pa | 2 Pa | 0 | 25 000 d | assumed |
//! | O2 analyser | 20 Pa | 60 Pa | 6 Pa | 60 s | 2 577 d | assumed; MTBF as the hydrogen sensor of an OGA (HabNet) |
//! | CO2 analyser | 5 Pa | 13 Pa | 1.5 Pa | 60 s | 2 577 d | assumed; as above |
//! | temperature | 0.05 K | 0.2 K | 0.005 K | 30 s | 25 000 d | assumed |
//! | humidity | 0.005 | 0.02 | 0.001 | 30 s | 25 000 d | assumed |
//! | level, amount | 0.5 % | 1 % | 0.02 % | 0 | 25 000 d | assumed |
//! | flow | 1 % | 2 % | 0.05 % | 0 | 25 000 d | assumed |
//! | electric power | 0.5 %, 1 W | 1 % | 0 | 0 | 25 000 d | assumed |
//! | charge | 0.005 | 0.01 | 0.0005 | 0 | 25 000 d | assumed |
//! | record | – | – | – | – | never | counted by people |
//! # Tests
//! `sensors` in this crate.

use crate::channels::Binding;
use crate::fault::Wear;
use crate::plan::Plan;
use crate::slots::state;
use crate::state::State;
use crate::stream::{DRAWS, Purpose, StreamKey};

/// Share of samples that are missing. Assumed.
const MISSING: f64 = 1e-4;
/// Crew-hours of a calibration. Assumed.
const CALIBRATION_H: f64 = 1.0;
/// Share of the bias of a new instrument that a calibration leaves. Assumed.
const CALIBRATED: f64 = 1.0 / 3.0;
/// Bias of an instrument that jumps, in biases of its class. Assumed.
const JUMP: f64 = 10.0;
/// Most instruments; the index of a draw depends on it.
const SENSORS_MAX: u64 = 4_096;
/// Seconds in a day.
const DAY_S: f64 = 86_400.0;

/// Classes of instruments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Total pressure.
    Pressure,
    /// Oxygen partial pressure.
    O2,
    /// Carbon dioxide partial pressure.
    Co2,
    /// Temperature.
    Temperature,
    /// Relative humidity.
    Humidity,
    /// Content of a tank.
    Level,
    /// Flow or rate of a process.
    Flow,
    /// Electric power, either sign.
    Electric,
    /// A share between 0 and 1.
    Charge,
    /// Known by counting, without error.
    Record,
}

/// Errors of a class: in the unit of the channel and as a share of the value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// Noise of a sample.
    pub noise: (f64, f64),
    /// Bias of an instrument.
    pub bias: (f64, f64),
    /// Drift of an instrument in a day.
    pub drift: (f64, f64),
    /// Delay, s.
    pub delay_s: f64,
    /// Mean time between failures, d.
    pub mtbf_d: f64,
}

impl Class {
    /// Errors of the class.
    #[must_use]
    pub fn errors(self) -> Errors {
        let of =
            |noise, bias, drift, delay_s, mtbf_d| Errors { noise, bias, drift, delay_s, mtbf_d };
        match self {
            Class::Pressure => of((20.0, 0.0), (50.0, 0.0), (2.0, 0.0), 0.0, 25_000.0),
            Class::O2 => of((20.0, 0.0), (60.0, 0.0), (6.0, 0.0), 60.0, 2_577.0),
            Class::Co2 => of((5.0, 0.0), (13.0, 0.0), (1.5, 0.0), 60.0, 2_577.0),
            Class::Temperature => of((0.05, 0.0), (0.2, 0.0), (0.005, 0.0), 30.0, 25_000.0),
            Class::Humidity => of((0.005, 0.0), (0.02, 0.0), (0.001, 0.0), 30.0, 25_000.0),
            Class::Level => of((0.0, 0.005), (0.0, 0.01), (0.0, 2e-4), 0.0, 25_000.0),
            Class::Flow => of((0.0, 0.01), (0.0, 0.02), (0.0, 5e-4), 0.0, 25_000.0),
            Class::Electric => of((1.0, 0.005), (0.0, 0.01), (0.0, 0.0), 0.0, 25_000.0),
            Class::Charge => of((0.005, 0.0), (0.01, 0.0), (5e-4, 0.0), 0.0, 25_000.0),
            Class::Record => of((0.0, 0.0), (0.0, 0.0), (0.0, 0.0), 0.0, f64::INFINITY),
        }
    }

    /// Least that an instrument shows.
    fn least(self) -> f64 {
        if self == Class::Electric { f64::NEG_INFINITY } else { 0.0 }
    }

    /// Most that an instrument shows.
    fn most(self) -> f64 {
        if self == Class::Charge { 1.0 } else { f64::INFINITY }
    }
}

/// What is wrong with an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Mode {
    /// Nothing.
    Sound = 0,
    /// It shows what it showed last.
    Stuck = 1,
    /// It shows nothing.
    DropOut = 2,
    /// It shows too much or too little.
    Bias = 3,
}

/// A fault of an instrument that the scenario places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// When, s after the start.
    pub at_s: f64,
    /// What goes wrong.
    pub mode: Mode,
    /// Offset, in the unit of the channel.
    pub offset: f64,
}

/// An instrument.
#[derive(Debug, Clone, PartialEq)]
pub struct SensorPlan {
    /// Id of the true channel.
    pub channel: String,
    /// Owner, by which it is calibrated: place among the owners.
    pub owner: usize,
    /// Class.
    pub class: Class,
    /// Hazard, 1/s.
    pub hazard_per_s: f64,
    /// Faults that the scenario places, in the order of time.
    pub placed: Vec<Placed>,
    /// How the truth is found.
    pub(crate) binding: Binding,
}

/// All instruments of a habitat.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SensorsPlan {
    /// Instruments in the order of their channels.
    pub sensors: Vec<SensorPlan>,
    /// Owners of instruments, in the order of the channels.
    pub owners: Vec<String>,
    /// Instruments err; else they show the truth and have no state.
    pub err: bool,
    /// Size of errors; 1 is nominal.
    pub error_factor: f64,
    /// Time between two samples, s.
    pub sample_s: f64,
}

state! {
    /// What an instrument remembers.
    pub struct Sensor {
        /// Truth at the last sample, in the unit of the channel.
        pub truth: f64,
        /// What it shows.
        pub shown: f64,
        /// It shows nothing.
        pub gone: bool,
        /// Bias, in biases of its class.
        pub bias: f64,
        /// Drift, in drifts of its class.
        pub drift: f64,
        /// Offset of a fault, in the unit of the channel.
        pub offset: f64,
        /// When it was made or calibrated, s.
        pub since_s: f64,
        /// What is wrong with it, see [`Mode`].
        pub mode: u64,
        /// When it fails next.
        pub wear: Wear,
        /// Faults since the start.
        pub faults: u64,
        /// Faults placed by the scenario that have come.
        pub placed: u64,
        /// Times it was made or calibrated.
        pub made: u64,
    }
}

state! {
    /// Calibration of the instruments of one owner.
    pub struct Calibration {
        /// Commanded and not done yet.
        pub wanted: bool,
        /// Crew-hours left.
        pub left_h: f64,
        /// Calibrations done since the start.
        pub done: u64,
    }
}

state! {
    /// All instruments.
    pub struct Sensors {
        /// Instruments; none if they do not err.
        pub sensors: Vec<Sensor>,
        /// Owners.
        pub calibrations: Vec<Calibration>,
        /// Samples taken.
        pub samples: u64,
    }
}

/// Four uniform numbers as one of mean zero and variance one, and a fifth from their last digits.
///
/// ```text
/// z = √3·(u1 + u2 + u3 + u4 − 2)          within ±3.47; each u from the upper 24 bits of a word
/// v = (last 8 bits of each word)/2³²      uniform on 0 to 1
/// ```
/// The sum of four stands for a normal deviate; beyond ±3.47 it has no tail. Tests:
/// `tests::draws_have_mean_zero_and_variance_one` in this file.
#[must_use]
pub fn normal_and_uniform(words: [u32; 4]) -> (f64, f64) {
    let mut sum = 0.0;
    let mut rest = 0;
    for word in words {
        sum += (f64::from(word >> 8) + 0.5) / f64::from(1 << 24);
        rest = rest << 8 | (word & 0xFF);
    }
    ((sum - 2.0) * 3.0_f64.sqrt(), (f64::from(rest) + 0.5) / 4_294_967_296.0)
}

fn index(count: u64, sensor: usize) -> u64 {
    count * SENSORS_MAX + sensor as u64
}

impl Sensor {
    /// Draw bias and drift anew, `share` of those of a new instrument.
    fn make(&mut self, key: StreamKey, sensor: usize, t_s: f64, share: (f64, f64)) {
        self.made += 1;
        let draw = |part| {
            let words = key.words(Purpose::SensorMaking, index(2 * self.made + part, sensor));
            normal_and_uniform(words).0
        };
        self.bias = share.0 * draw(0);
        self.drift = share.1 * draw(1);
        self.offset = 0.0;
        self.since_s = t_s;
        self.mode = Mode::Sound as u64;
    }

    /// Whether the instrument is in `mode`.
    #[must_use]
    pub fn is(&self, mode: Mode) -> bool {
        self.mode == mode as u64
    }

    fn fail(&mut self, mode: Mode, offset: f64) {
        self.mode = mode as u64;
        self.offset = if mode == Mode::Bias { offset } else { 0.0 };
        self.faults += 1;
    }
}

impl Sensors {
    /// Fresh instruments, or none where they do not err.
    #[must_use]
    pub fn new(plan: &SensorsPlan, key: StreamKey) -> Sensors {
        let fresh = |sensor: usize| {
            let draw = key.uniform(Purpose::SensorFaults, index(0, sensor));
            let mut made = Sensor {
                truth: 0.0,
                shown: 0.0,
                gone: false,
                bias: 0.0,
                drift: 0.0,
                offset: 0.0,
                since_s: 0.0,
                mode: 0,
                wear: Wear::new(draw),
                faults: 0,
                placed: 0,
                made: 0,
            };
            made.make(key, sensor, 0.0, (1.0, 1.0));
            made
        };
        let count = if plan.err { plan.sensors.len() } else { 0 };
        let idle = Calibration { wanted: false, left_h: CALIBRATION_H, done: 0 };
        Sensors {
            sensors: (0..count).map(fresh).collect(),
            calibrations: vec![idle; if plan.err { plan.owners.len() } else { 0 }],
            samples: 0,
        }
    }

    /// Draw anew, with `key`, when each instrument will fail next; what has happened stays.
    pub fn redraw(&mut self, key: StreamKey) {
        for (at, sensor) in self.sensors.iter_mut().enumerate() {
            let draw = key.uniform(Purpose::SensorFaults, index(4 * sensor.faults + 1, at));
            sensor.wear.redraw(draw);
        }
    }

    /// What instrument `sensor` shows; not a number where it shows nothing.
    #[inline]
    pub(crate) fn shown(&self, sensor: usize) -> f64 {
        let sensor = &self.sensors[sensor];
        if sensor.gone { f64::NAN } else { sensor.shown }
    }

    /// Instruments of one owner that are not sound.
    #[must_use]
    pub fn unsound(&self, plan: &SensorsPlan, owner: usize) -> usize {
        let sensors = self.sensors.iter().zip(&plan.sensors);
        sensors.filter(|(sensor, plan)| plan.owner == owner && !sensor.is(Mode::Sound)).count()
    }
}

/// Time from now to the next sample, s; infinite where no instrument errs.
#[must_use]
pub(crate) fn next_sample_s(plan: &Plan, state: &State) -> f64 {
    if plan.sensors.err {
        (state.sensors.samples as f64 * plan.sensors.sample_s - state.t_s).max(0.0)
    } else {
        f64::INFINITY
    }
}

/// Take a sample of everything, let instruments age and fail, and let people calibrate.
pub(crate) fn sample(plan: &Plan, state: &mut State) {
    let sensors_plan = &plan.sensors;
    let (t_s, key) = (state.t_s, state.key);
    let number = state.sensors.samples;
    let first = number == 0;
    let interval_s = if first { 0.0 } else { sensors_plan.sample_s };
    let mut words = [[0; DRAWS]; 4];
    for (at, sensor_plan) in sensors_plan.sensors.iter().enumerate() {
        if at % DRAWS == 0 {
            words = key.rows_of_words(plan.simd, Purpose::SensorNoise, index(number, at));
        }
        let truth = sensor_plan.binding.value(plan, state);
        let sensor = &mut state.sensors.sensors[at];
        if sensor_plan.class == Class::Record {
            sensor.shown = truth;
            sensor.truth = truth;
            continue;
        }
        let errors = sensor_plan.class.errors();
        let factor = sensors_plan.error_factor;
        let size = |error: (f64, f64), x: f64| factor * (error.0 + error.1 * x.abs());
        if sensor.wear.pass(sensor_plan.hazard_per_s * interval_s) {
            let draw = |part| {
                key.uniform(Purpose::SensorFaults, index(4 * (sensor.faults + 1) + part, at))
            };
            let jump = if draw(3) < 0.5 { -JUMP } else { JUMP };
            let mode = match draw(2) {
                u if u < 1.0 / 3.0 => Mode::Stuck,
                u if u < 2.0 / 3.0 => Mode::DropOut,
                _ => Mode::Bias,
            };
            sensor.wear.redraw(draw(0));
            // What has failed worse does not come back by itself.
            let worse =
                !sensor.is(Mode::DropOut) && (!sensor.is(Mode::Stuck) || mode == Mode::DropOut);
            if worse {
                sensor.fail(mode, jump * (errors.bias.0 + errors.bias.1 * truth.abs()));
            } else {
                sensor.faults += 1;
            }
        }
        while let Some(placed) = sensor_plan.placed.get(sensor.placed as usize)
            && placed.at_s <= t_s + 1e-6
        {
            sensor.placed += 1;
            sensor.fail(placed.mode, placed.offset);
        }
        let late = if first {
            truth
        } else {
            let share = (errors.delay_s / sensors_plan.sample_s).min(1.0);
            truth + (sensor.truth - truth) * share
        };
        sensor.truth = truth;
        let (noise, chance) = normal_and_uniform(words.map(|row| row[at % DRAWS]));
        sensor.gone = sensor.is(Mode::DropOut) || chance < MISSING * factor;
        // The first sample is what an instrument that is stuck from the start shows.
        if sensor.is(Mode::Stuck) && !first {
            continue;
        }
        let days = (t_s - sensor.since_s) / DAY_S;
        let shown = late
            + size(errors.bias, late) * sensor.bias
            + size(errors.drift, late) * sensor.drift * days
            + size(errors.noise, late) * noise
            + sensor.offset;
        sensor.shown = shown.clamp(sensor_plan.class.least(), sensor_plan.class.most());
    }
    state.sensors.samples = number + 1;
    calibrate(plan, state, interval_s);
}

/// Work for `time_s` on the first calibration that is wanted, and on the next when it is done.
fn calibrate(plan: &Plan, state: &mut State, time_s: f64) {
    let has_hands = state.crew.iter().any(crate::crew::person::Person::is_fit);
    if !has_hands || !state.sensors.calibrations.iter().any(|one| one.wanted) {
        return;
    }
    let counted = !plan.faults.units.is_empty();
    let mut time_h = time_s / 3_600.0;
    for owner in 0..state.sensors.calibrations.len() {
        let calibration = &mut state.sensors.calibrations[owner];
        if !calibration.wanted || time_h <= 0.0 {
            continue;
        }
        let in_hand_h = if counted { state.faults.crew_h.max(0.0) } else { f64::INFINITY };
        let done_h = time_h.min(in_hand_h).min(calibration.left_h);
        calibration.left_h -= done_h;
        time_h -= done_h;
        if counted {
            state.faults.crew_h -= done_h;
            state.faults.spent_h += done_h;
        }
        if calibration.left_h > 1e-9 {
            continue;
        }
        *calibration =
            Calibration { wanted: false, left_h: CALIBRATION_H, done: calibration.done + 1 };
        for (at, sensor_plan) in plan.sensors.sensors.iter().enumerate() {
            if sensor_plan.owner == owner {
                state.sensors.sensors[at].make(state.key, at, state.t_s, (CALIBRATED, 0.0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_mean_zero_and_variance_one() {
        let key = StreamKey { run: 5, ..StreamKey::default() };
        let n = 40_000;
        let (mut sum, mut squares, mut uniform) = (0.0, 0.0, 0.0);
        for i in 0..n {
            let (z, u) = normal_and_uniform(key.words(Purpose::SensorNoise, i));
            sum += z;
            squares += z * z;
            uniform += u;
            assert!(z.abs() < 3.47 && u > 0.0 && u < 1.0);
        }
        let n = n as f64;
        assert!((sum / n).abs() < 0.02, "{sum}");
        assert!((squares / n - 1.0).abs() < 0.03, "{squares}");
        assert!((uniform / n - 0.5).abs() < 0.01, "{uniform}");
    }
}
