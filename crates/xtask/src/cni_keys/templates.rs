//! The keys that templates read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What the templates of a chart read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    /// Every key, and the template that reads it: the first by name. What is read only to be
    /// refused (`templates/validate.yaml`) is not among them.
    pub keys: BTreeMap<String, String>,
    /// Keys whose whole value is printed (`with`, `toYaml`, `toJson`).
    pub printed: BTreeSet<String>,
}

/// Looks through `templates/` and `files/` of a chart.
pub(super) fn read(chart: &Path) -> Result<Read, String> {
    let mut files = Vec::new();
    for folder in ["templates", "files"] {
        collect(&chart.join(folder), &mut files)?;
    }
    files.sort();
    let mut read = Read::default();
    for file in files {
        let name = file.strip_prefix(chart).unwrap_or(&file);
        let name = name.to_string_lossy().into_owned();
        let bytes = fs::read(&file).map_err(|error| format!("{name}: {error}"))?;
        scan(&String::from_utf8_lossy(&bytes), &name, &mut read);
    }
    Ok(read)
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) -> Result<(), String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Finds `.Values.a.b`, `hasKey .Values.a "b"` and `get .Values.a "b"` in one template, also where
/// `$a` stands for `.Values.a`.
fn scan(text: &str, name: &str, read: &mut Read) {
    look(text, ".Values", &[String::new()], name, read);
    for (variable, paths) in variables(text) {
        look(text, &variable, &paths, name, read);
    }
}

/// `$socketLB := (coalesce .Values.socketLB .Values.hostServices)`: variables that stand for keys.
fn variables(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for statement in text.split("{{").skip(1) {
        let statement = statement.split("}}").next().unwrap_or_default();
        let Some((variable, value)) = statement.split_once(":=") else {
            continue;
        };
        let variable = variable.trim_matches(|c: char| c == '-' || c.is_whitespace());
        let plain = |word: &str| {
            let word = word
                .trim_matches(['(', ')', '-'])
                .strip_prefix(".Values.")?;
            word.chars().all(is_part).then(|| word.to_owned())
        };
        let words: Vec<&str> = value.split_whitespace().collect();
        let paths: Vec<String> = words.iter().filter_map(|word| plain(word)).collect();
        let others = words.iter().filter(|word| plain(word).is_none());
        let mut others = others.map(|word| word.trim_matches(['(', ')', '-']));
        let only = others.all(|word| word.is_empty() || word == "coalesce");
        if variable.starts_with('$') && only && !paths.is_empty() {
            found.insert(variable.to_owned(), paths);
        }
    }
    found
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}

/// Finds what is read of something that stands for these keys.
fn look(text: &str, mark: &str, prefixes: &[String], name: &str, read: &mut Read) {
    let mut rest = text;
    while let Some(at) = rest.find(mark) {
        let before = rest.get(..at).unwrap_or_default();
        rest = rest.get(at + mark.len()..).unwrap_or_default();
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let path = rest.get(..end).unwrap_or_default();
        if !path.is_empty() && !path.starts_with('.') {
            // Another, longer name.
            continue;
        }
        let path = path.trim_matches('.');
        let verb = before.trim_end_matches(['$', '(', ' ']);
        let verb = verb.rsplit([' ', '(', '{', '\n']).next();
        let verb = verb.unwrap_or_default();
        let word = quoted(rest.get(end..).unwrap_or_default());
        let word = word.filter(|_| matches!(verb, "hasKey" | "get"));
        for prefix in prefixes {
            let steps = [prefix.as_str(), path, word.unwrap_or_default()];
            let steps: Vec<&str> = steps.into_iter().filter(|step| !step.is_empty()).collect();
            let path = steps.join(".");
            if path.is_empty() || path == "AsMap" {
                continue;
            }
            if matches!(verb, "with" | "toYaml" | "toJson") {
                read.printed.insert(path.clone());
            }
            if name != "templates/validate.yaml" {
                read.keys.entry(path).or_insert_with(|| name.to_owned());
            }
        }
    }
}

/// The word in quotes that follows at once, if any.
fn quoted(text: &str) -> Option<&str> {
    let text = text.strip_prefix(' ')?.trim_start().strip_prefix('"')?;
    text.split_once('"').map(|(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_reading_is_seen() {
        let mut read = Read::default();
        let text = "{{ if and .Values.a.b (not $.Values.c) }}{{- with .Values.d }}{{ toYaml . }}{{ end }}\n{{ hasKey .Values.e \"f\" }} {{ hasKey .Values \"g\" }} {{ dig \"x\" \"\" .Values.AsMap }}";
        scan(text, "templates/a.yaml", &mut read);
        let keys: Vec<&str> = read.keys.keys().map(String::as_str).collect();
        assert_eq!(keys, ["a.b", "c", "d", "e.f", "g"]);
        assert_eq!(read.printed, BTreeSet::from(["d".to_owned()]));
        let text = "{{- $h := (coalesce .Values.h .Values.i) -}} {{ $h.on }} {{ $hh.off }} {{ hasKey $h \"x\" }}{{ $n := add .Values.n 1 }}{{ $n.m }}";
        let mut aliased = Read::default();
        scan(text, "templates/a.yaml", &mut aliased);
        let keys: Vec<&str> = aliased.keys.keys().map(String::as_str).collect();
        assert_eq!(keys, ["h", "h.on", "h.x", "i", "i.on", "i.x", "n"]);
        scan("{{ .Values.z }}", "templates/validate.yaml", &mut read);
        assert!(!read.keys.contains_key("z"));
    }
}
