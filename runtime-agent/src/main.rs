//! The netpold command.

fn main() {}
