# Die Seite für prüfende Personen
audit-page-intro = Jede Aktion auf dieser Appliance wird hier festgehalten, bevor sie geschieht, und noch einmal, wenn sie beendet ist: wer was womit getan hat. Die Daten selbst werden nie festgehalten. Auch Ihr Blick hierher wird festgehalten.
audit-page-offline = Sie müssen dieser Seite nicht vertrauen: `appliance audit export` schreibt das Protokoll mit seinem signierten Checkpoint, und der Offline-Verifizierer prüft es auf einem anderen Rechner.
audit-message = Der Klick wurde nicht verstanden. Laden Sie die Seite neu.

# Übersicht
audit-page-overview = Übersicht
audit-page-shown = Gezeigter Zeitraum
audit-page-period = { $days ->
        [0] Das ganze Protokoll
        [365] 12 Monate
       *[other] { $days } Tage
    }
audit-page-activity = Aktivität
audit-page-refused = Verweigert und fehlgeschlagen

# Suche
audit-page-search = Suchen
audit-page-any = Alle
audit-page-person = Person (Name oder Kennung)
audit-page-action = Aktion
audit-page-object = Objekt (Name oder Kennung)
audit-page-object-example = ds_…
audit-page-since = Von Tag (UTC)
audit-page-until = Bis Tag (einschließlich)
audit-page-day-example = 2026-11-30
audit-page-more = Weitere Kriterien
audit-page-kind = Art des Objekts
audit-page-first = Von Eintrag
audit-page-last = Bis Eintrag (einschließlich)
audit-page-entry-example = 1200
audit-page-request = Anforderung
audit-page-request-example = rq_…
audit-page-request-help = Verbindet, was angefordert wurde, mit seinem Ergebnis
audit-page-clear = Leeren
audit-page-newer = Neuere
audit-page-older = Ältere
audit-number = Einträge werden ab 0 gezählt. Geben Sie eine Zahl wie 1200 ein.
input-search-expired = Diese Suche ist abgelaufen. Drücken Sie noch einmal „Suchen“.

# Verlauf eines Objekts
audit-page-life = Verlauf
audit-page-life-title = Der ganze Verlauf eines Objekts
audit-page-life-intro = Von der Herkunft bis zum Ende: Daten, Training, Auswertung, Veröffentlichung, Nutzung und Vernichtung.
audit-page-life-show = Verlauf anzeigen

# Prüfungen
audit-page-reviews = Prüfungen
audit-page-sign-title = Eine Prüfung bestätigen
audit-page-sign-intro = Geben Sie an, welche Einträge Sie angesehen haben, wonach Sie gesucht und was Sie gefunden haben. Die Bestätigung wird ein Eintrag des Protokolls; die Notiz wird daneben verschlüsselt aufbewahrt.
audit-page-sign = Diese Prüfung bestätigen
audit-page-signed = Die Einträge { NUMBER($first, useGrouping: 0) } bis { NUMBER($last, useGrouping: 0) } wurden bestätigt ({ $entries ->
        [one] ein Eintrag
       *[other] { $entries } Einträge
    }).
input-review-range = Geben Sie den ersten und den letzten Eintrag an, die Sie geprüft haben.
