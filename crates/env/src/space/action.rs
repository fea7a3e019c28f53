//! The vector of dials that a policy sets.

use catalogue::Unit;
use habitat::fault::Kind;
use habitat::{Habitat, Plan};

use super::table::{owners, quantity_of};
use crate::{Command, TaskError};

/// Most dials of an action space.
pub const DIALS_MAX: usize = 24;

/// An actuator that a dial turns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Position in [`Habitat::actuators`].
    pub actuator: usize,
    /// Position of its channel in the catalogue.
    pub channel: usize,
    /// Command at -1, in the unit of the channel.
    pub low: f64,
    /// Command at +1, in the unit of the channel.
    pub high: f64,
    /// Channel of the mode without which the set-point does nothing.
    mode: Option<usize>,
}

/// One entry of an action.
#[derive(Debug, Clone, PartialEq)]
pub struct Dial {
    /// Name, stable over topologies: `oxygen.rate`.
    pub name: String,
    /// What it sets, in words.
    pub words: String,
    /// Unit of `low` and `high`.
    pub unit: Unit,
    /// A mode, on above 0; else a set-point, linear between its ends.
    pub is_mode: bool,
    /// Command of the first target at -1.
    pub low: f64,
    /// Command of the first target at 0.
    pub middle: f64,
    /// Command of the first target at +1.
    pub high: f64,
    /// All that it turns; each goes over a range of its own. Of a threshold none.
    pub targets: Vec<Target>,
}

/// What becomes of an action with an entry that is not finite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnBadAction {
    /// The step is refused, nothing changes.
    #[default]
    Refuse,
    /// An infinity counts as the end on its side, and what is no number leaves its dial as it is.
    Clip,
}

/// The dials of a habitat.
///
/// An action is a slice of [`ActionSpace::len`] `f32`. An entry from -1 to 1 is mapped linearly to the
/// operating range of each target, or switches a mode: on above 0. Finite entries outside of -1 to 1
/// count as the nearest end. **An entry that equals the one of [`ActionSpace::from_commands`] commands
/// nothing**, so that holding is exact, whatever the scenario started with.
///
/// Actuators take their time ([`habitat::order`]), and the position of a dial is that of the order, not of the
/// actuator on its way: to hold it lets what was ordered last arrive, and an entry that asks for anything else is a new
/// order, also the one that asks for what is still in force. An entry that asks again for what is ordered changes nothing
/// and counts as no turn.
///
/// # Dials
/// | dial | turns |
/// |---|---|
/// | `oxygen.rate` | production of the oxygen generators |
/// | `oxygen.set_point`, `pressure.set_point` | of the regulators: 0.8 to 1.15 times the scenario's |
/// | `co2.removal`, `co2.hydroxide`, `oxygen.candles` | modes |
/// | `air.temperature` | set-point of the condensing heat exchangers, 15 to 27 degC; humidity goes with it |
/// | `air.condensing` | their mode |
/// | `air.heating` | set-point of the heaters of zones, 10 to 24 degC |
/// | `air.ventilation` | speed of the fans, a quarter to all of the rated one |
/// | `power.fuel_cell`, `power.charge` | power of the fuel cell in darkness; most that the electrolyser takes |
/// | `power.shed` | loads shed at least |
/// | `thermal.low_loop`, `thermal.moderate_loop` | set-points of the coolant at the supply |
/// | `trace.control`, `co2.reduction`, `water.potable`, `water.urine`, `water.brine` | modes |
/// | `repair.air`, `repair.power`, `repair.water` | whether people may spend a spare on these units |
/// | `instruments.calibrate` | people calibrate |
/// | `other.QUANTITY` | every other actuator, by the quantity it sets, over its whole range |
///
/// A dial without a target does not exist, and the order is that of the table. Beyond [`DIALS_MAX`] actuators
/// stay as the scenario sets them. Operating ranges are assumed: what good sense leaves to a policy, always inside
/// the range of the actuator.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionSpace {
    dials: Vec<Dial>,
}

