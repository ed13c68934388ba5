# Die Modellkarte
card-title = # Modellkarte: { $name }
card-intro = Ein Sprachmodell, das auf dieser Maschine mit Ihren eigenen Daten weitertrainiert wurde. Seine Kennung ist { $id }. { $state }
card-state-trained = Wie gut es ist, wurde noch nicht gemessen.
card-state-evaluated = Wie gut es ist, wurde gemessen; siehe unten.
card-state-retired = Es wurde zurückgezogen und antwortet nicht mehr, weil es mit Daten einer Person trainiert wurde, die inzwischen gelöscht sind.
card-how = All dies wurde aus dem Protokoll und den Dateien der Appliance berechnet; niemand hat es von Hand geschrieben. Zahlen in [eckigen Klammern] sind die Einträge des Protokolls, auf denen ein Satz beruht.
card-check = So lässt es sich prüfen: `appliance audit prove NUMMER` beweist jedem einen Eintrag, und `appliance audit verify` rechnet alle nach.
card-entries = { $shown } und { NUMBER($more) } weitere
card-what = Was es ist
card-data = Womit es trainiert wurde
card-making = Wie es entstand
card-results = Wie gut es ist
card-people = Wer und wann
card-gaps = Was nicht bekannt ist
card-base = Es beruht auf dem Modell { $name } (Größe: { NUMBER($parameters) } Zahlen, Parameter genannt; { $licence }).
card-licence = Lizenz { $licence }
card-licence-absent = Lizenz nicht angegeben
-card-beside = Das Basismodell selbst blieb, wie es war; das Gelernte steht in einem kleinen Teil daneben, einem Adapter
card-method-qlora = { -card-beside } (Methode QLoRA: Das Basismodell wird komprimiert aufbewahrt, mit 4 Bit je Zahl).
card-method-lora = { -card-beside } (Methode LoRA).
card-method-full = Das Training hat alle Zahlen des Basismodells geändert (vollständiges Training).
card-method-last-layers = Das Training hat den letzten Teil des Basismodells geändert und den Rest unverändert gelassen (Methode: letzte Schichten).
card-method = Methode: { $method }.
card-made-from = Es wurde nicht selbst trainiert, sondern durch Verkleinern des Adapters { $adapter } erstellt.
card-digest = Der Fingerabdruck (SHA-256) der Datei mit dem Gelernten ist { $digest }.
card-dataset = Datensatz { $name }, Version { $version } ({ $change }): { $rows ->
        [one] 1 Beispiel
       *[other] { NUMBER($rows) } Beispiele
    }, { NUMBER($training) } zum Trainieren, { NUMBER($validation) }, um das Ende zu erkennen, { NUMBER($test) } für den Test zurückgelegt.
card-data-purpose = Zweck: { $value }.
card-data-owner = Verantwortliche Person: { $value }.
card-data-licence = Lizenz: { $value }.
card-data-legal_basis = Rechtsgrundlage: { $value }.
card-data-keep_until = Aufbewahren bis: { $value }.
card-found = Befunde in seinen Beispielen: { $found }.
card-personal = Personenbezogene Daten in seinen Beispielen: { $found }.
card-passes = Das Training sollte die Beispiele { $passes ->
        [one] einmal
       *[other] bis zu { $passes }-mal
    } lesen, je { $rows } auf einmal.
card-larger-passes = Das Training des Adapters, aus dem es erstellt wurde, sollte die Beispiele { $passes ->
        [one] einmal
       *[other] bis zu { $passes }-mal
    } lesen, je { $rows } auf einmal.
