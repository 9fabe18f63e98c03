//! Sessions by keys over a studio that is made up: what a person does on each screen.

use crate::fake::{Fake, event, finetune, job, train_work};
use crate::session::{Session, plain};
use leitmotif::domain::job::{EventKind, JobState};
use leitmotif::tui::app::Leave;
use leitmotif::tui::cx::Tab;
use leitmotif::tui::event::Event;
use leitmotif::tui::keymap::Keymap;
use serde_json::json;

const SIZE: (u16, u16) = (120, 36);

fn session() -> Session {
    Session::new(Fake::with_music(), SIZE)
}

#[test]
fn thousands_of_tracks_are_gone_through() {
    let mut s = Session::new(Fake::with_tracks(3_000), SIZE);
    s.shows("3000 tracks")
        .keys("s n G")
        .shows("track 02999")
        .keys("g g ctrl-d ctrl-d")
        .shows("track 00021");
    s.keys("/").type_in("bpm>130").shows("of 3000").keys("enter s t");
}

#[test]
fn an_empty_home_says_what_to_do() {
    let mut s = Session::new(Fake::default(), SIZE);
    s.shows("Nothing here yet").shows("import a folder").shows(":tour");
    s.keys("n").keys("i").type_in("/music/new songs").keys("tab").type_in("first");
    s.keys("tab right tab tab enter");
    let did = s.studio.did();
    assert!(did[0].starts_with("submit import"), "{did:?}");
    s.shows("begins");
}

#[test]
fn dropped_files_open_the_form_of_an_import() {
    let mut s = session();
    s.event(Event::Paste("'/music/a b.wav' /music/c.wav".to_owned()));
    s.shows("Import").shows("/music/a b.wav");
    s.keys("esc").hides("Rights are asked once");
    s.event(Event::Paste("just words".to_owned()));
    s.shows("paths of music begin with /");
}

#[test]
fn tracks_are_filtered_sorted_and_marked() {
    let mut s = session();
    s.keys("/").type_in("pad not:glass").shows("7 of 16");
    s.keys("enter n esc").shows("all tracks 16");
    s.keys("g g n").shows("warm pad").keys("N");
    s.keys("s l").shows("by length").keys("s s").shows("turned round");
    s.keys("g g space space").shows("2 marked");
    s.keys("v j j v").shows("marked");
    s.keys("esc").hides("marked");
    s.keys("/").type_in("bpn>3").keys("enter").shows("bpn");
}

#[test]
fn decisions_are_made_and_taken_back() {
    let mut s = session();
    s.keys("h j j l").shows("pads 12");
    s.keys("g g x").type_in("too loud").keys("enter").shows("left out");
    s.keys("u").shows("taken back");
    let before = s.studio.did().len();
    s.keys("R enter").shows("state").keys("tab tab tab enter");
    assert!(s.studio.did().len() > before);
    s.keys("c").type_in("my set").keys("enter").shows("my-set");
    s.keys("S").shows("all tracks have a statement of rights");
}

#[test]
fn problems_are_gone_through_one_by_one() {
    let mut s = session();
    s.keys("t").shows("Triage: 1 of").shows("K keep");
    let left = |s: &Session| {
        let screen = s.screen();
        let at = screen.find("Triage: ").unwrap();
        screen[at..].split(" of ").nth(1).unwrap().split(' ').next().unwrap().to_owned()
    };
    let first: usize = left(&s).parse().unwrap();
    s.keys("K");
    assert_eq!(left(&s).parse::<usize>().unwrap(), first - 1);
    s.keys("u");
    assert_eq!(left(&s).parse::<usize>().unwrap(), first);
    s.keys("g g s").shows("Triage: 2 of");
    s.keys("x enter");
    assert_eq!(left(&s).parse::<usize>().unwrap(), first - 1);
    // A loop, or what a problem leaves, is what stays of a track.
    s.keys("tab tab l l l [ l l l l l l ] C").shows("the file is not touched");
    s.keys("tab ctrl-u").type_in("9:00").keys("enter").shows("the track ends at");
    s.keys("ctrl-u").type_in("0:20").keys("enter").hides("the file is not touched");
    assert!(s.studio.did().iter().any(|d| d.contains("trim")), "{:?}", s.studio.did());
    s.keys("esc").hides("Triage:");
}

