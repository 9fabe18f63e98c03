//! The tour: ten steps, each done by doing it. Must never stand in the way of a key.

use super::actions::Act;

/// A step: what it is about, and the actions that complete it.
pub struct Step {
    /// What to do and why.
    pub words: &'static str,
    /// What completes it.
    pub done_by: &'static [Act],
}

/// The steps.
pub const STEPS: [Step; 10] = [
    Step {
        words: "This is the Library. Import a folder of your own music: press {import}, write its path, say on what ground you may train on it.",
        done_by: &[Act::Import, Act::Browse],
    },
    Step {
        words: "Each track was listened to: tempo, key, loudness, form, problems. Move with {down} and {up}; {pane-next} goes to the next pane.",
        done_by: &[Act::PaneNext, Act::PanePrevious],
    },
    Step {
        words: "Look for tracks: {filter} and then words such as bpm>120, key:Am, problem:clip, not:marked.",
        done_by: &[Act::Filter],
    },
    Step {
        words: "What was found wrong waits in a queue: {triage}. There {keep} keeps a track, {leave-out} leaves it out, {trim} keeps a part.",
        done_by: &[Act::Triage],
    },
    Step {
        words: "Every decision about a dataset can be taken back: {undo}. {redo} decides it again.",
        done_by: &[Act::Undo, Act::Redo],
    },
    Step {
        words: "Diagnostics show how varied the set is, what is there twice, what stands apart, and what to do about it: {diagnostics}.",
        done_by: &[Act::GoDiagnostics],
    },
    Step {
        words: "Back in the Library ({library}), {train} learns the sound of the dataset. It takes minutes and no network.",
        done_by: &[Act::Train],
    },
    Step {
        words: "Whatever takes time is a job: {jobs}. You can go on working, pause it with {pause}, or leave; it says what became of it.",
        done_by: &[Act::GoJobs],
    },
    Step {
        words: "Generate: {takes}. Write a prompt with {prompt}; how it is understood and the plan appear while you write; {generate} makes takes.",
        done_by: &[Act::Start, Act::EditPrompt],
    },
    Step {
        words: "A take says how it stands among the artist's own tracks and whether it copies one: {evidence} shows it. {help} lists every key, {palette} finds any action.",
        done_by: &[Act::Help, Act::Palette, Act::Evidence],
    },
];

/// The words of a step with the keys as they are bound; `key` gives those of an action by name.
pub fn words(step: usize, key: impl Fn(&str) -> String) -> String {
    let Some(step) = STEPS.get(step) else { return String::new() };
    let mut out = String::new();
    for (number, piece) in step.words.split(['{', '}']).enumerate() {
        // Names are what stands between the braces.
        out.push_str(&if number % 2 == 1 { key(piece) } else { piece.to_owned() });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::actions;
    use super::*;

    #[test]
    fn the_steps_name_actions_that_exist() {
        for step in 0..STEPS.len() {
            let said = words(step, |name| {
                assert!(actions::named(name).is_some(), "{name}");
                "KEY".to_owned()
            });
            assert!(said.contains("KEY") && !said.contains('{'), "{said}");
        }
    }
}
