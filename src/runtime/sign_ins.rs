//! Whose sign-in is whose: [`SignIns`], by what two EHRs would share that claim the same one.

use std::collections::HashMap;

use url::{Origin, Url, form_urlencoded};

use crate::{config::Ehr, protocol::metadata::ServerMetadata};

/// What tells one sign-in from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Sign {
    Issuer(String),
    /// The authorization endpoint.
    Page(PageAddress),
}

impl Sign {
    /// Whether it names the origin that codes go to: an EHR's own sign-in does. Of two with one sign, the other one borrows it.
    fn is_at_home_at(&self, codes_go_to: &Origin) -> bool {
        match self {
            Self::Issuer(issuer) => Url::parse(issuer).is_ok_and(|issuer| origin(&issuer) == *codes_go_to),
            Self::Page(page) => page.origin == *codes_go_to,
        }
    }
}

/// Where a page is, in whatever spelling: two addresses that a server commonly answers with the same page are equal. So a borrowed page
/// is recognised that has a query, another case, `%61` for `a`, `//`, `;x` or a dot behind the host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PageAddress {
    origin: Origin,
    segments: Vec<String>,
}

impl PageAddress {
    fn of(url: &Url) -> Self {
        // Takes `&` and `=` away as well, from either of two.
        let decoded: String = form_urlencoded::parse(url.path().as_bytes())
            .flat_map(|(name, value)| [name, value])
            .collect();
        let segments = decoded
            .split(['/', '\\'])
            .filter_map(|segment| segment.split(';').next());
        Self {
            origin: origin(url),
            segments: segments
                .filter(|segment| !segment.is_empty())
                .map(str::to_lowercase)
                .collect(),
        }
    }
}

/// Whose name is the same with a dot behind it.
fn origin(url: &Url) -> Origin {
    match url.origin() {
        Origin::Tuple(scheme, url::Host::Domain(name), port) => {
            Origin::Tuple(scheme, url::Host::Domain(name.trim_end_matches('.').to_owned()), port)
        }
        other => other,
    }
}

/// A sign-in that somebody has: by these signs, and codes go to that origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignIn {
    pub(crate) signs: Vec<Sign>,
    pub(crate) codes_go_to: Origin,
}

impl SignIn {
    /// `None` where the metadata names no token endpoint: nobody gets codes then.
    pub(crate) fn announced(metadata: &ServerMetadata) -> Option<Self> {
        let issuer = metadata.issuer().map(|issuer| Sign::Issuer(issuer.to_owned()));
        let page = metadata
            .authorization_endpoint()
            .map(|page| Sign::Page(PageAddress::of(page.url())));
        Some(Self {
            signs: issuer.into_iter().chain(page).collect(),
            codes_go_to: origin(metadata.token_endpoint()?.url()),
        })
    }

    /// `None` where the registration has no endpoints of its own.
    pub(crate) fn configured(ehr: &Ehr) -> Option<Self> {
        let own = ehr.endpoints()?;
        Some(Self {
            signs: vec![Sign::Page(PageAddress::of(own.authorization.url()))],
            codes_go_to: origin(own.token.url()),
        })
    }

    /// Whether somebody has this sign-in who sends codes to another origin, and `than` may be the one who borrows it.
    pub(crate) fn is_same_with_codes_elsewhere(&self, than: &Self) -> bool {
        self.codes_go_to != than.codes_go_to && than.borrowable().any(|sign| self.signs.contains(sign))
    }

    /// The signs that may be another one's. Where they are the own ones, whoever else has them is refused, and not this one: or anybody could
    /// keep everybody out of an EHR, by claiming its sign-in.
    fn borrowable(&self) -> impl Iterator<Item = &Sign> {
        self.signs.iter().filter(|sign| !sign.is_at_home_at(&self.codes_go_to))
    }
}

/// Who has which sign-in. Those who share one and the origin of its codes are kept together: a server with ten thousand FHIR base
/// URLs is one look.
#[derive(Debug)]
pub(crate) struct SignIns<W> {
    by_sign: HashMap<Sign, HashMap<Origin, HashMap<String, W>>>,
}

impl<W> SignIns<W> {
    /// Notes one. `key`: whose it is.
    pub(crate) fn put(&mut self, key: &str, sign_in: SignIn, who: W)
    where
        W: Clone,
    {
        for sign in sign_in.signs {
            let by_origin = self.by_sign.entry(sign).or_default();
            let those = by_origin.entry(sign_in.codes_go_to.clone()).or_default();
            those.insert(key.to_owned(), who.clone());
        }
    }

    /// Takes out what was put in.
    pub(crate) fn take_out(&mut self, key: &str, sign_in: &SignIn) {
        for sign in &sign_in.signs {
            let Some(by_origin) = self.by_sign.get_mut(sign) else {
                continue;
            };
            if let Some(those) = by_origin.get_mut(&sign_in.codes_go_to) {
                those.remove(key);
                if those.is_empty() {
                    by_origin.remove(&sign_in.codes_go_to);
                }
            }
            if by_origin.is_empty() {
                self.by_sign.remove(sign);
            }
        }
    }

