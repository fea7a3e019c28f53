//! Lanes of one task for Python.
//!
//! # Arrays
//! Actions are `float32` of lanes × dials in C order; anything else is refused with a sentence and never read as
//! something that it is not. They are copied before other threads may run. Results are copied once, into new arrays that
//! Python owns and that no later call writes to.
//!
//! # Threads
//! Resets, steps and copies of episodes run without the interpreter lock. Calls on one vector from several
//! threads take turns; nothing is said to be "already borrowed". A thread waits for its turn without the
//! interpreter lock, so the two locks cannot wait for each other.

use std::sync::{Arc, Mutex};

use env::habitat::scenario;
use env::predecessor::V0Layout;
use env::{
    Batch, COSTS, HARD_LIMITS, Intervention, Recorder, TERMS, Task, TaskError, VectorEnv,
    VectorOptions,
};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::{frame, options, predecessor, refused, table};

/// What a step or a reset wrote, copied.
struct Copied {
    observations: Vec<f32>,
    rewards: Vec<f32>,
    terms: Vec<f32>,
    costs: Vec<f32>,
    terminated: Vec<bool>,
    truncated: Vec<bool>,
    reasons: Vec<u8>,
    final_observations: Vec<f32>,
    final_valid: Vec<bool>,
    durations_s: Vec<f64>,
    guarded: Option<Guarded>,
}

/// What the shields of the lanes did in a step.
struct Guarded {
    limits: Vec<u8>,
    breaks_s: Vec<f64>,
    rules_break_s: Vec<f64>,
    taken: Vec<f32>,
}

impl Guarded {
    /// Of lanes with shields, whose actions have `width` entries; zeros where nothing was taken.
    fn of(env: &VectorEnv, width: usize) -> Option<Guarded> {
        if !env.is_shielded() {
            return None;
        }
        let all = env.batch().interventions();
        let time_s = |of: fn(&Intervention) -> f64| -> Vec<f64> {
            all.iter().map(|one| one.as_ref().map_or(f64::NAN, of)).collect()
        };
        let place = |one: &Option<Intervention>| {
            let limit = one.as_ref().map_or("", |one| one.limit);
            HARD_LIMITS.iter().position(|known| known.name == limit).map_or(0, |at| at as u8 + 1)
        };
        let mut taken = vec![0.0; all.len() * width];
        for (lane, row) in taken.chunks_mut(width.max(1)).enumerate() {
            let done = env.taken(lane).unwrap_or_default();
            row.iter_mut().zip(done).for_each(|(to, from)| *to = *from);
        }
        Some(Guarded {
            limits: all.iter().map(place).collect(),
            breaks_s: time_s(|one| one.breaks_s),
            rules_break_s: time_s(|one| one.rules_break_s),
            taken,
        })
    }
}

impl Copied {
    fn of(env: &VectorEnv) -> Copied {
        let batch: &Batch = env.batch();
        Copied {
            guarded: Guarded::of(env, env.task().actions().len()),
            observations: batch.observations().to_vec(),
            rewards: batch.rewards().to_vec(),
            terms: batch.terms().to_vec(),
            costs: batch.costs().to_vec(),
            terminated: batch.terminated().to_vec(),
            truncated: batch.truncated().to_vec(),
            reasons: batch.reasons().iter().map(|reason| *reason as u8).collect(),
            final_observations: batch.final_observations().to_vec(),
            final_valid: batch.final_valid().to_vec(),
            durations_s: batch.durations_s().to_vec(),
        }
    }

