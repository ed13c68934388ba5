# What every page shows
page-language = Language
html-question = Question
html-answer = Answer
html-row = Row { NUMBER($row, useGrouping: 0) }
html-more = … and { $count } more
html-progress = Progress
html-parameters = { $count ->
        [one] one parameter
       *[other] { $count } parameters
    }
html-million-parameters = { $count } million parameters
html-billion-parameters = { $count } billion parameters

# Charts
chart-step = Step
chart-steps = Steps
chart-loss = Loss (lower is better)
chart-validation-loss = Validation loss
chart-training = Training rows
chart-validation = Held-out rows
chart-loss-empty = The chart starts with the first steps.
chart-loss-now = { $series ->
        [training] Training loss
       *[validation] Validation loss
    } { NUMBER($loss, minimumFractionDigits: 2, maximumFractionDigits: 2) } at step { $step } of { $steps }.
chart-diverged = not a number (diverged)
chart-right-range = { $right } of { $total } right, likely { $low } to { $high }
chart-rows = Rows
chart-rows-between = { $low } to { $high }: { $rows ->
        [one] one row
       *[other] { $rows } rows
    }
chart-histogram = { $label }: { $rows ->
        [one] one row
       *[other] { $rows } rows
    }

# What the curves of a training mean
loss-early = It is too early to say whether the model is learning. A few more steps will show.
loss-early-over = Training ended too early to say whether the model was learning.
loss-training-falls = The error on the training rows (loss) fell from { NUMBER($first, minimumFractionDigits: 2, maximumFractionDigits: 2) } to { NUMBER($now, minimumFractionDigits: 2, maximumFractionDigits: 2) }: the model is learning them. Whether this carries over to other rows will show when the held-out rows are measured.
loss-training-flat = The error on the training rows (loss) was { NUMBER($first, minimumFractionDigits: 2, maximumFractionDigits: 2) } at the start and is now { NUMBER($now, minimumFractionDigits: 2, maximumFractionDigits: 2) }: it has hardly fallen. The model may need more time.
loss-overfits = The error on the held-out rows (validation loss) was lowest at step { $step }, with { NUMBER($best, minimumFractionDigits: 2, maximumFractionDigits: 2) }, and has since risen to { NUMBER($now, minimumFractionDigits: 2, maximumFractionDigits: 2) }: the model is starting to memorise the training rows. Fewer epochs or more rows may help.
loss-falls = The error on the held-out rows (validation loss) fell from { NUMBER($first, minimumFractionDigits: 2, maximumFractionDigits: 2) } to { NUMBER($now, minimumFractionDigits: 2, maximumFractionDigits: 2) }: what the model learns carries over to rows that it has not seen.
loss-flat = The error on the held-out rows (validation loss) is { NUMBER($now, minimumFractionDigits: 2, maximumFractionDigits: 2) }, about the same as at the start: nothing carries over to unseen rows yet.

# Datasets
dataset-rows-all = Rows
dataset-rows-training = For training
dataset-rows-validation = For validation
dataset-rows-test = For the test
dataset-no-test-rows = No rows were set aside for the test, so the model cannot be evaluated. Add rows and import the data again.
dataset-few-test-rows = Only { $rows ->
        [one] one row is
       *[other] { $rows } rows are
    } set aside for the test: too few to say much about how good the model is. Add rows if you can.
dataset-version-number = Version
dataset-change = What changed
dataset-models = Models trained from it
dataset-versions = Versions of this dataset
dataset-fix-button = { $action ->
        [drop] Drop rows
        [mask] Mask
        [trim] Correct
       *[merge] Merge
    }: { $check } ({ $rows ->
        [one] one row
       *[other] { $rows } rows
    })
