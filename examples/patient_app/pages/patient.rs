//! The page of one launch: who, how it goes, what there is to know, and the drawer for developers.

use actix_smart_auth::{SmartSession, audit::AuditEvent, patient::PatientBanner};

use super::{
    document::{document, escape},
    drawer::drawer,
    line_chart::line_chart,
    notice::Notice,
};
use crate::{
    chart::{Chart, Line, Unread},
    vitals::Series,
};

pub(crate) fn patient(
    session: &SmartSession,
    notice: &Notice,
    chart: &Chart,
    events: &[AuditEvent],
    ehr_page: Option<&str>,
) -> String {
    let banner = chart.banner();
    let title = banner.as_ref().map_or("Patient", PatientBanner::name);
    let problem = chart.person.as_ref().err().map_or_else(String::new, problem);
    let body = format!(
        "{header}<main>\n{problem}<div class=\"columns\">\n\
         <div>{allergies}{problems}{medications}</div>\n<div>{vitals}</div>\n</div>\n{drawer}{others}</main>\n",
        header = header(session, banner.as_ref()),
        vitals = section("Measurements", "", &chart.vitals, tiles),
        allergies = section("Allergies", alert(&chart.allergies), &chart.allergies, list),
        problems = section("Problems", "", &chart.problems, list),
        medications = section("Medications", "", &chart.medications, list),
        drawer = drawer(session, events, notice),
        others = another_patient(ehr_page),
    );
    document(&format!("{title} – Patient viewer"), &body)
}

/// An EHR that shows the application in a frame may say in its own banner whose chart it is.
fn header(session: &SmartSession, banner: Option<&PatientBanner>) -> String {
    let is_shown = session.launch_context().need_patient_banner() != Some(false);
    let banner = banner
        .filter(|_| is_shown)
        .map_or_else(String::new, PatientBanner::to_string);
    format!(
        "<header><div><div><h1 class=\"app\">Patient viewer</h1>{banner}</div>\n\
         <form method=\"post\" action=\"{}\"><button class=\"quiet\">Sign out of this patient</button></form></div></header>\n",
        escape(&session.path("/auth/logout")),
    )
}

fn section<T>(title: &str, class: &str, all: &Result<Vec<T>, Unread>, shown: impl Fn(&[T]) -> String) -> String {
    let content = match all {
        Ok(all) if all.is_empty() => "<p class=\"small\">None are recorded.</p>\n".to_owned(),
        Ok(all) => shown(all),
        Err(error) => problem(error),
    };
    format!("<section class=\"{class}\"><h2>{title}</h2>\n{content}</section>\n")
}

/// An allergy is what must not be overlooked.
fn alert(allergies: &Result<Vec<Line>, Unread>) -> &'static str {
    match allergies {
        Ok(all) if !all.is_empty() => "alert",
        _ => "",
    }
}

fn problem(error: &Unread) -> String {
    format!("<p class=\"problem\">{}</p>\n", escape(&error.to_string()))
}

fn list(lines: &[Line]) -> String {
    let items = lines.iter().map(|line| {
        let more = if line.more.is_empty() {
            String::new()
        } else {
            format!("<span class=\"more\">{}</span>", escape(&line.more))
        };
        format!("<li>{}{more}</li>\n", escape(&line.what))
    });
    format!("<ul class=\"plain\">\n{}</ul>\n", items.collect::<String>())
}

fn tiles(all: &[Series]) -> String {
    let tiles = all.iter().map(|series| {
        let latest = series.points.last().map_or_else(String::new, |point| {
            format!(
                "<span class=\"latest\">{} <small>{} · {}</small></span>",
                escape(&point.in_words()),
                escape(&series.unit),
                escape(&point.date)
            )
        });
        format!(
            "<figure><figcaption>{}{latest}</figcaption>{}</figure>\n",
            escape(&series.what),
            line_chart(series)
        )
    });
    format!("<div class=\"tiles\">\n{}</div>\n", tiles.collect::<String>())
}

fn another_patient(ehr_page: Option<&str>) -> String {
    let another = match ehr_page {
        Some(ehr) => format!(
            "open <a href=\"{}\" target=\"_blank\" rel=\"noopener\">the EHR’s patient list</a> and launch for somebody else",
            escape(ehr)
        ),
        None => "launch for somebody else from the EHR".to_owned(),
    };
    format!(
        "<p class=\"small\">To see a second patient beside this one, {another}, or <a href=\"/auth/launch\" \
         target=\"_blank\" rel=\"noopener\">sign in again in a new tab</a>. Each tab keeps its own patient.</p>\n"
    )
}
