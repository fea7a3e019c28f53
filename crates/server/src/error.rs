//! What a caller is told when something cannot be done.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use thiserror::Error;

/// Why a server does not start, or has stopped.
#[derive(Debug, Error)]
pub enum ServerError {
    /// A setting is refused.
    #[error("{what} is {found}; {allowed}")]
    Setting {
        /// The setting.
        what: &'static str,
        /// What it is.
        found: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// The address cannot be used.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file cannot be used.
    #[error("cannot read {what} `{path}`: {reason}")]
    File {
        /// What it holds.
        what: &'static str,
        /// Where it is.
        path: String,
        /// Why not.
        reason: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// Threads.
    #[error(transparent)]
    Runtime(#[from] runtime::RuntimeError),
    /// Input or output of the server itself.
    #[error("the server cannot go on: {0}")]
    Io(#[from] std::io::Error),
    /// A session that is to be there from the start.
    #[error("{0}")]
    Session(String),
}

/// What a request gets instead of an answer: a status and one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// Status of HTTP.
    pub status: StatusCode,
    /// What is wrong, where, and what is allowed.
    pub error: String,
}

/// An error as JSON.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Refusal {
    /// One sentence.
    pub error: String,
}

impl ApiError {
    /// An error of a status.
    pub fn new(status: StatusCode, error: impl Into<String>) -> ApiError {
        ApiError { status, error: error.into() }
    }

    /// The request is wrong, 422.
    pub fn refused(error: impl std::fmt::Display) -> ApiError {
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    }

    /// It is not there, 404.
    pub fn missing(error: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, error)
    }

    /// It does not fit what goes on, 409.
    pub fn conflict(error: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::CONFLICT, error)
    }

    /// Something of the server is broken, 500.
    pub fn broken(error: impl std::fmt::Display) -> ApiError {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(Refusal { error: self.error })).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

impl From<store::StoreError> for ApiError {
    fn from(error: store::StoreError) -> ApiError {
        match error {
            // Where the database lies is nothing to whoever asks.
            store::StoreError::Missing { what, name, .. } => {
                ApiError::missing(format!("there is no {what} `{name}`"))
            }
            store::StoreError::DatabaseAway { .. } | store::StoreError::DatabaseBusy { .. } => {
                ApiError::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
            other => ApiError::broken(other),
        }
    }
}

impl From<runtime::RuntimeError> for ApiError {
    fn from(error: runtime::RuntimeError) -> ApiError {
        match error {
            runtime::RuntimeError::QueueFull { .. } => {
                ApiError::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
            other => ApiError::broken(other),
        }
    }
}
