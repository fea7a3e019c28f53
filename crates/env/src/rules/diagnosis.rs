//! What is presumed about each unit that can fail, from instruments and commands alone.
//!
//! | unit | should work while | what tells |
//! |---|---|---|
//! | CO2 removal | on, CO2 in the air | CO2 drawn in against blower flow times CO2 pressure |
//! | heat exchanger | on | power of its fan against that of the density of the air |
//! | oxygen generator | set-point above zero, water in the tank | O2 made against the set-point in force |
//! | regulator | pressure well under its set-point, gas in the tank | gas given; stuck: gas given well over it |
//! | water processor | on | it draws its standby power; water against its rate while water flows |
//! | urine processor | on | as the water processor |
//! | CO2 reducer | on, O2 is made, CO2 in the accumulator, room for water | water against the hydrogen of that O2 |
//! | trace gas control | on | power |
//! | brine processor | on, brine in the tank, air that takes water | power |
//! | tanks of gas and water | always | content that falls faster than use explains |
//! | walls | always | pressure that falls, or is held up with more nitrogen than sound walls let out |
//! | any | a command was given | the command in force stays where it was |
//! | all others | – | nothing: [`Presumed::Unknown`] |
//!
//! A load that the bus has shed is not expected to work. A unit that should give something and gives less
//! for a while has failed or is degraded; one that is idle keeps what was presumed last. Which wall of
//! connected zones has a hole is not told by pressure: all are presumed to leak, and people, who patch the one
//! that does, lose nothing.

use habitat::Plan;
use habitat::constants::R_J_MOL_K;
use habitat::fault::Kind;

use super::memory::Remembered;
use super::settings::RulesSettings;
use crate::Command;
use crate::wiring::{Handle, Wiring, highest, reading};

/// Amount density at 101.325 kPa and 295 K to which the power of fans refers, mol/m3
/// (`habitat::air::ccaa`).
const SEA_LEVEL_MOL_M3: f64 = 101_325.0 / (R_J_MOL_K * 295.0);
/// CO2 pressure under which the flow into a removal unit says nothing, Pa. Assumed.
const CO2_LEAST_PA: f64 = 100.0;
/// Flow under which a generator or a reducer is idle, mol/s: 0.3 kg O2 a day. Assumed.
const IDLE_MOL_S: f64 = 1e-4;
/// Water or brine under which there is none to work on, kg. Assumed.
const LEAST_KG: f64 = 2.0;
/// Power under which nothing is drawn, W: noise of an instrument at zero. Assumed.
const LEAST_W: f64 = 15.0;
/// Humidity over which a brine processor may rest by itself (0.95 in the unit), less an error.
const RH_REST: f64 = 0.9;
/// Distance from a set-point in dead bands at which a regulator should have acted. Assumed.
const BANDS: f64 = 2.5;
/// Time over which a content is balanced, s.
const BALANCE_S: f64 = 21_600.0;

/// What is presumed about a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presumed {
    /// Nothing can be told.
    Unknown,
    /// It works.
    Sound,
    /// It gives much less than it should.
    Degraded,
    /// It gives nothing.
    Failed,
    /// It does not follow its commands.
    Stuck,
    /// It loses what it holds.
    Leaking,
}

/// What one look at a unit says.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sight {
    /// Not expected to work, or not seen.
    Nothing,
    /// Idle, with a sign of life.
    Alive,
    /// Output, share of what it should be.
    Output(f64),
    /// It acts against its set-point.
    Astray,
}

