//! The loop: takes one event, then all that wait, and draws when something changed.
//!
//! The only place where time, the terminal, signals and workers meet the app. Nothing here waits
//! for a disk or for the studio; what could is a question to a worker.

use super::app::{App, Effect, Leave};
use super::askers::Askers;
use super::event::{Event, Moment};
use super::inbox::Inbox;
use super::pace::Pace;
use super::terminal::{self, Guard};
use crate::domain::job;
use crate::studio::Studio;
use crossterm::event::EventStream;
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use futures::{Stream, StreamExt};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use std::future::poll_fn;
use std::io::{self, BufWriter, Stdout, Write};
use std::path::PathBuf;
use std::pin::Pin;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, mpsc};

/// Events that wait between the workers and the loop.
const CHANNEL: usize = 1_024;
/// Events that are taken before a frame is drawn.
const BATCH: usize = 4_096;

/// What the loop stands on.
pub struct Ground {
    /// The studio.
    pub studio: Arc<dyn Studio>,
    /// The terminal's guard.
    pub guard: Guard,
    /// The folder of logs.
    pub logs: PathBuf,
    /// The user's editor.
    pub editor: Option<String>,
    /// Most frames a second.
    pub frames: usize,
}

type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// What jobs said, shared with the thread that listens to them.
#[derive(Default)]
struct Mail {
    inbox: Mutex<Inbox>,
    came: Notify,
}

impl Mail {
    fn put(&self, event: job::Event) {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).put(event);
        self.came.notify_one();
    }

    fn take(&self) -> Vec<job::Event> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Signals that end the program or tell it that its terminal is gone.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Event {
        tokio::select! {
            _ = self.terminate.recv() => Event::Terminate,
            _ = self.interrupt.recv() => Event::Terminate,
            _ = self.hang_up.recv() => Event::HangUp,
        }
    }
}

/// Runs the app until it is left.
pub fn run(ground: &Ground, make: impl FnOnce((u16, u16)) -> App) -> io::Result<Leave> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let left = runtime.block_on(async {
        ground.guard.take(&ground.logs)?;
        Loop::new(ground, make)?.run().await
    });
    // Blocking reads of the terminal must not hold the program.
    runtime.shutdown_background();
    left
}

struct Loop<'a> {
    ground: &'a Ground,
    app: App,
    screen: Screen,
    askers: Askers,
    replies: mpsc::Receiver<Event>,
    mail: Arc<Mail>,
    input: Option<EventStream>,
    signals: Signals,
    pace: Pace,
    start: Instant,
    dirty: bool,
    keyed: bool,
}

impl<'a> Loop<'a> {
    fn new(ground: &'a Ground, make: impl FnOnce((u16, u16)) -> App) -> io::Result<Self> {
        let backend = CrosstermBackend::new(BufWriter::with_capacity(64 << 10, io::stdout()));
        let mut screen = Terminal::new(backend)?;
        afresh(&mut screen)?;
        let size = screen.size()?;
        let (send, replies) = mpsc::channel(CHANNEL);
        let askers = Askers::start(
            &ground.studio,
            Arc::new(move |reply| {
                // The loop is gone only when the program ends; the answer is then nobody's.
                let _ = send.blocking_send(Event::Reply(Box::new(reply)));
            }),
        )?;
        let mail = Arc::new(Mail::default());
        let (events, post) = (ground.studio.subscribe(), Arc::clone(&mail));
        std::thread::Builder::new().name("job events".to_owned()).spawn(move || {
            for event in events {
                post.put(event);
            }
        })?;
        Ok(Self {
            ground,
            app: make((size.width, size.height)),
            screen,
            askers,
            replies,
            mail,
            input: Some(EventStream::new()),
            signals: Signals::new()?,
            pace: Pace::new(ground.frames),
            start: Instant::now(),
            dirty: true,
            keyed: true,
        })
    }

    fn moment(&self) -> Moment {
        let unix = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Moment {
            mono_ms: self.start.elapsed().as_millis() as u64,
            unix_ms: unix.map_or(0, |d| d.as_millis() as u64),
        }
    }

    async fn run(mut self) -> io::Result<Leave> {
        let now = self.moment();
        let effects = self.app.start(now);
        if let Some(leave) = self.carry_out(effects)? {
            return Ok(leave);
        }
        loop {
            self.draw_if_due()?;
            let event = self.next().await;
            if let Some(leave) = self.live_through(event)? {
                return Ok(leave);
            }
            // Everything that waits comes before the next frame.
            for _ in 0..BATCH {
                let Some(event) = self.waiting().await else { break };
                if let Some(leave) = self.live_through(event)? {
                    return Ok(leave);
                }
            }
        }
    }

    fn live_through(&mut self, event: Event) -> io::Result<Option<Leave>> {
        self.keyed |= matches!(event, Event::Key(_) | Event::Paste(_) | Event::Resize(..));
        if let Event::Resize(..) = event {
            self.screen.autoresize()?;
        }
        self.dirty = true;
        let now = self.moment();
        let effects = self.app.handle(event, now);
        self.carry_out(effects)
    }

