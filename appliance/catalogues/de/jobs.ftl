# Zustände
state-queued = wartend
state-running = in Arbeit
state-stopping = beim Anhalten
state-stopped = angehalten
state-failed = fehlgeschlagen
state-succeeded = fertig

# Aufträge
not-found-job = Diesen Auftrag gibt es nicht. `appliance job list` zeigt die Aufträge.
job-state = Der Auftrag ist { $state } und kann nicht „{ $target }“ werden.
job-kind = Diese Version der Appliance kennt keine Aufträge der Art { $kind }.
job-stopped = Angehalten.
job-goes-on = Die Appliance wurde beendet. Dieser Auftrag läuft ab seinem letzten Zwischenstand weiter, sobald sie wieder läuft.
job-interrupted = Die Appliance wurde beendet, während dieser Auftrag lief. Er läuft ab seinem letzten Zwischenstand weiter.
fault = Der Auftrag ist wegen eines Fehlers in der Appliance fehlgeschlagen ({ $kind }).

# Worker
worker-stop = Der Worker hielt nicht an und wurde beendet. Der letzte Zwischenstand bleibt erhalten.
worker-died-unfinished = Der Worker schloss seinen Kanal, ohne fertig zu sein, und wurde beendet.
worker-died-killed = Der Worker wurde von außen beendet (Signal 9), wie es das System tut, wenn der Speicher ausgeht. Der letzte Zwischenstand bleibt erhalten, und der Auftrag kann fortgesetzt werden.
worker-died-crashed = Der Worker ist abgestürzt (Signal { $number }: { $name }). Der letzte Zwischenstand bleibt erhalten, und der Auftrag kann fortgesetzt werden.
worker-died-ended = Der Worker endete, ohne fertig zu sein (Exit-Status { $status }). Der letzte Zwischenstand bleibt erhalten, und der Auftrag kann fortgesetzt werden.
worker-message = Der Worker schickte eine zu lange Nachricht und wurde beendet.
worker-message-outgoing = Eine Nachricht von { NUMBER($line) } Bytes überschreitet die Grenze von { NUMBER($max_message_bytes) }.
worker-message-version = Eine Nachricht konnte nicht gelesen werden (Feld: version).
worker-message-fields = Eine Nachricht konnte nicht gelesen werden (Felder: { $value }).

# Isolierung
isolation-unproven = Die Isolierung der Worker ist nicht nachgewiesen, daher wird keiner gestartet.
isolation-worker-kind = Einen Worker der Art { $kind } gibt es nicht.
isolation-worker-start = Der Worker endete, bevor er isoliert war.
isolation-outside-home = Der Launcher sollte einem Worker Zugriff auf einen Pfad außerhalb des Home geben und hat das verweigert.
isolation-whole-home = Der Launcher sollte einem Worker Zugriff auf das ganze Home geben und hat das verweigert.
isolation-launcher = Der Launcher, der die Worker startet, ist beendet. Starten Sie die Appliance neu.
isolation-launcher-incomplete = Die Antwort des Launchers war unvollständig.
isolation-launcher-fault = Der Launcher ist gescheitert ({ $fault }).
isolation-server-threads = Der Server hat bereits { $threads } Threads, welche die Einschränkungen nicht erfassen würden. Schränken Sie ihn vorher ein.
isolation-server-home = Der Server hat keinen Ordner zum Schreiben. Er braucht sein Home.
isolation-worker-limit = Der Kernel lehnte eine Grenze für den Worker ab ({ $error }).
isolation-server-limit = Der Kernel lehnte eine Grenze für den Server ab ({ $error }).
isolation-no-landlock = Dieser Kernel hat kein Landlock, das den Zugriff auf Dateien einschränkt. Verwenden Sie Linux 5.13 oder neuer mit CONFIG_SECURITY_LANDLOCK und landlock in der Liste lsm=.
isolation-landlock = Der Kernel lehnte die Regeln von Landlock ab ({ $error }).
isolation-libseccomp = Das installierte libseccomp kennt den Systemaufruf { $name } nicht und kann ihn daher nicht ablehnen. Installieren Sie libseccomp 2.5.4 oder neuer.
isolation-seccomp = Der Kernel lehnte den Filter von seccomp ab ({ $strerror }). Er muss mit CONFIG_SECCOMP_FILTER gebaut sein.
isolation-dumpable = Der Kernel lässt andere Prozesse trotz PR_SET_DUMPABLE den Speicher dieses Prozesses lesen.
isolation-memory = Der Speicher des Prozesses konnte nicht geschützt werden ({ $error }).
isolation-not-held = Die Isolierung hielt nicht: { $got_through } kam durch. Nichts wird gestartet.
isolation-probe-target = Der Prozess, den der Selbsttest zu erreichen versucht, ist beendet.
isolation-probe-files = Der Selbsttest konnte seine Dateien nicht öffnen: { $refused }
isolation-probe-ended = Der prüfende Worker endete bei der Probe { $name } (Exit-Status { $status }).
isolation-probe-answer = Der prüfende Worker antwortete nicht auf { $name } ({ $error }).
isolation-probe-nothing = Der Selbsttest ({ $side }) konnte auf dieser Maschine nichts versuchen, daher beweist er nichts.
