//! Logos that are inside of a bundle: [`BrandLogos`].

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// The largest logo, in bytes: the page of choices has up to 20 of them.
const MOST_BYTES: usize = 16 * 1024;

/// Whether people see the logos of a brand bundle.
///
/// What is shown is inside of the bundle, as a `data:` address: nothing is fetched for it, neither by this application nor by the
/// browser of a person, so that nobody learns who chooses. PNG, JPEG and WebP of up to 16 KiB each; an SVG is left out, as it is a
/// document that may hold scripts and addresses, and a stranger's. Logos that are an address are left out, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BrandLogos {
    /// They do not. The default.
    #[default]
    LeftOut,
    /// They see those that are inside of the bundle. A publisher may tie logos to conditions (`brandLogoLicense`): read them first.
    InBundle,
}

impl BrandLogos {
    /// The bytes of the picture in an extension, if they are to be shown.
    pub(super) fn read(self, extension: &Value) -> Vec<u8> {
        let names = ["valueUrl", "valueUri", "valueString"];
        let address = names.iter().find_map(|name| extension.get(name)?.as_str());
        match self {
            Self::LeftOut => Vec::new(),
            Self::InBundle => address.and_then(decode).unwrap_or_default(),
        }
    }
}

/// What kind of picture it is, its bytes say, and not the address.
fn decode(address: &str) -> Option<Vec<u8>> {
    let (kind, text) = address.strip_prefix("data:")?.split_once(',')?;
    let text = text.trim();
    if !kind.ends_with(";base64") || text.len() > MOST_BYTES.div_ceil(3).saturating_mul(4) {
        return None;
    }
    STANDARD.decode(text).ok().filter(|bytes| bytes.len() <= MOST_BYTES)
}
