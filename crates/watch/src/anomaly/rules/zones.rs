//! Air of zones: nitrogen that leaves, neighbours that drift apart.

use super::{Book, past, place_of};
use crate::anomaly::{Rule, Side, Signal, Term};

impl Book<'_> {
    pub(super) fn zones(&self, rules: &mut Vec<Rule>) {
        let airs = self.owners("sensed_p_total_pa");
        let hulls = || airs.iter().map(|air| format!("{}.hull", place_of(air)));
        // Nitrogen in the air, as pressure at 295 K: what is left when oxygen, CO2 and vapour are taken off. The pressure of
        // saturation goes with the 18th power of temperature near 292 K, where it is 2 196 Pa.
        let mut contents = Vec::new();
        let volume =
            |air: &String| self.facts.volumes_m3.get(place_of(air)).copied().unwrap_or(1.0);
        let all_m3: f64 = airs.iter().map(volume).sum();
        for air in &airs {
            let share = 295.0 * volume(air) / all_m3;
            let (Some(p), Some(o2), Some(co2), Some(t), Some(rh)) = (
                self.sensed(air, "p_total_pa"),
                self.sensed(air, "pp_o2_pa"),
                self.sensed(air, "pp_co2_pa"),
                self.sensed(air, "t_k"),
                self.sensed(air, "rh"),
            ) else {
                continue;
            };
            for (column, sign) in [(p, 1.0), (o2, -1.0), (co2, -1.0)] {
                contents
                    .push(Term { scale: sign * share, factors: vec![(column, 1.0), (t, -1.0)] });
            }
            let scale = -share * 2_196.0 / 292.0_f64.powf(18.1);
            contents.push(Term { scale, factors: vec![(rh, 1.0), (t, 17.1)] });
        }
        if contents.is_empty() {
            return;
        }
        let slow = Signal {
            contents: contents.clone(),
            window_s: 10_800.0,
            smooth_s: 3_600.0,
            ..Signal::default()
        };
        let leaks = || hulls().chain(self.owners("sensed_co2_inlet_mol_s"));
        let signal = Signal { contents, window_s: 1_800.0, smooth_s: 900.0, ..Signal::default() };
        let all: Vec<&str> = airs.iter().map(String::as_str).collect();
        let signal = self.uncalibrated(&all, signal);
        let words = "nitrogen that leaves the air";
        rules.push(
            Rule::new("habitat.air", "nitrogen", words, signal, past(0.0, 6e-3, 9.0, Side::Low))
                .or(leaks()),
        );
        let slow = self.uncalibrated(&all, slow);
        let words = "nitrogen that leaves the air in three hours";
        rules.push(
            Rule::new(
                "habitat.air",
                "nitrogen_slow",
                words,
                slow,
                past(0.0, 2.5e-3, 8.0, Side::Low),
            )
            .or(leaks()),
        );
        for unit in self.owners("sensed_n2_mol_s") {
            let Some(n2) = self.sensed(&unit, "n2_mol_s") else { continue };
            let signal = Signal::of(n2).after(0.0, 21_600.0);
            let words = "nitrogen given within six hours";
            rules.push(
                Rule::new(&unit, "demand", words, signal, past(0.0, 6e-3, 0.0, Side::High))
                    .or(leaks()),
            );
        }
        for pair in airs.windows(2) {
            let (one, two) = (&pair[0], &pair[1]);
            let place = place_of(two);
            let fans = || {
                [one, two]
                    .into_iter()
                    .map(|air| format!("{}.fans", place_of(air)))
                    .chain([one.clone()])
            };
            for (quantity, name, words, usual) in [
                ("t_k", "t", "temperature against the neighbour's", 1.4),
                ("pp_co2_pa", "co2", "CO2 against the neighbour's", 40.0),
                ("rh", "rh", "humidity against the neighbour's", 0.03),
            ] {
                let (Some(a), Some(b)) = (self.sensed(one, quantity), self.sensed(two, quantity))
                else {
                    continue;
                };
                let Some(shed) = self.sensed("habitat.power", "shed") else { continue };
                let signal = Signal::difference(b, a).while_steady(shed, 0.5);
                let signal =
                    self.uncalibrated(&[one, two], signal).after(0.0, 1_800.0).since_yesterday();
                let name = format!("gradient_{name}");
                rules.push(
                    Rule::new(
                        &format!("{place}.air"),
                        &name,
                        words,
                        signal,
                        past(0.0, usual, 6.0, Side::Both),
                    )
                    .or(fans()),
                );
            }
            for (quantity, name, usual) in [("p_total_pa", "p", 200.0), ("pp_o2_pa", "o2", 450.0)] {
                let (Some(a), Some(b)) = (self.sensed(one, quantity), self.sensed(two, quantity))
                else {
                    continue;
                };
                let signal =
                    self.uncalibrated(&[one, two], Signal::difference(b, a)).after(0.0, 600.0);
                let name = format!("apart_{name}");
                let words = "instrument against the neighbour's";
                rules.push(
                    Rule::new(
                        &format!("{place}.air"),
                        &name,
                        words,
                        signal,
                        past(0.0, usual, 8.0, Side::Both),
                    )
                    .or([one.clone()]),
                );
            }
        }
    }
}
