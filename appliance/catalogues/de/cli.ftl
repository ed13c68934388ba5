# Das Programm
help-appliance = Eine private Fine-Tuning-Appliance: verschlüsselte Daten hinein, ein gemessenes Modell heraus, nichts verlässt das Haus.
help-usage = Aufruf:
help-usage-options = [OPTIONEN]
help-usage-command = [OPTIONEN] BEFEHL [ARGUMENTE]...
help-arguments = Argumente
help-options = Optionen
help-commands = Befehle
help-examples = Beispiele
help-default = [Standard: { $value }]
help-required = [erforderlich]
help-many = [mehrfach möglich]
metavar-int = ZAHL
metavar-float = ZAHL
metavar-str = TEXT
metavar-path = PFAD
option-help = Diese Hilfe zeigen.
option-program-version = Die Version zeigen.

# Gruppen von Befehlen
help-group-adapter = Angepasste Modelle.
help-group-audit = Das Protokoll.
help-group-dataset = Datensätze.
help-group-job = Aufträge.
help-group-key = Alles, was den Tresor öffnet, und die Schlüssel dahinter.
help-group-model = Basismodelle.
help-group-person = Eine Person in den Datensätzen: ihre Zeilen finden und löschen.
help-group-rank = Der Rang von Adaptern: wie viel sie lernen können und wie viel davon genutzt wird.
help-group-user = Konten.

