//! A cluster as text: one stream, and where each object stands in it.

use crate::cluster::{Cluster, key};
use crate::yaml;
use netpol_testgen::Rng;

/// What findings about the CNI's values are filed under.
pub(crate) const VALUES: &str = "values";

/// The texts of a cluster.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// Name and text of every object, in the order of the stream.
    documents: Vec<(String, String)>,
    /// The CNI's values.
    pub(crate) values: Option<String>,
    /// `--cni-version` and `--cni-upgrade-to`.
    pub(crate) versions: Option<(&'static str, &'static str)>,
}

const SEPARATOR: &str = "---\n";

impl Written {
    pub(crate) fn of(cluster: &Cluster) -> Self {
        let documents = cluster.objects.iter();
        Self {
            documents: documents.map(|o| (key(o), yaml::document(o))).collect(),
            values: cluster.values.as_ref().map(yaml::document),
            versions: cluster.versions,
        }
    }

    /// One of the texts that fit: its name and a copy.
    pub(crate) fn any(
        &self,
        rng: &mut Rng,
        fits: impl Fn(&str, &str) -> bool,
    ) -> Option<(String, String)> {
        let fitting: Vec<&(String, String)> = (self.documents.iter())
            .filter(|(name, text)| fits(name, text))
            .collect();
        fitting.get(rng.below(fitting.len())).map(|d| (*d).clone())
    }

    /// Gives an object another text.
    pub(crate) fn replace(&mut self, name: &str, text: String) {
        if let Some(found) = self.documents.iter_mut().find(|(n, _)| n == name) {
            found.1 = text;
        }
    }

    /// The stream.
    pub(crate) fn stream(&self) -> String {
        let texts = self.documents.iter().map(|(_, text)| text.as_str());
        texts.flat_map(|text| [SEPARATOR, text]).collect()
    }

    /// The object that stands at this byte of the stream.
    pub(crate) fn at(&self, byte: u32) -> Option<&str> {
        let byte = usize::try_from(byte).ok()?;
        let mut end = 0;
        for (name, text) in &self.documents {
            end += SEPARATOR.len() + text.len();
            if byte < end {
                return Some(name);
            }
        }
        self.documents.last().map(|(name, _)| name.as_str())
    }
}
