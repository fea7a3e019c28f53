//! No text makes the reader panic: shipped scenarios with random damage load or are refused.

// Helpers outside `#[test]` functions panic on purpose.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use lunar_habitat_habitat::scenario::{SHIPPED, parse};
use proptest::prelude::*;

/// One piece of damage.
#[derive(Debug, Clone)]
enum Damage {
    Remove { at: usize, length: usize },
    Insert { at: usize, text: String },
    RemoveLine(usize),
    SwapLines(usize, usize),
    RepeatLine(usize),
    Value { line: usize, text: String },
}

fn damage() -> impl Strategy<Value = Damage> {
    let value = prop_oneof![
        Just("nan".to_owned()),
        Just("-inf".to_owned()),
        Just("1e308".to_owned()),
        Just("-1".to_owned()),
        Just("0".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        Just("\"\"".to_owned()),
        Just("[[[[{}]]]]".to_owned()),
        Just("9223372036854775807".to_owned()),
        Just("1979-05-27".to_owned()),
        "\\PC{0,8}",
    ];
    prop_oneof![
        (any::<usize>(), 1usize..40).prop_map(|(at, length)| Damage::Remove { at, length }),
        (any::<usize>(), "[\\PC\\n]{1,6}").prop_map(|(at, text)| Damage::Insert { at, text }),
        any::<usize>().prop_map(Damage::RemoveLine),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Damage::SwapLines(a, b)),
        any::<usize>().prop_map(Damage::RepeatLine),
        (any::<usize>(), value).prop_map(|(line, text)| Damage::Value { line, text }),
    ]
}

fn apply(text: &str, damage: &Damage) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let count = lines.len().max(1);
    match damage {
        Damage::Remove { at, length } => {
            let characters: Vec<char> = text.chars().collect();
            let at = at % characters.len().max(1);
            return characters.iter().take(at).chain(characters.iter().skip(at + length)).collect();
        }
        Damage::Insert { at, text: piece } => {
            let at = at % text.chars().count().max(1);
            let head: String = text.chars().take(at).collect();
            let tail: String = text.chars().skip(at).collect();
            return head + piece + &tail;
        }
        Damage::RemoveLine(line) if !lines.is_empty() => {
            lines.remove(line % count);
        }
        Damage::SwapLines(a, b) if !lines.is_empty() => lines.swap(a % count, b % count),
        Damage::RepeatLine(line) if !lines.is_empty() => {
            let again = lines[line % count].clone();
            lines.insert(line % count, again);
        }
        Damage::Value { line, text: value } if !lines.is_empty() => {
            let line = &mut lines[line % count];
            if let Some(place) = line.find('=') {
                *line = format!("{}= {value}", &line[..place]);
            }
        }
        _ => {}
    }
    lines.join("\n")
}

fn reads_or_refuses(text: &str) {
    match parse("damaged.toml", text) {
        Ok(loaded) => assert_eq!(loaded.hash_hex().len(), 64),
        Err(error) => {
            let line = error.to_string();
            assert_eq!(line.lines().count(), 1, "{line}");
            let refusal = error.refusal().expect("a refused text has a place");
            assert!(refusal.line >= 1 && refusal.column >= 1);
            assert!(refusal.line <= refusal.text.lines().count() + 1);
            assert!(refusal.text.get(refusal.span.clone()).is_some(), "{line}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_scenarios_load_or_are_refused(
        which in 0..SHIPPED.len(),
        damages in proptest::collection::vec(damage(), 1..4),
    ) {
        let text = damages.iter().fold(SHIPPED[which].text.to_owned(), |text, one| apply(&text, one));
        reads_or_refuses(&text);
    }

    #[test]
    fn any_text_loads_or_is_refused(text in "[\\PC\\n\\r\\t]{0,200}") {
        reads_or_refuses(&text);
    }
}

#[test]
fn deep_nesting_is_refused() {
    for text in [
        "a = ".to_owned() + &"[".repeat(100_000),
        "[".to_owned() + &"a.".repeat(100_000) + "a]",
        "a.".repeat(100_000) + "a = 1",
        "a = ".to_owned() + &"{b=".repeat(100_000),
        (0..79).fold(String::new(), |text, i| format!("{text}[{}a]\n", "a.".repeat(i))),
        "\u{feff}schema = 2\r\nname = 1".to_owned(),
    ] {
        reads_or_refuses(&text);
    }
}
