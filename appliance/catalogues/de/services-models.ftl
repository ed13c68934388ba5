# Training
training-seed = Der Seed muss eine Zahl von 0 bis { NUMBER($max_seed, useGrouping: 0) } sein.
training-empty = Der Datensatz hat keine Zeilen zum Trainieren. Importieren Sie einen mit mindestens zehn Beispielen.
prompts-template-none = { $name } hat keine Chat-Vorlage und unterscheidet daher Frage und Antwort nicht. Importieren Sie das Modell seiner Familie, das für Chats gemacht ist (oft „Instruct“ genannt).
rank-none = Diese Methode hat keinen Rang.
rank-method = Nur LoRA und QLoRA haben einen Rang, { $method } nicht. Wählen Sie eine dieser Methoden: { $adapter_methods }.
rank-method-compare = Nur LoRA und QLoRA haben Ränge, die sich vergleichen lassen, { $method } nicht.
rank-budget = Der Speicher muss zwischen 0,1 und 65.536 GiB liegen.
rank-lengths = Die Längen der Zeilen dieses Datensatzes wurden beim Import nicht gezählt, daher kann kein Rang empfohlen werden. Importieren Sie die Datei noch einmal.
sweep-ranks = Wählen Sie { $least } bis { $most } verschiedene Ränge zum Vergleichen, nicht { $count }.
sweep-validation = Der Datensatz hat keine Validierungszeilen, daher können Ränge nicht verglichen werden. Importieren Sie einen mit mehr Zeilen.

# Adapter und Modelle
not-found-model = Dieses Modell gibt es nicht. `appliance model list` zeigt die Modelle.
not-found-adapter = Diesen Adapter gibt es nicht. `appliance adapter list` zeigt die Adapter.
adapter-retired = Dieser Adapter wurde zurückgezogen: Er wurde mit den Daten einer Person trainiert, deren Daten gelöscht wurden. Trainieren Sie einen neuen mit der aktuellen Version des Datensatzes.
card-version = Die Version des Datensatzes, mit der dieser Adapter trainiert wurde, ist nicht mehr aufgeführt.

# Auswertung
evaluation-empty = Der Datensatz hat keine Testfragen, daher kann nichts gemessen werden. Importieren Sie einen mit mehr Zeilen.
not-found-evaluation = Dieser Adapter wurde noch nicht ausgewertet. Führen Sie `appliance evaluate` aus.
not-found-answers = Die Antworten dieser Auswertung sind nicht mehr vorhanden, der Datensatz aber schon. Werten Sie noch einmal aus.

# Rang eines Adapters
rank-method-no-rank = Dieses Modell wurde mit { $method } trainiert, und das hat keinen Rang. Trainieren Sie einen Adapter mit LoRA oder QLoRA, um seinen Rang analysieren zu lassen.
rank-method-dora = Dieser Adapter wurde mit DoRA trainiert, das auch jede Zeile neu skaliert: Seine Änderung ist nicht einfach B A, und ein niedrigerer Rang würde auch die Skalen ändern. Trainieren Sie einen ohne DoRA, um seinen Rang analysieren zu lassen.
not-found-rank = Der Rang dieses Adapters wurde noch nicht analysiert. Führen Sie `appliance rank advise --adapter { $adapter }` aus.
rank-gone = Die Singulärwerte wurden gelöscht, als der Datensatz vernichtet wurde. `appliance rank advise --adapter { $adapter } --again` berechnet sie neu.
rank-shrink = Der Adapter hat Rang { NUMBER($rank) }. Ein kleinerer kann einen Rang von 1 bis { NUMBER($most) } haben, nicht { $chosen }.
rank-validation = Der Datensatz hat keine Validierungszeilen, daher kann der Verlust vorher und nachher nicht gemessen werden.
rank-which = Geben Sie entweder einen Rang an oder den Anteil des Gelernten, der erhalten bleiben soll.
rank-share = Der Anteil, der erhalten bleiben soll, muss zwischen 0 und 1 liegen.
rank-unknown = Es ist noch nicht bekannt, wie viel jeder Rang erhalten würde. Führen Sie `appliance rank advise --adapter { $adapter }` aus.

# Chat
chat-length = Schreiben Sie eine Frage. Ein Chat hat höchstens { NUMBER($max_turns) } Beiträge und { NUMBER($max_characters) } Zeichen.
chat-start = Das Modell konnte nicht geladen werden. Versuchen Sie es noch einmal.
chat-full = { $count ->
    [one] Gerade antwortet ein anderes angepasstes Modell. Versuchen Sie es in einer Minute noch einmal.
   *[other] Gerade antworten { NUMBER($count) } andere angepasste Modelle. Versuchen Sie es in einer Minute noch einmal.
}
chat-ended = Das Modell wurde entladen. Fragen Sie noch einmal.
