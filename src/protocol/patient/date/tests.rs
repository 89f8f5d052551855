use std::time::{Duration, UNIX_EPOCH};

use super::*;

fn date(text: &str) -> FhirDate {
    FhirDate::parse(text).unwrap()
}

#[test]
fn a_date_is_read_and_written_with_what_is_known_of_it() {
    for text in [
        "1987",
        "1987-02",
        "1987-02-20",
        "2024-02-29",
        "2000-02-29",
        "0001-01-01",
        "9999-12-31",
    ] {
        assert_eq!(date(text).to_string(), text);
    }
    assert_eq!(date("2026-11-29T23:59:00+14:00").to_string(), "2026-11-29");
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        "87",
        "1987-2",
        "1987-02-30",
        "1987-13",
        "1987-00",
        "1987-02-00",
        "2023-02-29",
        "1900-02-29",
        "0000",
        "1987-02-20-01",
        "1987/02/20",
        "+987",
        "1987-02-20 ",
        " 1987",
        "١٩٨٧",
        "19870220",
        "unknown",
        "1987-",
        "-1987",
    ] {
        assert_eq!(FhirDate::parse(text), None, "{text:?}");
    }
    assert_eq!((FhirDate::new(2023, 2, 29), FhirDate::new(2023, 0, 1)), (None, None));
}

#[test]
fn an_age_is_said_in_the_unit_that_people_use() {
    let years = |years| Some(Age::Years { years, about: false });
    let months = |months| Some(Age::Months { months, about: false });
    let days = |days| Some(Age::Days { days });
    for (born, on, age) in [
        ("2026-11-29", "2026-11-29", days(0)),
        ("2026-11-28", "2026-11-29", days(1)),
        ("2026-10-01", "2026-11-30", days(60)),
        ("2026-10-01", "2026-12-01", months(2)),
        ("2024-11-30", "2026-11-29", months(23)),
        ("2024-11-29", "2026-11-29", years(2)),
        ("1987-02-20", "2026-02-19", years(38)),
        ("1987-02-20", "2026-02-20", years(39)),
        // Who was born on a leap day has the birthday on 1 March in other years.
        ("2000-02-29", "2023-02-28", years(22)),
        ("2000-02-29", "2023-03-01", years(23)),
        ("1900-01-01", "2026-01-01", years(126)),
        ("2026-11-30", "2026-11-29", None),
        ("2027", "2026-11-29", None),
    ] {
        assert_eq!(date(born).age_on(date(on)), age, "{born} {on}");
    }
}

#[test]
fn an_age_is_about_that_where_day_or_month_of_birth_are_not_known() {
    for (born, on, age) in [
        ("1987", "2026-11-29", Age::Years { years: 39, about: true }),
        ("1987-11", "2026-11-29", Age::Years { years: 39, about: true }),
        (
            "1987-10",
            "2026-11-29",
            Age::Years {
                years: 39,
                about: false,
            },
        ),
        ("2026-11", "2026-11-29", Age::Months { months: 0, about: true }),
        ("2026", "2026-11-29", Age::Years { years: 0, about: true }),
    ] {
        assert_eq!(date(born).age_on(date(on)), Some(age), "{born}");
    }
    assert_eq!(date("2026-12").age_on(date("2026-11-29")), None);
}

#[test]
fn the_date_of_a_moment_is_that_in_greenwich() {
    for (seconds, text) in [
        (0, "1970-01-01"),
        (86_399, "1970-01-01"),
        (86_400, "1970-01-02"),
        (1_795_996_799, "2026-11-29"),
        (1_795_996_800, "2026-11-30"),
    ] {
        let moment = UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(FhirDate::in_utc(moment).to_string(), text, "{seconds}");
    }
}

#[test]
fn days_are_numbered_one_after_the_other_over_every_turn_of_month_year_and_century() {
    let mut expected = FhirDate::new(1599, 12, 31).unwrap().day_number().unwrap();
    for year in 1600..=2401 {
        for month in 1..=12 {
            for day in 1..=31 {
                if let Some(date) = FhirDate::new(year, month, day) {
                    expected += 1;
                    assert_eq!(date.day_number(), Some(expected), "{date}");
                }
            }
        }
    }
    // Of 400 years 97 are leap years, and 2400 is one again.
    let first = date("1600-01-01").day_number().unwrap();
    assert_eq!(date("2000-01-01").day_number(), Some(first + 400 * 365 + 97));
    assert_eq!(expected - first, 2 * (400 * 365 + 97) + 365 + 366 - 1);
}

#[test]
fn an_age_in_days_counts_leap_days_and_goes_over_the_turn_of_a_century() {
    for (born, on, days) in [
        ("2024-02-28", "2024-03-01", 2),
        ("2023-02-28", "2023-03-01", 1),
        ("2000-02-28", "2000-03-01", 2),
        ("1900-02-28", "1900-03-01", 1),
        ("1999-12-31", "2000-01-01", 1),
        ("2000-12-31", "2001-01-01", 1),
        ("1899-12-15", "1900-02-14", 61),
        ("2023-12-31", "2024-02-29", 60),
    ] {
        assert_eq!(date(born).age_on(date(on)), Some(Age::Days { days }), "{born} {on}");
    }
}
