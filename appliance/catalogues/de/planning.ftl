planning-speed = Die gemessene Geschwindigkeit der Maschine ist nicht lesbar. Sie wird neu gemessen.
planning-config = Die Konfiguration des Modells enthält kein brauchbares { $name }.
planning-rows = Eine Schätzung braucht mindestens eine Zeile mit mindestens einem Token.
planning-side-rows = Die Zahl der Zeilen ist { $side }; sie muss zwischen 1 und { $most } liegen.
planning-side-columns = Die Zahl der Spalten ist { $side }; sie muss zwischen 1 und { $most } liegen.
planning-rank = Der Rang ist { $rank }; bei { $rows } mal { $columns } muss er zwischen 1 und { $highest } liegen.
planning-rank-model = Ein Rang von { $rank } ist höher als die kleinste Seite der Schichten dieses Modells, { $side }; der Rest könnte nichts beitragen. Möglich sind Ränge von 1 bis { $side }; üblich ist { $usual }.
planning-rank-narrow-model = Ein Rang von { $rank } ist höher als die kleinste Seite der Schichten dieses Modells, { $side }; der Rest könnte nichts beitragen. Möglich sind Ränge von 1 bis { $side }.
planning-layers = Das Modell hat { $layers } Schichten, daher können die letzten { $count } nicht lernen. Wählen Sie 1 bis { $layers }; üblich sind { $usual }. Um alle zu trainieren, wählen Sie das vollständige Training.
planning-memory-machine = Diese Maschine hat { SIZE($available) } für das Training. Mit der Methode „{ $method }“ braucht dieses Modell selbst in den kleinsten Schritten bis zu { SIZE($needed) }.
planning-memory-gpu = Diese GPU hat { SIZE($available) } für das Training. Mit der Methode „{ $method }“ braucht dieses Modell selbst in den kleinsten Schritten bis zu { SIZE($needed) }.
planning-memory-fits = Es passt: { $method }, bis zu { SIZE($needed) }.
planning-memory-shorter-rows = Die längste Zeile hat { $longest } Token; mit Zeilen von höchstens { $short } passt QLoRA.
planning-memory-smaller-model = Ein Modell mit etwa { $parameters } Parametern passt mit QLoRA.
planning-memory-nothing = Keines der bekannten Modelle passt: Verwenden Sie einen Rechner mit mehr Speicher.
planning-disk = Auf dem Datenträger sind { SIZE($free) } frei, und die Zwischenstände belegen mit der Methode „{ $method }“ { SIZE($needed) }.
planning-disk-fits = Schaffen Sie Platz, oder wählen Sie: { $method } ({ SIZE($needed) }).
planning-disk-room = Schaffen Sie Platz: Vernichten Sie nicht mehr benötigte Datensätze, oder verschieben Sie andere Dateien.
planning-time = Auf dieser Maschine würde es mindestens { $days } Tage dauern; Trainings von mehr als { $most } Tagen werden nicht gestartet.
planning-time-fewer-epochs = Mit { $fewer } statt { $epochs } Durchgängen durch die Daten würde es rechtzeitig fertig.
planning-time-gpu = Wählen Sie ein kleineres Modell, weniger Zeilen oder einen Rechner mit einer GPU.
planning-time-faster-gpu = Wählen Sie ein kleineres Modell, weniger Zeilen oder einen Rechner mit einer schnelleren GPU.
planning-method-qlora = QLoRA
planning-method-lora = LoRA
planning-method-full = vollständiges Training
planning-method-last-layers = { $count ->
        [one] Training der letzten Schicht
       *[other] Training der letzten { $count } Schichten
    }
planning-method-dora = { $method } mit DoRA
planning-method-with-rank = { $method } mit Rang { $rank }
planning-billion = { $number ->
        [one] { $number } Milliarde
       *[other] { $number } Milliarden
    }
planning-million = { $number ->
        [one] { $number } Million
       *[other] { $number } Millionen
    }
