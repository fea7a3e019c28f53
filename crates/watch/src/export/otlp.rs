//! Spans and metrics to a collector of OpenTelemetry, as OTLP over HTTP.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider};
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor,
};

use super::client::Client;
use super::{Kind, Metric, Reading};
use crate::profile::{Ended, SpanSink};
use crate::{WatchError, calling};

/// Longest wait for an answer of the collector.
const ANSWER: Duration = Duration::from_secs(10);
/// Longest wait for the last spans and metrics to go.
const LAST: Duration = Duration::from_secs(5);
/// Spans that may wait: a server with a thousand sessions ends as many in a second, and they go every five.
const WAITING: usize = 16_384;
/// Readings of this age serve all metrics of one collection.
const FRESH: Duration = Duration::from_millis(500);

/// How often spans and metrics go; what is none is as the variables of OpenTelemetry say, and else 5 s and 60 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timing {
    /// Time between two batches of spans.
    pub spans: Option<Duration>,
    /// Time between two readings of metrics.
    pub metrics: Option<Duration>,
}

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// Spans that the collector has taken.
    pub spans: u64,
    /// Spans that it has not: too many waited, or it was away.
    pub lost: u64,
    /// Calls that failed.
    pub failures: u64,
}

/// Spans and metrics on their way to a collector.
///
/// Nobody who ends a span waits: spans queue up (16 384; further ones are lost and counted), and threads of this exporter send
/// them. Attributes of the program itself are those of `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME`; further headers, such
/// as a token, those of `OTEL_EXPORTER_OTLP_HEADERS`.
///
/// # Examples
/// ```
/// use lunar_habitat_watch::export::{Otlp, Timing};
/// use lunar_habitat_watch::profile::{Profiler, ProfilerOptions};
///
/// let otlp = Otlp::start("http://127.0.0.1:4318", "simulate", Timing::default())?;
/// let _profiler = Profiler::telling(ProfilerOptions::default(), otlp.sink());
/// let told = otlp.end();
/// assert_eq!((told.spans, told.lost), (0, 0));
/// # Ok::<(), lunar_habitat_watch::WatchError>(())
/// ```
pub struct Otlp {
    spans: Arc<Spans>,
    metrics: SdkMeterProvider,
    meter: Meter,
    client: Arc<Client>,
}

impl fmt::Debug for Otlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Otlp").field("told", &self.told()).finish_non_exhaustive()
    }
}

impl Otlp {
    /// Send to the collector at `address` (`http://` or `https://`, without `/v1/traces`), as what runs `verb`.
    ///
    /// # Errors
    /// [`WatchError::Range`] for an address that is none; [`WatchError::Export`] where a variable of OpenTelemetry is wrong.
    pub fn start(address: &str, verb: &str, timing: Timing) -> Result<Otlp, WatchError> {
        let (place, quantity) = ("telemetry", "address of the collector");
        if calling::address(place, quantity, address)?.query().is_some() {
            return Err(WatchError::Range {
                place: place.into(),
                quantity,
                found: address.into(),
                allowed: "one without anything behind a question mark".into(),
            });
        }
        let base = address.trim_end_matches('/');
        let wrong =
            |error: opentelemetry_otlp::ExporterBuildError| WatchError::Export(error.to_string());
        let client = Arc::new(Client::new(ANSWER));
        let resource = resource(verb);
        let scope = InstrumentationScope::builder("lunar-habitat")
            .with_version(env!("CARGO_PKG_VERSION"))
            .build();
        let sender = SpanExporter::builder()
            .with_http()
            .with_shared_http_client(client.clone())
            .with_endpoint(format!("{base}/v1/traces"))
            .with_timeout(ANSWER)
            .build()
            .map_err(wrong)?;
        let taken = Arc::new(AtomicU64::new(0));
        let mut batches = BatchConfigBuilder::default().with_max_queue_size(WAITING);
        if let Some(every) = timing.spans {
            batches = batches.with_scheduled_delay(every);
        }
        let mut processor = BatchSpanProcessor::builder(Counting { sender, taken: taken.clone() })
            .with_batch_config(batches.build())
            .build();
        processor.set_resource(&resource);
        let given = AtomicU64::new(0);
        let spans = Arc::new(Spans { processor, scope: scope.clone(), given, taken });
        let sender = MetricExporter::builder()
            .with_http()
            .with_shared_http_client(client.clone())
            .with_endpoint(format!("{base}/v1/metrics"))
            .with_timeout(ANSWER)
            .build()
            .map_err(wrong)?;
        let mut reader = opentelemetry_sdk::metrics::PeriodicReader::builder(sender);
        if let Some(every) = timing.metrics {
            reader = reader.with_interval(every);
        }
        let metrics =
            SdkMeterProvider::builder().with_resource(resource).with_reader(reader.build()).build();
        let meter = metrics.meter_with_scope(scope);
        Ok(Otlp { spans, metrics, meter, client })
    }

    /// Where spans go in.
    #[must_use]
    pub fn sink(&self) -> Arc<dyn SpanSink> {
        Arc::clone(&self.spans) as Arc<dyn SpanSink>
    }

