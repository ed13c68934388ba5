# Anfragen
operation-unknown = Diese Anfrage gibt es nicht.
operation-parameters = Die Parameter von „{ $operation }“ stimmen nicht. { $mistakes }{ $count ->
        [one] {""}
        [2] {""}
        [3] {""}
        [4] {""}
        [5] {""}
       *[other] {" "}(Insgesamt { NUMBER($count) } Fehler.)
    }
operation-parameter-missing = { $name } fehlt.
operation-parameter-unknown = Einen Parameter { $name } gibt es nicht.
operation-parameter-int = { $name } muss eine ganze Zahl sein.
operation-parameter-float = { $name } muss eine Zahl sein.
operation-parameter-bool = { $name } muss true oder false sein.
operation-parameter-text = { $name } muss ein Text sein.
operation-parameter-list = { $name } muss eine Liste sein.
operation-parameter-choice = { $name } muss eines von { $choices } sein.
operation-parameter-invalid = { $name } hat einen Wert, der nicht erlaubt ist.
name-ambiguous = „{ $named }“ kann eines von { NUMBER($count) } sein: { $candidates }. Geben Sie mehr von der Kennung an.
not-found-upload = Diesen Upload gibt es nicht mehr. Schicken Sie die Datei noch einmal.
not-found-user = Dieses Konto gibt es nicht. `appliance user list` zeigt die Konten.
sealed-vault = Der Tresor ist versiegelt. Der Betreiber kann ihn mit `appliance unseal` öffnen.

# Aufträge
job-kind-train = Training
job-kind-sweep = Vergleich von Rängen
job-kind-evaluate = Auswertung
job-kind-ranks = Analyse des Rangs
job-kind-shrink = Kleinerer Adapter
job-never-began = Angehalten, bevor er begann.
job-asked-to-stop = Wird angehalten.
job-state-stopping = Der Auftrag wird bereits angehalten.
job-state-not-resumable = Der Auftrag ist { $state }. Nur ein angehaltener oder fehlgeschlagener Auftrag kann fortgesetzt werden.
job-learning-rate = Die Lernrate beträgt { NUMBER($now, maximumSignificantDigits: 6) }. Zum Fortsetzen muss sie niedriger sein und über 0 liegen.
job-learning-rate-none = Nur ein Training hat eine Lernrate. Setzen Sie diesen Auftrag ohne Lernrate fort.
worker-out-of-memory-nothing-left = Der Speicher reichte selbst für die kleinsten Durchläufe nicht. Schließen Sie andere Programme auf dieser Maschine, oder wählen Sie QLoRA, ein kleineres Modell oder kürzere Zeilen. Der letzte Checkpoint bleibt erhalten, und der Auftrag kann fortgesetzt werden.

# Konten
password-one-time = Wählen Sie zuerst ein eigenes Passwort: Melden Sie sich auf der Webseite an.
