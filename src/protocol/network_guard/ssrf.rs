//! Forms in which somebody may write an address of this machine or network: each has its exact refusal.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    public::{Block, GLOBAL_UNICAST, NAT64, NOT_PUBLIC_V4, NOT_PUBLIC_V6},
    *,
};

mod names;

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn v4(text: &str) -> IpAddr {
    text.parse::<Ipv4Addr>().unwrap().into()
}

fn v6(text: &str) -> IpAddr {
    text.parse::<Ipv6Addr>().unwrap().into()
}

use AddressError as E;

/// What is refused without resolving anything.
#[rustfmt::skip]
const REFUSED: [(&str, AddressError); 64] = [
    ("https://127.0.0.1/", E::NotPublic),
    ("https://127.0.0.1:8443/", E::NotPublic),
    ("https://127.255.255.254/", E::NotPublic),
    ("https://2130706433/", E::NotPublic),               // decimal
    ("https://0x7f000001/", E::NotPublic),               // hexadecimal
    ("https://0X7F.0.0.1/", E::NotPublic),
    ("https://0177.0.0.1/", E::NotPublic),               // octal
    ("https://017700000001/", E::NotPublic),
    ("https://127.1/", E::NotPublic),                    // short
    ("https://127.0.1/", E::NotPublic),
    ("https://127.0.0.1./", E::NotPublic),
    ("https://0/", E::NotPublic),
    ("https://0.0.0.0/", E::NotPublic),
    ("https://１２７.0.0.1/", E::NotPublic),               // full-width digits
    ("https://①②⑦.⓪.⓪.①/", E::NotPublic),               // circled digits
    ("https://127。0。0。1/", E::NotPublic),               // ideographic full stops
    ("https://%31%32%37.0.0.1/", E::NotPublic),          // encoded
    ("https://127.0.0.1\\@ehr.example/", E::NotPublic),  // a backslash is a slash
    ("https:127.0.0.1", E::NotPublic),
    ("https:/127.0.0.1/", E::NotPublic),
    ("https:////127.0.0.1/", E::NotPublic),
    ("ht\ttps://127.0.0\n.1/", E::NotPublic),            // parsers drop tabs and line breaks
    ("https://10.0.0.1/", E::NotPublic),
    ("https://0xa000001/", E::NotPublic),
    ("https://172.16.0.1/", E::NotPublic),
    ("https://192.168.1.1/", E::NotPublic),
    ("https://100.64.0.1/", E::NotPublic),
    ("https://169.254.169.254/latest/meta-data/", E::NotPublic),
    ("https://2852039166/", E::NotPublic),               // the same, decimal
    ("https://168.63.129.16/", E::NotPublic),
    ("https://255.255.255.255/", E::NotPublic),
    ("https://224.0.0.1/", E::NotPublic),
    ("https://[::1]/", E::NotPublic),
    ("https://[0:0:0:0:0:0:0:1]/", E::NotPublic),
    ("https://[::]/", E::NotPublic),
    ("https://[::ffff:127.0.0.1]/", E::NotPublic),       // mapped
    ("https://[::ffff:7f00:1]/", E::NotPublic),
    ("https://[0:0:0:0:0:FFFF:7F00:0001]/", E::NotPublic),
    ("https://[::ffff:a9fe:a9fe]/", E::NotPublic),
    ("https://[::127.0.0.1]/", E::NotPublic),            // compatible
    ("https://[::8.8.8.8]/", E::NotPublic),
    ("https://[::ffff:0:127.0.0.1]/", E::NotPublic),     // translated
    ("https://[64:ff9b::127.0.0.1]/", E::NotPublic),     // NAT64
    ("https://[64:ff9b::a00:1]/", E::NotPublic),
    ("https://[64:ff9b:1::8.8.8.8]/", E::NotPublic),     // NAT64 of one network
    ("https://[2002:7f00:1::]/", E::NotPublic),          // 6to4
    ("https://[2002:a00:1::1]/", E::NotPublic),
    ("https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", E::NotPublic), // Teredo
    ("https://[fe80::1]/", E::NotPublic),
    ("https://[fc00::1]/", E::NotPublic),
    ("https://[fd00:ec2::254]/", E::NotPublic),          // metadata of a cloud
    ("https://[fec0::1]/", E::NotPublic),
    ("https://[ff02::1]/", E::NotPublic),
    ("https://[2001:db8::1]/", E::NotPublic),
    ("https://localhost/", E::ThisMachine),
    ("https://LOCALHOST:8443/", E::ThisMachine),
    ("https://localhost./", E::ThisMachine),
    ("https://ehr.localhost/", E::ThisMachine),
    ("https://EHR.LocalHost./", E::ThisMachine),
    ("https://ｌocalhost/", E::ThisMachine),              // a full-width letter
    ("https://loc%61lhost/", E::ThisMachine),
    ("https://user:secret@ehr.example/", E::Credentials),
    ("https://127.0.0.1@ehr.example/", E::Credentials),
    ("http://ehr.example/", E::NotHttps),
];