    /// Those with one of the signs that a sign-in may borrow, whose codes go elsewhere. Somebody may be among them twice.
    pub(crate) fn with_codes_elsewhere(&self, than: &SignIn) -> impl Iterator<Item = &W> {
        let same_sign = than.borrowable().filter_map(|sign| self.by_sign.get(sign)).flatten();
        let elsewhere = same_sign.filter(|(origin, _)| **origin != than.codes_go_to);
        elsewhere.flat_map(|(_, those)| those.values())
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.by_sign.is_empty()
    }
}

impl<W> Default for SignIns<W> {
    fn default() -> Self {
        Self {
            by_sign: HashMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign_in(signs: &[&str], codes_go_to: &str) -> SignIn {
        SignIn {
            signs: signs.iter().map(|sign| Sign::Issuer((*sign).to_owned())).collect(),
            codes_go_to: Url::parse(codes_go_to).unwrap().origin(),
        }
    }

    fn found(all: &SignIns<&'static str>, signs: &[&str], codes_go_to: &str) -> Vec<&'static str> {
        let mut found: Vec<_> = all
            .with_codes_elsewhere(&sign_in(signs, codes_go_to))
            .copied()
            .collect();
        found.sort_unstable();
        found
    }

    const HERE: &str = "https://here.example/token";
    const ELSEWHERE: &str = "https://elsewhere.example/token";

    #[test]
    fn who_shares_a_sign_is_found_where_the_codes_go_elsewhere_and_only_there() {
        let mut all = SignIns::default();
        all.put("a", sign_in(&["one", "two"], HERE), "a");
        all.put("b", sign_in(&["two"], HERE), "b");
        all.put("c", sign_in(&["two"], ELSEWHERE), "c");
        assert_eq!(found(&all, &["two"], HERE), ["c"]);
        assert_eq!(found(&all, &["two"], ELSEWHERE), ["a", "b"]);
        assert_eq!(found(&all, &["one"], ELSEWHERE), ["a"]);
        assert_eq!(found(&all, &["three"], ELSEWHERE), Vec::<&str>::new());
        // Another path is no other place.
        assert_eq!(
            found(&all, &["one"], "https://here.example:443/other"),
            Vec::<&str>::new()
        );
    }

    fn page(address: &str) -> PageAddress {
        PageAddress::of(&Url::parse(address).unwrap())
    }

    #[test]
    fn a_page_is_the_same_in_each_spelling_that_servers_commonly_take_for_it() {
        for spelling in [
            "https://login.example/oauth2/authorize?tenant=1",
            "HTTPS://Login.Example:443/OAuth2/Authorize/",
            "https://login.example./oauth2/authorize",
            "https://login.example/oauth2//authorize;v=1#there",
            "https://login.example/%6fauth2/x/../author%69ze",
            "https://login.example/oauth2%2Fauthorize",
            "https://login.example/oauth2\\authorize",
        ] {
            assert_eq!(
                page(spelling),
                page("https://login.example/oauth2/authorize"),
                "{spelling}"
            );
        }
        for other in [
            "http://login.example/oauth2/authorize",
            "https://login.example:8443/oauth2/authorize",
            "https://other.example/oauth2/authorize",
            "https://login.example/tenant/authorize",
        ] {
            assert_ne!(page(other), page("https://login.example/oauth2/authorize"), "{other}");
        }
    }

    /// Otherwise any EHR that somebody lists could keep everybody out of another one.
    #[test]
    fn whose_sign_in_names_the_place_of_its_codes_is_not_refused_for_somebody_who_claims_it() {
        let at = |address: &str, codes_go_to: &str| SignIn {
            signs: vec![
                Sign::Issuer("https://here.example/".to_owned()),
                Sign::Page(page(address)),
            ],
            codes_go_to: origin(&Url::parse(codes_go_to).unwrap()),
        };
        let own = at("https://here.example/authorize", HERE);
        let claimed = at("https://here.example/authorize?x=1", ELSEWHERE);
        let mut all = SignIns::default();
        all.put("own", own.clone(), "own");
        all.put("claimed", claimed.clone(), "claimed");
        assert_eq!(all.with_codes_elsewhere(&own).next(), None);
        assert_eq!(all.with_codes_elsewhere(&claimed).next(), Some(&"own"));
        assert!(own.is_same_with_codes_elsewhere(&claimed) && !claimed.is_same_with_codes_elsewhere(&own));
        // Where codes go to a third place, nobody can tell whose it is.
        let elsewhere = "https://third.example/token";
        assert!(claimed.is_same_with_codes_elsewhere(&at("https://here.example/authorize", elsewhere)));
    }

    #[test]
    fn nothing_is_left_of_what_was_taken_out() {
        let mut all = SignIns::default();
        let (first, second) = (sign_in(&["one", "two"], HERE), sign_in(&["two"], HERE));
        all.put("a", first.clone(), "a");
        all.put("b", second.clone(), "b");
        all.take_out("a", &first);
        assert_eq!(found(&all, &["one", "two"], ELSEWHERE), ["b"]);
        all.take_out("b", &second);
        assert!(all.is_empty());
    }
}
