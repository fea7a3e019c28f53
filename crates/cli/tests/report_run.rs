//! Pages about recorded runs as a user meets them: every kind, two side by side, speeds against history.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

mod program;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use store::{Database, DatabaseSettings, NewRun, RunStatus};

use self::program::{run_in, stderr, stdout};

fn line(dir: &Path, words: &str) -> std::process::Output {
    run_in(dir, &words.split_whitespace().collect::<Vec<_>>())
}

fn printed(dir: &Path, words: &str) -> String {
    let output = line(dir, words);
    assert_eq!(output.status.code(), Some(0), "{words}: {}", stderr(&output));
    stdout(&output)
}

/// Names of the runs of a kind, the latest first.
fn names(dir: &Path, kind: &str) -> Vec<String> {
    let runs = printed(dir, &format!("data runs --kind {kind} --store runs.db --json"));
    let runs: Value = serde_json::from_str(&runs).unwrap();
    let name = |run: &Value| run["name"].as_str().unwrap().to_owned();
    runs.as_array().unwrap().iter().map(name).collect()
}

/// What a report says, and its page.
fn report(dir: &Path, run: &str, more: &str) -> (Value, String) {
    let words = format!("report {run} --store runs.db --out page.html --json {more}");
    let told: Value = serde_json::from_str(&printed(dir, &words)).unwrap();
    assert_eq!((&told["page"], &told["run"]), (&json!("page.html"), &json!(run)));
    let page = fs::read_to_string(dir.join("page.html")).unwrap();
    // Nothing from outside, and whole.
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    for outside in ["http://", "https://", "src=", "@import", "url(", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let (shown, _) = page.split_once("<script>").unwrap();
    assert!(!shown.contains("NaN") && !shown.contains(">inf<"), "numbers");
    for title in ["What ran", "What to do", "How fast", "Where time and memory went", "Settings"] {
        section(&page, title);
    }
    (told, page)
}

/// A section of the page, from its heading to its end.
fn section<'a>(page: &'a str, title: &str) -> &'a str {
    let from = page.find(&format!("<h2>{title}</h2>")).unwrap_or_else(|| panic!("no {title}"));
    let rest = &page[from..];
    &rest[..rest.find("</section>").unwrap()]
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn open(dir: &Path) -> Database {
    let place = dir.join("runs.db");
    Database::open(&place.as_path().into(), &DatabaseSettings::default()).unwrap()
}

#[test]
fn a_mission_that_goes_wrong_says_what_and_what_to_do_first() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    printed(
        dir,
        "simulate --scenario artemis-30d --difficulty hard --fault-rate 20 --seed 3 --out s --store runs.db --profile prof",
    );
    let name = names(dir, "simulate").remove(0);
    // Without --json standard output is the path and nothing else.
    let output = line(dir, &format!("report {name} --store runs.db"));
    assert_eq!(stdout(&output), format!("out/report-{name}.html\n"));
    assert!(dir.join(format!("out/report-{name}.html")).is_file() && stderr(&output).is_empty());

    let (told, page) = report(dir, &name, "--profile prof");
    assert_eq!((&told["kind"], &told["status"]), (&json!("simulate"), &json!("done")));
    let alarms = list(&told["alarms"]);
    assert!(alarms.len() > 10, "{alarms:?}");
    for alarm in alarms {
        assert!(
            !list(&alarm["suspects"]).is_empty() && alarm["count"].as_u64() > Some(0),
            "{alarm}"
        );
        assert!(alarm["lasted_s"].as_f64() >= Some(0.0), "{alarm}");
    }
    let rank = |task: &Value| {
        // A profile of a loaded machine may advise something, too, after all that the habitat asks for.
        let all = [
            "now",
            "within the hour",
            "within the day",
            "when there is time",
            "before the next release",
            "when speed matters",
        ];
        all.iter().position(|one| task["urgency"] == *one).unwrap()
    };
    let tasks: Vec<usize> = list(&told["tasks"]).iter().map(rank).collect();
    assert!(tasks.is_sorted() && tasks[0] == 0, "{tasks:?}");
    // The failures of this seed stand behind what they caused.
    let reasons: Vec<&str> =
        list(&told["tasks"]).iter().map(|task| task["reason"].as_str().unwrap()).collect();
    assert!(
        reasons.iter().any(|reason| reason.contains("before it:") && reason.contains("failed"))
    );
    let result: Value =
        serde_json::from_str(&fs::read_to_string(dir.join("s/result.json")).unwrap()).unwrap();
    assert_eq!(result["success"], false);
    assert!(page.contains("The mission is lost"), "verdict");
    let anomalous = section(&page, "What was anomalous");
    assert!(anomalous.contains("which is the one that was flown"), "limits");
    assert!(anomalous.contains("True values beyond their limits"));
    assert!(section(&page, "Atmosphere").contains("CO2 partial pressure"));
    assert!(section(&page, "Water").contains("Potable water") && page.contains("<h2>Power</h2>"));
    // Of the profile on the disk each stage is there; that of the run is kept with it and is found by itself.
    let went = section(&page, "Where time and memory went").to_owned();
    assert!(went.contains("<td>mission</td>") && went.contains("allocated, MB"), "{went}");
    let (_, page) = report(dir, &name, "");
    let went = section(&page, "Where time and memory went").to_owned();
    assert!(went.contains("<td>mission</td>") && went.contains("allocated, MB"), "{went}");
}

