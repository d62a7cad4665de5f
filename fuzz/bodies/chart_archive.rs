//! Any bytes can be given as a packed chart: no panic, nothing beyond the limits, no path out of
//! the chart; what loads also renders, or is refused.
//!
//! The input is an archive, or, behind a first byte `t`, what is inside the compression: a fuzzer
//! finds its way through tar headers sooner than through gzip.

use std::io::Write;
use std::rc::Rc;

use netpol_helm::chart::{Chart, ChartFiles, ChartLimits};
use netpol_helm::exec::{Limits, Settings};
use netpol_helm::render::{Options, render};
use netpol_helm::values::ValuesInput;

/// Reads the bytes as a chart and renders it.
pub fn run(data: &[u8]) {
    let packed = match data.split_first() {
        Some((b't', inside)) => compress(inside),
        _ => data.to_vec(),
    };
    let limits = ChartLimits {
        total: 1 << 20,
        file: 1 << 18,
        files: 200,
        ratio: 200,
        depth: 3,
    };
    let Ok(files) = ChartFiles::from_archive(&packed, &limits) else {
        return;
    };
    let total: usize = files.iter().map(|file| file.data.len()).sum();
    assert!(total <= limits.total && files.iter().count() <= limits.files);
    for file in files.iter() {
        assert!(!file.path.is_empty() && !file.path.starts_with('/'));
        assert!(
            file.path.split('/').all(|part| part != ".."),
            "{}",
            file.path
        );
    }
    let Ok(chart) = Chart::load(files, &limits) else {
        return;
    };
    let options = Options {
        settings: Settings {
            limits: Limits {
                depth: 50,
                steps: 20_000,
                bytes: 1 << 20,
            },
            ..Settings::default()
        },
        ..Options::default()
    };
    let rendering = render(&Rc::new(chart), &ValuesInput::default(), &options);
    for document in &rendering.documents {
        for piece in rendering.provenance(document, 0..document.text.len()) {
            assert!(piece.start < piece.end && piece.end <= document.text.len());
        }
    }
}

fn compress(inside: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    // Writing to memory does not fail.
    packer.write_all(inside).unwrap_or_default();
    packer.finish().unwrap_or_default()
}
