//! What Helm asks of a `Chart.yaml` before it loads a chart.

use std::collections::BTreeSet;

use super::{Dependency, Metadata};
use crate::chart::error::{ChartError, ChartErrorKind};
use crate::func::semver::Version;

/// Checks the metadata and cleans its strings, as `Metadata.Validate`.
pub(in crate::chart) fn validate(metadata: &mut Metadata) -> Result<(), ChartError> {
    for text in [
        &mut metadata.name,
        &mut metadata.description,
        &mut metadata.home,
        &mut metadata.icon,
        &mut metadata.condition,
        &mut metadata.tags,
        &mut metadata.app_version,
        &mut metadata.kube_version,
    ] {
        sanitize(text);
    }
    metadata.sources.iter_mut().for_each(sanitize);
    metadata.keywords.iter_mut().for_each(sanitize);
    for maintainer in &mut metadata.maintainers {
        sanitize(&mut maintainer.name);
        sanitize(&mut maintainer.email);
        sanitize(&mut maintainer.url);
    }
    let name = &metadata.name;
    if name.is_empty() {
        return refuse("chart.metadata.name is required");
    }
    if name.contains('/') || name == "." || name == ".." {
        return refuse(&format!("chart.metadata.name {name:?} is invalid"));
    }
    let version = &metadata.version;
    if version.is_empty() {
        return refuse("chart.metadata.version is required");
    }
    if Version::parse(version).is_err() {
        return refuse(&format!("chart.metadata.version {version:?} is invalid"));
    }
    if !matches!(metadata.kind.as_str(), "" | "application" | "library") {
        return refuse("chart.metadata.type must be application or library");
    }
    dependencies(&mut metadata.dependencies)
}

fn dependencies(dependencies: &mut [Dependency]) -> Result<(), ChartError> {
    let mut names = BTreeSet::new();
    for dependency in dependencies {
        sanitize(&mut dependency.name);
        sanitize(&mut dependency.version);
        sanitize(&mut dependency.repository);
        sanitize(&mut dependency.condition);
        dependency.tags.iter_mut().for_each(sanitize);
        let plain = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
        let wrong = if !dependency.alias.chars().all(plain) {
            format!(
                "dependency {:?} has disallowed characters in the alias",
                dependency.name
            )
        } else if !names.insert(dependency.known_as().to_owned()) {
            let name = dependency.known_as();
            format!("more than one dependency with name or alias {name:?}")
        } else {
            continue;
        };
        let error = ChartError::new(ChartErrorKind::Metadata, dependency.file, wrong);
        return Err(error.at(dependency.span));
    }
    Ok(())
}

/// White space becomes a space, what cannot be printed goes.
fn sanitize(text: &mut String) {
    if text
        .chars()
        .any(|character| character.is_whitespace() || character.is_control())
    {
        *text = text
            .chars()
            .filter(|character| character.is_whitespace() || !character.is_control())
            .map(|character| {
                if character.is_whitespace() {
                    ' '
                } else {
                    character
                }
            })
            .collect();
    }
}

fn refuse<T>(message: &str) -> Result<T, ChartError> {
    Err(ChartError::new(
        ChartErrorKind::Metadata,
        "Chart.yaml",
        message,
    ))
}
