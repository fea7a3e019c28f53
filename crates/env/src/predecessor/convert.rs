//! From a configuration to a scenario, with a line about every key.
//!
//! # Equation
//! ```text
//! zones      f = V / ΣV_b,  V_i = f·V_b,i,  structure and cover ·f,  conductance to structure and exposed wall ·f^(2/3)
//! air        x_O2 = p_O2 / (p − φ·p_sat(T))
//! cooling    T_set = T − (T_b − T_set,b)          heaters  T_heat = T_set − tolerance
//! array      A = P / p_panel(1 361 W/m2, face on, dust of the base)
//! food       m ≥ 0.80 kg · people · days · 4/3     where the mission is longer than the base's
//!   b        the mission that the scenario extends
//!   φ        relative humidity of the base                                        [1]
//!   p_panel  photovoltaic::Panel::triple_junction                                 [W/m2]
//! ```
//! # Parameters
//! | what | value | source |
//! |---|---|---|
//! | dry food | 0.80 kg per crew-member-day, a third in reserve | BVAD Table 3-31; reserve as in `cabin-30d`, assumed |
//! | oxygen of a person | 0.895 kg/d | BVAD Table 3-31 |
//! | water | 1 kg a litre | definition of the litre of 1901, 0.3 % above water at 25 degC |
//! | share of `water_storage` at the start | 0.8 | the predecessor's reset, which adds up to 100 L at random |
//!
//! # Simplifications
//! What the predecessor's number *did* is not asked, only what it means: most had no effect when it ran, and its
//! balances did not close.

use habitat::math::pow;
use habitat::moist_air::saturation_pressure_pa;
use habitat::photovoltaic::{Panel, PanelLight};
use habitat::scenario::{self, Difficulty, Scenario};
use habitat::sun::SOLAR_CONSTANT_W_M2;

use super::config::Config;
use super::error::{ConfigError, number, one_line};
use super::key::KEYS;
use super::report::{Line, Report};
use super::{drawn, event, names, text};

/// Dry food of a person, kg/d. BVAD Table 3-31.
const FOOD_KG_CM_D: f64 = 0.80;
/// Food with its reserve over food without. As in `cabin-30d`, assumed.
const FOOD_RESERVE: f64 = 4.0 / 3.0;
/// Oxygen of a person, kg/d. BVAD Table 3-31.
const O2_KG_CM_D: f64 = 0.895;
/// Potable water at the start, share of what the stores hold: that of the predecessor's reset.
const WATER_START: f64 = 0.8;
/// Celsius to Kelvin.
const ZERO_C_K: f64 = 273.15;
/// Temperature of the sky, K.
const SKY_K: f64 = 3.0;

/// A converted configuration.
#[derive(Debug, Clone)]
pub struct Converted {
    /// The scenario.
    pub scenario: Scenario,
    /// The scenario as a file, which loads and means exactly [`Converted::scenario`].
    pub toml: String,
    /// What became of each key, in the order of [`KEYS`], and of each event.
    pub lines: Vec<Line>,
}

/// Convert a configuration.
///
/// The difficulty is written out: the file is loaded as it stands. What a file that extends another one cannot
/// say, such as fewer people, makes it whole.
///
/// # Errors
/// [`ConfigError::Habitat`] where values that are allowed one by one make no habitat together; none is known.
///
/// # Examples
/// ```
/// use habitat::scenario;
/// use lunar_habitat_env::predecessor::{Config, Outcome, convert};
/// let converted = convert(&Config::preset("mars_analog")?)?;
/// let loaded = scenario::parse("mars-analog.toml", &converted.toml)?;
/// assert_eq!(loaded.scenario.zones.iter().map(|zone| zone.volume_m3).sum::<f64>().round(), 300.0);
/// let recycling = converted.lines.iter().find(|line| line.key == "recycling_efficiency").unwrap();
/// assert_eq!(recycling.outcome, Outcome::Dropped);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// # Tests
/// `predecessor` in this crate.
pub fn convert(config: &Config) -> Result<Converted, ConfigError> {
    let mission = names::mission(config.text("scenario.name"))?;
    let word = config.text("scenario.difficulty");
    let difficulty = Difficulty::ALL.into_iter().find(|one| one.name() == word).unwrap_or_default();
    let plain = scenario::load(mission.scenario)?.scenario;
    let base = scenario::load_at(mission.scenario, difficulty)?.scenario;

    let mut report = Report::new(config);
    // What the mission draws for each episode comes back when everything else is set.
    let settled = Scenario { vary: Vec::new(), ..base.clone() };
    let mut model = people(settled, config, &mut report)?;
    identity(&mut model, config, &mut report, mission);
    cabin(&mut model, config, &mut report);
    air(&mut model, config, &mut report);
    power(&mut model, config, &mut report);
    let least_o2_kg = stores(&mut model, &base, config, &mut report);
    physics(&mut report);
    let events = config.events.iter().enumerate();
    let events: Vec<Line> =
        events.map(|(index, event)| event::place(&mut model, event, index)).collect();
    let gone = drawn::keep(&mut model, base.vary, least_o2_kg);
    difficulty_of(&gone, &mut report);
    scenario::check(&model)?;

    let comment = "# From a configuration of the predecessor's keys; `lunar-habitat data import-config` says what\n\
        # became of each of them.\n";
    let toml = text::write(&model, (mission.scenario, &plain), comment)?;
    let mut lines = report.finish();
    lines.extend(events);
    Ok(Converted { scenario: model, toml, lines })
}

