-save-as-csv = Öffnen Sie die Datei in dem Programm, mit dem sie erstellt wurde, und speichern Sie sie als „CSV UTF-8“.
-use-file-itself = Laden Sie stattdessen die Dateien selbst hoch.

# Columns
dataset-unknown-columns-unnamed = { $missing ->
        [question] Keine Spalte heißt „Frage“ oder ähnlich.
        [answer] Keine Spalte heißt „Antwort“ oder ähnlich.
       *[both] Keine Spalten heißen „Frage“ und „Antwort“ oder ähnlich.
    } { $columns ->
        [one] Benennen Sie die Spalte
       *[other] Benennen Sie eine der { NUMBER($columns) } Spalten
    } in der ersten Zeile um, oder geben Sie an, welche Spalte welche ist.
dataset-unknown-columns-not-chosen = { $missing ->
    [question] Wählen Sie eine Spalte für die Frage.
    [answer] Wählen Sie eine Spalte für die Antwort.
   *[both] Wählen Sie je eine Spalte für die Frage und die Antwort.
}
dataset-unknown-columns-not-in-file = Jede gewählte Spalte muss in der ersten Zeile genau einmal vorkommen. Wählen Sie eine andere Spalte für: { $roles }.
dataset-ambiguous-columns-role = Mehrere Spalten kommen als „{ $role }“ in Frage: { $columns }. Wählen Sie eine davon.
dataset-ambiguous-columns-chosen-twice = Eine Spalte wurde für zwei Rollen gewählt. Wählen Sie für jede Rolle eine eigene Spalte.
dataset-ambiguous-columns-same-name = Zwei Spalten der ersten Zeile heißen gleich. Benennen Sie eine davon um.
dataset-one-column = Die Tabelle hat nur eine Spalte. Sie braucht mindestens eine Frage und eine Antwort, getrennt durch Kommas, Semikolons oder Tabulatoren.
dataset-too-many-columns = Die Tabelle hat mehr als { NUMBER($max_columns) } Spalten. Löschen Sie die nicht benötigten.
column-role = { $role ->
    [question] Frage
    [answer] Antwort
    [system] System-Prompt
    [key_fact] Kernaussage
    [kind] Art
    [group] Gruppe
    [category] Kategorie
   *[split] Teil
}

# Files
dataset-rows-problems = Die Datei wurde nicht eingelesen. { $problems } { $more ->
        [0] {""}
        [one] In einer weiteren Zeile gibt es ein Problem.{" "}
       *[other] In { NUMBER($more) } weiteren Zeilen gibt es Probleme.{" "}
    }Korrigieren Sie diese Zeilen, und wählen Sie die Datei erneut.
