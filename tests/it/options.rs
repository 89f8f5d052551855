//! What an application can choose, each choice seen from outside.

mod choosing;
mod deep_links;
mod ehrs;
mod hook;
mod kinds;
mod lifetimes;
mod one_launch;
mod pages;
mod paths;
mod tenants;