    /// As arrays of numpy, by name; the memory goes over to them.
    fn into_dict<'py>(self, py: Python<'py>, width: usize) -> PyResult<Bound<'py, PyDict>> {
        let lanes = self.rewards.len();
        let dict = PyDict::new(py);
        let table = |values: Vec<f32>, width: usize| -> PyResult<Bound<'py, PyArray2<f32>>> {
            PyArray1::from_vec(py, values).reshape([lanes, width])
        };
        dict.set_item("observations", table(self.observations, width)?)?;
        dict.set_item("rewards", PyArray1::from_vec(py, self.rewards))?;
        dict.set_item("terms", table(self.terms, TERMS)?)?;
        dict.set_item("costs", table(self.costs, COSTS)?)?;
        dict.set_item("terminated", PyArray1::from_vec(py, self.terminated))?;
        dict.set_item("truncated", PyArray1::from_vec(py, self.truncated))?;
        dict.set_item("reasons", PyArray1::from_vec(py, self.reasons))?;
        dict.set_item("final_observations", table(self.final_observations, width)?)?;
        dict.set_item("final_valid", PyArray1::from_vec(py, self.final_valid))?;
        dict.set_item("durations_s", PyArray1::from_vec(py, self.durations_s))?;
        if let Some(guarded) = self.guarded {
            let entries = guarded.taken.len() / lanes.max(1);
            dict.set_item("interventions", PyArray1::from_vec(py, guarded.limits))?;
            dict.set_item("breaks_s", PyArray1::from_vec(py, guarded.breaks_s))?;
            dict.set_item("rules_break_s", PyArray1::from_vec(py, guarded.rules_break_s))?;
            dict.set_item("taken", table(guarded.taken, entries)?)?;
        }
        Ok(dict)
    }
}

/// Lanes of one task; every array is of lanes, row after row.
#[pyclass(frozen, module = "lunar_habitat_rl._native")]
pub(crate) struct Vector {
    /// The lanes, and what records them.
    env: Mutex<(VectorEnv, Option<Recorder>)>,
    task: Arc<Task>,
    v0: V0Layout,
    title: String,
    hash_hex: String,
    #[pyo3(get)]
    lanes: usize,
    #[pyo3(get)]
    threads: usize,
    #[pyo3(get)]
    autoreset: &'static str,
    base_env: u64,
}

impl Vector {
    /// What is done on the lanes.
    pub(crate) fn task(&self) -> &Arc<Task> {
        &self.task
    }

    /// How many lanes there are.
    pub(crate) fn lanes(&self) -> usize {
        self.lanes
    }

    /// Environment of the first lane.
    pub(crate) fn base_env(&self) -> u64 {
        self.base_env
    }

    /// Work on the lanes without the interpreter lock.
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut VectorEnv) -> Result<T, TaskError> + Send,
    ) -> PyResult<T> {
        self.with_recorder(py, |env, _| work(env))
    }

    /// Work on the lanes and on what records them.
    fn with_recorder<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut VectorEnv, &mut Option<Recorder>) -> Result<T, TaskError> + Send,
    ) -> PyResult<T> {
        let done = py.detach(|| match self.env.lock() {
            Ok(mut locked) => {
                let (env, recorder) = &mut *locked;
                Ok(work(env, recorder))
            }
            Err(_) => Err(()),
        });
        match done {
            Ok(result) => result.map_err(|error| refused(&error)),
            Err(()) => Err(PyRuntimeError::new_err(
                "an earlier call on this environment was cut off inside: make a new one",
            )),
        }
    }

    /// The arrays after `work`.
    fn arrays<'py>(
        &self,
        py: Python<'py>,
        work: impl FnOnce(&mut VectorEnv) -> Result<(), TaskError> + Send,
    ) -> PyResult<Bound<'py, PyDict>> {
        let copied = self.with(py, |env| {
            work(env)?;
            Ok(Copied::of(env))
        })?;
        copied.into_dict(py, self.task.observations().len())
    }

    /// The actions in C order, copied.
    fn actions(&self, actions: &Bound<'_, PyAny>) -> PyResult<Vec<f32>> {
        let expected = [self.lanes, self.task.actions().len()];
        let array: PyReadonlyArray2<'_, f32> = actions.extract().map_err(|_| {
            let [lanes, dials] = expected;
            PyTypeError::new_err(format!(
                "actions: allowed is a numpy array of float32 with shape ({lanes}, {dials})"
            ))
        })?;
        let found = array.shape();
        if found != expected {
            return Err(PyValueError::new_err(format!(
                "actions of shape ({}, {}): allowed is ({}, {})",
                found[0], found[1], expected[0], expected[1]
            )));
        }
        // `as_slice` takes Fortran order too, and would mix up lanes and dials.
        if !array.is_c_contiguous() {
            return Err(PyValueError::new_err(
                "actions are not in C order without gaps: allowed is what numpy.ascontiguousarray returns",
            ));
        }
        array
            .as_slice()
            .map(<[f32]>::to_vec)
            .map_err(|error| PyValueError::new_err(format!("actions: {error}")))
    }
}

