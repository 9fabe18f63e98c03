//! Other programs that hear, run by a Python script of this bench; answers may be kept.

use super::answer::Answer;
use super::cases::Case;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a peer said of a file.
pub struct Said {
    pub answer: Answer,
    /// Processor seconds by task.
    pub cpu_s: BTreeMap<String, f64>,
}

/// How peers are run.
pub struct Peers {
    /// `None`: only what is kept is used.
    pub python: Option<PathBuf>,
    /// Where answers are kept, by the BLAKE3 of the sound. To be emptied when the script changes.
    pub cache: Option<PathBuf>,
}

/// Every peer the script knows, should nobody be there to ask.
const ALL: [&str; 9] = [
    "librosa",
    "aubio",
    "essentia",
    "percival",
    "madmom",
    "madmom-piano",
    "basic-pitch",
    "chordino",
    "pitchperfect",
];

impl Peers {
    /// Peers to be asked, out of those wanted; missing ones are said.
    pub fn names(&self, wanted: &[String]) -> Vec<String> {
        let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
        let Some(python) = &self.python else {
            return ALL.iter().filter(|n| is_wanted(n)).map(|n| (*n).to_owned()).collect();
        };
        let out = Command::new(python).arg(script()).arg("--peers").output();
        let out = out.unwrap_or_else(|e| panic!("{}: {e}", python.display()));
        let mut names = Vec::new();
        for line in String::from_utf8_lossy(&out.stdout).lines() {
            let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
            let Some(name) = line["peer"].as_str().filter(|n| is_wanted(n)) else { continue };
            match line["missing"].as_str() {
                Some(why) => println!("{name} is not here: {why}"),
                None => names.push(name.to_owned()),
            }
        }
        names
    }

    /// What a peer says of each piece; `None` where nothing is known.
    pub fn ask(&self, name: &str, cases: &[Case]) -> Vec<Option<Said>> {
        let mut lines: Vec<Option<Value>> =
            cases.iter().map(|c| self.kept(name, c).and_then(|p| load(&p))).collect();
        let missing: Vec<usize> = (0..cases.len()).filter(|i| lines[*i].is_none()).collect();
        if let Some(python) = self.python.as_ref().filter(|_| !missing.is_empty()) {
            self.run(python, name, cases, &missing, &mut lines);
        }
        lines.into_iter().map(|line| line.map(|l| read(name, &l))).collect()
    }

    fn run(
        &self,
        python: &Path,
        name: &str,
        cases: &[Case],
        missing: &[usize],
        lines: &mut [Option<Value>],
    ) {
        let mut child = Command::new(python)
            .arg(script())
            .arg(name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a peer that was there can be run");
        let mut ask = child.stdin.take().expect("its input is piped");
        let mut said = BufReader::new(child.stdout.take().expect("its output is piped"));
        for &i in missing {
            let mut line = String::new();
            let asked = writeln!(ask, "{}\t{}", tasks(&cases[i]), cases[i].wav.display());
            if asked.and_then(|()| ask.flush()).is_err()
                || said.read_line(&mut line).unwrap_or(0) == 0
            {
                println!("{name} stopped at {}/{}", cases[i].set, cases[i].name);
                break;
            }
            lines[i] = serde_json::from_str(&line).ok();
            if let Some(path) = self.kept(name, &cases[i]) {
                let folder = path.parent().expect("a file has a folder");
                fs::create_dir_all(folder).expect("the cache can be made");
                fs::write(path, &line).expect("the cache can be written");
            }
        }
        drop(ask);
        let _ = child.wait();
    }

    fn kept(&self, name: &str, case: &Case) -> Option<PathBuf> {
        let sound = fs::read(&case.wav).ok()?;
        let hash = blake3::hash(&sound).to_hex();
        Some(self.cache.as_ref()?.join(name).join(format!("{}.json", &hash[..24])))
    }
}

/// What is asked of a peer: harmony and form only where they are known.
fn tasks(case: &Case) -> &'static str {
    if case.whole { "tempo,beats,bars,notes,key,chords,form" } else { "tempo,beats,bars,notes" }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/peers/hear.py")
}

fn load(path: &Path) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

fn read(name: &str, line: &Value) -> Said {
    for (task, why) in line["failed"].as_object().into_iter().flatten() {
        println!("{name} failed at {task} of {}: {why}", line["file"]);
    }
    let seconds = line["cpu_s"].as_object().into_iter().flatten();
    Said {
        answer: Answer::read(&line["heard"]),
        cpu_s: seconds.filter_map(|(task, s)| Some((task.clone(), s.as_f64()?))).collect(),
    }
}

/// Processor time of librosa's spectral front end on a file, per second of sound.
pub fn librosa_spectra(python: &Path, wav: &Path) -> Option<f64> {
    let out = Command::new(python).arg(script()).arg("--spectra").arg(wav).output().ok()?;
    let line: Value = serde_json::from_slice(&out.stdout).ok()?;
    Some(line["cpu_s"].as_f64()? / line["seconds"].as_f64()?)
}
