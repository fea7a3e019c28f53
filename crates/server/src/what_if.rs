//! What would become of a habitat: many futures from where it stands, under two controllers or more.
//!
//! Future number i under one controller and under another draws the same failures and the same people ([`Habitat::fork`] with
//! one salt), so that their difference is that of the controllers. No future is the real one.
//!
//! [`Habitat::fork`]: env::habitat::Habitat::fork

use std::collections::BTreeMap;
use std::time::Instant;

use env::habitat::{AbortReason, Habitat};
use env::{Command, Timing};
use runtime::{Executor, Priority, Ticket, Token};
use serde::{Deserialize, Serialize};
use tracing::info_span;
use utoipa::ToSchema;

use crate::ApiError;
use crate::names::AnyController;
use crate::session::flight::{Flight, Standing};
use crate::session::pilot::{Pilot, Prepared};

/// Most futures under one controller.
const FUTURES_MOST: u32 = 20_000;
/// Longest look ahead, h.
const HOURS_MOST: f64 = 24.0 * 30.0;
/// Most steps of all futures together, those of a controller that plans counted by the time they take.
const STEPS_MOST: f64 = 2e8;
/// How many steps under `rules` take the time of one under `mpc`, which rolls futures of its own at each decision.
const MPC_WEIGHT: f64 = 400.0;
/// Times at which channels are shown.
const POINTS: u64 = 72;
/// Most channels and controllers.
const CHANNELS_MOST: usize = 16;
const CONTROLLERS_MOST: usize = 4;
/// Quantiles of a fan.
const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// A question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhatIf)]
pub struct Question {
    /// Controllers by name; `current` is the one in command. 1 to 4.
    #[schema(value_type = Vec<AnyController>, min_items = 1, max_items = 4)]
    pub controllers: Vec<String>,
    /// Futures under each, 1 to 20 000.
    #[serde(deserialize_with = "crate::api::whole_u32")]
    #[schema(minimum = 1, maximum = 20_000)]
    pub futures: u32,
    /// How far to look, h, up to 720.
    #[schema(exclusive_minimum = 0, maximum = 720)]
    pub hours: f64,
    /// Channels to show, 1 to 16.
    #[schema(min_items = 1, max_items = 16)]
    pub channels: Vec<String>,
    /// Set-points that are held in every future, by channel.
    #[serde(default)]
    pub commands: BTreeMap<String, f64>,
}

/// How one channel may go.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Band {
    /// Values that one future in twenty is below, by time, among those in which the channel has one; null where it has none.
    pub p05: Vec<Option<f64>>,
    /// One in four.
    pub p25: Vec<Option<f64>>,
    /// One in two.
    pub p50: Vec<Option<f64>>,
    /// Three in four.
    pub p75: Vec<Option<f64>>,
    /// Nineteen in twenty.
    pub p95: Vec<Option<f64>>,
}

/// A cause and how often it is one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Cause {
    /// Why the mission is lost.
    pub reason: String,
    /// Share of all futures.
    pub share: f64,
}

/// Futures under one controller.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Fan {
    /// Who commands.
    pub controller: String,
    /// Bands by channel.
    pub channels: BTreeMap<String, Band>,
    /// Share of futures in which somebody dies.
    pub lost: f64,
    /// Share of futures in which the mission is lost.
    pub aborted: f64,
    /// Upper end of the 95 % interval of that share (Wilson).
    pub aborted_at_most: f64,
    /// Causes, the most frequent first.
    pub worst: Vec<Cause>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Answer {
    /// Mission times, s.
    pub t_s: Vec<f64>,
    /// Futures by controller, in the order of the question.
    pub fans: Vec<Fan>,
    /// Futures under each.
    pub futures: u32,
    /// Steps of all futures.
    pub steps: u64,
    /// Time it took, s.
    pub wall_s: f64,
}

/// A way to build the pilot of a future.
pub enum Make {
    /// By name.
    Controller(String),
    /// From a policy.
    Policy(Prepared),
}

impl Make {
    fn pilot(&self, habitat: &Habitat) -> Result<Pilot, ApiError> {
        match self {
            Make::Controller(name) => Pilot::controller(name, habitat),
            Make::Policy(prepared) => Ok(prepared.pilot(habitat.plan())),
        }
    }

    /// How many steps of the rules a step under it takes the time of.
    fn weight(&self) -> f64 {
        match self {
            Make::Controller(name) if name == "mpc" => MPC_WEIGHT,
            _ => 1.0,
        }
    }
}

/// From where futures begin.
pub struct Start {
    /// The habitat as it stands.
    pub habitat: Habitat,
    /// Times of its mission.
    pub timing: Timing,
    /// Set-points that operators hold.
    pub held: BTreeMap<usize, f64>,
    /// The controller in command.
    pub current: Make,
}

