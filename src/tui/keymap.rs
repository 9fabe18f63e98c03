//! From keys to actions: sequences, the user's own bindings, conflicts.
//!
//! A sequence is never the beginning of another, so no key ever waits for a timer. Must never
//! guess what a broken line of `keys.toml` meant: it is reported, and the rest holds.

use super::actions::{self, Act, CHAINS, Scope, TABLE};
use super::keys::{Key, sequence, written};
use super::place::Fault;
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// What a key meant after those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// This action.
    Act(Act),
    /// The beginning of some.
    Prefix,
    /// Nothing.
    Nothing,
}

/// A binding.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Binding {
    scope: Scope,
    keys: Vec<Key>,
    act: Act,
}

/// All bindings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

impl Default for Keymap {
    fn default() -> Self {
        let mut bindings = Vec::new();
        for action in TABLE {
            // The table's keys are all well formed; a test walks them.
            for keys in action.keys.iter().filter_map(|k| sequence(k).ok()) {
                bindings.push(Binding { scope: action.scope, keys, act: action.act });
            }
        }
        Self { bindings }
    }
}

impl Keymap {
    /// The defaults with the user's own bindings over them, and what is wrong with those.
    pub fn with(text: &str) -> (Self, Vec<Fault>) {
        let mut map = Self::default();
        let mut faults = Vec::new();
        let (table, errors) = DeTable::parse_recoverable(text);
        faults.extend(errors.iter().map(|e| Fault::of(text, e)));
        let mut own: Vec<(Act, usize)> = Vec::new();
        for (name, section) in table.get_ref() {
            let start = name.span().start;
            let Some(scope) = Scope::ALL.into_iter().find(|s| s.name() == name.get_ref()) else {
                let names: Vec<&str> = Scope::ALL.iter().map(|s| s.name()).collect();
                let words =
                    format!("\"{}\" is no section; there are {}", name.get_ref(), names.join(", "));
                faults.push(Fault::at(text, start, words));
                continue;
            };
            let DeValue::Table(entries) = section.get_ref() else {
                faults.push(Fault::at(text, start, "a section was expected: [library]"));
                continue;
            };
            for (name, value) in entries {
                let start = name.span().start;
                match read_entry(scope, name.get_ref(), value.get_ref()) {
                    Ok((act, keys)) => {
                        map.bindings.retain(|b| b.act != act);
                        for keys in keys {
                            if let Some(why) = keys.iter().find_map(|k| k.trouble()) {
                                let words = format!("{}: {why}", written(&keys));
                                faults.push(Fault::at(text, start, words));
                            }
                            map.bindings.push(Binding { scope, keys, act });
                        }
                        own.push((act, start));
                    }
                    Err(words) => faults.push(Fault::at(text, start, words)),
                }
            }
        }
        own.sort_by_key(|(_, start)| *start);
        map.settle(text, &own, &mut faults);
        faults.sort_by_key(|f| (f.line, f.column));
        (map, faults)
    }

    /// Takes away what a binding of the user's stands in the way of, and says so. Of two of the
    /// user's, the first in the file holds.
    fn settle(&mut self, text: &str, own: &[(Act, usize)], faults: &mut Vec<Fault>) {
        let order = |act: Act| own.iter().position(|(a, _)| *a == act).unwrap_or(usize::MAX);
        let mut lost: BTreeMap<(usize, Act), Vec<String>> = BTreeMap::new();
        for (winner, start) in own {
            let winners: Vec<Binding> =
                self.bindings.iter().filter(|b| b.act == *winner).cloned().collect();
            for binding in winners {
                self.bindings.retain(|b| {
                    let clash = b.act != *winner
                        && together(b.scope, binding.scope)
                        && (b.keys.starts_with(&binding.keys) || binding.keys.starts_with(&b.keys))
                        && order(b.act) > order(*winner);
                    if clash {
                        let keys = written(&b.keys);
                        lost.entry((*start, b.act)).or_default().push(keys);
                    }
                    !clash
                });
            }
        }
        for ((start, act), keys) in lost {
            let words = format!(
                "takes {} from \"{}\" ({})",
                keys.join(" and "),
                actions::of(act).name,
                actions::of(act).words
            );
            faults.push(Fault::at(text, start, words));
        }
    }

    /// What a sequence means where these scopes are active, innermost first.
    pub fn find(&self, chain: &[Scope], keys: &[Key]) -> Found {
        let mut prefix = false;
        for scope in chain {
            for binding in self.bindings.iter().filter(|b| b.scope == *scope) {
                if binding.keys == keys {
                    return Found::Act(binding.act);
                }
                prefix |= binding.keys.starts_with(keys);
            }
        }
        if prefix { Found::Prefix } else { Found::Nothing }
    }

