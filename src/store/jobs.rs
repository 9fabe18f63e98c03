//! Jobs: `job.json` says where a job stands, `events.jsonl` how it got there.

use super::files::{append, make_dir, names, read_json, read_lines, remove_dir, write_json};
use super::index::Kind;
use super::lock::owner_of;
use super::{Store, StoreError};
use crate::domain::ids::JobId;
use crate::domain::job::{Event, EventKind, Job, JobState};

/// Jobs that were running when their process died are lost, and say so.
pub(super) fn bury_the_dead(
    store: &Store,
    at: &str,
    notes: &mut Vec<String>,
) -> Result<(), StoreError> {
    for mut job in store.jobs()? {
        if job.state.ended() {
            continue;
        }
        let events = store.events(job.job_id).unwrap_or_default();
        let last = events.last();
        job.reason = Some(lost_reason(&job, last));
        job.state = JobState::Lost;
        job.finished_at = Some(at.to_owned());
        if let Err(e) = store.put_job(&job) {
            // The next owner buries it.
            notes.push(e.to_string());
            continue;
        }
        let reason = job.reason.as_deref().unwrap_or_default();
        notes.push(format!("{} {} was interrupted: {reason}", job.kind.word(), job.job_id));
        let mut metrics = serde_json::Map::new();
        metrics.insert("state".to_owned(), "lost".into());
        let told = store.append_event(&Event {
            seq: last.map_or(0, |e| e.seq + 1),
            at: at.to_owned(),
            job_id: job.job_id,
            kind: EventKind::Finished,
            phase: last.and_then(|e| e.phase),
            progress: last.map_or(0.0, |e| e.progress),
            eta_s: None,
            metrics,
        });
        if let Err(e) = told {
            notes.push(e.to_string());
        }
    }
    Ok(())
}

/// Why a job is lost, how far it had come and how it goes on.
fn lost_reason(job: &Job, last: Option<&Event>) -> String {
    let (pid, id) = (job.pid, job.job_id);
    let at = match job.state {
        JobState::Queued => ", before its turn came".to_owned(),
        _ => last.map_or_else(String::new, |e| format!(", at {:.0} %", e.progress * 100.0)),
    };
    format!(
        "process {pid} ended before the job did{at}; what it had finished is kept, and jobs resume {id} \
         goes on from there"
    )
}

impl Store {
    pub(super) fn job_names(&self) -> Result<Vec<String>, StoreError> {
        let names = names(&self.home.jobs())?;
        Ok(names.into_iter().filter(|n| n.parse::<JobId>().is_ok()).collect())
    }

    pub(super) fn job_value(&self, name: &str) -> Result<Option<serde_json::Value>, StoreError> {
        let job: Option<Job> = read_json(&self.file_of(Kind::Jobs, name))?;
        Ok(job.and_then(|j| serde_json::to_value(j).ok()))
    }

    /// The number of the next job.
    pub fn next_job_id(&self) -> Result<JobId, StoreError> {
        let last = self.job_names()?.iter().filter_map(|n| n.parse::<JobId>().ok()).max();
        Ok(JobId(last.map_or(1, |j| j.0 + 1)))
    }

    /// Writes a job.
    pub fn put_job(&self, job: &Job) -> Result<(), StoreError> {
        self.must_own()?;
        let folder = self.home.job(job.job_id);
        make_dir(&folder)?;
        write_json(&folder.join("job.json"), job).inspect_err(|_| {
            // A job that never came to be takes no number. A folder with files stays.
            let _ = std::fs::remove_dir(&folder);
        })?;
        self.indexed(Kind::Jobs, &job.job_id.to_string(), Some(job));
        Ok(())
    }

    /// Logs an event.
    pub fn append_event(&self, event: &Event) -> Result<(), StoreError> {
        self.must_own()?;
        // Progress need not survive a power cut; where the job stands must.
        let sync = !matches!(event.kind, EventKind::Progress);
        append(&self.home.job(event.job_id).join("events.jsonl"), event, sync)
    }

    /// All jobs, oldest first. Damaged ones are passed over; [`Store::damaged`] names them.
    pub fn jobs(&self) -> Result<Vec<Job>, StoreError> {
        let mut all: Vec<Job> = match self.index() {
            Some(index) => index.all(Kind::Jobs)?,
            None => {
                let names = self.job_names()?;
                let read = |name: &String| -> Option<Job> {
                    let job: Job = read_json(&self.file_of(Kind::Jobs, name)).ok().flatten()?;
                    Some(self.if_alive(job))
                };
                names.iter().filter_map(read).collect()
            }
        };
        all.sort_by_key(|j| j.job_id);
        Ok(all)
    }

    /// One job.
    pub fn job(&self, id: JobId) -> Result<Job, StoreError> {
        let path = self.home.job(id).join("job.json");
        let job = read_json(&path)?
            .ok_or_else(|| StoreError::NotFound { what: "job", name: id.to_string() })?;
        Ok(if self.is_owner() { job } else { self.if_alive(job) })
    }