#[test]
fn alarms_of_a_recording_are_those_of_its_instruments() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    // Too many people for its CO2 removal, and exact instruments.
    printed(dir, "simulate --scenario cabin-30d --crew 6 --days 3 --out s --store runs.db");
    let name = names(dir, "simulate").remove(0);
    let (told, page) = report(dir, &name, "");
    let telemetry = store::read_parquet(&dir.join("s/telemetry.parquet")).unwrap();
    let plan: Value =
        serde_json::from_str(&printed(dir, "watch alarms --scenario cabin-30d --json")).unwrap();
    let mut checked = 0;
    for alarm in list(&told["alarms"]) {
        let (channel, bound) = alarm["id"].as_str().unwrap().rsplit_once(':').unwrap();
        assert!(!channel.contains("anomaly_stuck"), "an exact instrument is not stuck: {alarm}");
        let Some(column) = telemetry.column(channel) else { continue };
        // By hand: the limit is passed in the row in which it is raised, and for as long as it lasts.
        let first_s = alarm["first_s"].as_f64().unwrap();
        let at = telemetry.column("time_s").unwrap().iter().position(|t| *t == first_s).unwrap();
        let limit =
            list(&plan["alarms"]).iter().find(|one| one["id"] == alarm["id"]).unwrap()["limit"]
                .as_f64()
                .unwrap();
        let is_past = if bound.ends_with("low") { column[at] < limit } else { column[at] > limit };
        assert!(is_past, "{alarm}: {} against {limit}", column[at]);
        checked += 1;
    }
    assert!(checked > 2, "{told}");
    assert!(
        list(&told["alarms"]).iter().any(|one| one["id"].as_str().unwrap().contains("pp_co2_pa")),
        "{told}"
    );
    assert!(
        page.contains("which is the one that was flown"),
        "six people are known from the results"
    );
    // A limit of one's own is taken.
    fs::write(
        dir.join("alarms.toml"),
        "[[alarm]]\nchannel = \"living.air.sensed_rh\"\nbound = \"caution_high\"\nlimit = 0.3\n",
    )
    .unwrap();
    let (strict, _) = report(dir, &name, "--alarms alarms.toml");
    let is_rh =
        |one: &Value| one["id"] == "living.air.sensed_rh:caution_high" && one["is_open"] == true;
    assert!(list(&strict["alarms"]).iter().any(is_rh), "{strict}");
}

#[test]
fn two_missions_differ_where_they_differ() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    printed(dir, "simulate --scenario cabin-30d --days 6 --out a --store runs.db");
    printed(dir, "simulate --scenario cabin-30d --days 6 --out b --store runs.db");
    printed(dir, "simulate --scenario cabin-30d --days 4 --crew 6 --out c --store runs.db");
    let all = names(dir, "simulate");
    let (crowded, second, first) = (&all[0], &all[1], &all[2]);
    let (told, page) = report(dir, first, &format!("--against {second}"));
    let same = list(&told["against"]["differences"]);
    assert!(same.len() >= 10);
    for one in same {
        assert_eq!(
            (&one["difference"], &one["contains_zero"]),
            (&json!(0.0), &json!(true)),
            "{one}"
        );
    }
    assert!(section(&page, "Channel by channel").contains("the same"));
    assert!(page.contains("each may be chance"), "verdict");

    let (told, page) = report(dir, crowded, &format!("--against {first}"));
    let differences = list(&told["against"]["differences"]);
    let find = |what: &str| {
        differences
            .iter()
            .find(|one| one["what"] == what)
            .unwrap_or_else(|| panic!("{what}: {told}"))
    };
    let co2 = find("CO2 partial pressure, living");
    assert_eq!(co2["contains_zero"], false, "{co2}");
    assert!(co2["low"].as_f64().unwrap() > 0.0 && co2["unit"] == "mmHg", "{co2}");
    // By hand, over the times that both have.
    let read = |name: &str| store::read_parquet(&dir.join(name).join("telemetry.parquet")).unwrap();
    let (c, a) = (read("c"), read("a"));
    let (x, y) =
        (c.column("living.air.pp_co2_pa").unwrap(), a.column("living.air.pp_co2_pa").unwrap());
    let mean = x.iter().zip(y).map(|(x, y)| x - y).sum::<f64>() / x.len() as f64 / 133.322_387_415;
    assert!((co2["difference"].as_f64().unwrap() - mean).abs() < 1e-5 * mean.abs(), "{co2} {mean}");
    let side = section(&page, "Side by side");
    assert!(side.contains("scenario_hash") && side.contains("differs"), "{side}");
    assert!(section(&page, "Channel by channel").contains("Extremes at these times"));
}