dataset-column = { $role }: “{ $column }”
dataset-guessed = The columns were recognised by their content, because their names do not say what they hold. Check that they are right.
dataset-read-as = Read as { $read }
dataset-unused = Not used: { $columns }
dataset-first-rows = The first rows as they are in the file. Choose below which column is which.
dataset-source = Source
dataset-source-read = Read as
dataset-how-read = How the data was read
dataset-row-range = { NUMBER($first, useGrouping: 0) } to { NUMBER($last, useGrouping: 0) }
dataset-left-out = Why the row cannot be used
dataset-left-out-count = { $rows ->
        [one] One row was left out
       *[other] { $rows } rows were left out
    }
dataset-no-findings = No problems were found in the rows.
dataset-finding = Finding
dataset-where = Where
dataset-whole = All
dataset-findings = What was found in the rows. You can continue without correcting anything.
dataset-length = { $unit ->
        [tokens] Tokens per row
       *[characters] Characters per row
    }
dataset-length-of-model = Tokens per row for “{ $model }”
dataset-personal = Personal data
dataset-personal-count = Found
dataset-personal-action = What was done
dataset-personal-done = { $action ->
        [mask] replaced by pseudonyms
        [block] refused
       *[keep] kept
    }
dataset-personal-caption = Personal data in the rows, and what the policy of this appliance does with it

# The plan of a training
plan-what = “{ $model }” learns from { $rows ->
        [one] one row
       *[other] { $rows } rows
    } of “{ $dataset }”, reading { $rows ->
        [one] it
       *[other] them
    } { $epochs ->
        [one] once
       *[other] { $epochs } times
    }.
plan-time = Time
plan-memory = Memory
plan-memory-range = { SIZE($low) } to { SIZE($high) }
plan-memory-of = { SIZE($low) } to { SIZE($high) } of { SIZE($available) }
plan-disk = Disk space
plan-details = Details for specialists
plan-steps = { $rows ->
        [one] Steps of one row
       *[other] Steps of { $rows } rows
    }
plan-trained = Trained
plan-method = It trains { $method }.
plan-fit = Memory for “{ $name }” ({ $method })

# How a low-rank adapter works
learn-picture = W0 with { $full } parameters stays frozen; B and A with { $learned } parameters are trained.
learn-frozen = W0, frozen: d·k
learn-learned = B·A, trained: d·r + r·k
learn-compared = Compared with W0, B·A has
learn-fewer = { NUMBER($times, maximumFractionDigits: 1) } times fewer parameters
learn-more = { NUMBER($times, maximumFractionDigits: 1) } times as many parameters
learn-matrix = Matrix
learn-copies = Copies
learn-model-numbers = Parameters of the model
learn-adapter-numbers = Parameters of the adapter, r = { $rank }
learn-total = Total
learn-layers = An adapter of rank { $rank } on all linear layers has { $share }% as many parameters as the model.
learn-gpu-parameters = Model
learn-gpu-caption = The most that fits into the memory of one GPU with rows of up to 1,024 tokens. Full: the whole model is trained. LoRA and QLoRA: an adapter is trained. *: slower, because activations are computed twice to save memory. –: nothing fits.

# The rank of an adapter
rank-used = Rank
rank-needed = Rank needed for { PERCENT($share) }
rank-effective = Effective rank (mean)
rank-stable = Stable rank (mean)
rank-explained = The adapter changes { $matrices ->
        [one] one matrix
       *[other] { $matrices } matrices
    } of the model. What it learned is measured as energy, the sum of the squared singular values of B·A. The effective rank is the number of directions that it uses, with weak ones counting less; the stable rank is how many there would be if all were as strong as the strongest.
rank-keeps = Rank { $rank } keeps { PERCENT($share) }
rank-axis = Rank (directions kept)
rank-share-axis = Share kept
rank-chart = The share of what was learned that each rank keeps. Rank { $rank } keeps at least { PERCENT($share) }.
rank-marked = { PERCENT($share) } of what was learned
rank-made-from = Made from “{ $name }”.
sweep-rank = rank { $rank }
sweep-chart = The validation loss of each rank by step. Rank { $rank } did best, with { NUMBER($loss, minimumFractionDigits: 4, maximumFractionDigits: 4) }.
sweep-parameters = Parameters
sweep-table = Ranks that were tried, best first