    fn draw_if_due(&mut self) -> io::Result<()> {
        let now = self.moment();
        if !self.dirty || self.pace.due(now.mono_ms, self.keyed) > now.mono_ms {
            return Ok(());
        }
        queue!(self.screen.backend_mut(), BeginSynchronizedUpdate)?;
        let app = &self.app;
        self.screen.draw(|frame| {
            if let Some(caret) = app.draw(frame.buffer_mut()) {
                frame.set_cursor_position(caret);
            }
        })?;
        queue!(self.screen.backend_mut(), EndSynchronizedUpdate)?;
        Write::flush(self.screen.backend_mut())?;
        self.pace.drew(now.mono_ms, self.keyed);
        (self.dirty, self.keyed) = (false, false);
        Ok(())
    }

    /// When to go on without an event: a frame that is due, or a moment the app asked for.
    fn deadline(&self) -> Option<Duration> {
        let now = self.moment().mono_ms;
        let frame = self.dirty.then(|| self.pace.due(now, self.keyed));
        let at = [frame, self.app.wake_at()].into_iter().flatten().min()?;
        Some(Duration::from_millis(at.saturating_sub(now)))
    }

    async fn next(&mut self) -> Event {
        loop {
            let deadline = self.deadline();
            let sleep = async {
                match deadline {
                    Some(after) => tokio::time::sleep(after).await,
                    None => std::future::pending().await,
                }
            };
            let input = async {
                match &mut self.input {
                    Some(input) => input.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                event = self.signals.next() => return event,
                input = input => match input {
                    Some(Ok(input)) => {
                        if let Some(event) = terminal::event(input) {
                            return event;
                        }
                    }
                    // A terminal that cannot be read is gone.
                    Some(Err(_)) | None => {
                        self.input = None;
                        return Event::HangUp;
                    }
                },
                Some(event) = self.replies.recv() => return event,
                () = self.mail.came.notified() => {
                    let events = self.mail.take();
                    if !events.is_empty() {
                        return Event::Jobs(events);
                    }
                }
                () = sleep => return Event::Wake,
            }
        }
    }

    /// An event that waits already.
    async fn waiting(&mut self) -> Option<Event> {
        if let Some(input) = &mut self.input {
            // With the loop's own waker: the stream wakes only the one it was asked with first.
            while let Poll::Ready(Some(Ok(input))) =
                poll_fn(|cx| Poll::Ready(Pin::new(&mut *input).poll_next(cx))).await
            {
                if let Some(event) = terminal::event(input) {
                    return Some(event);
                }
            }
        }
        if let Ok(event) = self.replies.try_recv() {
            return Some(event);
        }
        let events = self.mail.take();
        (!events.is_empty()).then_some(Event::Jobs(events))
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> io::Result<Option<Leave>> {
        for effect in effects {
            match effect {
                Effect::Ask(question) => self.askers.put(question),
                Effect::Redraw => afresh(&mut self.screen)?,
                Effect::Copy(text) => {
                    let out = self.screen.backend_mut();
                    out.write_all(terminal::clipboard(&text).as_bytes())?;
                    Write::flush(out)?;
                }
                Effect::Suspend => self.suspend()?,
                Effect::Editor(text) => {
                    let edited = self.edit(&text);
                    self.come_back()?;
                    let now = self.moment();
                    let effects = self.app.handle(Event::Edited(edited), now);
                    if let Some(leave) = self.carry_out(effects)? {
                        return Ok(Some(leave));
                    }
                }
                Effect::Quit(leave) => {
                    if leave == Leave::Silent {
                        self.ground.guard.abandon();
                    }
                    return Ok(Some(leave));
                }
                Effect::Panic => fail(),
            }
        }
        Ok(None)
    }

    /// Gives the terminal back and stops like any program does; `fg` brings it back.
    fn suspend(&mut self) -> io::Result<()> {
        self.input = None;
        self.ground.guard.give_back();
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        self.come_back()
    }

    fn come_back(&mut self) -> io::Result<()> {
        self.ground.guard.take(&self.ground.logs)?;
        self.input = Some(EventStream::new());
        afresh(&mut self.screen)?;
        let size = self.screen.size()?;
        let now = self.moment();
        let effects = self.app.handle(Event::Resize(size.width, size.height), now);
        (self.dirty, self.keyed) = (true, true);
        // A size alone asks for nothing that ends the program.
        self.carry_out(effects).map(|_| ())
    }

    /// Lets the person write a text in an editor of theirs. The loop stands still meanwhile, as
    /// the person does; jobs go on.
    fn edit(&mut self, text: &str) -> Option<String> {
        let editor = self.ground.editor.clone().unwrap_or_else(|| "vi".to_owned());
        self.input = None;
        self.ground.guard.give_back();
        let path = self.ground.logs.join(format!("prompt-{}.txt", std::process::id()));
        std::fs::write(&path, text).ok()?;
        let mut words = editor.split_whitespace();
        let status = Command::new(words.next().unwrap_or("vi")).args(words).arg(&path).status();
        let edited = std::fs::read_to_string(&path).ok();
        let _ = std::fs::remove_file(&path);
        edited.filter(|_| status.is_ok_and(|s| s.success()))
    }
}

/// Empties the screen, so that the next frame is drawn whole. Clearing it the usual way asks the
/// terminal where its cursor is, and the answer would be fought over with the input stream.
fn afresh(screen: &mut Screen) -> io::Result<()> {
    let size = screen.size()?;
    screen.resize(Rect::new(0, 0, size.width, size.height))
}

#[expect(clippy::panic, reason = "a test of what a fault of the program leaves behind")]
fn fail() {
    panic!("asked to fail");
}
