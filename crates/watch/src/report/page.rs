//! The page around the plots: head, facts, events and tables.
//!
//! Style sheet and script stand in files of their own and are put into the page when it is
//! written. Texts of the report pass through [`escape`] wherever they enter.

use std::fmt::Write as _;

use super::{Event, Report, Severity, Table, plot};

/// Colours, layout, dark scheme and print.
const STYLE: &str = include_str!("page.css");
/// The reading under the pointer; the page is complete without it.
const SCRIPT: &str = include_str!("page.js");

/// Write the page of `report`.
pub(super) fn render(report: &Report) -> String {
    let mut out = String::with_capacity(64 * 1024);
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
    if !report.plots.is_empty() {
        out.push_str("<section class=\"plots\">\n");
        for one in &report.plots {
            plot::figure(&mut out, one, &report.events);
        }
        out.push_str("</section>\n");
    }
    if !report.events.is_empty() {
        events(&mut out, &report.events);
    }
    for table in &report.tables {
        table_section(&mut out, table);
    }
    let _ = write!(out, "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n");
    out
}

/// The event log, every event with its sign.
fn events(out: &mut String, events: &[Event]) {
    out.push_str("<section><h2>Events</h2><div class=\"scroll\"><table class=\"events\"><thead><tr><th>mission time</th><th></th><th>event</th></tr></thead><tbody>");
    for event in events {
        let _ = write!(
            out,
            "<tr class=\"{}\"><td>{}</td><td class=\"sign\" title=\"{0}\">{}</td><td>{}</td></tr>",
            severity_class(event.severity),
            mission_time(event.time_s),
            sign(event.severity),
            escape(&event.text),
        );
    }
    out.push_str("</tbody></table></div></section>\n");
}

/// A table under its heading.
fn table_section(out: &mut String, table: &Table) {
    let _ = write!(
        out,
        "<section><h2>{}</h2><div class=\"scroll\"><table><thead><tr>",
        escape(&table.title)
    );
    let numeric: Vec<bool> =
        (0..table.columns.len()).map(|column| is_numeric(table, column)).collect();
    let class = |column: usize| {
        if numeric[column] { " class=\"number\"" } else { "" }
    };
    for (column, name) in table.columns.iter().enumerate() {
        let _ = write!(out, "<th{}>{}</th>", class(column), escape(name));
    }
    out.push_str("</tr></thead><tbody>");
    for row in &table.rows {
        out.push_str("<tr>");
        for column in 0..table.columns.len() {
            let cell = row.get(column).map_or("", String::as_str);
            let _ = write!(out, "<td{}>{}</td>", class(column), escape(cell));
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div></section>\n");
}

/// Whether every cell that is not empty starts with a number.
fn is_numeric(table: &Table, column: usize) -> bool {
    let mut cells =
        table.rows.iter().filter_map(|row| row.get(column)).filter(|c| !c.is_empty()).peekable();
    cells.peek().is_some()
        && cells.all(|cell| {
            cell == "–"
                || cell
                    .trim_start_matches(['-', '+', '\u{2212}', '<', '±', ' ', '.'])
                    .starts_with(|c: char| c.is_ascii_digit())
        })
}

/// Class of the style sheet.
pub(super) fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Nominal => "nominal",
        Severity::Caution => "caution",
        Severity::Warning => "warning",
    }
}

/// Colour never carries the meaning alone.
fn sign(severity: Severity) -> &'static str {
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
    let minutes = (time_s / 60.0).round() as i64;
    let (days, rest) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
    format!("{days} d {:02}:{:02}", rest / 60, rest % 60)
}

