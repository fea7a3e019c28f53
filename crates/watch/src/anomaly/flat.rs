use super::Detector;

/// The same number again and again: an instrument with noise, or a valve that regulates, does not do that.
///
/// The score is the length of the run over the length that counts.
#[derive(Debug, Clone)]
pub struct Flat {
    samples: u32,
    room: f64,
    anchor: Option<f64>,
    run: u32,
}

impl Flat {
    /// One that has seen nothing yet; `samples` values within `room` of the first of them, at least 2, are an anomaly.
    #[must_use]
    pub fn new(samples: u32, room: f64) -> Flat {
        Flat { samples: samples.max(2), room, anchor: None, run: 0 }
    }
}

impl Detector for Flat {
    fn push(&mut self, _: f64, value: f64) -> Option<f64> {
        let is_same = self.anchor.is_some_and(|anchor| (value - anchor).abs() <= self.room);
        if is_same {
            self.run = self.run.saturating_add(1);
        } else {
            self.run = 1;
            self.anchor = Some(value);
        }
        Some(f64::from(self.run) / f64::from(self.samples))
    }

    fn pause(&mut self) {
        self.anchor = None;
    }
}
