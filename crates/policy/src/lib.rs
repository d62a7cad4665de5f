//! What policies mean.
//! 
#![forbid(unsafe_code)]
