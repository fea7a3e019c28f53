//! A plot as inline SVG with a legend below it.
//!
//! The picture has a fixed view box and scales with the page; colours, dashes and fonts are set by
//! the style sheet, so that one picture serves the light, the dark and the printed page. The
//! legend carries the least, the greatest and the last value of each line and has an empty column
//! that the script fills with the value under the pointer.
//!
//! Not here: the choice of ticks (`axis`) and of points (`decimate`).

use std::fmt::Write as _;

use super::axis::{Axis, TimeUnit, grouped};
use super::decimate::decimate;
use super::text::{escape, mission_time, severity_class, tone_class};
use super::{Band, Frame, LimitLine, Mark, Plot, Series, Side, XAxis};

/// Points drawn per line.
const POINTS: usize = 800;

// The drawing area inside the view box, in its units.
const WIDTH: f64 = 660.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 648.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 204.0;

/// A limit may take up to this part of the picture away from the data.
const DATA_SHARE: f64 = 0.3;
/// Room that the label of a limit takes: from one base line to the next, and sideways.
const LABEL_HEIGHT: f64 = 12.0;
const LABEL_WIDTH: f64 = 145.0;

/// More marks than this would hide the lines.
const MARKS: usize = 40;

/// Append the figure of `plot`, with what all plots over mission time share behind it.
pub(super) fn figure(out: &mut String, plot: &Plot, frame: &Frame) {
    let (x, clock) = x_axis(plot, frame);
    let (low, high) = y_range(plot);
    let (low, high, hidden) = with_limits(low, high, &plot.limits);
    let y = Axis::around(low, high, 5);

    out.push_str("<figure class=\"plot\"><figcaption>");
    let _ = write!(
        out,
        "<b>{}</b> <span class=\"unit\">{}</span>",
        escape(&plot.title),
        unit_text(&plot.unit, y.exponent)
    );
    out.push_str("</figcaption>");
    open_svg(out, plot, &x, &y, clock);
    if clock.is_some() {
        bands(out, &x, &frame.bands, 'f');
        bands(out, &x, &plot.bands, 'p');
    }
    limit_shades(out, &y, &plot.limits);
    grid(out, &x, &y, clock, &plot.x);
    if clock.is_some() {
        marks(out, &x, &frame.marks);
    }
    let drawn = || plot.series.iter().zip(colours(&plot.series));
    for (series, colour) in drawn().filter(|(series, _)| !series.mean.is_empty()) {
        let path = path(&series.points, &x, &y);
        let _ = write!(out, "<path class=\"swing s{colour}\" d=\"{path}\"/>");
    }
    for (series, colour) in drawn() {
        let shown = if series.mean.is_empty() { &series.points } else { &series.mean };
        let path = path(shown, &x, &y);
        let thin = if series.is_thin { " thin" } else { "" };
        let _ = write!(out, "<path class=\"line{thin} s{colour}\" d=\"{path}\"/>");
    }
    limit_lines(out, &y, &plot.limits);
    if plot.series.iter().all(|series| finite(series).next().is_none()) {
        let _ = write!(
            out,
            "<text class=\"empty\" x=\"{}\" y=\"{}\">no data</text>",
            (LEFT + RIGHT) / 2.0,
            (TOP + BOTTOM) / 2.0
        );
    }
    let _ = write!(out, "<line class=\"cursor\" y1=\"{TOP}\" y2=\"{BOTTOM}\"/></svg>");
    legend(out, plot, &y, &hidden);
    out.push_str("</figure>\n");
}

/// The colour of each line: a thin one has that of the line before it.
fn colours(series: &[Series]) -> impl Iterator<Item = usize> {
    series.iter().scan(0_usize, |next, series| {
        if !series.is_thin {
            *next += 1;
        }
        Some(next.saturating_sub(1) % 8)
    })
}

/// The points of a line that are not gaps.
fn finite(series: &Series) -> impl Iterator<Item = (f64, f64)> {
    series.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite())
}

