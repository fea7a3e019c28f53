//! Where transitions go: files, programs and addresses that fail first, and queues that are full.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::spawn;
use std::time::Duration;

use lunar_habitat_watch::alarm::{
    AlarmSink, Cause, CommandSink, Courier, CourierSettings, DeliveryError, LogSink, Notice,
    Priority, State, Transition, WebhookSink,
};

const LONG: Duration = Duration::from_secs(60);

fn transition(sequence: u64, priority: Priority) -> Transition {
    Transition {
        sequence,
        t_s: 60.0 * sequence as f64,
        alarm: "living.air.sensed_pp_co2_pa:caution_high".into(),
        from: State::Normal,
        to: State::Unacknowledged,
        priority,
        first_out: true,
        value: Some(410.0),
        cause: Cause::Sample,
        text: "CO2; \"quoted\"".into(),
    }
}

fn quick() -> CourierSettings {
    CourierSettings { first_wait_s: 0.01, longest_wait_s: 0.02, ..CourierSettings::default() }
}

/// What a receiver got: head and body.
type Request = (Vec<String>, String);

/// Answer each request with the next code; hand over what came.
fn receiver(codes: Vec<u16>) -> (String, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/alarms", listener.local_addr().unwrap());
    let (got, requests) = channel();
    spawn(move || {
        for code in codes {
            let (stream, _) = listener.accept().unwrap();
            answer(stream, code, &got);
        }
    });
    (url, requests)
}

fn answer(mut stream: TcpStream, code: u16, got: &Sender<Request>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_lowercase());
    }
    let length = head.iter().find_map(|line| line.strip_prefix("content-length:"));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    got.send((head, String::from_utf8(body).unwrap())).unwrap();
    // Code 0: the connection breaks before an answer.
    if code > 0 {
        let text = format!("HTTP/1.1 {code} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(text.as_bytes()).unwrap();
    }
}

#[test]
fn a_webhook_is_called_until_it_answers_and_tells_repetitions_apart() {
    let (url, requests) = receiver(vec![503, 0, 429, 204, 200]);
    let sink = WebhookSink::new(&url, Some("secret"), LONG).unwrap();
    let courier = Courier::start(sink, "run 7", quick(), 0).unwrap();
    courier.send(&transition(1, Priority::Medium));
    courier.send(&transition(1, Priority::Medium));
    courier.send(&transition(2, Priority::Medium));
    let done = courier.close(LONG);
    assert_eq!((done.delivered, done.failed_tries, done.repeated), (2, 3, 1), "{done:?}");
    let requests: Vec<Request> = requests.try_iter().collect();
    assert_eq!(requests.len(), 5);
    for (number, (head, body)) in requests.iter().enumerate() {
        assert_eq!(head[0], "post /alarms http/1.1");
        assert!(head.contains(&"authorization: bearer secret".to_owned()), "{head:?}");
        let notice: Notice = serde_json::from_str(body).unwrap();
        let expected = if number < 4 { 1 } else { 2 };
        assert_eq!(notice.transition, transition(expected, Priority::Medium));
        assert_eq!(notice.source, "run 7");
        let key = format!("idempotency-key: {}", notice.key());
        assert!(head.contains(&key), "{head:?}");
    }
}

#[test]
fn what_a_webhook_refuses_is_not_tried_again() {
    let (url, requests) = receiver(vec![400, 307, 200]);
    let sink = WebhookSink::new(&url, None, LONG).unwrap();
    let courier = Courier::start(sink, "run 7", quick(), 0).unwrap();
    for sequence in 1..=3 {
        courier.send(&transition(sequence, Priority::Low));
    }
    let done = courier.close(LONG);
    assert_eq!((done.delivered, done.given_up, done.failed_tries), (1, 2, 2), "{done:?}");
    assert_eq!(requests.try_iter().count(), 3);
}

#[test]
fn addresses_that_are_none_are_refused() {
    for url in ["", "localhost", "ftp://a.b/c", "file:///etc/passwd", "http://"] {
        assert!(WebhookSink::new(url, None, LONG).is_err(), "{url}");
    }
    assert!(WebhookSink::new("https://alarms.example/x", None, LONG).is_ok());
}