/// One future: values by time and channel, and its end.
struct Future {
    values: Vec<f32>,
    steps: u64,
    has_deaths: bool,
    abort: AbortReason,
}

struct Course<'a> {
    start: &'a Start,
    token: &'a Token,
    held: Vec<Command>,
    places: Vec<usize>,
    steps: u64,
    every: u64,
}

/// Answer a question, until `token` is cancelled.
///
/// # Errors
/// 422 for what cannot be asked; 500 where a future breaks down or the token is cancelled.
pub fn answer(
    start: &Start,
    question: &Question,
    threads: usize,
    token: &Token,
) -> Result<Answer, ApiError> {
    let began = Instant::now();
    let stage = info_span!("what-if").entered();
    let course = course(start, question, token)?;
    // Steps that somebody waits for go first, and turns of those that run take theirs in between.
    let ticket = Ticket::new("what-if", Priority::Normal).under(token);
    let alive = start.habitat.crew_alive();
    let mut fans = Vec::new();
    let mut steps = 0;
    for name in &question.controllers {
        let make = match name.as_str() {
            "current" => &start.current,
            name => &Make::Controller(name.to_owned()),
        };
        // One for the name, and to refuse what does not exist.
        let shown = make.pilot(&start.habitat)?.name().to_owned();
        let salts: Vec<u64> = (0..u64::from(question.futures)).collect();
        let futures = Executor::of_process()?
            .map_on(threads, ticket.clone(), salts, |salt| {
                let _stage = info_span!(parent: &*stage, "future").entered();
                course.fly(make, salt, alive)
            })?
            .into_iter()
            .collect::<Result<Vec<Future>, ApiError>>()?;
        steps += futures.iter().map(|future| future.steps).sum::<u64>();
        fans.push(course.fan(shown, &question.channels, &futures));
    }
    let dt_s = start.timing.dt_s;
    let t_s = (0..=course.steps / course.every)
        .map(|point| start.habitat.t_s() + (point * course.every) as f64 * dt_s)
        .collect();
    let wall_s = began.elapsed().as_secs_f64();
    Ok(Answer { t_s, fans, futures: question.futures, steps, wall_s })
}

fn course<'a>(
    start: &'a Start,
    question: &Question,
    token: &'a Token,
) -> Result<Course<'a>, ApiError> {
    let within = |what: &str, found: String, allowed: String| {
        Err(ApiError::refused(format!("{what} is {found}; allowed is {allowed}")))
    };
    let Question { controllers, futures, hours, channels, commands } = question;
    if !(1..=CONTROLLERS_MOST).contains(&controllers.len()) {
        let found = controllers.len().to_string();
        return within("the number of controllers", found, format!("1 to {CONTROLLERS_MOST}"));
    }
    if !(1..=CHANNELS_MOST).contains(&channels.len()) {
        let found = channels.len().to_string();
        return within("the number of channels", found, format!("1 to {CHANNELS_MOST}"));
    }
    if !(1..=FUTURES_MOST).contains(futures) {
        return within("futures", futures.to_string(), format!("1 to {FUTURES_MOST}"));
    }
    let dt_s = start.timing.dt_s;
    let steps = (hours * 3_600.0 / dt_s).round();
    if !(steps >= 1.0 && *hours <= HOURS_MOST) {
        return within("hours", hours.to_string(), format!("{} to {HOURS_MOST}", dt_s / 3_600.0));
    }
    let weight = |name: &String| match name.as_str() {
        "current" => start.current.weight(),
        name => Make::Controller(name.to_owned()).weight(),
    };
    let all = steps * f64::from(*futures) * controllers.iter().map(weight).sum::<f64>();
    if all > STEPS_MOST {
        let found = format!("{all:.1e}");
        return within(
            "the number of steps of all futures",
            found,
            format!("up to {STEPS_MOST:e}, where one under `mpc` counts as {MPC_WEIGHT}"),
        );
    }
    let catalogue = start.habitat.catalogue();
    let place = |name: &String| {
        catalogue.find(name).map_err(|_| ApiError::refused(format!("there is no channel `{name}`")))
    };
    let places = channels.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    let mut held: BTreeMap<usize, f64> = start.held.clone();
    for (name, value) in commands {
        let at = place(name)?;
        let actuator = start.habitat.actuators().iter().position(|one| one.channel == at);
        let Some(actuator) = actuator.filter(|_| value.is_finite()) else {
            return within(name, value.to_string(), "a number for a commanded channel".into());
        };
        held.insert(actuator, *value);
    }
    let held = held.into_iter().map(|(actuator, value)| Command { actuator, value }).collect();
    let every = (steps as u64).div_ceil(POINTS).max(1);
    // Whole points.
    let steps = (steps as u64).div_ceil(every) * every;
    Ok(Course { start, token, held, places, steps, every })
}

