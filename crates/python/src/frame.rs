//! Frames as dictionaries of numpy arrays, and their files.

use std::path::PathBuf;

use catalogue::{Frame, FrameError, Values, Words};
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use store::{FrameFormat, StoreError};

/// Columns by name and facts by key, as Python gets them.
pub(crate) type Parts<'py> = (Bound<'py, PyDict>, Vec<(String, String)>);

/// `OSError` for what the system says, `ValueError` for files and columns that are refused.
fn refused(error: &StoreError) -> PyErr {
    match error {
        StoreError::DiskFull { .. } | StoreError::Io { .. } => {
            PyOSError::new_err(error.to_string())
        }
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// A frame as arrays; the memory goes over to them. A column of texts is a pair of its different texts and, for each
/// row, the place of its text among them.
pub(crate) fn arrays<'py>(py: Python<'py>, frame: Frame) -> PyResult<Parts<'py>> {
    let dict = PyDict::new(py);
    let (names, facts) = (frame.names().to_vec(), frame.facts.clone());
    for (name, values) in names.into_iter().zip(frame.into_columns()) {
        match values {
            Values::F32(values) => dict.set_item(name, PyArray1::from_vec(py, values))?,
            Values::F64(values) => dict.set_item(name, PyArray1::from_vec(py, values))?,
            Values::U64(values) => dict.set_item(name, PyArray1::from_vec(py, values))?,
            Values::Bool(values) => dict.set_item(name, PyArray1::from_vec(py, values))?,
            Values::Words(words) => {
                let places = PyArray1::from_slice(py, words.places());
                dict.set_item(name, (words.words().to_vec(), places))?;
            }
        }
    }
    Ok((dict, facts))
}

/// A column of Python: an array of one of four types, or a list of texts.
fn values(name: &str, column: &Bound<'_, PyAny>) -> PyResult<Values> {
    fn taken<T: numpy::Element + Copy>(column: &Bound<'_, PyAny>) -> Option<Vec<T>> {
        let array: PyReadonlyArray1<'_, T> = column.extract().ok()?;
        // Element by element: any stride is allowed.
        Some(array.as_array().iter().copied().collect())
    }
    if let Some(values) = taken::<f32>(column) {
        return Ok(Values::F32(values));
    }
    if let Some(values) = taken::<f64>(column) {
        return Ok(Values::F64(values));
    }
    if let Some(values) = taken::<u64>(column) {
        return Ok(Values::U64(values));
    }
    if let Some(values) = taken::<bool>(column) {
        return Ok(Values::Bool(values));
    }
    if let Ok(list) = column.cast::<PyList>() {
        let mut words = Words::default();
        for text in list {
            let text = text.extract::<String>().map_err(|_| {
                let row = words.len();
                PyTypeError::new_err(format!("column `{name}`, row {row}: allowed are texts"))
            })?;
            words.push(&text);
        }
        return Ok(Values::Words(words));
    }
    Err(PyTypeError::new_err(format!(
        "column `{name}`: allowed are arrays of one dimension of float32, float64, uint64 or bool, and lists of str"
    )))
}

/// Write columns and facts to a Parquet file, or one of Arrow where `is_arrow`, whole or not at all.
#[pyfunction]
pub(crate) fn write_frame(
    py: Python<'_>,
    path: PathBuf,
    columns: &Bound<'_, PyDict>,
    facts: Vec<(String, String)>,
    is_arrow: bool,
) -> PyResult<()> {
    let mut frame = Frame::default();
    for (name, column) in columns {
        let name: String = name.extract()?;
        let refused = |error: FrameError| PyValueError::new_err(error.to_string());
        frame.push(&name, values(&name, &column)?).map_err(refused)?;
    }
    frame.facts = facts;
    let format = if is_arrow { FrameFormat::Arrow } else { FrameFormat::Parquet };
    py.detach(|| store::write_frame(&path, format, &frame)).map_err(|error| refused(&error))
}

/// Columns and facts of a Parquet file; texts as in a recording.
#[pyfunction]
pub(crate) fn read_frame(py: Python<'_>, path: PathBuf) -> PyResult<Parts<'_>> {
    let frame = py.detach(|| store::read_frame(&path)).map_err(|error| refused(&error))?;
    arrays(py, frame)
}
