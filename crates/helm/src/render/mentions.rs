//! Which names the templates of a chart mention, whether or not they were reached.

use std::collections::BTreeSet;

/// Names that stand in the actions of templates.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    /// `.a.b`: `b` behind `a`, and `a` behind nothing.
    chains: BTreeSet<(String, String)>,
    /// `"a"`: what `index`, `get`, `hasKey` and `dig` take.
    quoted: BTreeSet<String>,
}

impl Mentions {
    /// Collects the names of one template.
    pub(super) fn read(&mut self, template: &str) {
        let mut rest = template;
        while let Some((_, behind)) = rest.split_once("{{") {
            let (action, next) = behind.split_once("}}").unwrap_or((behind, ""));
            self.action(action);
            rest = next;
        }
    }

    fn action(&mut self, action: &str) {
        let mut before = String::new();
        let mut chars = action.char_indices().peekable();
        while let Some((at, character)) = chars.next() {
            match character {
                '.' => {
                    let name = word(action, at + 1);
                    for _ in name.chars() {
                        chars.next();
                    }
                    let above = std::mem::replace(&mut before, name.to_owned());
                    if !name.is_empty() {
                        self.chains.insert((above, name.to_owned()));
                    }
                }
                '"' | '`' => {
                    let text = action.get(at + 1..).unwrap_or_default();
                    let text = text.split(character).next().unwrap_or_default();
                    for _ in text.chars() {
                        chars.next();
                    }
                    chars.next();
                    self.quoted.insert(text.to_owned());
                    before.clear();
                }
                _ => before.clear(),
            }
        }
    }

    /// Whether a template names this key: behind its parent, at the head of a chain (below
    /// `with` or `range`), or in quotes.
    pub(super) fn knows(&self, parent: &str, key: &str) -> bool {
        let at = |parent: &str| self.chains.contains(&(parent.to_owned(), key.to_owned()));
        at(parent) || (parent != "Values" && at("")) || self.quoted.contains(key)
    }
}

fn word(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let end = rest
        .find(|character: char| !character.is_alphanumeric() && character != '_')
        .unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Mentions;

    #[test]
    fn names_are_known_by_their_parents() {
        let mut mentions = Mentions::default();
        mentions.read("x.y {{ if and .Values.a.b $x.c }}{{ index .Values \"my-key\" }}{{ end }}");
        assert!(mentions.knows("Values", "a"));
        assert!(mentions.knows("a", "b"));
        assert!(mentions.knows("Values", "my-key"));
        assert!(!mentions.knows("Values", "b"));
        assert!(!mentions.knows("x", "y"));
    }
}
