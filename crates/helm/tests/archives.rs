//! Packed charts: what is read, what is refused, and how that is said.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::io::Write;

use netpol_helm::chart::{Chart, ChartErrorKind, ChartFiles, ChartLimits};

const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";

/// A packed chart of these entries.
fn pack(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, data) in entries {
        let mut header = tar::Header::new_ustar();
        // Names that `set_path` would refuse are what this is about.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(u64::try_from(data.len()).unwrap());
        header.set_cksum();
        builder.append(&header, *data).unwrap();
    }
    compress(&builder.into_inner().unwrap())
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn refusal(entries: &[(&str, &[u8])]) -> (ChartErrorKind, String) {
    let packed = pack(entries);
    let error = ChartFiles::from_archive(&packed, &ChartLimits::default()).unwrap_err();
    (error.kind, error.to_string())
}

#[test]
fn an_archive_is_the_chart_it_was_packed_from() {
    let inner = pack(&[("db/Chart.yaml", b"name: db\nversion: 0.1.0\n")]);
    let packed = pack(&[
        ("web/Chart.yaml", CHART.as_bytes()),
        ("web/templates/a.yaml", b"\xEF\xBB\xBFa: 1"),
        ("web/charts/db-0.1.0.tgz", &inner),
    ]);
    let limits = ChartLimits::default();
    let files = ChartFiles::from_archive(&packed, &limits).unwrap();
    let chart = Chart::load(files, &limits).unwrap();
    assert_eq!(chart.templates[0].text(), "a: 1");
    let subchart = &chart.subcharts[0];
    assert_eq!(subchart.metadata.name, "db");
    assert_eq!(subchart.directory, "charts/db-0.1.0.tgz");
}

#[test]
fn paths_out_of_the_chart_are_refused() {
    for path in [
        "web/../../etc/x",
        "../web/x",
        "web//etc/x",
        "/web/x/../../y",
        "web/c:/x",
        "web\\..\\x",
        "Chart.yaml",
        "stray",
    ] {
        let (kind, said) = refusal(&[(path, b"x")]);
        assert_eq!(kind, ChartErrorKind::Archive, "{path}: {said}");
    }
}

#[test]
fn links_and_second_entries_are_refused() {
    let (_, said) = refusal(&[("web/a", b"1"), ("web/a", b"2")]);
    assert!(said.contains("two files of this name"), "{said}");

    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    builder
        .append_link(&mut header, "web/templates/a.yaml", "/etc/passwd")
        .unwrap();
    let packed = compress(&builder.into_inner().unwrap());
    let error = ChartFiles::from_archive(&packed, &ChartLimits::default()).unwrap_err();
    assert!(error.to_string().contains("links"), "{error}");
}

#[test]
fn an_archive_beyond_a_limit_is_refused() {
    let zeros = vec![0; 4 << 20];
    let many: Vec<(String, &[u8])> = (0..20).map(|at| (format!("web/{at}"), &*zeros)).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(path, data)| (&**path, *data)).collect();
    let (kind, said) = refusal(&many);
    assert_eq!(kind, ChartErrorKind::Limit, "{said}");

    let large = vec![b'x'; (5 << 20) + 1];
    let (kind, said) = refusal(&[("web/large", &large)]);
    assert_eq!(kind, ChartErrorKind::Limit, "{said}");
}

#[test]
fn what_is_no_archive_says_so() {
    let limits = ChartLimits::default();
    for bytes in [&b""[..], b"name: x", &[0x1F, 0x8B, 8, 0, 0]] {
        assert!(ChartFiles::from_archive(bytes, &limits).is_err());
    }
    let packed = pack(&[("web/Chart.yaml", CHART.as_bytes())]);
    let cut = ChartFiles::from_archive(&packed[..packed.len() / 2], &limits);
    assert_eq!(cut.unwrap_err().kind, ChartErrorKind::Archive);
}

#[test]
fn links_out_of_the_root_are_refused_and_others_followed() {
    let root = std::env::temp_dir().join(format!("netpol-helm-links-{}", std::process::id()));
    let chart = root.join("repository/web");
    std::fs::create_dir_all(chart.join("templates")).unwrap();
    std::fs::write(chart.join("Chart.yaml"), CHART).unwrap();
    std::fs::write(root.join("repository/shared.yaml"), "shared: 1").unwrap();
    std::fs::write(root.join("outside.yaml"), "secret: 1").unwrap();
    std::os::unix::fs::symlink("../../shared.yaml", chart.join("templates/a.yaml")).unwrap();
    let limits = ChartLimits::default();
    let inside = ChartFiles::from_disk(&chart, &root.join("repository"), &limits);
    std::os::unix::fs::symlink("../../../outside.yaml", chart.join("templates/b.yaml")).unwrap();
    let outside = ChartFiles::from_disk(&chart, &root.join("repository"), &limits);
    std::fs::remove_dir_all(&root).unwrap();
    let inside = inside.unwrap();
    assert_eq!(inside.get("templates/a.yaml").unwrap().text(), "shared: 1");
    let error = outside.unwrap_err();
    assert_eq!(
        (error.kind, error.path.as_str()),
        (ChartErrorKind::Link, "templates/b.yaml")
    );
}