# Befehle
help-init = Ein Home anlegen: Schlüssel, verschlüsselte Datenbank, Protokoll und das erste Konto.
help-status = Den Zustand des Home zeigen.
help-unseal = Den Tresor des laufenden Servers öffnen.
help-seal = Den Tresor des laufenden Servers versiegeln; der Server vergisst dann seine Schlüssel.
help-doctor = Die Isolierung prüfen und sagen, was an dieser Maschine oder dieser Installation nicht stimmt.
help-serve = Die Seiten bereitstellen und die Aufträge abarbeiten, bis der Server beendet wird.
help-evaluate = Ein angepasstes Modell an Fragen, die das Training nie sah, mit seinem Basismodell vergleichen.
help-chat = Einem angepassten Modell und seinem Basismodell dieselbe Frage stellen. Ohne --prompt wird sie vom Terminal oder von der Standardeingabe gelesen, wo andere Benutzer dieser Maschine sie nicht sehen.
help-version = Die Version zeigen.
help-completion = Das Skript ausgeben, mit dem eine Shell Befehle und Optionen ergänzt.
help-model-import = Ein Basismodell importieren: einen Ordner mit safetensors oder das mitgelieferte Modell.
help-model-list = Die Basismodelle auflisten.
help-model-show = Ein Basismodell mit den Hashwerten seiner Dateien zeigen.
help-job-list = Die Aufträge auflisten, und worum es in jedem geht.
help-job-show = Einen Auftrag und seinen Fortschritt zeigen.
help-job-watch = Einen Auftrag bis zu seinem Ende verfolgen. Ohne Server führt dieser Befehl ihn aus.
help-job-stop = Einen Auftrag anhalten. Das bisher beste Ergebnis bleibt erhalten.
help-job-resume = Einen angehaltenen oder fehlgeschlagenen Auftrag ab seinem letzten Zwischenstand fortsetzen.
help-adapter-list = Die angepassten Modelle auflisten.
help-adapter-show = In einfachen Worten über ein angepasstes Modell berichten.
help-adapter-card = Die Modellkarte zeigen: was über ein angepasstes Modell bekannt ist, jede Tatsache mit ihren Einträgen im Protokoll.
help-adapter-shrink = Aus einem Adapter einen kleineren machen und den Verlust beider messen.
help-user-add = Ein Konto mit einem Einmalpasswort anlegen.
help-user-list = Die Konten auflisten.
help-dataset-import = Eine Tabelle, JSON, eine Excel-Mappe, Parquet oder ein ZIP davon importieren. Die Daten werden beim Lesen verschlüsselt.
help-dataset-list = Die Datensätze auflisten.
help-dataset-preview = Zeigen, wie eine Datei gelesen würde, ohne sie zu importieren.
help-dataset-show = Einen Datensatz und seine ersten Zeilen zeigen.
help-dataset-check = Zeigen, was in den Zeilen eines Datensatzes gefunden wurde und wie es sich beheben lässt.
help-dataset-fix = Zeilen eines Datensatzes verbessern. Es entsteht eine neue Version; die vorherige bleibt, wie sie war.
help-dataset-versions = Die Versionen eines Datensatzes auflisten, mit den Modellen, die mit jeder trainiert wurden.
help-dataset-origin = Angeben, woher ein Datensatz kommt, wofür er verwendet werden darf und bis wann.
help-dataset-hold = Einen Datensatz einer Aufbewahrungspflicht unterstellen: Nichts davon kann vernichtet werden.
help-dataset-release = Die Aufbewahrungspflicht eines Datensatzes aufheben.
help-dataset-renew-keys = Einen Datensatz mit neuen Datenschlüsseln schreiben und vernichten, was die alten öffnen.
help-dataset-shred = Einen Datensatz endgültig unlesbar machen und das bescheinigen.
help-dataset-certificate = Die signierte Bescheinigung über einen vernichteten Datensatz ausgeben.
help-person-find = Die Zeilen über eine Person finden, und die Modelle, die mit ihnen trainiert wurden.
help-person-erase = Eine Person löschen: neue Versionen ohne ihre Zeilen schreiben, die alten vernichten, die Modelle zurückziehen.
help-train = Ein Modell mit einem Datensatz trainieren.
help-sweep = Mehrere Ränge in einem Auftrag versuchen, aussichtslose früh beenden und den besten Adapter behalten.
help-rank-advise = Vor dem Training einen Rang empfehlen, oder danach sagen, welcher Rang genügt hätte.
help-parameters = Zählen, was eine Matrix, ein Adapter oder ein ganzes Modell zu lernen hat.
help-backup = Das Home sichern, verschlüsselt für seine Wiederherstellungsschlüssel.
help-restore = Ein Home aus einer Sicherung wiederherstellen, ganz oder gar nicht, an einem leeren Ort.
help-key-list = Auflisten, was den Tresor öffnet.
help-key-add-slot = Eine Passphrase oder eine Zugangsdatei für systemd (appliance-key, geschrieben nach --out) hinzufügen.
help-key-recovery = Einen Wiederherstellungsschlüssel erzeugen: 24 Wörter zum Ausdrucken und eine Datei. Er öffnet das Home, wenn alle Passphrasen verloren sind.
help-key-recover = Das Home mit einem Wiederherstellungsschlüssel öffnen und ihm eine neue Passphrase geben.
help-key-remove-slot = Eine Passphrase, eine Zugangsdatei oder einen Wiederherstellungsschlüssel entfernen und die Schlüssel ersetzen, die jemand davon behalten haben könnte.
help-key-rotate = Den Hauptschlüssel, den Schlüssel der Epoche und den der Datenbank ersetzen. Passphrasen und Wiederherstellungsschlüssel gelten weiter.
help-key-rotate-log = Dem Protokoll einen neuen Signaturschlüssel geben, den der alte signiert, bevor er vergessen wird.
help-audit-show = Die letzten Einträge des Protokolls zeigen, oder die letzten, auf die etwas zutrifft.
help-audit-life = Das ganze Leben eines Objekts zeigen: woraus es entstand, was damit geschah, was daraus wurde.
help-audit-verify = Das ganze Protokoll nachrechnen, mit Checkpoints und Archiven vergleichen und den ersten falschen Eintrag nennen.
help-audit-checkpoint = Einen signierten Checkpoint zum Mitnehmen schreiben. Jedes spätere Protokoll muss ihn fortsetzen.
help-audit-prove = Jemandem, der nur den Schlüssel des Protokolls hat, beweisen, dass ein Eintrag im Protokoll steht (C2SP tlog-proof).
help-audit-confirm = Fragen, ob im Protokoll eine Datei oder ein Name vorkommt. Es enthält davon nur Fingerabdrücke, die mit einem Schlüssel gebildet sind.
help-audit-export = Das ganze Protokoll für den Offline-Verifizierer schreiben, oder alle Einträge, je Zeile ein JSON-Objekt.
help-audit-archive = Alte Einträge des Protokolls in ein Archiv verschieben. Ihre Hashwerte bleiben, sodass sich weiterhin alles beweisen lässt.
help-audit-events = Alle Ereignisse auflisten, die im Protokoll stehen können, und wer sie auslösen darf.
help-audit-reviews = Die letzten Prüfungen auflisten, und welche Einträge noch niemand geprüft hat.
help-audit-sign-off = Eine Prüfung des Protokolls bestätigen, mit dem eigenen Passwort der prüfenden Person.

