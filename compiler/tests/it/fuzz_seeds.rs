//! Every seed of the fuzz targets is replayed: what crashed once stays mended.

#[path = "../../../fuzz/bodies/bundle.rs"]
mod bundle;
#[path = "../../../fuzz/bodies/check.rs"]
mod check;
#[path = "../../../fuzz/bodies/image.rs"]
mod image;
#[path = "../../../fuzz/replay.rs"]
mod replay;
#[path = "../../../fuzz/bodies/yaml.rs"]
mod yaml;

use replay::replay;

#[test]
fn bundle_seeds() {
    replay("bundle", bundle::run);
}

#[test]
fn yaml_seeds() {
    replay("yaml", yaml::run);
}

#[test]
fn check_seeds() {
    replay("check", check::run);
}

#[test]
fn image_seeds() {
    replay("image", |data| {
        image::run(data);
    });
}

/// Every byte of an image changed, one at a time, and the image cut at every length: decoding
/// refuses, or packets are judged.
#[test]
fn every_single_edit_of_an_image() {
    let packets = [
        [0_u8, 6, 5, 6, 80, 0, 0, 0],
        [1, 6, 5, 17, 53, 0, 0, 0],
        [6, 200, 6, 6, 90, 0, 0, 0],
    ];
    let untouched = [&[0][..], packets.as_flattened()].concat();
    assert_eq!(
        image::run(&untouched),
        packets.len(),
        "the image itself is refused"
    );
    let (mut judged, mut refused) = (0, 0);
    for offset in 0..1_u32 << 14 {
        let [a, b, c, _] = offset.to_le_bytes();
        for value in [0, 0x7f, 0xff] {
            let edit = [1, a, b, c, value];
            match image::run(&[&edit[..], packets.as_flattened()].concat()) {
                0 => refused += 1,
                _ => judged += 1,
            }
        }
    }
    assert!(
        judged > 0 && refused > 0,
        "{judged} judged, {refused} refused"
    );
    println!("{judged} edited images judged, {refused} refused");
}
