# Was jede Seite zeigt
page-language = Sprache
html-question = Frage
html-answer = Antwort
html-row = Zeile { NUMBER($row, useGrouping: 0) }
html-more = … und { $count } weitere
html-progress = Fortschritt
html-parameters = { $count ->
        [one] ein Parameter
       *[other] { $count } Parameter
    }
html-million-parameters = { $count } Millionen Parameter
html-billion-parameters = { $count ->
        [one] { $count } Milliarde
       *[other] { $count } Milliarden
    } Parameter

# Diagramme
chart-step = Schritt
chart-steps = Schritte
chart-loss = Verlust (kleiner ist besser)
chart-validation-loss = Validierungsverlust
chart-training = Trainingszeilen
chart-validation = Zurückgelegte Zeilen
chart-loss-empty = Das Diagramm beginnt mit den ersten Schritten.
chart-loss-now = { $series ->
        [training] Trainingsverlust
       *[validation] Validierungsverlust
    } { NUMBER($loss, minimumFractionDigits: 2, maximumFractionDigits: 2) } bei Schritt { $step } von { $steps }.
chart-diverged = keine Zahl (divergiert)
chart-right-range = { $right } von { $total } richtig, wahrscheinlich { $low } bis { $high }
chart-rows = Zeilen
chart-rows-between = { $low } bis { $high }: { $rows ->
        [one] eine Zeile
       *[other] { $rows } Zeilen
    }
chart-histogram = { $label }: { $rows ->
        [one] eine Zeile
       *[other] { $rows } Zeilen
    }

# Was die Kurven eines Trainings bedeuten
loss-early = Ob das Modell lernt, lässt sich noch nicht sagen. Nach einigen weiteren Schritten zeigt es sich.
loss-early-over = Das Training endete zu früh, um zu sagen, ob das Modell lernte.
loss-training-falls = Der Fehler auf den Trainingszeilen (Verlust) sank von { NUMBER($first, minimumFractionDigits: 2, maximumFractionDigits: 2) } auf { NUMBER($now, minimumFractionDigits: 2, maximumFractionDigits: 2) }: Das Modell lernt sie. Ob sich das auf andere Zeilen überträgt, zeigt sich, wenn die zurückgelegten Zeilen gemessen sind.
loss-training-flat = Der Fehler auf den Trainingszeilen (Verlust) war am Anfang { NUMBER($first, minimumFractionDigits: 2, maximumFractionDigits: 2) } und ist jetzt { NUMBER($now, minimumFractionDigits: 2, maximumFractionDigits: 2) }: Er ist kaum gesunken. Vielleicht braucht das Modell mehr Zeit.
loss-overfits = Der Fehler auf den zurückgelegten Zeilen (Validierungsverlust) war bei Schritt { $step } mit { NUMBER($best, minimumFractionDigits: 2, maximumFractionDigits: 2) } am kleinsten und ist seither auf { NUMBER($now, minimumFractionDigits: 2, maximumFractionDigits: 2) } gestiegen: Das Modell beginnt, die Trainingszeilen auswendig zu lernen. Weniger Epochen oder mehr Zeilen können helfen.
loss-falls = Der Fehler auf den zurückgelegten Zeilen (Validierungsverlust) sank von { NUMBER($first, minimumFractionDigits: 2, maximumFractionDigits: 2) } auf { NUMBER($now, minimumFractionDigits: 2, maximumFractionDigits: 2) }: Was das Modell lernt, überträgt sich auf Zeilen, die es nicht kennt.
loss-flat = Der Fehler auf den zurückgelegten Zeilen (Validierungsverlust) ist { NUMBER($now, minimumFractionDigits: 2, maximumFractionDigits: 2) }, etwa wie am Anfang: Auf unbekannte Zeilen überträgt sich noch nichts.