dataset-rows-broken-row = Die Datei wurde nicht eingelesen. In Zeile { NUMBER($row, useGrouping: 0) } fehlt ein schließendes Anführungszeichen, steht Text hinter einem schließenden Anführungszeichen, oder eine Zelle ist übergroß. Daher sind die folgenden Zeilen nicht lesbar. Korrigieren Sie diese Zeile, und wählen Sie die Datei erneut.
dataset-empty-nothing-readable = In dieser Datei ist nichts lesbar. Wählen Sie eine andere.
dataset-empty-no-rows = Die Datei hat unter der ersten Zeile keine weiteren Zeilen. Ergänzen Sie mindestens eine Frage mit Antwort.
dataset-empty-file = Die Datei ist leer. Wählen Sie eine mit mindestens einer Frage und ihrer Antwort.
dataset-too-many-rows = Die Datei hat mehr als { NUMBER($max_rows) } Zeilen. Teilen Sie sie auf mehrere Datensätze auf.
dataset-too-large-file = Die Datei ist größer als { SIZE($max_bytes) }. Teilen Sie sie auf mehrere Datensätze auf.
dataset-too-large-parquet = Die Parquet-Datei würde zu viel Arbeitsspeicher brauchen. Schreiben Sie sie mit kleineren Zeilengruppen (row groups).
dataset-parquet = Die Parquet-Datei ist beschädigt, unvollständig oder von einer nicht unterstützten Art. Exportieren Sie die Daten als CSV oder JSONL.
dataset-encrypted-parquet = Diese Parquet-Datei ist verschlüsselt. Exportieren Sie sie ohne Verschlüsselung.
dataset-encrypted-archive = Das Archiv ist durch ein Passwort geschützt. Speichern Sie es ohne Passwort.
dataset-delimiter = Dieses Trennzeichen wird nicht unterstützt. Wählen Sie eines davon: { $delimiters }.
dataset-shape-preferences = Diese Datei enthält Paare aus einer besseren und einer schlechteren Antwort (Präferenzen). Diese sind für eine andere Art von Training. Jede Zeile braucht eine Frage und die richtige Antwort.
dataset-shape-plain-text = Diese Datei enthält reinen Text ohne Fragen. Jede Zeile braucht eine Frage und eine Antwort.
dataset-archive-no-table = Das Archiv enthält keine Tabelle. Gelesen werden Dateien mit den Endungen { $endings }.
dataset-archive-nested = Das Archiv enthält ein weiteres Archiv. Entpacken Sie es, und laden Sie die Dateien selbst hoch.
dataset-archive-too-many-tables = Das Archiv enthält mehr als { NUMBER($max_tables) } Tabellen. Teilen Sie es auf.
dataset-archive-damaged = Das Archiv ist beschädigt oder unvollständig. Erstellen Sie es neu, oder speichern Sie die Tabelle als CSV.
dataset-archive-too-many-files = Das Archiv wurde abgelehnt: Es enthält mehr als { NUMBER($max_files) } Dateien. { -use-file-itself }
dataset-archive-same-name = Das Archiv wurde abgelehnt: Zwei seiner Dateien haben denselben Namen. { -use-file-itself }
dataset-archive-too-large = Das Archiv wurde abgelehnt: Entpackt wäre es größer als { SIZE($max_bytes) }. { -use-file-itself }
dataset-archive-bomb = Das Archiv wurde abgelehnt: Eine Datei darin wäre entpackt mehr als { NUMBER($max_ratio) }-mal so groß, wie bei einer ZIP-Bombe. { -use-file-itself }
dataset-archive-overlap = Das Archiv wurde abgelehnt: Dateien darin überlappen sich, wie bei einer ZIP-Bombe. { -use-file-itself }
dataset-workbook-document-type = Die Arbeitsmappe wurde abgelehnt: Sie deklariert einen Dokumenttyp, was Tabellenprogramme nie tun. Speichern Sie die Tabelle als CSV UTF-8.
dataset-workbook-cells = Ein Blatt dieser Arbeitsmappe hat zu viele oder zu weit auseinanderliegende Zellen. Kopieren Sie die Tabelle in ein neues Blatt, oder speichern Sie sie als CSV.

