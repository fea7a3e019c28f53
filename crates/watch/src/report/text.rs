//! Words and signs that every part of the page writes in one way.

use super::{Severity, Tone};

const MINUTE_S: f64 = 60.0;
const HOUR_S: f64 = 3_600.0;
const DAY_S: f64 = 86_400.0;

/// Class of the style sheet.
pub(super) fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Nominal => "nominal",
        Severity::Caution => "caution",
        Severity::Warning => "warning",
    }
}

/// Class of the style sheet.
pub(super) fn tone_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Dark => "t-dark",
        Tone::Quiet => "t-quiet",
        Tone::Busy => "t-busy",
        Tone::Caution => "t-caution",
        Tone::Warning => "t-warning",
    }
}

/// Colour never carries the meaning alone.
pub(super) fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Nominal => "●",
        Severity::Caution => "▲",
        Severity::Warning => "✖",
    }
}

/// Day and clock time of the mission, for example `12 d 03:20`.
pub(super) fn mission_time(time_s: f64) -> String {
    if !time_s.is_finite() {
        return "–".to_owned();
    }
    let minutes = (time_s / MINUTE_S).round() as i64;
    let (days, rest) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
    format!("{days} d {:02}:{:02}", rest / 60, rest % 60)
}

/// A length of time in the unit that fits it, for example `6.5 h`.
pub(super) fn duration(time_s: f64) -> String {
    if !time_s.is_finite() {
        "–".to_owned()
    } else if time_s < 2.0 * MINUTE_S {
        format!("{time_s:.0} s")
    } else if time_s < 2.0 * HOUR_S {
        format!("{:.0} min", time_s / MINUTE_S)
    } else if time_s < 2.0 * DAY_S {
        format!("{:.1} h", time_s / HOUR_S)
    } else {
        format!("{:.1} d", time_s / DAY_S)
    }
}

/// Make `text` safe inside an element or a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mission_time_counts_days() {
        assert_eq!(mission_time(12.0 * DAY_S + 3.0 * HOUR_S + 1_200.0), "12 d 03:20");
        assert_eq!(mission_time(86_399.0), "1 d 00:00");
        assert_eq!(mission_time(f64::NAN), "–");
    }

    #[test]
    fn a_length_of_time_has_the_unit_that_fits() {
        assert_eq!(duration(60.0), "60 s");
        assert_eq!(duration(600.0), "10 min");
        assert_eq!(duration(6.5 * HOUR_S), "6.5 h");
        assert_eq!(duration(3.0 * DAY_S), "3.0 d");
    }
}
