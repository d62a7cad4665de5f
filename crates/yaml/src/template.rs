//! Telling an unrendered template (of Helm, of Jinja) from faulty YAML.

use crate::Span;
use crate::span::offset;

/// The first `{{ … }}` or `{% … %}` of a document that does not stand inside a quoted text, a block of text
/// or a comment, where it would mean nothing to YAML.
///
/// `quiet` are those places in the order of the text, as far as the document was read. Only what
/// begins before the end of the line at `until` counts: later text did not cause the error there.
pub(crate) fn find(text: &str, span: Span, quiet: &[Span], until: u32) -> Option<Span> {
    let chunk = span.slice(text);
    let mut quiet = quiet.iter().peekable();
    let line_end = text
        .get(until as usize..)
        .and_then(|rest| rest.find('\n'))
        .map_or(span.end, |length| until.saturating_add(offset(length)));
    for (at, _) in chunk.match_indices('{') {
        let close = match chunk.as_bytes().get(at + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            _ => continue,
        };
        let at = span.start + offset(at);
        if at >= line_end {
            return None;
        }
        while quiet.next_if(|place| place.end <= at).is_some() {}
        if quiet.peek().is_some_and(|place| place.contains(at)) {
            continue;
        }
        let rest = text.get(at as usize..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let length = line.find(close).map_or(line.len(), |end| end + 2);
        return Some(Span::new(at, at + offset(length)));
    }
    None
}
