worker-orphan = Die Appliance hat den Kanal geschlossen.
worker-message-size = Eine Nachricht ist zu groß.
worker-fault = Der Worker ist gescheitert ({ $kind } in { $place }).
worker-out-of-memory = Beim Training ging der Speicher aus. Der letzte Zwischenstand bleibt erhalten.
worker-memory = Der Speicher ging aus. Wählen Sie eine kleinere Batchgröße, kürzere Zeilen oder ein kleineres Modell.
worker-memory-model = Das Modell passt nicht in den verfügbaren Speicher. Wählen Sie QLoRA oder ein kleineres Modell.
job-disk-full = Der Datenträger ist voll, daher wartet dieser Auftrag; nichts ist verloren. Geben Sie Platz auf dem Datenträger der Appliance frei, dann läuft er von selbst weiter, oder halten Sie ihn an: Was zuletzt gespeichert wurde, bleibt erhalten.

# Training
training-length = Keine Zeile passt in die Kontextlänge des Modells. Kürzen Sie die Antworten.
training-no-room = Angehalten, während auf freien Platz gewartet wurde, vor dem ersten Schritt. Geben Sie Platz frei und setzen Sie den Auftrag fort: Das Training läuft ab dem letzten Zwischenstand weiter, falls es einen gibt.
training-steps-lost = Der Datenträger war voll, daher werden die Schritte seit dem letzten Zwischenstand wiederholt.
training-checkpoint-damaged = { $count ->
        [one] Der Zwischenstand von Schritt { $steps } lässt sich nicht öffnen: Er wurde
       *[other] Die Zwischenstände der Schritte { $steps } lassen sich nicht öffnen: Sie wurden
    } auf dem Datenträger geändert oder beschädigt. Das Training läuft ab Schritt { $resumed_at } weiter; das Ergebnis ist dasselbe, es dauert nur länger. Prüfen Sie den Datenträger.

# Ränge
sweep-length = Ein Vergleich braucht Trainings- und Validierungszeilen, die in die Kontextlänge des Modells passen.
sweep-version = Die Aufzeichnung dieses Vergleichs hat eine Version, die diese Appliance nicht kennt.
sweep-diverged = Der Verlust divergierte bei jedem Rang: Die Lernrate ist für diese Daten zu hoch. Wählen Sie eine niedrigere.
sweep-trying = Rang { $rank } wird trainiert.
sweep-outcome = Rang { $rank } war am besten: Sein Validierungsverlust ist { NUMBER($loss, minimumFractionDigits: 4, maximumFractionDigits: 4) }. { $count ->
        [one] Rang { $early } wurde
       *[other] Die Ränge { $early } wurden
    } früh angehalten, daher brauchte der Vergleich { PERCENT($share) } der Schritte, die ein vollständiges Training jedes Rangs gebraucht hätte.
rank-validation-length = Keine Validierungszeile passt in die Kontextlänge des Modells, daher konnte nichts gemessen werden.
shrink-outcome = Rang { $rank_before } wurde auf Rang { $rank } verringert. { NUMBER($kept, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } des Gelernten bleiben erhalten{ $lost ->
        [0] ; der Adapter nutzte nicht mehr Richtungen als diese
        [one] ; eine genutzte Richtung wurde entfernt
       *[other] ; { NUMBER($lost) } genutzte Richtungen wurden entfernt
    }. Validierungsverlust auf { $rows ->
        [one] einer Zeile
       *[other] { NUMBER($rows) } Zeilen
    }: { NUMBER($loss_before, minimumFractionDigits: 4, maximumFractionDigits: 4) } vorher, { NUMBER($loss_after, minimumFractionDigits: 4, maximumFractionDigits: 4) } nachher ({ $direction ->
        [higher] { NUMBER($change, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } höher
        [lower] { NUMBER($change, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } niedriger
       *[same] eine Änderung von weniger als 0,1 %
    }).