/// How a unit is looked at: places of its readings, and the parameters of its data sheet.
#[derive(Debug, Clone)]
enum Tell {
    Cdra {
        inlet: usize,
        power: Option<usize>,
        pp_co2: Vec<usize>,
        t: Option<usize>,
        flow_m3_s: f64,
    },
    Ccaa {
        power: usize,
        p_total: Vec<usize>,
        t: Option<usize>,
        fan_w: f64,
    },
    Oga {
        made: usize,
        set: usize,
        potable: Option<usize>,
    },
    Acs {
        gases: [Gas; 2],
    },
    Rate {
        flow: usize,
        power: usize,
        rate_kg_s: f64,
        full: Vec<(usize, f64)>,
    },
    Reducer {
        water: usize,
        makers: Vec<usize>,
        co2: usize,
        room: (usize, f64),
        conversion: f64,
    },
    Power {
        power: usize,
        needs: Option<usize>,
        rh: Option<usize>,
    },
    Balance(Balance),
    None,
}

/// One gas of a regulator.
#[derive(Debug, Clone)]
struct Gas {
    flow: usize,
    set: usize,
    pressure: usize,
    tank: usize,
    dead_band: f64,
}

/// A content and what is known to leave it.
#[derive(Debug, Clone)]
struct Balance {
    content: Vec<usize>,
    /// Flows out of it, and what one of them takes from the content in a second.
    out: Vec<(usize, f64)>,
    /// Content when the window began, what has left it since, and when.
    start: Option<(f64, f64, f64)>,
}

/// A unit that can fail.
#[derive(Debug, Clone)]
struct Unit {
    name: String,
    kind: Kind,
    tell: Tell,
    on: Option<usize>,
    rank: u64,
    actuators: Vec<Handle>,
    /// Last commands to them, and what was in force.
    commanded: Vec<Option<(f64, f64)>>,
    ignored_s: f64,
    low_s: f64,
    half_s: f64,
    well_s: f64,
    astray_s: f64,
    presumed: Presumed,
}

/// What is presumed about all units, in the order of repair.
#[derive(Debug, Clone)]
pub(super) struct Diagnosis {
    units: Vec<Unit>,
    shed: Option<usize>,
    /// Number of sheds at which nothing has power.
    blackout: f64,
    last_s: Option<f64>,
}

impl Presumed {
    /// All of them, each at the place that is its number.
    const ALL: [Presumed; 6] = [
        Presumed::Unknown,
        Presumed::Sound,
        Presumed::Degraded,
        Presumed::Failed,
        Presumed::Stuck,
        Presumed::Leaking,
    ];
}

impl Remembered for Presumed {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        let place = word(*self as u64);
        let known = usize::try_from(place).ok().and_then(|place| Presumed::ALL.get(place));
        *self = known.copied().unwrap_or(Presumed::Unknown);
    }
}

impl Remembered for Unit {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        let Unit {
            name: _,
            kind: _,
            tell,
            on: _,
            rank: _,
            actuators: _,
            commanded,
            ignored_s,
            low_s,
            half_s,
            well_s,
            astray_s,
            presumed,
        } = self;
        if let Tell::Balance(Balance { content: _, out: _, start }) = tell {
            start.recall(word);
        }
        commanded.recall(word);
        for time_s in [ignored_s, low_s, half_s, well_s, astray_s] {
            time_s.recall(word);
        }
        presumed.recall(word);
    }
}

impl Remembered for Diagnosis {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        let Diagnosis { units, shed: _, blackout: _, last_s } = self;
        units.recall(word);
        last_s.recall(word);
    }
}

impl Diagnosis {
    pub(super) fn new(wiring: &Wiring<'_>) -> Diagnosis {
        let plan = wiring.habitat().plan();
        let units = plan.faults.units.iter().map(|unit| {
            let set = |quantity: &str| wiring.handle(&unit.unit, quantity);
            let actuators: Vec<Handle> =
                ["set_on", "set_o2_mol_s", "set_t_k"].into_iter().filter_map(set).collect();
            let rank = plan.power.as_ref().map_or(0, |power| power.rank(&unit.unit));
            Unit {
                name: unit.unit.clone(),
                kind: unit.kind,
                tell: tell(wiring, plan, &unit.unit, unit.kind, unit.index).unwrap_or(Tell::None),
                on: wiring.channel(&unit.unit, "set_on"),
                rank,
                commanded: vec![None; actuators.len()],
                actuators,
                ignored_s: 0.0,
                low_s: 0.0,
                half_s: 0.0,
                well_s: 0.0,
                astray_s: 0.0,
                presumed: Presumed::Unknown,
            }
        });
        Diagnosis {
            units: units.collect(),
            shed: wiring.sensed("habitat.power", "shed"),
            blackout: plan.power.as_ref().map_or(1.0, |power| power.shed_order.len() as f64 + 1.0),
            last_s: None,
        }
    }

