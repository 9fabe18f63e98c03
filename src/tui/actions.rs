//! The one table of everything a person can do: name, words, default keys, scope.
//!
//! Key map, hint line, help, palette, the user's own bindings and the table in README are all made
//! from it, so they cannot drift apart. Must never do anything: what an action does is the app's.

use std::fmt::Write;

/// Where an action can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// Everywhere but in text fields.
    Global,
    /// The Library screen.
    Library,
    /// Wherever a waveform is.
    Wave,
    /// The queue of problems.
    Triage,
    /// The Diagnostics screen.
    Diagnostics,
    /// The Jobs screen.
    Jobs,
    /// The Generate screen.
    Generate,
    /// Text fields.
    Insert,
}

impl Scope {
    /// All scopes, in the order they are shown.
    pub const ALL: [Self; 8] = [
        Self::Global,
        Self::Library,
        Self::Wave,
        Self::Triage,
        Self::Diagnostics,
        Self::Jobs,
        Self::Generate,
        Self::Insert,
    ];

    /// Its name in `keys.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Library => "library",
            Self::Wave => "wave",
            Self::Triage => "triage",
            Self::Diagnostics => "diagnostics",
            Self::Jobs => "jobs",
            Self::Generate => "generate",
            Self::Insert => "insert",
        }
    }

    /// Its heading in help and documentation.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::Library => "Library",
            Self::Wave => "Waveforms",
            Self::Triage => "Triage",
            Self::Diagnostics => "Diagnostics",
            Self::Jobs => "Jobs",
            Self::Generate => "Generate",
            Self::Insert => "While typing",
        }
    }
}

/// The sets of scopes that can be active at one time, innermost first.
pub const CHAINS: [&[Scope]; 6] = [
    &[Scope::Library, Scope::Wave, Scope::Global],
    &[Scope::Triage, Scope::Wave, Scope::Global],
    &[Scope::Diagnostics, Scope::Global],
    &[Scope::Jobs, Scope::Global],
    &[Scope::Generate, Scope::Wave, Scope::Global],
    &[Scope::Insert],
];

/// What an action takes after its name in the palette.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// Any words.
    Words(&'static str),
    /// A theme's name.
    Theme,
    /// "unicode" or "ascii".
    Glyphs,
    /// A dataset.
    Dataset,
    /// A finetune.
    Finetune,
    /// A job.
    Job,
    /// A path.
    Path,
}

impl Takes {
    /// What stands in its place in help.
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Words(name) => name,
            Self::Theme => "THEME",
            Self::Glyphs => "SET",
            Self::Dataset => "DATASET",
            Self::Finetune => "FINETUNE",
            Self::Job => "JOB",
            Self::Path => "PATH",
        }
    }
}

/// A line of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Action {
    /// Which.
    pub act: Act,
    /// Where.
    pub scope: Scope,
    /// Its name in the palette and in `keys.toml`.
    pub name: &'static str,
    /// What it does, as a phrase.
    pub words: &'static str,
    /// Default keys; sequences have spaces.
    pub keys: &'static [&'static str],
    /// One or two words for the hint line; empty where it is not hinted at.
    pub hint: &'static str,
    /// What it takes.
    pub takes: Takes,
}

macro_rules! table {
    ($($scope:ident { $($act:ident $name:literal $words:literal [$($key:literal)*] $hint:literal $($takes:expr)?;)* })*) => {
        /// Everything a person can do.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[expect(missing_docs, reason = "each is described by its line of the table")]
        pub enum Act { $($($act,)*)* }

        /// The table.
        pub const TABLE: &[Action] = &[$($(Action {
            act: Act::$act,
            scope: Scope::$scope,
            name: $name,
            words: $words,
            keys: &[$($key),*],
            hint: $hint,
            takes: { let takes = Takes::Nothing; $(let _ = takes; let takes = $takes;)? takes },
        },)*)*];
    };
}