planning-choice = Dieses Training lässt sich nicht planen.
planning-no-method = Die Methode „{ $method }“ gibt es nicht; möglich sind { $methods }.
planning-no-preset = Die Voreinstellung „{ $preset }“ gibt es nicht; möglich sind { $presets }.
planning-no-row = Es gibt keine Zeile, mit der trainiert werden kann.
planning-range = { $setting } muss zwischen { NUMBER($low, maximumFractionDigits: 9) } und { NUMBER($high, maximumFractionDigits: 9) } liegen, nicht bei { NUMBER($value, maximumFractionDigits: 9) }.
planning-only = „{ $setting }“ gibt es nur bei { $methods }, nicht bei { $method }.
planning-not-finite = { $setting } muss eine endliche Zahl sein.
planning-advice-batch = Bei Batch-Größen über { $most } lernen Adapter schlechter; { $least } bis { $most } ist besser.
planning-advice-checkpointing = Damit der Speicher reicht, werden Aktivierungen zweimal berechnet statt aufbewahrt (Checkpointing). Das kostet etwa ein Drittel mehr Zeit.
planning-advice-unmeasured = Die Geschwindigkeit dieser Maschine wurde noch nicht gemessen, daher ist die Zeit nur grob geschätzt. Gemessen wird sie, sobald ein Plan erstellt wird, während kein Auftrag läuft.
planning-batch-chosen = { $rows } Zeilen je Schritt, wie von Ihnen gewählt.
planning-batch-few = { $rows } Zeilen je Schritt, weil es wenige Zeilen sind: Mit größeren Schritten wären es zu wenige, um daraus zu lernen.
planning-batch-most = { $rows } Zeilen je Schritt; mehr lohnt sich nicht: Ab { $too_large } lernen Adapter schlechter.
planning-batch-steps = { $rows } Zeilen je Schritt: Mit { $larger } blieben { $steps } Schritte, nötig sind mindestens { $wanted }.
planning-more-passes = Die Daten werden { $taken }-mal statt { $usual ->
        [one] einmal
       *[other] { $usual }-mal
    } gelesen, weil mit weniger Schritten zu wenig gelernt würde.
planning-step-down-passes = Der Arbeitsspeicher reichte nicht, daher wird jeder Batch nun in Durchläufen von höchstens { $half } statt { $before } Token berechnet. Der Batch und was daraus gelernt wird, bleiben gleich. Das Training wird ab dem letzten Zwischenstand fortgesetzt.
planning-step-down-checkpointing = Der Arbeitsspeicher reichte nicht, daher werden Aktivierungen nun ein zweites Mal berechnet statt aufbewahrt (Activation Checkpointing). Jeder Schritt dauert etwa ein Drittel länger. Das Training wird ab dem letzten Zwischenstand fortgesetzt.
planning-matrix-embedding = Einbettung
planning-matrix-query = Query (q_proj)
planning-matrix-key = Key (k_proj)
planning-matrix-value = Value (v_proj)
planning-matrix-output = Ausgabe (o_proj)
planning-matrix-gate = Gate (gate_proj)
planning-matrix-up = Up (up_proj)
planning-matrix-down = Down (down_proj)
planning-matrix-norms = Normen und Bias-Werte
planning-matrix-head = Kopf
rank-nothing = Es gibt keine Antwort, aus der gelernt werden kann, daher lässt sich kein Rang empfehlen. Sehen Sie sich den Datensatz an.
rank-memory = Kein Rang passt in { SIZE($budget) }: Der kleinste braucht { SIZE($needed) }. Wählen Sie ein kleineres Modell, QLoRA oder einen Rechner mit mehr Speicher.
rank-enough = Rang { $rank } reicht.
rank-advised = Rang { $rank } ist die beste Wahl.
rank-too-small = Rang { $rank } ist die beste Wahl, fasst aber nicht alles.
rank-room = Die Antworten enthalten höchstens { SIZE($to_learn) } an Information ({ $tokens } Token), und ein Adapter mit Rang { $rank } fasst { SIZE($room) } ({ $parameters } Parameter mit je { $bits } Bit).
rank-higher-gains-nothing = Ein höherer Rang würde Speicher kosten und nichts bringen.
rank-lower-is-tight = Rang { $rank } würde weniger als das { $margin }-Fache dessen fassen, was zu lernen ist.
rank-tight = Das ist weniger als das { $margin }-Fache dessen, was zu lernen ist.
rank-highest-in-memory = Es ist der höchste Rang, der in den Speicher passt.
rank-highest = Es ist der höchste Rang für dieses Modell.
rank-learns-the-common = Rechnen Sie damit, dass er das Häufige lernt und nicht jede Einzelheit. Vollständiges Training fasst mehr.
rank-source-room = LoRA Without Regret (Schulman et al., Thinking Machines, 2025): Ein Adapter muss die Information in den Daten fassen können
rank-source-bits = Physics of Language Models 3.3 (Allen-Zhu und Li, arXiv:2404.05405): etwa 2 Bit je Parameter
rank-source-small-ranks = LoRA (Hu et al., arXiv:2106.09685, Abschnitt 7.2): Bei den untersuchten Aufgaben reichten Ränge von 1 bis 4
spectrum-nothing = Der Adapter ändert nichts: Alle seine Änderungen sind null. Trainieren Sie ihn länger oder mit einer höheren Lernrate.
spectrum-unused = Rang { $rank } war mehr als nötig: Nur { $used ->
        [one] { $used } seiner { $rank } Richtungen wird
       *[other] { $used } seiner { $rank } Richtungen werden
    } überhaupt genutzt, und { $needed ->
        [one] { $needed } Richtung trägt
       *[other] { $needed } Richtungen tragen
    } { PERCENT($share) } des Gelernten.
