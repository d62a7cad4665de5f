//! Project tasks: `cargo xtask demo | gen | new-lint | bench`.

fn main() {}
