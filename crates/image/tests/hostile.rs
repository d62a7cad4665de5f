//! Images that were damaged, cut, made elsewhere or made to harm: refused, or read without harm.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

use netpol_image::layout::{self, Field, HEADER_LEN, header as h};
use netpol_image::{
    DecodeError, Image, ImageView, LinkOptions, Local, Packet, decode, digest, eval, link,
};
use netpol_policy::{Direction, Verdict};
use netpol_testgen::{Gen, Rng, Size, World};
use std::time::{Duration, Instant};

fn world(seed: u64) -> World {
    Gen::world(seed, Size::TINY)
}

fn image(world: &World) -> Image {
    let node = &world.cluster.nodes[0].name;
    let options = LinkOptions::default();
    let mut image = link(&world.policies, &world.cluster, node, &options).unwrap();
    let interfaces = (image.rows().iter())
        .map(|row| (7 + u32::from(row.row) * 3, row.row))
        .collect();
    image
        .set_local(&Local {
            generation: 9,
            interfaces,
            ..Local::default()
        })
        .unwrap();
    image
}

/// Packets with addresses that the world knows, both directions, with and without interface.
fn packets(seed: u64, world: &World, count: usize) -> Vec<Packet> {
    let numbers = [6, 17, 132, 1, 58, 47];
    let flows = Gen::flows(seed, world, count * 4);
    let packets = flows.iter().enumerate().filter_map(|(at, flow)| {
        Some(Packet {
            direction: Direction::BOTH[at % 2],
            source: flow.source.address()?,
            destination: flow.destination.address()?,
            protocol: numbers[flow.protocol.index()],
            port: flow.port,
            made_here: at % 3 == 0,
            interface: (at % 5 == 0).then_some(7),
        })
    });
    packets.take(count).collect()
}

fn number(bytes: &[u8], field: Field) -> u32 {
    let at = field.at();
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn put(bytes: &mut [u8], field: Field, value: u64) {
    let at = field.at();
    let width = field.kind.width().min(8) as usize;
    bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
}

/// One random change: a bit, a byte, a word with a telling value, a header field, a cut, an end.
fn mutate(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let at = match rng.below(3) {
        0 => rng.below(HEADER_LEN as usize),
        _ => rng.below(bytes.len()),
    };
    let len = bytes.len();
    let at = at.min(len - 1);
    match rng.below(8) {
        4 | 5 if len < HEADER_LEN as usize => {}
        0 => bytes[at] ^= 1 << rng.below(8),
        1 => bytes[at] = u8::try_from(rng.below(256)).unwrap(),
        2 | 3 => {
            let telling = [0, 1, 0xff, 0xffff, 0x1_0000, u32::MAX, 0x8000_0000, 64];
            let at = at.min(len - 4) & !3;
            bytes[at..at + 4].copy_from_slice(&rng.pick(&telling).to_le_bytes());
        }
        4 => {
            // One section's offset or count into another's field.
            let (from, to) = (*rng.pick(h::ALL), *rng.pick(h::ALL));
            let value = number(bytes, from);
            put(bytes, to, u64::from(value));
        }
        5 => {
            let field = *rng.pick(h::ALL);
            let value = number(bytes, field);
            let change = *rng.pick(&[1, 2, 64, u32::MAX, u32::MAX - 1]);
            put(bytes, field, u64::from(value.wrapping_add(change)));
        }
        6 => bytes.truncate(at),
        _ => bytes.resize(len + 1 + at % 128, 0),
    }
}

#[test]
fn mutated_images_do_no_harm() {
    const MUTATIONS: usize = 200_000;
    let worlds: Vec<World> = (0..20).map(world).collect();
    let images: Vec<Vec<u8>> = (worlds.iter()).map(|w| image(w).into_bytes()).collect();
    let asked: Vec<Vec<Packet>> = (0..).zip(&worlds).map(|(s, w)| packets(s, w, 8)).collect();
    let mut rng = Rng::new(2);
    let (mut refused, mut accepted) = (0, 0);
    for round in 0..MUTATIONS {
        let which = round % images.len();
        let mut bytes = images[which].clone();
        for _ in 0..=rng.below(3) {
            if bytes.len() > 4 {
                mutate(&mut rng, &mut bytes);
            }
        }
        let sealed = rng.chance(70);
        if sealed {
            digest::seal(&mut bytes);
        }
        match decode(&bytes) {
            Ok(view) => {
                accepted += 1;
                assert!(sealed || bytes == images[which], "round {round}");
                for packet in &asked[which] {
                    assert_ne!(eval(&view, packet).verdict, Verdict::Unknown);
                }
            }
            Err(_) => refused += 1,
        }
        // The kernel does not decode: what it reads of such bytes must be harmless too.
        if let Some(view) = ImageView::unchecked(&bytes) {
            for packet in &asked[which] {
                eval(&view, packet);
            }
        }
    }
    assert!(refused > MUTATIONS / 2, "refused {refused}");
    assert!(accepted > MUTATIONS / 100, "accepted {accepted}");
}

#[test]
fn every_flipped_bit_of_a_header_is_refused() {
    for seed in 0..4 {
        let good = image(&world(seed)).into_bytes();
        for bit in 0..HEADER_LEN as usize * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&bytes).is_err(), "seed {seed}, bit {bit}");
        }
    }
}

