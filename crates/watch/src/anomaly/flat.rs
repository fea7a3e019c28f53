use super::Detector;

/// The same number again and again, to the bit: an instrument with noise does not do that.
///
/// The score is the length of the run over the length that counts.
#[derive(Debug, Clone)]
pub struct Flat {
    samples: u32,
    last: Option<u64>,
    run: u32,
}

impl Flat {
    /// One that has seen nothing yet; `samples` equal ones, at least 2, are an anomaly.
    #[must_use]
    pub fn new(samples: u32) -> Flat {
        Flat { samples: samples.max(2), last: None, run: 0 }
    }
}

impl Detector for Flat {
    fn push(&mut self, _: f64, value: f64) -> Option<f64> {
        let bits = Some(value.to_bits());
        self.run = if self.last == bits { self.run.saturating_add(1) } else { 1 };
        self.last = bits;
        Some(f64::from(self.run) / f64::from(self.samples))
    }

    fn pause(&mut self) {
        self.last = None;
    }
}