# Datensätze
dataset-rows-all = Zeilen
dataset-rows-training = Für das Training
dataset-rows-validation = Für die Validierung
dataset-rows-test = Für den Test
dataset-no-test-rows = Für den Test wurden keine Zeilen zurückgelegt, daher kann das Modell nicht ausgewertet werden. Ergänzen Sie Zeilen, und importieren Sie die Daten erneut.
dataset-few-test-rows = Für den Test { $rows ->
        [one] ist nur eine Zeile
       *[other] sind nur { $rows } Zeilen
    } zurückgelegt: zu wenig, um viel darüber zu sagen, wie gut das Modell ist. Ergänzen Sie nach Möglichkeit Zeilen.
dataset-version-number = Version
dataset-change = Änderung
dataset-models = Daraus trainierte Modelle
dataset-versions = Versionen dieses Datensatzes
dataset-fix-button = { $action ->
        [drop] Zeilen entfernen
        [mask] Maskieren
        [trim] Korrigieren
       *[merge] Zusammenführen
    }: { $check } ({ $rows ->
        [one] eine Zeile
       *[other] { $rows } Zeilen
    })
dataset-column = { $role }: „{ $column }“
dataset-guessed = Die Spalten wurden am Inhalt erkannt, weil ihre Namen nicht sagen, was sie enthalten. Prüfen Sie, ob sie stimmen.
dataset-read-as = Gelesen als { $read }
dataset-unused = Nicht verwendet: { $columns }
dataset-first-rows = Die ersten Zeilen, wie sie in der Datei stehen. Wählen Sie unten, welche Spalte welche ist.
dataset-source = Quelle
dataset-source-read = Gelesen als
dataset-how-read = Wie die Daten gelesen wurden
dataset-row-range = { NUMBER($first, useGrouping: 0) } bis { NUMBER($last, useGrouping: 0) }
dataset-left-out = Warum die Zeile nicht verwendet werden kann
dataset-left-out-count = { $rows ->
        [one] Eine Zeile wurde ausgelassen
       *[other] { $rows } Zeilen wurden ausgelassen
    }
dataset-no-findings = In den Zeilen wurden keine Probleme gefunden.
dataset-finding = Befund
dataset-where = Wo
dataset-whole = Alle
dataset-findings = Befunde in den Zeilen. Sie können fortfahren, ohne etwas zu korrigieren.
dataset-length = { $unit ->
        [tokens] Token je Zeile
       *[characters] Zeichen je Zeile
    }
dataset-length-of-model = Token je Zeile für „{ $model }“
dataset-personal = Personenbezogene Daten
dataset-personal-count = Gefunden
dataset-personal-action = Was geschah
dataset-personal-done = { $action ->
        [mask] durch Pseudonyme ersetzt
        [block] abgelehnt
       *[keep] behalten
    }
dataset-personal-caption = Personenbezogene Daten in den Zeilen, und was die Richtlinie dieser Appliance mit ihnen macht

# Der Plan eines Trainings
plan-what = „{ $model }“ lernt aus { $rows ->
        [one] einer Zeile
       *[other] { $rows } Zeilen
    } von „{ $dataset }“ und liest sie { $epochs ->
        [one] einmal
       *[other] { $epochs }-mal
    }.
plan-time = Zeit
plan-memory = Speicher
plan-memory-range = { SIZE($low) } bis { SIZE($high) }
plan-memory-of = { SIZE($low) } bis { SIZE($high) } von { SIZE($available) }
plan-disk = Platz auf dem Datenträger
plan-details = Einzelheiten für Fachleute
plan-steps = { $rows ->
        [one] Schritte mit je einer Zeile
       *[other] Schritte mit je { $rows } Zeilen
    }
plan-trained = Trainiert
plan-method = Trainiert wird: { $method }.
plan-fit = Speicher für „{ $name }“ ({ $method })

