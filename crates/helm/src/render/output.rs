//! From what templates wrote to documents in Helm's order, and to the text Helm prints.

use super::document::{Annotated, Document, annotated};
use super::failure::{Failure, FailureKind};
use super::{kinds, manifest};
use crate::value::Text;

/// Cuts, reads and sorts what templates wrote: `(name, text)`, in any order.
pub(super) fn documents(
    mut written: Vec<(String, Text)>,
    warnings: &mut Vec<String>,
) -> (Vec<Document>, Option<Failure>) {
    written.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (mut plain, mut hooks) = (Vec::new(), Vec::new());
    let mut failure = None;
    for (name, text) in written {
        for piece in manifest::split(&text) {
            let head = match manifest::head(piece.as_str()) {
                Ok(head) => head,
                Err(message) => {
                    let message = format!("YAML parse error on {name}: {message}");
                    failure = failure.or(Some(Failure::new(FailureKind::Output, message)));
                    continue;
                }
            };
            let hook = match annotated(|name| head.annotations.get(name).cloned()) {
                Annotated::Plain => None,
                Annotated::Hook(hook) => Some(hook),
                Annotated::Unknown(event) => {
                    warnings.push(format!("skipping unknown hook: {event:?}"));
                    continue;
                }
            };
            let list = if hook.is_some() {
                &mut hooks
            } else {
                &mut plain
            };
            list.push(Document {
                template: name.clone(),
                text: piece,
                api_version: head.api_version,
                kind: head.kind,
                name: head.name,
                hook,
                is_crd: false,
            });
        }
    }
    for list in [&mut plain, &mut hooks] {
        list.sort_by(|one, other| kinds::key(&one.kind).cmp(&kinds::key(&other.kind)));
    }
    plain.append(&mut hooks);
    (plain, failure)
}

/// The text of `helm template`: the documents trimmed, which leaves an empty line of none, then
/// the hooks.
pub(super) fn print(documents: &[Document]) -> String {
    let text = |hooks: bool| {
        let mut text = String::new();
        for one in documents.iter().filter(|one| one.hook.is_some() == hooks) {
            for part in [
                "---\n# Source: ",
                &one.template,
                "\n",
                one.text.as_str(),
                "\n",
            ] {
                text.push_str(part);
            }
        }
        text
    };
    format!("{}\n{}", text(false).trim(), text(true))
}
