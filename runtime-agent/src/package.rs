//! A bundle as the agent uses it.