# Wie ein Adapter mit niedrigem Rang funktioniert
learn-picture = W0 mit { $full } Parametern bleibt eingefroren; B und A mit { $learned } Parametern werden trainiert.
learn-frozen = W0, eingefroren: d·k
learn-learned = B·A, trainiert: d·r + r·k
learn-compared = Verglichen mit W0 hat B·A
learn-fewer = { NUMBER($times, maximumFractionDigits: 1) }-mal weniger Parameter
learn-more = { NUMBER($times, maximumFractionDigits: 1) }-mal so viele Parameter
learn-matrix = Matrix
learn-copies = Anzahl
learn-model-numbers = Parameter des Modells
learn-adapter-numbers = Parameter des Adapters, r = { $rank }
learn-total = Insgesamt
learn-layers = Ein Adapter mit Rang { $rank } auf allen linearen Schichten hat { $share } % so viele Parameter wie das Modell.
learn-gpu-parameters = Modell
learn-gpu-caption = Das meiste, was bei Zeilen bis 1.024 Token in den Speicher einer GPU passt. „Voll“: Das ganze Modell wird trainiert. „LoRA“ und „QLoRA“: Ein Adapter wird trainiert. *: langsamer, weil Aktivierungen zweimal berechnet werden, um Speicher zu sparen. –: Nichts passt.

# Der Rang eines Adapters
rank-used = Rang
rank-needed = Nötiger Rang für { PERCENT($share) }
rank-effective = Effektiver Rang (Mittel)
rank-stable = Stabiler Rang (Mittel)
rank-explained = Der Adapter ändert { $matrices ->
        [one] eine Matrix
       *[other] { $matrices } Matrizen
    } des Modells. Was er gelernt hat, wird als Energie gemessen: die Summe der quadrierten Singulärwerte von B·A. Der effektive Rang ist die Zahl der genutzten Richtungen, wobei schwache weniger zählen; der stabile Rang ist, wie viele es wären, wenn alle so stark wären wie die stärkste.
rank-keeps = Rang { $rank } behält { PERCENT($share) }
rank-axis = Rang (behaltene Richtungen)
rank-share-axis = Behaltener Anteil
rank-chart = Der Anteil des Gelernten, den jeder Rang behält. Rang { $rank } behält mindestens { PERCENT($share) }.
rank-marked = { PERCENT($share) } des Gelernten
rank-made-from = Erstellt aus „{ $name }“.
sweep-rank = Rang { $rank }
sweep-chart = Der Validierungsverlust jedes Rangs nach Schritten. Rang { $rank } war mit { NUMBER($loss, minimumFractionDigits: 4, maximumFractionDigits: 4) } am besten.
sweep-parameters = Parameter
sweep-table = Verglichene Ränge, der beste zuerst

# Aktivität im Protokoll
activity-empty = { $title }: nichts in diesem Zeitraum.
activity-chart = { $title }, Aktionen je { $unit ->
        [hour] Stunde
        [day] Tag
       *[week] Woche
    }: { $counts }
activity-time = { $unit ->
        [hour] Stunde
        [day] Tag
       *[week] Woche
    } (UTC)
activity-acts = Aktionen je { $unit ->
        [hour] Stunde
        [day] Tag
       *[week] Woche
    }
activity-count = { $count } { $outcome }

# Einträge des Protokolls
audit-entries = Einträge im Protokoll
audit-unreviewed = Noch nicht geprüft
audit-denied = Verweigert
audit-failed = Fehlgeschlagen
audit-whole = Das Protokoll ist unversehrt: { $entries ->
        [one] Sein einer Eintrag ergibt, wie er für diese Seite gelesen wurde,
       *[other] Seine { $entries } Einträge ergeben, wie sie für diese Seite gelesen wurden,
    } die Wurzel { $root }…, und diese signiert die Appliance. Also wurde keiner geändert, entfernt oder eingefügt.
