planning-speed = The machine's measured speed cannot be read. It will be measured again.
planning-config = The model's configuration has no usable { $name }.
planning-rows = An estimate needs at least one row of at least one token.
planning-side-rows = The number of rows is { $side }; it must be between 1 and { $most }.
planning-side-columns = The number of columns is { $side }; it must be between 1 and { $most }.
planning-rank = The rank is { $rank }; for { $rows } by { $columns } it must be between 1 and { $highest }.
planning-rank-model = A rank of { $rank } is higher than the smallest side of this model's layers, { $side }, and the rest could add nothing. Ranks from 1 to { $side } work; { $usual } is usual.
planning-rank-narrow-model = A rank of { $rank } is higher than the smallest side of this model's layers, { $side }, and the rest could add nothing. Ranks from 1 to { $side } work.
planning-layers = The model has { $layers } layers, so its last { $count } cannot learn. Choose 1 to { $layers }; { $usual } is usual. To train all of them, choose full training.
planning-memory-machine = This machine has { SIZE($available) } for training. With { $method }, this model needs up to { SIZE($needed) } even in the smallest steps.
planning-memory-gpu = This GPU has { SIZE($available) } for training. With { $method }, this model needs up to { SIZE($needed) } even in the smallest steps.
planning-memory-fits = What fits: { $method }, up to { SIZE($needed) }.
planning-memory-shorter-rows = The longest row has { $longest } tokens; with rows of up to { $short }, QLoRA fits.
planning-memory-smaller-model = A model of about { $parameters } parameters fits with QLoRA.
planning-memory-nothing = None of the models that the appliance knows fits: use a machine with more memory.
planning-disk = The disk has { SIZE($free) } free, and the checkpoints take { SIZE($needed) } with { $method }.
planning-disk-fits = Make room, or choose { $method }: it takes { SIZE($needed) }.
planning-disk-room = Make room: shred datasets that are no longer needed, or move other files.
planning-time = It would take { $days } days or more on this machine; trainings of more than { $most } days are not started.
planning-time-fewer-epochs = With { $fewer } instead of { $epochs } passes over the data it would finish in time.
planning-time-gpu = Choose a smaller model, fewer rows, or a machine with a GPU.
planning-time-faster-gpu = Choose a smaller model, fewer rows, or a machine with a faster GPU.
planning-method-qlora = QLoRA
planning-method-lora = LoRA
planning-method-full = full training
planning-method-last-layers = { $count ->
        [one] training of the last layer
       *[other] training of the last { $count } layers
    }
planning-method-dora = { $method } with DoRA
planning-method-with-rank = { $method } with rank { $rank }
planning-billion = { $number } billion
planning-million = { $number } million
planning-choice = This training cannot be planned.
planning-no-method = The method “{ $method }” is not one of { $methods }.
planning-no-preset = The preset “{ $preset }” is not one of { $presets }.
planning-no-row = There is no row to train on.
planning-range = { $setting } must be between { NUMBER($low, maximumFractionDigits: 9) } and { NUMBER($high, maximumFractionDigits: 9) }, not { NUMBER($value, maximumFractionDigits: 9) }.
planning-only = “{ $setting }” is only for { $methods }, not for { $method }.
planning-not-finite = { $setting } must be a finite number.
planning-advice-batch = Adapters learn less well at batch sizes over { $most }; { $least } to { $most } is better.
planning-advice-checkpointing = To fit into memory, activations are computed twice instead of being kept (checkpointing), which takes about a third more time.
planning-advice-unmeasured = This machine's speed has not been measured yet, so the time is a wide guess. The next plan made while no job runs measures it.
planning-batch-chosen = { $rows } rows a step, as you chose.
planning-batch-few = { $rows } rows a step, because there are few rows: larger steps would be too few to learn from.
planning-batch-most = { $rows } rows a step, as many as are useful: from { $too_large } on, adapters learn less well.
planning-batch-steps = { $rows } rows a step: { $larger } would leave { $steps } steps, and at least { $wanted } are needed.
planning-more-passes = It reads the data { $taken } times instead of { $usual ->
        [one] once
       *[other] { $usual } times
    }, because fewer steps would teach too little.
