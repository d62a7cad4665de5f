//! Paths as bundles keep them: below a root, so that no machine's directories leak into them and
//! the same files give the same bytes wherever they lie.

use std::collections::BTreeMap;

/// How the paths of one run are written.
#[derive(Debug)]
pub(super) struct Root {
    written: BTreeMap<String, String>,
}

impl Root {
    /// Paths below the place where the command was started stay as they are. Of all others the
    /// directories that they have in common are dropped, but for the last one.
    pub(super) fn of<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        let (inside, outside): (Vec<&str>, Vec<&str>) =
            paths.into_iter().partition(|path| is_below(path));
        let mut common: Option<Vec<&str>> = None;
        for path in &outside {
            let (directories, _) = split(path);
            common = Some(match common {
                None => directories,
                Some(so_far) => {
                    let same = so_far.iter().zip(&directories).take_while(|(a, b)| a == b);
                    let same = same.count();
                    so_far.into_iter().take(same).collect()
                }
            });
        }
        let dropped = common.map_or(0, |parts| parts.len().saturating_sub(1));
        let kept = inside
            .into_iter()
            .map(|path| (path.to_owned(), path.to_owned()));
        let cut = outside.into_iter().map(|path| {
            let (directories, name) = split(path);
            // A part that leads upwards says nothing outside of the machine.
            let parts = directories
                .into_iter()
                .skip(dropped)
                .filter(|part| *part != "..");
            let parts: Vec<&str> = parts.chain([name]).collect();
            (path.to_owned(), parts.join("/"))
        });
        Self {
            written: kept.chain(cut).collect(),
        }
    }

    /// The path as the bundle keeps it.
    pub(super) fn below(&self, path: &str) -> String {
        let written = self.written.get(path).map(String::as_str);
        match written {
            Some(written) if is_below(written) => written.to_owned(),
            // A path that no bundle may hold; its last part names the file well enough.
            _ => split(path).1.replace(['\\', ':'], "_"),
        }
    }
}

/// Directories and file name, without empty parts.
fn split(path: &str) -> (Vec<&str>, &str) {
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let name = parts.pop().unwrap_or("-");
    (parts, name)
}

/// Does the path stay below the place where the command was started? As bundles are checked for
/// (`netpol_image::SourceMap`), where `\` separates as well.
fn is_below(path: &str) -> bool {
    let parts = || path.split(['/', '\\']);
    let drive = parts().next().is_some_and(|first| first.ends_with(':'));
    !drive && parts().all(|part| !part.is_empty() && part != "..")
}

#[cfg(test)]
mod tests {
    use super::Root;

    fn written(paths: &[&str]) -> Vec<String> {
        let root = Root::of(paths.iter().copied());
        paths.iter().map(|path| root.below(path)).collect()
    }

    #[test]
    fn paths_inside_stay_and_paths_outside_lose_what_they_share() {
        assert_eq!(
            written(&["a.yaml", "b/c.yaml", "<stdin>"]),
            ["a.yaml", "b/c.yaml", "<stdin>"]
        );
        assert_eq!(
            written(&["/home/x/in/a.yaml", "/home/x/in/b/c.yaml"]),
            ["in/a.yaml", "in/b/c.yaml"]
        );
        assert_eq!(written(&["/a.yaml"]), ["a.yaml"]);
        assert_eq!(
            written(&["../p/a.yaml", "../q/b.yaml"]),
            ["p/a.yaml", "q/b.yaml"]
        );
        assert_eq!(
            written(&["w/v.yaml", "/tmp/x/a.yaml"]),
            ["w/v.yaml", "x/a.yaml"]
        );
        assert_eq!(written(&["/tmp/a\\..\\b.yaml"]), ["a_.._b.yaml"]);
    }
}