#[test]
fn a_waveform_has_a_cursor_a_loop_and_sections() {
    let mut s = session();
    s.keys("shift-tab shift-tab } O").shows(" of 0:30").keys("w");
    s.keys("z i z i z o z z . . ,");
    assert!(s.studio.did().iter().any(|d| d.starts_with("excerpt")));
    s.keys("p").shows("Nothing to hear with").shows("y   copies the path").keys("esc y");
    assert!(s.copied[0].starts_with("/music/"), "{:?}", s.copied);
    s.keys("a").shows("Compare").keys("enter").shows("A:").keys("a").shows("B:");
}

#[test]
fn diagnostics_show_findings_and_act_on_them() {
    let mut s = session();
    s.keys("h j j l 2").shows("12 of them are worth 5.2").shows("shows 61 %").shows("take");
    s.shows("same recording").keys("x").wait(9_000).hides("same recording");
    assert!(s.studio.did().iter().any(|d| d.contains("exclude")));
    s.shows("changed since").keys("u").keys("R").shows("same recording");
    s.keys("m").keys("tab j l k h").keys("enter");
    assert!(matches!(s.app.tab(), Tab::Library | Tab::Generate));
    s.keys("2 D").shows("Look at").type_in("drums").keys("enter").shows("drums");
}

#[test]
fn jobs_are_watched_paused_stopped_and_asked_again() {
    let mut s = session();
    s.keys("3").shows("j3").shows("running").shows("loss");
    s.jobs_say(vec![event(3, 90, EventKind::Progress, 0.42, json!({}))]);
    s.shows("42 %").shows("1:35 to go");
    s.keys("P");
    s.jobs_say(vec![event(3, 91, EventKind::Log, 0.42, json!({ "paused": true }))]);
    s.shows("paused").keys("c").shows("Stop j3?").keys("enter").hides("Stop j3?");
    assert!(!s.studio.did().contains(&"stop j3".to_owned()), "enter alone stops nothing");
    s.keys("c y");
    let did = s.studio.did();
    assert!(did.contains(&"pause j3 true".to_owned()) && did.contains(&"stop j3".to_owned()));
    s.studio.state.lock().unwrap().jobs[2].state = JobState::Stopped;
    s.jobs_say(vec![event(3, 92, EventKind::Finished, 0.42, json!({ "state": "stopped" }))]);
    s.shows("stopped").keys("g g j j r");
    assert!(s.studio.did().iter().any(|d| d.starts_with("submit train")), "{}", s.screen());
    s.keys("G L").shows("Log of").keys("esc D y").hides("failed!");
}

#[test]
fn a_list_that_cannot_be_read_for_a_moment_keeps_its_rows_and_its_cursor() {
    let mut s = session();
    s.keys("3 :").type_in("jobs j1").keys("enter").shows("─ j1 ").shows("j3");
    s.studio.state.lock().unwrap().unreadable = true;
    s.jobs_say(vec![event(3, 93, EventKind::Finished, 1.0, json!({ "state": "done" }))]);
    s.shows("list of jobs").shows("─ j1 ").shows("j3").keys("esc");
    s.studio.state.lock().unwrap().unreadable = false;
    s.jobs_say(vec![event(3, 94, EventKind::Finished, 1.0, json!({ "state": "done" }))]);
    s.shows("─ j1 ").shows("j3");
}

