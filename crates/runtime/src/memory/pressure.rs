//! How long tasks wait for memory, as Linux counts it (pressure stall information).

/// Shares of the last ten seconds in which tasks waited for memory.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pressure {
    /// At least one task waited, 0 to 1.
    pub some: f64,
    /// All tasks waited, 0 to 1.
    pub full: f64,
}

impl Pressure {
    /// Read the text of `/proc/pressure/memory` or of a group's `memory.pressure`; `None` for a text of another form.
    ///
    /// ```
    /// use lunar_habitat_runtime::memory::Pressure;
    /// let text = "some avg10=12.50 avg60=3.00 avg300=1.00 total=9\nfull avg10=2.00 avg60=0.00 avg300=0.00 total=4\n";
    /// assert_eq!(Pressure::parse(text), Some(Pressure { some: 0.125, full: 0.02 }));
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Pressure> {
        let share = |kind: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(kind))?;
            let field = line.split_whitespace().find_map(|field| field.strip_prefix("avg10="))?;
            let percent: f64 = field.parse().ok()?;
            (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
        };
        Some(Pressure { some: share("some ")?, full: share("full ")? })
    }

    /// The higher of two, part by part.
    #[must_use]
    pub fn worst(self, other: Pressure) -> Pressure {
        Pressure { some: self.some.max(other.some), full: self.full.max(other.full) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_another_form_are_nothing() {
        for text in
            ["", "some avg10=1.00", "some avg60=1.0\nfull avg60=1.0", "some avg10=x\nfull avg10=1"]
        {
            assert_eq!(Pressure::parse(text), None, "{text}");
        }
    }

    #[test]
    fn this_machine_tells_a_share_or_nothing() {
        if let Ok(text) = std::fs::read_to_string("/proc/pressure/memory") {
            let read = Pressure::parse(&text);
            assert!(read.is_some_and(|p| p.some >= p.full && p.some <= 1.0), "{text}");
        }
    }
}