card-took = Das Training dauerte { SECONDS($seconds) } und verarbeitete { NUMBER($tokens) } Wortteile (Token).
card-flop = Das Training brauchte etwa { NUMBER($digits, maximumFractionDigits: 1) } x 10^{ $power } Rechenoperationen (FLOP, das Maß der KI-Verordnung der EU).
card-settings = Einstellungen, für Fachleute: { $settings }.
card-setting-rank = Rang { $value }
card-setting-learning_rate = Lernrate { $value }
card-setting-seed = Seed { $value }
card-setting-preset = Voreinstellung { $value }
card-not-measured = Es wurde noch nicht gemessen. Verlassen Sie sich vorher nicht darauf.
card-right-tuned = Dieses Modell hat { NUMBER($right) } von { NUMBER($of) } Testfragen richtig beantwortet; von sehr vielen ähnlichen Fragen würde es zwischen { $low } und { $high } von 100 richtig beantworten (95 % Sicherheit).
card-right-original = Das Basismodell hat vor dem Training { NUMBER($right) } von { NUMBER($of) } Testfragen richtig beantwortet; von sehr vielen ähnlichen Fragen würde es zwischen { $low } und { $high } von 100 richtig beantworten (95 % Sicherheit).
card-declined-tuned = Von { NUMBER($of) } Testfragen, auf die seine Daten keine Antwort geben, hat dieses Modell { NUMBER($declined) } offengelassen.
card-declined-original = Von { NUMBER($of) } Testfragen, auf die seine Daten keine Antwort geben, hat das Basismodell vor dem Training { NUMBER($declined) } offengelassen.
card-same-data = Die Testfragen stammen aus denselben Daten, und das Training hat sie nie gesehen. Bei anderen Fragen kann es schlechter sein.
card-training-asked = Das Training wurde um { TIME($when) } UTC von { $who } angefordert.
card-training-ended = Das von { $who } angeforderte Training endete um { TIME($when) } UTC.
card-smaller-asked = Der kleinere Adapter wurde um { TIME($when) } UTC von { $who } angefordert.
card-smaller-made = Der von { $who } angeforderte Adapter war um { TIME($when) } UTC fertig.
card-test-asked = Der Test wurde um { TIME($when) } UTC von { $who } angefordert.
card-uses = { $requests ->
        [0] Im Protokoll steht bisher keine Frage an dieses Modell.
        [one] Ihm wurde 1 Frage gestellt.
       *[other] Ihm wurden { NUMBER($requests) } Fragen von { $people ->
            [one] 1 Person
           *[other] { NUMBER($people) } Personen
        } gestellt.
    }
card-missing-purpose = Der Zweck der Daten ist nicht angegeben.
card-missing-owner = Die für die Daten verantwortliche Person ist nicht angegeben.
card-missing-legal_basis = Die Rechtsgrundlage für die Verwendung der Daten ist nicht angegeben.
card-missing-licence = Die Lizenz des Basismodells ist nicht angegeben.
card-unbound-data = Das Protokoll belegt nicht, was diese Karte über die Daten sagt: Es stammt allein aus der Datenbank, die jemand geändert haben kann.
card-unbound-training = Das Protokoll belegt nicht, was diese Karte über das Training sagt: Es stammt allein aus der Datenbank, die jemand geändert haben kann.
card-unbound-evaluation = Das Protokoll belegt nicht, was diese Karte über die Auswertung sagt: Es stammt allein aus der Datenbank, die jemand geändert haben kann.
card-unbound-rank = Das Protokoll belegt nicht, was diese Karte über den Rang sagt: Es stammt allein aus der Datenbank, die jemand geändert haben kann.
card-too-long = { $rows ->
        [one] 1 Beispiel war zu lang für das Modell und wurde ausgelassen.
       *[other] { NUMBER($rows) } Beispiele waren zu lang für das Modell und wurden ausgelassen.
    }
card-untried-unanswerable = Wie es auf Fragen reagiert, auf die seine Daten keine Antwort geben, wurde nicht geprüft.
card-untried-repeating = Ob es seine Daten wörtlich wiederholt, wurde nicht geprüft.

