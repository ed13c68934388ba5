evaluation-right = Richtige Antworten: { $tuned } von { $total } mit Ihrem Modell, { $original } von { $total } vorher.
evaluation-right-range = Mit 95 % Sicherheit: { PERCENT($tuned_low) } bis { PERCENT($tuned_high) } richtig mit Ihrem Modell, { PERCENT($original_low) } bis { PERCENT($original_high) } vorher.
evaluation-declined = Von { $total ->
        [one] { $total } Frage
       *[other] { $total } Fragen
    }, auf die die Daten keine Antwort geben, hat Ihr Modell { $tuned } offengelassen ({ PERCENT($tuned_low) } bis { PERCENT($tuned_high) }), das ursprüngliche Modell { $original } ({ PERCENT($original_low) } bis { PERCENT($original_high) }). Von den übrigen { $answerable } hat Ihr Modell { $wrongly } zu Unrecht offengelassen.