/// Set-points of the regulators, as shares of the scenario's. Assumed.
const REGULATOR: (f64, f64) = (0.8, 1.15);
/// Set-point of a condensing heat exchanger, K: 15 to 27 degC. Assumed.
const CABIN_K: (f64, f64) = (288.15, 300.15);
/// Set-point of the heater of a zone, K: 10 to 24 degC. Assumed: above what lets water condense on walls, and no
/// warmer than people like it.
const HEATER_K: (f64, f64) = (283.15, 297.15);

/// Speed of the fans, share of the rated one. Assumed: at a quarter people's breath still comes out of their cabin.
const FANS: (f64, f64) = (0.25, 1.0);

/// What a condensing heat exchanger has and nothing else.
const COIL: &str = "sensed_coil_share";

/// Name, words, quantity that is set, and what tells the owners: a quantity that they have, or the id of the one owner.
const DIALS: [(&str, &str, &str, &str); 20] = [
    ("oxygen.rate", "production of the oxygen generators", "set_o2_mol_s", "set_o2_mol_s"),
    ("oxygen.set_point", "O2 set-point of the regulators", "set_pp_o2_pa", "set_pp_o2_pa"),
    (
        "pressure.set_point",
        "pressure set-point of the regulators",
        "set_p_total_pa",
        "set_p_total_pa",
    ),
    ("co2.removal", "CO2 removal runs", "set_on", "sensed_co2_inlet_mol_s"),
    ("co2.hydroxide", "lithium hydroxide absorbs CO2", "set_on", "sensed_left_mol"),
    ("oxygen.candles", "oxygen candles are lit", "set_on", "sensed_fresh_mol"),
    ("air.temperature", "set-point of the condensing heat exchangers", "set_t_k", COIL),
    ("air.condensing", "condensing heat exchangers run", "set_on", COIL),
    // Of the air temperatures that can be set, those of the heat exchangers are taken.
    ("air.heating", "air temperature set-point of the heaters", "set_t_k", "set_t_k"),
    ("air.ventilation", "speed of the fans, share of the rated one", "set_speed", "set_speed"),
    ("power.fuel_cell", "power of the fuel cell in darkness", "set_p_w", "store_fraction"),
    (
        "power.charge",
        "most power that the electrolyser takes",
        "set_electrolyser_w",
        "set_electrolyser_w",
    ),
    ("power.shed", "loads to shed at least", "set_shed", "set_shed"),
    ("thermal.low_loop", "set-point of the low coolant loop", "set_supply_k", "habitat.low_loop"),
    (
        "thermal.moderate_loop",
        "set-point of the moderate coolant loop",
        "set_supply_k",
        "habitat.moderate_loop",
    ),
    ("trace.control", "trace contaminant control runs", "set_on", "nh3_held_mol"),
    ("co2.reduction", "CO2 is reduced to water", "set_on", "sensed_water_mol_s"),
    ("water.potable", "water is processed to potable water", "set_on", "filter_used"),
    ("water.urine", "urine is distilled", "set_on", "sensed_distillate_kg_s"),
    ("water.brine", "brine is dried", "set_on", "water_kg_s"),
];

/// Which repair dial lets people work on a kind of unit.
fn repair(kind: Kind) -> usize {
    match kind {
        Kind::Hull
        | Kind::Cdra
        | Kind::Ccaa
        | Kind::Oga
        | Kind::Acs
        | Kind::O2Tank
        | Kind::N2Tank
        | Kind::Fans
        | Kind::Sabatier
        | Kind::Tccs => 0,
        Kind::PotableTank | Kind::Wpa | Kind::Upa | Kind::BrineProcessor => 2,
        _ => 1,
    }
}

