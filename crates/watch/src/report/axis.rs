//! Axes: a range, ticks on round values and their labels.
//!
//! An axis can always be drawn: whatever range comes in, empty, reversed or not finite, a range
//! with at least one tick goes out.
//!
//! Not here: where an axis lies in the picture (`plot`).

/// A labelled position on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Where it is, in the unit of the data.
    pub value: f64,
    /// What stands beside it.
    pub label: String,
}

/// A range with ticks on it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    /// Value at the low end.
    pub low: f64,
    /// Value at the high end, above `low`.
    pub high: f64,
    /// Labelled positions between the ends.
    pub ticks: Vec<Tick>,
    /// Positions between the ticks that are marked without a label.
    pub minor: Vec<f64>,
    /// Power of ten taken out of the labels, a multiple of three.
    pub exponent: i32,
    /// Decimals that tell two neighbouring pixels apart, after `exponent` is taken out.
    pub decimals: usize,
}

const MINUTE_S: f64 = 60.0;
const HOUR_S: f64 = 3_600.0;
const DAY_S: f64 = 86_400.0;

impl Axis {
    /// Cover `low` to `high` and a little more, so that the ends are ticks.
    pub(super) fn around(low: f64, high: f64, wanted: usize) -> Axis {
        let (low, high) = widened(low, high);
        let step = round_step((high - low) / wanted.max(1) as f64);
        // What goes less than a two-hundredth of a step beyond a tick is not seen there.
        let first = (low / step + 5e-3).floor();
        let last = (high / step - 5e-3).ceil();
        let size = (first * step).abs().max((last * step).abs());
        let exponent = exponent_of(size);
        let scale = 10_f64.powi(-exponent);
        let tick_decimals = decimals_of(step * scale);
        let count = (last - first).round() as usize;
        let ticks = (0..=count)
            .map(|index| {
                let value = (first + index as f64) * step;
                Tick { value, label: grouped(value * scale, tick_decimals) }
            })
            .collect();
        let decimals = (tick_decimals + 2).min(9);
        Axis { low: first * step, high: last * step, ticks, minor: Vec::new(), exponent, decimals }
    }

    /// Cover `low` to `high` seconds with ticks on whole days, hours, minutes or seconds, and name
    /// the unit of the labels. An end that falls just short of a tick is drawn out to it.
    pub(super) fn time(low: f64, high: f64) -> (Axis, TimeUnit) {
        let (low, high) = if high > low { (low, high) } else { (low, low + 1.0) };
        let span = high - low;
        let unit = TimeUnit::for_span(span);
        let step = unit.step(span);
        let low = near_below(low, step, 0.02 * span);
        let high = -near_below(-high, step, 0.02 * span);
        // Single days stay visible where only every second or fifth one is labelled.
        let minor = if unit == TimeUnit::Day && step > DAY_S && span <= 62.0 * DAY_S {
            let days = (low / DAY_S).ceil() as i64..=(high / DAY_S).floor() as i64;
            days.map(|day| day as f64 * DAY_S).collect()
        } else {
            Vec::new()
        };
        let decimals = decimals_of(step / unit.seconds());
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        let ticks = (first..=last)
            .map(|index| {
                let value = index as f64 * step;
                Tick { value, label: grouped(value / unit.seconds(), decimals) }
            })
            .collect();
        (Axis { low, high, ticks, minor, exponent: 0, decimals: 2 }, unit)
    }

    /// Position of `value`, 0 at the low end and 1 at the high end.
    pub(super) fn fraction(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// The unit in which a time axis is labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeUnit {
    Second,
    Minute,
    Hour,
    Day,
}

impl TimeUnit {
    /// The largest unit of which the span has at least three.
    fn for_span(span_s: f64) -> TimeUnit {
        if span_s >= 3.0 * DAY_S {
            TimeUnit::Day
        } else if span_s >= 3.0 * HOUR_S {
            TimeUnit::Hour
        } else if span_s >= 3.0 * MINUTE_S {
            TimeUnit::Minute
        } else {
            TimeUnit::Second
        }
    }

    /// Length of the unit, s.
    pub(super) fn seconds(self) -> f64 {
        match self {
            TimeUnit::Second => 1.0,
            TimeUnit::Minute => MINUTE_S,
            TimeUnit::Hour => HOUR_S,
            TimeUnit::Day => DAY_S,
        }
    }

    /// Symbol for the label of the axis.
    pub(super) fn symbol(self) -> &'static str {
        match self {
            TimeUnit::Second => "s",
            TimeUnit::Minute => "min",
            TimeUnit::Hour => "h",
            TimeUnit::Day => "d",
        }
    }

    /// The smallest clock step that gives at most eleven ticks.
    fn step(self, span_s: f64) -> f64 {
        let steps: &[f64] = match self {
            TimeUnit::Second => &[1.0, 2.0, 5.0, 10.0, 15.0, 30.0],
            TimeUnit::Minute => &[1.0, 2.0, 5.0, 10.0, 15.0, 30.0],
            TimeUnit::Hour => &[1.0, 2.0, 3.0, 6.0, 12.0, 24.0],
            TimeUnit::Day => &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0],
        };
        let needed = span_s / self.seconds() / 11.0;
        let smallest = steps.iter().copied().find(|step| *step >= needed);
        smallest.unwrap_or_else(|| round_step(needed)) * self.seconds()
    }
}