#[test]
fn a_training_has_its_curves_and_is_compared_by_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let train = |seeds: &str, more: &str| {
        printed(
            dir,
            &format!(
                "train --scenario cabin-30d --days 2 --lanes 8 --segment 8 --minibatch 32 --hidden 8 --threads 2 --store runs.db {seeds} {more}"
            ),
        );
    };
    train("--seeds 5 --decisions 512 --out a", "");
    train("--seeds 5 --decisions 512 --out b", "--entropy 0.01");
    let all = names(dir, "train");
    assert_eq!(all.len(), 10);
    let (told, page) = report(dir, &all[9], &format!("--against {}", all[0]));
    assert_eq!(told["speed"]["unit"], "decisions/s");
    for (title, words) in [
        ("Episodes", "return"),
        ("Episodes", "decisions"),
        ("Costs", "co2"),
        ("Updates", "entropy"),
        ("Learning", "over 5 and 5 seeds"),
        ("Where time and memory went", "gradient"),
        ("What ran", "policy.safetensors"),
    ] {
        assert!(section(&page, title).contains(words), "{title}: {words}");
    }
    // Two seeds of one method are not the method beside itself.
    let (alike, page) = report(dir, &all[1], &format!("--against {}", all[0]));
    assert!(!section(&page, "Learning").contains("over 5 and 5 seeds"));
    // Of so few updates no interval is known.
    assert!(list(&alike["against"]["differences"]).iter().all(|one| one["low"].is_null()));

    let differences = list(&told["against"]["differences"]);
    let found = differences.iter().find(|one| one["what"] == "return").unwrap();
    // By hand: each seed's mean of the last quarter of its updates that ended an episode.
    let end = |out: &str| -> f64 {
        let one = |seed: u64| {
            let text =
                fs::read_to_string(dir.join(out).join(format!("seed-{seed}/curve.csv"))).unwrap();
            let mut lines = text.lines();
            let at =
                lines.next().unwrap().split(',').position(|name| name == "return_mean").unwrap();
            let known: Vec<f64> =
                lines.filter_map(|line| line.split(',').nth(at)?.parse().ok()).collect();
            let last = &known[known.len() - known.len().div_ceil(4)..];
            last.iter().sum::<f64>() / last.len() as f64
        };
        (0..5).map(one).sum::<f64>() / 5.0
    };
    for (key, out) in [("ours", "a"), ("theirs", "b")] {
        let (told, expected) = (found[key].as_f64().unwrap(), end(out));
        assert!(
            (told - expected).abs() < 1e-6 * expected.abs().max(1.0),
            "{key}: {told} {expected}"
        );
    }
    assert!(found["low"].as_f64().unwrap() <= found["difference"].as_f64().unwrap(), "{found}");
    // Its policies beside each other, in the missions that an evaluation counted.
    for out in ["a", "b"] {
        printed(
            dir,
            &format!(
                "evaluate {out}/seed-0/policy.safetensors --episodes 12 --trajectories 2 --out e{out} --store runs.db"
            ),
        );
    }
    let evaluated = names(dir, "evaluate");
    let (told, page) = report(dir, &evaluated[0], &format!("--against {}", evaluated[1]));
    let counted = list(&told["against"]["differences"]);
    let what = |one: &Value| one["what"].as_str().unwrap().to_owned();
    assert_eq!(
        counted.iter().map(what).collect::<Vec<_>>(),
        ["success of policy, of 12 and 12 missions", "success of rules, of 12 and 12 missions"]
    );
    // The rules flew the same missions in both.
    assert_eq!(
        (&counted[1]["difference"], &counted[1]["contains_zero"]),
        (&json!(0.0), &json!(true))
    );
    assert!(section(&page, "What ran").contains("Missions that succeed"));
    // One training against a mission: nothing in common.
    printed(dir, "simulate --scenario cabin-30d --days 1 --out s --store runs.db");
    let mission = names(dir, "simulate").remove(0);
    let refused = line(dir, &format!("report {} --against {mission} --store runs.db", all[0]));
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("nothing in common"), "{}", stderr(&refused));
}