/// Make `text` safe inside an element or a quoted attribute.
pub(super) fn escape(text: &str) -> String {
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
    use super::super::{LimitLine, Plot, Series, Verdict, XAxis};
    use super::*;

    /// A month of a cabin with a fan that stops on day 12.
    fn demo() -> Report {
        let times = || (0..4_320).map(|i| f64::from(i) * 600.0);
        let day = |t: f64| t / 86_400.0;
        let noise = |t: f64, k: f64| (t * k).sin() * (t * k * 0.37).cos();
        let stopped = |t: f64| (12.1..14.0).contains(&day(t));
        let co2 = |t: f64, phase: f64| {
            let base = 290.0
                + 45.0 * (day(t) * std::f64::consts::TAU + phase).sin()
                + 6.0 * noise(t, 1e-3);
            let rise = if day(t) > 12.1 {
                380.0 * (1.0 - (-(day(t) - 12.1) / 0.5).exp()) * (-(day(t) - 12.1) / 1.2).exp()
            } else {
                0.0
            };
            base + rise
        };
        let line = |name: &str, value: &dyn Fn(f64) -> f64| Series {
            name: name.into(),
            points: times().map(|t| (t, value(t))).collect(),
        };
        let limit =
            |value, label: &str, severity| LimitLine { value, label: label.into(), severity };
        let event = |d: f64, severity, text: &str| Event {
            time_s: d * 86_400.0,
            severity,
            text: text.into(),
        };
        Report {
            title: "cabin-30d".into(),
            subtitle: "Reference habitat, four crew, 56.5 kPa · controller rules · seed 7".into(),
            facts: [
                ("Crew", "4 of 4 alive"),
                ("Duration", "30.0 d"),
                ("Step", "60 s, decisions every 600 s"),
                ("Mass residual", "3.1e-13 of throughput"),
                ("Energy residual", "8.4e-12 of throughput"),
                ("Lowest inspired O2", "128.4 mmHg"),
                ("Highest ppCO2, 1-h mean", "541 Pa"),
                ("Speed", "412 000 steps/s"),
            ]
            .map(|(label, value)| (label.into(), value.into()))
            .to_vec(),
            verdict: Verdict {
                severity: Severity::Nominal,
                text: "Mission succeeded: all crew alive, no abort rule met".into(),
            },
            plots: vec![
                Plot {
                    title: "CO2 partial pressure".into(),
                    unit: "Pa".into(),
                    series: vec![
                        line("living", &|t| co2(t, 0.0)),
                        line("laboratory", &|t| co2(t, 0.4) * 0.97),
                        line("quarters", &|t| co2(t, -0.8) * 1.02),
                    ],
                    limits: vec![
                        limit(533.0, "caution high", Severity::Caution),
                        limit(689.0, "warning high, 1-h mean", Severity::Warning),
                    ],
                    x: XAxis::MissionTime,
                },
                Plot {
                    title: "Inspired O2".into(),
                    unit: "mmHg".into(),
                    series: vec![line("living", &|t| 133.0 + 2.0 * noise(t, 7e-6) - 0.05 * day(t))],
                    limits: vec![
                        limit(127.0, "caution low", Severity::Caution),
                        limit(122.0, "warning low", Severity::Warning),
                    ],
                    x: XAxis::MissionTime,
                },
                Plot {
                    title: "Total pressure".into(),
                    unit: "Pa".into(),
                    series: vec![
                        line("living", &|t| 56_500.0 + 60.0 * noise(t, 5e-6)),
                        line("airlock", &|t| {
                            if (20.0..20.4).contains(&day(t)) {
                                f64::NAN
                            } else {
                                56_480.0 + 55.0 * noise(t, 5e-6)
                            }
                        }),
                    ],
                    limits: vec![limit(34_500.0, "warning low", Severity::Warning)],
                    x: XAxis::MissionTime,
                },
                Plot {
                    title: "Cabin temperature".into(),
                    unit: "°C".into(),
                    series: ["living", "laboratory", "quarters", "airlock"]
                        .iter()
                        .enumerate()
                        .map(|(k, name)| {
                            line(name, &move |t| {
                                22.0 + k as f64 * 0.7
                                    + 0.8 * (day(t) * std::f64::consts::TAU + k as f64).sin()
                                    + if stopped(t) { 1.5 } else { 0.0 }
                            })
                        })
                        .collect(),
                    limits: vec![],
                    x: XAxis::MissionTime,
                },
                Plot {
                    title: "Potable water".into(),
                    unit: "kg".into(),
                    series: vec![
                        line("potable tank", &|t| {
                            300.0 - 1.3 * day(t) + 4.0 * (day(t) * std::f64::consts::TAU).sin()
                        }),
                        line("urine tank", &|t| 6.0 + 5.0 * ((day(t) * 2.0).fract())),
                    ],
                    limits: vec![],
                    x: XAxis::MissionTime,
                },
                Plot {
                    title: "CO2 removal, one half-cycle each 144 min".into(),
                    unit: "mol/s".into(),
                    series: vec![line("living.cdra", &|t| {
                        if stopped(t) {
                            0.0
                        } else {
                            9.5e-4 + 2.6e-4 * ((t / 8_640.0).fract() - 0.5)
                        }
                    })],
                    limits: vec![],
                    x: XAxis::MissionTime,
                },
                Plot {
                    title: "OGA polarisation".into(),
                    unit: "V".into(),
                    series: vec![Series {
                        name: "cell, 328 K".into(),
                        points: (1..60)
                            .map(|i| {
                                let j = f64::from(i) * 0.02;
                                (j, 1.40 + 0.06 * (j * 60.0).ln() + 0.18 * j)
                            })
                            .collect(),
                    }],
                    limits: vec![],
                    x: XAxis::Quantity("current density, A/cm²".into()),
                },
                Plot {
                    title: "Eight tanks".into(),
                    unit: "kg".into(),
                    series: (0..8)
                        .map(|k| {
                            line(&format!("tank.{k}"), &move |t| {
                                40.0 + f64::from(k) * 6.0
                                    + 2.0 * (day(t) * 0.7 + f64::from(k)).sin()
                            })
                        })
                        .collect(),
                    limits: vec![],
                    x: XAxis::MissionTime,
                },
            ],
            tables: vec![Table {
                title: "Ledger over the mission".into(),
                columns: ["", "in", "out", "stored", "residual"].map(String::from).to_vec(),
                rows: [
                    ["carbon, mol", "2 958.0", "2 951.2", "6.8", "2.1e-13"],
                    ["hydrogen, mol", "41 220.4", "41 100.9", "119.5", "−4.0e-13"],
                    ["oxygen, mol", "39 871.1", "39 820.0", "51.1", "1.2e-13"],
                    ["energy, MJ", "21 345.7", "21 340.2", "5.5", "8.4e-12"],
                ]
                .map(|row| row.map(String::from).to_vec())
                .to_vec(),
            }],
            events: vec![
                event(0.0, Severity::Nominal, "start"),
                event(12.1, Severity::Warning, "living.cdra: blower stopped"),
                event(12.9, Severity::Caution, "living.air.pp_co2_pa above caution 533 Pa"),
                event(14.0, Severity::Nominal, "living.cdra: blower repaired by crew 2 (5.5 h)"),
                event(20.0, Severity::Caution, "airlock.air: pressure sensor silent"),
                event(30.0, Severity::Nominal, "end"),
            ],
        }
    }

    #[test]
    fn the_page_is_complete_and_asks_for_nothing_from_outside() {
        let page = demo().render();
        // Set this to look at the page.
        if let Some(dir) = std::env::var_os("REPORT_DEMO_DIR") {
            std::fs::write(std::path::Path::new(&dir).join("report.html"), &page).unwrap();
        }
        for outside in ["http", "//", "src=", "href=", "url(", "@import"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert_eq!(page.matches("<figure").count(), 8);
        assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
        assert!(page.contains("12 d 02:24"));
        assert!(!page.split("<script>").next().unwrap().contains("NaN"));
        assert!(page.len() < 600_000, "{} bytes", page.len());
    }

    #[test]
    fn every_text_is_escaped() {
        let bad = "<script>alert('x')</script>\"&";
        let text = || bad.to_owned();
        let page = Report {
            title: text(),
            subtitle: text(),
            facts: vec![(text(), text())],
            verdict: Verdict { severity: Severity::Caution, text: text() },
            plots: vec![
                Plot {
                    title: text(),
                    unit: text(),
                    series: vec![Series { name: text(), points: vec![(0.0, 1.0), (1.0, 2.0)] }],
                    limits: [1.5, 900.0]
                        .map(|value| LimitLine {
                            value,
                            label: text(),
                            severity: Severity::Caution,
                        })
                        .to_vec(),
                    x: XAxis::Quantity(text()),
                },
                Plot {
                    series: vec![Series { name: text(), points: vec![(0.0, 1.0), (9.0, 2.0)] }],
                    ..Plot::default()
                },
            ],
            tables: vec![Table { title: text(), columns: vec![text()], rows: vec![vec![text()]] }],
            events: vec![Event { time_s: 3.0, severity: Severity::Warning, text: text() }],
        }
        .render();
        assert!(!page.contains("alert('x')"));
        assert_eq!(page.matches("<script>").count(), 1);
        assert_eq!(page.matches("alert(&#39;x&#39;)").count(), 20);
    }

    #[test]
    fn mission_time_counts_days() {
        assert_eq!(mission_time(12.0 * 86_400.0 + 3.0 * 3_600.0 + 1_200.0), "12 d 03:20");
        assert_eq!(mission_time(86_399.0), "1 d 00:00");
        assert_eq!(mission_time(f64::NAN), "–");
    }

    #[test]
    fn columns_of_numbers_are_found() {
        let table = Table {
            title: String::new(),
            columns: vec!["a".into(), "b".into()],
            rows: vec![
                vec!["-1.5".into(), "x".into()],
                vec!["\u{2212}2e-3".into(), "3".into()],
                vec![],
            ],
        };
        assert!(is_numeric(&table, 0) && !is_numeric(&table, 1));
    }
}
