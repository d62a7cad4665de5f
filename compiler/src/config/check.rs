//! `[check]` and `[[ignore]]`: how findings are judged in this repository.

use super::{Reader, Value};
use crate::finding::{Day, Severity};
use std::ops::Range;
use std::path::PathBuf;
use toml::de::{DeTable, DeValue};

/// What `[check]` says. A flag of the command line wins over each of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckSettings {
    /// `--select`.
    pub select: Vec<String>,
    /// `--ignore`.
    pub ignore: Vec<String>,
    /// `--fail-on`.
    pub fail_on: Option<Severity>,
    /// `--baseline`, relative to the directory of the file.
    pub baseline: Option<PathBuf>,
    /// Every suppression must say why.
    pub require_reason: bool,
}

/// One `[[ignore]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// A code or the name of a rule.
    pub code: String,
    /// `Kind/namespace/name`; `*` stands for any run of characters.
    pub object: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Day>,
    /// The bytes of the file that hold it.
    pub at: Range<usize>,
}

const CHECK: &[&str] = &["select", "ignore", "fail-on", "baseline", "require-reason"];
const IGNORE: &[&str] = &["code", "object", "reason", "until"];

impl Reader<'_> {
    pub(super) fn check(&mut self, value: Option<&Value<'_>>) -> CheckSettings {
        let Some(value) = value else {
            return CheckSettings::default();
        };
        let Some(table) = value.get_ref().as_table() else {
            self.fault(value.span(), "the settings of `check` are a table, [check]");
            return CheckSettings::default();
        };
        self.known_keys(table, CHECK);
        let baseline = self.paths(table.get("baseline"));
        if baseline.len() > 1 {
            self.fault(value.span(), "`baseline` is one file");
        }
        CheckSettings {
            select: self.words(table.get("select")),
            ignore: self.words(table.get("ignore")),
            fail_on: self.severity(table.get("fail-on")),
            baseline: baseline.into_iter().next(),
            require_reason: self.boolean(table.get("require-reason")),
        }
    }

    pub(super) fn ignored(&mut self, value: Option<&Value<'_>>) -> Vec<Ignored> {
        let Some(value) = value else {
            return Vec::new();
        };
        let Some(list) = value.get_ref().as_array() else {
            self.fault(value.span(), "suppressions are written as [[ignore]]");
            return Vec::new();
        };
        let mut ignored = Vec::new();
        for value in list {
            match value.get_ref().as_table() {
                Some(table) => ignored.extend(self.one_ignored(table, value.span())),
                None => self.fault(value.span(), "a suppression is a table"),
            }
        }
        ignored
    }

    fn one_ignored(&mut self, table: &DeTable<'_>, at: Range<usize>) -> Option<Ignored> {
        self.known_keys(table, IGNORE);
        let mut needed = |key: &str| {
            let given = self
                .text(table.get(key))
                .filter(|text| !text.trim().is_empty());
            if given.is_none() {
                self.fault(at.clone(), format!("the suppression has no `{key}`"));
            }
            given
        };
        let (code, object, reason) = (needed("code"), needed("object"), needed("reason"));
        let until = self.day(table.get("until"));
        Some(Ignored {
            code: code?,
            object: object?,
            reason: reason?,
            until,
            at,
        })
    }

    /// A date of TOML, or the same in quotes.
    fn day(&mut self, value: Option<&Value<'_>>) -> Option<Day> {
        let value = value?;
        let text = match value.get_ref() {
            DeValue::Datetime(day) => day.to_string(),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        let day = text.parse();
        if day.is_err() {
            self.fault(value.span(), "`until` is a day, written as 2027-01-31");
        }
        day.ok()
    }

    fn severity(&mut self, value: Option<&Value<'_>>) -> Option<Severity> {
        let value = value?;
        let known = [Severity::Error, Severity::Warning, Severity::Note];
        let named = value.get_ref().as_str();
        let found = known.into_iter().find(|known| Some(known.name()) == named);
        if found.is_none() {
            let sentence = "`fail-on` is \"error\", \"warning\" or \"note\"";
            self.fault(value.span(), sentence);
        }
        found
    }

    fn words(&mut self, value: Option<&Value<'_>>) -> Vec<String> {
        let Some(value) = value else {
            return Vec::new();
        };
        let Some(list) = value.get_ref().as_array() else {
            self.fault(value.span(), "a list of codes is expected");
            return Vec::new();
        };
        let words = list.iter().map(|word| self.text(Some(word)));
        words.collect::<Vec<_>>().into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::finding::Severity;

    #[test]
    fn settings_and_suppressions_are_read() {
        let text = "[check]\nselect = [\"NP3\"]\nignore = [\"NP306\"]\nfail-on = \"warning\"\n\
                    baseline = \"b.json\"\nrequire-reason = true\n\
                    [[ignore]]\ncode = \"NP301\"\nobject = \"*\"\nreason = \"r\"\nuntil = 2027-01-31\n";
        let config = Config::parse(text).unwrap();
        assert_eq!(config.check.select, ["NP3"]);
        assert_eq!(config.check.ignore, ["NP306"]);
        assert_eq!(config.check.fail_on, Some(Severity::Warning));
        assert!(config.check.require_reason);
        let [ignored] = config.ignored.as_slice() else {
            panic!("{config:?}")
        };
        assert_eq!(ignored.until.unwrap().to_string(), "2027-01-31");
        let written = text.get(ignored.at.clone()).unwrap();
        assert!(written.starts_with("[[ignore]]"));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, says) in [
            ("[check]\nselekt = []\n", "did you mean `select`"),
            ("[check]\nselect = \"NP3\"\n", "a list of codes"),
            ("[check]\nfail-on = \"fatal\"\n", "`fail-on` is"),
            ("check = 1\n", "are a table"),
            ("[ignore]\ncode = \"x\"\n", "written as [[ignore]]"),
            (
                "[[ignore]]\ncode = \"NP301\"\nobject = \"*\"\n",
                "has no `reason`",
            ),
            (
                "[[ignore]]\ncode = \"NP301\"\nobject = \"*\"\nreason = \"r\"\nuntil = \"soon\"\n",
                "`until` is a day",
            ),
            (
                "[[ignore]]\ncode = \"NP301\"\nobject = \"*\"\nreason = \"r\"\nuntil = 2027-01-31T00:00:00\n",
                "`until` is a day",
            ),
        ] {
            let faults = Config::parse(text).unwrap_err();
            assert!(
                faults.iter().any(|fault| fault.sentence.contains(says)),
                "{text}: {faults:?}"
            );
        }
    }
}
