//! What is wrong with TLS, as a sentence and its cure.

use url::Url;

use super::trouble::{Trouble, server_of};
use crate::{
    protocol::visible::in_log,
    transport::tls_look::{CertificateFault, Names, TlsLook},
};

/// How many hosts of a certificate are named.
const NAMED: usize = 4;

/// How an authority is trusted that is not on the list.
const TRUST: &str =
    "`extra_root_certificates`, or the operating system's store (`root_certificates(Roots::BuiltInAndSystem)`)";

/// `None` where nothing was seen that explains it.
pub(super) fn trouble(seen: TlsLook, url: &Url, setting: &str) -> Option<Trouble> {
    let server = server_of(url.as_str());
    Some(match seen {
        TlsLook::Works | TlsLook::NotSeen => return None,
        TlsLook::NoTls => Trouble::new(
            format!("{server} does not speak TLS: something else listens at this port, plain http perhaps."),
            format!("Compare the port in {setting} with the EHR's documentation. EHRs are asked by https only."),
        ),
        TlsLook::Silent => Trouble::new(
            format!("{server} takes connections and does not answer the TLS handshake in time."),
            format!(
                "Compare the port in {setting} with the EHR's documentation, and ask whether a firewall stands in between."
            ),
        ),
        TlsLook::Refused(alert) => Trouble::new(
            format!("{server} ends the TLS handshake ({}).", in_log(&alert)),
            "If the EHR asks applications for a certificate, give it (`client_certificate`). Else ask its administrators which \
             versions of TLS the server speaks: 1.2 or 1.3 is needed.",
        ),
        TlsLook::Certificate(fault, names) => certificate(&server, fault, &names, url, setting),
    })
}

fn certificate(server: &str, fault: CertificateFault, names: &Names, url: &Url, setting: &str) -> Trouble {
    let whom = match &names.subject {
        Some(subject) => format!("The certificate of {server} (for `{}`)", in_log(subject)),
        None => format!("The certificate of {server}"),
    };
    let authority = names.authority.as_deref().map_or_else(
        || "an authority without a name".to_owned(),
        |name| format!("`{}`", in_log(name)),
    );
    match fault {
        CertificateFault::UnknownAuthority => Trouble::new(
            format!("{whom} is of {authority}, which is not trusted here."),
            format!(
                "Ask the EHR's administrators for the certificate of {authority} and trust it: {TRUST}. If that is no authority of the \
                 hospital, the server leaves out an intermediate certificate, and has to send it."
            ),
        ),
        CertificateFault::SelfSigned => Trouble::new(
            format!("{whom} is self-signed: nobody else vouches for it."),
            format!(
                "Ask the EHR's administrators for a certificate of an authority. For a test, trust this one: {TRUST}."
            ),
        ),
        CertificateFault::Expired => Trouble::new(
            format!("{whom} has expired."),
            "Ask the EHR's administrators to renew it. If it is good in a browser of another machine, set this machine's clock.",
        ),
        CertificateFault::NotYetValid => Trouble::new(
            format!("{whom} is not valid yet."),
            "Set this machine's clock (NTP). If it is right, ask the EHR's administrators about theirs.",
        ),
        CertificateFault::OtherHosts(hosts) => {
            let hosts: Vec<_> = hosts.iter().take(NAMED).map(|host| in_log(host)).collect();
            let hosts = if hosts.is_empty() {
                "another host".to_owned()
            } else {
                hosts.join(", ")
            };
            Trouble::new(
                format!("{whom} is for {hosts}, not for {}.", url.host_str().unwrap_or_default()),
                format!(
                    "Write the host name of the certificate in {setting}, if that is the EHR; else ask the EHR's administrators for a \
                     certificate with this name."
                ),
            )
        }
        CertificateFault::Other(why) => Trouble::new(
            format!("{whom} is not accepted: {}.", in_log(&why)),
            "Ask the EHR's administrators for a certificate that browsers accept too.",
        ),
    }
}