# Parameter
option-as_json = Einen JSON-Wert ausgeben, auf Englisch.
option-passphrase_file = Die Passphrase aus dieser Datei lesen.
option-new_passphrase_file = Die neue Passphrase aus dieser Datei lesen.
option-password_file = Das Passwort der prüfenden Person aus dieser Datei lesen.
option-recovery_file = Die Datei des Wiederherstellungsschlüssels. Ohne sie werden die Wörter eingegeben.
option-recovery-file = Die Datei des Wiederherstellungsschlüssels. Ohne sie werden die Wörter eingegeben.
option-wait = Warten, bis der Auftrag beendet ist.
option-user = Name des Kontos.
option-role = Rolle des Kontos.
option-host = Adresse dieser Maschine, an der die Seiten erscheinen.
option-port = Port, an dem die Seiten erscheinen.
option-adapter = Name oder Kennung eines angepassten Modells.
option-dataset = Name oder Kennung eines Datensatzes.
option-model = Name oder Kennung eines Basismodells.
option-job = Kennung eines Auftrags oder ihr Anfang.
option-prompt = Die Frage. Andere Benutzer dieser Maschine können sie sehen, solange der Befehl läuft.
option-shell = Die Shell.
option-path = Ein Ordner mit safetensors.
option-starter = Das kleine Modell, das mit der Appliance installiert ist.
option-name = Wie es heißen soll. Standard ist der Name der Datei oder des Ordners.
option-adapter-name = Wie das angepasste Modell heißen soll.
option-slot-name = Wie es heißen soll, damit Sie es in der Liste wiedererkennen.
option-answers = Auch jede Testfrage mit beiden Antworten zeigen.
option-out = In diese neue Datei schreiben.
option-secret-out = Das Geheimnis in diese neue Datei schreiben (0600).
option-rank = Rang des Adapters.
option-keep = Statt eines Rangs: wie viel Prozent des Gelernten erhalten bleiben sollen.
option-learning_rate = Mit dieser niedrigeren Lernrate fortsetzen.
option-data = Die Datei mit den Daten.
option-question = Name der Spalte mit den Fragen.
option-answer = Name der Spalte mit den Antworten.
option-encoding = Zeichenkodierung einer Textdatei, falls sie nicht erkannt wird.
option-delimiter = Was die Spalten trennt, falls es nicht erkannt wird.
option-system_prompt = Eine Anweisung, die das Modell vor jeder Frage erhält.
option-token-model = Das Basismodell, in dessen Token die Zeilen gezählt werden. Standard ist das neueste.
option-part-seed = Bestimmt, welche Zeilen zurückgelegt werden. Gleicher Seed, gleiche Zeilen.
option-purpose = Was ein Modell daraus lernen soll.
option-owner = Die für die Daten verantwortliche Person.
option-licence = Die Lizenz, unter der die Daten verwendet werden dürfen.
option-legal_basis = Die Rechtsgrundlage nach Artikel 6 Absatz 1 DSGVO, etwa „consent“ oder „contract“, oder „not personal data“.
option-keep_until = Der letzte Tag, an dem damit trainiert werden darf, etwa 2027-12-31.
option-part = Welcher Teil des Datensatzes.
option-shown-rows = Wie viele Zeilen gezeigt werden.
option-version = Welche Version. Standard ist die aktuelle.
option-check = Was verbessert wird: der Name einer Prüfung, wie ihn „dataset check“ in Klammern zeigt.
option-fix = Wie verbessert wird.
option-row = Statt einer Prüfung: die Nummer einer Zeile, die entfernt wird.
option-reason = Warum der Datensatz erhalten bleiben muss.
option-known = Was bekannt ist: ein Name, eine E-Mail-Adresse, eine Nummer.
option-adapter-method = Die Art von Adapter, für die ein Rang empfohlen wird.
option-method = Was trainiert wird. „auto“ wählt, was auf diese Maschine passt, und den empfohlenen Rang.
option-preset = Wie lange trainiert wird.
option-range = Von { NUMBER($low, maximumFractionDigits: 9) } bis { NUMBER($high, maximumFractionDigits: 9) }.
option-seed = Seed der Zufallszahlen.
option-dry_run = Nur den Plan zeigen. Nichts wird gestartet.
option-ranks = Zwei bis acht Ränge, mit Kommas getrennt.
option-memory_gib = Wie viel Speicher das Training nutzen darf. Standard ist der gesamte Speicher dieser Maschine.
option-layers = Auch jede Matrix mit ihren Singulärwerten zeigen.
option-again = Einen Adapter noch einmal analysieren, der schon analysiert wurde.
option-matrix-rows = Zeilen d einer Matrix.
option-columns = Spalten k einer Matrix.
option-table = Zeigen, welche Modelle auf welche GPU passen.
option-backup-folder = Ein Ordner auf einem anderen Datenträger. Eine zweite Sicherung dort schreibt nur, was neu ist.
option-restore-source = Der Ordner mit den Sicherungen.
option-backup = Kennung einer Sicherung oder ihr Anfang. Standard ist die neueste.
option-credential = Statt einer Passphrase eine Zugangsdatei für systemd erzeugen.
option-slot = Name oder Kennung dessen, was entfernt werden soll.
option-last = Wie viele Einträge.
option-person = Wer handelte oder betroffen war: ein Name oder eine Kennung.
option-audit-action = Was getan wurde: „dataset.import“, oder „dataset.“ für alles an Datensätzen.
option-object_id = Name oder Kennung des Objekts, mit dem etwas geschah.
option-outcome = Das Ergebnis der Aktion.
option-since = Ein Tag oder ein Zeitpunkt in UTC, etwa 2026-11-25 oder 2026-11-25T14:30.
option-until = Ebenso. Ein Tag ist eingeschlossen.
option-life = Name oder Kennung eines Objekts.
option-witness = Ein Checkpoint, der früher mitgenommen wurde.
option-archive = Ein Ordner mit Archiven des Protokolls.
option-to = Der Ordner der Archive, auf einem anderen Datenträger.
option-before = Archivieren, was älter als dieser Tag ist (UTC). Standard ist alles, was die Richtlinie erlaubt.
option-archive-dry-run = Nur zeigen, was archiviert würde.
option-checkpoint-out = Eine neue Datei. Bewahren Sie sie dort auf, wo niemand sie ändern kann, der mit der Appliance arbeitet.
option-entry = Nummer eines Eintrags.
option-proof-out = Den Beweis in diese neue Datei schreiben.
option-confirm-file = War es diese Datei? Sie wird hier gelesen, und nur ihr Hashwert wird gesucht.
option-confirm-name = War es dieser Name oder diese Adresse?
option-export-out = Eine neue Datei, oder ein neuer Ordner für --format folder. Standard ist die Standardausgabe.
option-format = folder für den Offline-Verifizierer (ops/verify_audit.py), sonst jsonl oder ocsf.
option-markdown = Als Seite in Markdown.
option-auditor = Name des Kontos der prüfenden Person.
option-note = Wonach gesucht und was gefunden wurde.
option-first = Der erste geprüfte Eintrag. Standard ist der erste, den noch niemand geprüft hat.
option-last-reviewed = Der letzte geprüfte Eintrag, eingeschlossen. Standard ist der letzte von diesen.

