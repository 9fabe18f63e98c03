//! Classes on evidence that is made up: every rule of the table, and what is never said.

use super::super::recording::Kind;
use super::*;

fn id(n: u8) -> TrackId {
    TrackId::from_hash(&[n; 32], 1)
}

fn clear() -> Compared {
    let recording = RecordingEvidence { bits: Some(10.0), ..RecordingEvidence::default() };
    Compared { recording, tune: Ok(Likeness::default()), groove: None }
}

fn passage(bits: f64, landmarks: usize, start_s: f64) -> Passage {
    Passage {
        start_s,
        end_s: start_s + 10.0,
        track_start_s: 5.0,
        track_end_s: 15.0,
        bits,
        change_bits: 12.0,
        semitones: 2.0,
        tempo_ratio: 1.05,
        kind: Kind::AsItWas,
        landmarks,
        coverage: 0.9,
    }
}

fn recorded(bits: f64, landmarks: usize) -> Compared {
    let mut found = clear();
    found.recording.bits = Some(bits);
    found.recording.passages = vec![passage(bits, landmarks, 20.0)];
    found
}

fn tuned(eighths: f32, start_s: f64) -> Compared {
    let span = TuneSpan {
        eighths,
        start_s,
        end_s: start_s + 8.0,
        track_start_s: 0.0,
        track_end_s: 8.0,
        transposition: 3,
        tempo_ratio: 1.0,
    };
    let like = Likeness { part: eighths, spans: vec![span], ..Likeness::default() };
    Compared { tune: Ok(like), ..clear() }
}

fn notes() -> Notes {
    // No beat and no pitch: both layers have their answer.
    Notes { tune: Err(NotMeasured::NoPitch), groove: Err(NotMeasured::NoBeat) }
}

fn judged(found: &[Compared], own: &Own) -> CopyVerdict {
    let ids: Vec<TrackId> = (0..found.len()).map(|n| id(n as u8)).collect();
    let found: Vec<(&TrackId, Compared)> = ids.iter().zip(found.iter().cloned()).collect();
    verdict(&found, &notes(), 60.0, own)
}

fn own(bits: f64, eighths: f32) -> Own {
    let altered_bits = Some(bits);
    Own {
        bits: vec![bits, bits + 1.0],
        altered_bits,
        eighths: vec![eighths],
        tracks: 2,
        ..Own::default()
    }
}

#[test]
fn the_strongest_evidence_decides() {
    let lots = rules::SURE_EIGHTHS + 10.0;
    let all = [clear(), recorded(2.0, 50), recorded(6.0, 0), tuned(lots, 0.0)];
    let verdict = judged(&all, &own(9.0, 10.0));
    assert_eq!(verdict.class, Some(CopyClass::A));
    let classes: Vec<Option<CopyClass>> = verdict.evidence.iter().map(|e| e.class).collect();
    assert_eq!(classes, [Some(CopyClass::A), Some(CopyClass::B), Some(CopyClass::C)]);
    assert!((verdict.copied_s - 18.0).abs() < 1e-9, "{}", verdict.copied_s);
    assert!((verdict.copied_share - 0.3).abs() < 1e-9);
    assert!(verdict.words.contains("0:20-0:30"), "{}", verdict.words);
    assert_eq!((verdict.rank, verdict.of), (Some(1), 3));
}

#[test]
fn without_the_second_witness_it_is_altered_at_most() {
    assert_eq!(judged(&[recorded(2.0, 3)], &own(9.0, 0.0)).class, Some(CopyClass::B));
    let words = judged(&[recorded(6.0, 3)], &own(9.0, 0.0)).words;
    assert!(words.contains("+2 semitones, 5 % faster"), "{words}");
}

#[test]
fn what_the_tracks_share_themselves_is_no_altered_copy() {
    let verdict = judged(&[recorded(6.0, 3)], &own(5.5, 0.0));
    assert_eq!(verdict.class, Some(CopyClass::D));
    assert_eq!(verdict.copied_s, 0.0);
}

#[test]
fn shared_loops_are_shared_material() {
    let mut looped = clear();
    looped.recording.landmarks = 40;
    looped.recording.loop_reuse = Some((2.0, 5));
    looped.recording.landmark_spans = vec![(3.0, 9.0)];
    let verdict = judged(&[looped.clone()], &own(9.0, 0.0));
    assert_eq!((verdict.class, verdict.evidence.len()), (Some(CopyClass::D), 1));
    // A copy of a piece that repeats itself agrees as a whole.
    looped.recording.passages = recorded(6.0, 40).recording.passages;
    assert_eq!(judged(&[looped], &own(9.0, 0.0)).class, Some(CopyClass::B));
}

#[test]
fn a_tune_that_is_a_little_like_everything_is_like_nothing() {
    let lots = rules::SURE_EIGHTHS + 1.0;
    let scattered: Vec<Compared> = (0..5).map(|n| tuned(lots, 10.0 * f64::from(n))).collect();
    assert_eq!(judged(&scattered, &own(9.0, 0.0)).class, Some(CopyClass::D));
    let few = &scattered[..3];
    assert_eq!(judged(few, &own(9.0, 0.0)).class, Some(CopyClass::C));
}

#[test]
fn nothing_is_clear_before_every_layer_looked() {
    assert_eq!(judged(&[clear()], &own(9.0, 0.0)).class, Some(CopyClass::E));
    assert_eq!(judged(&[], &own(9.0, 0.0)).class, None);
    let mut dumb = clear();
    dumb.recording.bits = None;
    let verdict = judged(&[clear(), dumb], &own(9.0, 0.0));
    assert_eq!(verdict.class, None);
    assert!(verdict.reason.unwrap().contains(id(1).as_str()));
    assert!(!verdict.layers_checked.contains(&Layer::Audio));
    let stale = Compared { tune: Err(NotMeasured::OtherVersion), ..clear() };
    let verdict = judged(&[stale], &own(9.0, 0.0));
    assert!(verdict.class.is_none() && verdict.words.contains("another version"));
}

#[test]
fn a_rank_among_few_says_how_little_it_says() {
    let ranked = |tracks: usize| {
        let own = Own { bits: vec![9.0; tracks], ..own(9.0, 0.0) };
        judged(&[clear()], &own).words
    };
    assert!(ranked(8).ends_with("(rank 9 of 9; of so few that says little)"), "{}", ranked(8));
    assert!(ranked(9).ends_with("(rank 10 of 10)"), "{}", ranked(9));
    assert!(ranked(0).contains("so few tracks"), "{}", ranked(0));
}

#[test]
fn seconds_are_counted_once() {
    assert_eq!(union_s(vec![(5.0, 9.0), (0.0, 3.0), (2.0, 6.0), (2.5, 2.6)]), 9.0);
    assert_eq!(union_s(Vec::new()), 0.0);
}
