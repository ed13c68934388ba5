# Vorgänge
operation-unknown = Diesen Vorgang gibt es nicht.
operation-parameters = Die Parameter von „{ $operation }“ stimmen nicht. { $mistakes }{ $count ->
        [one] {""}
        [2] {""}
        [3] {""}
        [4] {""}
        [5] {""}
       *[other] {" "}(Insgesamt { NUMBER($count) } Fehler.)
    }
operation-parameter-missing = { $name } fehlt.
operation-parameter-unknown = Einen Parameter { $name } gibt es nicht.
operation-parameter-int = { $name } muss eine ganze Zahl sein.
operation-parameter-float = { $name } muss eine Zahl sein.
operation-parameter-bool = { $name } muss true oder false sein.
operation-parameter-text = { $name } muss ein Text sein.
operation-parameter-list = { $name } muss eine Liste sein.
operation-parameter-choice = { $name } muss eines von { $choices } sein.
operation-parameter-invalid = { $name } hat einen Wert, der nicht erlaubt ist.
name-ambiguous = „{ $named }“ kann eines von { NUMBER($count) } sein: { $candidates }. Geben Sie mehr von der Kennung an.
not-found-upload = Diesen Upload gibt es nicht mehr. Schicken Sie die Datei noch einmal.
not-found-user = Dieses Konto gibt es nicht. `appliance user list` zeigt die Konten.
sealed-vault = Der Tresor ist versiegelt. Der Betreiber kann ihn mit `appliance unseal` öffnen.

# Aufträge
job-kind-train = Training
job-kind-sweep = Vergleich von Rängen
job-kind-evaluate = Auswertung
job-kind-ranks = Analyse des Rangs
job-kind-shrink = Kleinerer Adapter
job-never-began = Angehalten, bevor er begann.
job-asked-to-stop = Wird angehalten.
job-state-stopping = Der Auftrag wird bereits angehalten.
job-state-not-resumable = Der Auftrag ist { $state }. Nur ein angehaltener oder fehlgeschlagener Auftrag kann fortgesetzt werden.
job-learning-rate = Die Lernrate beträgt { NUMBER($now, maximumSignificantDigits: 6) }. Zum Fortsetzen muss sie niedriger sein und über 0 liegen.
job-learning-rate-none = Nur ein Training hat eine Lernrate. Setzen Sie diesen Auftrag ohne Lernrate fort.
worker-out-of-memory-nothing-left = Der Speicher reichte selbst für die kleinsten Durchläufe nicht. Schließen Sie andere Programme auf dieser Maschine, oder wählen Sie QLoRA, ein kleineres Modell oder kürzere Zeilen. Der letzte Zwischenstand bleibt erhalten, und der Auftrag kann fortgesetzt werden.

# Konten
password-one-time = Wählen Sie zuerst ein eigenes Passwort: Melden Sie sich auf der Webseite an.

# Vorgänge, wie sie auf eine Freigabe warten
operation-adapter-answers = Testantworten eines Modells lesen
operation-adapter-card = Modellkarte zeigen
operation-adapter-list = Angepasste Modelle auflisten
operation-adapter-show = Angepasstes Modell zeigen
operation-adapter-shrink = Kleineres Modell erstellen
operation-audit-archive-abort = Archiv des Protokolls abbrechen
operation-audit-archive-begin = Protokoll archivieren
operation-audit-archive-finish = Archiv des Protokolls abschließen
operation-audit-archive-plan = Archiv des Protokolls planen
operation-audit-checkpoint = Checkpoint des Protokolls nehmen
operation-audit-confirm = Protokoll nach einer Datei oder einem Namen fragen
operation-audit-export = Protokoll exportieren
operation-audit-folder = Protokoll für den Offline-Verifizierer exportieren
operation-audit-life = Leben eines Objekts zeigen
operation-audit-overview = Übersicht des Protokolls zeigen
operation-audit-prove = Eintrag des Protokolls beweisen
operation-audit-reviews = Prüfungen des Protokolls auflisten
operation-audit-search = Protokoll durchsuchen
operation-audit-show = Letzte Einträge des Protokolls zeigen
operation-audit-sign-off = Prüfung des Protokolls bestätigen
operation-audit-verify = Protokoll verifizieren
operation-backup-abort = Sicherung abbrechen
operation-backup-begin = Sicherung erstellen
operation-backup-finish = Sicherung abschließen
operation-backup-seal = Sicherung versiegeln
operation-chat = Modell befragen
operation-dataset-certificate = Löschbescheinigung zeigen
operation-dataset-describe = Herkunft eines Datensatzes beschreiben
operation-dataset-hold = Aufbewahrungspflicht für einen Datensatz setzen
operation-dataset-import = Datensatz importieren
operation-dataset-list = Datensätze auflisten
operation-dataset-preview = Datei ansehen
operation-dataset-release = Aufbewahrungspflicht aufheben
operation-dataset-renew-keys = Schlüssel eines Datensatzes erneuern
operation-dataset-report = Befunde eines Datensatzes zeigen
operation-dataset-revise = Datensatz korrigieren
operation-dataset-show = Zeilen eines Datensatzes zeigen
operation-dataset-shred = Datensatz vernichten
operation-dataset-versions = Versionen eines Datensatzes auflisten
operation-evaluate = Modell auswerten
operation-isolation-test = Isolierung prüfen
operation-job-list = Aufträge auflisten
operation-job-resume = Auftrag fortsetzen
operation-job-show = Auftrag zeigen
operation-job-stop = Auftrag anhalten
operation-key-add = Passphrase hinzufügen
operation-key-credential = Zugangsdatei erstellen
operation-key-list = Zugänge auflisten
operation-key-recovery = Wiederherstellungsschlüssel erstellen
operation-key-remove = Zugang entfernen
operation-key-rotate = Schlüssel des Tresors ersetzen
operation-key-rotate-log = Signaturschlüssel des Protokolls ersetzen
operation-model-import = Basismodell importieren
operation-model-list = Basismodelle auflisten
operation-model-parameters = Parameter eines Basismodells zählen
operation-model-show = Basismodell zeigen
operation-person-erase = Daten einer Person löschen
operation-person-find = Daten nach einer Person durchsuchen
operation-rank-advise = Rang empfehlen
operation-rank-explain = Rang eines Modells analysieren
operation-rank-show = Rang eines Modells zeigen
operation-seal = Tresor versiegeln
operation-status = Zustand zeigen
operation-sweep = Ränge vergleichen
operation-train = Modell trainieren
operation-train-plan = Training planen
operation-unseal = Tresor öffnen
operation-user-add = Konto erstellen
operation-user-list = Konten auflisten