# Falscher Aufruf
usage-help = „{ $command } --help“ zeigt, wie der Befehl verwendet wird.
usage-missing = { $name } fehlt.
usage-no-option = Die Option { $name } gibt es nicht.
usage-no-command = Den Befehl „{ $name }“ gibt es nicht.
usage-close = Meinten Sie { $names }?
usage-option-value = { $name } ist falsch verwendet: Entweder fehlt der Wert, oder es darf keiner stehen.
usage-value = { $name } hat einen Wert, der nicht erlaubt ist.
usage-int = { $name } muss eine ganze Zahl sein, nicht „{ $value }“.
usage-float = { $name } muss eine Zahl sein, nicht „{ $value }“.
usage-surplus = Zu viele Argumente: { $words }
usage-aborted = Abgebrochen.

# Tabellen
cell-count = { NUMBER($number) }
heading-id = Kennung
heading-name = Name
heading-parameters = Parameter
heading-licence = Lizenz
heading-method = Methode
heading-rank = Rang
heading-state = Zustand
heading-role = Rolle
heading-kind = Art
heading-about = Gegenstand
heading-reason = Grund
heading-rows = Zeilen
heading-training_rows = zum Trainieren
heading-test_rows = zurückgelegt
heading-keep_until = aufbewahren bis
heading-hold_reason = Aufbewahrungspflicht
heading-version = Version
heading-change = was geändert wurde
heading-made = angepasste Modelle
heading-sequence = Nr.
heading-who = wer
heading-action = Aktion
heading-what = Objekt
heading-outcome = Ergebnis
heading-stage = Abschnitt
heading-times = wie oft
heading-entries = Einträge
heading-objects = Objekte
heading-meaning = Bedeutung
heading-first = von Eintrag
heading-last = bis Eintrag
heading-note_state = Notiz ist
heading-note = Notiz
code-trained = trainiert
code-evaluated = ausgewertet
code-retired = zurückgezogen
code-ready = bereit
code-shredding = wird vernichtet
code-shredded = vernichtet
code-passphrase = Passphrase
code-credential = Zugangsdatei für systemd
code-recovery = Wiederherstellungsschlüssel
layer-name = Matrix
layer-copies = wie oft
layer-size = d x k
layer-full = d·k
layer-adapter = r·(d+k), r={ $rank }
empty-model-list = Noch ist kein Modell installiert. Führen Sie `appliance model import --starter` aus.
empty-adapter-list = Es gibt noch keinen Adapter. Führen Sie `appliance train` aus.
empty-job-list = Es gibt noch keinen Auftrag.
empty-user-list = Es gibt kein Konto.
empty-key-list = Nichts öffnet den Tresor.
empty-dataset-list = Es gibt noch keinen Datensatz. Führen Sie `appliance dataset import DATEI` aus.
empty-audit-show = Einen solchen Eintrag gibt es nicht.
empty-audit-life = Damit ist nichts geschehen.
empty-audit-reviews = Es gibt noch keine Prüfung.