#[test]
fn a_prompt_becomes_takes_and_takes_are_judged() {
    let mut s = session();
    s.keys("4 F").type_in("glass").keys("enter").shows("in the sound of glass");
    s.keys("i")
        .type_in("slow blorpy piece")
        .shows("tempo factor 0.82")
        .shows("blorpy")
        .shows("82.0 BPM");
    s.keys("alt-enter");
    assert!(s.studio.did().iter().any(|d| d.starts_with("submit generate")));
    s.keys("+ + + -").shows("★★").keys("K").shows("kept").keys("W").shows("Is it a copy?");
    s.keys("esc X").keys("enter").shows("written to").keys("V a").shows("Nothing to hear with");
    s.keys("esc a").shows("B: tape choir").keys("H").shows("Earlier prompts").keys("esc");
    s.keys("x").shows("Delete the take?").keys("n").keys("x y");
    assert!(s.studio.did().contains(&"delete a take".to_owned()));
    s.keys("i up").shows("slow glass pad").keys("esc E").shows("climax");
}

/// A training that is asked for now ends with a finetune of this number and name.
fn learn(s: &mut Session, n: u8, name: &str, meanwhile: &str) {
    s.keys("1 T enter");
    let job = {
        let mut state = s.studio.state.lock().unwrap();
        let made = finetune(n, name);
        let job = state.jobs.last_mut().unwrap();
        (job.state, job.result) =
            (JobState::Done, Some(json!({ "finetune_id": made.finetune_id })));
        let id = job.job_id.0;
        state.finetunes.push(made);
        id
    };
    s.keys(meanwhile);
    s.jobs_say(vec![event(job, 9, EventKind::Finished, 1.0, json!({ "state": "done" }))]);
}

#[test]
fn what_was_learned_last_is_written_with_unless_another_was_chosen() {
    let mut s = session();
    s.keys("4").shows("in the sound of the base");
    learn(&mut s, 2, "second", "4");
    s.shows("in the sound of second").keys("i").type_in("calm").keys("alt-enter");
    assert!(s.studio.did().iter().any(|d| d.contains("ft_01JD0000000000000000000002")));
    s.keys("4 F").type_in("glass").keys("enter");
    learn(&mut s, 3, "third", "4");
    s.shows("in the sound of third");
    learn(&mut s, 4, "fourth", "4 F b a s e enter");
    s.shows("in the sound of the base");
}

#[test]
fn a_take_that_is_being_made_is_said_with_its_progress() {
    let fake = Fake::with_music();
    fake.state.lock().unwrap().takes.clear();
    let mut s = Session::new(fake, SIZE);
    s.keys("4").shows("no take yet").keys("i").type_in("calm").keys("alt-enter");
    s.hides("no take yet").shows("waits for its turn").shows("1 being made");
    s.jobs_say(vec![
        event(5, 1, EventKind::Started, 0.0, json!({})),
        event(5, 2, EventKind::Progress, 0.42, json!({})),
    ]);
    s.shows("being made: \"calm\"").shows("42 %").shows("about 1:35 to go");
}

#[test]
fn a_prompt_that_was_just_typed_is_planned_behind_another_screen() {
    let mut s = session();
    s.keys("4 i").event(Event::Key(leitmotif::tui::keys::Key::char('x')));
    s.event(Event::Key(leitmotif::tui::keys::Key::plain(leitmotif::tui::keys::Code::Esc)));
    s.event(Event::Key(leitmotif::tui::keys::Key::char('1')));
    s.wait(1_000).keys("4").shows("82.0 BPM");
}

#[test]
fn settings_are_changed_and_checked() {
    let mut s = session();
    s.keys("4 i").type_in("calm").keys("tab").hides("INSERT").keys("esc");
    s.keys("j l").shows("1:10").keys("enter").keys("ctrl-u").type_in("9999").keys("enter");
    s.shows("expected");
}