/// A number to six digits, as people would write it.
fn short(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// `key = value`.
fn told(key: &str, value: f64) -> String {
    format!("{key} = {}", number(value))
}

fn people(
    base: Scenario,
    config: &Config,
    report: &mut Report<'_>,
) -> Result<Scenario, ConfigError> {
    let size = config.number("crew.size") as usize;
    let model = if size == base.crew.len() { base } else { base.with_crew(size)? };
    report.kept("crew.size", format!("crew: {size}"));
    report.dropped("crew.health_variance", "people differ by sex, age, mass and stature");
    report.dropped("crew.stress_sensitivity", "stress is not modelled");
    report.dropped(
        "crew.productivity_base",
        "work for repair is crew_h_per_week, which the ill do not give",
    );
    report.dropped(
        "crew.metabolic_rate",
        "the rate of each person follows from sex, age, mass, stature and the hour's activity",
    );
    Ok(model)
}

/// What the scenario is and how long it lasts; place and surroundings.
fn identity(
    model: &mut Scenario,
    config: &Config,
    report: &mut Report<'_>,
    mission: &names::MissionName,
) {
    let given = one_line(config.text("name"));
    model.name = slug(&given);
    model.title = format!("{given}, flown as {}", model_title(mission.scenario, &model.title));
    report.mapped("name", format!("name = {}", model.name), "lower case, digits, `-` and `_`");
    let to = format!("extends {}", mission.scenario);
    report.mapped("scenario.name", to, mission.note);
    model.duration_days = config.number("scenario.duration_days");
    report.kept("scenario.duration_days", told("duration_days", model.duration_days));
    if config.text("scenario.location") == "lunar_south_pole" {
        report.kept("scenario.location", "power.site of the mission");
    } else {
        report.dropped(
            "scenario.location",
            "the site stays that of the mission; write power.site for another",
        );
    }
    report.dropped(
        "scenario.external_temp_profile",
        "sun, ground and sky follow from power.site and ground_k",
    );
    report.dropped(
        "scenario.dust_level",
        "a rate without a unit; dust here is power.dust_fraction and its growth per day",
    );
    report.dropped(
        "scenario.micrometeorite_rate",
        "holes come at the published flux on zone.exposed_m2",
    );
}

/// What is left of a difficulty beside what the configuration says; `gone` is drawn no more.
fn difficulty_of(gone: &[String], report: &mut Report<'_>) {
    let mut words = "written out; the file is flown without `--difficulty`".to_owned();
    if !gone.is_empty() {
        words += &format!("; the configuration counts before what it draws: {}", gone.join(", "));
    }
    report.mapped("scenario.difficulty", "failures and stores of that difficulty", words);
}

/// The sentence of a mission in the title of what is flown as it.
fn model_title(name: &str, title: &str) -> String {
    format!("{name}: {title}")
}

/// A text as the name of a scenario.
fn slug(text: &str) -> String {
    let lower = text.to_lowercase();
    let sign =
        |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' { c } else { '-' };
    let name: String = lower.chars().map(sign).collect();
    let name = name.trim_matches(|c| c == '-' || c == '_');
    if name.is_empty() { "imported".to_owned() } else { name.chars().take(60).collect() }
}

/// Size of the zones; fans and heaters in them.
fn cabin(model: &mut Scenario, config: &Config, report: &mut Report<'_>) {
    let whole_m3: f64 = model.zones.iter().map(|zone| zone.volume_m3).sum();
    let factor = config.number("volume") / whole_m3;
    let surface = pow(factor, 2.0 / 3.0);
    let fans_w: f64 = model.zones.iter().map(|zone| zone.fan_w).sum();
    let fan_factor = if fans_w > 0.0 { config.number("fan_power") / fans_w } else { 0.0 };
    let heaters_w = config.number("heater_capacity");
    let (temp_k, tolerance_k) =
        (config.number("temp_nominal") + ZERO_C_K, config.number("temp_tolerance"));
    let before_k = model.atmosphere.temperature_k;
    for ccaa in &mut model.ccaa {
        ccaa.set_point_k = short(temp_k - (before_k - ccaa.set_point_k));
    }
    model.atmosphere.temperature_k = short(temp_k);
    let coldest_k = model.ccaa.iter().map(|ccaa| ccaa.set_point_k).fold(temp_k, f64::min);
    let heat_k = short(coldest_k - tolerance_k);
    for zone in &mut model.zones {
        zone.heater_w = short(heaters_w * zone.volume_m3 / whole_m3);
        zone.heater_set_k = heat_k;
        zone.volume_m3 = short(zone.volume_m3 * factor);
        zone.structure_j_k = short(zone.structure_j_k * factor);
        zone.cover_m2 = short(zone.cover_m2 * factor);
        zone.structure_w_k = short(zone.structure_w_k * surface);
        zone.exposed_m2 = short(zone.exposed_m2 * surface);
        zone.fan_w = short(zone.fan_w * fan_factor);
    }
    let reason = format!("all zones by {}, their walls with them", number(short(factor)));
    report.mapped("volume", "zone.*.volume_m3, structure_*, cover_m2, exposed_m2", reason);
    let set_k = model.ccaa.first().map_or(temp_k, |ccaa| ccaa.set_point_k);
    report.mapped(
        "temp_nominal",
        format!(
            "{}, {}",
            told("atmosphere.temperature_k", model.atmosphere.temperature_k),
            told("ccaa.set_point_k", set_k)
        ),
        "cooled below it by as much as in the mission, since zones far from the heat exchanger are warmer",
    );
    report.mapped(
        "temp_tolerance",
        told("zone.*.heater_set_k", heat_k),
        "heaters set in that far below the set-point of cooling",
    );
    report.mapped(
        "fan_power",
        "zone.*.fan_w",
        "spread as in the mission; the flow stays, ventilation.flow_m3_h",
    );
    report.mapped("heater_capacity", "zone.*.heater_w", "spread over the zones by their volume");
}

/// What is breathed.
fn air(model: &mut Scenario, config: &Config, report: &mut Report<'_>) {
    let p_pa = short(config.number("pressure_nominal") * 1e3);
    let start = &mut model.atmosphere;
    let vapour_pa = start.relative_humidity * saturation_pressure_pa(start.temperature_k);
    // Pure oxygen leaves room for vapour and CO2 alone.
    let most_pa = p_pa - vapour_pa - start.pp_co2_pa;
    let wanted_pa = config.number("o2_nominal") * 1e3;
    let o2_pa = short(wanted_pa.min(most_pa));
    start.pressure_pa = p_pa;
    start.o2_fraction =
        short(o2_pa.min(most_pa) / (p_pa - vapour_pa)).min(1.0 - 2.0 * start.pp_co2_pa / p_pa);
    let o2_fraction = start.o2_fraction;
    for acs in &mut model.acs {
        acs.p_total_pa = p_pa;
        acs.pp_o2_pa = o2_pa;
    }
    report.mapped(
        "pressure_nominal",
        format!("{}, {}", told("atmosphere.pressure_pa", p_pa), told("acs.p_total_pa", p_pa)),
        "",
    );
    let reason = if wanted_pa > most_pa {
        "less what water vapour and CO2 take of the pressure"
    } else {
        ""
    };
    report.mapped(
        "o2_nominal",
        format!("{}, {}", told("acs.pp_o2_pa", o2_pa), told("atmosphere.o2_fraction", o2_fraction)),
        reason,
    );
    let n2_pa = (p_pa - vapour_pa) * (1.0 - o2_fraction) - start.pp_co2_pa;
    let n2_kpa = short(n2_pa / 1e3);
    report.dropped(
        "n2_nominal",
        format!("nitrogen makes up what is left of the pressure, {} kPa", number(n2_kpa)),
    );
    report.dropped(
        "co2_limit",
        "CO2 removal takes what it can, and missions are judged by the limits of NASA-STD-3001",
    );
}

/// Sun, battery, fuel cell.
fn power(model: &mut Scenario, config: &Config, report: &mut Report<'_>) {
    let Some(power) = &mut model.power else {
        for path in
            ["solar_capacity", "battery_capacity", "fuel_cell_capacity", "emergency_power_reserve"]
        {
            report.dropped(path, "the mission has no power system");
        }
        return;
    };
    let light = PanelLight {
        direct_w_m2: SOLAR_CONSTANT_W_M2,
        incidence_cosine: 1.0,
        dust_fraction: power.dust_fraction,
        t_front_sink_k: SKY_K,
        t_back_sink_k: SKY_K,
    };
    let panel_w_m2 = Panel::triple_junction().run(&light).electric_w_m2;
    power.array_m2 = short(config.number("solar_capacity") * 1e3 / panel_w_m2);
    report.mapped(
        "solar_capacity",
        told("power.array_m2", power.array_m2),
        format!("{} W/m2 face on to the sun at 1 AU", number(panel_w_m2.round())),
    );
    power.battery_kwh = config.number("battery_capacity");
    report.kept("battery_capacity", told("power.battery_kwh", power.battery_kwh));
    power.fuel_cell_kw = config.number("fuel_cell_capacity");
    report.kept("fuel_cell_capacity", told("power.fuel_cell_kw", power.fuel_cell_kw));
    report.dropped(
        "emergency_power_reserve",
        format!(
            "what is held follows from power.battery_kwh and power.fuel_cell_kwh = {}",
            number(power.fuel_cell_kwh)
        ),
    );
}

/// Tanks, and what recovers water; the oxygen that there must be at least, kg.
fn stores(model: &mut Scenario, base: &Scenario, config: &Config, report: &mut Report<'_>) -> f64 {
    let people = model.crew.len() as f64;
    let stores = &mut model.stores;
    if model.duration_days > base.duration_days {
        let food_kg = FOOD_KG_CM_D * people * model.duration_days * FOOD_RESERVE;
        stores.food_dry_kg = short(stores.food_dry_kg.max(food_kg));
    }
    let needed_kg = short(O2_KG_CM_D * people * config.number("emergency_o2_reserve") / 24.0);
    stores.o2_kg = stores.o2_kg.max(needed_kg);
    report.mapped(
        "emergency_o2_reserve",
        told("stores.o2_kg", stores.o2_kg),
        format!("at least {} kg, for {} people", number(needed_kg), number(people)),
    );
    stores.potable_capacity_kg = config.number("water_storage");
    stores.potable_kg = short(WATER_START * stores.potable_capacity_kg);
    report.mapped(
        "water_storage",
        format!(
            "{}, {}",
            told("stores.potable_capacity_kg", stores.potable_capacity_kg),
            told("stores.potable_kg", stores.potable_kg)
        ),
        "1 kg a litre; it starts at 80 %, as there",
    );
    report.dropped(
        "recycling_efficiency",
        "recovery follows from the processors of urine, brine and water",
    );
    report.dropped(
        "pump_efficiency",
        "pumps are known by their power, thermal.pump_w and that of each unit",
    );
    needed_kg
}

/// Choices of solvers.
fn physics(report: &mut Report<'_>) {
    for key in KEYS {
        let reason = match key.path.strip_prefix("physics.") {
            Some("thermal_enabled" | "fluid_enabled" | "chemistry_enabled") => {
                "heat, flow and chemistry are always computed"
            }
            Some("thermal_timestep" | "fluid_timestep" | "chemistry_timestep") => {
                "everything takes one step, dt_s, cut where something changes"
            }
            Some(_) => "there is one model, and no solver to choose",
            None => continue,
        };
        report.dropped(key.path, reason);
    }
}
