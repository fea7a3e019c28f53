//! Connections: how many, how long a client may take, with TLS or without.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tower::Service;

use crate::ServerError;
use crate::api::From;

/// Longest time for the head of a request, and for a handshake: who drips bytes is let go.
const HEAD_WAIT: Duration = Duration::from_secs(10);
/// Most headers of a request.
const HEADERS_MOST: usize = 64;
/// Bytes of a head at most.
const HEAD_MOST: usize = 32 << 10;
/// Time that requests under way get when the server ends.
const GRACE: Duration = Duration::from_secs(5);

/// Longest time in which a client takes nothing of what it is sent.
const WRITE_WAIT: Duration = Duration::from_secs(30);

/// A connection, held by whatever still speaks over it: a stream of news keeps its place after the request that began it.
#[derive(Clone)]
pub struct Connection {
    stop: watch::Receiver<bool>,
    _place: Arc<OwnedSemaphorePermit>,
}

impl Connection {
    /// Wait until the server stops.
    pub async fn ends(&self) {
        let mut stop = self.stop.clone();
        // Whoever would say so has gone: it stops.
        let _ = stop.wait_for(|stop| *stop).await;
    }
}

/// Read a certificate and its key, both as PEM.
///
/// # Errors
/// [`ServerError::File`].
pub fn acceptor(certificate: &str, key: &str) -> Result<TlsAcceptor, ServerError> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let file = |what, path: &str, reason: String| ServerError::File {
        what,
        path: path.to_owned(),
        reason,
    };
    let wrong = |error: String| file("the certificate", certificate, error);
    let chain = CertificateDer::pem_file_iter(certificate)
        .map_err(|error| wrong(error.to_string()))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrong(error.to_string()))?;
    let secret = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| file("the key", key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|error| wrong(error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Let clients in until `stop` says otherwise, then give those inside a moment.
pub async fn open(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsAcceptor>,
    most: usize,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(most));
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Ok(place) = place else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(_) => {
                // Out of file descriptors, mostly: a moment later some are free.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Small messages are not held back for larger ones.
        let _ = stream.set_nodelay(true);
        let (router, tls, stop) = (router.clone(), tls.clone(), stop.clone());
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_WAIT));
        let stream = Box::pin(stream);
        let connection = Connection { stop, _place: Arc::new(place) };
        tokio::spawn(async move {
            match tls {
                None => serve(stream, address, router, connection).await,
                Some(tls) => {
                    if let Some(stream) = handshake(&tls, stream).await {
                        serve(stream, address, router, connection).await;
                    }
                }
            }
        });
    }
    // Every place is free when everybody has gone.
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(GRACE, places.acquire_many(all)).await;
}

async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    tls: &TlsAcceptor,
    stream: S,
) -> Option<tokio_rustls::server::TlsStream<S>> {
    tokio::time::timeout(HEAD_WAIT, tls.accept(stream)).await.ok()?.ok()
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    address: SocketAddr,
    router: Router,
    connection: Connection,
) {
    let from: IpAddr = address.ip();
    let held = connection.clone();
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(From(from));
        request.extensions_mut().insert(held.clone());
        router.clone().call(request)
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT)
        .max_headers(HEADERS_MOST)
        .max_buf_size(HEAD_MOST)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(served);
    // What a client does to its connection is its own affair.
    tokio::select! {
        _ = served.as_mut() => {}
        () = connection.ends() => {
            served.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(GRACE, served).await;
        }
    }
}
