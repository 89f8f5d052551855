//! German. Not yet read by a native speaker of the trade.

use super::{
    catalogue::{
        CallbackWords, CallerWords, EndedWords, FailedWords, Frame, Labels, Later, LaunchWords, Next, RecordWords,
        Said, ScopeWords, SessionWords, SignOutWords, Words,
    },
    resource_words::ResourceWords,
};

pub(crate) static GERMAN: Words = Words {
    labels: Labels {
        start_again: "Neu beginnen",
        try_again: "Noch einmal versuchen",
        back_to_chart: "Zurück zur schon offenen Akte",
        new_window: "In einem neuen Fenster öffnen",
        sign_in: "Anmelden",
        sign_out: "Abmelden",
        sign_out_of_all: "Alle Akten schließen und abmelden",
        sign_out_again: "Noch einmal abmelden",
        sign_out_at_ehr: "Vom Patientenaktensystem abmelden",
        proceed: "Weiter",
        search_name: "Name oder Ort",
        search: "Suchen",
        not_listed: "Nicht in dieser Liste? Suchen",
        to_list: "Zurück zur Liste",
    },
    frame: Frame {
        for_support: "Angaben für den Support",
        code: "Code",
        reference: "Referenz",
        time: "Zeit",
        help: "Hilfe",
        tries_again: "Diese Seite versucht es in {seconds} Sekunden von selbst noch einmal.",
        ehr_wrote: "Ihr Patientenaktensystem schrieb: {code}",
        ehr_wrote_more: "Ihr Patientenaktensystem schrieb: {code}: „{text}“",
        not_granted: "Nicht erteilt: {scopes}",
    },
    next: Next {
        start: "Bitte beginnen Sie neu.",
        open_from_ehr: "Bitte öffnen Sie die Anwendung aus Ihrem Patientenaktensystem.",
        open_from_chart: "Bitte öffnen Sie die Anwendung noch einmal aus der Akte des Patienten.",
        start_or_open: "Bitte beginnen Sie neu, oder öffnen Sie die Anwendung noch einmal aus der Akte des Patienten, \
                        wenn Sie von dort gekommen sind.",
        no_help_start: "Wenn das nicht hilft, beginnen Sie bitte neu.",
        no_help_open: "Wenn das nicht hilft, öffnen Sie die Anwendung bitte noch einmal aus der Akte des Patienten.",
        soon_start: "Warten Sie einen Moment und beginnen Sie dann neu.",
        soon_open: "Warten Sie einen Moment und öffnen Sie die Anwendung dann noch einmal aus der Akte des Patienten.",
        wanted_start: "Wenn Sie die Anwendung doch benutzen möchten, beginnen Sie bitte neu.",
        wanted_start_or_open: "Wenn Sie die Anwendung doch benutzen möchten, beginnen Sie bitte neu, oder öffnen Sie sie \
                               noch einmal aus der Akte des Patienten, wenn Sie von dort gekommen sind.",
        wanted_open: "Wenn Sie die Anwendung doch benutzen möchten, öffnen Sie sie bitte noch einmal aus der Akte des \
                      Patienten.",
        lost_start: "Bitte arbeiten Sie dort weiter. Wenn Sie die andere Seite nicht finden, beginnen Sie neu.",
        lost_open: "Bitte arbeiten Sie dort weiter. Wenn Sie die andere Seite nicht finden, öffnen Sie die Anwendung noch einmal \
                    aus der Akte des Patienten.",
        needed_start: "Wenn Sie sie wieder brauchen, beginnen Sie neu.",
        choose_start: "Um einen anderen Patienten zu wählen, beginnen Sie bitte neu.",
        choose_here: "Bitte beginnen Sie neu und wählen Sie einen Patienten, oder öffnen Sie die Anwendung aus der Akte, \
                      die Sie brauchen.",
        choose_at_ehr: "Bitte öffnen Sie die Anwendung noch einmal aus der Akte, die Sie brauchen.",
        choose_visit_here: "Bitte beginnen Sie neu und wählen Sie einen Behandlungsfall, oder öffnen Sie die Anwendung aus \
                            dem Fall, den Sie brauchen.",
        choose_visit_at_ehr: "Bitte öffnen Sie die Anwendung aus dem Fall, den Sie brauchen.",
        tell_support: "Wenn das wieder passiert, melden Sie es bitte dem Support dieser Anwendung.",
        otherwise_tell: "Wenn nicht, melden Sie das bitte dem Support dieser Anwendung.",
        not_saved: "Ihre Eingaben wurden nicht gespeichert.",
        form_again: "Um es noch einmal zu versuchen, gehen Sie zurück: Ihre Eingaben sind vielleicht noch da und können \
                     noch einmal abgeschickt werden.",
    },
    later: Later {
        title: "Bitte versuchen Sie es in Kürze noch einmal",
        unusable_title: "Ihr Patientenaktensystem hat eine unbrauchbare Antwort gegeben",
        own_data_away: "Diese Anwendung erreicht im Moment ihre eigenen Daten nicht.",
        not_set_up: "Diese Anwendung ist bei Ihrem Patientenaktensystem noch nicht eingerichtet. Sie versucht es weiter.",
        not_signed: "Diese Anwendung kann sich bei Ihrem Patientenaktensystem im Moment nicht ausweisen. An dem System liegt es \
                     nicht.",
        ehr_silent: "Ihr Patientenaktensystem antwortet im Moment nicht.",
        ehr_troubled: "Ihr Patientenaktensystem meldet im Moment selbst eine Störung.",
        application_busy: "Diese Anwendung hat gerade mehr zu tun, als sie schafft.",
        ehr_busy: "Bei Ihrem Patientenaktensystem warten gerade mehr Anfragen, als es beantworten kann.",
        soon: "Warten Sie einen Moment und versuchen Sie es dann noch einmal.",
        in_a_minute: "Versuchen Sie es in etwa einer Minute noch einmal.",
        in_minutes: "Versuchen Sie es in etwa {minutes} Minuten noch einmal.",
        still_signed_in: "Sie sind weiterhin angemeldet.",
        later_on: "Versuchen Sie es später noch einmal.",
        not_offered: Said {
            title: "Ihr Patientenaktensystem kann hier vorübergehend nicht benutzt werden",
            what: "Der Support dieser Anwendung kann Ihnen sagen, warum.",
        },
    },
    launch: LaunchWords {
        bad: Said {
            title: "Dieser Link lässt sich nicht öffnen",
            what: "Die Adresse, die die Anwendung geöffnet hat, ist unvollständig.",
        },
        cookies_blocked: Said {
            title: "Bitte öffnen Sie dies in einem eigenen Fenster",
            what: "Innerhalb dieser Seite lässt der Browser nicht zu, dass diese Anwendung Sie wiedererkennt.",
        },
        unknown_ehr: Said {
            title: "Dieses Patientenaktensystem ist hier nicht bekannt",
            what: "Die Anwendung ist dafür nicht eingerichtet. Bitte melden Sie das dem Support dieser Anwendung.",
        },
        not_standalone: Said {
            title: "Bitte beginnen Sie in Ihrem Patientenaktensystem",
            what: "Diese Anwendung kann nicht von hier aus gestartet werden. Bitte öffnen Sie sie aus der Akte des \
                   Patienten.",
        },
        no_ehr: Said {
            title: "Diese Anwendung kann vorübergehend nicht gestartet werden",
            what: "Sie ist im Moment mit keinem Patientenaktensystem verbunden. Bitte melden Sie das dem \
                   Support dieser Anwendung. Versuchen Sie es später noch einmal.",
        },
        which_ehr: Said {
            title: "Bitte beginnen Sie in Ihrem Patientenaktensystem",
            what: "Die Anwendung arbeitet mit mehreren Systemen und kann nicht erkennen, welches Ihres ist. Bitte öffnen \
                   Sie sie aus der Akte des Patienten.",
        },
        which_ehr_title: "Welche Klinik oder Praxis?",
        none_found: "Unter diesem Namen wurde keine gefunden. Prüfen Sie die Schreibweise, oder suchen Sie nach einem \
                     Wort des Namens.",
        choose_or_search: "Wählen Sie Ihre Klinik oder Praxis. Wenn sie nicht in der Liste steht, suchen Sie nach ihrem \
                           Namen.",
        choose_or_add_place: "Wählen Sie Ihre Klinik oder Praxis. Es kann mehr geben, als hier stehen. Wenn Ihre nicht \
                              in der Liste steht, suchen Sie nach mehr Wörtern ihres Namens, oder fügen Sie ihren Ort hinzu.",
        choose: "Wählen Sie Ihre Klinik oder Praxis.",
        choose_patient: Said {
            title: "Anmelden und einen Patienten wählen",
            what: "Ihr Patientenaktensystem hat diese Anwendung geöffnet, ohne einen Patienten zu nennen. Sie können \
                   sich jetzt dort anmelden und einen wählen.",
        },
        no_patient_named: Said {
            title: "Es wurde kein Patient genannt",
            what: "Die Adresse, die die Anwendung geöffnet hat, nennt keinen Patienten.",
        },
        ehr_conflict: Said {
            title: "Diese Anmeldung wurde aus Sicherheitsgründen abgebrochen",
            what: "Die Einstellungen dieses Patientenaktensystems widersprechen denen eines anderen. Bitte melden Sie das \
                   dem Support dieser Anwendung.",
        },
        metadata_silent: "Ihr Patientenaktensystem antwortet im Moment nicht. Deshalb können Sie sich noch nicht anmelden.",
        metadata_unusable: "Deshalb können Sie sich noch nicht anmelden.",
        not_allowed: Said {
            title: "Diese Anwendung ist nicht für Ihr Patientenaktensystem eingerichtet",
            what: "Die Anmeldung wurde nicht begonnen, weil sich diese Anwendung, so wie sie jetzt eingerichtet ist, nicht mit \
                   diesem System verbinden darf. Bitte melden Sie das dem Support dieser Anwendung.",
        },
        pkce_not_listed: Said {
            title: "Ihr Patientenaktensystem ist nicht für diese Anwendung eingerichtet",
            what: "Die Anmeldung wurde nicht begonnen, weil dieses System nicht den Schutz bietet, den diese Anwendung \
                   verlangt. Bitte melden Sie das dem Support dieser Anwendung.",
        },
        authorize_form: Said {
            title: "Weiter zur Anmeldung",
            what: "Die nächste Seite gehört zu Ihrem Patientenaktensystem. Wenn sie sich nicht von selbst öffnet, drücken \
                   Sie den Knopf.",
        },
    },
    callback: CallbackWords {
        almost: "Sie sind fast angemeldet.",
        running: Said {
            title: "Ihre Anmeldung wird noch abgeschlossen",
            what: "Das kann etwa eine Minute dauern. In Ihrem Patientenaktensystem müssen Sie nichts tun.",
        },
        declined: Said {
            title: "Der Zugriff wurde abgelehnt",
            what: "Der Zugriff dieser Anwendung wurde in Ihrem Patientenaktensystem abgelehnt. Deshalb wurde nichts \
                   geöffnet.",
        },
        wants_sign_in: "Ihr Patientenaktensystem verlangt, dass Sie sich dort anmelden und den Zugriff erlauben.",
        may_work_later: "Die Anmeldung konnte nicht abgeschlossen werden. Warten Sie zuerst einen Moment.",
        not_finished: "Die Anmeldung konnte nicht abgeschlossen werden.",
        cookies_missing: Said {
            title: "Die Anmeldung kann in diesem Browser nicht weitergehen",
            what: "Entweder haben Sie die Anmeldung in einem anderen Browser begonnen, oder dieser Browser blockiert \
                   Cookies für diese Anwendung.",
        },
        allow_cookies: "Wenn er sie blockiert, erlauben Sie Cookies für diese Adresse.",
        own_window: "Bitte öffnen Sie die Anwendung noch einmal aus der Akte des Patienten, wenn möglich in einem eigenen \
                     Fenster.",
        used: Said {
            title: "Diese Anmeldung wurde schon benutzt",
            what: "Eine Anmeldung kann nur einmal benutzt werden.",
        },
        used_opened: "Eine Anmeldung kann nur einmal benutzt werden, und diese hat eine Akte geöffnet.",
        expired: Said {
            title: "Diese Anmeldung gilt nicht mehr",
            what: "Sie hat zu lange gedauert, sie wurde in einem anderen Browser begonnen, nach ihr wurden viele andere \
                   begonnen, oder jemand hat sich in diesem Browser abgemeldet.",
        },
    },
    failed: FailedWords {
        access_denied: Said {
            title: "Der Zugriff wurde abgelehnt",
            what: "Der Zugriff dieser Anwendung wurde in Ihrem Patientenaktensystem abgelehnt.",
        },
        ehr_error: Said {
            title: "Ihr Patientenaktensystem hat eine Störung gemeldet",
            what: "Die Anmeldung konnte nicht abgeschlossen werden.",
        },
        bad_token_response: Said {
            title: "Ihr Patientenaktensystem hat eine unbrauchbare Antwort gegeben",
            what: "Die Anmeldung konnte nicht abgeschlossen werden.",
        },
        wrong_issuer: Said {
            title: "Diese Anmeldung wurde aus Sicherheitsgründen abgebrochen",
            what: "Es ist nicht sicher, dass die Antwort von dem Patientenaktensystem kam, das gefragt wurde.",
        },
        not_complete: Said {
            title: "Die Anmeldung wurde nicht abgeschlossen",
            what: "Die Antwort Ihres Patientenaktensystems ist unvollständig.",
        },
        code_refused: Said {
            title: "Diese Anmeldung gilt nicht mehr",
            what: "Ihr Patientenaktensystem hat sie nicht angenommen.",
        },
        identity_refused: Said {
            title: "Es konnte nicht geprüft werden, wer sich angemeldet hat",
            what: "Die Antwort Ihres Patientenaktensystems ließ sich nicht prüfen. Deshalb wurde nichts geöffnet.",
        },
        sign_in_not_fresh: Said {
            title: "Bitte melden Sie sich noch einmal an",
            what: "Diese Anwendung verlangt, dass Sie sich gerade eben in Ihrem Patientenaktensystem angemeldet haben. \
                   Das wurde nicht bestätigt. Wenn Sie nicht aufgefordert wurden, sich anzumelden, melden Sie sich dort \
                   zuerst ab.",
        },
        ehr_unavailable: Said {
            title: "Ihr Patientenaktensystem antwortet nicht",
            what: "Die Anmeldung konnte nicht abgeschlossen werden.",
        },
        ehr_troubled: Said {
            title: "Ihr Patientenaktensystem hat im Moment eine Störung",
            what: "Die Anmeldung konnte nicht abgeschlossen werden.",
        },
        answer_lost: Said {
            title: "Ihre Anmeldung wurde unterbrochen",
            what: "Sie konnte nicht abgeschlossen werden.",
        },
        store_unavailable: Said {
            title: "Die Anmeldung wurde nicht abgeschlossen",
            what: "Diese Anwendung konnte Ihre Anmeldung nicht speichern.",
        },
        not_audited: Said {
            title: "Die Anmeldung wurde nicht abgeschlossen",
            what: "Diese Anwendung muss festhalten, wer sich anmeldet, und konnte es im Moment nicht. Deshalb wurde nichts \
                   geöffnet.",
        },
        application_slow: Said {
            title: "Diese Anwendung hat zu lange gebraucht",
            what: "Die Anmeldung selbst ist gelungen, aber die Anwendung war nicht rechtzeitig bereit. Deshalb wurde \
                   nichts geöffnet.",
        },
        registration_changed: Said {
            title: "Diese Anmeldung gilt nicht mehr",
            what: "Während Sie sich angemeldet haben, wurden die Einstellungen dieser Anwendung für Ihr \
                   Patientenaktensystem geändert.",
        },
        overtaken: Said {
            title: "Hier ist schon eine spätere Anmeldung offen",
            what: "Diese Anmeldung wurde erst fertig, als in diesem Browser schon eine spätere offen war. Deshalb wurde \
                   nichts geöffnet. Was hier offen ist, wird geschlossen, sobald Sie sich anmelden.",
        },
        refused: Said {
            title: "Diese Anwendung ist für Sie nicht freigegeben",
            what: "Wenn Sie sie brauchen, fragen Sie bitte den Support dieser Anwendung.",
        },
    },
    session: SessionWords {
        no_launch: "Sie sind hier nicht angemeldet",
        cross_site: Said {
            title: "Diese Anfrage wurde abgewiesen",
            what: "Sie kam von einer anderen Website. Deshalb wurde nichts geändert. Bitte kehren Sie zur Seite der \
                   Anwendung zurück und versuchen Sie es dort.",
        },
        renewing: "Ihre Sitzung wird gerade erneuert.",
        not_renewed: "Ihr Patientenaktensystem hat Ihren Zugriff auf die Akte eben nicht erneuert.",
        client_refused: Said {
            title: "Ihr Patientenaktensystem hat diese Anwendung nicht angenommen",
            what: "Das liegt an der Einrichtung der Anwendung und nicht an etwas, das Sie getan haben. Bitte melden Sie \
                   das dem Support dieser Anwendung.",
        },
        client_accepted_again: "Versuchen Sie es noch einmal, wenn es behoben ist.",
        no_patient: Said {
            title: "Es ist kein Patient ausgewählt",
            what: "Diese Seite braucht einen Patienten, und Ihr Patientenaktensystem hat keinen genannt.",
        },
        no_encounter: Said {
            title: "Es ist kein Behandlungsfall ausgewählt",
            what: "Diese Seite braucht einen Behandlungsfall (Besuch oder Aufenthalt), und Ihr Patientenaktensystem hat \
                   keinen genannt.",
        },
        nobody_known: "Es ist nicht bekannt, wer Sie sind",
        no_fhir_user: "Diese Seite muss wissen, wer sie benutzt, und Ihr Patientenaktensystem hat es nicht mitgeteilt.",
        no_identity: "Diese Seite muss wissen, wer sich angemeldet hat, und Ihr Patientenaktensystem hat es nicht mitgeteilt.",
        known_account: "Bitte melden Sie sich in Ihrem Patientenaktensystem mit Ihrem persönlichen Konto an und öffnen Sie \
                        die Anwendung noch einmal, oder melden Sie das dem Support dieser Anwendung.",
        not_installed: Said {
            title: "Diese Seite ist nicht verfügbar",
            what: "Die Anwendung ist nicht vollständig eingerichtet. Bitte melden Sie das dem Support dieser Anwendung.",
        },
        internal: Said {
            title: "Etwas ist schiefgegangen",
            what: "Der Fehler liegt in dieser Anwendung. Deshalb wurde nichts geöffnet.",
        },
        internal_again: "Bitte versuchen Sie es noch einmal.",
    },
    ended: EndedWords {
        signed_out: Said {
            title: "Sie haben sich abgemeldet",
            what: "Diese Akte ist geschlossen.",
        },
        ehr_session: Said {
            title: "Ihre Sitzung ist zu Ende",
            what: "Ihr Patientenaktensystem lässt diese Anwendung nicht mehr auf die Akte zugreifen.",
        },
        answer_lost: Said {
            title: "Ihre Sitzung ist zu Ende",
            what: "Die Verbindung zu Ihrem Patientenaktensystem ist abgebrochen, während Ihr Zugriff erneuert wurde.",
        },
        patient_changed: Said {
            title: "Diese Seite wurde aus Sicherheitsgründen geschlossen",
            what: "Die Antwort Ihres Patientenaktensystems betraf einen anderen Patienten als den, für den diese Seite \
                   geöffnet wurde.",
        },
        user_changed: Said {
            title: "Diese Seite wurde aus Sicherheitsgründen geschlossen",
            what: "Die Antwort Ihres Patientenaktensystems betraf eine andere Person als die, die diese Seite geöffnet \
                   hat.",
        },
        idle: Said {
            title: "Diese Seite wurde geschlossen",
            what: "Sie wurde eine Zeit lang nicht benutzt.",
        },
        too_old: Said {
            title: "Diese Seite wurde geschlossen",
            what: "Sie war sehr lange offen.",
        },
        other_user: Said {
            title: "Diese Seite wurde geschlossen",
            what: "Jemand hat sich in diesem Browser als anderer Benutzer angemeldet.",
        },
        replaced: Said {
            title: "Diese Seite wurde geschlossen",
            what: "Die Anwendung wurde in diesem Browser noch einmal geöffnet.",
        },
        too_many: Said {
            title: "Diese Seite wurde geschlossen",
            what: "Viele Seiten waren offen, und diese wurde am längsten nicht benutzt.",
        },
        registration_changed: Said {
            title: "Ihre Sitzung ist zu Ende",
            what: "Die Einstellungen dieser Anwendung für Ihr Patientenaktensystem wurden inzwischen geändert.",
        },
    },
    record: RecordWords {
        refused: Said {
            title: "Dieser Teil der Akte ist nicht zugänglich",
            what: "Ihr Patientenaktensystem erlaubt den Zugriff darauf hier nicht.",
        },
        refused_next: "Andere Seiten funktionieren vielleicht trotzdem. Wenn Sie diesen Teil brauchen, fragen Sie bitte \
                       den Support dieser Anwendung.",
        not_found: Said {
            title: "Die Seite oder der Eintrag wurde nicht gefunden",
            what: "Was Sie öffnen wollten, gibt es in der Akte nicht oder nicht mehr. Über den Rest der Akte sagt das \
                   nichts aus.",
        },
        not_found_next: "Bitte gehen Sie zurück und wählen Sie noch einmal.",
        changed: Said {
            title: "Die Akte wurde inzwischen geändert",
            what: "Jemand hat diesen Teil der Akte geändert, nachdem Sie ihn geöffnet haben.",
        },
        changed_next: "Bitte öffnen Sie ihn noch einmal, sehen Sie nach, was dort jetzt steht, und ändern Sie es dort.",
        changed_form_next: "Bitte öffnen Sie ihn noch einmal, sehen Sie nach, was dort jetzt steht, und geben Sie Ihre \
                            Änderung nur ein, wenn sie fehlt.",
        mistake: Said {
            title: "Etwas ist schiefgegangen",
            what: "Der Fehler liegt in dieser Anwendung und nicht bei Ihnen.",
        },
        look_title: "Bitte prüfen Sie, bevor Sie etwas noch einmal eingeben",
        perhaps_saved: "Es ist nicht sicher, ob Ihre Eingaben gespeichert wurden.",
        look_first: "Bitte sehen Sie in der Akte nach, bevor Sie etwas noch einmal eingeben.",
        look_later: "Warten Sie einen Moment und sehen Sie dann in der Akte nach, bevor Sie etwas noch einmal eingeben.",
    },
    caller: CallerWords {
        none: Said {
            title: "Ein Zugriffstoken fehlt",
            what: "Bitte senden Sie ein Zugriffstoken im Header „Authorization: Bearer“.",
        },
        several: Said {
            title: "Es wurde mehr als ein Zugriffstoken gesendet",
            what: "Bitte senden Sie einen Header „Authorization“ mit einem Zugriffstoken.",
        },
        refused: Said {
            title: "Dieses Zugriffstoken wird hier nicht angenommen",
            what: "Es ist abgelaufen, wurde zurückgezogen oder ist für etwas anderes. Bitte besorgen Sie ein neues und senden \
                   Sie dieses.",
        },
        not_enough: Said {
            title: "Dieses Zugriffstoken erlaubt das nicht",
            what: "Bitte besorgen Sie ein Zugriffstoken, das das Fehlende erlaubt: {scopes}",
        },
    },
    sign_out: SignOutWords {
        done: "Sie haben sich abgemeldet",
        one_done: "Diese Akte ist geschlossen",
        one_closed: "Wenn Sie weitere geöffnet haben, sind sie noch offen: Bitte melden Sie sich auch dort ab.",
        all_closed: "Wenn in einem anderen Tab oder Fenster noch Patientendaten zu sehen sind, schließen Sie dieses bitte.",
        close_this_too: "Auch diese Seite können Sie schließen.",
        frame_closed: "Wenn die Anwendung auch in einem eigenen Fenster offen ist, melden Sie sich bitte auch dort ab.",
        at_ehr_too: "Wenn Sie in Ihrem Patientenaktensystem noch angemeldet sind, melden Sie sich auch dort ab.",
        on_to_ehr: Said {
            title: "Die Abmeldung geht in Ihrem Patientenaktensystem weiter",
            what: "Als Nächstes öffnet sich Ihr Patientenaktensystem, damit Sie auch dort abgemeldet werden. Wenn nichts \
                   geschieht, drücken Sie den Knopf.",
        },
        one_open: Said {
            title: "Diese Akte ist noch offen",
            what: "Melden Sie sich ab, wenn Sie sie nicht mehr brauchen.",
        },
        some_open: Said {
            title: "In diesem Browser ist noch eine Akte offen",
            what: "Wenn niemand sie mehr braucht, schließen Sie alle Akten und melden Sie sich ab.",
        },
        other_open: Said {
            title: "In diesem Browser ist noch eine weitere Akte offen",
            what: "Die Akte, von der Sie sich abgemeldet haben, ist geschlossen. Wenn niemand mehr braucht, was noch offen \
                   ist, schließen Sie alle Akten und melden Sie sich ab.",
        },
        nothing_found: Said {
            title: "Sie sind vielleicht noch angemeldet",
            what: "Dieser Browser hat nicht mitgeteilt, welche Akten Sie geöffnet haben. Deshalb wurde nichts geschlossen. Wenn \
                   eine Seite dieser Anwendung offen ist, laden Sie sie neu und melden Sie sich dort ab. An einem \
                   gemeinsam benutzten Computer melden Sie sich außerdem von Ihrem Patientenaktensystem ab und schließen \
                   Sie den Browser.",
        },
        failed: Said {
            title: "Sie sind noch nicht abgemeldet",
            what: "Diese Anwendung erreicht im Moment ihre eigenen Daten nicht. Warten Sie einen Moment und versuchen \
                   Sie dann noch einmal, sich abzumelden. Wenn das nicht hilft und auch andere diesen Computer benutzen, \
                   melden Sie sich von Ihrem Patientenaktensystem ab und schließen Sie den Browser.",
        },
        not_certain: "Es ist nicht sicher, ob Sie abgemeldet sind",
    },
    scopes: ScopeWords {
        does_not_let: "Ihr Patientenaktensystem erlaubt dieser Anwendung Folgendes nicht:",
        not_granted: Said {
            title: "Ein Teil des Zugriffs wurde nicht erteilt",
            what: "Ohne diesen Zugriff kann die Anwendung nicht arbeiten.",
        },
        all_it_needs: "Ihr Patientenaktensystem erlaubt dieser Anwendung nicht alles, was sie braucht.",
        insufficient: Said {
            title: "Diese Seite braucht einen Zugriff, der nicht erteilt wurde",
            what: "Andere Seiten der Anwendung funktionieren weiterhin.",
        },
        page_needs: "Diese Seite braucht diesen Zugriff.",
        all_page_needs: "Ihr Patientenaktensystem erlaubt dieser Anwendung nicht alles, was diese Seite braucht.",
        allow_start: "Wenn Sie gefragt wurden, was Sie erlauben, beginnen Sie bitte neu und erlauben Sie es.",
        allow_open: "Wenn Sie gefragt wurden, was Sie erlauben, öffnen Sie die Anwendung bitte noch einmal aus der Akte \
                     des Patienten und erlauben Sie es.",
        of_patient: "{what} des Patienten {verbs}",
        of_user: "{what} {verbs}, auf die Sie selbst Zugriff haben",
        some_of_patient: "einen Teil der Einträge ({what}) des Patienten {verbs}",
        some_of_user: "einen Teil der Einträge ({what}) {verbs}, auf die Sie selbst Zugriff haben",
        see: "ansehen",
        add: "anlegen",
        change: "ändern",
        delete: "löschen",
        and: "und",
        every_kind: "Einträge jeder Art",
        of_kind: "Einträge der Art „{kind}“",
        launch: "erfahren, was dort offen ist",
        identity: "erfahren, wer Sie sind",
        connected: "verbunden bleiben",
        other: "„{scope}“ benutzen",
        more: "{number} weitere Dinge tun",
    },
    resources: ResourceWords {
        account: "Abrechnungskonten",
        adverse_event: "unerwünschte Ereignisse",
        allergy_intolerance: "Allergien und Unverträglichkeiten",
        appointment: "Termine",
        binary: "Dateien",
        care_plan: "Behandlungspläne",
        care_team: "Behandlungsteams",
        claim: "Abrechnungen",
        communication: "Mitteilungen",
        composition: "strukturierte Dokumente",
        condition: "Probleme und Diagnosen",
        consent: "Einwilligungen",
        coverage: "Versicherungen",
        device: "Geräte und Implantate",
        diagnostic_report: "Befundberichte",
        document_reference: "Dokumente und Notizen",
        encounter: "Besuche und Fälle",
        episode_of_care: "Behandlungsepisoden",
        explanation_of_benefit: "Leistungsnachweise",
        family_member_history: "Familienanamnesen",
        flag: "Warnhinweise",
        goal: "Behandlungsziele",
        imaging_study: "Bildgebungsstudien",
        immunization: "Impfungen",
        list: "Listen",
        location: "Behandlungsorte",
        media: "Fotos und Aufnahmen",
        medication: "Arzneimittel",
        medication_administration: "Arzneimittelgaben",
        medication_dispense: "Arzneimittelabgaben",
        medication_request: "Verordnungen",
        medication_statement: "Angaben zur Einnahme von Arzneimitteln",
        nutrition_order: "Kostformen",
        observation: "Messwerte und Befunde",
        organization: "Einrichtungen",
        patient: "persönliche Angaben",
        practitioner: "Angaben zu Behandelnden",
        practitioner_role: "Rollen von Behandelnden",
        procedure: "Eingriffe und Maßnahmen",
        provenance: "Angaben zur Herkunft von Einträgen",
        questionnaire: "Fragebögen",
        questionnaire_response: "Antworten auf Fragebögen",
        related_person: "Angaben zu Angehörigen",
        schedule: "Terminkalender",
        service_request: "Aufträge und Überweisungen",
        slot: "freie Zeiten",
        specimen: "Proben",
        task: "Aufgaben",
    },
};