#[test]
fn campaigns_are_compared_by_the_missions_they_counted() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let fly = |difficulty: &str| -> Value {
        let words = format!(
            "campaign --scenario polar-darkness --difficulty {difficulty} --days 6 --seeds 24 --controllers hold,rules --store runs.db --json"
        );
        serde_json::from_str(&printed(dir, &words)).unwrap()
    };
    let (nominal, hard) = (fly("nominal"), fly("hard"));
    let all = names(dir, "campaign");
    let (told, page) = report(dir, &all[0], &format!("--against {}", all[1]));
    let differences = list(&told["against"]["differences"]);
    assert_eq!(differences.len(), 2);
    for (at, one) in differences.iter().enumerate() {
        let share = |list: &Value| list[at]["success_rate"].as_f64().unwrap();
        let difference = one["difference"].as_f64().unwrap();
        assert!((difference - (share(&hard) - share(&nominal))).abs() < 1e-12, "{one}");
        // By hand: Newcombe's ends from the ends of Wilson's intervals that the campaign itself tells.
        let end = |list: &Value, key: &str| list[at][key].as_f64().unwrap();
        let low = difference
            - (share(&hard) - end(&hard, "low")).hypot(end(&nominal, "high") - share(&nominal));
        assert!((one["low"].as_f64().unwrap() - low).abs() < 1e-9, "{one} {low}");
    }
    assert!(section(&page, "What ran").contains("Missions that succeed"));
    assert!(section(&page, "Side by side").contains("difficulty"));
    let refused = line(dir, "campaign --suite book --store runs.db");
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
}

#[test]
fn a_slow_run_is_told_from_its_history() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let record = |name: &str, machine: &str, steps_per_s: f64| {
        let database = open(dir);
        let config = json!({ "scenario": "cabin-30d", "controller": "rules", "machine": machine });
        let new =
            NewRun { kind: "simulate".into(), config: config.to_string(), ..NewRun::named(name) };
        let run = database.begin_run(&new).unwrap();
        let results = json!({ "steps_per_s": steps_per_s, "wall_s": 1.0, "dt_s": 60.0 });
        database.end_run(run, RunStatus::Done, Some(&results.to_string())).unwrap();
        // Runs are told apart by when they began.
        std::thread::sleep(Duration::from_millis(2));
    };
    for at in 0..12 {
        record(&format!("earlier-{at}"), "one", 1e5 + f64::from(at % 4) * 500.0);
        record(&format!("elsewhere-{at}"), "two", 3e4);
    }
    record("usual", "one", 1.002e5);
    record("slow", "one", 6e4);
    let (told, page) = report(dir, "usual", "");
    assert_eq!(
        (&told["speed"]["judged"]["change"], &told["speed"]["judged"]["earlier"]),
        (&json!("same"), &json!(12))
    );
    assert!(page.contains("Of a thousand runs"), "level");
    let (told, page) = report(dir, "slow", "");
    let judged = &told["speed"]["judged"];
    assert_eq!((&judged["change"], &judged["earlier"]), (&json!("slower"), &json!(13)), "{judged}");
    assert!((judged["share"].as_f64().unwrap() + 0.4).abs() < 0.02, "{judged}");
    assert!(page.contains("Slower than the runs before"), "verdict");
    assert!(
        list(&told["tasks"])
            .iter()
            .any(|task| task["action"].as_str().unwrap().contains("became slower"))
    );
    // What has no speed says so.
    let database = open(dir);
    let run = database.begin_run(&NewRun::named("bare")).unwrap();
    database.end_run(run, RunStatus::Failed, None).unwrap();
    database.begin_run(&NewRun::named("endless")).unwrap();
    drop(database);
    let (told, page) = report(dir, "bare", "");
    assert!(
        told["speed"].is_null()
            && page.contains("records no speed")
            && page.contains("Ended with an error")
    );
    assert!(section(&page, "Where time and memory went").contains("Not recorded"));
    let (_, page) = report(dir, "endless", "");
    assert!(page.contains("it goes on, or was killed"));
}