#[test]
fn nobody_there_is_given_up_after_the_tries() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let sink = WebhookSink::new(&format!("http://{free}/"), None, LONG).unwrap();
    let courier = Courier::start(sink, "run", CourierSettings { tries: 3, ..quick() }, 0).unwrap();
    courier.send(&transition(1, Priority::High));
    let done = courier.close(LONG);
    assert_eq!((done.delivered, done.failed_tries, done.given_up), (0, 3, 1), "{done:?}");
    assert!(done.last_error.is_some());
}

#[test]
fn a_program_gets_the_notice_and_its_exit_code_counts() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("got");
    // It fails the first time.
    let script = format!(
        "test -e {0}.tried || {{ touch {0}.tried; exit 3; }}; cat > {0}; echo $ALARM_KEY >> {0}",
        file.display()
    );
    let sink = CommandSink::new("sh", &["-c", &script], LONG);
    let courier = Courier::start(sink, "run 7", quick(), 0).unwrap();
    courier.send(&transition(1, Priority::Medium));
    let done = courier.close(LONG);
    assert_eq!((done.delivered, done.failed_tries), (1, 1), "{done:?}");
    assert!(done.last_error.unwrap().contains("exit status: 3"));
    let text = std::fs::read_to_string(&file).unwrap();
    let (line, key) = text.trim().split_once('\n').unwrap();
    let notice: Notice = serde_json::from_str(line).unwrap();
    assert_eq!((notice.transition.sequence, notice.key().as_str()), (1, key));
}

#[test]
fn a_program_that_hangs_or_is_not_there_has_failed() {
    let notice = Notice { source: "run".into(), transition: transition(1, Priority::Low) };
    let mut hangs = CommandSink::new("sleep", &["600"], Duration::from_millis(50));
    let words = hangs.deliver(&notice).unwrap_err().to_string();
    assert!(words.contains("still running"), "{words}");
    let mut none = CommandSink::new("/no/such/program", &[], LONG);
    assert!(matches!(none.deliver(&notice), Err(DeliveryError::Failed(_))));
}

#[test]
fn a_log_has_a_line_for_each() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("alarms.jsonl");
    let file = std::fs::File::create(&path).unwrap();
    let courier = Courier::start(LogSink::new(file), "run", quick(), 1).unwrap();
    for sequence in 1..=3 {
        courier.send(&transition(sequence, Priority::Low));
    }
    assert_eq!(courier.close(LONG).delivered, 2, "number 1 was there before");
    let text = std::fs::read_to_string(&path).unwrap();
    let numbers: Vec<u64> = text
        .lines()
        .map(|line| serde_json::from_str::<Notice>(line).unwrap().transition.sequence)
        .collect();
    assert_eq!(numbers, [2, 3]);
}

/// Waits at each notice for a word.
struct Slow {
    go: Receiver<()>,
    got: Arc<Mutex<Vec<u64>>>,
}

impl AlarmSink for Slow {
    fn deliver(&mut self, notice: &Notice) -> Result<(), DeliveryError> {
        let _ = self.go.recv();
        self.got.lock().unwrap().push(notice.transition.sequence);
        Ok(())
    }
}

#[test]
fn a_receiver_that_stands_still_stops_nobody_and_the_urgent_ones_stay() {
    let (go, waits) = channel();
    let got = Arc::new(Mutex::new(Vec::new()));
    let sink = Slow { go: waits, got: Arc::clone(&got) };
    let courier = Courier::start(sink, "run", CourierSettings { room: 3, ..quick() }, 0).unwrap();
    // All of this returns though nothing is delivered.
    for sequence in 1..=100 {
        let priority = if sequence % 40 == 0 { Priority::Critical } else { Priority::Low };
        courier.send(&transition(sequence, priority));
    }
    assert!(courier.deliveries().dropped >= 96);
    for _ in 0..100 {
        go.send(()).unwrap();
    }
    let done = courier.close(LONG);
    let got = got.lock().unwrap();
    assert_eq!(done.delivered + done.dropped, 100, "{done:?}");
    assert!(got.contains(&40) && got.contains(&80), "{got:?}");
    assert!(got.is_sorted(), "{got:?}");
}

#[test]
fn settings_that_deliver_nothing_are_refused() {
    for settings in [
        CourierSettings { room: 0, ..quick() },
        CourierSettings { tries: 0, ..quick() },
        CourierSettings { first_wait_s: f64::NAN, ..quick() },
        CourierSettings { longest_wait_s: -1.0, ..quick() },
    ] {
        assert!(Courier::start(LogSink::new(Vec::new()), "run", settings, 0).is_err());
    }
}
