//! Whether what goes to PostgreSQL and comes from it is encrypted, and how the server proves who it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use postgres::config::SslMode;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What a URL asks for, in the words of PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Encryption {
    /// Nothing is encrypted: `sslmode=disable`, or nothing said.
    None,
    /// Everything is, with a server whose certificate is of a trusted authority and of the name that was asked for:
    /// `sslmode=require` and `verify-full`. There is no way to trust any certificate at all.
    Full {
        /// The trusted authorities, as PEM; without it those that the system trusts. `sslrootcert=FILE`, `sslrootcert=system`.
        authorities: Option<PathBuf>,
    },
}

impl Encryption {
    /// What a URL asks for, and the URL without that.
    ///
    /// # Errors
    /// A sentence that says what is allowed.
    pub(super) fn of(url: &str) -> Result<(Encryption, String), String> {
        let Some((base, query)) = url.split_once('?') else {
            return Ok((Encryption::None, url.to_owned()));
        };
        let (mut mode, mut authorities, mut others) = (None, None, Vec::new());
        for pair in query.split('&') {
            let decoded = |value: &str| {
                let text = percent_decode_str(value).decode_utf8();
                text.map(String::from).map_err(|_| format!("`{pair}` is no UTF-8"))
            };
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(decoded(value)?),
                Some(("sslrootcert", value)) => authorities = Some(decoded(value)?),
                _ => others.push(pair),
            }
        }
        let encryption = match (mode.as_deref(), authorities) {
            (None | Some("disable"), None) => Encryption::None,
            (Some("require" | "verify-full"), authorities) => {
                let authorities = authorities.filter(|file| file != "system").map(PathBuf::from);
                Encryption::Full { authorities }
            }
            (None | Some("disable"), Some(_)) => {
                return Err("sslrootcert is given without sslmode=verify-full".to_owned());
            }
            (Some(other), _) => {
                return Err(format!(
                    "sslmode is `{other}`; allowed are disable, and require or verify-full, which both check the certificate"
                ));
            }
        };
        let rest = match others.is_empty() {
            true => base.to_owned(),
            false => format!("{base}?{}", others.join("&")),
        };
        Ok((encryption, rest))
    }

    /// What the driver is told.
    pub(super) fn mode(&self) -> SslMode {
        match self {
            Encryption::None => SslMode::Disable,
            Encryption::Full { .. } => SslMode::Require,
        }
    }
}

/// What makes encrypted connections.
///
/// # Errors
/// A sentence that says which file or store gives no authorities, and why.
pub(super) fn connector(authorities: Option<&Path>) -> Result<MakeRustlsConnect, String> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Some(file) => {
            let wrong = |error: &dyn std::fmt::Display| {
                format!("sslrootcert `{}`: {error}", file.display())
            };
            for found in CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))? {
                let found = found.map_err(|error| wrong(&error))?;
                roots.add(found).map_err(|error| wrong(&error))?;
            }
            if roots.is_empty() {
                return Err(wrong(&"there is no certificate in it"));
            }
        }
        None => {
            // One that is broken among a hundred is no reason to trust none.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                let where_to = "name a file with sslrootcert";
                return Err(format!("the system trusts no authority of certificates; {where_to}"));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_asks_for_is_taken_out_of_it() {
        let full = |file: Option<&str>| Encryption::Full { authorities: file.map(PathBuf::from) };
        for (url, wanted, rest) in [
            ("postgres://h/d", Encryption::None, "postgres://h/d"),
            ("postgres://h/d?sslmode=disable", Encryption::None, "postgres://h/d"),
            ("postgres://h/d?sslmode=require", full(None), "postgres://h/d"),
            (
                "postgres://h/d?keepalives=1&sslmode=verify-full&sslrootcert=%2Fca%20s.pem",
                full(Some("/ca s.pem")),
                "postgres://h/d?keepalives=1",
            ),
            ("postgres://h/d?sslrootcert=system&sslmode=verify-full", full(None), "postgres://h/d"),
        ] {
            assert_eq!(Encryption::of(url), Ok((wanted, rest.to_owned())), "{url}");
        }
    }

    #[test]
    fn what_would_be_less_than_it_seems_is_refused() {
        for (url, part) in [
            ("postgres://h/d?sslmode=prefer", "sslmode is `prefer`"),
            ("postgres://h/d?sslmode=verify-ca", "sslmode is `verify-ca`"),
            ("postgres://h/d?sslrootcert=ca.pem", "without sslmode"),
            ("postgres://h/d?sslmode=%FF", "no UTF-8"),
        ] {
            let error = Encryption::of(url).unwrap_err();
            assert!(error.contains(part), "{url}: {error}");
        }
    }
}
