//! The owner's socket: what the process that owns a home is doing, for programs that ask.
//!
//! HTTP and JSON over `state/owner.sock`, which only its user can open. It shows what a headless
//! machine is monitored with: status, jobs, their events as they come, and it lets a job be stopped.
//! Objects are those of the command line. This layer must never change a dataset, a finetune or a
//! take, listen on a network, or keep the owner from its work when it cannot run.

mod routes;
mod server;

pub use server::{ApiError, Server, answer};