# Text
dataset-nul-byte = Textzeile { NUMBER($line, useGrouping: 0) } enthält ein NUL-Byte (Byte { NUMBER($byte, useGrouping: 0) } der Datei). Das ist kein reiner Text. { -save-as-csv }
dataset-nul-character = Textzeile { NUMBER($line, useGrouping: 0) } enthält ein NUL-Zeichen. Das ist kein reiner Text. { -save-as-csv }
dataset-encoding-mixed = Textzeile { NUMBER($line, useGrouping: 0) } ist kein UTF-8-Text (Byte { NUMBER($byte, useGrouping: 0) } der Datei, { $value }): Die Datei mischt zwei Zeichenkodierungen. { -save-as-csv }
dataset-encoding-unknown = Textzeile { NUMBER($line, useGrouping: 0) } ist kein UTF-8-Text (Byte { NUMBER($byte, useGrouping: 0) } der Datei, { $value }), und die Zeichenkodierung wurde nicht erkannt. Wählen Sie die Zeichenkodierung. { -save-as-csv }
dataset-encoding-line = Textzeile { NUMBER($line, useGrouping: 0) } oder eine kurz danach ist kein Text in { $encoding }. Wählen Sie die Zeichenkodierung. { -save-as-csv }
dataset-encoding-name = Diese Zeichenkodierung wird nicht unterstützt. Wählen Sie eine davon: { $encodings }.
dataset-line-too-long = Textzeile { NUMBER($line, useGrouping: 0) } ist länger als { NUMBER($max_characters) } Zeichen. Das ist keine Tabelle mit einer Zeile je Textzeile. Prüfen Sie die Datei.
dataset-not-text-pdf = Das ist ein PDF-Dokument und keine Tabelle. Kopieren Sie die Fragen und Antworten in eine Tabelle, und speichern Sie diese als CSV.
dataset-not-text-office = Das ist ein altes oder geschütztes Office-Dokument. Öffnen Sie es, und speichern Sie es als .xlsx ohne Passwort oder als CSV UTF-8.
dataset-not-text-word = Das ist ein Word-Dokument. Speichern Sie die Tabelle als .xlsx oder als CSV UTF-8.
dataset-not-text-presentation = Das ist eine Präsentation. Speichern Sie die Tabelle als .xlsx oder als CSV UTF-8.
dataset-not-text-opendocument = Das ist eine OpenDocument-Datei. Speichern Sie die Tabelle als .xlsx oder als CSV UTF-8.
dataset-not-text-xlsb = Das ist eine binäre Excel-Arbeitsmappe (.xlsb). Speichern Sie die Tabelle als .xlsx oder als CSV UTF-8.
dataset-not-text-gzip = Das ist ein gzip-Archiv und kein Text. Entpacken Sie es, und wählen Sie die Datei darin.
dataset-not-text-bzip2 = Das ist ein bzip2-Archiv und kein Text. Entpacken Sie es, und wählen Sie die Datei darin.
dataset-not-text-7-zip = Das ist ein 7-Zip-Archiv und kein Text. Entpacken Sie es, und wählen Sie die Datei darin.
dataset-not-text-rar = Das ist ein RAR-Archiv und kein Text. Entpacken Sie es, und wählen Sie die Datei darin.
dataset-not-text-xz = Das ist ein xz-Archiv und kein Text. Entpacken Sie es, und wählen Sie die Datei darin.
dataset-not-text-zstandard = Das ist ein Zstandard-Archiv und kein Text. Entpacken Sie es, und wählen Sie die Datei darin.
dataset-not-text-gguf = Das ist ein Sprachmodell (GGUF) und keine Tabelle. Importieren Sie es als Modell.
dataset-not-text-sqlite = Das ist eine Datenbank und kein Text. Exportieren Sie die Tabelle als CSV.
dataset-not-text-rtf = Das ist ein RTF-Dokument und keine Tabelle. Kopieren Sie die Fragen und Antworten in eine Tabelle, und speichern Sie diese als CSV.
dataset-not-text-png = Das ist ein Bild und keine Tabelle. Tippen Sie die Fragen und Antworten in eine Tabelle, und speichern Sie diese als CSV.
dataset-not-text-jpeg = Das ist ein Bild und keine Tabelle. Tippen Sie die Fragen und Antworten in eine Tabelle, und speichern Sie diese als CSV.
dataset-not-text-pickle = Das ist kein Text. Pickle und andere Programmdaten werden hier nie gelesen: Exportieren Sie die Tabelle als CSV oder JSONL.
dataset-not-text-xml = Das ist XML und keine Tabelle. Exportieren Sie die Daten als CSV oder JSONL.
dataset-not-text-doctype = Das ist eine Webseite und keine Tabelle. Kopieren Sie die Fragen und Antworten in eine Tabelle, und speichern Sie diese als CSV.
dataset-not-text-html = Das ist eine Webseite und keine Tabelle. Kopieren Sie die Fragen und Antworten in eine Tabelle, und speichern Sie diese als CSV.

