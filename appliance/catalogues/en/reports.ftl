# The plan of a training
plan-method-qlora = an adapter of rank { $rank } on a 4-bit model (QLoRA)
plan-method-lora = an adapter of rank { $rank } (LoRA)
plan-method-full = the whole model
plan-method-last-layers = { $count ->
        [one] the last layer
       *[other] the last { $count } layers
    }
plan-method-last-layers-and-head = { $count ->
        [one] the last layer and the head
       *[other] the last { $count } layers and the head
    }
plan-method-with = { $method } with { $options }
plan-one-pass = Each step is computed in one pass of up to { $tokens } tokens.
plan-passes = Each step is computed in { $passes } passes of up to { $tokens } tokens, whose gradients are added up, because more would not fit into memory.
plan-flop = { NUMBER($mantissa, minimumFractionDigits: 1) } × 10^{ $exponent } FLOP
plan-flop-unknown = { $total } (how many were needed to train the original is not known)
plan-flop-share = { $total } ({ NUMBER($percent, maximumFractionDigits: 6) }% of what training the original took)
plan-flop-least = { $total } (less than { NUMBER($percent, maximumFractionDigits: 6) }% of what training the original took)
plan-duration-about = about { SECONDS($seconds) }
plan-duration-number = { $low } to { SECONDS($high) }
plan-duration-range = { SECONDS($low) } to { SECONDS($high) }
plan-part-runtime = programs
plan-part-mapped = model file (released when needed)
plan-part-weights = model
plan-part-adapters = trained weights
plan-part-gradients = gradients
plan-part-optimiser = optimiser
plan-part-activations = activations
plan-part-bytes = { $part } { SIZE($bytes) }
plan-report-training = It trains { $method }: { $trained ->
        [one] one parameter
       *[other] { $trained } parameters
    } in { $steps ->
        [one] one step
       *[other] { $steps } steps
    } of { $rows ->
        [one] one row
       *[other] { $rows } rows
    }.
plan-report-time = Time: { $time }.
plan-report-memory = Memory: { SIZE($low) } to { SIZE($high) } of { SIZE($available) } ({ $parts }).
plan-report-disk = Disk: { SIZE($bytes) } for checkpoints and the result.
plan-operations = Operations: { $operations }.