impl ActionSpace {
    /// The dials of every habitat that runs on `plan`.
    #[must_use]
    pub fn new(plan: &Plan) -> ActionSpace {
        // Set-points that the scenario starts with are read off a habitat at its start.
        let fresh = Habitat::new(plan.clone().into(), habitat::StreamKey::default());
        let channels = plan.catalogue.channels();
        let actuators = fresh.actuators();
        let mut free: Vec<bool> = vec![true; actuators.len()];
        let mut dials = Vec::new();
        let mut add = |name: String, words: String, chosen: Vec<usize>, free: &mut Vec<bool>| {
            let targets: Vec<Target> =
                chosen.iter().map(|actuator| target(&fresh, plan, *actuator)).collect();
            let Some(first) = targets.first() else {
                return;
            };
            if dials.len() == DIALS_MAX {
                return;
            }
            chosen.iter().for_each(|actuator| free[*actuator] = false);
            dials.push(Dial {
                name,
                words,
                unit: channels[first.channel].unit,
                is_mode: is_mode(&fresh, plan, chosen[0]),
                low: first.low,
                middle: first.low + 0.5 * (first.high - first.low),
                high: first.high,
                targets,
            });
        };
        let with = |free: &[bool], wanted: &dyn Fn(&str, &str) -> bool| -> Vec<usize> {
            let of = |at: &usize| {
                let channel = &channels[actuators[*at].channel];
                free[*at] && wanted(quantity_of(&channel.id), &channel.owner)
            };
            (0..actuators.len()).filter(of).collect()
        };
        for (name, words, quantity, mark) in DIALS {
            let marked = if mark.contains('.') { vec![mark] } else { owners(plan, mark) };
            let chosen = with(&free, &|q, owner| q == quantity && marked.contains(&owner));
            add(name.to_owned(), words.to_owned(), chosen, &mut free);
        }
        for (group, name) in ["air", "power", "water"].into_iter().enumerate() {
            let units: Vec<&str> = plan
                .faults
                .units
                .iter()
                .filter(|unit| repair(unit.kind) == group)
                .map(|unit| unit.unit.as_str())
                .collect();
            let chosen = with(&free, &|q, owner| q == "set_repair" && units.contains(&owner));
            let words = format!("people may spend spares on units of {name}");
            add(format!("repair.{name}"), words, chosen, &mut free);
        }
        let chosen = with(&free, &|q, _| q == "set_calibrate");
        let words = "people calibrate the instruments".to_owned();
        add("instruments.calibrate".to_owned(), words, chosen, &mut free);
        let mut rest: Vec<&str> = Vec::new();
        for actuator in actuators {
            let quantity = quantity_of(&channels[actuator.channel].id);
            if !rest.contains(&quantity) {
                rest.push(quantity);
            }
        }
        for quantity in rest {
            let chosen = with(&free, &|q, _| q == quantity);
            let words = chosen.first().map_or("", |at| &channels[actuators[*at].channel].quantity);
            let name = quantity.strip_prefix("set_").unwrap_or(quantity);
            add(format!("other.{name}"), words.to_owned(), chosen, &mut free);
        }
        ActionSpace { dials }
    }

    /// Dials of another kind than those of a habitat.
    pub(super) fn of(dials: Vec<Dial>) -> ActionSpace {
        ActionSpace { dials }
    }

    /// Refuse thresholds: a habitat has none.
    fn on_habitat(&self) -> Result<(), TaskError> {
        match self.dials.first() {
            Some(first) if first.targets.is_empty() => Err(TaskError::Thresholds),
            _ => Ok(()),
        }
    }

    /// The dials in their order.
    #[must_use]
    pub fn dials(&self) -> &[Dial] {
        &self.dials
    }