/// The multiple of `step` at or below `value` when it is at most `reach` away, else `value`.
fn near_below(value: f64, step: f64, reach: f64) -> f64 {
    let tick = (value / step).floor() * step;
    if value - tick <= reach { tick } else { value }
}

/// A range that is not empty and finite, whatever comes in.
fn widened(low: f64, high: f64) -> (f64, f64) {
    if !low.is_finite() || !high.is_finite() || low > high {
        return (0.0, 1.0);
    }
    let (low, high) = (low.max(-1e300), high.min(1e300));
    let size = low.abs().max(high.abs());
    if high - low > size * 1e-9 && high - low > f64::MIN_POSITIVE {
        return (low, high);
    }
    let margin = if size > 1e-300 { size * 0.05 } else { 1.0 };
    (low - margin, high + margin)
}

/// The nearest of 1, 2, 2.5 and 5 times a power of ten that is not below `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let lead = rough / power;
    let round = [1.0, 2.0, 2.5, 5.0].into_iter().find(|step| lead <= step * (1.0 + 1e-9));
    round.unwrap_or(10.0) * power
}

/// Power of ten to take out of labels as large as `size`: none between 0.01 and a million.
fn exponent_of(size: f64) -> i32 {
    if size == 0.0 || (1e-2..1e6).contains(&size) {
        0
    } else {
        (size.log10() / 3.0).floor() as i32 * 3
    }
}

/// Decimals needed to tell multiples of `step` apart; a step is a short decimal number, so few
/// are enough.
fn decimals_of(step: f64) -> usize {
    (0..12)
        .find(|decimals| {
            let scaled = step * 10_f64.powi(*decimals);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.abs().max(1e-12)
        })
        .unwrap_or(12) as usize
}

/// `value` with fixed decimals and thin spaces between groups of thousands.
pub(super) fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) if rest.bytes().any(|b| (b'1'..=b'9').contains(&b)) => ("\u{2212}", rest),
        Some(rest) => ("", rest),
        None => ("", text.as_str()),
    };
    let (whole, fraction) = digits.split_once('.').map_or((digits, ""), |parts| parts);
    let mut out = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && whole.len() > 4 && (whole.len() - index) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_cover_the_data() {
        let axis = Axis::around(3.1, 18.7, 5);
        assert_eq!(labels(&axis), ["0", "5", "10", "15", "20"]);
        let fine = Axis::around(56_500.01, 56_500.07, 5);
        assert!(fine.low <= 56_500.01 && fine.high >= 56_500.07);
        assert_eq!(fine.ticks[0].label, "56\u{202f}500.00");
        let below = Axis::around(-0.4, 0.4, 4);
        assert_eq!(labels(&below), ["\u{2212}0.4", "\u{2212}0.2", "0.0", "0.2", "0.4"]);
    }

    #[test]
    fn small_and_large_values_leave_their_power_out() {
        let small = Axis::around(0.0, 3.2e-5, 4);
        assert_eq!((small.exponent, labels(&small)), (-6, vec!["0", "10", "20", "30", "40"]));
        assert_eq!(Axis::around(0.0, 4e7, 4).exponent, 6);
        assert_eq!(Axis::around(0.0, 101_325.0, 4).exponent, 0);
    }

    #[test]
    fn an_empty_or_broken_range_still_gives_an_axis() {
        for (low, high) in [
            (5.0, 5.0),
            (0.0, 0.0),
            (f64::INFINITY, f64::NEG_INFINITY),
            (f64::NAN, 1.0),
            (f64::MIN, f64::MAX),
            (0.0, 5e-324),
        ] {
            let axis = Axis::around(low, high, 5);
            assert!(axis.high > axis.low && axis.ticks.len() >= 2, "{low} {high}");
            assert!(axis.ticks.len() <= 12);
        }
    }

    #[test]
    fn time_ticks_fall_on_whole_days_and_hours() {
        let (month, unit) = Axis::time(0.0, 30.0 * DAY_S);
        assert_eq!(
            (unit, labels(&month)),
            (TimeUnit::Day, vec!["0", "5", "10", "15", "20", "25", "30"])
        );
        let (test, unit) = Axis::time(18.7 * HOUR_S, 84.8 * HOUR_S);
        assert_eq!(unit, TimeUnit::Hour);
        assert_eq!(labels(&test), ["24", "36", "48", "60", "72", "84"]);
        let (hour, unit) = Axis::time(0.0, HOUR_S);
        assert_eq!((unit, hour.ticks.len()), (TimeUnit::Minute, 7));
        let (almost, _) = Axis::time(600.0, 30.0 * DAY_S - 600.0);
        assert_eq!((almost.low, almost.high, almost.minor.len()), (0.0, 30.0 * DAY_S, 31));
        let (years, _) = Axis::time(0.0, 19.0 * 365.0 * DAY_S);
        assert!(years.ticks.len() <= 12);
    }
}