table! {
    Library {
        Import "import" "bring in files or folders of your own music" ["i"] "import" Takes::Path;
        Browse "browse" "choose files to import in a file browser" ["I"] "";
        Triage "triage" "go through what was found wrong, one by one" ["t"] "triage";
        Exclude "exclude" "leave out of training, with a reason" ["x"] "leave out";
        Include "include" "take in again" ["X"] "";
        Rights "rights" "state on what ground these tracks may be trained on" ["R"] "rights";
        Train "train" "learn a finetune from this dataset" ["T"] "train";
        AddTo "add" "add the marked tracks to a dataset" ["+"] "";
        NewSet "new-dataset" "make a dataset, of the marked tracks if there are any" ["c"] "" Takes::Words("NAME");
        Remove "remove" "take out of this dataset; the file stays" ["d"] "";
        SortName "sort-name" "sort by name" ["s n"] "";
        SortLength "sort-length" "sort by length" ["s l"] "";
        SortTempo "sort-tempo" "sort by tempo" ["s b"] "";
        SortKey "sort-key" "sort by key" ["s k"] "";
        SortLoudness "sort-loudness" "sort by loudness" ["s d"] "";
        SortState "sort-state" "sort by state, problems first" ["s p"] "";
        SortAdded "sort-added" "sort by when they came in" ["s a"] "";
        SortReverse "sort-reverse" "turn the order round" ["s s"] "";
        Screen "screen" "check rights and known works before training" ["S"] "";
    }
    Wave {
        LoopStart "loop-start" "loop from here" ["["] "loop";
        LoopEnd "loop-end" "loop to here" ["]"] "";
        LoopSection "loop-section" "loop the section here" ["O"] "";
        LoopClear "loop-clear" "loop nothing" ["\\"] "";
        SectionNext "section-next" "go to the next section" ["}"] "";
        SectionPrevious "section-previous" "go to the section before" ["{"] "";
        ZoomIn "zoom-in" "look closer at the waveform" ["z i"] "";
        ZoomOut "zoom-out" "look from farther away" ["z o"] "";
        ZoomAll "zoom-all" "see the whole waveform" ["z z"] "";
        Trim "trim" "let only a stretch of the track take part" ["C"] "trim";
        Excerpt "excerpt" "write the loop, or ten seconds from here, as a WAV file" ["w"] "";
    }
    Triage {
        Keep "keep" "keep the track as it is: the problem was heard and is fine" ["K"] "keep";
        LeaveOut "leave-out" "leave the track out of training, with a reason" ["x"] "leave out";
        SkipTriage "next-problem" "decide later: go to the next problem" ["s"] "later";
    }
    Diagnostics {
        CheckAgain "check" "look at the dataset again" ["R"] "run again";
        ChooseSet "choose-dataset" "look at another dataset" ["D"] "dataset";
        Measure "measure" "show the next measure in the balance" ["m"] "measure";
        Plane "plane" "the map, or style against nearness to a track" ["o"] "plane";
        DropAdvised "take-advice" "do what the advice says" ["x"] "take advice";
        IgnoreAdvice "ignore-advice" "put this advice aside until the next run" ["I"] "";
    }
    Jobs {
        StopJob "stop" "stop the job; what it finished is kept" ["c"] "stop";
        Pause "pause" "pause the job, or let it go on" ["P"] "pause";
        Retry "retry" "go on with a job that ended too soon, or ask for it again" ["r"] "go on";
        Result "result" "go to what the job made" ["o"] "result";
        Follow "follow" "keep the newest line of the log in sight" ["f"] "follow";
        FullLog "log" "the whole log" ["L"] "log";
        Curve "curve" "show the next metric as a curve" ["m"] "";
        Forget "forget" "forget this job; what it made stays" ["d"] "";
        ForgetEnded "forget-ended" "forget all jobs that have ended" ["D"] "";
    }
    Generate {
        EditPrompt "prompt" "write the prompt" ["i" "e"] "prompt" Takes::Words("WORDS");
        Start "generate" "make takes from the prompt" ["o"] "go";
        Finetune "finetune" "choose whose sound to write in" ["F"] "sound" Takes::Finetune;
        RateUp "rate-up" "rate the take higher" ["+"] "rate";
        RateDown "rate-down" "rate the take lower" ["-"] "";
        KeepTake "keep-take" "keep the take: it is not thrown away with the others" ["K"] "keep";
        Variation "variation" "make the take again with another seed" ["V"] "variation";
        Export "export" "copy the take with its parts into a folder" ["X"] "export" Takes::Path;
        DeleteTake "delete-take" "delete the take" ["x"] "";
        ClearTakes "clear-takes" "delete all takes that are neither kept nor rated" [] "";
        UsePrompt "use-prompt" "take the prompt and settings of this take" ["U"] "";
        History "history" "prompts of earlier takes" ["H"] "";
        PlanView "plan" "the plan, section by section" ["E"] "plan";
        Evidence "evidence" "what the verdict rests on" ["W"] "";
    }
    Global {
        GoLibrary "library" "tracks and datasets" ["1"] "";
        GoDiagnostics "diagnostics" "variety, balance and likeness of a dataset" ["2"] "";
        GoJobs "jobs" "what runs and what ran" ["3"] "" Takes::Job;
        GoGenerate "takes" "prompt, plan and takes" ["4"] "";
        PaneNext "pane-next" "go to the next pane" ["tab"] "pane";
        PanePrevious "pane-previous" "go to the pane before" ["shift-tab"] "";
        Down "down" "down" ["j" "down"] "";
        Up "up" "up" ["k" "up"] "";
        Left "left" "left" ["h" "left"] "";
        Right "right" "right" ["l" "right"] "";
        Top "top" "to the first line" ["g g" "home"] "";
        Bottom "bottom" "to the last line" ["G" "end"] "";
        HalfDown "half-down" "half a page down" ["ctrl-d"] "";
        HalfUp "half-up" "half a page up" ["ctrl-u"] "";
        PageDown "page-down" "a page down" ["ctrl-f" "pagedown"] "";
        PageUp "page-up" "a page up" ["ctrl-b" "pageup"] "";
        Open "open" "open, or change, what the cursor is on" ["enter"] "open";
        Mark "mark" "mark, and go down" ["space"] "mark";
        MarkRange "mark-range" "mark from here to where the cursor goes" ["v"] "";
        MarkAll "mark-all" "mark all, or none" ["ctrl-a"] "";
        Filter "filter" "show only what fits" ["/"] "filter" Takes::Words("FILTER");
        Next "next" "next match of the filter, or next track with a problem" ["n"] "";
        Previous "previous" "the same, upwards" ["N"] "";
        Play "play" "hear it, pause, go on" ["p"] "play";
        Silence "silence" "stop playing" ["ctrl-p"] "";
        SeekBack "seek-back" "five seconds back" [","] "";
        SeekOn "seek-on" "five seconds on" ["."] "";
        Switch "compare" "hear the other of two at the same place and level" ["a"] "A/B";
        With "compare-with" "choose what to compare with" ["b"] "";
        Undo "undo" "take back the last decision about the dataset" ["u"] "undo";
        Redo "redo" "decide it again" ["ctrl-r"] "";
        Copy "copy" "copy the path, over SSH too" ["y"] "";
        Messages "messages" "what was said so far" ["g m"] "";
        Refresh "refresh" "read everything again" ["g r"] "";
        Palette "palette" "find any action by name" [":"] "";
        Help "help" "every key of this screen" ["?"] "";
        Theme "theme" "change the colours" [] "" Takes::Theme;
        Glyphs "glyphs" "unicode or ascii signs" [] "" Takes::Glyphs;
        Tour "tour" "ten steps through the program" [] "";
        Redraw "redraw" "draw everything again" ["ctrl-l"] "";
        Suspend "suspend" "suspend the program; fg brings it back" ["ctrl-z"] "";
        Leave "leave" "leave a mode, clear a filter" ["esc"] "";
        Cancel "cancel" "cancel; twice leaves the program" ["ctrl-c"] "";
        Quit "quit" "go back, or leave the program" ["q"] "";
    }
    Insert {
        Done "typing-done" "leave the text field" ["esc" "ctrl-c"] "done";
        Go "typing-go" "take the text and go on" ["alt-enter"] "go";
        NextField "typing-next" "next field, or complete" ["tab"] "next";
        PreviousField "typing-previous" "previous field" ["shift-tab"] "";
        Recall "typing-older" "older prompt" ["up"] "older";
        Unrecall "typing-newer" "newer prompt" ["down"] "";
        SearchHistory "typing-history" "look through earlier prompts" ["ctrl-r"] "history";
        ExternalEditor "typing-editor" "write it in your own editor" ["ctrl-o"] "editor";
        WordLeft "typing-word-left" "a word to the left" ["alt-b" "ctrl-left"] "";
        WordRight "typing-word-right" "a word to the right" ["alt-f" "ctrl-right"] "";
        LineStart "typing-start" "start of the line" ["ctrl-a" "home"] "";
        LineEnd "typing-end" "end of the line" ["ctrl-e" "end"] "";
        EraseWord "typing-erase-word" "erase the word to the left" ["ctrl-w"] "";
        EraseLine "typing-erase-line" "erase to the start of the line" ["ctrl-u"] "";
        EraseRest "typing-erase-rest" "erase to the end of the line" ["ctrl-k"] "";
        Unerase "typing-undo" "take back the last change of the text" ["ctrl-z"] "";
    }
}

