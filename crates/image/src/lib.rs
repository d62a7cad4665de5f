//! What the kernel reads.
//! 
#![forbid(unsafe_code)]
