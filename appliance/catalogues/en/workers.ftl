worker-orphan = The appliance closed the channel.
worker-message-size = A message is over the size limit.
worker-fault = The worker failed ({ $kind } in { $place }).
worker-out-of-memory = Memory ran out during training. The last checkpoint is kept.
worker-memory = Memory ran out. Choose a smaller batch, shorter rows or a smaller model.
worker-memory-model = The model does not fit into the available memory. Choose QLoRA or a smaller model.
job-disk-full = The disk is full, so this job is waiting; nothing is lost. Free some space on the appliance's disk and it continues by itself, or stop it: what was saved last is kept.

# Training
training-length = No row fits the model's context length. Shorten the answers.
training-no-room = Stopped while waiting for disk space, before the first step. Free some space, then resume: training continues from the last checkpoint, if there is one.
training-steps-lost = The disk was full, so the steps since the last checkpoint will be repeated.
training-checkpoint-damaged = { $count ->
        [one] The checkpoint of step { $steps } cannot be opened: it was
       *[other] The checkpoints of steps { $steps } cannot be opened: they were
    } changed or damaged on the disk. Training continues from step { $resumed_at }; the result is the same, but it takes longer. Check the disk.

# Ranks
sweep-length = A comparison needs training rows and validation rows that fit the model's context length.
sweep-version = The record of this comparison has a version that this appliance does not know.
sweep-diverged = The loss of every rank diverged: the learning rate is too high for this data. Choose a lower one.
sweep-trying = Training rank { $rank }.
sweep-outcome = Rank { $rank } did best: its validation loss is { NUMBER($loss, minimumFractionDigits: 4, maximumFractionDigits: 4) }. { $count ->
        [one] Rank { $early } was
       *[other] Ranks { $early } were
    } stopped early, so the comparison took { PERCENT($share) } of the steps that training every rank to the end would have taken.
rank-validation-length = No validation row fits the model's context length, so nothing could be measured.
shrink-outcome = Rank { $rank_before } was reduced to rank { $rank }. { NUMBER($kept, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } of what the adapter learned is kept{ $lost ->
        [0] ; it used no more directions than these
        [one] ; one direction that it used was removed
       *[other] ; { NUMBER($lost) } directions that it used were removed
    }. Validation loss on { $rows ->
        [one] one row
       *[other] { NUMBER($rows) } rows
    }: { NUMBER($loss_before, minimumFractionDigits: 4, maximumFractionDigits: 4) } before, { NUMBER($loss_after, minimumFractionDigits: 4, maximumFractionDigits: 4) } after ({ $direction ->
        [higher] { NUMBER($change, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } higher
        [lower] { NUMBER($change, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } lower
       *[same] a change of less than 0.1 %
    }).
