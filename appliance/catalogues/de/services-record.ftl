# Das Protokoll
audit-confirm = Geben Sie entweder eine Datei (ihren SHA-256) oder einen Namen an.
audit-witnesses = Höchstens { NUMBER($max_witnesses) } Checkpoints können auf einmal verglichen werden.
audit-entry-absent = Diesen Eintrag gibt es nicht. Das Protokoll hat { NUMBER($head_size) } Einträge, gezählt ab 0.
audit-witness-file-not-one = Das ist kein Checkpoint eines Protokolls. Erstellen Sie einen mit `appliance audit checkpoint OUT`.
audit-reading = Das Protokoll wird gelesen: bisher { PERCENT($share) }. Fragen Sie gleich noch einmal.
audit-index = Der Index des Protokolls stimmt nicht mit dem Protokoll überein. Starten Sie die Appliance neu.
audit-moment = „{ $text }“ ist kein Tag. Schreiben Sie 2026-11-25 oder 2026-11-25 14:30 (UTC).
not-found-object = Das Protokoll nennt kein solches Objekt. Kopieren Sie die Kennung aus einem Eintrag oder aus einer Liste.
input-review-entries = Eine Prüfung umfasst Einträge von 0 bis { NUMBER($size) }. Korrigieren Sie die beiden Zahlen.
input-review-note = Schreiben Sie eine Notiz von höchstens { NUMBER($max_note_characters) } Zeichen: wonach Sie gesucht und was Sie gefunden haben.
log-damage = Das Protokoll wurde geändert oder beschädigt. `appliance audit verify` zeigt, wo.

# Das Archiv des Protokolls
archive-retention = Die Richtlinie behält Einträge { NUMBER($days) } Tage im Home (policies/limits.toml, audit.retention_days). Wählen Sie { $latest } oder einen früheren Tag.
archive-gone = Dieses Archiv kann nicht fortgesetzt werden: Ein anderes wurde begonnen, oder der Tresor wurde versiegelt.
archive-nothing = Das Protokoll hat keine Einträge vor dem { DATE($before_us) }, die archiviert werden dürfen. Nichts wurde getan.
archive-digest = Das Archiv weicht vom Protokoll ab. Nichts wurde entfernt.
