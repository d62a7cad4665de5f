//! Room for deep templates.

/// Helm lets a template include itself 1,000 times; each level takes a few KiB of stack here. The
/// memory is only reserved: what is not used costs nothing.
const STACK: usize = 256 << 20;

/// Runs `work` on a thread whose stack is large enough for the default [`Limits`](super::Limits).
///
/// # Errors
/// When the system gives no such thread, or `work` panics.
pub fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> std::io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("helm".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, work)?;
        thread
            .join()
            .map_err(|_| std::io::Error::other("rendering ended unexpectedly"))
    })
}