#[test]
fn random_bits_of_the_rest_are_refused() {
    let good = image(&world(1)).into_bytes();
    let mut rng = Rng::new(3);
    for _ in 0..10_000 {
        let mut bytes = good.clone();
        let at = rng.below(bytes.len());
        bytes[at] ^= 1 << rng.below(8);
        assert!(decode(&bytes).is_err(), "byte {at}");
    }
}

#[test]
fn every_cut_is_refused() {
    let good = image(&world(1)).into_bytes();
    for len in 0..good.len() {
        assert!(decode(&good[..len]).is_err(), "cut at {len}");
    }
    let mut longer = good;
    longer.push(0);
    assert!(decode(&longer).is_err());
}

#[test]
fn images_of_other_makers_are_refused_with_the_reason() {
    let good = image(&world(1)).into_bytes();
    let with = |field, value| {
        let mut bytes = good.clone();
        put(&mut bytes, field, value);
        digest::seal(&mut bytes);
        decode(&bytes).unwrap_err()
    };
    let big_endian = u64::from(layout::MAGIC.swap_bytes());
    assert_eq!(with(h::MAGIC, big_endian), DecodeError::BigEndian);
    assert_eq!(with(h::MAGIC, 1), DecodeError::Magic { found: 1 });
    assert_eq!(with(h::VERSION, 2), DecodeError::Version { found: 2 });
    assert_eq!(with(h::REQUIRED, 4), DecodeError::Required { unknown: 4 });
    let error = with(h::HEADER_LEN, 0x100);
    assert!(matches!(error, DecodeError::Field { .. }), "{error}");
    let mut optional = good.clone();
    put(&mut optional, h::OPTIONAL, 1 << 31);
    digest::seal(&mut optional);
    assert!(decode(&optional).is_ok(), "an unknown optional feature");
}

#[test]
fn numbers_beyond_every_limit_are_refused_at_once() {
    let good = image(&world(1)).into_bytes();
    let offsets = layout::PORTABLE.iter().chain(&layout::LOCAL);
    let fields: Vec<Field> = (h::ALL.iter().copied())
        .filter(|f| f.name.starts_with("n_") || f.name.ends_with("len"))
        .chain(offsets.map(|s| s.offset))
        .collect();
    for field in fields {
        for value in [u64::from(u32::MAX), 1 << 31, 0x00ff_ffff, 1 << 20, 65_537] {
            let mut bytes = good.clone();
            put(&mut bytes, field, value);
            digest::seal(&mut bytes);
            let start = Instant::now();
            assert!(decode(&bytes).is_err(), "{} = {value}", field.name);
            assert!(start.elapsed() < Duration::from_millis(50));
        }
        // Aliased: this section where the one before it stands.
        if let Some(at) = layout::PORTABLE.iter().position(|s| s.offset == field)
            && at > 0
        {
            let mut bytes = good.clone();
            let other = number(&good, layout::PORTABLE[at - 1].offset);
            put(&mut bytes, field, u64::from(other));
            digest::seal(&mut bytes);
            assert!(decode(&bytes).is_err(), "{} aliased", field.name);
        }
    }
}

#[test]
fn elements_out_of_range_are_refused_section_by_section() {
    let good = image(&world(1)).into_bytes();
    decode(&good).unwrap();
    let mut tried = 0;
    for section in layout::PORTABLE.iter().chain(&layout::LOCAL) {
        let name = section.offset.name;
        // Displacements may be anything: an entry that moved away from its slot is found out there.
        let blamed = match name {
            "ph4_disp" => "ph4_entries",
            "ph6_disp" => "ph6_entries",
            "if_disp" => "if_entries",
            other => other,
        };
        let mut bytes = good.clone();
        let at = number(&good, section.offset) as usize;
        let len = if name == blamed {
            section.element as usize
        } else {
            // All of them, so that some entry moves.
            let next = layout::PORTABLE.iter().chain(&layout::LOCAL);
            let next = next.map(|s| number(&good, s.offset) as usize);
            next.filter(|start| *start > at).min().unwrap() - at
        };
        bytes[at..at + len].fill(0xee);
        if name != blamed {
            // Padding stays zero.
            let shift = h::ALL.iter().find(|f| f.name == format!("{name}_shift"));
            let count = 1_usize << (64 - good[shift.unwrap().at()]);
            bytes[at + count * 2..at + len].fill(0);
        }
        digest::seal(&mut bytes);
        match decode(&bytes).unwrap_err() {
            DecodeError::Element { name, .. } => assert_eq!(name, blamed),
            other => unreachable!("{name}: {other}"),
        }
        tried += 1;
    }
    assert_eq!(tried, layout::PORTABLE.len() + layout::LOCAL.len());
}