planning-step-down-passes = Memory ran out, so each batch is now computed in passes of at most { $half } tokens instead of { $before }. The batch, and what is learned from it, stay the same. Training goes on from the last checkpoint.
planning-step-down-checkpointing = Memory ran out, so activations are now computed a second time instead of being kept (activation checkpointing). Each step takes about a third longer. Training goes on from the last checkpoint.
planning-matrix-embedding = embedding
planning-matrix-query = query (q_proj)
planning-matrix-key = key (k_proj)
planning-matrix-value = value (v_proj)
planning-matrix-output = output (o_proj)
planning-matrix-gate = gate (gate_proj)
planning-matrix-up = up (up_proj)
planning-matrix-down = down (down_proj)
planning-matrix-norms = norms and biases
planning-matrix-head = head
rank-nothing = There is no answer to learn from, so no rank can be advised. Look at the dataset.
rank-memory = No rank fits into { SIZE($budget) }: the smallest needs { SIZE($needed) }. Choose a smaller model, QLoRA, or a machine with more memory.
rank-enough = Rank { $rank } is enough.
rank-advised = Rank { $rank } is the best choice.
rank-too-small = Rank { $rank } is the best choice, but it will not hold everything.
rank-room = The answers hold at most { SIZE($to_learn) } of information ({ $tokens } tokens), and an adapter of rank { $rank } has room for { SIZE($room) } ({ $parameters } parameters, { $bits } bits each).
rank-higher-gains-nothing = A higher rank would cost memory and gain nothing.
rank-lower-is-tight = Rank { $rank } would have room for less than { $margin } times what is to be learned.
rank-tight = That is less than { $margin } times what is to be learned.
rank-highest-in-memory = It is the highest rank that fits into memory.
rank-highest = It is the highest rank for this model.
rank-learns-the-common = Expect it to learn what is common, not every detail. Full training has more room.
rank-source-room = LoRA Without Regret (Schulman et al., Thinking Machines, 2025): an adapter needs room for the information in the data
rank-source-bits = Physics of Language Models 3.3 (Allen-Zhu and Li, arXiv:2404.05405): about 2 bits a parameter
rank-source-small-ranks = LoRA (Hu et al., arXiv:2106.09685, section 7.2): ranks of 1 to 4 were enough on its tasks
spectrum-nothing = The adapter changes nothing: all its updates are zero. Train it longer, or with a higher learning rate.
spectrum-unused = Rank { $rank } was more than needed: only { $used ->
        [one] { $used } of its { $rank } directions is
       *[other] { $used } of its { $rank } directions are
    } used at all, and { $needed ->
        [one] { $needed } direction carries
       *[other] { $needed } directions carry
    } { PERCENT($share) } of what it learned.
spectrum-too-high = Rank { $rank } was more than needed: { $needed ->
        [one] { $needed } direction carries
       *[other] { $needed } directions carry
    } { PERCENT($share) } of what it learned.
spectrum-right = Rank { $rank } is about right: { $needed ->
        [one] { $needed } direction carries
       *[other] { $needed } directions carry
    } { PERCENT($share) } of what it learned.
spectrum-all-used = All { $rank } directions are in use, and { $needed ->
        [one] { $needed } is
       *[other] { $needed } are
    } needed for { PERCENT($share) } of what it learned.
spectrum-highest = The rank may have been too low, but it is the highest that this model's layers can have. Full training has more room.
spectrum-try-higher = The rank may have been too low. Try rank { $rank }, and compare both on held-out rows: `appliance sweep`.

# Settings of a training
setting-rank = Rank
setting-rank-help = How many directions an adapter can change. By default the recommended rank where the method is “auto”, otherwise 16, which is enough for most data.
setting-use_rslora = Scale by the square root of the rank (rsLoRA)
setting-use_rslora-help = Divides the update by the square root of the rank instead of the rank, so that high ranks learn as well.
setting-use_dora = Learn lengths and directions separately (DoRA)
setting-use_dora-help = Also learns the length of each row of the weights. Slower, sometimes better.
setting-last_layers = Last layers
setting-last_layers-help = How many of the last layers are trained. By default a quarter of them.
setting-train_head = Train the head too
setting-train_head-help = The head turns the output of the last layer into words.
setting-batch_size = Batch size
setting-batch_size-help = How many rows make one step. By default 4, 8 or 16, depending on the number of rows.
setting-epochs = Epochs
setting-epochs-help = How often the training data is read. By default as the preset says.
setting-learning_rate = Learning rate
setting-learning_rate-help = How far one step changes the weights. By default what suits the model and the method.
