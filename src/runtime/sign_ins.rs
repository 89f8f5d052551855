//! Whose sign-in is whose: [`SignIns`], by what two EHRs would share that claim the same one.

use std::collections::HashMap;

use url::{Origin, Url};

use crate::{config::Ehr, protocol::metadata::ServerMetadata};

/// What tells one sign-in from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Sign {
    Issuer(String),
    /// The authorization endpoint.
    Page(Url),
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
            .map(|page| Sign::Page(page.url().clone()));
        Some(Self {
            signs: issuer.into_iter().chain(page).collect(),
            codes_go_to: metadata.token_endpoint()?.url().origin(),
        })
    }

    /// `None` where the registration has no endpoints of its own.
    pub(crate) fn configured(ehr: &Ehr) -> Option<Self> {
        let own = ehr.endpoints()?;
        Some(Self {
            signs: vec![Sign::Page(own.authorization.url().clone())],
            codes_go_to: own.token.url().origin(),
        })
    }

    /// Whether somebody has this sign-in who sends codes to another origin.
    pub(crate) fn is_same_with_codes_elsewhere(&self, than: &Self) -> bool {
        self.codes_go_to != than.codes_go_to && self.signs.iter().any(|sign| than.signs.contains(sign))
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

    /// Those with one of the signs of a sign-in, whose codes go elsewhere. Somebody may be among them twice.
    pub(crate) fn with_codes_elsewhere(&self, than: &SignIn) -> impl Iterator<Item = &W> {
        let same_sign = than.signs.iter().filter_map(|sign| self.by_sign.get(sign)).flatten();
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
