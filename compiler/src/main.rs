//! The netpolc command: real streams around [`netpolc::cli`].
#![forbid(unsafe_code)]

use netpolc::cli::{self, Exit, Terminal};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

fn main() -> ExitCode {
    panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(String::new, |l| format!(" at {l}"));
        let told = writeln!(
            io::stderr(),
            "error: internal error{place}: this is a mistake in netpolc, not in your input; \
             please report it with the input that shows it"
        );
        // Nobody is left to be told when standard error is gone.
        told.unwrap_or_default();
    }));
    let exit = panic::catch_unwind(AssertUnwindSafe(command)).unwrap_or(Exit::Internal);
    ExitCode::from(exit.code())
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the front door through which arguments and environment come"
)]
fn command() -> Exit {
    let (mut stdin, mut stderr) = (io::stdin().lock(), io::stderr().lock());
    let is_terminal = io::stdout().is_terminal();
    let mut stdout = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut terminal = Terminal::new(&mut stdin, &mut stdout, &mut stderr);
    terminal.is_terminal = is_terminal;
    terminal.no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    cli::run(std::env::args_os(), &mut terminal)
}
