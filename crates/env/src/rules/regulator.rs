//! Set-points of the pressure regulators.

use super::memory::Remembered;
use super::settings::RulesSettings;
use crate::Command;
use crate::wiring::{Handle, Wiring};

/// A set-point and where it stood at the start.
#[derive(Debug, Clone, Copy)]
struct SetPoint {
    handle: Handle,
    start: f64,
}

/// Keeps the regulators at shares of the set-points that the scenario starts with.
///
/// By default the shares are one and nothing is commanded. A lower pressure leaks less nitrogen and burns better; a
/// lower oxygen pressure makes a tank last a little longer.
#[derive(Debug, Clone)]
pub(super) struct Regulator {
    pressure: Vec<SetPoint>,
    oxygen: Vec<SetPoint>,
    /// Shares that are commanded: of pressure and of oxygen.
    last: (f64, f64),
}

impl Remembered for Regulator {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        let Regulator { pressure: _, oxygen: _, last } = self;
        last.recall(word);
    }
}

impl Regulator {
    pub(super) fn new(wiring: &Wiring<'_>) -> Regulator {
        let of = |quantity: &str| -> Vec<SetPoint> {
            let set_point = |owner: &str| {
                let handle = wiring.handle(owner, quantity)?;
                Some(SetPoint { handle, start: wiring.now(handle.channel)? })
            };
            wiring.owners(quantity).into_iter().filter_map(set_point).collect()
        };
        Regulator { pressure: of("set_p_total_pa"), oxygen: of("set_pp_o2_pa"), last: (1.0, 1.0) }
    }

    pub(super) fn decide(&mut self, settings: &RulesSettings, commands: &mut Vec<Command>) {
        let wanted = (settings.p_total_share, settings.pp_o2_share);
        if wanted == self.last {
            return;
        }
        for (all, share) in [(&self.pressure, wanted.0), (&self.oxygen, wanted.1)] {
            for SetPoint { handle, start } in all {
                let value = (share * start).clamp(handle.low, handle.high);
                commands.push(Command { actuator: handle.actuator, value });
            }
        }
        self.last = wanted;
    }
}
