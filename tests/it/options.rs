//! What an application can choose, each choice seen from outside.

mod choosing;
mod chosen_context;
mod deep_links;
mod ehrs;
mod hook;
mod hook_limits;
mod kinds;
mod lifetimes;
mod one_launch;
mod pages;
mod paths;
mod registrations;
mod resolver;
mod tenants;