    /// Send `metrics` too; `read` is called when it is time, once for all of them, on a thread of this exporter.
    pub fn observe(
        &self,
        metrics: &[Metric],
        read: impl Fn() -> Vec<Reading> + Send + Sync + 'static,
    ) {
        let last: Mutex<Option<(Instant, Arc<Vec<Reading>>)>> = Mutex::new(None);
        let readings = Arc::new(move || {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            match &*last {
                Some((at, readings)) if at.elapsed() < FRESH => Arc::clone(readings),
                _ => {
                    let readings = Arc::new(read());
                    *last = Some((Instant::now(), Arc::clone(&readings)));
                    readings
                }
            }
        });
        for metric in metrics {
            let readings = Arc::clone(&readings);
            let name = metric.name;
            let own = move |tell: &mut dyn FnMut(f64, &[KeyValue])| {
                for reading in readings().iter().filter(|reading| reading.name == name) {
                    let label =
                        |(key, value): &(&'static str, String)| KeyValue::new(*key, value.clone());
                    let labels: Vec<KeyValue> = reading.labels.iter().map(label).collect();
                    tell(reading.value, &labels);
                }
            };
            // An instrument lives as long as its meter.
            match metric.kind {
                Kind::Gauge => drop(
                    self.meter
                        .f64_observable_gauge(name)
                        .with_description(metric.what)
                        .with_callback(move |into| {
                            own(&mut |value, labels| into.observe(value, labels));
                        })
                        .build(),
                ),
                Kind::Counter => drop(
                    self.meter
                        .u64_observable_counter(name)
                        .with_description(metric.what)
                        .with_callback(move |into| {
                            own(&mut |value, labels| into.observe(value as u64, labels));
                        })
                        .build(),
                ),
            }
        }
    }

    /// A counter, for whoever counts.
    #[must_use]
    pub fn counter(&self, name: &'static str, what: &'static str) -> Counter<u64> {
        self.meter.u64_counter(name).with_description(what).build()
    }

    /// A histogram with these bounds, to be filled by whoever measures.
    #[must_use]
    pub fn histogram(
        &self,
        name: &'static str,
        what: &'static str,
        bounds: &[f64],
    ) -> Histogram<f64> {
        self.meter
            .f64_histogram(name)
            .with_description(what)
            .with_boundaries(bounds.to_vec())
            .build()
    }

    /// What was sent until now; spans that wait count as lost.
    #[must_use]
    pub fn told(&self) -> Told {
        let taken = self.spans.taken.load(Ordering::Relaxed);
        let lost = self.spans.given.load(Ordering::Relaxed).saturating_sub(taken);
        Told { spans: taken, lost, failures: self.client.failures() }
    }

    /// Read the metrics now and send them, as before what they are read from goes.
    pub fn flush(&self) {
        // A collector that is away is told of by the client.
        let _ = self.metrics.force_flush();
    }

    /// Send what waits, for five seconds at most each, and stop.
    pub fn end(&self) -> Told {
        // What is not taken by then is lost, and counted.
        let _ = self.spans.processor.shutdown_with_timeout(LAST);
        let _ = self.metrics.shutdown_with_timeout(LAST);
        self.told()
    }
}

/// What is said of the program: what the variables of OpenTelemetry say goes first.
fn resource(verb: &str) -> Resource {
    let told = Resource::builder().build();
    // A program that is not named is called so with its path behind it.
    let is_told = |key: &str| {
        let value = told.get(&key.to_owned().into());
        value.is_some_and(|value| !value.as_str().starts_with("unknown_service"))
    };
    let ours = [
        KeyValue::new("service.name", "lunar-habitat"),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("process.pid", i64::from(std::process::id())),
        KeyValue::new("process.command", verb.to_owned()),
    ];
    let ours = ours.into_iter().filter(|one| !is_told(one.key.as_str()));
    Resource::builder().with_attributes(ours).build()
}

/// Spans into a queue.
struct Spans {
    processor: BatchSpanProcessor,
    scope: InstrumentationScope,
    given: AtomicU64,
    taken: Arc<AtomicU64>,
}

impl SpanSink for Spans {
    fn take(&self, span: Ended) {
        self.given.fetch_add(1, Ordering::Relaxed);
        let mut kind = SpanKind::Internal;
        let mut status = Status::Unset;
        let mut attributes = vec![
            KeyValue::new("thread.name", span.thread),
            KeyValue::new("processor_us", span.processor.as_micros() as i64),
        ];
        for (key, value) in span.fields {
            match (key, &value) {
                ("otel.kind", serde_json::Value::String(told)) if told == "server" => {
                    kind = SpanKind::Server;
                }
                ("error", serde_json::Value::String(what)) => status = Status::error(what.clone()),
                _ => attributes.push(KeyValue::new(key, plain(value))),
            }
        }
        self.processor.on_end(SpanData {
            span_context: SpanContext::new(
                TraceId::from_bytes(span.trace.to_be_bytes()),
                SpanId::from_bytes(span.id.to_be_bytes()),
                TraceFlags::SAMPLED,
                false,
                TraceState::default(),
            ),
            parent_span_id: SpanId::from_bytes(span.parent.to_be_bytes()),
            parent_span_is_remote: span.is_parent_remote,
            span_kind: kind,
            name: span.name.into(),
            start_time: span.begun,
            end_time: span.begun + span.length,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status,
            instrumentation_scope: self.scope.clone(),
        });
    }
}

fn plain(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Bool(value) => value.into(),
        serde_json::Value::String(value) => value.into(),
        serde_json::Value::Number(value) => match value.as_i64() {
            Some(whole) => whole.into(),
            None => value.as_f64().unwrap_or(f64::NAN).into(),
        },
        other => other.to_string().into(),
    }
}

/// A sender of spans that counts those that were taken.
#[derive(Debug)]
struct Counting {
    sender: SpanExporter,
    taken: Arc<AtomicU64>,
}

impl opentelemetry_sdk::trace::SpanExporter for Counting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len() as u64;
        self.sender.export(batch).await?;
        self.taken.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }

    fn shutdown_with_timeout(&self, limit: Duration) -> OTelSdkResult {
        self.sender.shutdown_with_timeout(limit)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.sender.set_resource(resource);
    }
}
