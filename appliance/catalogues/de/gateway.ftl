# Was die Tür ablehnt
web-host = Unter diesem Namen antwortet die Appliance nicht. Öffnen Sie http://127.0.0.1 oder http://localhost mit dem Port, der beim Start des Servers angezeigt wurde.
web-authorization = Die Anmeldung ist hier nur mit dem Sitzungscookie möglich. Entfernen Sie den Header „Authorization“.
web-path = Keine Seite der Appliance hat eine solche Adresse.
web-origin = Die Anfrage kommt nicht von den eigenen Seiten der Appliance und wurde deshalb abgelehnt. Laden Sie die Seite neu, und versuchen Sie es noch einmal.
web-forgery = { web-origin }
web-session = Sie sind nicht angemeldet. Melden Sie sich zuerst an.
web-session-over = Ihre Sitzung ist beendet. Melden Sie sich erneut an.
web-password = Wählen Sie zuerst ein eigenes Passwort.
web-haste = Gerade melden sich zu viele Personen an. Warten Sie eine Minute, und versuchen Sie es noch einmal.
web-closed = Diese Seite gibt es nicht.
web-absent = { web-closed }
web-size = Die Seite hat mehr gesendet als erlaubt. Kürzen Sie den Text.
web-size-form = Das Formular ist zu lang.
web-event = Was die Seite gesendet hat, war nicht lesbar. Laden Sie die Seite neu.
web-file = Was eine Seite sendet, darf keine Datei nennen.
fault-reference = In der Appliance selbst ist ein Fehler aufgetreten. Nichts ist verloren gegangen. Nennen Sie dem Betreiber diese Nummer: { $reference }.

# Was ihr gesendet wird
input-form-incomplete = Das Formular ist unvollständig. Füllen Sie es noch einmal aus.
input-form-unreadable = Das Formular war nicht lesbar. Füllen Sie es noch einmal aus.
input-passwords-differ = Die beiden neuen Passwörter stimmen nicht überein. Geben Sie sie noch einmal ein.
input-same-password = Das neue Passwort ist dasselbe wie das aktuelle. Wählen Sie ein anderes.
input-file-name = Die Datei braucht einen Namen mit höchstens { $max_name_characters } Zeichen.
operation-parameters-not-an-object = Die Parameter sind kein JSON-Objekt.
operation-parameters-too-long = Die Parameter sind zu lang.

# Kleine Seiten
gateway-brand = Fine-Tuning-Appliance
gateway-refused = Nicht möglich
gateway-back = Zurück zum Anfang
gateway-sealed-title = Der Tresor ist versiegelt
gateway-sealed = Seine Schlüssel sind nicht im Arbeitsspeicher, deshalb kann sich niemand anmelden. Der Betreiber kann ihn mit `appliance unseal` öffnen.
gateway-starting-title = Start
gateway-starting = Die Seiten werden vorbereitet. Das dauert einige Sekunden.
gateway-failed-title = Die Seiten konnten nicht gestartet werden
gateway-failed = Der Betreiber findet den Grund dort, wo der Server gestartet wurde.
gateway-announced = Die Seiten sind unter { $address } erreichbar (Strg+C beendet den Server).

# Anmelden, ein Passwort wählen
gateway-sign-in = Anmelden
gateway-name = Name
gateway-password = Passwort
gateway-account = Ein Konto erhalten Sie vom Betreiber dieser Appliance.
gateway-password-title = Ihr Passwort
gateway-password-one-time = Ihr Passwort wurde von jemand anderem festgelegt. Wählen Sie jetzt ein eigenes; niemand sonst wird es kennen.
gateway-password-own = Wählen Sie ein neues Passwort.
gateway-current-password = Aktuelles Passwort
gateway-new-password = Neues Passwort (mindestens { $min_characters } Zeichen)
gateway-new-password-again = Neues Passwort wiederholen
gateway-save-password = Neues Passwort speichern
gateway-sign-out = Abmelden