# JSON
dataset-json-after-list = Die Datei wurde nicht eingelesen: Hinter dem Ende der JSON-Liste steht weiterer Text. Entfernen Sie ihn, und wählen Sie die Datei erneut.
dataset-json-no-comma = Die Datei wurde nicht eingelesen: Auf Element { NUMBER($element, useGrouping: 0) } der JSON-Liste folgt weder ein Komma noch das Ende der Liste. Korrigieren Sie das, und wählen Sie die Datei erneut.
dataset-json-element = Die Datei wurde nicht eingelesen: Element { NUMBER($element, useGrouping: 0) } der JSON-Liste ist kein gültiges JSON (jeder Schlüssel darf nur einmal vorkommen), oder die Datei endet vor der Liste. Korrigieren Sie das, und wählen Sie die Datei erneut.
dataset-json-long-element = Die Datei wurde nicht eingelesen: Element { NUMBER($element, useGrouping: 0) } der JSON-Liste ist kein gültiges JSON oder länger als { NUMBER($max_characters) } Zeichen. Korrigieren Sie das, und wählen Sie die Datei erneut.
dataset-json-object = Die Datei wurde nicht eingelesen: Objekt { NUMBER($number, useGrouping: 0) } ist kein gültiges JSON (jeder Schlüssel darf nur einmal vorkommen). Korrigieren Sie das, und wählen Sie die Datei erneut.
dataset-json-large-object = Die Datei wurde nicht eingelesen: Sie besteht aus einem einzigen JSON-Objekt mit mehr als { NUMBER($max_characters) } Zeichen. Speichern Sie die Zeilen als Liste.
dataset-json-several-lists = Die Datei wurde nicht eingelesen: Sie enthält { NUMBER($lists) } Listen von Objekten. Behalten Sie nur die mit den Beispielen.

# A row that cannot be used. The problem is a sentence of its own.
row-problem = Zeile { NUMBER($row, useGrouping: 0) }: { $problem }
row-problem-in-source = Zeile { NUMBER($row, useGrouping: 0) } in { $source }: { $problem }
row-no-turns = Es gibt weder Frage noch Antwort.
row-too-many-messages = Es gibt mehr als { NUMBER($max_messages) } Nachrichten. Teilen Sie das Gespräch auf.
row-no-answer = Es gibt keine Antwort des Assistenten. Ergänzen Sie eine.
row-ends-with-user = Das Gespräch endet mit dem Benutzer. Die letzte Nachricht muss die Antwort des Assistenten sein.
row-begins-with-assistant = Das Gespräch beginnt mit dem Assistenten. Die erste Nachricht muss vom Benutzer kommen.
row-late-system-prompt = Der System-Prompt ist nicht die erste Nachricht. Stellen Sie ihn an den Anfang, oder entfernen Sie ihn.
row-same-role-twice = { $role ->
        [user] Zwei Nachrichten des Benutzers folgen aufeinander.
       *[assistant] Zwei Nachrichten des Assistenten folgen aufeinander.
    } Fassen Sie sie zusammen, oder ergänzen Sie die Nachricht dazwischen.
row-text-empty = { $field ->
        [system] Der System-Prompt
        [user] Die Frage
       *[assistant] Die Antwort
    } ist leer. Ergänzen Sie den Text, oder entfernen Sie die Zeile.
row-text-too-long = { $field ->
        [system] Der System-Prompt
        [user] Die Frage
        [assistant] Die Antwort
        [key_fact] Die Kernaussage
        [group] Die Gruppe
       *[category] Die Kategorie
    } ist länger als { NUMBER($max_characters) } Zeichen. Kürzen Sie den Text.
row-text-nul = { $field ->
        [system] Der System-Prompt
        [user] Die Frage
        [assistant] Die Antwort
        [key_fact] Die Kernaussage
        [group] Die Gruppe
       *[category] Die Kategorie
    } enthält ein NUL-Zeichen. Löschen Sie es.
row-text-surrogate = { $field ->
        [system] Der System-Prompt
        [user] Die Frage
        [assistant] Die Antwort
        [key_fact] Die Kernaussage
        [group] Die Gruppe
       *[category] Die Kategorie
    } enthält ein halbes Zeichen (ein einzelnes Surrogat). Tippen Sie es neu.
