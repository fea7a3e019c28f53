//! A metric and a reading of it, whoever collects them.

/// Whether a metric may fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What is so now.
    Gauge,
    /// What has been so far; it only grows, and begins again with the program.
    Counter,
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name, as Prometheus writes names; the unit stands at its end.
    pub name: &'static str,
    /// Whether it may fall.
    pub kind: Kind,
    /// One sentence.
    pub what: &'static str,
}

impl Metric {
    /// What is so now.
    #[must_use]
    pub const fn gauge(name: &'static str, what: &'static str) -> Metric {
        Metric { name, kind: Kind::Gauge, what }
    }

    /// What has been so far.
    #[must_use]
    pub const fn counter(name: &'static str, what: &'static str) -> Metric {
        Metric { name, kind: Kind::Counter, what }
    }
}

/// A metric at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Which one.
    pub name: &'static str,
    /// Of what: keys and values.
    pub labels: Vec<(&'static str, String)>,
    /// How much; of a counter a whole number.
    pub value: f64,
}

impl Reading {
    /// The one reading of a metric without labels.
    #[must_use]
    pub fn of(name: &'static str, value: f64) -> Reading {
        Reading { name, labels: Vec::new(), value }
    }

    /// The reading of a metric for one value of its one label.
    #[must_use]
    pub fn with(
        name: &'static str,
        key: &'static str,
        label: impl Into<String>,
        value: f64,
    ) -> Reading {
        Reading { name, labels: vec![(key, label.into())], value }
    }
}
