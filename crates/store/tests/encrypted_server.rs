//! A connection to PostgreSQL went over the network in the clear, whatever its URL said: the driver was given nothing to encrypt
//! with, and `sslmode=prefer` was taken without a word. What a URL asks for is what it gets, or a refusal.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod cluster;

use std::net::TcpListener;
use std::path::Path;

use cluster::Cluster;
use lunar_habitat_store::{Database, DatabaseSettings, Location, NewRun};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// An authority, as PEM, and a certificate and key of `localhost` from it.
fn certificates() -> (String, String, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    (authority.pem(), certificate.pem(), key.serialize_pem())
}

/// A port that is free.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn open(url: &str) -> Result<Database, String> {
    let location: Location = url.parse().unwrap();
    Database::open(&location, &DatabaseSettings::default()).map_err(|error| error.to_string())
}

/// What the server knows of connections of this program: whether each is encrypted.
fn seen(socket: &str) -> Vec<bool> {
    let mut client = postgres::Client::connect(socket, postgres::NoTls).unwrap();
    let sql = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'lunar-habitat'";
    client.query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

#[test]
fn a_url_that_asks_for_it_is_encrypted_from_end_to_end_or_refused() {
    let (authority, certificate, key) = certificates();
    let port = port();
    let settings = "ssl = on\nssl_cert_file = 'own.crt'\nssl_key_file = 'own.key'";
    let files = [("own.crt", certificate.as_str()), ("own.key", key.as_str())];
    let Some(cluster) = Cluster::listening(port, settings, &files) else { return };
    let socket = cluster.database("runs");
    let trusted = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(trusted.path(), &authority).unwrap();
    let url = |host: &str, file: &Path| {
        format!(
            "postgres://habitat@{host}:{port}/runs?sslmode=verify-full&sslrootcert={}",
            file.display()
        )
    };

    let database = open(&url("localhost", trusted.path())).unwrap();
    let text = |text: &str| text.to_owned();
    let run = NewRun {
        name: text("flight"),
        kind: text("simulate"),
        code: text("1"),
        config: text("{}"),
        seeds: text("1"),
    };
    let id = database.begin_run(&run).unwrap();
    assert_eq!(database.run("flight").unwrap().id, id);
    let connections = seen(&socket);
    assert!(!connections.is_empty() && connections.iter().all(|is| *is), "{connections:?}");
    drop(database);

    // Nothing asked for, nothing encrypted.
    let plain = open(&format!("postgres://habitat@localhost:{port}/runs")).unwrap();
    assert!(seen(&socket).contains(&false));
    drop(plain);

    // Of another name, of an authority that nobody trusts, of none at all.
    let other = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(other.path(), certificates().0).unwrap();
    let empty = tempfile::NamedTempFile::new().unwrap();
    for (url, part) in [
        (url("127.0.0.1", trusted.path()), "certificate"),
        (url("localhost", other.path()), "certificate"),
        (format!("postgres://habitat@localhost:{port}/runs?sslmode=require"), "certificate"),
        (url("localhost", empty.path()), "no certificate in it"),
        (url("localhost", Path::new("/nowhere/ca.pem")), "/nowhere/ca.pem"),
        (format!("postgres://habitat@localhost:{port}/runs?sslmode=prefer"), "allowed are"),
    ] {
        let error = open(&url).err().unwrap();
        assert!(error.contains(part), "{url}: {error}");
        // To wait for it would not help.
        assert!(error.starts_with("cannot open"), "{url}: {error}");
    }
    drop(cluster);
}

#[test]
fn a_server_that_does_not_encrypt_is_told_nothing() {
    let port = port();
    let Some(cluster) = Cluster::listening(port, "", &[]) else { return };
    cluster.database("runs");
    let trusted = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(trusted.path(), certificates().0).unwrap();
    let file = trusted.path().display();
    let error = open(&format!(
        "postgres://habitat@localhost:{port}/runs?sslmode=require&sslrootcert={file}"
    ));
    let error = error.err().unwrap();
    assert!(error.starts_with("cannot open") && error.contains("does not support TLS"), "{error}");
    drop(cluster);
}