# Eingaben
prompt-passphrase = Passphrase:
prompt-new-passphrase = Neue Passphrase:
prompt-again = Noch einmal dieselbe:
prompt-password = Passwort von { $name }:
prompt-words = Die { $words } Wörter:
prompt-question = Frage:

# Fortschritt
progress-left = noch
progress-loss = { $title } (Verlust { NUMBER($loss, minimumFractionDigits: 3, maximumFractionDigits: 3) })
progress-job = In Arbeit
progress-train = Training
progress-evaluate = Auswertung
progress-shrink = Verkleinerung
progress-sweep = Vergleich der Ränge
progress-explain = Analyse des Adapters

# Das Home
done-init = Das Home ist angelegt. Erstes Konto: { $user }, Einmalpasswort: { $password } (nur dieses eine Mal gezeigt).
init-warning = Wer die Passphrase verliert, verliert die Daten: Niemand kann sie wiederherstellen, auch wir nicht. Erzeugen Sie jetzt einen Wiederherstellungsschlüssel, und bewahren Sie ihn in einem Tresor auf: `appliance key recovery`.
status-open = Der Tresor ist offen. Das Protokoll hat { NUMBER($entries) } Einträge.
status-sealed = Der Tresor ist versiegelt. Das Protokoll hat { NUMBER($entries) } Einträge.
done-unseal = Der Tresor ist offen.
done-seal = Der Tresor ist versiegelt.
done-version = appliance { $version }
chat-original = Basismodell: { $answer }
chat-tuned = angepasst:   { $answer }
chat-question = Es gibt keine Frage. Geben Sie eine mit --prompt an, am Terminal ein, oder leiten Sie sie als Eingabe weiter.
completion-shell = Für { $shell } gibt es keine Ergänzung, nur für { $shells }.
home-in-use-served = Für dieses Home läuft schon ein Server: Prozess { $process }, unter { $address }. Beenden Sie ihn zuerst, oder wählen Sie mit APPLIANCE_HOME ein anderes Home.
home-absent = Hier gibt es noch kein Home. Legen Sie mit `appliance init` eines an.
server-absent = Dazu muss ein Server laufen. Starten Sie einen mit `appliance serve`.
server-answer = Die Antwort des Servers (Status { $status_code }) war nicht zu verstehen: Er hat vielleicht eine andere Version. Starten Sie ihn neu.
server-gone = Der Server endete, bevor er antwortete. Siehe `appliance status`.
out-exists = { $out_name } gibt es schon. Nennen Sie einen neuen Ordner.
out-exists-file = { $path_name } gibt es schon. Nennen Sie eine neue Datei.
passphrase-short = Die Passphrase ist zu kurz: Sie braucht mindestens { $min_passphrase_characters } Zeichen.
passphrase-file = Die Datei mit der Passphrase, { $path_name }, ist leer oder länger als { $max_passphrase_bytes } Bytes.
passphrase-file-unreadable = Die Datei mit der Passphrase, { $path_name }, kann nicht gelesen werden.
passphrase-differ = Die beiden Passphrasen sind verschieden. Nichts wurde geändert; versuchen Sie es noch einmal.
passphrase-absent = Eine Passphrase ist nötig, und es gibt kein Terminal, um sie einzugeben. Nennen Sie eine Datei mit --passphrase-file.

