# The frame of every page
page-brand = Fine-Tuning-Appliance
page-title = { $page } · Fine-Tuning-Appliance
page-app = Modelle
page-app-title = Ein Modell mit Ihren Beispielen trainieren
page-audit = Protokoll
page-audit-title = Protokoll
page-pages = Seiten
page-password = Passwort
page-sign-out = Abmelden
page-footer = Alles, was hier geschieht, steht in einem signierten Protokoll. Daten, angepasste Modelle und Antworten sind auf dieser Maschine verschlüsselt, und nichts verlässt sie.
page-signed-out = Ihre Sitzung ist beendet. Laden Sie die Seite neu und melden Sie sich wieder an.
page-signed-out-title = Abgemeldet
page-reference = { $sentence } (Referenz: { $reference })
page-not-done = Nicht ausgeführt

# The steps
wizard-step-task = Aufgabe
wizard-step-data = Daten
wizard-step-model = Modell
wizard-step-train = Training
wizard-step-results = Ergebnis
wizard-back = Zurück
wizard-back-to-training = Zurück zum Training
wizard-look-around = Sie sind in der Rolle „{ $role }“ angemeldet. Sie können sich hier umsehen; Daten einlesen und Modelle trainieren können nur Personen mit der Rolle „Trainer“.
contender-original = Ursprüngliches Modell
contender-tuned = Ihr Modell (angepasst)
chat-no-answer = (Keine Antwort.)

# Step 1: task
wizard-task-title = Was soll das Modell tun?
wizard-task-intro = Wählen Sie, was am besten passt. Sie brauchen Beispiele dafür, etwa eine Tabelle mit einer Frage und einer Antwort je Zeile.
wizard-task = Aufgabe
wizard-task-answers = Fragen zu unserer Arbeit beantworten
wizard-task-style = In unserem Stil schreiben
wizard-task-sort = Texte in unsere Kategorien einordnen
wizard-task-extract = Angaben aus Texten entnehmen
wizard-task-go-on = Weiter zu den Daten
wizard-honest = Brauchen Sie Fine-Tuning?
wizard-honest-answers = Wenn sich die Fakten jede Woche ändern oder es nur wenige sind, nicht: Schreiben Sie sie in die Frage oder durchsuchen Sie Ihre Dokumente. Fine-Tuning lohnt sich, wenn dieselbe Art von Frage oft gestellt wird und die Antworten sofort und in Ihren Worten kommen sollen.
wizard-honest-style = Oft genügen fünf gute Beispiele im Prompt. Fine-Tuning lohnt sich, wenn der Stil jedes Mal stimmen muss, auch ohne Beispiele.
wizard-honest-sort = Bei wenigen, klar benannten Kategorien kann ein guter Prompt genügen. Fine-Tuning lohnt sich, wenn Menschen zum Entscheiden ein Handbuch brauchen.
wizard-honest-extract = Für feste Formulare kann eine einfache Regel genügen. Fine-Tuning lohnt sich, wenn die Texte frei und die Angaben immer dieselben sind.
wizard-prompt-title = Was dem Modell vor jeder Frage gesagt wird (System-Prompt)
wizard-prompt = System-Prompt
wizard-prompt-kept = Der System-Prompt wird mit den Daten gespeichert, die Sie im nächsten Schritt einlesen. Training, Auswertung und Chat verwenden ihn.
wizard-prompt-answers = Du beantwortest Fragen unserer Mitarbeitenden. Antworte kurz und genau. Wenn du die Antwort nicht weißt, sag das.
wizard-prompt-style = Du schreibst Texte für unser Unternehmen in unserem eigenen Stil.
wizard-prompt-sort = Du ordnest Texte einer unserer Kategorien zu. Antworte nur mit dem Namen der Kategorie.
wizard-prompt-extract = Du entnimmst dem Text die Angaben, nach denen gefragt wird. Antworte nur mit den Angaben.

