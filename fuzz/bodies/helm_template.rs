//! Any text is a template or is refused with a line that it has.

use netpol_helm::exec::{Executor, Settings};
use netpol_helm::value::Origins;

/// Parses the bytes as a template.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut executor = Executor::new(Settings::default(), Origins::new());
    if let Err(error) = executor.parse("chart/templates/t.yaml", &text) {
        let lines = text.matches('\n').count() + 1;
        assert!(
            (1..=lines).contains(&error.line),
            "line {} of {lines}: {error}",
            error.line
        );
        assert!(!error.message.is_empty(), "an error without a message");
    }
}
