//! User-access brand bundles (SMART App Launch 2.2, User-access Brands and Endpoints): who offers which FHIR server under which name.
//!
//! [`bundle`] reads the resources, [`mod@assemble`] makes of organizations, their portals and endpoints what a person can choose from,
//! [`brands`] keeps that in few bytes, [`mod@brand`] is one of them, and [`mod@search`] finds in it.

mod assemble;
mod brand;
#[expect(clippy::module_inception, reason = "it is what the folder is about")]
mod brands;
mod bundle;
mod fold;
mod left_out;
mod logos;
mod search;
mod states;

use self::{
    assemble::{Most, assemble},
    bundle::read,
};
pub use self::{brand::Brand, brands::BrandsReport, bundle::MalformedBrands, logos::BrandLogos};
pub(crate) use self::{
    brands::{Brands, StillThere},
    search::{Wanted, search},
};

impl Brands {
    /// Reads a bundle. What is wrong with one entry leaves that out, and is counted.
    ///
    /// # Errors
    ///
    /// [`MalformedBrands`] when it is no bundle at all.
    pub(crate) fn parse(json: &[u8], logos: BrandLogos) -> Result<Self, MalformedBrands> {
        Ok(assemble(read(json, logos)?, Most::default()))
    }
}

#[cfg(test)]
mod tests;
