//! Gauges: a table of what is left to limits, with a bar for each.
//!
//! The bar is full where the margin is whole and empty at the limit. It is filled to the margin at
//! the end; a tick stands at the worst margin. A margin below zero has no bar, and its tick at the
//! left edge.

use std::fmt::Write as _;

use super::Gauge;
use super::text::{escape, severity_class, sign};

/// Length of a whole bar in the units of its view box.
const LENGTH: f64 = 200.0;
/// A share above this is not told exactly.
const MOST: f64 = 9.0;

/// Append the table of `gauges`.
pub(super) fn gauges(out: &mut String, gauges: &[Gauge]) {
    out.push_str("<div class=\"scroll\"><table class=\"gauges\"><thead><tr><th></th><th></th><th class=\"number\">at the end</th><th class=\"number\">limit</th><th class=\"number\">margin</th><th>at the end; tick: worst</th><th class=\"number\">worst value</th><th class=\"number\">worst margin</th><th>worst when, where</th></tr></thead><tbody>");
    for gauge in gauges {
        let class = severity_class(gauge.severity);
        let _ = write!(
            out,
            "<tr class=\"{class}\"><td class=\"sign\" title=\"{class}\">{}</td><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number strong\">{}</td><td class=\"bar\">",
            sign(gauge.severity),
            escape(&gauge.name),
            escape(&gauge.value),
            escape(&gauge.limit),
            escape(&gauge.margin),
        );
        bar(out, gauge);
        let _ = write!(
            out,
            "</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"when\">{}</td></tr>",
            escape(&gauge.worst),
            escape(&gauge.worst_margin),
            escape(&gauge.when),
        );
    }
    out.push_str("</tbody></table></div>\n");
}

/// The bar of a gauge with the share at the end in per cent beside it.
fn bar(out: &mut String, gauge: &Gauge) {
    let length = |share: f64| {
        if share.is_finite() { LENGTH * share.clamp(0.0, 1.0) } else { 0.0 }
    };
    let (end, worst) = (length(gauge.share), length(gauge.worst_share));
    let text = if gauge.share < 0.0 {
        "passed".to_owned()
    } else if gauge.share > MOST {
        format!("&gt; {:.0} %", 100.0 * MOST)
    } else if gauge.share.is_finite() {
        format!("{:.0} %", 100.0 * gauge.share)
    } else {
        "–".to_owned()
    };
    let _ = write!(
        out,
        "<svg viewBox=\"0 0 256 14\" role=\"img\" aria-label=\"{text} of the margin left\"><rect class=\"track\" x=\"0\" y=\"3\" width=\"{LENGTH}\" height=\"8\"/><rect class=\"fill\" x=\"0\" y=\"3\" width=\"{end:.1}\" height=\"8\"/><path class=\"worst\" d=\"M{:.1} 0V14\"/><text x=\"{}\" y=\"11\">{text}</text></svg>",
        worst.clamp(1.0, LENGTH - 1.0),
        LENGTH + 8.0,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(share: f64, worst_share: f64) -> String {
        let mut out = String::new();
        gauges(&mut out, &[Gauge { share, worst_share, ..Gauge::default() }]);
        out
    }

    #[test]
    fn the_bar_is_as_long_as_the_margin_and_the_tick_stands_at_the_worst() {
        let html = drawn(0.5, 0.25);
        assert!(html.contains("class=\"fill\" x=\"0\" y=\"3\" width=\"100.0\""), "{html}");
        assert!(html.contains("class=\"worst\" d=\"M50.0 0V14\"") && html.contains(">50 %<"));
    }

    #[test]
    fn a_passed_limit_has_no_bar_and_broken_numbers_none_either() {
        let passed = drawn(-0.3, -0.4);
        assert!(passed.contains("width=\"0.0\"") && passed.contains(">passed<"), "{passed}");
        let broken = drawn(f64::NAN, f64::INFINITY);
        assert!(!broken.contains("NaN") && !broken.contains("inf"), "{broken}");
    }
}
