# Die Modellkarte
card-title = # Modellkarte: { $name }
card-intro = Ein Sprachmodell, das auf dieser Maschine mit Ihren eigenen Daten weitertrainiert wurde. Seine Kennung ist { $id }. { $state }
card-state-trained = Noch hat niemand gemessen, wie gut es ist.
card-state-evaluated = Wie gut es ist, wurde gemessen; siehe unten.
card-state-retired = Es ist zurückgezogen und antwortet nicht mehr, weil es von einer Person gelernt hat, deren Daten gelöscht wurden.
card-how = All dies wurde aus dem Protokoll und den Dateien der Appliance berechnet; niemand hat es von Hand geschrieben. Zahlen in [eckigen Klammern] sind die Einträge des Protokolls, auf denen ein Satz beruht.
card-check = So lässt es sich prüfen: `appliance audit prove NUMMER` beweist jedem einen Eintrag, und `appliance audit verify` rechnet alle nach.
card-entries = { $shown } und { NUMBER($more) } weitere
card-what = Was es ist
card-data = Woraus es gelernt hat
card-making = Wie es entstand
card-results = Wie gut es ist
card-people = Wer und wann
card-gaps = Was nicht bekannt ist
card-base = Am Anfang stand das Modell { $name } (Größe: { NUMBER($parameters) } Zahlen, seine Parameter; { $licence }).
card-licence = Lizenz { $licence }
card-licence-absent = Lizenz nicht angegeben
-card-beside = Das Basismodell selbst blieb, wie es war; das Gelernte steht in einem kleinen Teil daneben, einem Adapter
card-method-qlora = { -card-beside } (Verfahren QLoRA: Das Basismodell wird zusammengepackt aufbewahrt, mit 4 Bit je Zahl).
card-method-lora = { -card-beside } (Verfahren LoRA).
card-method-full = Das Training hat alle Zahlen des Basismodells geändert (vollständiges Training).
card-method-last-layers = Das Training hat den letzten Teil des Basismodells geändert und den Rest gelassen, wie er war (Verfahren: letzte Schichten).
card-method = Verfahren: { $method }.
card-made-from = Es wurde nicht selbst trainiert, sondern durch Verkleinern aus dem Adapter { $adapter } gemacht.
card-digest = Der Fingerabdruck (SHA-256) der Datei mit dem Gelernten ist { $digest }.
card-dataset = Datensatz { $name }, Version { $version } ({ $change }): { $rows ->
        [one] 1 Beispiel
       *[other] { NUMBER($rows) } Beispiele
    }, { NUMBER($training) } zum Lernen, { NUMBER($validation) }, um das Ende zu erkennen, { NUMBER($test) } für den Test zurückgelegt.
card-data-purpose = Zweck: { $value }.
card-data-owner = Verantwortliche Person: { $value }.
card-data-licence = Lizenz: { $value }.
card-data-legal_basis = Rechtsgrundlage: { $value }.
card-data-keep_until = Aufbewahren bis: { $value }.
card-found = Wissenswertes über seine Beispiele: { $found }.
card-personal = Personenbezogene Daten in seinen Beispielen: { $found }.
card-passes = Es sollte die Beispiele { $passes ->
        [one] einmal
       *[other] bis zu { $passes }-mal
    } lesen, je { $rows } auf einmal.
card-larger-passes = Der Adapter, aus dem es gemacht wurde, sollte die Beispiele { $passes ->
        [one] einmal
       *[other] bis zu { $passes }-mal
    } lesen, je { $rows } auf einmal.