#[test]
fn what_is_not_there_is_refused_in_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    printed(dir, "simulate --scenario cabin-30d --days 1 --out s --store runs.db");
    let name = names(dir, "simulate").remove(0);
    let cut = &name[..name.len() - 2];
    for (words, reason) in [
        (format!("report {cut} --store runs.db"), format!("near it: `{name}`")),
        ("report zzz --store runs.db".to_owned(), format!("the latest is `{name}`")),
        (
            format!("report {name} --against {cut} --store runs.db"),
            format!("--against {cut}: there is no such run"),
        ),
        (format!("report {name} --scenario nothing --store runs.db"), "nothing".to_owned()),
        (
            format!("report {name} --profile nowhere --store runs.db"),
            "--profile nowhere".to_owned(),
        ),
        (format!("report {name} --alarms nowhere --store runs.db"), "--alarms nowhere".to_owned()),
    ] {
        let output = line(dir, &words);
        let told = stderr(&output);
        assert!(output.status.code() == Some(2) && stdout(&output).is_empty(), "{words}: {told}");
        assert!(told.contains(&reason), "{words}: {told}");
    }
    assert!(!dir.join("out").exists(), "nothing is written by what is refused");
    let nowhere = line(dir, &format!("report {name} --store nowhere.db"));
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(stderr(&nowhere).contains("nowhere.db"));
    let refused = line(dir, "bench --against nowhere.jsonl");
    assert!(refused.status.code() == Some(2) && stderr(&refused).contains("bench --json"));
}

#[test]
fn an_import_has_limits_once_its_scenario_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    printed(dir, "simulate --scenario artemis-30d --days 2 --out s");
    printed(dir, "data import s/telemetry.csv --run flown --store runs.db");
    let (told, page) = report(dir, "flown", "");
    assert_eq!(told["kind"], "import");
    assert!(
        section(&page, "What was anomalous").contains("--scenario names"),
        "no limits are known"
    );
    assert!(section(&page, "Atmosphere").contains("CO2 partial pressure"), "curves need no limits");
    let (_, page) = report(dir, "flown", "--scenario artemis-30d");
    assert!(section(&page, "What was anomalous").contains("Limits are those of artemis-30d"));
    assert!(section(&page, "Atmosphere").contains("caution high"));
    let other = line(dir, "report flown --store runs.db --scenario leak-box");
    assert_eq!(other.status.code(), Some(2), "{}", stderr(&other));
}

/// A session of a server, stepped and stopped.
#[test]
fn a_session_has_a_page_too() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut child = Command::new(env!("CARGO_BIN_EXE_lunar-habitat"))
        .args(["serve", "--addr", "127.0.0.1:0", "--store", "runs.db"])
        .current_dir(dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let host = first.trim().strip_prefix("listening on http://").unwrap().to_owned();
    let ask = |method: &str, path: &str, body: Value| -> String {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json"
        );
        write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 20"), "{path}: {answer}");
        answer
    };
    let made = ask(
        "POST",
        "/api/sessions",
        json!({ "scenario": "artemis-30d", "seed": 2, "name": "watched" }),
    );
    let from = made.find("\"id\":\"").unwrap() + 6;
    let id = made[from..from + made[from..].find('"').unwrap()].to_owned();
    ask(
        "POST",
        &format!("/api/sessions/{id}/faults"),
        json!({ "unit": "living.cdra", "mode": "failed" }),
    );
    for _ in 0..6 {
        ask("POST", &format!("/api/sessions/{id}/step"), json!({ "steps": 480 }));
    }
    ask("DELETE", &format!("/api/sessions/{id}"), json!({}));
    let name = format!("session-{id}");
    // Rows are written behind the session.
    let began = Instant::now();
    while !names(dir, "session").contains(&name) && began.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(100));
    }
    let _ = child.kill();
    let _ = child.wait();
    let (told, page) = report(dir, &name, "");
    assert_eq!(told["kind"], "session");
    let alarms = list(&told["alarms"]);
    let suspects: Vec<&str> = alarms
        .iter()
        .flat_map(|one| list(&one["suspects"]))
        .map(|one| one.as_str().unwrap())
        .collect();
    assert!(suspects.contains(&"living.cdra"), "{told}");
    let reasons = list(&told["tasks"]).iter().map(|task| task["reason"].as_str().unwrap());
    assert!(
        reasons.into_iter().any(|reason| reason.contains("before it:") && reason.contains("cdra")),
        "{told}"
    );
    // A session reads its instruments at each step.
    assert!(section(&page, "What was anomalous").contains("look at 2881 rows with new readings"));
    let odd = |one: &Value| {
        let id = one["id"].as_str().unwrap();
        id.contains("anomaly_stuck") || id.contains("anomaly_jump")
    };
    assert!(!alarms.iter().any(odd), "{told}");
    assert!(section(&page, "What was anomalous").contains("injection"));
}