impl Act {
    /// Whether it is meant at a place in time: where the playing stands, if something plays.
    pub fn is_of_time(self) -> bool {
        matches!(
            self,
            Self::LoopStart
                | Self::LoopEnd
                | Self::LoopSection
                | Self::LoopClear
                | Self::SectionNext
                | Self::SectionPrevious
                | Self::SeekBack
                | Self::SeekOn
        )
    }
}

/// The line of an action.
pub fn of(act: Act) -> &'static Action {
    // Every action has a line: both are made by the same macro.
    TABLE.iter().find(|a| a.act == act).unwrap_or(&TABLE[0])
}

/// The action with this name.
pub fn named(name: &str) -> Option<&'static Action> {
    TABLE.iter().find(|a| a.name == name)
}

/// The table of keys as it stands in README.
pub fn markdown() -> String {
    let mut out = String::new();
    for scope in Scope::ALL {
        let _ = writeln!(out, "**{}** (`[{}]`)\n", scope.heading(), scope.name());
        out.push_str("| key | action | does |\n|---|---|---|\n");
        for action in TABLE.iter().filter(|a| a.scope == scope) {
            let keys: Vec<String> = action.keys.iter().map(|k| key_cell(k)).collect();
            let keys = if keys.is_empty() { "`:`".to_owned() } else { keys.join(" ") };
            let takes = action.takes.placeholder();
            let space = if takes.is_empty() { "" } else { " " };
            let _ =
                writeln!(out, "| {keys} | `{}{space}{takes}` | {} |", action.name, action.words);
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// A key for a cell of a Markdown table.
fn key_cell(key: &str) -> String {
    let written =
        super::keys::sequence(key).map_or_else(|_| key.to_owned(), |k| super::keys::written(&k));
    format!("`{}`", written.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keys::sequence;
    use std::collections::BTreeMap;

    #[test]
    fn no_key_means_two_things_where_both_can_be_meant() {
        for chain in CHAINS {
            let mut taken: BTreeMap<Vec<super::super::keys::Key>, &str> = BTreeMap::new();
            for action in TABLE.iter().filter(|a| chain.contains(&a.scope)) {
                for key in action.keys {
                    let keys = sequence(key).unwrap_or_else(|e| panic!("{}: {e}", action.name));
                    for (other, name) in &taken {
                        let clash = other.starts_with(&keys) || keys.starts_with(other);
                        assert!(!clash, "{key}: {} and {name} in {chain:?}", action.name);
                    }
                    assert!(
                        keys.iter().all(|k| k.trouble().is_none()),
                        "{key} cannot be told apart"
                    );
                    taken.insert(keys, action.name);
                }
            }
        }
    }

    #[test]
    fn every_action_has_a_name_of_its_own_and_words() {
        for (i, action) in TABLE.iter().enumerate() {
            assert!(TABLE.iter().skip(i + 1).all(|a| a.name != action.name), "{}", action.name);
            assert!(!action.words.is_empty() && action.words.len() <= 70, "{}", action.name);
            assert!(!action.words.ends_with('.') && action.hint.len() <= 12, "{}", action.name);
            assert_eq!(of(action.act), action);
            // Digits belong to the tabs.
            let digit = |k: &str| k.chars().any(|c| c.is_ascii_digit());
            assert!(action.scope == Scope::Global || !action.keys.iter().any(|k| digit(k)));
        }
        assert!(markdown().lines().count() > TABLE.len());
    }
}