card-took = Das Training dauerte { SECONDS($seconds) }; dabei durchliefen es { NUMBER($tokens) } Wortteile (Token).
card-flop = Der Rechenaufwand dafür: etwa { NUMBER($digits, maximumFractionDigits: 1) } x 10^{ $power } Operationen (FLOP, die Zählweise der KI-Verordnung der EU).
card-settings = Einstellungen, für Fachleute: { $settings }.
card-setting-rank = Rang { $value }
card-setting-learning_rate = Lernrate { $value }
card-setting-seed = Seed { $value }
card-setting-preset = Voreinstellung { $value }
card-not-measured = Es wurde nicht gemessen. Verlassen Sie sich nicht darauf, bevor das geschehen ist.
card-right-tuned = Dieses Modell hat { NUMBER($right) } von { NUMBER($of) } Testfragen richtig beantwortet; von sehr vielen solchen wären zwischen { $low } und { $high } von 100 richtig (95 % Sicherheit).
card-right-original = Das Basismodell hat vor dem Training { NUMBER($right) } von { NUMBER($of) } Testfragen richtig beantwortet; von sehr vielen solchen wären zwischen { $low } und { $high } von 100 richtig (95 % Sicherheit).
card-declined-tuned = Von { NUMBER($of) } Testfragen, auf die seine Daten keine Antwort geben, hat dieses Modell { NUMBER($declined) } offengelassen.
card-declined-original = Von { NUMBER($of) } Testfragen, auf die seine Daten keine Antwort geben, hat das Basismodell vor dem Training { NUMBER($declined) } offengelassen.
card-same-data = Die Testfragen stammen aus denselben Daten, und das Training hat sie nie gesehen. Bei anderen Fragen kann es schlechter sein.
card-training-asked = Das Training hat { $who } verlangt, um { TIME($when) } UTC.
card-training-ended = Das Training endete um { TIME($when) } UTC; verlangt hatte es { $who }.
card-smaller-asked = Den kleineren Adapter hat { $who } verlangt, um { TIME($when) } UTC.
card-smaller-made = Er war um { TIME($when) } UTC fertig; verlangt hatte ihn { $who }.
card-test-asked = Den Test hat { $who } verlangt, um { TIME($when) } UTC.
card-uses = So oft wurde es etwas gefragt: { NUMBER($requests) }, von so vielen Personen: { NUMBER($people) }.
card-missing-purpose = Niemand hat gesagt, wofür die Daten bestimmt sind.
card-missing-owner = Niemand hat gesagt, wer für die Daten verantwortlich ist.
card-missing-legal_basis = Niemand hat gesagt, auf welcher Rechtsgrundlage die Daten verwendet werden.
card-missing-licence = Das Basismodell kam ohne Lizenz.
card-unbound-data = Das Protokoll bindet nicht, was über die Daten gesagt wird: Es beruht allein auf der Datenbank, die jemand geändert haben kann.
card-unbound-training = Das Protokoll bindet nicht, was über das Training gesagt wird: Es beruht allein auf der Datenbank, die jemand geändert haben kann.
card-unbound-evaluation = Das Protokoll bindet nicht, was über die Auswertung gesagt wird: Es beruht allein auf der Datenbank, die jemand geändert haben kann.
card-unbound-rank = Das Protokoll bindet nicht, was über den Rang gesagt wird: Es beruht allein auf der Datenbank, die jemand geändert haben kann.
card-too-long = { $rows ->
        [one] 1 Beispiel war zu lang für das Modell und wurde ausgelassen.
       *[other] { NUMBER($rows) } Beispiele waren zu lang für das Modell und wurden ausgelassen.
    }
card-untried-unanswerable = Wie es auf etwas antwortet, worüber seine Daten nichts sagen: Das hat niemand versucht.
card-untried-repeating = Ob es seine Daten wörtlich wiederholt: Das hat niemand versucht.

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
run-made-from = Gemacht aus { $adapter }. { $sentence }
run-loss = Verlust auf zurückgelegten Zeilen: { NUMBER($loss, minimumFractionDigits: 3, maximumFractionDigits: 3) } (kleiner ist besser).
run-speed = { NUMBER($speed) } Token je Sekunde.
run-not-measured = Noch nicht gemessen: `appliance evaluate` stellt ihm die zurückgelegten Fragen.

# Die Prüfung des Rechners
doctor-kernels = Das Paket `kernels` ist installiert: transformers und bitsandbytes würden damit Programmcode aus einem Hub laden. Entfernen Sie es.
doctor-isolation = Isolierung: { NUMBER($refused) } Auswege wurden versucht und verweigert, { NUMBER($open) } gelangen.
doctor-untried = { $count ->
        [one] 1 weiterer ließ sich nicht versuchen, weil der Kernel ihn nicht hat oder dieser Prozess ihn nicht nutzen darf.
       *[other] { NUMBER($count) } weitere ließen sich nicht versuchen, weil der Kernel sie nicht hat oder dieser Prozess sie nicht nutzen darf.
    }
doctor-missing = Auf dieser Maschine nicht vorhanden: { $wall }

# Die Bescheinigung einer Löschung
erasure-all = des Datensatzes
erasure-versions = der Versionen { $versions } des Datensatzes
erasure-keys = Die Schlüssel aller drei Teile { $what }: Kein Schlüssel, den dieses Home von nun an hat, öffnet, was sie verschlüsselt haben, weder in seinen Dateien noch in älteren Kopien seiner Datenbank.
erasure-files = Die verschlüsselten Dateien { $what } und die verschlüsselten Checkpoints und Antworten der Aufträge, die ihn lasen, mit ihren Schlüsseln.
erasure-approval = Eine Person hat das verlangt, und keine zweite hat es genehmigt: Diese Version der Appliance kennt noch keine Freigaben.
erasure-not-copies = Eine ältere Kopie von keyring.json zusammen mit einer Passphrase, einem Credential oder einem Wiederherstellungsschlüssel, der sie öffnete, und älteren Kopien der Datenbank und der Dateien: Wer all das hat, liest den Datensatz. Vernichten Sie solche Kopien; auch Snapshots eines Dateisystems sind Kopien.
erasure-not-remnants = Reste auf SSDs, die alte Blöcke eine Zeit lang behalten, auch solche der älteren keyring.json.
erasure-not-source = Die Datei, aus der der Datensatz importiert wurde, und was aus der Appliance hinauskopiert wurde.
erasure-not-listed = Der Name des Datensatzes, seine Anweisung für das Modell und seine Zeilenzahlen, die in den Listen bleiben.
erasure-not-backups = Sicherungen aus der Zeit, als es den Datensatz gab: { $backups }. Mit einem Wiederherstellungsschlüssel enthalten sie ihn. Löschen Sie sie.
erasure-no-backups = Sicherungen: Die Appliance kennt keine aus der Zeit, als es den Datensatz gab.
erasure-not-adapters = Adapter, die aus dem Datensatz gelernt haben und Teile davon wiederholen könnten: { $adapters }. Es gibt sie noch.