    /// Look at every unit.
    pub(super) fn look(&mut self, seen: &[f64], t_s: f64, settings: &RulesSettings) {
        let since_s = self.last_s.map_or(0.0, |last_s| (t_s - last_s).max(0.0));
        self.last_s = Some(t_s);
        let shed = self.shed.and_then(|at| reading(seen, at)).unwrap_or(0.0);
        for unit in &mut self.units {
            let is_on = unit.on.is_none_or(|at| reading(seen, at).is_some_and(|on| on > 0.5));
            let has_power = shed < self.blackout && (unit.rank == 0 || unit.rank as f64 > shed);
            unit.obey(seen, since_s, settings);
            if let Tell::Balance(balance) = &mut unit.tell {
                unit.presumed = match balance.leaks(seen, t_s, since_s, settings) {
                    Some(true) => Presumed::Leaking,
                    Some(false) => Presumed::Sound,
                    None => unit.presumed,
                };
            } else if is_on && has_power {
                let sight = unit.tell.sight(seen);
                unit.conclude(sight, since_s, settings);
            } else {
                (unit.low_s, unit.half_s, unit.well_s, unit.astray_s) = (0.0, 0.0, 0.0, 0.0);
            }
        }
    }

    /// Remember what is commanded, to see at the next look whether it arrives.
    pub(super) fn remember(&mut self, seen: &[f64], commands: &[Command]) {
        for unit in &mut self.units {
            for (handle, commanded) in unit.actuators.iter().zip(&mut unit.commanded) {
                let last = commands.iter().rfind(|command| command.actuator == handle.actuator);
                *commanded = last.and_then(|command| {
                    let value = command.value.clamp(handle.low, handle.high);
                    Some((value, reading(seen, handle.channel)?))
                });
            }
        }
    }

    /// What is presumed about the unit `name`.
    pub(super) fn presumed(&self, name: &str) -> Option<Presumed> {
        self.units.iter().find(|unit| unit.name == name).map(|unit| unit.presumed)
    }

    /// What is presumed, by unit: name, kind.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, Kind, Presumed)> {
        self.units.iter().map(|unit| (unit.name.as_str(), unit.kind, unit.presumed))
    }
}

impl Unit {
    /// Whether its last commands have moved what is in force.
    fn obey(&mut self, seen: &[f64], since_s: f64, settings: &RulesSettings) {
        let mut ignored = false;
        let mut followed = false;
        for (handle, commanded) in self.actuators.iter().zip(&self.commanded) {
            let (Some((wanted, before)), Some(now)) = (*commanded, reading(seen, handle.channel))
            else {
                continue;
            };
            let least = 1e-6 * (handle.high - handle.low);
            if (wanted - before).abs() > least {
                ignored |= (now - before).abs() <= least;
                followed |= (now - before).abs() > least;
            }
        }
        if ignored && !followed {
            self.ignored_s += since_s;
            if self.ignored_s >= settings.diagnosis_s {
                self.presumed = Presumed::Stuck;
            }
        } else if followed {
            self.ignored_s = 0.0;
            if self.presumed == Presumed::Stuck {
                self.presumed = Presumed::Unknown;
            }
        }
    }