    /// How many there are: the length of an action.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dials.len()
    }

    /// Whether nothing can be set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dials.is_empty()
    }

    /// Whether `action` has the right length and, where that is asked for, finite entries only.
    ///
    /// # Errors
    /// [`TaskError::Length`]; [`TaskError::Action`] with the first bad entry under [`OnBadAction::Refuse`].
    pub fn check(&self, action: &[f32], on_bad: OnBadAction) -> Result<(), TaskError> {
        if action.len() != self.dials.len() {
            return Err(TaskError::Length {
                what: "action",
                found: action.len(),
                expected: self.dials.len(),
            });
        }
        match action.iter().position(|value| !value.is_finite()) {
            Some(dial) if on_bad == OnBadAction::Refuse => Err(TaskError::Action {
                dial: self.dials[dial].name.clone(),
                place: dial,
                value: action[dial],
            }),
            _ => Ok(()),
        }
    }

    /// Append the commands that `action` asks of `habitat`, and return how many dials were turned: those that
    /// ask for something else than is in force or on its way.
    ///
    /// # Errors
    /// As [`ActionSpace::check`]; `commands` is then as before. [`TaskError::Thresholds`] for thresholds.
    ///
    /// # Examples
    /// ```
    /// use habitat::{Habitat, Plan, StreamKey, scenario};
    /// use lunar_habitat_env::{ActionSpace, OnBadAction};
    /// let loaded = scenario::load("cabin-30d")?;
    /// let plan = Plan::compile(&loaded.scenario, loaded.hash)?;
    /// let dials = ActionSpace::new(&plan);
    /// let cabin = Habitat::new(plan.into(), StreamKey::default());
    /// let mut action = vec![0.0; dials.len()];
    /// dials.from_commands(&cabin, &mut action)?;
    /// let mut commands = Vec::new();
    /// assert_eq!(dials.apply(&action, OnBadAction::Refuse, &cabin, &mut commands)?, 0);
    /// action[0] = 1.0; // oxygen.rate
    /// dials.apply(&action, OnBadAction::Refuse, &cabin, &mut commands)?;
    /// assert_eq!(commands[0].value, dials.dials()[0].high);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    /// # Tests
    /// `bad_actions`, `spaces` in this crate.
    pub fn apply(
        &self,
        action: &[f32],
        on_bad: OnBadAction,
        habitat: &Habitat,
        commands: &mut Vec<Command>,
    ) -> Result<usize, TaskError> {
        self.check(action, on_bad)?;
        self.on_habitat()?;
        let mut turned = 0;
        for (dial, value) in self.dials.iter().zip(action) {
            if value.is_nan() || *value == dial.position(habitat) {
                continue;
            }
            let mut turns = false;
            let share = 0.5 * (f64::from(value.clamp(-1.0, 1.0)) + 1.0);
            for target in &dial.targets {
                let value = if dial.is_mode {
                    if *value > 0.0 { target.high } else { target.low }
                } else {
                    target.low + share * (target.high - target.low)
                };
                turns |= habitat.ordered(target.actuator) != Some(value);
                commands.push(Command { actuator: target.actuator, value });
            }
            turned += usize::from(turns);
        }
        Ok(turned)
    }

    /// Write the action that equals what was ordered last: of several targets the mean, clipped to -1 to 1.
    ///
    /// # Errors
    /// [`TaskError::Length`]; [`TaskError::Thresholds`] for thresholds.
    pub fn from_commands(&self, habitat: &Habitat, action: &mut [f32]) -> Result<(), TaskError> {
        let found = action.len();
        if found != self.dials.len() {
            return Err(TaskError::Length { what: "action", found, expected: self.dials.len() });
        }
        self.on_habitat()?;
        for (value, dial) in action.iter_mut().zip(&self.dials) {
            *value = dial.position(habitat);
        }
        Ok(())
    }

    /// Write the action that comes nearest to `commands`.
    ///
    /// A dial whose actuators all keep what is in force holds. Any other stands at the mean of its actuators, clipped
    /// to its range; a mode is on as soon as one of its actuators is to be on, since a wish to repair one unit is
    /// a wish to repair. So commands that differ within a group are not told apart. A command of an actuator that no
    /// dial turns is left out; of several for one actuator the last one counts.
    ///
    /// # Errors
    /// [`TaskError::Length`]; [`TaskError::Thresholds`] for thresholds.
    pub fn nearest(
        &self,
        habitat: &Habitat,
        commands: &[Command],
        action: &mut [f32],
    ) -> Result<(), TaskError> {
        let found = action.len();
        if found != self.dials.len() {
            return Err(TaskError::Length { what: "action", found, expected: self.dials.len() });
        }
        self.on_habitat()?;
        for (value, dial) in action.iter_mut().zip(&self.dials) {
            *value = dial.position_under(habitat, commands);
        }
        Ok(())
    }

    /// Write `false` for every dial that does nothing as things are commanded: a set-point whose mode is
    /// off, or a range without width. It is advice; whether a unit works is not known here.
    ///
    /// # Errors
    /// [`TaskError::Length`]; [`TaskError::Thresholds`] for thresholds.
    pub fn mask(&self, habitat: &Habitat, mask: &mut [bool]) -> Result<(), TaskError> {
        let found = mask.len();
        if found != self.dials.len() {
            return Err(TaskError::Length { what: "mask", found, expected: self.dials.len() });
        }
        self.on_habitat()?;
        let acts = |target: &Target| {
            let is_on = |mode: usize| habitat.value(mode).is_none_or(|value| value > 0.5);
            target.high > target.low && target.mode.is_none_or(is_on)
        };
        for (value, dial) in mask.iter_mut().zip(&self.dials) {
            *value = dial.targets.iter().any(acts);
        }
        Ok(())
    }
}

