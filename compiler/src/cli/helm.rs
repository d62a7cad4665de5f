//! The flags of charts, as `helm template` has them.

use crate::chart::{SetKind, SetValue};
use crate::load::{HelmOptions, ValuesArg};
use std::path::PathBuf;

/// What charts are rendered with. The values are for the charts that the paths name, or for the only
/// one that lies in the directories.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Charts")]
pub struct HelmArgs {
    /// Values of the chart; later files override earlier ones.
    #[arg(short = 'f', long = "values", value_name = "FILE")]
    pub values: Vec<PathBuf>,
    /// A value: a.b=c, several with commas.
    #[arg(long, value_name = "A=B")]
    pub set: Vec<String>,
    /// A value that is text, whatever it looks like.
    #[arg(long, value_name = "A=B")]
    pub set_string: Vec<String>,
    /// A value in JSON.
    #[arg(long, value_name = "A=JSON")]
    pub set_json: Vec<String>,
    /// A value that is the text of a file.
    #[arg(long, value_name = "A=FILE")]
    pub set_file: Vec<String>,
    /// A value that is text up to the end of the argument, commas included.
    #[arg(long, value_name = "A=TEXT")]
    pub set_literal: Vec<String>,
    /// The name of the release [default: release-name].
    #[arg(long, value_name = "NAME")]
    pub release_name: Option<String>,
    /// The version of Kubernetes that charts are rendered for [default: 1.32.0, as helm 3.17 has it].
    #[arg(long, value_name = "VERSION")]
    pub kube_version: Option<String>,
    /// API versions that charts may count on beside the usual ones.
    #[arg(long, value_name = "VERSION")]
    pub api_versions: Vec<String>,
    /// Where charts lie that Applications, HelmReleases and dependencies name: NAME/ or
    /// NAME-VERSION.tgz. Nothing is ever fetched.
    #[arg(long, value_name = "DIR")]
    pub chart_dir: Vec<PathBuf>,
}

impl HelmArgs {
    /// Are there values?
    pub fn has_values(&self) -> bool {
        !self.values.is_empty() || self.arguments().next().is_some()
    }

    fn arguments(&self) -> impl Iterator<Item = SetValue> {
        let kinds = [
            (SetKind::Json, &self.set_json),
            (SetKind::Plain, &self.set),
            (SetKind::String, &self.set_string),
            (SetKind::File, &self.set_file),
            (SetKind::Literal, &self.set_literal),
        ];
        let of_kind = |(kind, texts): (SetKind, &'_ Vec<String>)| {
            let texts = texts
                .iter()
                .map(move |text| SetValue::new(kind, text.clone()));
            texts.collect::<Vec<_>>()
        };
        kinds.into_iter().flat_map(of_kind)
    }

    /// What they say to the loader.
    pub fn options(&self, namespace: Option<&str>) -> HelmOptions {
        HelmOptions {
            values: self.values.iter().cloned().map(ValuesArg::File).collect(),
            arguments: self.arguments().collect(),
            release_name: self.release_name.clone(),
            namespace: namespace.map(str::to_owned),
            kube_version: self.kube_version.clone(),
            api_versions: self.api_versions.clone(),
            chart_dirs: self.chart_dir.clone(),
            ..HelmOptions::default()
        }
    }
}