row-nested = Der Eintrag ist zu tief verschachtelt.
row-too-many-headers = Die Zeilen dieser Datei haben zu viele unterschiedliche Schlüssel.
row-no-columns = Unter den Namen, die frühere Zeilen verwenden, gibt es weder Frage noch Antwort.
row-kind = Die Art ist weder „answerable“ noch „unanswerable“.
row-split = Der Teil ist weder „training“ noch „validation“ noch „test“.
row-message-not-object = Eine Nachricht ist kein Objekt mit Rolle und Inhalt.
row-role = Eine Nachricht hat eine andere Rolle als system, user, assistant oder tool.
row-history = Der Verlauf (history) ist keine Liste von Paaren aus Frage und Antwort.
row-not-text = Ein Wert ist kein Text.
row-not-list = „{ $key }“ ist keine Liste.
row-media = Eine Nachricht enthält ein Bild, einen Ton oder eine Datei. Gelernt wird nur Text.
row-tool-name = Ein Werkzeugaufruf hat keinen Namen.
row-tools-not-json = Die Werkzeuge (tools) sind kein JSON.
row-tools-not-objects = Die Werkzeuge (tools) sind keine Liste von Objekten.
row-json-line = Das ist kein einzelnes JSON-Objekt. Jede Textzeile muss ein ganzes Objekt enthalten, und jeden Schlüssel nur einmal.
row-json-object = Das ist kein JSON-Objekt mit bis zu { NUMBER($max_keys) } Schlüsseln.
row-cells = { $cells ->
        [one] Eine Zelle
       *[other] { NUMBER($cells) } Zellen
    } statt { NUMBER($columns) }: Ein Komma oder Anführungszeichen fehlt oder ist zu viel.
row-long-cell = Eine Zelle hat mehr als { NUMBER($max_characters) } Zeichen. Kürzen Sie sie.

# How a file was read
read-as-delimited = { $encoding }, { $delimiter ->
    [commas] Kommas
    [semicolons] Semikolons
    [tabs] Tabulatoren
   *[bars] senkrechte Striche
}
read-as-sheet = Blatt { NUMBER($number, useGrouping: 0) }
read-as-rows = { $rows ->
    [one] eine Zeile
   *[other] { NUMBER($rows) } Zeilen
}
unread-file = Die Datei „{ $name }“ im Archiv ist keine Tabelle und wurde nicht gelesen.
unread-hidden-sheet = Das Blatt „{ $name }“ ist ausgeblendet oder keine Tabelle und wurde nicht gelesen.
unread-sheet-without-table = Das Blatt „{ $name }“ enthält keine Tabelle mit mindestens zwei Spalten und wurde nicht gelesen.

