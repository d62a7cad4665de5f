//! How long one node's image takes to link and to decode, by the number of endpoints.
//!
//! `cargo run --release -p netpol-image --example link_speed [ENDPOINTS…]`
use netpol_image::{LinkOptions, decode, link};
use netpol_testgen::{Gen, Size};
use std::io::Write as _;
use std::time::{Duration, Instant};

/// The best of a few runs: the machine is shared.
fn best<T>(runs: u32, mut work: impl FnMut() -> T) -> (Duration, Option<T>) {
    let mut best = (Duration::MAX, None);
    for _ in 0..runs {
        let start = Instant::now();
        let result = work();
        if start.elapsed() < best.0 {
            best = (start.elapsed(), Some(result));
        }
    }
    best
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    let asked: Vec<usize> = (std::env::args().skip(1))
        .filter_map(|text| text.parse().ok())
        .collect();
    let sizes = if asked.is_empty() {
        vec![1_000, 10_000, 100_000]
    } else {
        asked
    };
    for endpoints in sizes {
        let mut world = Gen::world(2, Size::of_endpoints(endpoints));
        world.cluster.close();
        let options = LinkOptions::default();
        let node = || link(&world.policies, &world.cluster, "node-0", &options);
        let (linking, image) = best(5, node);
        let Some(Ok(image)) = image else {
            writeln!(out, "{endpoints} endpoints: {image:?}")?;
            continue;
        };
        let (decoding, _) = best(5, || decode(image.bytes()).is_ok());
        writeln!(
            out,
            "{endpoints} endpoints, {} policies, {} rows: link {:.1} ms, decode {:.1} ms, {} bytes",
            world.policies.policies().len(),
            image.rows().len(),
            linking.as_secs_f64() * 1e3,
            decoding.as_secs_f64() * 1e3,
            image.bytes().len(),
        )?;
    }
    Ok(())
}