#[test]
fn each_form_of_an_address_that_is_not_public_has_its_refusal() {
    let guard = AddressGuard::default();
    for (text, refusal) in REFUSED {
        assert_eq!(guard.allows_host(&url(text)), Err(refusal), "{text}");
    }
}

#[test]
fn each_of_them_passes_when_its_host_is_allowed_by_name_unless_something_else_is_wrong() {
    for (text, refusal) in REFUSED {
        let url = url(text);
        let guard = AddressGuard::new(url.host_str()).unwrap();
        let expected = match refusal {
            E::NotPublic | E::ThisMachine => Ok(()),
            other => Err(other),
        };
        assert_eq!(guard.allows_host(&url), expected, "{text}");
    }
}

#[test]
fn plain_http_is_for_loopback_hosts_that_are_allowed_by_name() {
    let named = AddressGuard::new(["localhost", "127.0.0.1", "::1", "10.0.0.1", "ehr.example"]).unwrap();
    let unnamed = AddressGuard::default();
    for text in ["http://localhost:8080/", "http://127.0.0.1/", "http://[::1]/"] {
        assert_eq!(named.allows_host(&url(text)), Ok(()), "{text}");
        assert_eq!(unnamed.allows_host(&url(text)), Err(E::NotHttps), "{text}");
    }
    for text in [
        "http://ehr.example/",
        "http://10.0.0.1/",
        "ftp://ehr.example/",
        "ws://localhost/",
        "ftp://localhost/etc/passwd",
    ] {
        assert_eq!(named.allows_host(&url(text)), Err(E::NotHttps), "{text}");
    }
    for text in [
        "data:text/plain,x",
        "mailto:a@b.example",
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
    ] {
        assert_eq!(named.allows_host(&url(text)), Err(E::NoHost), "{text}");
    }
}

#[test]
fn public_hosts_pass_as_far_as_the_url_says() {
    let guard = AddressGuard::default();
    for text in [
        "https://ehr.example/",
        "https://ehr.example.:8443/fhir?x=1",
        "https://8.8.8.8/",
        "https://[2606:4700::1]/",
        "https://[::ffff:8.8.8.8]/",
        "https://[64:ff9b::8.8.8.8]/",
        "https://localhost.example/",
        "https://notlocalhost/",
        "https://127.0.0.1.ehr.example/",
    ] {
        assert_eq!(guard.allows_host(&url(text)), Ok(()), "{text}");
    }
}

#[test]
fn what_a_name_resolves_to_decides_unless_it_is_allowed_by_name() {
    let guard = AddressGuard::new(["fhir.hospital.internal"]).unwrap();
    for address in [
        v4("10.0.0.1"),
        v4("127.0.0.1"),
        v6("::1"),
        v6("::ffff:10.0.0.1"),
        v6("fd00::1"),
    ] {
        assert!(!guard.allows("ehr.example", address), "{address}");
        assert!(!guard.allows("hospital.internal", address), "{address}");
        assert!(guard.allows("fhir.hospital.internal", address), "{address}");
        assert!(guard.allows("FHIR.Hospital.Internal.", address), "{address}");
    }
    assert!(guard.allows("ehr.example", v4("8.8.8.8")));
    assert!(guard.allows("ehr.example", v6("2606:4700::1")));
}

/// First and last address of a block, and what is next to it on both sides (nothing at the ends of the numbers).
fn edges<A: Copy>(
    (first, prefix): Block<A>,
    width: u32,
    to_bits: fn(A) -> u128,
    from_bits: fn(u128) -> IpAddr,
) -> ([IpAddr; 2], Vec<IpAddr>) {
    let first = to_bits(first);
    let last = first + ((1_u128 << (width - prefix)) - 1);
    let top = u128::MAX >> (128 - width);
    let before = first.checked_sub(1);
    let after = last.checked_add(1).filter(|after| *after <= top);
    (
        [from_bits(first), from_bits(last)],
        before.into_iter().chain(after).map(from_bits).collect(),
    )
}

