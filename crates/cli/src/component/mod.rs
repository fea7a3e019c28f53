//! The verb `component`: one life-support unit alone, in steady state or over a cycle.
//!
//! The units are those of a habitat, run by hand on a test stand whose ledger is closed after every
//! step; nothing is modelled a second time here.
//!
//! # JSON
//! With `--json` one object: `component`, `inputs` and `outputs`, both by name; every name ends in
//! its unit (`_share` is a pure number). Every component gives `mass_residual_share` and
//! `energy_residual_share`: what the ledger could not explain in any step, as a share of what moved
//! in it. With `--list --json` a list of `component`, `about` and `inputs`, each with `key`, `unit`,
//! `default`, `min`, `max`, `words` and `about`.

mod ccaa;
mod cdra;
mod crew;
mod input;
mod oga;
mod outputs;
mod sabatier;
mod stand;
mod upa;
mod wpa;

use std::process::ExitCode;

use serde_json::{Value, json};
use watch::report::Table;

pub use self::input::Setting;
use self::input::{Input, Settings};
pub use self::outputs::Outputs;
use crate::error::CliError;
use crate::{output, table};

/// Arguments of `component`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  lunar-habitat component ccaa --set coolant_in_c=5.6 --set coolant_g_s=74 --json\n  \
    lunar-habitat component cdra --set pp_co2_torr=2 --set half_cycle_min=155\n  \
    lunar-habitat component cdra --list"
)]
pub struct Args {
    /// Component: `ccaa`, `cdra`, `oga`, `sabatier`, `wpa`, `upa` or `crew`
    #[arg(value_name = "NAME", required_unless_present = "list")]
    name: Option<String>,
    /// Set an input, `key=value`; may be given more than once
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    set: Vec<String>,
    /// List the inputs with their units, ranges and defaults, of NAME or of all components
    #[arg(long)]
    list: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// A component that can be run alone.
struct Component {
    name: &'static str,
    about: &'static str,
    inputs: &'static [Input],
    run: fn(&Settings) -> Result<Outputs, CliError>,
}

/// All of them.
const COMPONENTS: &[Component] = &[
    Component {
        name: "ccaa",
        about: "condensing heat exchanger with its bypass valve, steady state",
        inputs: ccaa::INPUTS,
        run: ccaa::run,
    },
    Component {
        name: "cdra",
        about: "four-bed CO2 removal on constant air, until its cycles repeat",
        inputs: cdra::INPUTS,
        run: cdra::run,
    },
    Component {
        name: "oga",
        about: "oxygen generator at a steady rate",
        inputs: oga::INPUTS,
        run: oga::run,
    },
    Component {
        name: "sabatier",
        about: "CO2 reducer at a steady feed",
        inputs: sabatier::INPUTS,
        run: sabatier::run,
    },
    Component {
        name: "wpa",
        about: "water processor with a steady feed",
        inputs: wpa::INPUTS,
        run: wpa::run,
    },
    Component {
        name: "upa",
        about: "urine processor with a steady feed",
        inputs: upa::INPUTS,
        run: upa::run,
    },
    Component { name: "crew", about: "one person for a day", inputs: crew::INPUTS, run: crew::run },
];

fn find(name: &str) -> Result<&'static Component, CliError> {
    COMPONENTS.iter().find(|c| c.name == name).ok_or_else(|| {
        let names: Vec<&str> = COMPONENTS.iter().map(|c| c.name).collect();
        CliError::flag(
            format!("component {name}"),
            format!("found `{name}`, allowed {}", names.join(", ")),
        )
    })
}

/// Run a component with some of its inputs set, the others at their defaults.
///
/// # Errors
/// [`CliError::Flag`] for an unknown component, an unknown key or a value out of range.
pub fn measure(name: &str, set: &[(&str, Setting)]) -> Result<Outputs, CliError> {
    let component = find(name)?;
    let mut settings = Settings::defaults(component.name, component.inputs);
    let arguments: Vec<String> =
        set.iter().map(|(key, value)| format!("{key}={}", value.text())).collect();
    settings.set_all(&arguments)?;
    (component.run)(&settings)
}

/// Run the verb.
///
/// # Errors
/// [`CliError::Flag`] for an unknown component, an unknown key or a value out of range.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    let asked = args.name.as_deref().map(find).transpose()?;
    match asked {
        Some(component) if !args.list => run_one(component, &args)?,
        Some(component) => list(&[component], args.json)?,
        None => list(&COMPONENTS.iter().collect::<Vec<_>>(), args.json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn run_one(component: &Component, args: &Args) -> Result<(), CliError> {
    let mut settings = Settings::defaults(component.name, component.inputs);
    settings.set_all(&args.set)?;
    let outputs = (component.run)(&settings)?;
    if args.json {
        return output::json(&json!({
            "component": component.name,
            "inputs": settings.to_json(),
            "outputs": outputs.to_json(),
        }));
    }
    let inputs = Table {
        title: format!("{}: {}", component.name, component.about),
        columns: strings(["input", "value", "allowed"]),
        rows: settings
            .iter()
            .map(|(input, value)| vec![input.key.into(), value.text(), input.allowed_words()])
            .collect(),
    };
    let results = Table {
        title: String::new(),
        columns: strings(["output", "value"]),
        rows: outputs.iter().map(|(key, value)| vec![(*key).into(), shown(*value)]).collect(),
    };
    output::text(&table::render(&inputs))?;
    output::text(table::render(&results).trim_start())
}

/// A number with six digits that say something.
fn shown(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".into()
    } else if !(1e-4..1e7).contains(&size) {
        format!("{value:.2e}")
    } else {
        let decimals = (5.0 - size.log10().floor()).clamp(0.0, 9.0) as usize;
        table::fixed(value, decimals)
    }
}

fn list(components: &[&Component], json: bool) -> Result<(), CliError> {
    if json {
        let described: Vec<Value> = components
            .iter()
            .map(|c| {
                json!({
                    "component": c.name,
                    "about": c.about,
                    "inputs": c.inputs.iter().map(Input::describe).collect::<Vec<_>>(),
                })
            })
            .collect();
        return output::json(&described);
    }
    for component in components {
        let settings = Settings::defaults(component.name, component.inputs);
        let rows = settings.iter().map(|(input, value)| {
            vec![input.key.into(), value.text(), input.allowed_words(), input.about.into()]
        });
        output::text(&table::render(&Table {
            title: format!("{}: {}", component.name, component.about),
            columns: strings(["input", "default", "allowed", "meaning"]),
            rows: rows.collect(),
        }))?;
    }
    Ok(())
}

fn strings<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(String::from).to_vec()
}
