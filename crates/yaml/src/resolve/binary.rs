//! `!!binary`.

/// Standard base64 with padding; line breaks are skipped, as Go's decoder does.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .collect();
    let groups = digits.chunks(4).len();
    let mut bytes = Vec::with_capacity(groups * 3);
    for (at, group) in digits.chunks(4).enumerate() {
        let [a, b, c, d] = *group else { return None };
        let last = at + 1 == groups;
        let head = sextet(a)? << 18 | sextet(b)? << 12;
        let (word, length) = match (c, d) {
            (b'=', b'=') if last => (head, 1),
            (_, b'=') if last => (head | sextet(c)? << 6, 2),
            _ => (head | sextet(c)? << 6 | sextet(d)?, 3),
        };
        bytes.extend(word.to_be_bytes().into_iter().skip(1).take(length));
    }
    Some(bytes)
}

fn sextet(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}
