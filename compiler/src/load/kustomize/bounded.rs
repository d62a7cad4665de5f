//! Running another program for so long and for so much output and no more.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A build takes seconds; one that hangs is ended.
const LONGEST: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(10);
/// What is kept of error messages, in bytes.
const MESSAGES: u64 = 64 * 1024;

/// How a program ended.
pub(super) struct Done {
    pub succeeded: bool,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// Runs a program that is given nothing to read.
pub(super) fn output(mut command: Command, most: usize) -> Result<Done, String> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    let out = reader(child.stdout.take(), limit.saturating_add(1));
    let err = reader(child.stderr.take(), MESSAGES);
    let ended = wait(&mut child);
    // A pipe that is read no further would hold the program up, so it is ended before.
    let stdout = out.join().unwrap_or_default();
    let stderr = err.join().unwrap_or_default();
    let succeeded = ended.map_err(|error| error.to_string())?;
    match succeeded {
        None => Err(format!("it takes longer than {} s", LONGEST.as_secs())),
        Some(_) if stdout.len() > most => Err(format!("it writes more than {most} bytes")),
        Some(succeeded) => Ok(Done {
            succeeded,
            stdout,
            stderr,
        }),
    }
}

/// Reads up to a limit and drops the rest, so that the program can end.
fn reader(pipe: Option<impl Read + Send + 'static>, limit: u64) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let kept = pipe.by_ref().take(limit).read_to_end(&mut bytes);
            let _ = kept.and_then(|_| io::copy(&mut pipe, &mut io::sink()));
        }
        bytes
    })
}

/// Did it succeed? `None` when it was ended.
fn wait(child: &mut Child) -> io::Result<Option<bool>> {
    let until = Instant::now() + LONGEST;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if Instant::now() >= until {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(PAUSE);
    }
}