# Modelle, Aufträge, Adapter, Konten
model-which = Nennen Sie einen Ordner, oder geben Sie --starter an.
done-model-import = { $name } ist als { $id } installiert: { NUMBER($parameters) } Parameter.
model-shown = { $name } ({ $id }): { $architecture }, { NUMBER($parameters) } Parameter, Lizenz: { $licence }. Dateien mit ihrem SHA-256:
job-queued = Der Auftrag { $id } wartet. `appliance job watch { $id }` verfolgt ihn.
job-state-is = Zustand des Auftrags: { $state }.
job-step = Schritt { $step } von { $steps }.
job-failed = Der Auftrag { $identifier } ist fehlgeschlagen. { $reason }
done-job-stop = Der Auftrag wird angehalten.
answer = { $question }
    {"  "}erwartet:    { $reference }
    {"  "}Basismodell: { $original }
    {"  "}angepasst:   { $tuned }
done-adapter-card = Die Modellkarte steht in { $out }.
done-user-add = { $name } ({ $role }) hat das Einmalpasswort { $password } (nur dieses eine Mal gezeigt).

# Training und Ränge
rank-stopped = Die Analyse wurde angehalten, bevor sie fertig war. Starten Sie sie noch einmal.
sweep-ranks-list = Ränge sind ganze Zahlen, mit Kommas getrennt: 4,8,16.
rank-which-options = Geben Sie --dataset und --model an (vor dem Training) oder --adapter (danach).
rank-choice = {"  "}Rang { $rank }: { NUMBER($parameters) } Parameter, höchstens { NUMBER($peak_mib) } MiB
rank-choice-too-large = {"  "}Rang { $rank }: { NUMBER($parameters) } Parameter, höchstens { NUMBER($peak_mib) } MiB; passt nicht
rank-source = Warum: { $source }.
rank-energy = {"  "}Rang, der so viel des Gelernten erhält (Energie): { $enough }.
rank-mean = {"  "}Im Mittel über { $matrices } Matrizen: effektiver Rang { NUMBER($effective_rank, maximumFractionDigits: 1) }, stabiler Rang { NUMBER($stable_rank, maximumFractionDigits: 1) }.
rank-layer = {"  "}{ $name }: effektiver Rang { NUMBER($effective_rank, maximumFractionDigits: 1) }, stabiler Rang { NUMBER($stable_rank, maximumFractionDigits: 1) }, { $numeric_rank } genutzt, die größten { $largest }
parameters-which = Geben Sie --rows und --columns an, oder --model, oder --table.
parameters-matrix = W0 hat d·k = { NUMBER($rows, useGrouping: 0) } x { NUMBER($columns, useGrouping: 0) } = { NUMBER($full) } Zahlen. B·A vom Rang { $rank } hat d·r + r·k = { NUMBER($rows, useGrouping: 0) } x { $rank } + { $rank } x { NUMBER($columns, useGrouping: 0) } = { NUMBER($adapter) }: { NUMBER($times_smaller, maximumFractionDigits: 1) }-mal weniger.
parameters-model = { $name }: { NUMBER($parameters) } Zahlen; ein Adapter vom Rang { $rank } an allen linearen Schichten: { NUMBER($adapter) }, { NUMBER($times_smaller, maximumFractionDigits: 0) }-mal weniger.

