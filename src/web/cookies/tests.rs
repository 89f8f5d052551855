use super::*;
use crate::web::test_head::Head;

fn read(headers: &[&[u8]], name: &str) -> Vec<String> {
    let request = headers
        .iter()
        .fold(Head::get(&[]), |head, header| head.with("cookie", header));
    values(&request, name).map(str::to_owned).collect()
}

#[test]
fn our_cookies_are_found_whatever_stands_beside_them() {
    assert_eq!(read(&[b"a=1; ours=x; b=2"], "ours"), ["x"]);
    assert_eq!(read(&[b"n=caf\xe9; ours=x"], "ours"), ["x"]);
    assert_eq!(read(&[b"%zz; =; ;;novalue; ours=x;"], "ours"), ["x"]);
    assert_eq!(read(&[b"ours=x", b"ours=y"], "ours"), ["x", "y"]);
    assert_eq!(read(&[b"ours=a=b"], "ours"), ["a=b"]);
    assert_eq!(read(&[b"yours=x; ours2=y; Ours=z"], "ours"), Vec::<String>::new());
    assert_eq!(read(&[], "ours"), Vec::<String>::new());
}

/// All that Unicode and ASCII call white space, but for the two that browsers drop themselves.
#[test]
fn a_name_behind_other_white_space_is_another_name() {
    let white: Vec<char> = (0..=u32::from(char::MAX))
        .filter_map(char::from_u32)
        .filter(|c| c.is_whitespace() || c.is_ascii_whitespace())
        .filter(|c| !matches!(c, ' ' | '\t'))
        .collect();
    assert!(white.len() > 20);
    for c in white {
        let header = format!("{c}ours=x; ours{c}=y; {c} ours=z");
        assert_eq!(read(&[header.as_bytes()], "ours"), Vec::<String>::new(), "{c:?}");
    }
    assert_eq!(read(&[b"\tours=x ; \t ours=y"], "ours"), ["x", "y"]);
}

#[test]
fn only_so_many_of_one_name_are_looked_at() {
    let many = "ours=x; ".repeat(MOST + 1);
    assert_eq!(read(&[many.as_bytes()], "ours").len(), MOST);
}