    /// Presume after a sight that has held for long enough.
    fn conclude(&mut self, sight: Sight, since_s: f64, settings: &RulesSettings) {
        let add = |time_s: &mut f64, holds: bool| {
            *time_s = if holds { *time_s + since_s } else { 0.0 };
            holds && *time_s >= settings.diagnosis_s
        };
        let (low, half, well) = match sight {
            Sight::Nothing => return,
            Sight::Astray => (false, false, false),
            Sight::Alive => {
                self.low_s = 0.0;
                if self.presumed == Presumed::Failed {
                    self.presumed = Presumed::Sound;
                }
                return;
            }
            Sight::Output(share) if share < settings.failed_share => (true, false, false),
            Sight::Output(share) if share < settings.degraded_share => (false, true, false),
            Sight::Output(_) => (false, false, true),
        };
        if add(&mut self.low_s, low) {
            self.presumed = Presumed::Failed;
        }
        if add(&mut self.half_s, half) {
            self.presumed = Presumed::Degraded;
        }
        if add(&mut self.well_s, well) && self.ignored_s <= 0.0 {
            self.presumed = Presumed::Sound;
        }
        if add(&mut self.astray_s, sight == Sight::Astray) {
            self.presumed = Presumed::Stuck;
        }
    }
}

impl Tell {
    /// Look once.
    fn sight(&self, seen: &[f64]) -> Sight {
        let power_of = |at: usize| match reading(seen, at) {
            Some(w) if w.abs() < LEAST_W => Sight::Output(0.0),
            Some(_) => Sight::Alive,
            None => Sight::Nothing,
        };
        match self {
            Tell::Cdra { inlet, power, pp_co2, t, flow_m3_s } => {
                let Some(inlet_mol_s) = reading(seen, *inlet) else {
                    return power.map_or(Sight::Nothing, power_of);
                };
                let near = pp_co2.first().and_then(|at| reading(seen, *at));
                let Some(pp_pa) = near.or(highest(seen, pp_co2)) else { return Sight::Nothing };
                let t_k = t.and_then(|at| reading(seen, at)).unwrap_or(295.0);
                if pp_pa < CO2_LEAST_PA {
                    return Sight::Nothing;
                }
                Sight::Output(inlet_mol_s * R_J_MOL_K * t_k / (pp_pa * flow_m3_s))
            }
            Tell::Ccaa { power, p_total, t, fan_w } => {
                let t_k = t.and_then(|at| reading(seen, at)).unwrap_or(295.0);
                let (Some(w), Some(p_pa)) = (reading(seen, *power), highest(seen, p_total)) else {
                    return Sight::Nothing;
                };
                let expected_w = fan_w * p_pa / (R_J_MOL_K * t_k) / SEA_LEVEL_MOL_M3;
                if expected_w < LEAST_W { Sight::Nothing } else { Sight::Output(w / expected_w) }
            }
            Tell::Oga { made, set, potable } => {
                let (Some(made), Some(set)) = (reading(seen, *made), reading(seen, *set)) else {
                    return Sight::Nothing;
                };
                let dry = potable.and_then(|at| reading(seen, at)).is_some_and(|kg| kg < LEAST_KG);
                if dry || set < IDLE_MOL_S { Sight::Nothing } else { Sight::Output(made / set) }
            }
            Tell::Acs { gases } => {
                let [one, two] = [gases[0].sight(seen), gases[1].sight(seen)];
                if one == Sight::Astray || two == Sight::Astray {
                    Sight::Astray
                } else if one == Sight::Nothing || two == Sight::Output(0.0) {
                    two
                } else {
                    one
                }
            }
            Tell::Rate { flow, power, rate_kg_s, full } => {
                let is_full =
                    full.iter().any(|(at, kg)| reading(seen, *at).is_some_and(|x| x > *kg));
                match reading(seen, *flow) {
                    Some(kg_s) if kg_s > 0.05 * rate_kg_s && !is_full => {
                        Sight::Output(kg_s / rate_kg_s)
                    }
                    _ => power_of(*power),
                }
            }
            Tell::Reducer { water, makers, co2, room, conversion } => {
                let made: f64 = makers.iter().filter_map(|at| reading(seen, *at)).sum();
                let (Some(water), Some(co2)) = (reading(seen, *water), reading(seen, *co2)) else {
                    return Sight::Nothing;
                };
                let full = reading(seen, room.0).is_none_or(|kg| kg > room.1);
                if made < IDLE_MOL_S || co2 < 1.0 || full {
                    return Sight::Nothing;
                }
                // Two H2 for one O2, and one H2O for two H2 that react.
                Sight::Output(water / (conversion * made))
            }
            Tell::Power { power, needs, rh } => {
                let idle = needs.is_some_and(|at| reading(seen, at).is_none_or(|kg| kg < LEAST_KG))
                    || rh.and_then(|at| reading(seen, at)).is_some_and(|rh| rh > RH_REST);
                match power_of(*power) {
                    _ if idle => Sight::Nothing,
                    Sight::Alive => Sight::Output(1.0),
                    other => other,
                }
            }
            Tell::Balance(_) | Tell::None => Sight::Nothing,
        }
    }
}

