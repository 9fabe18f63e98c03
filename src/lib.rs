//! leitmotif learns the sound of a musician's own tracks and writes new music in it.
//!
//! This page is the map: what lives where, which way things may depend, and what must stay true.
//! Each module's own page says what it is for and what it must never do.
//!
//! # One piece of work, end to end
//!
//! ```text
//! files ──import──▶ Hearing per track ──train──▶ Finetune ──generate──▶ Take ──evaluate──▶ Verdict
//!        audio,     listen, judge      engine     files     engine       store   judge
//!        listen     (fingerprints)     learn      in store  compose,
//!                                                           perform
//! ```
//!
//! *Import* decodes a file once, in blocks; [`listen`] keeps beats, key, chords, sections and the cuts
//! that a performance may use, [`judge`] keeps the fingerprint. Both go into one cached record, so
//! nothing is decoded twice. *Training* chooses excerpts, measures the artist's manner (tempo, form,
//! chord moves, groove, energy, production) and writes both as one finetune, with the proof of some test
//! takes: do they come nearer to the tracks than unseen tracks would? *Generation* reads the
//! prompt into a brief, the brief into a plan of sections, the plan into a score, and performs the
//! score with notes and strokes taken out of the artist's mixes, over a bed of short grains of them, or
//! with a General-MIDI bank or built-in synthesis where there is no finetune. *Evaluation* answers the two questions that matter: does it
//! sound like this artist, and is it a copy of any one track?
//!
//! # Layers
//!
//! A module names only its own layer and those above it in this list; `tests/layering.rs` reads the
//! sources and fails otherwise.
//!
//! | layer | what it is | what it must never do |
//! |---|---|---|
//! | [`domain`] | the words of the product as plain data | read a file, a clock or a random number |
//! | [`audio`] | decode, resample, transform, measure and encode samples | know about music |
//! | [`nn`] | small trained models and their weights | decide anything: it returns probabilities |
//! | [`listen`] | samples in, what is heard out | guess where nothing is heard: `None` is an answer |
//! | [`engine`] | learn, compose, perform | see [`judge`]: a maker must not mark its own work |
//! | [`judge`] | fingerprints, copy evidence, style ranks, variety | see [`engine`], or call anything "cleared" |
//! | [`store`] | files on disk and the index over them | keep a fact in the index alone |
//! | [`studio`] | use cases, jobs, events, preview | print, draw or read arguments |
//! | [`api`] | the owner's socket | change anything but a job's fate |
//! | [`cli`] | the commands | do work that another face would need too |
//! | [`tui`] | the screens | hold a fact of its own, or wait for anything in its loop |
//!
//! # Invariants
//!
//! - **Same request, same bytes.** Time, randomness and the environment come in as arguments: the clock
//!   is [`studio::clock`], the environment is read in [`studio::config`] and nowhere else, and every
//!   draw comes from a stream named after its purpose. Parallel work is reduced in a fixed order, so the
//!   number of threads changes nothing.
//! - **Files are the truth.** The index can be deleted at any time. A file is written beside its place,
//!   synced, then renamed; a folder with many files is filled elsewhere and moved in whole.
//! - **Bounds are types.** A performance can only play a `Cut` that the ledger of
//!   `engine::resident::perform::bounds` gave out; the ledger refuses cuts that are too long, too near
//!   to the one before, or that take a track over its share. What was given out is listed in the take.
//! - **Nothing is dropped silently.** A file that cannot come in leaves a verdict with a reason; a word
//!   of the prompt that was not understood is in `unknown_words`; a job that died says so at next start.
//! - **Nobody waits without an end.** Whatever takes time takes a [`domain::work::StopToken`] and reports
//!   to a [`domain::work::Observer`]; progress counts work done, never time passed.
//! - **A verdict carries its evidence** and the number of tracks it rests on. Layers that did not run are
//!   not claimed: without a finding, a verdict has a class only if all of them looked at every track.
//! - **Errors are typed inside** and become kind, message and hints in one place, [`studio::error`].
//!
//! # Where to start reading
//!
//! [`domain::plan`] and [`domain::verdict`] for the vocabulary, [`engine::Engine`] for the maker,
//! [`judge::verdict`] for the judge, [`studio::Studio`] for everything the program can do.

pub mod api;
pub mod audio;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod judge;
pub mod listen;
pub mod nn;
pub mod store;
pub mod studio;
pub mod tui;