#[pymethods]
impl Vector {
    /// Lanes at the start of episode 0 of their environments.
    ///
    /// `scenario` is a name or a file, or the name under which `text` is spoken of; at a difficulty that it declares, and
    /// with its own number of people where `crew_size` is None. `weights` change single terms of
    /// the preset `reward`. `acts` is `dials`, or `thresholds` for those of the controller `rules`; with
    /// `shield` a policy acts through one. `ValueError` for everything that is refused, with what, where and what is allowed.
    #[new]
    #[pyo3(signature = (
        scenario, *, text = None, difficulty = "nominal", crew_size = None, lanes = 1, threads = 1, seed = 0, base_env = 0, autoreset = "NextStep",
        dt_s = None, decision_s = None, reward = "survival", weights = Vec::new(),
        on_bad_action = "refuse", evaluation = false, acts = "dials", shield = false
    ))]
    fn new(
        py: Python<'_>,
        scenario: &str,
        text: Option<&str>,
        difficulty: &str,
        crew_size: Option<usize>,
        lanes: usize,
        threads: usize,
        seed: u64,
        base_env: u64,
        autoreset: &str,
        dt_s: Option<f64>,
        decision_s: Option<f64>,
        reward: &str,
        weights: Vec<(String, f64)>,
        on_bad_action: &str,
        evaluation: bool,
        acts: &str,
        shield: bool,
    ) -> PyResult<Vector> {
        let acts = options::or_refuse(acts.parse())?;
        let on_bad = options::or_refuse(options::on_bad_action(on_bad_action))?;
        let weights = options::or_refuse(options::weights(reward, &weights))?;
        let autoreset = options::or_refuse(options::autoreset(autoreset))?;
        let (loaded, plan) = options::load(scenario, text, difficulty, crew_size)?;
        let settings = options::task(dt_s, decision_s, weights, on_bad, evaluation, acts);
        let task = options::or_refuse(Task::new(plan, settings))?;
        let of_lanes = VectorOptions { lanes, threads, run: seed, base_env, autoreset };
        let env = options::or_refuse(py.detach(|| VectorEnv::new(&task, of_lanes)))?;
        let env = if shield { env.with_shields() } else { env };
        Ok(Vector {
            env: Mutex::new((env, None)),
            v0: V0Layout::new(&task),
            task,
            title: loaded.scenario.title.clone(),
            hash_hex: loaded.hash_hex(),
            lanes,
            threads,
            autoreset: autoreset.name(),
            base_env,
        })
    }

    /// Begin new episodes on `lanes`, on all threads: episode 0 of the run in `seeds`, or the next one where that is None.
    ///
    /// `params` are keys of the scenario with exact values in their units, for these episodes alone. `ValueError`
    /// for a lane, a key or a value that does not exist or is not allowed; nothing changes then.
    #[pyo3(signature = (seeds, lanes, params = Vec::new()))]
    fn reset<'py>(
        &self,
        py: Python<'py>,
        seeds: Vec<Option<u64>>,
        lanes: Vec<usize>,
        params: Vec<(String, f64)>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let exact = options::exact(params);
        if seeds.len() != lanes.len() {
            return Err(PyValueError::new_err(format!(
                "{} seeds for {} lanes: allowed is one a lane",
                seeds.len(),
                lanes.len()
            )));
        }
        let pairs: Vec<_> = lanes.into_iter().zip(seeds).collect();
        self.arrays(py, |env| env.reset_lanes(&pairs, &exact).map(|_| ()))
    }

    /// One decision on every lane.
    ///
    /// `ValueError` for actions that are refused and `RuntimeError` for a lane whose episode is over: nothing moves.
    /// The arrays are `observations`, `final_observations` (lanes, fields), `terms` (lanes, terms), `costs` (lanes,
    /// costs) of float32, `rewards` float32, `durations_s` float64, `terminated`, `truncated`, `final_valid` bool,
    /// and `reasons` uint8, places in `reason_names`. With shields also `interventions` uint8, places in `limit_names`, 0
    /// where the action was taken; `breaks_s`, `rules_break_s` float64, NaN there; `taken` float32 (lanes, dials).
    fn step<'py>(
        &self,
        py: Python<'py>,
        actions: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let actions = self.actions(actions)?;
        let copied = self.with_recorder(py, |env, recorder| {
            match recorder {
                Some(recorder) => recorder.step(env, &actions)?,
                None => env.step(&actions).map(|_| ())?,
            }
            Ok(Copied::of(env))
        })?;
        copied.into_dict(py, self.task.observations().len())
    }

    /// Record from the next step on, of each lane as many episodes as `episodes` says.
    ///
    /// What was being recorded is given up. `ValueError` unless there is a number a lane.
    fn record(&self, py: Python<'_>, episodes: Vec<u64>) -> PyResult<()> {
        if episodes.len() != self.lanes {
            return Err(PyValueError::new_err(format!(
                "{} numbers of episodes for {} lanes: allowed is one a lane",
                episodes.len(),
                self.lanes
            )));
        }
        self.with_recorder(py, |env, recorder| {
            *recorder = Some(Recorder::new(env, &episodes));
            Ok(())
        })
    }

    /// Episodes of all lanes that are still to be recorded; 0 while nothing is.
    fn recording_left(&self, py: Python<'_>) -> PyResult<u64> {
        self.with_recorder(py, |_, recorder| Ok(recorder.as_ref().map_or(0, Recorder::left)))
    }

    /// Stop recording and return columns and facts, lane after lane; no column without a recording.
    ///
    /// Arrays by name of float32, float64, uint64 or bool; a column of texts is a pair of its different texts and the
    /// place of each row's text among them, uint32.
    fn recorded<'py>(&self, py: Python<'py>) -> PyResult<frame::Parts<'py>> {
        let recorder = self.with_recorder(py, |_, recorder| Ok(recorder.take()))?;
        let rollout = recorder.map(|recorder| py.detach(|| recorder.finish().into_frame()));
        frame::arrays(py, rollout.unwrap_or_default())
    }

    /// The actions that change nothing: float32 of (lanes, dials).
    fn hold<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let shape = [self.lanes, self.task.actions().len()];
        let actions = self.with(py, |env| {
            let mut actions = vec![0.0; shape[0] * shape[1]];
            env.hold(&mut actions)?;
            Ok(actions)
        })?;
        PyArray1::from_vec(py, actions).reshape(shape)
    }

    /// Which dials do something now: bool of (lanes, dials), advice only.
    fn mask<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<bool>>> {
        let shape = [self.lanes, self.task.actions().len()];
        let mask = self.with(py, |env| {
            let mut mask = vec![false; shape[0] * shape[1]];
            env.mask(&mut mask)?;
            Ok(mask)
        })?;
        PyArray1::from_vec(py, mask).reshape(shape)
    }

    /// One lane as bytes.
    fn snapshot<'py>(&self, py: Python<'py>, lane: usize) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.with(py, |env| env.snapshot(lane))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// One lane as bytes with a future of its own: it does not tell what the lane itself will meet.
    fn fork<'py>(&self, py: Python<'py>, lane: usize, salt: u64) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.with(py, |env| Ok(env.episode(lane)?.fork(salt).snapshot()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Go on with an episode from bytes on one lane; its rows hold its observation and zeros.
    ///
    /// `ValueError` for bytes that are damaged or of another task; nothing changes.
    fn restore<'py>(
        &self,
        py: Python<'py>,
        lane: usize,
        bytes: &[u8],
    ) -> PyResult<Bound<'py, PyDict>> {
        self.arrays(py, |env| env.restore(lane, bytes).map(|_| ()))
    }

    /// What the last step, reset or restore wrote.
    fn arrays_now<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.arrays(py, |_| Ok(()))
    }

    /// Let the next decisions of one lane take `decision_s` each.
    fn set_decision_s(&self, py: Python<'_>, lane: usize, decision_s: f64) -> PyResult<()> {
        self.with(py, |env| env.set_decision_s(lane, decision_s))
    }

    /// Which episode a lane plays and how it stands.
    fn lane<'py>(&self, py: Python<'py>, lane: usize) -> PyResult<Bound<'py, PyDict>> {
        let (key, status, t_s, decisions, decision_s, drawn) = self.with(py, |env| {
            let episode = env.episode(lane)?;
            Ok((
                episode.key(),
                episode.status(),
                episode.habitat().t_s(),
                episode.decisions(),
                episode.decision_s(),
                episode.drawn().to_vec(),
            ))
        })?;
        let dict = PyDict::new(py);
        dict.set_item("run", key.run)?;
        dict.set_item("env", key.env)?;
        dict.set_item("episode", key.episode)?;
        dict.set_item("fork", key.fork)?;
        dict.set_item("status", status.name())?;
        dict.set_item("reason", status.reason().name())?;
        dict.set_item("t_s", t_s)?;
        dict.set_item("decisions", decisions)?;
        dict.set_item("decision_s", decision_s)?;
        let parameters = PyDict::new(py);
        for value in drawn {
            parameters.set_item(value.key, value.value)?;
        }
        dict.set_item("parameters", parameters)?;
        Ok(dict)
    }

    /// What a lane sees, for people: name, value in SI, unit. A value that was never measured is no number.
    fn readings(&self, py: Python<'_>, lane: usize) -> PyResult<Vec<(String, f64, &'static str)>> {
        self.with(py, |env| {
            let episode = env.episode(lane)?;
            let readings = episode.dictionary();
            Ok(readings.iter().map(|r| (r.name.to_owned(), r.value, r.unit.symbol())).collect())
        })
    }

    /// Numbers of the predecessor's observation.
    fn v0_fields<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        predecessor::v0_fields(py, &self.v0)
    }

    /// What the predecessor would show of a lane: float32 of (numbers,).
    fn v0_observe<'py>(&self, py: Python<'py>, lane: usize) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let seen = self.with(py, |env| {
            let mut seen = vec![0.0; self.v0.fields().len()];
            self.v0.observe(env.episode(lane)?, &mut seen)?;
            Ok(seen)
        })?;
        Ok(PyArray1::from_vec(py, seen))
    }

    /// The action of a lane that the predecessor's action stands for: float32 of (dials,).
    ///
    /// `ValueError` for another length, for entries that are not finite, and where actions are thresholds.
    fn v0_dials<'py>(
        &self,
        py: Python<'py>,
        lane: usize,
        action: Vec<f32>,
    ) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let dials = self.with(py, |env| {
            let mut dials = vec![0.0; self.task.actions().len()];
            self.v0.dials(env.episode(lane)?, &action, &mut dials)?;
            Ok(dials)
        })?;
        Ok(PyArray1::from_vec(py, dials))
    }

    /// Names of the reasons by their numbers in `reasons`; the first one is empty.
    #[staticmethod]
    fn reason_names() -> Vec<&'static str> {
        use env::habitat::AbortReason;
        let last = AbortReason::PotableWater as u64;
        (0..=last).map(|word| AbortReason::from_word(word).name()).collect()
    }

    /// Names of the limits of a shield by their numbers in `interventions`; the first one is empty.
    #[staticmethod]
    fn limit_names() -> Vec<&'static str> {
        [""].into_iter().chain(HARD_LIMITS.iter().map(|limit| limit.name)).collect()
    }

    /// Fields of the observation.
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        table::fields(py, &self.task)
    }

    /// Dials of the action, or thresholds.
    fn dials<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        table::dials(py, &self.task)
    }

    /// What actions are: `dials` or `thresholds`.
    #[getter]
    fn acts(&self) -> &'static str {
        self.task.acts().name()
    }

    /// Weights of the reward terms, in their order.
    #[getter]
    fn weights(&self) -> Vec<f64> {
        self.task.weights().weights().to_vec()
    }

    /// One sentence about the scenario.
    #[getter]
    fn title(&self) -> &str {
        &self.title
    }

    /// SHA-256 of the scenario.
    #[getter]
    fn scenario_hash(&self) -> &str {
        &self.hash_hex
    }

    /// SHA-256 of what is seen and set, which a policy carries.
    #[getter]
    fn task_hash(&self) -> String {
        scenario::hex(&self.task.hash())
    }

    /// Step, s.
    #[getter]
    fn dt_s(&self) -> f64 {
        self.task.dt_s()
    }

    /// Time between two decisions at the start of an episode, s.
    #[getter]
    fn decision_s(&self) -> f64 {
        self.task.decision_s()
    }

    /// Length of the mission, s.
    #[getter]
    fn duration_s(&self) -> f64 {
        self.task.plan().duration_s()
    }
}
