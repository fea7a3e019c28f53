//! A strip of lanes over a common time: stretches as boxes, moments as ticks.
//!
//! A box keeps a least width, so that what lasted a minute of a month is still seen; its word is
//! drawn where it fits. Boxes of one lane may lie on each other, the later above the earlier.

use std::fmt::Write as _;

use super::axis::Axis;
use super::text::{duration, escape, mission_time, tone_class};
use super::{Lane, Lanes, Span, Tone};

// The strip inside the view box, in its units.
const WIDTH: f64 = 1_400.0;
const LEFT: f64 = 230.0;
const RIGHT: f64 = 1_388.0;
const TOP: f64 = 4.0;
const LANE: f64 = 24.0;
/// Height of a box on its lane.
const BOX: f64 = 16.0;
/// Least width of a box.
const LEAST: f64 = 2.0;
/// Width of a letter on a box, as a share of the view box; a little more than most take.
const LETTER: f64 = 6.6;

/// Append the strip.
pub(super) fn strip(out: &mut String, lanes: &Lanes) {
    if lanes.lanes.is_empty() {
        return;
    }
    let (axis, unit) = Axis::time(lanes.span_s.0, lanes.span_s.1);
    let bottom = TOP + LANE * lanes.lanes.len() as f64;
    let x_of = |t_s: f64| LEFT + axis.fraction(t_s).clamp(0.0, 1.0) * (RIGHT - LEFT);
    out.push_str("<figure class=\"strip\">");
    if !lanes.title.is_empty() {
        let _ = write!(out, "<figcaption><b>{}</b></figcaption>", escape(&lanes.title));
    }
    let _ = write!(
        out,
        "<div class=\"wide\"><svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}\" data-x=\"{} {}\" data-y=\"0 1\" data-box=\"{LEFT} {RIGHT} {TOP} {bottom}\" data-scale=\"1\" data-decimals=\"0\" data-time=\"1\">",
        bottom + 36.0,
        escape(if lanes.title.is_empty() { &lanes.axis } else { &lanes.title }),
        axis.low,
        axis.high,
    );
    for (row, lane) in lanes.lanes.iter().enumerate() {
        let y = TOP + LANE * row as f64;
        let class = if row % 2 == 0 { "row even" } else { "row" };
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"0\" y=\"{y}\" width=\"{WIDTH}\" height=\"{LANE}\"/><text class=\"lane\" x=\"{}\" y=\"{}\">{}</text>",
            LEFT - 10.0,
            y + LANE / 2.0,
            escape(&lane.name),
        );
    }
    for tick in &axis.ticks {
        let at = x_of(tick.value);
        let _ = write!(
            out,
            "<path class=\"grid\" d=\"M{at:.1} {TOP}V{bottom}\"/><path class=\"tick\" d=\"M{at:.1} {bottom}v5\"/><text class=\"x\" x=\"{at:.1}\" y=\"{}\">{}</text>",
            bottom + 7.0,
            tick.label
        );
    }
    for (row, lane) in lanes.lanes.iter().enumerate() {
        boxes(out, lane, TOP + LANE * row as f64 + (LANE - BOX) / 2.0, &x_of);
    }
    let _ = write!(
        out,
        "<path class=\"axis\" d=\"M{LEFT} {bottom}H{RIGHT}\"/><text class=\"xlabel\" x=\"{}\" y=\"{}\">{}, {}</text><line class=\"cursor\" y1=\"{TOP}\" y2=\"{bottom}\"/></svg></div>",
        (LEFT + RIGHT) / 2.0,
        bottom + 32.0,
        escape(&lanes.axis),
        unit.symbol(),
    );
    key(out, &lanes.key);
    out.push_str("</figure>\n");
}

/// The boxes and ticks of a lane whose boxes begin at `y`.
fn boxes(out: &mut String, lane: &Lane, y: f64, x_of: &impl Fn(f64) -> f64) {
    for span in &lane.spans {
        let (from, to) = (x_of(span.from_s), x_of(span.to_s));
        let is_tick = span.to_s <= span.from_s;
        let width = (to - from).max(LEAST);
        let from = if is_tick { from - LEAST / 2.0 } else { from }.min(RIGHT - LEAST);
        let _ = write!(
            out,
            "<g class=\"{}\"><title>{}</title><rect class=\"span\" x=\"{from:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BOX}\"/>",
            tone_class(span.tone),
            escape(&said(span)),
        );
        let letters = span.label.chars().count() as f64;
        if letters > 0.0 && letters * LETTER + 6.0 <= width {
            let _ = write!(
                out,
                "<text class=\"word\" x=\"{:.1}\" y=\"{}\">{}</text>",
                from + width / 2.0,
                y + BOX / 2.0,
                escape(&span.label),
            );
        }
        out.push_str("</g>");
    }
}

/// What the pointer is told of a stretch.
fn said(span: &Span) -> String {
    if span.to_s > span.from_s {
        let lasted = duration(span.to_s - span.from_s);
        format!("{} for {lasted}: {}", mission_time(span.from_s), span.text)
    } else {
        format!("{}: {}", mission_time(span.from_s), span.text)
    }
}

/// What shades mean, one line.
pub(super) fn key(out: &mut String, key: &[(Tone, String)]) {
    if key.is_empty() {
        return;
    }
    out.push_str("<p class=\"key\">");
    for (tone, words) in key {
        let _ = write!(
            out,
            "<span class=\"{}\"><svg class=\"chip\" viewBox=\"0 0 18 12\" aria-hidden=\"true\"><rect class=\"span\" width=\"18\" height=\"12\"/></svg>{}</span>",
            tone_class(*tone),
            escape(words),
        );
    }
    out.push_str("</p>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(spans: Vec<Span>) -> String {
        let lanes = Lanes {
            axis: "mission time".into(),
            span_s: (0.0, 30.0 * 86_400.0),
            lanes: vec![Lane { name: "light".into(), spans }],
            ..Lanes::default()
        };
        let mut out = String::new();
        strip(&mut out, &lanes);
        out
    }

    fn span(from_d: f64, to_d: f64, label: &str) -> Span {
        Span {
            from_s: from_d * 86_400.0,
            to_s: to_d * 86_400.0,
            label: label.into(),
            text: "no sun".into(),
            ..Span::default()
        }
    }

    #[test]
    fn a_box_spans_its_time_and_carries_its_word_where_it_fits() {
        let html = drawn(vec![span(0.0, 15.0, "dark"), span(20.0, 20.1, "dark")]);
        assert!(html.contains("x=\"230.0\" y=\"8\" width=\"579.0\""), "{html}");
        assert_eq!(html.matches(">dark<").count(), 1);
        assert!(html.contains("<title>20 d 00:00 for 2.4 h: no sun</title>"), "{html}");
    }

    #[test]
    fn what_is_short_is_still_seen_and_what_is_outside_stays_inside() {
        let html = drawn(vec![span(3.0, 3.0, ""), span(40.0, 50.0, "late")]);
        assert_eq!(html.matches("width=\"2.0\"").count(), 2);
        assert!(html.contains("x=\"1386.0\""), "{html}");
        assert!(drawn(vec![span(f64::NAN, f64::NAN, "x")]).matches("NaN").count() == 0);
    }

    #[test]
    fn no_lanes_draw_nothing() {
        let mut out = String::new();
        strip(&mut out, &Lanes::default());
        assert!(out.is_empty());
    }
}