    /// To one who only looks, a job that cannot be running is lost already, although only the next
    /// owner writes it down.
    fn if_alive(&self, job: Job) -> Job {
        if job.state.ended() || owner_of(&self.home).is_some() {
            return job;
        }
        // It may have ended between the two looks.
        let path = self.home.job(job.job_id).join("job.json");
        let mut now: Job = read_json(&path).ok().flatten().unwrap_or(job);
        if !now.state.ended() {
            let events = self.events(now.job_id).unwrap_or_default();
            now.reason = Some(lost_reason(&now, events.last()));
            now.state = JobState::Lost;
        }
        now
    }

    /// A job's events, oldest first.
    pub fn events(&self, id: JobId) -> Result<Vec<Event>, StoreError> {
        read_lines(&self.home.job(id).join("events.jsonl"))
    }

    /// Leaves word that a job should stop, for the process that runs it. Needs no ownership: it is a
    /// message, not a change.
    pub fn ask_to_stop(&self, id: JobId) -> Result<(), StoreError> {
        super::files::write(&self.home.job(id).join("stop"), b"stop\n")
    }

    /// Whether somebody left word that a job should stop.
    pub fn asked_to_stop(&self, id: JobId) -> bool {
        self.home.job(id).join("stop").exists()
    }

    /// Leaves word that a job should rest, or go on; the last word holds. Needs no ownership.
    pub fn ask_to_rest(&self, id: JobId, rest: bool) -> Result<(), StoreError> {
        let word: &[u8] = if rest { b"pause\n" } else { b"resume\n" };
        super::files::write(&self.home.job(id).join("rest"), word)
    }

    /// Takes the word that was left about rest: whether the job should. It is moved away before it is
    /// read, so that a word which comes meanwhile is the next one.
    pub fn asked_to_rest(&self, id: JobId) -> Option<bool> {
        let (word, taken) = (self.home.job(id).join("rest"), self.home.job(id).join("rest.heard"));
        std::fs::rename(&word, &taken).ok()?;
        std::fs::read(&taken).ok().map(|text| text.starts_with(b"pause"))
    }

    /// Forgets a job that ended.
    pub fn remove_job(&self, id: JobId) -> Result<(), StoreError> {
        self.must_own()?;
        remove_dir(&self.home.job(id))?;
        self.indexed::<Job>(Kind::Jobs, &id.to_string(), None);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Home;
    use super::*;
    use crate::domain::dataset::Dataset;
    use crate::domain::ids::DatasetName;
    use crate::domain::job::JobKind;

    fn job(n: u64, state: JobState) -> Job {
        Job {
            job_id: JobId(n),
            kind: JobKind::Train,
            what: "test".into(),
            state,
            reason: None,
            pid: 99,
            queued_at: "2026-01-01T00:00:00Z".into(),
            started_at: None,
            finished_at: None,
            request: serde_json::Value::Null,
            result: None,
            continues: None,
        }
    }

    #[test]
    fn a_running_job_of_a_dead_process_is_lost_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        let store = Store::own(home.clone(), "test", "t0").unwrap();
        store.put_job(&job(1, JobState::Done)).unwrap();
        store.put_job(&job(2, JobState::Running)).unwrap();
        drop(store);
        let store = Store::own(home, "test", "t1").unwrap();
        let jobs = store.jobs().unwrap();
        assert_eq!((jobs[0].state, jobs[1].state), (JobState::Done, JobState::Lost));
        assert!(jobs[1].reason.as_ref().unwrap().contains("99"));
        assert_eq!(store.events(JobId(2)).unwrap()[0].kind, EventKind::Finished);
        assert_eq!(store.next_job_id().unwrap(), JobId(3));
    }

    #[test]
    fn everything_is_found_again_without_the_index() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        let store = Store::own(home.clone(), "test", "t0").unwrap();
        for n in 1..=3 {
            store.put_job(&job(n, JobState::Done)).unwrap();
            store
                .put_dataset(&Dataset::new(DatasetName::slug(&format!("set {n}")), "t".into()))
                .unwrap();
        }
        let (jobs, sets) = (store.jobs().unwrap(), store.datasets().unwrap());
        assert_eq!((jobs.len(), sets.len()), (3, 3));
        drop(store);
        std::fs::remove_dir_all(home.index()).unwrap();
        let store = Store::own(home.clone(), "test", "t1").unwrap();
        assert_eq!(
            (store.jobs().unwrap(), store.datasets().unwrap()),
            (jobs.clone(), sets.clone())
        );
        assert!(store.notes().iter().any(|n| n.contains("index")));
        drop(store);
        // A damaged index is made again as well.
        for entry in std::fs::read_dir(home.index()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::write(path, b"garbage").unwrap();
            }
        }
        let store = Store::own(home.clone(), "test", "t2").unwrap();
        assert_eq!((store.jobs().unwrap(), store.datasets().unwrap()), (jobs.clone(), sets));
        // A look sees the same while the owner lives.
        assert_eq!(Store::look(home.clone()).jobs().unwrap(), jobs);
        assert!(matches!(
            Store::look(home).put_job(&job(9, JobState::Done)),
            Err(StoreError::NotOwner)
        ));
    }
}