audit-who = Wer
audit-what = Was
audit-object = Objekt
audit-outcome = Ergebnis
audit-when = Wann (UTC)
actor-operator = Betreiber
actor-appliance = Die Appliance
actor-nobody = Niemand, der angemeldet ist
audit-count = Anzahl
audit-show = Anzeigen
audit-refusals = Was in diesem Zeitraum am häufigsten verweigert wurde oder fehlschlug
audit-nothing-found = Kein Eintrag passt. Lassen Sie ein Feld leer, um die Suche zu erweitern.
audit-found = { $total ->
        [one] Ein Eintrag
       *[other] { $total } Einträge, die neuesten zuerst
    }{ $pages ->
        [1] {""}
       *[other] . Seite { $page } von { $pages } mit { $shown ->
            [one] einem Eintrag
           *[other] { $shown } Einträgen
        }
    }
audit-proof = Beweis
audit-of-entry = von Eintrag { NUMBER($sequence, useGrouping: 0) }
audit-none = keine
audit-reason-often = { $reason }, { $count }-mal in { $seconds } s
audit-progress = Das Protokoll wird gelesen: bisher { PERCENT($share) }. Suche und Diagramme gibt es, sobald alles gelesen ist.

# Das Leben eines Objekts
audit-made-from = Entstanden aus:
audit-makes = Daraus entstanden:
audit-life-more = { $count ->
        [one] Eine weitere, spätere Art von Aktion ist nicht gezeigt.
       *[other] { $count } weitere, spätere Arten von Aktionen sind nicht gezeigt.
    }
audit-times = { $times ->
        [one] Einmal
       *[other] { $times }-mal
    }: { $ended }
audit-no-outcome = noch kein Ergebnis
audit-span = { $first } bis { $last }
audit-people = zuerst { $first }, zuletzt { $last }
audit-all-entries = Alle Einträge
audit-card = Modellkarte

# Prüfungen des Protokolls
audit-range = Einträge
audit-looks = Blicke ins Protokoll
audit-open-runs = Noch nicht geprüft
audit-no-reviews = Es wurde noch keine Prüfung bestätigt.
audit-from-to = { NUMBER($first, useGrouping: 0) } bis { NUMBER($last, useGrouping: 0) }
audit-note = Notiz
audit-note-missing = Die Notiz fehlt.
audit-note-changed = Das ist nicht die Notiz, die bestätigt wurde: Sie wurde seither geändert.
audit-signed = Bestätigte Prüfungen, die neuesten zuerst ({ $shown } von { $count })

# Der Beweis eines Eintrags
proof-entry = Eintrag { NUMBER($sequence, useGrouping: 0) }
proof-meaning = Bedeutung
proof-unknown-event = Diese Version kennt das Ereignis nicht.
proof-session = Sitzung
proof-digest = Prüfsumme
proof-boot = Systemstart
proof-boot-time = { $boot }, { $seconds } s danach
proof-details = Einzelheiten
proof-together = Anforderung und Ergebnis anzeigen
proof-explained = Das ist Eintrag { NUMBER($sequence, useGrouping: 0) }, gezählt ab 0, von { $size } im Protokoll. Sein Fingerabdruck (Hashwert des Blatts) ergibt zusammen mit { $others ->
        [one] einem anderen Fingerabdruck
       *[other] { $others } anderen Fingerabdrücken
    } die Wurzel des ganzen Protokolls, die die Appliance gerade signiert hat. Wäre ein einziges Zeichen dieses Eintrags geändert oder ein Eintrag davor entfernt worden, so wäre die Wurzel eine andere. Das wurde vor dem Anzeigen neu berechnet: Der Beweis stimmt.
proof-download = Beweis herunterladen
proof-download-what = Der Eintrag, die Fingerabdrücke und der signierte Checkpoint (C2SP tlog-proof), um sie anderswo zu prüfen
proof-fingerprints = Fingerabdrücke
proof-leaf = Dieses Eintrags:
proof-root = Wurzel:
proof-key = Schlüssel des Protokolls:
