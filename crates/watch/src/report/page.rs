//! The page around the parts: head, facts, list of contents, sections.
//!
//! Style sheet and script stand in files of their own and are put into the page when it is
//! written. Texts of the report pass through [`escape`] wherever they enter.

use std::fmt::Write as _;

use super::text::{escape, severity_class, sign};
use super::{Frame, Part, Report, Section, gauge, lanes, plot, table};

/// Colours, layout, dark scheme and print.
const STYLE: &str = include_str!("page.css");
/// The reading under the pointer; the page is complete without it.
const SCRIPT: &str = include_str!("page.js");

/// Write the page of `report`.
pub(super) fn render(report: &Report) -> String {
    let mut out = String::with_capacity(256 * 1024);
    let title = escape(&report.title);
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
    );
    let _ = write!(out, "<header><div><h1>{title}</h1><p>{}</p></div>", escape(&report.subtitle));
    if !report.verdict.text.is_empty() {
        let _ = write!(
            out,
            "<p class=\"verdict {}\"><span aria-hidden=\"true\">{}</span>{}</p>",
            severity_class(report.verdict.severity),
            sign(report.verdict.severity),
            escape(&report.verdict.text),
        );
    }
    out.push_str("</header>\n<main>\n");
    if !report.facts.is_empty() {
        out.push_str("<dl class=\"facts\">");
        for (label, value) in &report.facts {
            let _ = write!(out, "<div><dt>{}</dt><dd>{}</dd></div>", escape(label), escape(value));
        }
        out.push_str("</dl>\n");
    }
    contents(&mut out, &report.sections);
    for (number, one) in report.sections.iter().enumerate() {
        section(&mut out, number, one, &report.frame);
    }
    let _ = write!(out, "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n");
    out
}

/// Links to the sections, where there is more than one.
fn contents(out: &mut String, sections: &[Section]) {
    if sections.len() < 2 {
        return;
    }
    out.push_str("<nav aria-label=\"Contents\">");
    for (number, section) in sections.iter().enumerate() {
        let _ = write!(out, "<a href=\"#part-{number}\">{}</a>", escape(&section.title));
    }
    out.push_str("</nav>\n");
}

/// A section with its parts; the key to the shades stands above its first plots.
fn section(out: &mut String, number: usize, section: &Section, frame: &Frame) {
    let _ = write!(out, "<section id=\"part-{number}\"><h2>{}</h2>", escape(&section.title));
    if !section.note.is_empty() {
        let _ = write!(out, "<p class=\"note\">{}</p>", escape(&section.note));
    }
    out.push('\n');
    let mut is_keyed = false;
    for part in &section.parts {
        match part {
            Part::Plots(plots) => {
                if !is_keyed {
                    lanes::key(out, &frame.key);
                    is_keyed = true;
                }
                out.push_str("<div class=\"plots\">\n");
                for one in plots {
                    plot::figure(out, one, frame);
                }
                out.push_str("</div>\n");
            }
            Part::Gauges(gauges) => gauge::gauges(out, gauges),
            Part::Lanes(strip) => lanes::strip(out, strip),
            Part::Events(events) => table::events(out, events),
            Part::Table(one) => table::table(out, one),
        }
    }
    out.push_str("</section>\n");
}

#[cfg(test)]
mod tests {
    use super::super::{
        Band, Event, Events, Gauge, Lane, Lanes, LimitLine, Mark, Plot, Series, Severity, Side,
        Span, Table, Tone, Verdict, XAxis,
    };
    use super::*;

    const DAY: f64 = 86_400.0;

