//! The screens. Each owns its cursors, scrolls, filters and marks, and nothing else.

pub mod diagnostics;
pub mod generate;
pub mod jobs;
pub mod layout;
pub mod library;
pub mod time;

use super::actions::Act;

/// Why an action that a screen never does is not done; more words may follow.
pub const NOT_HERE: &str = "not on this screen";

/// Actions for lists of tracks and what is heard: screens without them say so with one voice.
fn of_tracks(act: Act) -> bool {
    let hearing = matches!(act, Act::Play | Act::Switch | Act::With);
    let marking = matches!(act, Act::Mark | Act::MarkRange | Act::MarkAll);
    hearing || marking || matches!(act, Act::Next | Act::Previous | Act::Filter)
}
