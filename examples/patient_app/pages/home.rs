//! The page outside of any launch.

use super::document::{document, escape};

pub(crate) fn home(ehr_page: Option<&str>) -> String {
    let in_the_ehr = ehr_page.map_or_else(String::new, |ehr| {
        format!(
            "<section><h2>Or start in the EHR</h2>\n\
             <p>Open <a href=\"{0}\" target=\"_blank\" rel=\"noopener\">the EHR’s patient list</a> and press \
             <em>Launch</em> beside a patient. The application opens for that patient in a new tab.</p></section>\n",
            escape(ehr),
        )
    });
    let body = format!(
        "<header><div><h1>Patient viewer</h1></div></header>\n<main>\n\
         <p>This small application shows one patient’s chart. It reads it from an EHR (a hospital’s record system) after \
         you have signed in there. It never sees your password.</p>\n\
         <section><h2>Start here</h2>\n<p><a class=\"button\" href=\"/auth/launch\">Sign in</a></p>\n\
         <p class=\"small\">You sign in at the EHR and choose a patient there.</p></section>\n{in_the_ehr}</main>\n"
    );
    document("Patient viewer", &body)
}
