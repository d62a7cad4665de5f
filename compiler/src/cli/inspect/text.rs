//! For people.

use super::SignatureState;
use super::content::{Content, ImageContent, SignatureContent, TableContent};
use std::io::{self, Write};

pub(super) fn write(content: &Content<'_>, out: &mut dyn Write) -> io::Result<()> {
    let meta = content.meta;
    let counts = meta.counts;
    let dialect = format!("{:?}", meta.dialect).to_lowercase();
    writeln!(
        out,
        "bundle     sha256 {}, {} bytes",
        content.sha256, content.bytes
    )?;
    writeln!(out, "producer   {}, format {}", meta.producer, meta.format)?;
    writeln!(
        out,
        "policies   {} with {} rules, {dialect} dialect, sha256 {}",
        counts.policies, counts.rules, meta.policy_digest
    )?;
    writeln!(
        out,
        "inventory  {} endpoints, {} images",
        counts.endpoints, counts.images
    )?;
    writeln!(out, "signature  {}", signature(&content.signature))?;
    if !content.rules.is_empty() {
        writeln!(out, "\nrules")?;
    }
    for rule in &content.rules {
        let place = rule.places.first().map_or_else(
            || "place unknown".to_owned(),
            |place| format!("{}:{}:{}", place.file, place.line, place.column),
        );
        writeln!(
            out,
            "  {:5}  {place}  {}: {}",
            rule.rule, rule.policy, rule.text
        )?;
        for place in rule.places.iter().skip(1) {
            let value = place.value.as_deref().unwrap_or_default();
            writeln!(out, "         by {value} at {}:{}", place.file, place.line)?;
        }
    }
    for image in &content.images {
        write_image(image, out)?;
    }
    Ok(())
}

fn signature(signature: &SignatureContent) -> String {
    let state = match signature.state {
        SignatureState::None => return "none".to_owned(),
        SignatureState::Unchecked => "not checked (give --key)",
        SignatureState::Good => "good",
        SignatureState::Bad => "does not count: of another bundle, or made by none of the keys",
    };
    let serial = signature.serial.unwrap_or_default();
    let key = signature.key.as_deref().unwrap_or_default();
    let expires = signature
        .expires
        .map_or_else(|| "never".to_owned(), |at| format!("at {at}"));
    format!("{state}; serial {serial}, expires {expires}, key {key}")
}

fn write_image(image: &ImageContent, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nimage of {}  sha256 {}", image.node, image.digest)?;
    for TableContent { table, used, limit } in &image.tables {
        // In tenths of a percent, rounded up: a table that holds anything is not at zero.
        let tenths = used.saturating_mul(1000).div_ceil((*limit).max(1));
        let (percent, tenth) = (tenths / 10, tenths % 10);
        writeln!(
            out,
            "  {table:16} {used:>9} of {limit:>9}  {percent:3}.{tenth} %"
        )?;
    }
    Ok(())
}
