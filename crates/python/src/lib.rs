//! Arrays in, arrays out: the environment for Python.
//!
//! The package `lunar_habitat_rl` (folder `python/`) wraps this module, `lunar_habitat_rl._native`, in the
//! interfaces of Gymnasium. Nothing is decided here: a `Vector` holds a `VectorEnv` of the crate `env`,
//! checks what numpy hands over, lets other Python threads run while habitats step, and copies results once into
//! arrays that Python owns. Recordings (`env::Recorder`) go to Parquet files through the crate `store`. A `Learner` holds
//! a training of the crate `learn`, on habitats or on an environment that Python steps.
//!
//! Not here: rules of autoreset, seeds, rewards and costs (`env`); how is learned (`learn`); spaces, `info`, pictures and
//! the modes of environments of others (`python/`).

mod frame;
mod learner;
mod options;
mod policy;
mod predecessor;
mod table;
mod vector;
mod world;

use env::TaskError;
use pyo3::PyErr;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

/// What Python sees of an error: `ValueError` for bad input, `RuntimeError` for the wrong moment or the system.
fn refused(error: &TaskError) -> PyErr {
    let mut cause = error;
    while let TaskError::Lane { source, .. } = cause {
        cause = source;
    }
    match cause {
        TaskError::Over { .. } | TaskError::Threads { .. } | TaskError::Step(_) => {
            PyRuntimeError::new_err(error.to_string())
        }
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// The module `lunar_habitat_rl._native`.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::frame::{read_frame, write_frame};
    #[pymodule_export]
    use super::learner::Learner;
    #[pymodule_export]
    use super::policy::Policy;
    #[pymodule_export]
    use super::predecessor::{
        convert_config, predecessor_missions, predecessor_presets, predecessor_rewards,
        read_config, v0_actions,
    };
    #[pymodule_export]
    use super::table::{cost_table, discount, reward_presets, reward_terms, scenarios, tasks};
    #[pymodule_export]
    use super::vector::Vector;

    /// Version of the program.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    /// Whether this is a build for users, without the checks of a build for tests.
    #[pymodule_export]
    const OPTIMISED: bool = !cfg!(debug_assertions);

    /// Numbers of environments from this one on are held out for evaluation.
    #[pymodule_export]
    const HELD_OUT_FROM: u64 = env::HELD_OUT_FROM;
}