# Activity in the audit log
activity-empty = { $title }: nothing in this period.
activity-chart = { $title }, actions per { $unit ->
        [hour] hour
        [day] day
       *[week] week
    }: { $counts }
activity-time = { $unit ->
        [hour] Hour
        [day] Day
       *[week] Week
    } (UTC)
activity-acts = Actions per { $unit ->
        [hour] hour
        [day] day
       *[week] week
    }
activity-count = { $count } { $outcome }

# Entries of the audit log
audit-entries = Entries in the log
audit-unreviewed = Not reviewed yet
audit-denied = Denied
audit-failed = Failed
audit-whole = The log is intact: its { $entries ->
        [one] one entry, as read for this page, gives
       *[other] { $entries } entries, as read for this page, give
    } the root { $root }…, which is the one that the appliance signs. So none was changed, removed or inserted.
audit-who = Who
audit-what = What
audit-object = Object
audit-outcome = Outcome
audit-when = When (UTC)
actor-operator = Operator
actor-appliance = The appliance
actor-nobody = Nobody who is signed in
audit-count = Number
audit-show = Show
audit-refusals = What was denied or failed most often in this period
audit-nothing-found = No entry matches. Leave a field empty to widen the search.
audit-found = { $total ->
        [one] One entry
       *[other] { $total } entries, newest first
    }{ $pages ->
        [1] {""}
       *[other] . Page { $page } of { $pages }, with { $shown ->
            [one] one entry
           *[other] { $shown } entries
        }
    }
audit-proof = Proof
audit-of-entry = of entry { NUMBER($sequence, useGrouping: 0) }
audit-none = none
audit-reason-often = { $reason }, { $count } times in { $seconds } s
audit-progress = The log is being read: { PERCENT($share) } so far. Search and charts are available once all of it has been read.

# The life of an object
audit-made-from = Made from:
audit-makes = Made from it:
audit-life-more = { $count ->
        [one] One more kind of action, which came later, is not shown.
       *[other] { $count } more kinds of actions, which came later, are not shown.
    }
audit-times = { $times ->
        [one] Once
       *[other] { $times } times
    }: { $ended }
audit-no-outcome = no outcome yet
audit-span = { $first } to { $last }
audit-people = first { $first }, last { $last }
audit-all-entries = All entries
audit-card = Model card

# Reviews of the audit log
audit-range = Entries
audit-looks = Looks at the log
audit-open-runs = Not reviewed yet
audit-no-reviews = No review has been signed off yet.
audit-from-to = { NUMBER($first, useGrouping: 0) } to { NUMBER($last, useGrouping: 0) }
audit-note = Note
audit-note-missing = The note is missing.
audit-note-changed = This is not the note that was signed off: it has been changed since.
audit-signed = Reviews signed off, newest first ({ $shown } of { $count })

# The proof of an entry
proof-entry = Entry { NUMBER($sequence, useGrouping: 0) }
proof-meaning = Meaning
proof-unknown-event = This version does not know the event.
proof-session = Session
proof-digest = Digest
proof-boot = Boot
proof-boot-time = { $boot }, { $seconds } s after it
proof-details = Details
proof-together = Show the request and its outcome
proof-explained = This is entry { NUMBER($sequence, useGrouping: 0) }, counted from 0, of the { $size } in the log. Its fingerprint (leaf hash) and { $others ->
        [one] one other fingerprint
       *[other] { $others } other fingerprints
    } give the root of the whole log, which the appliance has just signed. If a single character of this entry had been changed, or an entry before it removed, the root would be a different one. This was recomputed before it was shown: the proof holds.
proof-download = Download the proof
proof-download-what = The entry, the fingerprints and the signed checkpoint (C2SP tlog-proof), to be verified elsewhere
proof-fingerprints = Fingerprints
proof-leaf = Of this entry:
proof-root = Root:
proof-key = Key of the log:
