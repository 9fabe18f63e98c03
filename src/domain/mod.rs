//! The words of the product as plain data: ids, listenings, datasets, briefs, plans, scores,
//! takes, verdicts, jobs and their events.
//!
//! Everything here can be cloned, compared and serialised. This layer must never do IO, read a
//! clock, draw a random number or depend on another layer: what it says has to mean the same in a
//! test, in a file and on a screen.

pub mod aspects;
pub mod brief;
pub mod dataset;
pub mod finetune;
pub mod ids;
pub mod job;
pub mod limits;
pub mod listening;
pub mod paths;
pub mod pitch;
pub mod plan;
pub mod rights;
pub mod score;
pub mod take;
pub mod time;
pub mod track;
pub mod verdict;
pub mod work;
