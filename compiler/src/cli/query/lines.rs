//! `netpolc query --batch`: lines in, lines out, in the same order.
//!
//! Lines are read in blocks. Every processor answers blocks of its own in turn, while this thread
//! reads the next ones and writes what is answered.

use super::is_stdin;
use crate::cli::inputs::read_stdin;
use crate::cli::{Exit, Failure, Terminal};
use crate::reach::Batch;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, Scope};

/// No line of a batch is longer, in bytes.
const LONGEST_LINE: usize = 1 << 20;
/// How much one processor answers at a time, in bytes: its answers, seven times as long, stay in
/// the processor's cache until they are written.
const BLOCK: u64 = 1 << 17;
/// More threads are of no use: lines are read and written by one.
const MOST_THREADS: usize = 16;
/// Blocks on their way per thread: one is answered while the other one waits.
const WAITING: usize = 2;

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
    let bad = thread::scope(|scope| {
        let mut pool = Pool::new(threads.min(MOST_THREADS));
        let (mut number, mut bad) = (0, false);
        loop {
            while let Some(mut block) = pool.free() {
                read_block(&mut reader, &mut block.text)
                    .map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
                if block.text.is_empty() {
                    pool.ended = true;
                } else {
                    pool.send(block, || Lane::new(scope, batch()));
                }
            }
            let Some(block) = pool.next() else {
                return Ok::<bool, Failure>(bad);
            };
            terminal.stdout.write_all(&block.out)?;
            number += block.lines;
            bad |= block.bad;
            if block.too_long {
                return Err(Failure::new(format!(
                    "{}: line {number} is longer than {LONGEST_LINE} bytes",
                    file.display()
                )));
            }
            pool.idle.push(block);
        }
    })?;
    Ok(if bad { Exit::CouldNot } else { Exit::Yes })
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

/// Some lines and their answers.
#[derive(Default)]
struct Block {
    text: Vec<u8>,
    out: Vec<u8>,
    lines: u64,
    bad: bool,
    /// The last line is longer than any may be.
    too_long: bool,
}

impl Block {
    fn answer(&mut self, batch: &mut Batch<'_>) {
        self.out.clear();
        (self.lines, self.bad, self.too_long) = (0, false, false);
        for line in self.text.split_inclusive(|byte| *byte == b'\n') {
            self.lines += 1;
            if line.len() > LONGEST_LINE || (line.len() == LONGEST_LINE && !line.ends_with(b"\n")) {
                self.too_long = true;
                return;
            }
            if !line.trim_ascii().is_empty() {
                self.bad |= !batch.answer(line, &mut self.out);
                self.out.push(b'\n');
            }
        }
    }
}

/// A thread that answers blocks in the order in which it gets them.
struct Lane {
    asked: Sender<Block>,
    answered: Receiver<Block>,
}

impl Lane {
    /// The thread ends when nobody can ask it any more.
    fn new<'scope>(scope: &'scope Scope<'scope, '_>, mut batch: Batch<'scope>) -> Self {
        let (asked, questions) = channel::<Block>();
        let (answers, answered) = channel();
        scope.spawn(move || {
            for mut block in questions {
                block.answer(&mut batch);
                if answers.send(block).is_err() {
                    return;
                }
            }
        });
        Self { asked, answered }
    }
}

/// Lanes, which are started one by one as blocks come, and blocks on their way.
struct Pool {
    lanes: Vec<Lane>,
    threads: usize,
    /// How many blocks were sent: each goes to the next lane.
    sent: usize,
    /// The lanes of the blocks on their way, in order.
    waiting: VecDeque<usize>,
    idle: Vec<Block>,
    /// There is nothing more to read.
    ended: bool,
}

impl Pool {
    fn new(threads: usize) -> Self {
        Self {
            lanes: Vec::new(),
            threads,
            sent: 0,
            waiting: VecDeque::new(),
            idle: Vec::new(),
            ended: false,
        }
    }

    /// An empty block, while there is something to read and not too much on its way.
    fn free(&mut self) -> Option<Block> {
        if self.ended || self.waiting.len() >= self.threads * WAITING {
            return None;
        }
        let mut block = self.idle.pop().unwrap_or_default();
        block.text.clear();
        Some(block)
    }

    fn send(&mut self, block: Block, lane: impl FnOnce() -> Lane) {
        let at = self.sent % self.threads;
        if at == self.lanes.len() {
            self.lanes.push(lane());
        }
        self.sent += 1;
        let lane = self.lanes.get(at);
        // A thread that takes nothing has panicked, which the end of the scope tells.
        if lane.is_some_and(|lane| lane.asked.send(block).is_ok()) {
            self.waiting.push_back(at);
        } else {
            self.ended = true;
        }
    }

    /// The answers of the block that was sent first; `None` when all are written.
    fn next(&mut self) -> Option<Block> {
        let at = self.waiting.pop_front()?;
        self.lanes.get(at)?.answered.recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
