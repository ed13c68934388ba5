# Import
dataset-seed = Der Seed muss eine ganze Zahl von 0 bis { NUMBER($max_seed, useGrouping: 0) } sein.
upload-read = Die Datei konnte nicht bis zum Ende gelesen werden. Schicken Sie sie noch einmal.
upload-size = Die Datei ist größer als { NUMBER($max_upload_bytes) } MiB. Teilen Sie sie in mehrere Dateien.
input-part = Diesen Teil gibt es nicht. Die Teile sind: { $parts }.
dataset-change-imported = importiert

# Herkunft und Aufbewahrungspflicht
dataset-origin = Jedes Feld der Herkunft eines Datensatzes hat höchstens { NUMBER($characters) } Zeichen.
dataset-origin-legal-basis = Die Rechtsgrundlage muss eine von diesen sein: { $bases }.
dataset-origin-keep-until = Schreiben Sie den Tag, bis zu dem der Datensatz aufbewahrt wird, wie in 2027-12-31.
dataset-origin-required = Die Richtlinie dieser Appliance verlangt die Herkunft eines Datensatzes. Ergänzen Sie: { $missing }.
origin-purpose = Zweck
origin-owner = Verantwortliche Person
origin-licence = Lizenz
origin-legal_basis = Rechtsgrundlage
origin-keep_until = Aufbewahren bis
dataset-hold = Geben Sie einen Grund an (`--reason`), den Leser des Protokolls verstehen.
dataset-hold-none = Dieser Datensatz unterliegt keiner Aufbewahrungspflicht.
dataset-on-hold = Der Datensatz { $name } unterliegt einer Aufbewahrungspflicht und kann nicht vernichtet werden. Heben Sie sie zuerst auf: `appliance dataset release { $dataset }`.
dataset-due = { $hold ->
    [on] Der Datensatz { $name } darf bis { $keep_until } verwendet werden und unterliegt einer Aufbewahrungspflicht.
   *[off] { $days ->
        [0] Der Datensatz { $name } darf nur noch heute verwendet werden. Verlängern oder vernichten Sie ihn.
        [one] Der Datensatz { $name } darf noch einen Tag verwendet werden (bis { $keep_until }). Verlängern oder vernichten Sie ihn.
       *[other] Der Datensatz { $name } darf noch { NUMBER($days) } Tage verwendet werden (bis { $keep_until }). Verlängern oder vernichten Sie ihn.
    }
}
dataset-overdue = { $hold ->
    [on] Der Datensatz { $name } durfte bis { $keep_until } verwendet werden und unterliegt einer Aufbewahrungspflicht, daher bleibt er erhalten.
   *[off] { $days ->
        [one] Der Datensatz { $name } durfte bis gestern ({ $keep_until }) verwendet werden. Vernichten Sie ihn, oder verlängern Sie die Nutzung.
       *[other] Der Datensatz { $name } durfte bis { $keep_until } verwendet werden, vor { NUMBER($days) } Tagen. Vernichten Sie ihn, oder verlängern Sie die Nutzung.
    }
}
dataset-expired = Dieser Datensatz durfte bis { $keep_until } verwendet werden. Vernichten Sie ihn (`appliance dataset shred { $dataset }`), oder verlängern Sie ihn, wenn er länger aufbewahrt werden darf: `appliance dataset origin { $dataset } --keep-until DATUM`.

# Versionen
not-found-dataset = Diesen Datensatz gibt es nicht. `appliance dataset list` zeigt die Datensätze.
not-found-version = Diese Version des Datensatzes gibt es nicht. `appliance dataset versions ID` zeigt die Versionen.
dataset-shredded = Der Datensatz wurde vernichtet und kann nicht mehr gelesen werden. `appliance dataset certificate { $dataset }` zeigt, wann.
dataset-shredded-version = Version { $version } dieses Datensatzes wurde vernichtet oder existiert nicht. `appliance dataset versions { $dataset }` zeigt die Versionen.
dataset-version = Jemand anders hat diesen Datensatz gleichzeitig geändert. Sehen Sie ihn sich noch einmal an.
dataset-current-version = Die aktuelle Version kann nicht allein vernichtet werden. Vernichten Sie den ganzen Datensatz.
dataset-fix-request = Geben Sie eine Prüfung (`--check`) und die Korrektur an (eine von: { $actions }), oder bis zu { NUMBER($max_rows) } Zeilen, die entfernt werden.
dataset-fix-nothing = Das würde keine Zeile ändern. Sehen Sie sich die Prüfungen des Datensatzes noch einmal an.
fix-drop = entfernen
fix-mask = maskieren
fix-trim = korrigieren
fix-merge = zusammenführen
dataset-change-fix = { $check }, { $action }: { $rows ->
    [one] eine Zeile
   *[other] { NUMBER($rows) } Zeilen
}
dataset-change-by-hand = { $rows ->
    [one] eine Zeile entfernt
   *[other] { NUMBER($rows) } Zeilen entfernt
}
dataset-change-person = Daten einer Person gelöscht: { $rows ->
    [one] eine Zeile
   *[other] { NUMBER($rows) } Zeilen
}
dataset-change-keys = mit neuen Schlüsseln verschlüsselt

# Vernichten
dataset-in-use = Der Auftrag { $busy } verwendet diesen Datensatz. Warten Sie, bis er beendet ist, oder halten Sie ihn an: `appliance job stop { $busy }`.
certificate-absent = Es gibt keine Löschbescheinigung, weil dieser Datensatz nicht vernichtet wurde.
person-whole-dataset = Jede Zeile des Datensatzes { $name } handelt von dieser Person. Vernichten Sie den ganzen Datensatz: `appliance dataset shred { $dataset }`.