# Datensätze
dataset-file = Die Datei { $file_name } kann nicht gelesen werden: { $strerror }.
done-dataset-import = { $name } ist verschlüsselt importiert, als { $id }: { NUMBER($training) } Zeilen zum Trainieren, { NUMBER($validation) } zum Validieren, { NUMBER($test) } zurückgelegt.
done-dataset-fix = Version { $version } von { $name } ist fertig: { $changed ->
        [one] 1 Zeile geändert.
       *[other] { NUMBER($changed) } Zeilen geändert.
    }
done-dataset-renew-keys = { $name } hat neue Schlüssel, als Version { $version }. Die Versionen davor sind vernichtet.
done-dataset-shred = Der Datensatz { $dataset } ist vernichtet. Was das nicht erreicht:
done-dataset-hold = { $name } unterliegt einer Aufbewahrungspflicht: Bis sie aufgehoben wird, wird nichts davon vernichtet.
done-dataset-release = { $name } unterliegt keiner Aufbewahrungspflicht mehr.
done-person-erase = { $certificates ->
        [one] 1 Bescheinigung.
       *[other] { $certificates } Bescheinigungen.
    } `appliance dataset certificate DATENSATZ` gibt sie noch einmal aus.
dataset-shown = { $name }: { NUMBER($rows) } Zeilen
dataset-row = Zeile { NUMBER($row, useGrouping: 0) }: { $text }
stated = { $name }: { $value }
stated-nothing = nicht angegeben
report-rows = { $rows ->
        [one] 1 Zeile.
       *[other] { NUMBER($rows) } Zeilen.
    }
report-source = { $name }: { $source_format }, { $note }; { $shape }.
report-left-out = { $count ->
        [one] 1 Zeile war nicht zu verwenden und wurde ausgelassen:
       *[other] { NUMBER($count) } Zeilen waren nicht zu verwenden und wurden ausgelassen:
    }
report-check = { $title } [{ $code }]: { $count ->
        [one] 1 Zeile.
       *[other] { NUMBER($count) } Zeilen.
    } { $advice }
report-fixes = (Abhilfe: { $fixes })
report-personal = { $kind }: { NUMBER($count) } ({ $action })
person-nowhere = In keiner Zeile eines Datensatzes kommt diese Person vor, in keiner der gesuchten Schreibweisen.
person-place = { $name } ({ $id }), Version { $version }, { $part }: { $count ->
        [one] 1 Zeile
       *[other] { NUMBER($count) } Zeilen
    } ({ $rows })
person-adapter = Das angepasste Modell { $name } ({ $id }) wurde mit Version { $version } trainiert.

# Sicherungen und Schlüssel
done-backup = Die Sicherung { $id } ist vollständig: { $files ->
        [one] 1 Datei.
       *[other] { NUMBER($files) } Dateien.
    } Ein Wiederherstellungsschlüssel dieses Home öffnet sie.
done-restore = Das Home ist wie in der Sicherung { $backup }: { NUMBER($files) } Dateien, { NUMBER($log_entries) } Einträge des Protokolls. Vergleichen Sie den öffentlichen Schlüssel des Protokolls mit dem, den die prüfende Person hat: { $log_key }. { $policies } Als Nächstes: `appliance doctor`.
key-out = Geben Sie mit --out an, wohin die Zugangsdatei geschrieben wird. Die Datei darf es noch nicht geben.
done-key-add-slot = Auch die neue Passphrase öffnet das Home (Kennung { $id }).
done-key-credential = { $out } öffnet jetzt das Home. Geben Sie es systemd: systemd-creds encrypt --name=appliance-key.
done-key-recovery = Diese Wörter öffnen das Home. Sie werden nur dieses eine Mal gezeigt: Schreiben Sie sie auf, und bewahren Sie sie in einem Tresor auf.

    { $words }
