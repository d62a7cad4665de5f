//! `netpolc query --batch`: lines in, lines out, in the same order.
//!
//! Lines are read in blocks; every processor answers its share of a block, and the shares are
//! written one after the other.

use super::is_stdin;
use crate::cli::inputs::read_stdin;
use crate::cli::{Exit, Failure, Terminal};
use crate::reach::Batch;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::thread;

/// No line of a batch is longer, in bytes.
const LONGEST_LINE: usize = 1 << 20;
/// How much is read before it is answered, in bytes.
const BLOCK: u64 = 4 << 20;
/// Less than this is not worth a thread, in bytes.
const SMALL: usize = 1 << 16;
/// More threads are of no use: lines are read and written by one.
const MOST_THREADS: usize = 16;

/// Answers all lines of a file; `batch` makes what answers on one thread.
pub(super) fn answer<'a>(
    file: &Path,
    batch: impl Fn() -> Batch<'a>,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let mut reader: Box<dyn BufRead> = if is_stdin(file) {
        // The answers go to the same terminal, which cannot be lent twice.
        Box::new(Cursor::new(read_stdin(terminal)?))
    } else {
        Box::new(BufReader::with_capacity(1 << 16, open(file)?))
    };
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut workers = vec![Worker::new(batch())];
    let (mut block, mut number, mut bad) = (Vec::new(), 0, false);
    loop {
        block.clear();
        read_block(&mut reader, &mut block)
            .map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
        if block.is_empty() {
            return Ok(if bad { Exit::CouldNot } else { Exit::Yes });
        }
        let wanted = (block.len() / SMALL).clamp(1, threads.min(MOST_THREADS));
        while workers.len() < wanted {
            workers.push(Worker::new(batch()));
        }
        share(&block, workers.get_mut(..wanted).unwrap_or_default());
        for worker in workers.iter_mut().take(wanted) {
            terminal.stdout.write_all(&worker.out)?;
            number += worker.lines;
            bad |= worker.bad;
            if worker.too_long {
                return Err(Failure::new(format!(
                    "{}: line {number} is longer than {LONGEST_LINE} bytes",
                    file.display()
                )));
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a batch is no input of the analysis: it is answered while it is read"
)]
fn open(file: &Path) -> Result<std::fs::File, Failure> {
    std::fs::File::open(file)
        .map_err(|error| Failure::new(format!("{} cannot be read: {error}", file.display())))
}

/// Some whole lines; nothing at the end. A line that is too long comes cut off.
fn read_block(reader: &mut dyn BufRead, block: &mut Vec<u8>) -> std::io::Result<()> {
    reader.take(BLOCK).read_to_end(block)?;
    if !block.is_empty() && !block.ends_with(b"\n") {
        let rest = u64::try_from(LONGEST_LINE).unwrap_or(u64::MAX);
        reader.take(rest).read_until(b'\n', block)?;
    }
    Ok(())
}

/// Gives every worker a part of the lines, in order.
fn share(block: &[u8], workers: &mut [Worker<'_>]) {
    let size = block.len() / workers.len().max(1) + 1;
    let mut rest = block;
    thread::scope(|scope| {
        let mut workers = workers.iter_mut().peekable();
        while let Some(worker) = workers.next() {
            let is_last = workers.peek().is_none();
            let part = if is_last {
                rest.len()
            } else {
                after_line(rest, size)
            };
            let (part, later) = rest.split_at_checked(part).unwrap_or((rest, &[]));
            rest = later;
            if is_last {
                worker.answer(part);
            } else {
                scope.spawn(move || worker.answer(part));
            }
        }
    });
}

/// The place behind the line that a byte lies in.
fn after_line(text: &[u8], byte: usize) -> usize {
    let later = text.get(byte..).unwrap_or_default();
    let end = later.iter().position(|b| *b == b'\n');
    end.map_or(text.len(), |end| byte + end + 1)
}

/// What answers on one thread, and what came out last.
struct Worker<'a> {
    batch: Batch<'a>,
    out: Vec<u8>,
    lines: u64,
    bad: bool,
    /// The last line is longer than any may be.
    too_long: bool,
}

impl<'a> Worker<'a> {
    fn new(batch: Batch<'a>) -> Self {
        Self {
            batch,
            out: Vec::new(),
            lines: 0,
            bad: false,
            too_long: false,
        }
    }

    fn answer(&mut self, text: &[u8]) {
        self.out.clear();
        (self.lines, self.bad, self.too_long) = (0, false, false);
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            self.lines += 1;
            if line.len() > LONGEST_LINE || (line.len() == LONGEST_LINE && !line.ends_with(b"\n")) {
                self.too_long = true;
                return;
            }
            if !line.trim_ascii().is_empty() {
                self.bad |= !self.batch.answer(line, &mut self.out);
                self.out.push(b'\n');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_end_with_lines() {
        let text = b"one\ntwo\nthree";
        assert_eq!(after_line(text, 0), 4);
        assert_eq!(after_line(text, 3), 4);
        assert_eq!(after_line(text, 4), 8);
        assert_eq!(after_line(text, 9), 13);
        assert_eq!(after_line(text, 99), 13);
    }

    #[test]
    fn blocks_end_with_lines_and_nothing_is_lost() {
        let text = "{\"from\":\"a/b\"}\n".repeat(600_000) + "last";
        let mut reader = Cursor::new(text.as_bytes());
        let mut all = Vec::new();
        loop {
            let mut block = Vec::new();
            read_block(&mut reader, &mut block).unwrap();
            if block.is_empty() {
                break;
            }
            assert!(block.ends_with(b"\n") || block.ends_with(b"last"));
            all.extend(block);
        }
        assert_eq!(all, text.as_bytes());
    }
}
