//! Names in certificates.

use crate::{
    protocol::visible::is_invisible,
    transport::{certificate_names::names_of, tls_look::Names},
};

/// Common name and organization with what stands around them.
const LONGEST: usize = 100 + " (".len() + 100 + ")".len();

/// A certificate as DER; also as one of two, and cut in two.
pub fn certificate_names(data: &[u8]) {
    let alone = names_of(&data, &[]);
    can_be_shown(&alone);
    assert_eq!(alone.shown, 1);
    // What follows a certificate is not of it.
    let followed = [data, data].concat();
    if alone.subject.is_some() {
        assert_eq!(names_of(&followed.as_slice(), &[]), alone);
    }
    let (first, second) = data.split_at(data.len() / 2);
    for (end_entity, last) in [(first, second), (data, data)] {
        let names = names_of(&end_entity, &[last]);
        can_be_shown(&names);
        assert_eq!(names.shown, 2);
        assert_eq!(names.subject, names_of(&end_entity, &[]).subject);
        assert_eq!(names.authority, names_of(&last, &[]).authority);
    }
}

fn can_be_shown(names: &Names) {
    for name in [&names.subject, &names.authority].into_iter().flatten() {
        assert!(!name.trim().is_empty() && name.chars().count() <= LONGEST, "{name:?}");
        assert!(!name.contains(|c: char| c.is_control() || is_invisible(c)), "{name:?}");
    }
    assert!(names.shown > 1 || !names.is_self_signed || names.subject == names.authority);
}
