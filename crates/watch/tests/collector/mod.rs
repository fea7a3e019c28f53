//! A collector of OpenTelemetry for tests: it listens on this machine, answers as it is told, and keeps what it was sent, read
//! by the format's own messages.
#![allow(dead_code)] // Each test file uses a part.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

/// What was sent.
#[derive(Default)]
pub struct Kept {
    /// Spans with what is said of their program.
    pub spans: Vec<(Span, BTreeMap<String, String>)>,
    /// The last value of each metric with each set of labels, and whether it only grows.
    pub metrics: BTreeMap<(String, BTreeMap<String, String>), (f64, bool)>,
    /// Requests in which metrics came.
    pub collections: u64,
    /// Header `authorization` of each request.
    pub tokens: Vec<Option<String>>,
}

impl Kept {
    /// Spans of that name.
    pub fn named(&self, name: &str) -> Vec<&Span> {
        self.spans.iter().map(|(span, _)| span).filter(|span| span.name == name).collect()
    }
}

pub struct Collector {
    pub address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    status: Arc<AtomicU16>,
}

impl Collector {
    /// One that takes everything, on a free port.
    pub fn start() -> Collector {
        Collector::at("127.0.0.1:0".parse().unwrap())
    }

    pub fn at(address: SocketAddr) -> Collector {
        let listener = TcpListener::bind(address).unwrap();
        let collector = Collector {
            address: listener.local_addr().unwrap(),
            kept: Arc::default(),
            status: Arc::new(AtomicU16::new(200)),
        };
        let (kept, status) = (Arc::clone(&collector.kept), Arc::clone(&collector.status));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, status) = (Arc::clone(&kept), Arc::clone(&status));
                // Who calls may go at any time.
                std::thread::spawn(move || while serve(&stream, &kept, &status).is_some() {});
            }
        });
        collector
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answer with this status from now on; nothing is kept of what is answered with another one than 200.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// Look at what was sent.
    pub fn look<T>(&self, look: impl FnOnce(&Kept) -> T) -> T {
        look(&self.kept.lock().unwrap())
    }

    /// Wait until what was sent is as wanted.
    pub fn wait(&self, what: &str, wanted: impl Fn(&Kept) -> bool) {
        let begun = Instant::now();
        while !self.look(&wanted) {
            assert!(begun.elapsed() < Duration::from_secs(60), "never came: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn serve(mut stream: &TcpStream, kept: &Mutex<Kept>, status: &AtomicU16) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut length, mut kind, mut token) = (0, String::new(), None);
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "content-type" => kind = value.to_owned(),
            "authorization" => token = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let code = status.load(Ordering::SeqCst);
    if code == 200 {
        assert_eq!(kind, "application/x-protobuf");
        let mut kept = kept.lock().unwrap();
        kept.tokens.push(token);
        match path.as_str() {
            "/v1/traces" => spans(&mut kept, &body),
            "/v1/metrics" => metrics(&mut kept, &body),
            other => panic!("{other}"),
        }
    }
    write!(stream, "HTTP/1.1 {code} said\r\ncontent-length: 0\r\n\r\n").ok()
}

/// Attributes as text.
pub fn told(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |one: &KeyValue| match one.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(whole)) => whole.to_string(),
        Some(Value::BoolValue(is)) => is.to_string(),
        Some(Value::DoubleValue(value)) => value.to_string(),
        other => format!("{other:?}"),
    };
    attributes.iter().map(|one| (one.key.clone(), text(one))).collect()
}

fn spans(kept: &mut Kept, body: &[u8]) {
    for group in ExportTraceServiceRequest::decode(body).unwrap().resource_spans {
        let program = told(&group.resource.unwrap().attributes);
        for scope in group.scope_spans {
            kept.spans.extend(scope.spans.into_iter().map(|span| (span, program.clone())));
        }
    }
}

fn metrics(kept: &mut Kept, body: &[u8]) {
    kept.collections += 1;
    let groups = ExportMetricsServiceRequest::decode(body).unwrap().resource_metrics;
    for metric in groups.into_iter().flat_map(|group| group.scope_metrics) {
        for metric in metric.metrics {
            let number = |value: &Option<number_data_point::Value>| match value {
                Some(number_data_point::Value::AsDouble(value)) => *value,
                Some(number_data_point::Value::AsInt(value)) => *value as f64,
                None => f64::NAN,
            };
            let (points, grows): (Vec<_>, bool) = match metric.data.unwrap() {
                Data::Gauge(of) => (of.data_points, false),
                Data::Sum(of) => {
                    assert_eq!(of.aggregation_temporality, 2, "{}: cumulative", metric.name);
                    (of.data_points, of.is_monotonic)
                }
                Data::Histogram(of) => {
                    for point in of.data_points {
                        let key = (metric.name.clone(), told(&point.attributes));
                        kept.metrics.insert(key, (point.count as f64, true));
                    }
                    continue;
                }
                other => panic!("{}: {other:?}", metric.name),
            };
            for point in points {
                let key = (metric.name.clone(), told(&point.attributes));
                kept.metrics.insert(key, (number(&point.value), grows));
            }
        }
    }
}
