//! Sixty prompts in six languages against every field expected of them, from `prompts.toml`.

use super::parse;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Prompt {
    text: String,
    brief: toml::Table,
}

#[derive(Deserialize)]
struct File {
    prompt: Vec<Prompt>,
}

/// Fields of a brief that say something, `understood` aside.
fn said(brief: &Value) -> Map<String, Value> {
    let empty = |v: &Value| v.is_null() || v == &Value::Bool(false) || v == &Value::Array(vec![]);
    let object = brief.as_object().unwrap();
    object
        .iter()
        .filter(|(name, value)| *name != "understood" && !empty(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Of what is unsupported the first words decide, in any order.
fn same(field: &str, expected: &Value, got: &Value) -> bool {
    let (Some(wanted), Some(found)) = (expected.as_array(), got.as_array()) else {
        return expected == got;
    };
    if field != "unsupported" {
        return expected == got;
    }
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    wanted.len() == found.len()
        && wanted.iter().all(|w| found.iter().any(|f| text(f).starts_with(&text(w))))
}

#[test]
fn ninety_five_percent_of_the_fields_are_right() {
    let file: File = toml::from_str(include_str!("prompts.toml")).unwrap();
    assert_eq!(file.prompt.len(), 60);
    let (mut right, mut total, mut perfect) = (0, 0, 0);
    let mut wrong = Vec::new();
    for prompt in &file.prompt {
        let expected = serde_json::to_value(&prompt.brief).unwrap();
        let brief: crate::domain::brief::Brief = serde_json::from_value(expected.clone()).unwrap();
        let wanted = said(&serde_json::to_value(&brief).unwrap());
        let named = expected.as_object().unwrap();
        assert!(named.keys().all(|k| wanted.contains_key(k)), "no such field: {named:?}");
        let got = said(&serde_json::to_value(parse(&prompt.text)).unwrap());
        let before = wrong.len();
        let fields: std::collections::BTreeSet<&String> = wanted.keys().chain(got.keys()).collect();
        for field in fields {
            let (want, have) = (wanted.get(field), got.get(field));
            total += 1;
            match (want, have) {
                (Some(want), Some(have)) if same(field, want, have) => right += 1,
                _ => wrong.push(format!("{}\n    {field}: {have:?}, not {want:?}", prompt.text)),
            }
        }
        perfect += usize::from(wrong.len() == before);
    }
    let share = 100.0 * f64::from(right) / f64::from(total);
    let report = format!(
        "{share:.1} % of {total} fields are right, {perfect} of {} prompts as a whole\n{}",
        file.prompt.len(),
        wrong.join("\n")
    );
    println!("{report}");
    assert!(share >= 95.0, "{report}");
}