# Step 2: data
wizard-data-title = Ihre Beispiele
wizard-data-intro = Ein Teil der Zeilen wird automatisch zurückgelegt, damit das Modell mit Fragen geprüft werden kann, die es im Training nie gesehen hat.
wizard-choose-file = Datei auswählen
wizard-or-drop = oder hier ablegen
wizard-file-kinds = Eine Tabelle (CSV, Excel, Parquet), JSON oder eine ZIP-Datei damit, mit Fragen und Antworten. Sie wird schon beim Empfang verschlüsselt.
wizard-upload = Hochladen
wizard-sending = { $name } wird gesendet …
wizard-received = { $name } wurde empfangen und verschlüsselt.
wizard-not-sent = Die Datei konnte nicht gesendet werden. Prüfen Sie, ob die Appliance läuft, und senden Sie sie noch einmal.
wizard-looking = Die Datei wird gelesen …
wizard-not-looked-at = Die Datei konnte nicht gelesen werden. Senden Sie sie noch einmal.
wizard-refused = Die Datei wurde nicht eingelesen.
wizard-read-otherwise = Wurde die Datei falsch gelesen?
wizard-found = Automatisch erkennen
wizard-encoding = Zeichenkodierung
wizard-delimiter = Spalten sind getrennt durch
delimiter-commas = Kommas
delimiter-semicolons = Semikolons
delimiter-tabs = Tabulatoren
delimiter-bars = Senkrechte Striche
wizard-column = Spalte: { $role }
wizard-origin = Woher kommen die Daten, und wofür dürfen sie verwendet werden?
wizard-name = Name
wizard-owner = Verantwortliche Person
wizard-owner-help = Wer für diese Daten verantwortlich ist
wizard-purpose = Zweck
wizard-purpose-help = Was das Modell daraus lernen soll
wizard-legal-basis = Rechtsgrundlage
wizard-not-stated = Keine Angabe
legal-basis-consent = Einwilligung
legal-basis-contract = Vertrag
legal-basis-legal-obligation = Rechtliche Verpflichtung
legal-basis-vital-interests = Lebenswichtige Interessen
legal-basis-public-task = Öffentliche Aufgabe
legal-basis-legitimate-interests = Berechtigte Interessen
legal-basis-not-personal-data = Keine personenbezogenen Daten
wizard-licence = Lizenz
wizard-keep-until = Aufbewahren bis
wizard-keep-until-help = Nach diesem Tag werden die Daten nicht mehr für das Training verwendet
wizard-other-file = Andere Datei auswählen
wizard-import = Zeilen einlesen
wizard-import-columns = Einlesen: erst die Spalten auswählen
wizard-import-empty = Einlesen: Die Datei hat keine Zeilen
wizard-import-reading = Einlesen: erst auswählen, wie die Datei gelesen wird
wizard-importing = Die Zeilen werden eingelesen, geprüft und verschlüsselt …
wizard-imported = Die Zeilen wurden eingelesen und verschlüsselt.
wizard-not-imported = Die Datei wurde nicht eingelesen, und nichts davon wurde behalten.
wizard-dataset = Datensatz
wizard-dataset-help = Was auf dieser Appliance eingelesen wurde
wizard-dataset-choice = { $name } ({ $rows ->
        [one] eine Zeile
       *[other] { $rows } Zeilen
    })
wizard-drop-rows = Zeilen nach Nummern entfernen
wizard-drop-rows-example = 12, 40
wizard-drop = Diese Zeilen entfernen
wizard-mended = Version { $version } wurde erstellt: { $rows ->
        [one] eine Zeile geändert.
       *[other] { $rows } Zeilen geändert.
    }
wizard-data-go-on = Weiter zum Modell
wizard-data-missing = Weiter: erst Daten einlesen oder auswählen

# Step 3: model
wizard-model-title = Welches Modell soll lernen?
wizard-model-intro = Alle diese Modelle sind auf dieser Maschine installiert. Ein kleineres lernt schneller, ein größeres schreibt besser.
wizard-models = Installierte Modelle
wizard-model-licence = Lizenz { $licence }
wizard-model-unlicensed = keine Lizenz angegeben
wizard-model-no-data = Wählen Sie erst Daten aus, um zu sehen, wie viel Speicher jedes Modell braucht.
wizard-model-no-fit = „{ $name }“ kann mit diesen Daten auf dieser Maschine nicht trainiert werden. Der nächste Schritt sagt, warum.
wizard-no-model = Es ist noch kein Modell installiert. Bitten Sie den Betreiber dieser Appliance, eines zu installieren: `appliance model import --starter` installiert ein kleines.
wizard-model-go-on = Weiter zum Training
wizard-model-missing = Weiter: erst ein Modell auswählen