# Checks
check-title-one-sided = Fast immer dieselbe Antwort
check-advice-one-sided = Ergänzen Sie Zeilen mit anderen Antworten. Sonst lernt das Modell, immer diese zu geben.
check-title-unbalanced = Sehr unterschiedlich große Kategorien
check-advice-unbalanced = Ergänzen Sie Zeilen in den kleinen Kategorien: Das Modell lernt, was es oft sieht.
check-title-empty = Platzhalter statt Text
check-advice-empty = Schreiben Sie den Text, oder entfernen Sie die Zeile.
check-title-duplicate = Doppelte Zeile
check-advice-duplicate = Entfernen Sie die späteren Zeilen.
check-title-near-duplicate = Fast dieselbe Frage
check-advice-near-duplicate = Entfernen Sie die späteren Zeilen, oder führen Sie sie zusammen: Sie gelten dann als Formulierungen einer Tatsache und bleiben im selben Teil.
check-title-contradiction = Verschiedene Antworten auf eine Frage
check-advice-contradiction = Behalten Sie die richtige Antwort, und entfernen Sie die anderen Zeilen anhand ihrer Nummern.
check-title-leakage = In Training und Test gefragt
check-advice-leakage = Entfernen Sie diese Zeilen, oder verschieben Sie sie ins Training. Sonst fragt der Test, was das Training gezeigt hat.
check-title-personal-data = Personenbezogene Daten
check-advice-personal-data = Maskieren Sie sie (derselbe Wert erhält immer dasselbe Pseudonym), oder entfernen Sie die Zeilen.
check-title-secret = Passwörter und Schlüssel
check-advice-secret = Maskieren Sie sie, und ersetzen Sie sie dort, wo sie verwendet werden: Sie sind nicht mehr geheim.
check-title-encoding = Beschädigte Zeichen
check-advice-encoding = Reparieren Sie, was sich reparieren lässt, oder tippen Sie den Text neu.
check-title-html = HTML
check-advice-html = Entfernen Sie die Tags, es sei denn, das Modell soll sie schreiben.
check-title-too-long = Zu lang
check-advice-too-long = Schneiden Sie die ältesten Nachrichten ab, kürzen Sie den Text, oder teilen Sie ihn auf mehrere Zeilen auf.
check-title-key-fact = Antwort ohne ihre Kernaussage
check-advice-key-fact = Schreiben Sie die Kernaussage genau so, wie sie in der Antwort steht.
finding-one-sided = { NUMBER($rows) } von { NUMBER($all_rows) } Zeilen haben dieselbe Antwort.
finding-unbalanced = { $label ->
    [category] Die größte Kategorie hat { NUMBER($most) } Zeilen, die kleinste { NUMBER($least) }.
   *[kind] Die größte Art hat { NUMBER($most) } Zeilen, die kleinste { NUMBER($least) }.
}
finding-placeholder-answer = Ein Platzhalter statt einer Antwort.
finding-placeholder-question = Ein Platzhalter statt einer Frage.
finding-duplicate = Dasselbe wie Zeile { NUMBER($other, useGrouping: 0) }.
finding-near-duplicate = Fast dieselbe Frage wie Zeile { NUMBER($other, useGrouping: 0) }.
finding-contradiction = { $other ->
    [0] Eine spätere Zeile beantwortet dieselbe Frage anders.
   *[other] Beantwortet die Frage von Zeile { NUMBER($other, useGrouping: 0) } anders.
}
finding-leakage = Zum Messen zurückgelegt, aber das Training stellt dieselbe Frage.
finding-near-leakage = Zum Messen zurückgelegt, aber das Training stellt fast dieselbe Frage.
finding-personal-data = Enthält personenbezogene Daten: { $kinds }.
finding-secret = { $kind ->
    [private-key] Enthält einen privaten Schlüssel.
    [aws-access-key] Enthält einen AWS-Zugriffsschlüssel.
    [github-token] Enthält ein GitHub-Token.
    [gitlab-token] Enthält ein GitLab-Token.
    [slack-token] Enthält ein Slack-Token.
    [google-api-key] Enthält einen Google-API-Schlüssel.
    [stripe-key] Enthält einen Stripe-Schlüssel.
    [openai-or-anthropic-key] Enthält einen Schlüssel von OpenAI oder Anthropic.
    [hugging-face-token] Enthält ein Hugging-Face-Token.
    [json-web-token] Enthält ein JSON Web Token.
    [password-in-url] Enthält ein Passwort in einer Webadresse.
   *[password] Enthält ein Passwort.
}
finding-encoding = Enthält Zeichen, die durch eine falsche Zeichenkodierung beschädigt sind.
finding-html = Enthält HTML.
finding-key-fact = Die Antwort enthält die Kernaussage nicht.
finding-too-many-characters = { NUMBER($characters) } Zeichen. Was nicht passt, wird nicht gelernt.
finding-too-many-tokens = { NUMBER($tokens) } Token, von denen das Training { NUMBER($max_tokens) } liest. Der Rest wird nicht gelernt.
note-unreadable-tokenizer = Der Tokenizer von { $model } ist nicht lesbar. Daher werden Längen in Zeichen gezählt.
note-compared-rows = Nur die ersten { NUMBER($rows) } Zeilen wurden auf fast gleiche Fragen geprüft.
note-masked-rows = { $rows ->
    [one] Wie es die Richtlinie verlangt, wurden personenbezogene Daten in einer Zeile durch Pseudonyme ersetzt.
   *[other] Wie es die Richtlinie verlangt, wurden personenbezogene Daten in { NUMBER($rows) } Zeilen durch Pseudonyme ersetzt.
}
dataset-fix-unknown = Für diesen Befund gibt es keine solche Korrektur. `appliance dataset check` zeigt die möglichen.

