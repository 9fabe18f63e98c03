//! `config`: the settings that hold, and changing them.

use crate::cli::args::{Settings, SettingsAction};
use crate::cli::out::Out;
use crate::studio::StudioError;
use crate::studio::config::{Config, set};
use serde_json::json;

/// Runs the command.
pub fn run(config: &Config, args: &Settings, out: &Out) -> Result<u8, StudioError> {
    let file = config.home.config_file();
    let settings = match &args.action {
        SettingsAction::Show => config.settings.clone(),
        SettingsAction::Set { name, value } => set(&config.home, name, value)?,
    };
    if out.is_json() {
        out.value(&json!({ "file": file, "settings": settings }));
        return Ok(0);
    }
    if let SettingsAction::Set { name, value } = &args.action {
        out.say(&format!("{name} is {value} in {}", file.display()));
        return Ok(0);
    }
    let text = toml::to_string(&settings).map_err(|e| StudioError::Internal(e.to_string()))?;
    for line in text.lines() {
        out.line(line);
    }
    let there = if file.exists() { "" } else { " (not there: the defaults hold)" };
    out.say(&format!("{}{there}", file.display()));
    Ok(0)
}
