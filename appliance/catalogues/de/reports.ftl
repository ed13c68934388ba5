# Der Plan eines Trainings
plan-method-qlora = ein Adapter mit Rang { $rank } auf einem 4-Bit-Modell (QLoRA)
plan-method-lora = ein Adapter mit Rang { $rank } (LoRA)
plan-method-full = das ganze Modell
plan-method-last-layers = { $count ->
        [one] die letzte Schicht
       *[other] die letzten { $count } Schichten
    }
plan-method-last-layers-and-head = { $count ->
        [one] die letzte Schicht und der Kopf
       *[other] die letzten { $count } Schichten und der Kopf
    }
plan-method-with = { $method } mit { $options }
plan-one-pass = Jeder Schritt wird in einem Durchlauf von höchstens { $tokens } Token berechnet.
plan-passes = Jeder Schritt wird in { $passes } Durchläufen von höchstens { $tokens } Token berechnet, deren Gradienten sich addieren, weil mehr nicht in den Speicher passt.
plan-flop = { NUMBER($mantissa, minimumFractionDigits: 1) } × 10^{ $exponent } FLOP
plan-flop-unknown = { $total } (wie viele das Training des Originals gebraucht hat, ist nicht bekannt)
plan-flop-share = { $total } ({ NUMBER($percent, maximumFractionDigits: 6) } % dessen, was das Training des Originals gebraucht hat)
plan-flop-least = { $total } (weniger als { NUMBER($percent, maximumFractionDigits: 6) } % dessen, was das Training des Originals gebraucht hat)
plan-duration-about = etwa { SECONDS($seconds) }
plan-duration-number = { $low } bis { SECONDS($high) }
plan-duration-range = { SECONDS($low) } bis { SECONDS($high) }
plan-part-runtime = Programme
plan-part-mapped = Modelldatei (wird bei Bedarf freigegeben)
plan-part-weights = Modell
plan-part-adapters = trainierte Gewichte
plan-part-gradients = Gradienten
plan-part-optimiser = Optimierer
plan-part-activations = Aktivierungen
plan-part-bytes = { $part } { SIZE($bytes) }
plan-report-training = Trainiert wird: { $method }, { $trained ->
        [one] ein Parameter
       *[other] { $trained } Parameter
    } in { $steps ->
        [one] einem Schritt
       *[other] { $steps } Schritten
    } mit je { $rows ->
        [one] einer Zeile
       *[other] { $rows } Zeilen
    }.
plan-report-time = Zeit: { $time }.
plan-report-memory = Speicher: { SIZE($low) } bis { SIZE($high) } von { SIZE($available) } ({ $parts }).
plan-report-disk = Datenträger: { SIZE($bytes) } für Zwischenstände und das Ergebnis.
plan-operations = Rechenoperationen: { $operations }.
