//! Which faults an instrument can show at all: a mission beside its twin in which nothing fails.
//!
//! Both have the same seed, and the noise of an instrument is a function of seed and time. So any difference between the two
//! is the work of the fault. It counts as shown when the mean over an hour of what one instrument shows differs by more than
//! three times noise and bias of its class: less than that, nobody who has no twin could tell.

use catalogue::ValueKind;
use habitat::Plan;
use habitat::sensor::Class;

use super::flight::SAMPLE_S;

/// Samples over which differences are averaged: an hour.
const WINDOW: usize = 60;
/// Differences in noises and biases that count.
const LEAST: f64 = 3.0;

/// One instrument that is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Instrument {
    /// Its column.
    pub column: usize,
    /// Noise and bias in the unit of the channel, and as a share of the value.
    error: (f64, f64),
}

/// The instruments of a habitat; what people count is left out.
pub fn instruments(plan: &Plan) -> Vec<Instrument> {
    let channels = plan.catalogue.channels();
    let sensed = (0..channels.len()).filter(|at| channels[*at].kind == ValueKind::Sensed);
    sensed
        .zip(&plan.sensors.sensors)
        .filter(|(_, sensor)| sensor.class != Class::Record)
        .map(|(column, sensor)| {
            let errors = sensor.class.errors();
            let error = (errors.noise.0 + errors.bias.0, errors.noise.1 + errors.bias.1);
            Instrument { column, error }
        })
        .collect()
}

/// The instrument that shows a fault first, with the time from the fault on, s; none if no one does.
///
/// Rows are those of `instruments`, of the mission and of its twin, from the fault on.
pub fn shown(
    instruments: &[Instrument],
    with: &[Vec<f64>],
    without: &[Vec<f64>],
) -> Option<(usize, f64)> {
    let samples = with.len().min(without.len());
    let first = |(place, instrument): (usize, &Instrument)| {
        // A share of the value is one of its usual size, so that a flow that has just begun is not beyond all measure.
        let sizes = without.iter().map(|row| row[place].abs()).filter(|value| value.is_finite());
        let size = sizes.fold(0.0, f64::max);
        let error = (instrument.error.0 + instrument.error.1 * size).max(f64::MIN_POSITIVE);
        let differs = |k: usize| match (with[k][place], without[k][place]) {
            (a, b) if a.is_finite() && b.is_finite() => (a - b) / error,
            // One of them shows nothing.
            (a, b) if a.is_finite() != b.is_finite() => 2.0 * LEAST,
            _ => 0.0,
        };
        let mut sum = 0.0;
        for k in 0..samples {
            sum += differs(k);
            if k >= WINDOW {
                sum -= differs(k - WINDOW);
            }
            if (sum / WINDOW as f64).abs() > LEAST {
                return Some((instrument.column, (k + 1) as f64 * SAMPLE_S));
            }
        }
        None
    };
    let all = instruments.iter().enumerate().filter_map(first);
    all.min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)))
}