impl Dial {
    /// Where the dial stands by what was ordered last, -1 to 1; on the way there the actuator may stand elsewhere.
    #[must_use]
    pub fn position(&self, habitat: &Habitat) -> f32 {
        self.position_under(habitat, &[])
    }

    /// Where it would stand after `commands`.
    fn position_under(&self, habitat: &Habitat, commands: &[Command]) -> f32 {
        let (mut sum, mut is_new, mut is_on) = (0.0, false, false);
        for target in &self.targets {
            let ordered = habitat.ordered(target.actuator).unwrap_or(target.low);
            let commanded = commands.iter().rev().find(|one| one.actuator == target.actuator);
            let value = commanded.map_or(ordered, |command| command.value);
            let width = target.high - target.low;
            let share = |value: f64| {
                if width > 0.0 { ((value - target.low) / width).clamp(0.0, 1.0) } else { 0.5 }
            };
            sum += share(value);
            is_new |= value != ordered;
            is_on |= share(value) > 0.5;
        }
        if self.is_mode && is_new {
            return if is_on { 1.0 } else { -1.0 };
        }
        (2.0 * sum / self.targets.len() as f64 - 1.0) as f32
    }
}

/// Whether an actuator switches: a mode, or a wish to people.
fn is_mode(fresh: &Habitat, plan: &Plan, actuator: usize) -> bool {
    let found = &fresh.actuators()[actuator];
    let quantity = quantity_of(&plan.catalogue.channels()[found.channel].id);
    found.is_mode || ["set_repair", "set_calibrate"].contains(&quantity)
}

/// An actuator with its operating range.
fn target(fresh: &Habitat, plan: &Plan, actuator: usize) -> Target {
    let found = &fresh.actuators()[actuator];
    let channel = &plan.catalogue.channels()[found.channel];
    let start = fresh.value(found.channel).unwrap_or(0.0);
    let quantity = quantity_of(&channel.id);
    let (low, high) = match quantity {
        "set_pp_o2_pa" | "set_p_total_pa" if start > 0.0 => {
            (REGULATOR.0 * start, REGULATOR.1 * start)
        }
        "set_t_k" if owners(plan, COIL).contains(&channel.owner.as_str()) => CABIN_K,
        "set_t_k" => HEATER_K,
        "set_speed" => FANS,
        _ => (found.low, found.high),
    };
    let mode = (quantity != "set_on")
        .then(|| plan.catalogue.find(&format!("{}.set_on", channel.owner)).ok())
        .flatten()
        .filter(|_| !["set_repair", "set_calibrate"].contains(&quantity));
    Target {
        actuator,
        channel: found.channel,
        low: low.clamp(found.low, found.high),
        high: high.clamp(found.low, found.high),
        mode,
    }
}
