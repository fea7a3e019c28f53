//! Who may ask what, and from where.
//!
//! | role | may |
//! |---|---|
//! | viewer | look |
//! | operator | look, and make, run, command and stop sessions |
//! | admin | all that, and read the audit trail |
//!
//! Without tokens everybody on this machine is admin, and the server answers to names of this machine alone, so that a page
//! of another site cannot reach it under a name of its own. With tokens, a browser holds its token in a cookie that no script
//! reads and no other site sends.

use std::net::IpAddr;

use axum::http::{HeaderMap, Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::{ApiError, ServerError};

/// Cookie that holds the token of a browser.
pub const COOKIE: &str = "lunar_habitat_token";
/// Fewest characters of a token.
const TOKEN_LEAST: usize = 16;

/// What somebody may do; each may what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look.
    Viewer,
    /// Command.
    Operator,
    /// Everything.
    Admin,
}

/// Somebody who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Who {
    /// Name, as in the audit trail.
    pub who: String,
    /// What they may do.
    pub role: Role,
}

/// Tokens of a server. A token itself is not kept, only its SHA-256.
#[derive(Debug, Clone, Default)]
pub struct Tokens(Vec<([u8; 32], Who)>);

impl Tokens {
    /// Tokens of a file: a line each, `role name token`, empty lines and lines that begin with `#` left out.
    ///
    /// # Errors
    /// [`ServerError::File`] with the line that is wrong; no token is in the error.
    pub fn parse(text: &str, path: &str) -> Result<Tokens, ServerError> {
        let mut tokens: Vec<([u8; 32], Who)> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |reason: String| ServerError::File {
                what: "tokens of",
                path: format!("{path}:{}", number + 1),
                reason,
            };
            let words: Vec<&str> = line.split_whitespace().collect();
            let [role, name, token] = words[..] else {
                return Err(wrong("a line is `role name token`".to_owned()));
            };
            let role = match role {
                "viewer" => Role::Viewer,
                "operator" => Role::Operator,
                "admin" => Role::Admin,
                other => {
                    let known = "viewer, operator, admin";
                    return Err(wrong(format!("no role `{other}`; there are {known}")));
                }
            };
            // What stands in a header and in a cookie as it is.
            let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
            if token.len() < TOKEN_LEAST || !token.bytes().all(is_plain) {
                let reason = format!(
                    "a token has at least {TOKEN_LEAST} characters: letters, digits and signs of ASCII but \" , ; \\"
                );
                return Err(wrong(reason));
            }
            let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
            if tokens.iter().any(|(known, _)| *known == digest) {
                return Err(wrong("the token stands there twice".to_owned()));
            }
            tokens.push((digest, Who { who: name.to_owned(), role }));
        }
        Ok(Tokens(tokens))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whose token it is. Hashes are compared, so that the time it takes tells nothing about a token.
    #[must_use]
    pub fn who(&self, token: &str) -> Option<&Who> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        self.0.iter().find(|(known, _)| *known == digest).map(|(_, who)| who)
    }

    /// Who asks, by the headers of a request.
    ///
    /// # Errors
    /// 401 without a token that is known; 403 for a request that a page of another site makes.
    pub fn check(&self, headers: &HeaderMap) -> Result<Who, ApiError> {
        same_site(headers, self.is_empty())?;
        if self.is_empty() {
            return Ok(Who { who: "local".to_owned(), role: Role::Admin });
        }
        let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
        let bearer = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        let cookie = text(header::COOKIE).and_then(|list| {
            list.split(';').find_map(|one| one.trim().strip_prefix(COOKIE)?.strip_prefix('='))
        });
        let known = bearer.or(cookie).and_then(|token| self.who(token.trim()));
        known.cloned().ok_or_else(|| {
            ApiError::new(
                StatusCode::UNAUTHORIZED,
                "a token is needed: `Authorization: Bearer TOKEN`, or log in at /login",
            )
        })
    }
}