/// Least and greatest value; reversed infinities when there is none.
fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

/// The x axis over the frame or all lines, and its unit when it is a time axis.
fn x_axis(plot: &Plot, frame: &Frame) -> (Axis, Option<TimeUnit>) {
    let (low, high) = bounds(plot.series.iter().flat_map(finite).map(|(x, _)| x));
    match plot.x {
        XAxis::MissionTime | XAxis::PartOfMission => {
            let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
            let whole = frame.span_s.filter(|_| plot.x == XAxis::MissionTime);
            let (low, high) = whole.unwrap_or((low, high));
            let (axis, unit) = Axis::time(low, high);
            (axis, Some(unit))
        }
        XAxis::Quantity(_) => (Axis::around(low, high, 8), None),
    }
}

/// Least and greatest y value of all lines.
fn y_range(plot: &Plot) -> (f64, f64) {
    bounds(plot.series.iter().flat_map(finite).map(|(_, y)| y))
}

/// Stretch the range to the limits that leave the data enough room; return the others.
fn with_limits(low: f64, high: f64, limits: &[LimitLine]) -> (f64, f64, Vec<&LimitLine>) {
    let mut range = (low, high);
    let mut hidden = Vec::new();
    if low > high {
        return (low, high, hidden);
    }
    let distance = |limit: &LimitLine| (low - limit.value).max(limit.value - high).max(0.0);
    let mut nearest: Vec<&LimitLine> = limits.iter().filter(|l| l.value.is_finite()).collect();
    nearest.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    // A flat line is given the room of a twentieth of its value.
    let span = (high - low).max(0.05 * high.abs());
    for limit in nearest {
        let wide = (range.0.min(limit.value), range.1.max(limit.value));
        if span >= DATA_SHARE * (wide.1 - wide.0) {
            range = wide;
        } else {
            hidden.push(limit);
        }
    }
    (range.0, range.1, hidden)
}

/// The unit with the power of ten that the labels leave out.
fn unit_text(unit: &str, exponent: i32) -> String {
    if exponent == 0 {
        escape(unit)
    } else {
        format!("10<sup>{}</sup> {}", grouped(f64::from(exponent), 0), escape(unit))
    }
}

/// Start the picture; its data attributes let the script turn positions back into values.
fn open_svg(out: &mut String, plot: &Plot, x: &Axis, y: &Axis, clock: Option<TimeUnit>) {
    let _ = write!(
        out,
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}, {}\" \
         data-x=\"{} {}\" data-y=\"{} {}\" data-box=\"{LEFT} {RIGHT} {TOP} {BOTTOM}\" \
         data-scale=\"{}\" data-decimals=\"{}\" data-time=\"{}\">",
        escape(&plot.title),
        escape(&plot.unit),
        x.low,
        x.high,
        y.low,
        y.high,
        10_f64.powi(-y.exponent),
        y.decimals,
        if clock.is_some() { "1" } else { "" },
    );
}

/// Grid lines, ticks, their labels and the name of the x axis.
fn grid(out: &mut String, x: &Axis, y: &Axis, clock: Option<TimeUnit>, label: &XAxis) {
    for tick in &y.ticks {
        let at = y_of(y, tick.value);
        let _ = write!(
            out,
            "<path class=\"grid\" d=\"M{LEFT} {at:.2}H{RIGHT}\"/><text class=\"y\" x=\"{}\" y=\"{at:.2}\">{}</text>",
            LEFT - 7.0,
            tick.label
        );
    }
    for tick in &x.ticks {
        let at = x_of(x, tick.value);
        let _ = write!(
            out,
            "<path class=\"grid\" d=\"M{at:.2} {TOP}V{BOTTOM}\"/><path class=\"tick\" d=\"M{at:.2} {BOTTOM}v5\"/><text class=\"x\" x=\"{at:.2}\" y=\"{}\">{}</text>",
            BOTTOM + 8.0,
            tick.label
        );
    }
    for day in &x.minor {
        let at = x_of(x, *day);
        let _ = write!(out, "<path class=\"tick\" d=\"M{at:.2} {BOTTOM}v3\"/>");
    }
    let _ = write!(out, "<path class=\"axis\" d=\"M{LEFT} {BOTTOM}H{RIGHT}\"/>");
    let text = match (label, clock) {
        (XAxis::Quantity(text), _) => escape(text),
        (_, unit) => {
            format!("mission time, {}", unit.unwrap_or(TimeUnit::Second).symbol())
        }
    };
    let _ = write!(
        out,
        "<text class=\"xlabel\" x=\"{}\" y=\"{}\">{text}</text>",
        (LEFT + RIGHT) / 2.0,
        HEIGHT - 4.0
    );
}

