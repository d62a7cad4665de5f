//! What would be written, as a patch that `git apply` and `patch -p1` take.

use super::files::Changed;
use std::io::{self, Write};

/// Lines around a change.
const CONTEXT: usize = 3;

/// A line and its line break, if it has one.
type Line<'a> = &'a str;

/// Writes the patch of one file.
pub(super) fn write(change: &Changed<'_>, out: &mut dyn Write) -> io::Result<()> {
    let before: Vec<Line<'_>> = change.before.split_inclusive('\n').collect();
    let after: Vec<Line<'_>> = change.after.split_inclusive('\n').collect();
    let path = change.path;
    writeln!(out, "--- a/{path}\n+++ b/{path}")?;
    let blocks = blocks(&before, &after);
    let mut rest = blocks.as_slice();
    while let Some((first, _)) = rest.split_first() {
        // Blocks whose context would touch stand in one hunk.
        let mut count = 1;
        let mut last = *first;
        while let Some(next) = rest.get(count)
            && next.old.0 <= last.old.1 + 2 * CONTEXT
        {
            last = *next;
            count += 1;
        }
        let (hunk, others) = rest.split_at(count);
        write_hunk(&before, &after, hunk, out)?;
        rest = others;
    }
    Ok(())
}

/// Lines that differ: from and to, on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block {
    old: (usize, usize),
    new: (usize, usize),
}

fn write_hunk(
    before: &[Line<'_>],
    after: &[Line<'_>],
    blocks: &[Block],
    out: &mut dyn Write,
) -> io::Result<()> {
    let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else {
        return Ok(());
    };
    let lead = first.old.0.min(CONTEXT);
    let trail = (before.len() - last.old.1).min(CONTEXT);
    let old = (first.old.0 - lead, last.old.1 + trail);
    let new = (first.new.0 - lead, last.new.1 + trail);
    writeln!(out, "@@ -{} +{} @@", counted(old), counted(new))?;
    let mut at = old.0;
    let lines = |from: usize, to: usize, of: &[Line<'_>], sign: char, out: &mut dyn Write| {
        for line in of.get(from..to).unwrap_or_default() {
            one(sign, line, out)?;
        }
        io::Result::Ok(())
    };
    for block in blocks {
        lines(at, block.old.0, before, ' ', out)?;
        lines(block.old.0, block.old.1, before, '-', out)?;
        lines(block.new.0, block.new.1, after, '+', out)?;
        at = block.old.1;
    }
    lines(at, old.1, before, ' ', out)
}

/// `first,count` as hunks count: from 1, and an empty stretch by the line before it.
fn counted((from, to): (usize, usize)) -> String {
    let first = if from == to { from } else { from + 1 };
    format!("{first},{}", to - from)
}

fn one(sign: char, line: Line<'_>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{sign}{line}")?;
    if !line.ends_with('\n') {
        writeln!(out, "\n\\ No newline at end of file")?;
    }
    Ok(())
}

/// Where two texts differ. Edits are few and small, so that after each difference the next line
/// that both have is near: the nearest pair of equal lines is taken.
fn blocks(before: &[Line<'_>], after: &[Line<'_>]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut old, mut new) = (0, 0);
    loop {
        while old < before.len() && before.get(old) == after.get(new) {
            old += 1;
            new += 1;
        }
        if old == before.len() && new == after.len() {
            return blocks;
        }
        let (skip_old, skip_new) = resync(
            before.get(old..).unwrap_or_default(),
            after.get(new..).unwrap_or_default(),
        );
        blocks.push(Block {
            old: (old, old + skip_old),
            new: (new, new + skip_new),
        });
        old += skip_old;
        new += skip_new;
    }
}

/// How many lines of either side to pass over until they agree again, for two lines at least or to
/// the end; as few as possible together.
fn resync(before: &[Line<'_>], after: &[Line<'_>]) -> (usize, usize) {
    let agree = |a: usize, b: usize| {
        let [x, y] = [before.get(a..), after.get(b..)].map(Option::unwrap_or_default);
        let len = 2.min(x.len()).min(y.len());
        let at_end = x.len() == y.len() && x.len() < 2;
        (len == 2 || at_end) && x.get(..len) == y.get(..len)
    };
    for total in 1..=before.len() + after.len() {
        for a in total.saturating_sub(after.len())..=total.min(before.len()) {
            if agree(a, total - a) {
                return (a, total - a);
            }
        }
    }
    (before.len(), after.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(before: &str, after: &str) -> String {
        let mut out = Vec::new();
        let change = Changed {
            path: "a.yaml",
            before,
            after,
        };
        write(&change, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn hunks_are_those_of_diff() {
        let expected = "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n";
        assert_eq!(patch("a\nb\nc\n", "a\nx\nc\n"), expected);
        let expected = "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,2 +1,1 @@\n a\n-b\n";
        assert_eq!(patch("a\nb\n", "a\n"), expected);
        let expected = "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,1 +1,2 @@\n-a\n\\ No newline at end of \
                        file\n+a\n+b\n\\ No newline at end of file\n";
        assert_eq!(patch("a", "a\nb"), expected);
        let expected = "--- a/a.yaml\n+++ b/a.yaml\n@@ -0,0 +1,1 @@\n+a\n";
        assert_eq!(patch("", "a\n"), expected);
    }

    #[test]
    fn far_changes_have_hunks_of_their_own() {
        let lines = |mark: &str| -> String {
            let line = |n: usize| match n {
                2 | 30 => format!("{mark}{n}\n"),
                n => format!("{n}\n"),
            };
            (0..40).map(line).collect()
        };
        let text = patch(&lines(""), &lines("x"));
        assert_eq!(text.matches("@@ -").count(), 2, "{text}");
        assert!(text.contains("@@ -28,7 +28,7 @@"), "{text}");
    }
}