    /// A month with one part of each kind, three days of darkness and a fan that stops on day 12.
    fn month(text: &dyn Fn(&str) -> String) -> Report {
        let line = |name: &str, value: &dyn Fn(f64) -> f64| Series {
            name: text(name),
            points: (0..4_320).map(|i| f64::from(i) * 600.0).map(|t| (t, value(t))).collect(),
            mean: (0..30).map(|i| f64::from(i) * DAY).map(|t| (t, value(t))).collect(),
            ..Series::default()
        };
        let limit = |value, label: &str, side| LimitLine {
            value,
            label: text(label),
            severity: Severity::Warning,
            side,
        };
        let band = |from: f64, to: f64, tone, words: &str| Band {
            from_s: from * DAY,
            to_s: to * DAY,
            tone,
            text: text(words),
        };
        let plots = vec![
            Plot {
                title: text("CO2 partial pressure"),
                unit: text("Pa"),
                series: vec![
                    line("living", &|t| 290.0 + 45.0 * (t / 13_750.0).sin()),
                    line("sensed", &|t| 292.0 + 45.0 * (t / 13_750.0).sin()),
                ],
                limits: vec![
                    limit(310.0, "warning high", Side::Above),
                    limit(10_000.0, "abort", Side::Above),
                ],
                bands: vec![band(12.1, 14.0, Tone::Warning, "fan stopped")],
                ..Plot::default()
            },
            Plot {
                title: text("Polarisation"),
                unit: text("V"),
                series: vec![Series {
                    name: text("cell"),
                    points: vec![(0.1, 1.4), (0.8, 1.7)],
                    ..Series::default()
                }],
                x: XAxis::Quantity(text("current density, A/cm²")),
                ..Plot::default()
            },
        ];
        let gauge = Gauge {
            name: text("CO2"),
            value: text("2.1 mmHg"),
            limit: text("20 mmHg"),
            margin: text("17.9 mmHg"),
            share: 0.99,
            worst: text("3.0 mmHg"),
            worst_margin: text("17.0 mmHg"),
            worst_share: 0.94,
            when: text("12 d 03:20"),
            severity: Severity::Nominal,
        };
        let lanes = Lanes {
            title: text("Lanes"),
            axis: text("mission time"),
            span_s: (0.0, 30.0 * DAY),
            lanes: vec![Lane {
                name: text("light"),
                spans: vec![Span {
                    from_s: 5.0 * DAY,
                    to_s: 28.0 * DAY,
                    label: text("dark"),
                    text: text("no sun"),
                    ..Span::default()
                }],
            }],
            key: vec![(Tone::Dark, text("dark"))],
        };
        let event = Event {
            time_s: 12.1 * DAY,
            lasted_s: Some(1.9 * DAY),
            severity: Severity::Warning,
            kind: text("failure"),
            text: text("living.cdra failed"),
        };
        let table = Table {
            title: text("Ledger"),
            columns: vec![text("kg")],
            rows: vec![vec![text("1.0")]],
        };
        let section =
            |title: &str, parts| Section { title: text(title), note: text("note"), parts };
        Report {
            title: text("cabin-30d"),
            subtitle: text("Reference habitat"),
            facts: vec![(text("Crew"), text("4 of 4 alive"))],
            verdict: Verdict { severity: Severity::Caution, text: text("Mission succeeded") },
            frame: Frame {
                span_s: Some((0.0, 30.0 * DAY)),
                bands: vec![band(5.0, 8.0, Tone::Dark, "darkness")],
                marks: vec![Mark {
                    time_s: 20.0 * DAY,
                    severity: Severity::Warning,
                    text: text("mission lost"),
                }],
                key: vec![(Tone::Dark, text("darkness"))],
            },
            sections: vec![
                section("Margins", vec![Part::Gauges(vec![gauge])]),
                section(
                    "Time line",
                    vec![
                        Part::Lanes(lanes),
                        Part::Events(Events { list: vec![event], note: text("no more") }),
                    ],
                ),
                section("Plots", vec![Part::Plots(plots), Part::Table(table)]),
            ],
        }
    }

    #[test]
    fn the_page_is_complete_and_asks_for_nothing_from_outside() {
        let page = month(&str::to_owned).render();
        for outside in ["http", "//", "src=", "url(", "@import", "<link", "<img", "<use"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.split("href=\"").skip(1).all(|rest| rest.starts_with("#part-")));
        assert_eq!(page.matches("<figure").count(), 3);
        assert!(page.contains("12 d 02:24") && page.contains("45.6 h"), "event and its length");
        let order = ["Margins</h2>", "Time line</h2>", "Plots</h2>"].map(|title| page.find(title));
        assert!(order.is_sorted() && order[0].is_some(), "{order:?}");
        assert!(!page.split("<script>").next().unwrap().contains("NaN"));
        assert!(page.len() < 200_000, "{} bytes", page.len());
    }

    #[test]
    fn the_pictures_are_well_formed() {
        let page = month(&str::to_owned).render();
        let start = page.find("<main>").unwrap();
        let end = page.find("<script>").unwrap();
        let mut open: Vec<&str> = Vec::new();
        for tag in page[start..end].split('<').skip(1) {
            let inside = &tag[..tag.find('>').unwrap()];
            assert_eq!(inside.matches('"').count() % 2, 0, "{inside}");
            let name = inside.trim_start_matches('/').split([' ', '/']).next().unwrap();
            if let Some(closed) = inside.strip_prefix('/') {
                if closed != "main" {
                    assert_eq!(open.pop(), Some(closed), "{closed} closes nothing");
                }
            } else if !inside.ends_with('/') && name != "main" {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?} stay open");
    }

    #[test]
    fn every_text_is_escaped() {
        let bad = "<script>alert('x')</script>\"&";
        let count = std::cell::Cell::new(0);
        let page = month(&|_| {
            count.set(count.get() + 1);
            bad.to_owned()
        })
        .render();
        assert!(!page.contains("alert('x')"));
        assert_eq!(page.matches("<script>").count(), 1);
        // Headings also stand in the contents, names of pictures in their labels.
        assert!(page.matches("alert(&#39;x&#39;)").count() >= count.get());
    }
}