    /// What can follow these keys: the rest of the sequence and its action.
    pub fn after(&self, chain: &[Scope], keys: &[Key]) -> Vec<(String, Act)> {
        let mut out = Vec::new();
        for scope in chain {
            for binding in self.bindings.iter().filter(|b| b.scope == *scope) {
                if binding.keys.len() > keys.len() && binding.keys.starts_with(keys) {
                    out.push((written(&binding.keys[keys.len()..]), binding.act));
                }
            }
        }
        out
    }

    /// The keys of an action, as they are written.
    pub fn keys_of(&self, act: Act) -> Vec<String> {
        self.bindings.iter().filter(|b| b.act == act).map(|b| written(&b.keys)).collect()
    }

    /// The first key of an action, for hints.
    pub fn key_of(&self, act: Act) -> Option<String> {
        self.bindings.iter().find(|b| b.act == act).map(|b| written(&b.keys))
    }
}

/// Whether two scopes can be active at one time.
fn together(a: Scope, b: Scope) -> bool {
    CHAINS.iter().any(|c| c.contains(&a) && c.contains(&b))
}

fn read_entry(
    scope: Scope,
    name: &str,
    value: &DeValue<'_>,
) -> Result<(Act, Vec<Vec<Key>>), String> {
    let action = actions::named(name).ok_or_else(|| {
        let near = TABLE.iter().filter(|a| a.scope == scope).map(|a| a.name);
        let names: Vec<&str> = near.collect();
        format!("\"{name}\" is no action; [{}] has {}", scope.name(), names.join(", "))
    })?;
    if action.scope != scope {
        return Err(format!("\"{name}\" belongs into [{}]", action.scope.name()));
    }
    let texts: Vec<&str> = match value {
        DeValue::String(text) => vec![text],
        DeValue::Array(items) => items
            .iter()
            .map(|i| match i.get_ref() {
                DeValue::String(text) => Ok(text.as_ref()),
                _ => Err("a key is written in quotes: \"ctrl-x\"".to_owned()),
            })
            .collect::<Result<_, _>>()?,
        _ => return Err("expected a key in quotes, or a list of them: [\"x\", \"g x\"]".to_owned()),
    };
    let keys = texts.iter().map(|t| sequence(t).map_err(|e| e.to_string()));
    Ok((action.act, keys.collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIBRARY: &[Scope] = &[Scope::Library, Scope::Wave, Scope::Global];

    fn keys(text: &str) -> Vec<Key> {
        sequence(text).unwrap()
    }

    #[test]
    fn sequences_wait_and_act() {
        let map = Keymap::default();
        assert_eq!(map.find(LIBRARY, &keys("g")), Found::Prefix);
        assert_eq!(map.find(LIBRARY, &keys("g g")), Found::Act(Act::Top));
        assert_eq!(map.find(LIBRARY, &keys("g q")), Found::Nothing);
        assert!(
            map.after(LIBRARY, &keys("s")).iter().any(|(k, a)| k == "n" && *a == Act::SortName)
        );
        assert_eq!(map.keys_of(Act::Top), ["gg", "home"]);
    }

    #[test]
    fn own_bindings_win_and_say_what_they_took() {
        let (map, faults) = Keymap::with("[library]\nexclude = [\"i\", \"ctrl-x\"]\n");
        assert_eq!(map.find(LIBRARY, &keys("i")), Found::Act(Act::Exclude));
        assert_eq!(map.keys_of(Act::Exclude), ["i", "ctrl-x"]);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].words.contains("import") && faults[0].line == 2);
        // A key of another screen is free here.
        let (_, faults) = Keymap::with("[jobs]\nforget = \"i\"\n");
        assert!(faults.is_empty(), "{faults:?}");
        // A binding can be taken away.
        let (map, faults) = Keymap::with("[global]\nquit = []\n");
        assert!(faults.is_empty() && map.key_of(Act::Quit).is_none());
    }

    #[test]
    fn broken_lines_are_named_and_the_rest_holds() {
        let text = "[library]\nimport = \"hyper-x\"\nbanana = \"b\"\nfilter = \"F\"\nrights = 3\ntrain = \"B\"\n\n[kitchen]\nsink = \"s\"\n";
        let (map, faults) = Keymap::with(text);
        assert_eq!(map.find(LIBRARY, &keys("B")), Found::Act(Act::Train));
        assert_eq!(map.find(LIBRARY, &keys("i")), Found::Act(Act::Import));
        let lines: Vec<usize> = faults.iter().map(|f| f.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 8], "{faults:?}");
        assert!(faults[2].words.contains("[global]"));
        let (map, faults) = Keymap::with("[library\nimport = \"B\"\n[jobs]\nretry = \"B\"\n");
        assert!(!faults.is_empty());
        assert_eq!(map.find(&[Scope::Jobs], &keys("B")), Found::Act(Act::Retry));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,80}") {
            let _ = Keymap::with(&text);
            let _ = Keymap::with(&format!("[library]\n{text}"));
        }
    }
}