/// A shade behind the lines for each stretch that lies inside the axis.
fn bands(out: &mut String, x: &Axis, bands: &[Band], whose: char) {
    for band in bands {
        let (from, to) = (band.from_s.max(x.low), band.to_s.min(x.high));
        if to >= from && band.from_s.is_finite() && band.to_s.is_finite() {
            let at = x_of(x, from);
            let width = (x_of(x, to) - at).max(1.0);
            let _ = write!(
                out,
                "<g class=\"{}\"><title>{} {}</title><rect class=\"band {whose}\" x=\"{at:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{}\"/>",
                tone_class(band.tone),
                mission_time(band.from_s),
                escape(&band.text),
                BOTTOM - TOP,
            );
            // A foot that shows where the tint is faint or lies over others.
            let _ = write!(
                out,
                "<rect class=\"foot\" x=\"{at:.1}\" y=\"{}\" width=\"{width:.1}\" height=\"3\"/></g>",
                BOTTOM - 3.0,
            );
        }
    }
}

/// A thin line with a flag at each mark.
fn marks(out: &mut String, x: &Axis, marks: &[Mark]) {
    let inside = |mark: &&Mark| (x.low..=x.high).contains(&mark.time_s);
    for mark in marks.iter().filter(inside).take(MARKS) {
        let at = x_of(x, mark.time_s);
        let _ = write!(
            out,
            "<g class=\"mark {}\"><title>{} {}</title><path d=\"M{at:.2} {TOP}V{BOTTOM}\"/><path class=\"flag\" d=\"M{:.2} {TOP}h9l-4.5 6.5z\"/></g>",
            severity_class(mark.severity),
            mission_time(mark.time_s),
            escape(&mark.text),
            at - 4.5,
        );
    }
}

/// A tint over what lies beyond each limit inside the range.
fn limit_shades(out: &mut String, y: &Axis, limits: &[LimitLine]) {
    for limit in limits.iter().filter(|limit| (y.low..=y.high).contains(&limit.value)) {
        let at = y_of(y, limit.value);
        let (top, bottom) = match limit.side {
            Side::Above => (TOP, at),
            Side::Below => (at, BOTTOM),
        };
        let _ = write!(
            out,
            "<rect class=\"beyond-limit {}\" x=\"{LEFT}\" y=\"{top:.2}\" width=\"{}\" height=\"{:.2}\"/>",
            severity_class(limit.severity),
            RIGHT - LEFT,
            (bottom - top).max(0.0),
        );
    }
}

/// A dashed line with its label at each limit inside the range.
fn limit_lines(out: &mut String, y: &Axis, limits: &[LimitLine]) {
    let scale = 10_f64.powi(-y.exponent);
    let mut taken = Vec::new();
    for limit in limits {
        if !(y.low..=y.high).contains(&limit.value) {
            continue;
        }
        let at = y_of(y, limit.value);
        let (text_x, text_y) = label_place(at, &taken);
        taken.push((text_x, text_y));
        let value = limit.value * scale;
        // As fine as the ticks beside it.
        let decimals = decimals_worth(value).max(y.decimals.saturating_sub(2));
        let _ = write!(
            out,
            "<g class=\"limit {}\"><path d=\"M{LEFT} {at:.2}H{RIGHT}\"/><text x=\"{text_x}\" y=\"{text_y:.2}\">{} {}</text></g>",
            severity_class(limit.severity),
            escape(&limit.label),
            compact(value, decimals),
        );
    }
}

