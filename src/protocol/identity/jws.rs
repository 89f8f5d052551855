//! A signed token taken apart.
