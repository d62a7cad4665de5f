//! netpold: fetch, verify, link, stage, swap, observe.
//! 