/// End and base line of the label of a limit at `at`, clear of the labels that are `taken`.
///
/// Above its line, else below it, else as many labels to the left as it takes. Of very many labels the
/// last ones lie on others.
fn label_place(at: f64, taken: &[(f64, f64)]) -> (f64, f64) {
    let (above, below) = (at - 4.0, at + 11.0);
    // There is no room above the first line or below the last.
    let rows = if at - TOP < LABEL_HEIGHT {
        [below, below]
    } else if BOTTOM - at < LABEL_HEIGHT {
        [above, above]
    } else {
        [above, below]
    };
    let columns = (0..4_i32).map(|column| RIGHT - 4.0 - f64::from(column) * LABEL_WIDTH);
    let mut places = columns.flat_map(|x| rows.map(|y| (x, y)));
    let clear = |place: &(f64, f64)| {
        taken.iter().all(|other| {
            (place.0 - other.0).abs() >= LABEL_WIDTH || (place.1 - other.1).abs() >= LABEL_HEIGHT
        })
    };
    places.find(clear).unwrap_or((RIGHT - 4.0, rows[0]))
}

/// Decimals with which a stated value has three digits that count; whole digits all stay.
fn decimals_worth(value: f64) -> usize {
    let size = value.abs().log10().floor();
    if size.is_finite() { (2.0 - size).clamp(0.0, 9.0) as usize } else { 0 }
}

/// A stated value with the decimals it needs, at most `most`.
fn compact(value: f64, most: usize) -> String {
    let unit = 10_f64.powi(most as i32);
    let value = (value * unit).round() / unit;
    let decimals = (0..most).find(|d| {
        let scaled = value * 10_f64.powi(*d as i32);
        (scaled - scaled.round()).abs() <= 1e-9 * scaled.abs()
    });
    grouped(value, decimals.unwrap_or(most))
}

/// Position of an x value in the view box.
fn x_of(axis: &Axis, value: f64) -> f64 {
    LEFT + axis.fraction(value) * (RIGHT - LEFT)
}

/// Position of a y value in the view box, which counts downward.
fn y_of(axis: &Axis, value: f64) -> f64 {
    BOTTOM - axis.fraction(value) * (BOTTOM - TOP)
}

/// The line through `points`; each gap starts a new stroke and a lone point is a dot.
fn path(points: &[(f64, f64)], x: &Axis, y: &Axis) -> String {
    let mut d = String::new();
    let mut run = 0_usize;
    for (at_x, at_y) in decimate(points, POINTS) {
        if !(at_x.is_finite() && at_y.is_finite()) {
            close_run(&mut d, run);
            run = 0;
            continue;
        }
        let command = if run == 0 { 'M' } else { 'L' };
        let _ = write!(d, "{command}{:.1} {:.1}", x_of(x, at_x), y_of(y, at_y));
        run += 1;
    }
    close_run(&mut d, run);
    d
}

/// End a stroke; one of a single point becomes a dot, drawn by its round cap.
fn close_run(d: &mut String, run: usize) {
    if run == 1 {
        d.push_str("h0");
    }
}

