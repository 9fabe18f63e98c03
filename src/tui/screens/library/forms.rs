//! The forms of the Library: import, rights, training. Must never act: what is entered is handed on.

use crate::domain::ids::{DatasetName, TrackId};
use crate::domain::track::Track;
use crate::tui::cx::Cx;
use crate::tui::overlay::form::{Form, Line, Must};
use crate::tui::overlay::{Overlay, Purpose};
use crate::tui::words;
use std::fmt::Write;

/// The form an import begins with.
pub fn import_form(paths: &str, cx: &Cx<'_>) -> Overlay {
    let lines = vec![
        Line::text(
            "paths",
            paths,
            Must::Something,
            "files or folders; more than one divided by spaces, or dropped onto the terminal",
        ),
        Line::text("dataset", "", Must::Anything, "where they go; empty: the folder's name"),
        rights_line(),
        Line::text(
            "licence",
            "",
            Must::Anything,
            "for an open licence its SPDX name, as in CC-BY-4.0; for a private one the document",
        ),
        Line::text("stated by", &cx.setup.by, Must::With(2), "who states the rights"),
        Line::switch(
            "copy",
            false,
            "keep copies in the workspace, so that they stay when the files move",
        ),
    ];
    let about = format!(
        "Rights are asked once for all of them. To state them says of each: {} {}",
        crate::domain::rights::NO_THIRD_PARTY,
        crate::domain::rights::NOT_ENOUGH
    );
    Overlay::Form(Form::new("Import", &about, lines, "import", Purpose::Import))
}

fn rights_line() -> Line {
    let options = [
        ("", "state them later"),
        ("own", "composed, performed and recorded by us"),
        ("commissioned", "made for us, all rights bought"),
        ("public-domain", "public domain, work and recording"),
        ("open", "under an open licence"),
        ("licensed", "under a private licence (attested workspace)"),
        ("catalogue", "our attested catalogue"),
    ];
    Line::choice("rights", &options, 0, "on what ground they may be trained on")
}

pub fn rights_form(tracks: Vec<TrackId>, cx: &Cx<'_>) -> Overlay {
    let title = format!("Rights of {}", words::count(tracks.len(), "track", "tracks"));
    let mut line = rights_line();
    if let crate::tui::overlay::form::Field::Choice(options, at) = &mut line.field {
        options[0] = ("withdraw".to_owned(), "withdraw what was stated".to_owned());
        *at = 1;
    }
    let lines = vec![
        line,
        Line::text(
            "licence",
            "",
            Must::Anything,
            "for an open licence its SPDX name, as in CC-BY-4.0; for a private one the document",
        ),
        Line::text("stated by", &cx.setup.by, Must::With(0), "who states it"),
    ];
    let about = format!(
        "To state them says of each: {} {}",
        crate::domain::rights::NO_THIRD_PARTY,
        crate::domain::rights::NOT_ENOUGH
    );
    Overlay::Form(Form::new(&title, &about, lines, "state", Purpose::Rights(tracks)))
}

/// What is to stay of a track. Only times are kept: the file stays as it is.
pub fn trim_form(
    name: &DatasetName,
    track: &Track,
    stays: Option<(f64, f64)>,
    cx: &Cx<'_>,
) -> Overlay {
    let length_s = track.duration_s();
    let (from, to) = stays.unwrap_or((0.0, length_s));
    let end = Must::To { from: 0, least_s: cx.setup.limits.material_min_s, most_s: length_s };
    let lines = vec![
        Line::text(
            "from",
            &words::place(from),
            Must::From(length_s),
            "where it begins, as in 63.5 or 1:03.5; empty: the start",
        ),
        Line::text("to", &words::place(to), end, "where it ends; empty: the end"),
    ];
    let about = format!(
        "Only this stretch takes part in training from then on; from the start to the end ({}) it is \
         the whole track again. These two times are all that is kept: the file is not touched, and \
         level, key and sound stay those heard in the whole track. A loop ([ and ]) fills them in.",
        words::place(length_s)
    );
    let purpose = Purpose::Trim(name.clone(), track.track_id.clone(), length_s);
    Overlay::Form(Form::new(&format!("Trim {}", track.title), &about, lines, "trim", purpose))
}

pub fn train_form(name: &DatasetName, cx: &Cx<'_>) -> Overlay {
    let dataset = cx.facts.dataset(name);
    let count = dataset.map_or(0, |d| d.included().count());
    let length = dataset.map_or(0.0, crate::domain::dataset::Dataset::included_s);
    let unstated = dataset
        .map_or(0, |d| d.included().filter(|t| cx.facts.rights(&t.track_id) == "none").count());
    let mut about = format!(
        "Learns from {} of {name} ({}). Screening comes first.",
        words::count(count, "track", "tracks"),
        words::span(length)
    );
    if unstated > 0 {
        let _ = write!(about, " {unstated} have no statement of rights: training will refuse.");
    }
    let lines = vec![
        Line::text("name", name.as_str(), Must::Something, "what the finetune is called"),
        Line::text("genre", "", Must::Anything, "its main genre, in your words"),
        Line::text("tags", "", Must::Anything, "divided by commas"),
        Line::text("seed", "1", Must::Count, "the same seed learns the same"),
        Line::text(
            "hold out",
            "",
            Must::Count,
            "tracks kept unseen for testing; empty: by the size of the dataset",
        ),
    ];
    Overlay::Form(Form::new("Train", &about, lines, "train", Purpose::Train(name.clone())))
}