fn edges_v4(block: Block<Ipv4Addr>) -> ([IpAddr; 2], Vec<IpAddr>) {
    edges(
        block,
        32,
        |address| address.to_bits().into(),
        |bits| Ipv4Addr::from_bits(u32::try_from(bits).unwrap()).into(),
    )
}

fn edges_v6(block: Block<Ipv6Addr>) -> ([IpAddr; 2], Vec<IpAddr>) {
    edges(block, 128, Ipv6Addr::to_bits, |bits| Ipv6Addr::from_bits(bits).into())
}

#[test]
fn every_ipv4_block_is_refused_from_its_first_address_to_its_last_and_not_beyond() {
    for block in NOT_PUBLIC_V4 {
        let (inside, outside) = edges_v4(block);
        for address in inside {
            assert!(!is_public(address), "{address} of {block:?}");
        }
        for address in outside {
            // 224/4 and 240/4 are neighbours.
            let refused_too = matches!(address, IpAddr::V4(address) if address.octets()[0] >= 224);
            assert_eq!(is_public(address), !refused_too, "{address} beside {block:?}");
        }
    }
}

#[test]
fn every_ipv6_block_is_refused_from_its_first_address_to_its_last_and_not_beyond() {
    for block in NOT_PUBLIC_V6 {
        let (inside, outside) = edges_v6(block);
        for address in inside {
            assert!(!is_public(address), "{address} of {block:?}");
        }
        for address in outside {
            assert!(is_public(address), "{address} beside {block:?}");
        }
    }
    let (inside, outside) = edges_v6(GLOBAL_UNICAST);
    assert!(is_public(inside[0]) && is_public(inside[1]));
    assert!(outside.iter().all(|address| !is_public(*address)));
}

/// The rows of the registries once more, written down here, so that a row that is missing over there is missed.
#[rustfmt::skip]
#[test]
fn no_special_purpose_address_is_public() {
    for text in [
        "0.0.0.1", "10.1.2.3", "100.64.1.1", "100.100.100.200", "127.0.0.53", "169.254.169.254", "172.31.255.255",
        "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1",
        "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.251",
        "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    ] {
        let address: Ipv4Addr = text.parse().unwrap();
        assert!(!is_public(address.into()), "{text}");
        assert!(!is_public(address.to_ipv6_mapped().into()), "mapped {text}");
        assert!(!is_public(address.to_ipv6_compatible().into()), "compatible {text}");
        let nat64 = Ipv6Addr::from_bits(NAT64.0.to_bits() | u128::from(address.to_bits()));
        assert!(!is_public(nat64.into()), "NAT64 {text}");
        let [a, b, c, d] = address.octets();
        let six_to_four = Ipv6Addr::new(0x2002, u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]), 0, 0, 0, 0, 1);
        assert!(!is_public(six_to_four.into()), "6to4 {text}");
    }
    for text in [
        "::", "::1", "::ffff:0:8.8.8.8", "64:ff9b:1::1", "64:ff9b:0:0:0:1::1", "100::1", "100:0:0:1::1", "2001::1",
        "2001:1::1", "2001:2::1", "2001:3::1", "2001:4:112::1", "2001:10::1", "2001:20::1", "2001:30::1", "2001:db8::1",
        "2002:808:808::1", "2620:4f:8000::1", "3fff::1", "3fff:fff:ffff::1", "4000::1", "5f00::1", "fc00::1", "fd12::1",
        "fe80::1", "febf::1", "fec0::1", "feff::1", "ff00::1", "ff0e::1",
    ] {
        assert!(!is_public(v6(text)), "{text}");
    }
    for text in ["2600::1", "2a00:1450::1", "2001:200::1", "2001:4860:4860::8888", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"] {
        assert!(is_public(v6(text)), "{text}");
    }
    for text in ["1.0.0.0", "8.8.8.8", "172.32.0.0", "192.0.1.0", "193.0.0.0", "223.255.255.255"] {
        assert!(is_public(v4(text)), "{text}");
    }
}