impl Gas {
    fn sight(&self, seen: &[f64]) -> Sight {
        let (Some(flow), Some(set), Some(now)) =
            (reading(seen, self.flow), reading(seen, self.set), reading(seen, self.pressure))
        else {
            return Sight::Nothing;
        };
        let empty = reading(seen, self.tank).is_none_or(|mol| mol < 1.0);
        let away = (now / set.max(1.0) - 1.0) / (BANDS * self.dead_band.max(1e-3));
        match (flow > 1e-9, away) {
            (true, away) if away > 1.0 => Sight::Astray,
            (true, _) => Sight::Alive,
            (false, away) if away < -1.0 && !empty => Sight::Output(0.0),
            _ => Sight::Nothing,
        }
    }
}

impl Balance {
    /// Whether more has gone in a window than its flows explain; nothing before a window is over.
    fn leaks(
        &mut self,
        seen: &[f64],
        t_s: f64,
        since_s: f64,
        settings: &RulesSettings,
    ) -> Option<bool> {
        let mut values: Vec<f64> =
            self.content.iter().filter_map(|at| reading(seen, *at)).collect();
        values.sort_by(f64::total_cmp);
        let content = *values.get(values.len() / 2)?;
        let out: f64 =
            self.out.iter().filter_map(|(at, weight)| Some(weight * reading(seen, *at)?)).sum();
        let (first, gone, start_s) = self.start.unwrap_or((content, 0.0, t_s));
        let gone = gone + out * since_s;
        self.start = Some((first, gone, start_s));
        if t_s - start_s < BALANCE_S {
            return None;
        }
        self.start = Some((content, 0.0, t_s));
        Some(first - gone - content > settings.leak_share * first.max(1e-9))
    }
}