/// The role that a request needs.
#[must_use]
pub fn needed(method: &Method, path: &str) -> Role {
    if path.starts_with("/api/audit") {
        return Role::Admin;
    }
    // Questions that change nothing.
    let asks = path.ends_with("/what-if") || path.ends_with("/counterfactual");
    if *method == Method::GET || *method == Method::HEAD || asks {
        Role::Viewer
    } else {
        Role::Operator
    }
}

/// Refuse what a page of another site sends: an origin that is not the host, and without tokens a host that is not this machine.
fn same_site(headers: &HeaderMap, is_local: bool) -> Result<(), ApiError> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    let refused = |what: &str| ApiError::new(StatusCode::FORBIDDEN, what.to_owned());
    if is_local && !is_this_machine(host) {
        return Err(refused(
            "without tokens only names of this machine are answered to: 127.0.0.1, localhost or [::1]",
        ));
    }
    if let Some(origin) = text(header::ORIGIN) {
        let from = origin.split_once("://").map(|(_, host)| host).unwrap_or_default();
        if from != host {
            return Err(refused("the request comes from a page of another site"));
        }
    }
    Ok(())
}

/// Whether a host, with or without a port, is this machine.
fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn tokens_are_known_by_their_hash() {
        let text = "# people\nviewer ann aaaaaaaaaaaaaaaa\n\nadmin bo bbbbbbbbbbbbbbbbbb\n";
        let tokens = Tokens::parse(text, "tokens").unwrap();
        let who = |list: &[(&'static str, &str)]| tokens.check(&headers(list));
        let ann = who(&[("host", "h"), ("authorization", "Bearer aaaaaaaaaaaaaaaa")]).unwrap();
        assert_eq!((ann.who.as_str(), ann.role), ("ann", Role::Viewer));
        let cookie = "x=1; lunar_habitat_token=bbbbbbbbbbbbbbbbbb";
        assert_eq!(who(&[("host", "h"), ("cookie", cookie)]).unwrap().role, Role::Admin);
        for wrong in ["Bearer ", "Bearer aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa"] {
            let error = who(&[("host", "h"), ("authorization", wrong)]).unwrap_err();
            assert_eq!(error.status, StatusCode::UNAUTHORIZED);
        }
        for wrong in [
            "viewer ann short",
            "boss ann aaaaaaaaaaaaaaaa",
            "viewer aaaaaaaaaaaaaaaa",
            "viewer ann aaaaaaaaaaaaaaaa;aaaa",
        ] {
            assert!(Tokens::parse(wrong, "tokens").is_err());
        }
    }

    #[test]
    fn other_sites_are_refused() {
        let local = Tokens::default();
        for host in ["127.0.0.1:8090", "localhost", "[::1]:80", "127.8.9.1:1"] {
            assert!(local.check(&headers(&[("host", host)])).is_ok(), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example:8090", "10.0.0.1", ""] {
            assert!(local.check(&headers(&[("host", host)])).is_err(), "{host}");
        }
        let own = [("host", "localhost:1"), ("origin", "http://localhost:1")];
        assert!(local.check(&headers(&own)).is_ok());
        let other = [("host", "localhost:1"), ("origin", "http://evil.example")];
        assert_eq!(local.check(&headers(&other)).unwrap_err().status, StatusCode::FORBIDDEN);
    }

    #[test]
    fn roles_follow_what_is_asked() {
        assert_eq!(needed(&Method::GET, "/api/sessions"), Role::Viewer);
        assert_eq!(needed(&Method::POST, "/api/sessions"), Role::Operator);
        assert_eq!(needed(&Method::POST, "/api/sessions/1/what-if"), Role::Viewer);
        assert_eq!(needed(&Method::GET, "/api/audit"), Role::Admin);
        assert!(Role::Viewer < Role::Operator && Role::Operator < Role::Admin);
    }
}
