home-exists = Hier gibt es bereits ein Home. `appliance status` zeigt seinen Zustand.
home-exists-restore = Dieser Ort ist nicht leer. Eine Sicherung wird an einen leeren Ort zurückgespielt: Wählen Sie einen anderen mit APPLIANCE_HOME.
home-restoring = Hier wurde eine Wiederherstellung unterbrochen. Starten Sie sie noch einmal, oder wählen Sie einen anderen Ort.
home-vault-open = Ein Tresor ist bereits geöffnet.
home-no-recovery-key = Es gibt keinen Wiederherstellungsschlüssel. Wenn jede Passphrase verloren geht, kann niemand dieses Home öffnen, auch wir nicht. Erstellen Sie einen mit `appliance key recovery`.
memory-swap = { $problem } Bis dahin erlaubt die Richtlinie nicht, den Tresor zu öffnen.
slot-name = Der Name eines Slots hat höchstens { NUMBER($max_name_characters) } Zeichen, alle davon druckbar.

# Sicherungen
backup-place = Eine Sicherung im Home selbst ginge mit ihm verloren. Wählen Sie einen Ordner auf einem anderen Datenträger.
backup-gone = Diese Sicherung kann nicht fortgesetzt werden: Eine andere wurde begonnen, oder der Tresor wurde versiegelt.
backup-changed = { $path } wurde während der Sicherung entfernt, wahrscheinlich durch Vernichten. Starten Sie die Sicherung noch einmal.
backup-absent = In diesem Ordner gibt es keine solche Sicherung, oder keine vollständige.
backup-damaged = Die Sicherung { $manifest_id } ist in { $path } beschädigt. Nichts wurde wiederhergestellt.
backup-missing = Die Sicherung { $manifest_id } ist unvollständig: Es fehlen Teile von { $lacking }{ $more ->
        [0] {""}
        [one] {" "}und einer weiteren Datei
       *[other] {" "}und { NUMBER($more) } weiteren Dateien
    }. Nichts wurde wiederhergestellt.
backup-manifest = Die Sicherung { $name } ist beschädigt: { $sentence } Nichts wurde wiederhergestellt. Wählen Sie eine andere mit --backup.
backup-log = Das Protokoll in der Sicherung { $manifest_id } ist nicht das, das zu ihr gehört. Nichts wurde wiederhergestellt.
backup-model = Die Sicherung hat eine andere Datei als models/{ $row_id }/{ $name }. Nichts wurde wiederhergestellt.
recovery-wrong = Dieser Wiederherstellungsschlüssel öffnet keine Sicherung in diesem Ordner. Nichts wurde wiederhergestellt.
restore-policies-same = Richtlinien und Grenzwerte sind dieselben wie auf der gesicherten Maschine.
restore-policies-differ = Diese Dateien weichen von denen der gesicherten Maschine ab: { $files }. Es gelten die dieser Maschine; die anderen liegen in { $folder }.
