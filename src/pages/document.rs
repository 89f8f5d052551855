//! An HTML document of ours: its frame, its style, and the policy that goes along with it.

use super::escape::escape;

/// The policy of our own pages: our style (by its hash) and nothing else; no script, no base, no foreign form target.
///
/// `frame-ancestors` is left to the configuration: an EHR may show the application in a frame.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
     style-src 'sha256-C2PtOtFCirRL0UJqnFaMUDwTlJsh5Yq5Gx4EjqoproY='; base-uri 'none'; form-action 'self'";

/// [`STYLE`] as a policy names it. A test says what it has to be after a change.
pub(super) const STYLE_SOURCE: &str = "'sha256-C2PtOtFCirRL0UJqnFaMUDwTlJsh5Yq5Gx4EjqoproY='";

pub(super) const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0;font:1rem/1.5 system-ui,sans-serif}\
main{max-width:34rem;margin:0 auto;padding:2rem 1rem}\
h1{font-size:1.4rem;line-height:1.25}\
p{overflow-wrap:anywhere}\
.action,button{display:inline-block;padding:.6rem 1.1rem;border:1px solid;border-radius:.4rem;\
font:inherit;font-weight:600;color:inherit;background:none;text-decoration:none;cursor:pointer}\
input{font:inherit;padding:.55rem .7rem;border:1px solid;border-radius:.4rem;color:inherit;background:none}\
:focus-visible{outline:3px solid;outline-offset:3px}\
ul{list-style:none;padding:0}\
li{margin:.5rem 0}\
.small{font-size:.875rem;opacity:.8}";

/// A whole document around a body that is escaped already.
pub(super) fn document(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}