done-key-recovery-file = Der Wiederherstellungsschlüssel steht in { $out }, auch als { $words } Wörter. Drucken Sie ihn aus, bewahren Sie ihn in einem Tresor auf, und löschen Sie die Datei.
done-key-recover = Die neue Passphrase öffnet das Home (Kennung { $id }). Entfernen Sie, was verloren ging: `appliance key remove-slot`.
done-key-remove-slot = { $slot } ist entfernt; auch alte Kopien des Schlüsselbunds öffnen hier nichts mehr. Es bleiben { $left }.
done-key-rotate = Die Schlüssel sind neu; dies ist Epoche { $epoch }.
done-key-rotate-log = Eintrag { NUMBER($entry, useGrouping: 0) } übergibt das Protokoll an den Schlüssel { $log_key }.

# Das Protokoll
verified = Das Protokoll ist unverfälscht: { NUMBER($entries) } Einträge, davon { NUMBER($signed) } signiert.
verified-witnesses = Es setzt fort, was früher mitgenommen wurde ({ $count ->
        [one] 1 Checkpoint
       *[other] { $count } Checkpoints
    }).
verified-archives = { NUMBER($count) } archivierte Einträge sind unverändert.
verify-archives-too = Prüfen Sie auch diese: --archive ORDNER.
entries = { NUMBER($first, useGrouping: 0) } bis { NUMBER($last, useGrouping: 0) }
done-audit-checkpoint = Der Checkpoint über { NUMBER($entries) } Einträge steht in { $out }. Notieren Sie dazu einmal den Schlüssel des Protokolls: { $key }
proof-archived = Eintrag { NUMBER($sequence, useGrouping: 0) } ist archiviert. Sein Hashwert, der hier bewiesen wird: { $hash }
audit-log-key = Der Schlüssel des Protokolls: { $key }
confirm-nothing = Im Protokoll kommt das nicht vor, oder es gehört zu niemandem mehr: Eine gelöschte Person lässt sich nicht finden.
confirm-found = Ja: { $what } { $id }; Einträge { $entries }.
confirm-became = Ja: { $what } { $id }, daraus wurde { $datasets }; Einträge { $entries }.
export-folder = Das Protokoll mit { NUMBER($entries) } Einträgen steht in { $out }. Prüfen Sie es: python verify_audit.py { $out }.
export-archives-too = { $archived } Geben Sie auch deren Ordner an: --archive ORDNER.
done-audit-export = { $out } hat { NUMBER($entries) } Einträge.
export-without-archives = Sie sind nicht enthalten.
archive-nothing-before = Nichts im Protokoll ist älter als { $before } und darf archiviert werden.
archive-planned = Einträge, die älter als { $before } sind: { $entries } von denen zwischen { NUMBER($first, useGrouping: 0) } und { NUMBER($last, useGrouping: 0) } würden archiviert und das Home verlassen. Ihre Hashwerte blieben.
done-audit-archive = Die Einträge { NUMBER($first, useGrouping: 0) } bis { NUMBER($last, useGrouping: 0) } sind in { $to } archiviert und haben das Home verlassen ({ $removed } Dateien). Ihre Hashwerte bleiben hier. Bewahren Sie das Archiv auf, solange das Gesetz es verlangt. SHA-256 seiner Liste: { $digest }
archive-place = Ein Archiv im Home selbst ginge mit ihm verloren. Nennen Sie einen Ordner auf einem anderen Datenträger.
archive-place-absent = Nennen Sie den Ordner für das Archiv: --to ORDNER.
audit-witness-file = Der Checkpoint { $path_name } kann nicht gelesen werden: { $strerror }.
audit-file-read = Die Datei { $path_name } kann nicht gelesen werden: { $strerror }.
audit-out = Ein Protokoll für den Offline-Verifizierer ist ein Ordner. Nennen Sie einen neuen.
audit-reviewed = Alle Einträge sind geprüft.
audit-open-entries = Die Einträge { NUMBER($first, useGrouping: 0) } bis { NUMBER($last, useGrouping: 0) } hat noch niemand geprüft: { NUMBER($entries) }, davon { NUMBER($denied) } verweigert, { NUMBER($failed) } fehlgeschlagen, { NUMBER($looks) } Blicke ins Protokoll.
done-audit-sign-off = Bestätigt: Einträge { NUMBER($first, useGrouping: 0) } bis { NUMBER($last, useGrouping: 0) }, insgesamt { NUMBER($entries) }.