# Personal data
dataset-personal-data = Die Datei enthält personenbezogene Daten, die die Richtlinie dieser Appliance nicht zulässt: { $counts } (Zeilen { $rows } …). Entfernen Sie sie, und wählen Sie die Datei erneut.
personal-data-kind = { $kind ->
    [email] E-Mail-Adresse
    [phone] Telefonnummer
    [iban] IBAN
    [card] Kartennummer
    [national_id] Ausweis- oder Personennummer
   *[other] { $name }
}
personal-data-count = { $kind ->
    [email] { $count ->
        [one] eine E-Mail-Adresse
       *[other] { NUMBER($count) } E-Mail-Adressen
    }
    [phone] { $count ->
        [one] eine Telefonnummer
       *[other] { NUMBER($count) } Telefonnummern
    }
    [iban] { $count ->
        [one] eine IBAN
       *[other] { NUMBER($count) } IBANs
    }
    [card] { $count ->
        [one] eine Kartennummer
       *[other] { NUMBER($count) } Kartennummern
    }
   *[national_id] { $count ->
        [one] eine Ausweis- oder Personennummer
       *[other] { NUMBER($count) } Ausweis- oder Personennummern
    }
}
input-personal-data-policy = Eine Richtlinie für personenbezogene Daten ordnet Arten ({ $kinds }) Maßnahmen ({ $actions }) zu.
person-terms-count = Geben Sie 1 bis { NUMBER($max_terms) } Angaben zur Person an: einen Namen, eine E-Mail-Adresse, eine Nummer.
person-terms-length = Jede Angabe zur Person muss { NUMBER($min_characters) } bis { NUMBER($max_characters) } Zeichen haben: Kürzere würden auch andere Personen treffen.

# Parts and versions
dataset-shares = Die Anteile von Training, Validierung und Test müssen zusammen 100 Prozent ergeben.
dataset-no-training = Für das Training bleibt keine Zeile übrig. Ergänzen Sie Zeilen, oder legen Sie weniger für Validierung und Test zurück.
input-dataset-part = Diesen Teil oder diese Version hat der Datensatz nicht. Die Teile sind { $parts }; Versionen zählen ab 1.
input-dataset-keys = Ein Datensatz braucht { NUMBER($parts) } verschiedene Schlüssel von { NUMBER($key_bytes) } Bytes, einen für jeden Teil.
conflict-dataset-version = Diese Version des Datensatzes gibt es bereits, und sie wird nie überschrieben. Importieren Sie eine neue Version.
not-found-dataset-part = { $part ->
        [training] Der Trainingsteil
        [validation] Der Validierungsteil
       *[test] Der Testteil
    } dieses Datensatzes fehlt. Importieren Sie den Datensatz erneut, oder stellen Sie eine Sicherung wieder her.
integrity-dataset-part = { $part ->
        [training] Der Trainingsteil
        [validation] Der Validierungsteil
       *[test] Der Testteil
    } dieses Datensatzes lässt sich nicht entschlüsseln: Die Datei wurde geändert, abgeschnitten oder vertauscht. Stellen Sie sie aus einer Sicherung wieder her.
integrity-dataset-format = { $part ->
        [training] Der Trainingsteil
        [validation] Der Validierungsteil
       *[test] Der Testteil
    } dieses Datensatzes hat ein unbekanntes Format, vielleicht das einer neueren Appliance. Aktualisieren Sie diese.
