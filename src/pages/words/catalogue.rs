//! [`Words`]: what has to be said, for a language to say it.

use super::resource_words::ResourceWords;

/// All texts in one language.
#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct Words {
    /// What buttons and links say.
    pub(crate) labels: Labels,
    /// What is said around a text: for the support team, about time.
    pub(crate) frame: Frame,
    /// What to do now.
    pub(crate) next: Next,
    /// What is away or busy.
    pub(crate) later: Later,
    pub(crate) launch: LaunchWords,
    pub(crate) callback: CallbackWords,
    /// A callback that opened no launch.
    pub(crate) failed: FailedWords,
    pub(crate) session: SessionWords,
    pub(crate) ended: EndedWords,
    pub(crate) record: RecordWords,
    pub(crate) caller: CallerWords,
    pub(crate) sign_out: SignOutWords,
    pub(crate) scopes: ScopeWords,
    /// Types of FHIR resources, in the plural, within a sentence.
    pub(crate) resources: ResourceWords,
}

/// A page: its title, and what happened. What to do now follows.
#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct Said {
    pub(crate) title: &'static str,
    pub(crate) what: &'static str,
}

#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct Labels {
    pub(crate) start_again: &'static str,
    pub(crate) try_again: &'static str,
    pub(crate) back_to_chart: &'static str,
    pub(crate) new_window: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) sign_out: &'static str,
    pub(crate) sign_out_of_all: &'static str,
    pub(crate) sign_out_again: &'static str,
    pub(crate) sign_out_at_ehr: &'static str,
    pub(crate) proceed: &'static str,
    pub(crate) search_name: &'static str,
    pub(crate) search: &'static str,
    /// Below a list, a link to the field above it.
    pub(crate) not_listed: &'static str,
    pub(crate) to_list: &'static str,
}

#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct Frame {
    /// Above what only the support team needs.
    pub(crate) for_support: &'static str,
    pub(crate) code: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) time: &'static str,
    pub(crate) help: &'static str,
    pub(crate) tries_again: &'static str,
    pub(crate) ehr_wrote: &'static str,
    pub(crate) ehr_wrote_more: &'static str,
    pub(crate) not_granted: &'static str,
}

/// Pairs: where a launch can begin in the application, and where only the EHR can open it.
#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct Next {
    pub(crate) start: &'static str,
    pub(crate) open_from_ehr: &'static str,
    pub(crate) open_from_chart: &'static str,
    /// For a person who may have come from the EHR or not: nobody knows.
    pub(crate) start_or_open: &'static str,
    pub(crate) no_help_start: &'static str,
    pub(crate) no_help_open: &'static str,
    /// Where waiting helps, and loading the same page again does not.
    pub(crate) soon_start: &'static str,
    pub(crate) soon_open: &'static str,
    pub(crate) wanted_start: &'static str,
    pub(crate) wanted_start_or_open: &'static str,
    pub(crate) wanted_open: &'static str,
    /// Where the application goes on in another page, which may be hard to find.
    pub(crate) lost_start: &'static str,
    pub(crate) lost_open: &'static str,
    pub(crate) needed_start: &'static str,
    pub(crate) choose_start: &'static str,
    pub(crate) choose_here: &'static str,
    pub(crate) choose_at_ehr: &'static str,
    pub(crate) choose_visit_here: &'static str,
    pub(crate) choose_visit_at_ehr: &'static str,
    /// The last sentence of a page.
    pub(crate) tell_support: &'static str,
    pub(crate) otherwise_tell: &'static str,
    /// What was typed into a form has reached nobody. Most browsers still have it.
    pub(crate) not_saved: &'static str,
    pub(crate) form_again: &'static str,
}

#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct Later {
    pub(crate) title: &'static str,
    pub(crate) unusable_title: &'static str,
    pub(crate) own_data_away: &'static str,
    pub(crate) not_set_up: &'static str,
    pub(crate) not_signed: &'static str,
    pub(crate) ehr_silent: &'static str,
    pub(crate) ehr_troubled: &'static str,
    pub(crate) application_busy: &'static str,
    pub(crate) ehr_busy: &'static str,
    pub(crate) soon: &'static str,
    pub(crate) in_a_minute: &'static str,
    pub(crate) in_minutes: &'static str,
    pub(crate) still_signed_in: &'static str,
    pub(crate) later_on: &'static str,
    pub(crate) not_offered: Said,
}

#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct LaunchWords {
    pub(crate) bad: Said,
    pub(crate) cookies_blocked: Said,
    pub(crate) unknown_ehr: Said,
    pub(crate) not_standalone: Said,
    pub(crate) no_ehr: Said,
    /// Nobody can choose on that page.
    pub(crate) which_ehr: Said,
    /// Above the choices.
    pub(crate) which_ehr_title: &'static str,
    pub(crate) none_found: &'static str,
    pub(crate) choose_or_search: &'static str,
    pub(crate) choose_or_add_place: &'static str,
    pub(crate) choose: &'static str,
    pub(crate) choose_patient: Said,
    pub(crate) no_patient_named: Said,
    pub(crate) ehr_conflict: Said,
    pub(crate) metadata_silent: &'static str,
    pub(crate) metadata_unusable: &'static str,
    pub(crate) not_allowed: Said,
    pub(crate) pkce_not_listed: Said,
    pub(crate) authorize_form: Said,
}