/// One row per line: its stroke, name, value under the pointer, least, greatest and last value.
fn legend(out: &mut String, plot: &Plot, y: &Axis, hidden: &[&LimitLine]) {
    let scale = 10_f64.powi(-y.exponent);
    let show = |value: f64| grouped(value * scale, y.decimals.saturating_sub(1));
    out.push_str("<table class=\"legend\"><thead><tr><th></th><th></th><th class=\"now\"></th><th>min</th><th>max</th><th>last</th></tr></thead><tbody>");
    for (series, colour) in plot.series.iter().zip(colours(&plot.series)) {
        let (low, high) = bounds(finite(series).map(|(_, y)| y));
        let last = finite(series).last();
        let cell = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), show);
        let known = |value: f64| last.map(|_| value);
        let _ = write!(
            out,
            "<tr><td><svg class=\"swatch\" viewBox=\"0 0 22 8\" aria-hidden=\"true\"><path class=\"line{} s{colour}\" d=\"M1 4H21\"/></svg></td><td>{}</td><td class=\"now\"></td><td>{}</td><td>{}</td><td>{}</td></tr>",
            if series.is_thin { " thin" } else { "" },
            escape(&series.name),
            cell(known(low)),
            cell(known(high)),
            cell(last.map(|(_, y)| y)),
        );
    }
    out.push_str("</tbody></table>");
    if !hidden.is_empty() {
        let list: Vec<String> = hidden
            .iter()
            .map(|limit| {
                let value = limit.value * scale;
                let value = compact(value, decimals_worth(value));
                format!("{} {value} {}", escape(&limit.label), unit_text(&plot.unit, y.exponent))
            })
            .collect();
        let _ = write!(out, "<p class=\"beyond\">Beyond the scale: {}</p>", list.join(" · "));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Severity, Tone};
    use super::*;

    fn plot(points: Vec<(f64, f64)>) -> Plot {
        Plot {
            title: "total pressure".into(),
            unit: "Pa".into(),
            series: vec![Series { name: "living".into(), points, ..Series::default() }],
            ..Plot::default()
        }
    }

    fn drawn(plot: &Plot) -> String {
        let mut out = String::new();
        figure(&mut out, plot, &Frame::default());
        out
    }

    #[test]
    fn a_gap_starts_a_new_stroke_and_a_lone_point_is_a_dot() {
        let nan = f64::NAN;
        let html = drawn(&plot(vec![
            (0.0, 1.0),
            (1.0, 2.0),
            (2.0, nan),
            (3.0, 2.0),
            (4.0, nan),
            (5.0, 1.0),
            (6.0, 1.5),
        ]));
        let start = html.find("class=\"line s0\" d=\"").unwrap();
        let d = html[start..].split('"').nth(3).unwrap();
        assert_eq!(d.matches('M').count(), 3, "{d}");
        assert_eq!(d.matches("h0").count(), 1, "{d}");
        assert!(!html.contains("NaN"));
    }

    #[test]
    fn nothing_to_draw_is_said() {
        assert!(drawn(&plot(vec![])).contains("no data"));
        let html = drawn(&plot(vec![(0.0, f64::NAN), (f64::INFINITY, 2.0)]));
        assert!(html.contains("no data") && !html.contains("NaN") && !html.contains("inf"));
        assert!(!drawn(&Plot::default()).contains("NaN"));
    }

    #[test]
    fn a_near_limit_is_drawn_and_a_far_one_is_named() {
        let mut one = plot(vec![(0.0, 400.0), (60.0, 500.0)]);
        let limit = |value, label: &str| LimitLine {
            value,
            label: label.into(),
            severity: Severity::Warning,
            side: Side::Above,
        };
        one.limits = vec![limit(600.0, "near"), limit(2_700.0, "far")];
        let html = drawn(&one);
        assert!(html.contains("class=\"limit warning\"><path"));
        assert!(html.contains("Beyond the scale: far 2700"), "{html}");
        assert_eq!(html.matches(">near 600<").count(), 1);
    }

    #[test]
    fn a_stated_value_has_three_digits_that_count() {
        let stated = |value| compact(value, decimals_worth(value));
        assert_eq!(stated(38.605_4), "38.6");
        assert_eq!(stated(2_743.21), "2743");
        assert_eq!(stated(0.05), "0.05");
        assert_eq!(stated(50.004), "50");
        assert_eq!(stated(-1.013_25), "−1.01");
        assert_eq!(stated(35.0), "35");
        assert_eq!(stated(0.0), "0");
    }

    #[test]
    fn labels_of_close_limits_do_not_cover_each_other() {
        let mut one = plot(vec![(0.0, 0.0), (60.0, 100.0)]);
        for (value, label) in [(50.0, "a"), (51.0, "b"), (52.0, "c"), (99.5, "d"), (0.5, "e")] {
            let label = label.into();
            one.limits.push(LimitLine { value, label, ..LimitLine::default() });
        }
        let html = drawn(&one);
        let places: Vec<(f64, f64)> = html
            .split("<g class=\"limit")
            .skip(1)
            .map(|part| {
                let text = &part[part.find("<text").unwrap()..];
                let mut quoted = text.split('"');
                let mut number = || quoted.nth(1).unwrap().parse().unwrap();
                (number(), number())
            })
            .collect();
        assert_eq!(places.len(), 5);
        for (index, a) in places.iter().enumerate() {
            assert!((TOP..=BOTTOM).contains(&a.1), "{places:?}");
            for b in &places[..index] {
                let apart = (a.0 - b.0).abs() >= LABEL_WIDTH || (a.1 - b.1).abs() >= LABEL_HEIGHT;
                assert!(apart, "{places:?}");
            }
        }
    }

    #[test]
    fn a_hundred_thousand_points_stay_small() {
        let html = drawn(&plot((0..100_000).map(|i| (f64::from(i), f64::from(i % 977))).collect()));
        assert!(html.len() < 30_000, "{} bytes", html.len());
    }

    #[test]
    fn shades_lie_behind_their_time_and_beyond_their_limit() {
        let mut one = plot(vec![(0.0, 0.0), (100.0, 100.0)]);
        let band = |from_s, to_s| Band { from_s, to_s, tone: Tone::Warning, text: "down".into() };
        one.bands = vec![band(50.0, 400.0), band(200.0, 300.0), band(f64::NAN, 50.0)];
        one.limits = vec![LimitLine { value: 50.0, side: Side::Below, ..LimitLine::default() }];
        let frame = Frame { span_s: Some((0.0, 100.0)), ..Frame::default() };
        let mut html = String::new();
        figure(&mut html, &one, &frame);
        assert_eq!(html.matches("<rect class=\"band p\"").count(), 1, "{html}");
        assert!(html.contains("x=\"355.0\" y=\"14\" width=\"293.0\""), "{html}");
        assert!(html.contains("y=\"109.00\" width=\"586\" height=\"95.00\""), "{html}");
        assert!(html.find("beyond-limit") < html.find("class=\"line"));
    }

    #[test]
    fn the_frame_sets_the_time_axis_but_not_that_of_a_part() {
        let mut one = plot(vec![(90.0, 0.0), (100.0, 1.0)]);
        let frame = Frame { span_s: Some((0.0, 100.0)), ..Frame::default() };
        let axis = |one: &Plot| {
            let mut html = String::new();
            figure(&mut html, one, &frame);
            html.split("data-x=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
        };
        assert_eq!(axis(&one), "0 100");
        one.x = XAxis::PartOfMission;
        assert_eq!(axis(&one), "90 100");
    }

    #[test]
    fn a_swinging_line_is_faint_behind_its_mean() {
        let mut one = plot((0..1_000).map(|i| (f64::from(i), f64::from(i % 2))).collect());
        one.series[0].mean = vec![(0.0, 0.5), (999.0, 0.5)];
        one.series.push(Series { name: "sensed".into(), is_thin: true, ..Series::default() });
        let html = drawn(&one);
        assert!(html.find("class=\"swing s0\"").unwrap() < html.find("class=\"line s0\"").unwrap());
        assert!(html.contains("class=\"line thin s0\""), "a thin line takes the colour before it");
        // The legend tells of the points, not of their mean.
        assert!(html.contains("<td>0.00</td><td>1.00</td>"));
    }
}