/// How the unit `name` is looked at; `None` where an instrument that it takes is not there.
fn tell(wiring: &Wiring<'_>, plan: &Plan, name: &str, kind: Kind, index: usize) -> Option<Tell> {
    let of = |quantity: &str| wiring.sensed(name, quantity);
    let tank = |quantity: &str| wiring.sensed("stores.tanks", quantity);
    let air = |zone: usize, quantity: &str| {
        wiring.sensed(&format!("{}.air", plan.zones[zone].name), quantity)
    };
    // The zone of the unit before all others.
    let airs = |zone: usize, quantity: &str| -> Vec<usize> {
        let others = (0..plan.zones.len()).filter(|other| *other != zone);
        [zone].into_iter().chain(others).filter_map(|zone| air(zone, quantity)).collect()
    };
    let stores = &plan.stores;
    // Nearly full tanks hold a processor up.
    let nearly = |quantity: &str, kg: f64| Some((tank(quantity)?, 0.95 * kg));
    Some(match kind {
        Kind::Cdra => {
            let unit = plan.cdra.get(index)?;
            Tell::Cdra {
                inlet: of("co2_inlet_mol_s")?,
                power: of("power_w"),
                pp_co2: airs(unit.zone, "pp_co2_pa"),
                t: air(unit.zone, "t_k"),
                flow_m3_s: unit.flow_m3_s,
            }
        }
        Kind::Ccaa => {
            let unit = plan.ccaa.get(index)?;
            Tell::Ccaa {
                power: of("power_w")?,
                p_total: airs(unit.zone, "p_total_pa"),
                t: air(unit.zone, "t_k"),
                fan_w: unit.fan_w,
            }
        }
        Kind::Oga => Tell::Oga {
            made: of("o2_mol_s")?,
            set: wiring.channel(name, "set_o2_mol_s")?,
            potable: tank("potable_kg"),
        },
        Kind::Acs => {
            let unit = plan.acs.get(index)?;
            let gas = |flow: &str, set: &str, pressure: &str, store: &str| {
                Some(Gas {
                    flow: of(flow)?,
                    set: wiring.channel(name, set)?,
                    pressure: air(unit.zone, pressure)?,
                    tank: tank(store)?,
                    dead_band: unit.dead_band,
                })
            };
            let o2 = gas("o2_mol_s", "set_pp_o2_pa", "pp_o2_pa", "o2_mol")?;
            let n2 = gas("n2_mol_s", "set_p_total_pa", "p_total_pa", "n2_mol")?;
            Tell::Acs { gases: [o2, n2] }
        }
        Kind::Wpa => Tell::Rate {
            flow: of("water_kg_s")?,
            power: of("power_w")?,
            rate_kg_s: plan.wpa.get(index)?.rate_kg_s,
            full: nearly("potable_kg", stores.potable_kg).into_iter().collect(),
        },
        Kind::Upa => {
            let unit = plan.upa.get(index)?;
            let brine = nearly("brine_kg", stores.brine_kg);
            let condensate = nearly("condensate_kg", stores.condensate_kg);
            Tell::Rate {
                flow: of("distillate_kg_s")?,
                power: of("power_w")?,
                rate_kg_s: unit.rate_kg_s * unit.recovery,
                full: brine.into_iter().chain(condensate).collect(),
            }
        }
        Kind::Sabatier => Tell::Reducer {
            water: of("water_mol_s")?,
            makers: wiring.sensed_of(&wiring.owners("set_o2_mol_s"), "o2_mol_s"),
            co2: tank("co2_mol")?,
            room: nearly("condensate_kg", stores.condensate_kg)?,
            conversion: plan.sabatier.get(index)?.conversion,
        },
        Kind::Tccs => Tell::Power { power: of("power_w")?, needs: None, rh: None },
        Kind::BrineProcessor => Tell::Power {
            power: of("power_w")?,
            needs: Some(tank("brine_kg")?),
            rh: air(plan.brine_processors.get(index)?.zone, "rh"),
        },
        Kind::O2Tank | Kind::N2Tank => {
            let (content, flow) = match kind {
                Kind::O2Tank => ("o2_mol", "o2_mol_s"),
                _ => ("n2_mol", "n2_mol_s"),
            };
            let regulators = wiring.owners("set_pp_o2_pa");
            Tell::Balance(Balance {
                content: vec![tank(content)?],
                out: wiring.sensed_of(&regulators, flow).into_iter().map(|at| (at, 1.0)).collect(),
                start: None,
            })
        }
        Kind::Hull => {
            // The oxygen that regulators and generators give is what people use; nitrogen is what leaks.
            let volume_m3: f64 = plan.zones.iter().map(|zone| zone.volume_m3).sum();
            let pa_per_mol = R_J_MOL_K * 295.0 / volume_m3.max(1e-9);
            let given = wiring.sensed_of(&wiring.owners("set_p_total_pa"), "n2_mol_s");
            Tell::Balance(Balance {
                content: airs(index, "p_total_pa"),
                out: given.into_iter().map(|at| (at, -pa_per_mol)).collect(),
                start: None,
            })
        }
        _ => Tell::None,
    })
}
