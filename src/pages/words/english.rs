//! English. The texts are written in it; the other languages are translations.

use super::{
    catalogue::{
        CallbackWords, CallerWords, EndedWords, FailedWords, Frame, Labels, Later, LaunchWords, Next, RecordWords,
        Said, ScopeWords, SessionWords, SignOutWords, Words,
    },
    resource_words::ResourceWords,
};

pub(crate) static ENGLISH: Words = Words {
    labels: Labels {
        start_again: "Start again",
        try_again: "Try again",
        back_to_chart: "Return to the chart already open",
        new_window: "Open in a new window",
        sign_in: "Sign in",
        sign_out: "Sign out",
        sign_out_of_all: "Close all charts and sign out",
        sign_out_again: "Try to sign out again",
        sign_out_at_ehr: "Sign out of the health record system",
        proceed: "Continue",
        search_name: "Name or place",
        search: "Search",
        not_listed: "Not in this list? Search",
        to_list: "Back to the list",
    },
    frame: Frame {
        for_support: "Details for the support team",
        code: "Code",
        reference: "Reference",
        time: "Time",
        help: "Help",
        tries_again: "This page tries again by itself in {seconds} seconds.",
        ehr_wrote: "Your health record system wrote: {code}",
        ehr_wrote_more: "Your health record system wrote: {code}: “{text}”",
        not_granted: "Not granted: {scopes}",
    },
    next: Next {
        start: "Please start again.",
        open_from_ehr: "Please open the application from your health record system.",
        open_from_chart: "Please open the application again from the patient's chart.",
        start_or_open: "Please start again, or open the application again from the patient's chart if you came from \
                        there.",
        no_help_start: "If that does not help, please start again.",
        no_help_open: "If that does not help, please open the application again from the patient's chart.",
        soon_start: "Wait a little, then start again.",
        soon_open: "Wait a little, then open the application again from the patient's chart.",
        wanted_start: "If you want to use it after all, please start again.",
        wanted_start_or_open: "If you want to use it after all, please start again, or open the application again from the \
                               patient's chart if you came from there.",
        wanted_open: "If you want to use it after all, please open the application again from the patient's chart.",
        lost_start: "Please continue there. If you cannot find the other page, start again.",
        lost_open: "Please continue there. If you cannot find the other page, open the application again from the patient's \
                    chart.",
        needed_start: "If you need it again, start again.",
        choose_start: "To choose another patient, please start again.",
        choose_here: "Please start again and choose a patient, or open the application from the chart that you need.",
        choose_at_ehr: "Please open the application again from the chart that you need.",
        choose_visit_here: "Please start again and choose a visit, or open the application from the visit that you need.",
        choose_visit_at_ehr: "Please open the application from the visit that you need.",
        tell_support: "If it happens again, please tell the support team of this application.",
        otherwise_tell: "Otherwise please tell the support team of this application.",
        not_saved: "What you entered was not saved.",
        form_again: "To try again, go back: what you entered may still be there, and can be sent again.",
    },
    later: Later {
        title: "Please try again shortly",
        unusable_title: "Your health record system gave an answer that cannot be used",
        own_data_away: "This application cannot reach its own data at the moment.",
        not_set_up: "This application is not set up at your health record system yet. It keeps trying.",
        not_signed: "This application cannot show your health record system who it is at the moment. Your health record \
                     system is not the cause.",
        ehr_silent: "Your health record system does not answer at the moment.",
        ehr_troubled: "Your health record system reports a problem of its own at the moment.",
        application_busy: "This application has more to do than it can handle just now.",
        ehr_busy: "Your health record system has more requests waiting than it can answer just now.",
        soon: "Wait a little, then try again.",
        in_a_minute: "Try again in about a minute.",
        in_minutes: "Try again in about {minutes} minutes.",
        still_signed_in: "You are still signed in.",
        later_on: "Try again later.",
        not_offered: Said {
            title: "Your health record system cannot be used here for now",
            what: "The support team of this application can say why.",
        },
    },
    launch: LaunchWords {
        bad: Said {
            title: "This link cannot be opened",
            what: "The address that opened the application is not complete.",
        },
        cookies_blocked: Said {
            title: "Please open this in a window of its own",
            what: "Inside this page the browser does not let this application remember you.",
        },
        unknown_ehr: Said {
            title: "This health record system is not known here",
            what: "The application is not set up for it. Please tell the support team of this application.",
        },
        not_standalone: Said {
            title: "Please start from your health record system",
            what: "This application cannot be started from here. Please open it from the patient's chart.",
        },
        no_ehr: Said {
            title: "This application cannot be started for now",
            what: "It is not connected to a health record system at the moment. Please tell the support \
                   team of this application. Try again later.",
        },
        which_ehr: Said {
            title: "Please start from your health record system",
            what: "The application works with several systems and cannot tell which one is yours. Please open it from the \
                   patient's chart.",
        },
        which_ehr_title: "Which hospital or practice?",
        none_found: "None was found by that name. Check the spelling, or search for one word of the name.",
        choose_or_search: "Choose yours. If it is not in the list, search for its name.",
        choose_or_add_place: "Choose yours. There may be more than are shown here. If yours is not in the list, search for \
                              more words of its name, or add its place.",
        choose: "Choose yours.",
        choose_patient: Said {
            title: "Sign in and choose a patient",
            what: "Your health record system opened this application without naming a patient. You can sign in there \
                   now and choose one.",
        },
        no_patient_named: Said {
            title: "No patient was named",
            what: "The address that opened the application names no patient.",
        },
        ehr_conflict: Said {
            title: "This sign-in was stopped for safety",
            what: "The settings of this health record system contradict those of another one. Please tell the \
                   support team of this application.",
        },
        metadata_silent: "Your health record system does not answer at the moment, so you cannot sign in yet.",
        metadata_unusable: "So you cannot sign in yet.",
        not_allowed: Said {
            title: "This application is not set up for your health record system",
            what: "The sign-in was not begun, because this application may not connect to that system as it is set up now. \
                   Please tell the support team of this application.",
        },
        pkce_not_listed: Said {
            title: "Your health record system is not set up for this application",
            what: "The sign-in was not begun, because this system does not offer the protection that this application \
                   requires. Please tell the support team of this application.",
        },
        authorize_form: Said {
            title: "Continue to sign in",
            what: "The next page belongs to your health record system. If it does not open by itself, press the button.",
        },
    },
    callback: CallbackWords {
        almost: "You are almost signed in.",
        running: Said {
            title: "Your sign-in is still being completed",
            what: "This can take about a minute. You need not do anything at your health record system.",
        },
        declined: Said {
            title: "Access was declined",
            what: "Access for this application was declined at your health record system, so nothing was opened.",
        },
        wants_sign_in: "Your health record system wants you to sign in there and to allow access.",
        may_work_later: "The sign-in could not be finished. Wait a little first.",
        not_finished: "The sign-in could not be finished.",
        cookies_missing: Said {
            title: "The sign-in cannot continue in this browser",
            what: "Either you began the sign-in in another browser, or this browser blocks cookies for this application.",
        },
        allow_cookies: "If it blocks them, allow cookies for this address.",
        own_window: "Please open the application again from the patient's chart, in a window of its own if you can \
                     choose that.",
        used: Said {
            title: "This sign-in has already been used",
            what: "A sign-in can be used only once.",
        },
        used_opened: "A sign-in can be used only once, and this one has opened a chart.",
        expired: Said {
            title: "This sign-in is not valid any more",
            what: "It took too long, it was begun in another browser, many others were begun after it, or somebody \
                   signed out in this browser.",
        },
    },
    failed: FailedWords {
        access_denied: Said {
            title: "Access was declined",
            what: "Access for this application was declined at your health record system.",
        },
        ehr_error: Said {
            title: "Your health record system reported a problem",
            what: "The sign-in could not be finished.",
        },
        bad_token_response: Said {
            title: "Your health record system gave an answer that cannot be used",
            what: "The sign-in could not be finished.",
        },
        wrong_issuer: Said {
            title: "This sign-in was stopped for safety",
            what: "It is not certain that the answer came from the health record system that was asked.",
        },
        not_complete: Said {
            title: "The sign-in did not finish",
            what: "The answer of your health record system is not complete.",
        },
        code_refused: Said {
            title: "This sign-in is not valid any more",
            what: "Your health record system did not accept it.",
        },
        identity_refused: Said {
            title: "It could not be checked who signed in",
            what: "Your health record system's answer could not be verified, so nothing was opened.",
        },
        sign_in_not_fresh: Said {
            title: "Please sign in again",
            what: "This application requires that you signed in at your health record system a moment ago. That was not \
                   confirmed. If you were not asked to sign in, sign out there first.",
        },
        ehr_unavailable: Said {
            title: "Your health record system does not answer",
            what: "The sign-in could not be finished.",
        },
        ehr_troubled: Said {
            title: "Your health record system has a problem at the moment",
            what: "The sign-in could not be finished.",
        },
        answer_lost: Said {
            title: "Your sign-in was interrupted",
            what: "It could not be completed.",
        },
        store_unavailable: Said {
            title: "The sign-in did not finish",
            what: "This application could not save your sign-in.",
        },
        not_audited: Said {
            title: "The sign-in did not finish",
            what: "This application has to write down who signs in, and could not do so at the moment. So nothing was opened.",
        },
        application_slow: Said {
            title: "This application took too long",
            what: "The sign-in went well, but the application was not ready in time, so nothing was opened.",
        },
        registration_changed: Said {
            title: "This sign-in is not valid any more",
            what: "While you signed in, the settings of this application for your health record system were changed.",
        },
        overtaken: Said {
            title: "Something newer is open here",
            what: "This sign-in was finished after a later one in this browser, so nothing was opened. What is open here \
                   will be closed when you sign in.",
        },
        refused: Said {
            title: "This application is not available to you",
            what: "If you need it, please ask the support team of this application.",
        },
    },
    session: SessionWords {
        no_launch: "You are not signed in here",
        cross_site: Said {
            title: "This request was stopped",
            what: "It came from another website, so nothing was changed. Please return to the page of this \
                   application and try it there.",
        },
        renewing: "Your session is being renewed.",
        not_renewed: "Your health record system did not renew your access to the record just now.",
        client_refused: Said {
            title: "Your health record system did not accept this application",
            what: "This is a matter of the application's set-up, not of anything you did. Please tell the support team of this \
                   application.",
        },
        client_accepted_again: "Try again when they have put it right.",
        no_patient: Said {
            title: "No patient is selected",
            what: "This page needs a patient, and your health record system named none.",
        },
        no_encounter: Said {
            title: "No visit is selected",
            what: "This page needs a visit (encounter), and your health record system named none.",
        },
        nobody_known: "It is not known who you are",
        no_fhir_user: "This page needs to know who is using it, and your health record system did not say.",
        no_identity: "This page needs to know who has signed in, and your health record system did not say.",
        known_account: "Please sign in to your health record system with your personal account and open the application \
                        again, or tell the support team of this application.",
        not_installed: Said {
            title: "This page is not available",
            what: "The application is not set up completely. Please tell the support team of this application.",
        },
        internal: Said {
            title: "Something went wrong",
            what: "The mistake is in this application, so nothing was opened.",
        },
        internal_again: "Please try again.",
    },
    ended: EndedWords {
        signed_out: Said {
            title: "You have signed out",
            what: "This chart is closed.",
        },
        ehr_session: Said {
            title: "Your session has ended",
            what: "Your health record system does not let this application read the record any longer.",
        },
        answer_lost: Said {
            title: "Your session has ended",
            what: "The connection to your health record system broke off while your access was being renewed.",
        },
        patient_changed: Said {
            title: "This page was closed for safety",
            what: "Your health record system's answer was about a different patient from the one this page was opened \
                   for.",
        },
        user_changed: Said {
            title: "This page was closed for safety",
            what: "Your health record system's answer was about a different user from the one who opened this page.",
        },
        idle: Said {
            title: "This page was closed",
            what: "It was not used for a while.",
        },
        too_old: Said {
            title: "This page was closed",
            what: "It had been open for a very long time.",
        },
        other_user: Said {
            title: "This page was closed",
            what: "Somebody has signed in with this browser as another user.",
        },
        replaced: Said {
            title: "This page was closed",
            what: "The application was opened again in this browser.",
        },
        too_many: Said {
            title: "This page was closed",
            what: "Many pages were open, and this one was unused the longest.",
        },
        registration_changed: Said {
            title: "Your session has ended",
            what: "The settings of this application for your health record system were changed in the meantime.",
        },
    },
    record: RecordWords {
        refused: Said {
            title: "This part of the record is not accessible",
            what: "Your health record system does not give access to it here.",
        },
        refused_next: "Other pages may still work. If you need this part, please ask the support team of this \
                       application.",
        not_found: Said {
            title: "The page or entry was not found",
            what: "What you tried to open is not in the record, or not any more. This says nothing about the rest of the \
                   record.",
        },
        not_found_next: "Please go back and choose again.",
        changed: Said {
            title: "The record has changed in the meantime",
            what: "Somebody changed this part of the record after you opened it.",
        },
        changed_next: "Please open it again, look at what it says now, and make your change there.",
        changed_form_next: "Please open it again, look at what it says now, and enter your change only if it is missing.",
        mistake: Said {
            title: "Something went wrong",
            what: "The mistake is in this application, and not in what you did.",
        },
        look_title: "Please check before you enter it again",
        perhaps_saved: "It is not certain whether what you entered was saved.",
        look_first: "Please look in the record before you enter it again.",
        look_later: "Wait a little, then look in the record before you enter it again.",
    },
    caller: CallerWords {
        none: Said {
            title: "The access token is missing",
            what: "Please send an access token in the header “Authorization: Bearer”.",
        },
        several: Said {
            title: "More than one access token was sent",
            what: "Please send one header “Authorization” with one access token.",
        },
        refused: Said {
            title: "This access token is not accepted here",
            what: "It has expired, was withdrawn, or is for something else. Please get another one, and send it in its place.",
        },
        not_enough: Said {
            title: "This access token does not allow that",
            what: "Please get an access token that allows what is missing: {scopes}",
        },
    },
    sign_out: SignOutWords {
        done: "You have signed out",
        one_done: "This chart is closed",
        one_closed: "If you have opened others, they are still open: please sign out there too.",
        all_closed: "If a patient's data is still shown in another tab or window, close that tab or window.",
        close_this_too: "You can close this page too.",
        frame_closed: "If the application is also open in a window of its own, please sign out there too.",
        at_ehr_too: "If your health record system still has you signed in, sign out there too.",
        on_to_ehr: Said {
            title: "Signing out continues at your health record system",
            what: "Your health record system opens next, so that you are signed out there too. If nothing happens, press \
                   the button.",
        },
        one_open: Said {
            title: "This chart is still open",
            what: "Sign out when you do not need it any more.",
        },
        some_open: Said {
            title: "A chart is still open in this browser",
            what: "If nobody needs it any more, close all charts and sign out.",
        },
        other_open: Said {
            title: "Another chart is still open in this browser",
            what: "The chart that you signed out of is closed. If nobody needs what is still open, close all charts and \
                   sign out.",
        },
        nothing_found: Said {
            title: "You may still be signed in",
            what: "This browser did not say which charts you have open, so nothing was closed. If a page of this \
                   application is open, reload it and sign out there. On a shared computer, also sign out of your health \
                   record system and close the browser.",
        },
        failed: Said {
            title: "You are not signed out yet",
            what: "This application cannot reach its own data at the moment. Wait a little, then try to sign out again. If \
                   that does not help, and others use this computer, sign out of your health record system and close the \
                   browser.",
        },
        not_certain: "It is not certain that you are signed out",
    },
    scopes: ScopeWords {
        does_not_let: "Your health record system does not let this application:",
        not_granted: Said {
            title: "Some access was not given",
            what: "The application cannot work without this.",
        },
        all_it_needs: "Your health record system does not let this application do all that it needs to.",
        insufficient: Said {
            title: "This page needs access that was not given",
            what: "Other pages of the application still work.",
        },
        page_needs: "This page needs that access.",
        all_page_needs: "Your health record system does not let this application do all that this page needs.",
        allow_start: "If you were asked what to allow, please start again and allow it.",
        allow_open: "If you were asked what to allow, please open the application again from the patient's chart and \
                     allow it.",
        of_patient: "{verbs} the patient's {what}",
        of_user: "{verbs} {what} that you have access to yourself",
        some_of_patient: "{verbs} some of the patient's {what}",
        some_of_user: "{verbs} some of the {what} that you have access to yourself",
        see: "see",
        add: "add",
        change: "change",
        delete: "delete",
        and: "and",
        every_kind: "records of every kind",
        of_kind: "records of the kind “{kind}”",
        launch: "know what is open there",
        identity: "know who you are",
        connected: "stay connected",
        other: "use “{scope}”",
        more: "do {number} more things",
    },
    resources: ResourceWords {
        account: "accounts",
        adverse_event: "unwanted events of a treatment",
        allergy_intolerance: "allergies and intolerances",
        appointment: "appointments",
        binary: "files",
        care_plan: "care plans",
        care_team: "care teams",
        claim: "claims for payment",
        communication: "messages",
        composition: "structured documents",
        condition: "problems and diagnoses",
        consent: "consents",
        coverage: "insurance",
        device: "devices and implants",
        diagnostic_report: "diagnostic reports",
        document_reference: "documents and notes",
        encounter: "visits",
        episode_of_care: "episodes of care",
        explanation_of_benefit: "statements of benefits",
        family_member_history: "family history",
        flag: "warnings",
        goal: "goals of a treatment",
        imaging_study: "imaging studies",
        immunization: "immunizations",
        list: "lists",
        location: "places of care",
        media: "photos and recordings",
        medication: "medicines",
        medication_administration: "medicines that were given",
        medication_dispense: "medicines that were handed out",
        medication_request: "prescriptions",
        medication_statement: "medicines that are taken",
        nutrition_order: "diets",
        observation: "measurements and results",
        organization: "organizations",
        patient: "personal details",
        practitioner: "details of clinicians",
        practitioner_role: "roles of clinicians",
        procedure: "procedures",
        provenance: "records of who wrote what",
        questionnaire: "questionnaires",
        questionnaire_response: "answers to questionnaires",
        related_person: "details of relatives",
        schedule: "calendars",
        service_request: "orders and referrals",
        slot: "free times",
        specimen: "samples",
        task: "tasks",
    },
};
