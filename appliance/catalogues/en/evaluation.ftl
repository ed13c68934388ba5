evaluation-right = Right answers: { $tuned } of { $total } with your model, { $original } of { $total } before.
evaluation-right-range = With 95% confidence: { PERCENT($tuned_low) } to { PERCENT($tuned_high) } right with your model, { PERCENT($original_low) } to { PERCENT($original_high) } before.
evaluation-declined = Of { $total ->
        [one] { $total } question
       *[other] { $total } questions
    } that the data does not answer, your model declined { $tuned } ({ PERCENT($tuned_low) } to { PERCENT($tuned_high) }), the original { $original } ({ PERCENT($original_low) } to { PERCENT($original_high) }). Of the other { $answerable }, your model wrongly declined { $wrongly }.