# Step 4: train
wizard-train-title = Training
wizard-train-intro = Sie können diese Seite schließen: Das Training läuft weiter, und die Seite zeigt es wieder, wenn Sie zurückkommen.
wizard-new-training = Neues Training
wizard-preset = Wie lange das Modell übt
wizard-preset-quick =
    Kurz
    Ein erster Eindruck, um zu sehen, ob die Daten stimmen
wizard-preset-balanced =
    Ausgewogen
    Richtig für die meisten Daten
wizard-preset-thorough =
    Gründlich
    Für Fakten, die genau stimmen müssen; dauert am längsten
preset-quick = kurz
preset-balanced = ausgewogen
preset-thorough = gründlich
wizard-experts = Für Fachleute
wizard-method = Was trainiert wird
wizard-method-auto =
    Automatisch
    Ein Adapter mit dem empfohlenen Rang, bei knappem Speicher auf 4-Bit-Gewichten
wizard-method-lora =
    Adapter (LoRA)
    Neben dem eingefrorenen Modell
wizard-method-qlora =
    Adapter auf 4-Bit-Gewichten (QLoRA)
    Braucht am wenigsten Speicher
wizard-method-last-layers =
    Letzte Schichten
    Die letzten Schichten des Modells selbst
wizard-method-full =
    Alles (vollständiges Fine-Tuning)
    Alle Gewichte des Modells: braucht am meisten Speicher
wizard-settings-help = Lassen Sie eine Zahl auf 0, damit die Appliance sie wählt.
wizard-advised = Empfohlen: { $advice }
wizard-take-rank = Empfohlenen Rang verwenden
wizard-take-rank-number = Rang { $rank } verwenden
wizard-rank-taken = Rang { $rank } wird verwendet
wizard-compare-ranks = Oder mehrere Ränge ausprobieren und den besten behalten
wizard-compare-ranks-help = Das Training beginnt mit allen; die bessere Hälfte macht weiter, bis einer übrig ist (Successive Halving). Das dauert anderthalb- bis zweieinhalbmal so lange wie ein Training. Behalten wird das Modell mit dem besten Rang.
wizard-compare = Diese Ränge vergleichen
wizard-start = Training starten
wizard-start-no-data = Training starten: erst Daten auswählen
wizard-start-no-model = Training starten: erst ein Modell auswählen
wizard-start-refused = Training starten: erst die Einstellungen ändern
wizard-trainings = Trainings auf dieser Appliance
wizard-ranks = Ränge { $ranks }
wizard-stop = Anhalten
wizard-stop-and-keep = Anhalten und Gelerntes behalten
wizard-resume = Fortsetzen
wizard-results-wait = Ergebnis: verfügbar, wenn das Training beendet ist
wizard-results-so-far = Ergebnis des bisherigen Modells
wizard-results-go-on = Weiter zum Ergebnis
training-state-queued = Wartet
training-state-running = Läuft
training-state-stopping = Wird angehalten; das Gelernte wird behalten
training-state-stopped = Angehalten
training-state-failed = Fehlgeschlagen
training-state-succeeded = Beendet
training-state = Zustand
training-step = Schritt
training-step-of = { $step } von { $steps }
training-before-it = Aufträge davor
training-ahead = { $jobs ->
        [0] Keine
       *[other] { $jobs }
    }
training-time-left = Restzeit
training-time-taken = Dauer
training-speed = Tempo
training-tokens-per-second = { $speed } Token/s

# Step 5: results
wizard-results-title = Hat es geholfen?
wizard-results-intro = Beide Modelle beantworten Fragen, die im Training nie vorkamen. Die Antworten beider werden nach denselben Regeln bewertet.
wizard-adapter = Modell
wizard-no-adapter = Es gibt noch kein angepasstes Modell. Trainieren Sie eines im Schritt davor.
wizard-measure = Auswerten
wizard-measure-wait = Auswerten: erst ein Modell trainieren
wizard-measuring = Auswertung läuft …
wizard-measure-again = Noch einmal auswerten
wizard-stop-measuring = Auswertung anhalten
wizard-answers = Antworten anzeigen
wizard-answers-wait = Antworten anzeigen: erst auswerten
results-none = Noch nicht ausgewertet. Beide Modelle beantworten dann alle zurückgelegten Fragen, was einige Minuten dauern kann.
results-measuring = Beide Modelle beantworten die zurückgelegten Fragen …
results-question = Frage, die im Training nie vorkam
results-expected = Erwartet: { $answer }
results-answers = { $questions ->
        [one] Eine Frage
       *[other] { $questions } Fragen
    }
