//! [`Logo`]: a picture that goes along inside of a page.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// A picture of the application, for [`Brand::logo`](super::Brand::logo): PNG, SVG, WebP or JPEG.
///
/// It goes along inside of every page, as a `data:` address, so that a page needs no other file. An SVG is shown as a picture:
/// its scripts do not run, and it loads nothing.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::pages::{Brand, Logo};
///
/// let svg = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 8 8 0" stroke="#000"/></svg>"##;
/// let brand = Brand::new("Growth charts").logo(Logo::new(svg)?);
/// # let _ = brand;
/// # Ok::<(), actix_smart_auth::error::LogoError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    address: Arc<str>,
}

impl Logo {
    /// The largest picture, in bytes: 32 KiB.
    pub const MOST_BYTES: usize = 32 * 1024;

    /// A picture by the bytes of its file. What kind it is, the bytes say.
    ///
    /// # Errors
    ///
    /// - [`LogoError::TooLarge`], if it has more than [`MOST_BYTES`](Self::MOST_BYTES): every page carries it.
    /// - [`LogoError::UnknownFormat`], if it is none of the four kinds.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, LogoError> {
        let bytes = bytes.as_ref();
        if bytes.len() > Self::MOST_BYTES {
            return Err(LogoError::TooLarge { bytes: bytes.len() });
        }
        let media_type = media_type(bytes).ok_or(LogoError::UnknownFormat)?;
        Ok(Self {
            address: format!("data:{media_type};base64,{}", STANDARD.encode(bytes)).into(),
        })
    }

    /// A picture of a stranger: pixels only. An SVG is a document, which may hold more than a picture.
    pub(crate) fn of_pixels(bytes: &[u8]) -> Option<Self> {
        media_type(bytes).filter(|kind| *kind != SVG)?;
        Self::new(bytes).ok()
    }

    /// The picture as a `data:` address.
    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

const SVG: &str = "image/svg+xml";

fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => is_svg(bytes).then_some(SVG),
    }
}

fn is_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with("<svg") || (text.starts_with("<?xml") || text.starts_with("<!--")) && text.contains("<svg")
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logo").finish_non_exhaustive()
    }
}

/// The picture cannot be a [`Logo`].
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogoError {
    /// It is too large to go along with every page.
    #[error("the logo has {bytes} bytes; make it smaller than {} bytes", Logo::MOST_BYTES)]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// It is no picture that browsers show.
    #[error("the logo is no PNG, SVG, WebP or JPEG; save it as one of these")]
    UnknownFormat,
}

debug_is_its_text!(LogoError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kind_a_picture_is_its_bytes_say() {
        for (bytes, begins) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], "data:image/png;base64,iVBORw0KGgo"),
            (b"\xff\xd8\xff\xe0....", "data:image/jpeg;base64,"),
            (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "data:image/webp;base64,"),
            (b"<svg></svg>", "data:image/svg+xml;base64,PHN2Zz48L3N2Zz4="),
            (
                b"\xef\xbb\xbf\n<?xml version='1.0'?>\n<svg/>",
                "data:image/svg+xml;base64,",
            ),
        ] {
            assert!(Logo::new(bytes).unwrap().address().starts_with(begins), "{begins}");
        }
        for other in [
            &b""[..],
            b"GIF89a",
            b"<html><svg>",
            b"\x89PNG",
            b"<?xml?><html>",
            b"\xff\xfe<svg",
        ] {
            assert_eq!(Logo::new(other), Err(LogoError::UnknownFormat), "{other:?}");
        }
    }

    #[test]
    fn a_strangers_picture_is_pixels_and_no_document() {
        for bytes in [
            &b"\x89PNG\r\n\x1a\n...."[..],
            b"\xff\xd8\xff\xe0....",
            b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        ] {
            assert_eq!(Logo::of_pixels(bytes), Logo::new(bytes).ok());
        }
        for other in [
            &b"<svg></svg>"[..],
            b"\xef\xbb\xbf\n<?xml version='1.0'?>\n<svg/>",
            b"<html>",
            b"",
        ] {
            assert_eq!(Logo::of_pixels(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_picture_may_be_32_kib_and_not_a_byte_more() {
        let mut bytes = b"\xff\xd8\xff".to_vec();
        bytes.resize(Logo::MOST_BYTES, 0);
        assert!(Logo::new(&bytes).is_ok());
        bytes.push(0);
        assert_eq!(Logo::new(&bytes), Err(LogoError::TooLarge { bytes: 32_769 }));
    }
}