#[test]
fn every_action_is_found_by_name_and_every_key_in_help() {
    let mut s = session();
    s.keys(":").type_in("theme nocturne").keys("enter").shows("theme = \"nocturne\"");
    s.keys(":").type_in("glyphs ascii").keys("enter");
    assert!(s.screen().is_ascii());
    s.keys("?").shows("Keys of Library").type_in("leave out").shows("x").keys("esc");
    s.keys("g").wait(400).shows("what was said so far").keys("esc g m").shows("Messages");
    s.keys("q g q").shows("does nothing here");
}

#[test]
fn the_tour_goes_on_by_doing() {
    let mut s = session();
    s.keys(":").type_in("tour").keys("enter").shows("Tour 1 of 10");
    s.keys("i esc").shows("Tour 2 of 10").keys("tab").shows("Tour 3 of 10");
    s.keys("esc").hides("Tour 3").shows("the tour is over");
    s.keys(":").type_in("tour").keys("enter");
    for step in 2..=10 {
        s.keys(":").type_in("tour").keys("enter").shows(&format!("Tour {step} of 10"));
    }
    s.keys(":").type_in("tour").keys("enter").hides("Tour 10");
}

#[test]
fn leaving_asks_while_jobs_run() {
    let mut s = session();
    s.keys("q").shows("Leave?").keys("enter");
    assert_eq!(s.left, None);
    s.keys("ctrl-c ctrl-c").shows("Leave?").keys("f");
    assert_eq!(s.left, Some(Leave::Follow));
    let mut s = Session::new(Fake::default(), SIZE);
    s.keys("q");
    assert_eq!(s.left, Some(Leave::Now));
    s.event(Event::Terminate);
    assert_eq!(s.left, Some(Leave::Terminated));
    s.event(Event::HangUp);
    assert_eq!(s.left, Some(Leave::Silent));
}

#[test]
fn one_who_looks_on_changes_nothing_and_is_told_why() {
    let mut s = Session::new(Fake { looks_on: true, ..Fake::with_music() }, SIZE);
    s.shows("looking on").keys("x").shows("only looks on").keys("T").shows("only looks on");
    assert!(s.studio.did().is_empty());
}

#[test]
fn own_keys_are_shown_wherever_keys_are() {
    let (keymap, faults) = Keymap::with("[library]\nexclude = \"E\"\n");
    assert!(faults.is_empty());
    let mut s = Session::with(Fake::with_music(), SIZE, plain(), keymap);
    s.shows("E leave out").keys("E").shows("Leave out 1 track");
}

#[test]
fn a_million_words_of_jobs_weigh_nothing() {
    let mut s = session();
    s.keys("3");
    let mut heaviest = 0;
    for round in 0..1_000u64 {
        let events = (0..1_000u64).map(|n| {
            let seq = 100 + round * 1_000 + n;
            event(3, seq, EventKind::Log, 0.5, json!({ "message": "step", "loss": 0.5 }))
        });
        s.jobs_say(events.collect());
        s.wait(20);
        heaviest = heaviest.max(s.app.weight());
    }
    assert!(heaviest < 6_000, "{heaviest}");
    s.keys("1 3").shows("step");
    let _ = train_work();
}

#[test]
fn a_job_that_was_interrupted_says_so_and_is_gone_on_with_by_one_key() {
    let fake = Fake::with_music();
    {
        let mut state = fake.state.lock().unwrap();
        state.jobs.truncate(1);
        let mut lost = job(2, JobState::Lost, &train_work());
        lost.reason = Some("process 4711 ended before the job did, at 40 %".to_owned());
        state.jobs.push(lost);
    }
    let mut s = Session::new(fake, (120, 36));
    s.shows("1 job was interrupted: 3 r goes on").shows("3 Jobs!");
    // It stands above what is over, and the cursor is on it.
    s.keys("3").shows("interrupted!").shows("ended before the job did").shows("r goes on with it");
    s.keys("r").shows("j3 begins, going on with j2: train");
    s.hides("interrupted!").hides("was interrupted:").shows("went on");
    assert!(s.studio.did().iter().any(|d| d.starts_with("submit train")));
    s.keys("j").shows("j3 goes on with it.").keys("r").shows("goes on with it already");
}