#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct CallbackWords {
    pub(crate) almost: &'static str,
    pub(crate) running: Said,
    pub(crate) declined: Said,
    pub(crate) wants_sign_in: &'static str,
    pub(crate) may_work_later: &'static str,
    pub(crate) not_finished: &'static str,
    pub(crate) cookies_missing: Said,
    pub(crate) allow_cookies: &'static str,
    pub(crate) own_window: &'static str,
    pub(crate) used: Said,
    pub(crate) used_opened: &'static str,
    pub(crate) expired: Said,
}

#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct FailedWords {
    pub(crate) access_denied: Said,
    pub(crate) ehr_error: Said,
    pub(crate) bad_token_response: Said,
    pub(crate) wrong_issuer: Said,
    pub(crate) not_complete: Said,
    pub(crate) code_refused: Said,
    pub(crate) identity_refused: Said,
    pub(crate) sign_in_not_fresh: Said,
    pub(crate) ehr_unavailable: Said,
    pub(crate) ehr_troubled: Said,
    pub(crate) answer_lost: Said,
    pub(crate) store_unavailable: Said,
    pub(crate) not_audited: Said,
    pub(crate) application_slow: Said,
    pub(crate) registration_changed: Said,
    pub(crate) overtaken: Said,
    pub(crate) refused: Said,
}

#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct SessionWords {
    pub(crate) no_launch: &'static str,
    pub(crate) cross_site: Said,
    pub(crate) renewing: &'static str,
    pub(crate) not_renewed: &'static str,
    pub(crate) client_refused: Said,
    pub(crate) client_accepted_again: &'static str,
    pub(crate) no_patient: Said,
    pub(crate) no_encounter: Said,
    pub(crate) nobody_known: &'static str,
    pub(crate) no_fhir_user: &'static str,
    pub(crate) no_identity: &'static str,
    pub(crate) known_account: &'static str,
    pub(crate) not_installed: Said,
    pub(crate) internal: Said,
    pub(crate) internal_again: &'static str,
}

#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct EndedWords {
    pub(crate) signed_out: Said,
    pub(crate) ehr_session: Said,
    pub(crate) answer_lost: Said,
    pub(crate) patient_changed: Said,
    pub(crate) user_changed: Said,
    pub(crate) idle: Said,
    pub(crate) too_old: Said,
    pub(crate) other_user: Said,
    pub(crate) replaced: Said,
    pub(crate) too_many: Said,
    pub(crate) registration_changed: Said,
}

/// A FHIR request of a page that gave nothing.
#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct RecordWords {
    pub(crate) refused: Said,
    pub(crate) refused_next: &'static str,
    pub(crate) not_found: Said,
    pub(crate) not_found_next: &'static str,
    pub(crate) changed: Said,
    pub(crate) changed_next: &'static str,
    /// After a form, in place of `changed_next`.
    pub(crate) changed_form_next: &'static str,
    pub(crate) mistake: Said,
    /// After a form, in place of "try again": the title where the record cannot be reached just now.
    pub(crate) look_title: &'static str,
    /// After a form. Nobody knows how far the application had come.
    pub(crate) perhaps_saved: &'static str,
    pub(crate) look_first: &'static str,
    /// The same where the record cannot be reached just now.
    pub(crate) look_later: &'static str,
}

#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct SignOutWords {
    pub(crate) done: &'static str,
    /// The heading where other charts may be open.
    pub(crate) one_done: &'static str,
    pub(crate) one_closed: &'static str,
    pub(crate) all_closed: &'static str,
    pub(crate) close_this_too: &'static str,
    pub(crate) frame_closed: &'static str,
    pub(crate) at_ehr_too: &'static str,
    pub(crate) on_to_ehr: Said,
    pub(crate) one_open: Said,
    pub(crate) some_open: Said,
    pub(crate) other_open: Said,
    pub(crate) nothing_found: Said,
    pub(crate) failed: Said,
    /// The heading where nobody can say whether anything is open.
    pub(crate) not_certain: &'static str,
}

/// For those who write programs that call the application with an access token.
#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct CallerWords {
    pub(crate) none: Said,
    pub(crate) several: Said,
    pub(crate) refused: Said,
    /// Of `{scopes}`.
    pub(crate) not_enough: Said,
}

/// Scopes, for people who never heard of them.
#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct ScopeWords {
    /// Before a list of what is not allowed.
    pub(crate) does_not_let: &'static str,
    pub(crate) not_granted: Said,
    /// In place of a list, where nobody knows what is missing.
    pub(crate) all_it_needs: &'static str,
    pub(crate) insufficient: Said,
    pub(crate) page_needs: &'static str,
    pub(crate) all_page_needs: &'static str,
    pub(crate) allow_start: &'static str,
    pub(crate) allow_open: &'static str,
    /// What cannot be done (`{verbs}`) with `{what}` of the patient, or of all that the user has access to.
    pub(crate) of_patient: &'static str,
    pub(crate) of_user: &'static str,
    /// The same for some of it.
    pub(crate) some_of_patient: &'static str,
    pub(crate) some_of_user: &'static str,
    pub(crate) see: &'static str,
    pub(crate) add: &'static str,
    pub(crate) change: &'static str,
    pub(crate) delete: &'static str,
    pub(crate) and: &'static str,
    pub(crate) every_kind: &'static str,
    pub(crate) of_kind: &'static str,
    pub(crate) launch: &'static str,
    pub(crate) identity: &'static str,
    pub(crate) connected: &'static str,
    pub(crate) other: &'static str,
    pub(crate) more: &'static str,
}