impl Course<'_> {
    fn fly(&self, make: &Make, salt: u64, alive: usize) -> Result<Future, ApiError> {
        let habitat = self.start.habitat.fork(salt);
        let pilot = make.pilot(&habitat)?;
        let before = habitat.abort_reason();
        let mut flight = Flight::new(habitat, pilot, self.start.timing);
        for command in &self.held {
            flight.hold(command.actuator, Some(command.value))?;
        }
        let mut values =
            Vec::with_capacity(self.places.len() * (self.steps / self.every + 1) as usize);
        let mut show = |flight: &Flight| {
            let of = |place: &usize| flight.habitat().value(*place).unwrap_or(f64::NAN) as f32;
            values.extend(self.places.iter().map(of));
        };
        show(&flight);
        let mut steps = 0;
        for step in 0..self.steps {
            if flight.standing() != Standing::Lost {
                if flight.decision_is_due() {
                    if self.token.is_cancelled() {
                        return Err(ApiError::broken("nobody waits for the answer any more"));
                    }
                    let wanted = flight.wanted()?;
                    flight.obey(&wanted)?;
                }
                flight.pass()?;
                steps += 1;
            }
            if (step + 1) % self.every == 0 {
                show(&flight);
            }
        }
        let habitat = flight.habitat();
        let abort = if before == AbortReason::None { habitat.abort_reason() } else { before };
        Ok(Future { values, steps, has_deaths: habitat.crew_alive() < alive, abort })
    }

    fn fan(&self, controller: String, names: &[String], futures: &[Future]) -> Fan {
        let points = (self.steps / self.every + 1) as usize;
        let count = futures.len() as f64;
        let mut channels = BTreeMap::new();
        let mut sorted: Vec<f32> = Vec::with_capacity(futures.len());
        for (at, name) in names.iter().enumerate() {
            let mut bands: [Vec<Option<f64>>; QUANTILES.len()] = Default::default();
            for point in 0..points {
                sorted.clear();
                sorted.extend(futures.iter().map(|one| one.values[point * names.len() + at]));
                for (band, value) in bands.iter_mut().zip(quantiles(&mut sorted)) {
                    band.push(value);
                }
            }
            let [p05, p25, p50, p75, p95] = bands;
            channels.insert(name.clone(), Band { p05, p25, p50, p75, p95 });
        }
        let share = |number: usize| number as f64 / count;
        let mut causes: BTreeMap<&str, usize> = BTreeMap::new();
        for future in futures.iter().filter(|one| one.abort != AbortReason::None) {
            *causes.entry(future.abort.words()).or_default() += 1;
        }
        let aborted: usize = causes.values().sum();
        let mut worst: Vec<Cause> = causes
            .into_iter()
            .map(|(reason, number)| Cause { reason: reason.to_owned(), share: share(number) })
            .collect();
        worst.sort_by(|a, b| b.share.total_cmp(&a.share));
        let aborted_at_most = learn::wilson(aborted as u64, futures.len() as u64).high;
        Fan {
            controller,
            channels,
            lost: share(futures.iter().filter(|one| one.has_deaths).count()),
            aborted: share(aborted),
            aborted_at_most,
            worst,
        }
    }
}

/// The smallest value that such a share is not above, for each of [`QUANTILES`]; what is no number is left out, and where nothing
/// is left there is none.
fn quantiles(values: &mut Vec<f32>) -> [Option<f64>; QUANTILES.len()] {
    values.retain(|value| value.is_finite());
    values.sort_unstable_by(f32::total_cmp);
    QUANTILES.map(|share| {
        let rank = ((share * values.len() as f64).ceil() as usize).max(1);
        values.get(rank - 1).copied().map(f64::from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn futures_without_a_value_do_not_move_the_quantiles_of_the_others() {
        let mut all: Vec<f32> = (1..=100).map(|value| value as f32).collect();
        let told = [5.0, 25.0, 50.0, 75.0, 95.0].map(Some);
        assert_eq!(quantiles(&mut all.clone()), told);
        // An instrument that has failed shows nothing.
        all.splice(40..40, [f32::NAN; 30]);
        all.push(f32::INFINITY);
        assert_eq!(quantiles(&mut all), told);
        assert_eq!(quantiles(&mut vec![7.0]), [Some(7.0); 5]);
        assert_eq!(quantiles(&mut vec![f32::NAN; 3]), [None; 5]);
    }
}
