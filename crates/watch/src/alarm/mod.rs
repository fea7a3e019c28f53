//! Alarms in the style of ISA-18.2: from the limits of channels to states that people acknowledge and shelve.
//!
//! | file | noun |
//! |---|---|
//! | `alarm` | one alarm as declared: channel, bound, limit, hysteresis, delays, priority |
//! | `plan` | every alarm of a habitat, compiled from the catalogue |
//! | `overrides` | the file that changes a plan |
//! | `state` | the states, and a change from one to another |
//! | `point` | what one alarm remembers, and its rules |
//! | `flood` | how many alarms are new, and when lower ones wait |
//! | `alarms` | all of them: samples and commands in, transitions out |
//! | `active` | the list that people see |
//! | `sink` | where transitions go: a trait, and a file of lines |
//! | `command`, `webhook` | a program that is started, an address that is called |
//! | `courier` | the queue in front of a sink: bounded, retried, each transition once |
//!
//! # States
//! ```text
//!             limit passed for on_delay_s
//!   Normal ───────────────────────────────► Unacknowledged ──acknowledge──► Acknowledged
//!     ▲ ▲                                      │     ▲                          │
//!     │ │ acknowledge                  back for│     │passed again      back for│
//!     │ └──────────────── Returned ◄─off_delay_s─────┘               off_delay_s│
//!     └─────────────────────────────────────────────────────────────────────────┘
//! ```
//! Beside these: *Shelved* (somebody put it aside, for a reason and for a time), *Suppressed* (held back in a flood),
//! *BadQuality* (not in alarm, and nothing is known, because the instrument is silent). Time comes with samples; nothing
//! here reads a clock.
//!
//! # Source
//! ANSI/ISA-18.2-2016 (states, first-out, shelving, flood: more than 10 new alarms in 10 min, over below 5);
//! EEMUA 191 (delays and hysteresis by kind of signal). Where a number is ours it is marked *assumed*.
//!
//! # Examples
//! ```
//! use catalogue::{Catalogue, Channel, Limits, Unit, ValueKind};
//! use lunar_habitat_watch::alarm::{AlarmPlan, Alarms, Overrides, State};
//!
//! let catalogue = Catalogue::new(vec![Channel {
//!     id: "living.air.sensed_pp_co2_pa".into(),
//!     quantity: "CO2 partial pressure, as measured".into(),
//!     unit: Unit::Pascal,
//!     kind: ValueKind::Sensed,
//!     limits: Some(Limits { caution_high: Some(400.0), warning_high: Some(2000.0), ..Limits::default() }),
//!     owner: "living.air".into(),
//!     source: "NASA-STD-3001 V2 6004".into(),
//! }])?;
//! let mut alarms = Alarms::new(AlarmPlan::compile(&catalogue, &Overrides::default())?);
//! alarms.push(0.0, &[390.0]);
//! alarms.push(60.0, &[410.0]);
//! let raised = alarms.push(120.0, &[412.0]);
//! assert_eq!(raised[0].to, State::Unacknowledged);
//! let id = raised[0].alarm.clone();
//! alarms.acknowledge(&id, "amina")?;
//! assert_eq!(alarms.active()[0].state, State::Acknowledged);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod active;
#[expect(clippy::module_inception)] // The noun of the file is the alarm as declared.
mod alarm;
mod alarms;
mod command;
mod courier;
mod flood;
mod overrides;
mod plan;
mod point;
mod sink;
mod state;
mod webhook;

pub use active::Active;
pub use alarm::{Alarm, Bound, Priority};
pub use alarms::{Alarms, Snapshot};
pub use command::CommandSink;
pub use courier::{Courier, CourierSettings, Deliveries};
pub use flood::FloodSettings;
pub use overrides::{AlarmOverride, Overrides};
pub use plan::{AlarmPlan, WatchedChannel};
pub use sink::{AlarmSink, DeliveryError, LogSink, Notice};
pub use state::{Cause, Shelving, State, Transition};
pub use webhook::WebhookSink;