#[test]
fn what_was_written_stays_where_a_form_is_refused() {
    let mut s = session();
    s.keys("i").type_in("~/songs");
    // An open licence needs its name.
    s.keys("tab tab l l l l enter").shows("~/songs").shows("SPDX");
    assert!(!s.studio.did().iter().any(|d| d.starts_with("submit import")));
    s.keys("tab").type_in("CC-BY-4.0").keys("enter");
    assert!(
        s.studio.did().iter().any(|d| d == "submit import songs into songs"),
        "{:?}",
        s.studio.did()
    );
    let state = s.studio.state.lock().unwrap();
    let asked = &state.jobs.last().unwrap().request;
    assert_eq!(asked["paths"][0], "/home/ada/songs");
}

#[test]
fn a_matched_passage_is_heard_on_either_side() {
    let mut s = session();
    s.keys("4 tab tab tab j W").shows("passage 1 of 2").shows("A tk_").shows("B tape choir");
    s.shows("0:12.0 to 0:24.0").shows("0:30.0 to 0:42.6").shows("+2 semitones, 5 % faster");
    // Without a device the ways to hear it are told first, over the evidence.
    s.keys("p esc").shows("passage 1 of 2");
    s.keys("a").shows("B: tape choir at 0:30.0").keys("a").shows("at 0:12.0");
    s.keys("j tab p");
    let played: Vec<String> =
        s.studio.did().into_iter().filter(|d| d.starts_with("play")).collect();
    let ends: Vec<bool> = [
        ("/audio.wav", "12.0"),
        ("/music/tape choir.flac", "30.0"),
        ("/audio.wav", "12.0"),
        ("/music/grain pad.flac", "1.0"),
    ]
    .iter()
    .zip(&played)
    .map(|((file, at), did)| did.contains(file) && did.contains(&format!(" {at} ")))
    .collect();
    assert_eq!((played.len(), ends), (4, vec![true; 4]), "{played:?}");
    s.shows("passage 2 of 2").keys("q").hides("passage 2 of 2");
}

#[test]
fn near_pairs_are_seen_heard_and_acted_on() {
    let mut s = session();
    s.keys("2").shows("near pair: grain pad and bell wash: one recording (-1 semitones)");
    s.shows("near pair: noise pad and tape choir: no passage in common");
    // The advice, two problems, then the pair.
    s.keys("j j j enter").shows("Why the two are near").shows("A grain pad").shows("B bell wash");
    s.keys("a esc a").shows("B: bell wash at 0:08.0").keys("q").hides("Why the two are near");
    s.keys("x");
    let did = s.studio.did();
    assert!(did.iter().any(|d| d.contains("exclude")), "{did:?}");
    let played: Vec<&String> = did.iter().filter(|d| d.starts_with("play")).collect();
    assert!(played[0].contains("grain pad") && played[0].contains(" 4.0 "), "{played:?}");
    assert!(played[1].contains("bell wash") && played[1].contains(" 8.0 "), "{played:?}");
}

#[test]
fn the_plane_holds_tracks_and_takes_and_says_where_each_lies() {
    let mut s = session();
    s.keys("2 o").shows("Style and nearness").shows("as near as two tracks come to each other");
    s.hides("not measured").shows("nearest recording");
    let mut seen = std::collections::BTreeSet::new();
    for key in ["l", "j", "l", "k", "h", "h", "j", "k", "l", "l"] {
        s.keys(key);
        let screen = s.screen();
        let (column, _) = screen.match_indices('@').next().expect("the cursor is in sight");
        seen.insert(column);
    }
    assert!(seen.len() > 3, "the cursor goes from point to point");
    s.keys("o").shows("Map of the sound");
}