spectrum-too-high = Rang { $rank } war mehr als nötig: { $needed ->
        [one] { $needed } Richtung trägt
       *[other] { $needed } Richtungen tragen
    } { PERCENT($share) } des Gelernten.
spectrum-right = Rang { $rank } passt ungefähr: { $needed ->
        [one] { $needed } Richtung trägt
       *[other] { $needed } Richtungen tragen
    } { PERCENT($share) } des Gelernten.
spectrum-all-used = Alle { $rank } Richtungen werden genutzt, und { $needed ->
        [one] { $needed } davon ist
       *[other] { $needed } davon sind
    } für { PERCENT($share) } des Gelernten nötig.
spectrum-highest = Der Rang war vielleicht zu niedrig, er ist aber der höchste, den die Schichten dieses Modells haben können. Vollständiges Training fasst mehr.
spectrum-try-higher = Der Rang war vielleicht zu niedrig. Versuchen Sie Rang { $rank }, und vergleichen Sie beide auf zurückgelegten Zeilen: `appliance sweep`.

# Settings of a training
setting-rank = Rang
setting-rank-help = Wie viele Richtungen ein Adapter ändern kann. Standard ist der empfohlene Rang, wenn die Methode „auto“ ist, sonst 16, was für die meisten Daten genügt.
setting-use_rslora = Mit der Wurzel des Rangs skalieren (rsLoRA)
setting-use_rslora-help = Teilt die Änderung durch die Wurzel des Rangs statt durch den Rang, damit auch hohe Ränge gut lernen.
setting-use_dora = Längen und Richtungen getrennt lernen (DoRA)
setting-use_dora-help = Lernt auch die Länge jeder Zeile der Gewichte. Langsamer, manchmal besser.
setting-last_layers = Letzte Schichten
setting-last_layers-help = Wie viele der letzten Schichten trainiert werden. Standard ist ein Viertel.
setting-train_head = Auch den Kopf trainieren
setting-train_head-help = Der Kopf macht aus der Ausgabe der letzten Schicht Wörter.
setting-batch_size = Batchgröße
setting-batch_size-help = Wie viele Zeilen einen Schritt ergeben. Standard ist 4, 8 oder 16, je nach Zahl der Zeilen.
setting-epochs = Epochen
setting-epochs-help = Wie oft die Trainingsdaten gelesen werden. Standard ist, was die Voreinstellung vorgibt.
setting-learning_rate = Lernrate
setting-learning_rate-help = Wie stark ein Schritt die Gewichte ändert. Standard ist, was zu Modell und Methode passt.
