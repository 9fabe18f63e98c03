//! The screens: a face of the studio for a terminal.
//!
//! One closed list of events, one loop that reads it, one app whose state they change, screens that
//! own their cursors, drawing that only reads. Whatever may wait for a disk goes to a worker and
//! comes back as an answer with a number. This layer must never hold a fact of its own, print while
//! the screens are up, or block its loop.

pub mod actions;
pub mod app;
pub mod ask;
pub mod askers;
pub mod cx;
pub mod draw;
pub mod editor;
pub mod event;
pub mod facts;
pub mod filter;
pub mod glyphs;
pub mod inbox;
pub mod keymap;
pub mod keys;
pub mod list;
pub mod messages;
pub mod overlay;
pub mod pace;
pub mod place;
pub mod player;
mod run;
pub mod screens;
mod start;
mod terminal;
pub mod text;
pub mod theme;
pub mod tour;
pub mod words;

pub use start::run;