results-no-answers = Es gibt keine Antworten.
results-right = ✓ richtig
results-wrong = ✗ falsch
wizard-rank-title = Wie viele Richtungen hat es gebraucht? (Rang)
wizard-rank-intro = Ein Adapter lernt in einer Anzahl von Richtungen, seinem Rang. Weniger Richtungen brauchen weniger Speicher; bei zu wenigen geht etwas verloren.
wizard-rank-share = Wie viel des Gelernten soll ein kleineres Modell behalten?
wizard-rank-look = Rang untersuchen
wizard-rank-look-again = Rang noch einmal untersuchen
wizard-rank-no-model = Rang untersuchen: erst ein Modell trainieren
wizard-rank-none = Dieses Modell hat keinen Rang
wizard-rank-looking = Der Rang wird untersucht …
wizard-shrink = Verkleinern
wizard-shrink-no = Es lässt sich nicht verkleinern
wizard-shrink-wait = Verkleinern: erst den Rang untersuchen
wizard-shrink-show = Kleineres Modell anzeigen
wizard-shrinking = Ein kleineres Modell wird erstellt, und beide werden gemessen …

# Chat
wizard-chat-title = Selbst ausprobieren
wizard-chat-intro = Jedes Modell merkt sich nur seine eigenen Antworten. Nichts, was Sie hier schreiben, wird gespeichert.
wizard-question = Ihre Frage
wizard-question-example = Fragen Sie so, wie Ihre Kolleginnen und Kollegen fragen würden
wizard-ask = Beide fragen
wizard-ask-wait = Beide fragen: erst ein Modell trainieren
wizard-chat-again = Neues Gespräch
wizard-chat-empty = Die Antworten erscheinen hier.
wizard-chat-loading = … (Die Modelle werden geladen. Nur die erste Antwort dauert so lange.)

# Learn
learn-title = Lernen: was trainiert wird und wie groß es ist
learn-intro = Ein Modell besteht aus großen Zahlentabellen. Sie alle zu trainieren (W0), braucht viel Speicher. Ein Adapter lässt W0, wie es ist, und trainiert zwei schmale Tabellen, B und A, deren Produkt hinzugefügt wird: **W = W0 + B·A** (LoRA). Der Rang *r* gibt an, wie schmal sie sind: in wie vielen Richtungen sich W ändern kann.
learn-rows = Zeilen d von W0
learn-columns = Spalten k von W0
learn-rank = Rang r von B·A
learn-rank-too-high = Ein Rang über { $most } fügt einer Matrix von { $rows } × { $columns } nichts hinzu: Das Bild zeigt den Rang { $most }.
learn-show-layers = Das gewählte Modell Schicht für Schicht zeigen
learn-no-model = Wählen Sie erst ein Modell aus, in Schritt 3.
learn-gpus = Welche Modelle auf welche GPU passen
method-short-full = Voll
method-short-lora = LoRA
method-short-qlora = QLoRA
method-short-last-layers = Letzte Schichten

# What is wrong
input-no-adapter = Es gibt noch kein angepasstes Modell. Trainieren Sie erst eines.
input-no-question = Schreiben Sie erst eine Frage.
input-choose-model = Wählen Sie erst ein Modell aus.
input-choose-data-model = Wählen Sie erst Daten und ein Modell aus.
input-nothing-runs = Es läuft nichts, was sich anhalten ließe.
input-no-evaluation = Es läuft keine Auswertung.
training-whole = { $label }: { $value } ist keine ganze Zahl.
dataset-fix-row-numbers = Geben Sie Zeilennummern mit Kommas dazwischen ein, etwa 12, 40.
upload-message = Seite und Appliance sind sich über die Datei nicht einig. Laden Sie die Seite neu und senden Sie die Datei noch einmal.