# Der Bericht über ein Training
run-title = { $name } ({ $id })
run-trained = Trainiert: { $method }, Rang { $rank }, bis zu { $passes ->
        [one] 1 Durchgang
       *[other] { $passes } Durchgänge
    } durch die Daten, in { SECONDS($seconds) }.
run-trained-without-rank = Trainiert: { $method }, bis zu { $passes ->
        [one] 1 Durchgang
       *[other] { $passes } Durchgänge
    } durch die Daten, in { SECONDS($seconds) }.
run-method-qlora = ein Adapter an einem Modell mit 4 Bit (QLoRA)
run-method-lora = ein Adapter (LoRA)
run-method-full = das ganze Modell
run-method-last-layers = die letzten Schichten
run-made-from = Erstellt aus { $adapter }. { $sentence }
run-loss = Verlust auf zurückgelegten Zeilen: { NUMBER($loss, minimumFractionDigits: 3, maximumFractionDigits: 3) } (kleiner ist besser).
run-speed = { NUMBER($speed) } Token je Sekunde.
run-not-measured = Noch nicht gemessen: `appliance evaluate` stellt ihm die zurückgelegten Fragen.

# Die Prüfung der Maschine
doctor-kernels = Das Paket `kernels` ist installiert: transformers und bitsandbytes würden damit Programmcode aus einem Hub laden. Entfernen Sie es.
doctor-isolation = Isolierung: { NUMBER($refused) } Auswege wurden versucht und verwehrt, { NUMBER($open) } waren offen.
doctor-untried = { $count ->
        [one] 1 weiterer ließ sich nicht versuchen, weil der Kernel ihn nicht hat oder dieser Prozess ihn nicht nutzen darf.
       *[other] { NUMBER($count) } weitere ließen sich nicht versuchen, weil der Kernel sie nicht hat oder dieser Prozess sie nicht nutzen darf.
    }
doctor-missing = Auf dieser Maschine nicht vorhanden: { $wall }

# Die Bescheinigung einer Löschung
erasure-all = des Datensatzes
erasure-versions = der Versionen { $versions } des Datensatzes
erasure-keys = Die Schlüssel aller drei Teile { $what }: Kein Schlüssel, den dieses Home von nun an hat, öffnet, was sie verschlüsselt haben, weder in seinen Dateien noch in älteren Kopien seiner Datenbank.
erasure-files = Die verschlüsselten Dateien { $what } und die verschlüsselten Zwischenstände und Antworten der Aufträge, die ihn gelesen haben, mit ihren Schlüsseln.
erasure-approval = Eine Person hat das angefordert, und keine zweite hat es freigegeben: Diese Version der Appliance kennt noch keine Freigaben.
erasure-not-copies = Eine ältere Kopie von keyring.json zusammen mit einer Passphrase, einer Zugangsdatei oder einem Wiederherstellungsschlüssel, womit sie sich öffnen ließ, und älteren Kopien der Datenbank und der Dateien: Wer all das hat, kann den Datensatz lesen. Vernichten Sie solche Kopien; auch Snapshots eines Dateisystems sind Kopien.
erasure-not-remnants = Reste auf SSDs, die alte Blöcke eine Zeit lang behalten, auch solche der älteren keyring.json.
erasure-not-source = Die Datei, aus der der Datensatz importiert wurde, und was aus der Appliance hinauskopiert wurde.
erasure-not-listed = Der Name des Datensatzes, sein System-Prompt und seine Zeilenzahlen, die in den Listen bleiben.
erasure-not-backups = Sicherungen aus der Zeit, als es den Datensatz gab: { $backups }. Sie enthalten ihn, und ein Wiederherstellungsschlüssel öffnet sie. Löschen Sie sie.
erasure-no-backups = Sicherungen: Die Appliance kennt keine aus der Zeit, als es den Datensatz gab.
erasure-not-adapters = Adapter, die mit dem Datensatz trainiert wurden und Teile davon wiederholen könnten: { $adapters }. Es gibt sie noch.
