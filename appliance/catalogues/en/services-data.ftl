# Importing
dataset-seed = The seed must be a whole number from 0 to { NUMBER($max_seed, useGrouping: 0) }.
upload-read = The file could not be read to its end. Send it again.
upload-size = The file is larger than { NUMBER($max_upload_bytes) } MiB. Split it into several files.
input-part = There is no such part. The parts are: { $parts }.
dataset-change-imported = imported

# Origin and legal hold
dataset-origin = Each field of a dataset's origin has at most { NUMBER($characters) } characters.
dataset-origin-legal-basis = The legal basis must be one of: { $bases }.
dataset-origin-keep-until = Write the day until which the dataset is kept as in 2027-12-31.
dataset-origin-required = The policy of this appliance requires the origin of a dataset. Add: { $missing }.
origin-purpose = purpose
origin-owner = owner
origin-licence = licence
origin-legal_basis = legal basis
origin-keep_until = keep until
dataset-hold = Give a reason (`--reason`) that readers of the log can understand.
dataset-hold-none = This dataset is not on hold.
dataset-on-hold = The dataset { $name } is on legal hold and cannot be shredded. Release it first: `appliance dataset release { $dataset }`.
dataset-due = { $hold ->
    [on] The dataset { $name } may be used until { $keep_until } and is on legal hold.
   *[off] { $days ->
        [0] The dataset { $name } may be used until today. Extend or shred it.
        [one] The dataset { $name } may be used for one more day (until { $keep_until }). Extend or shred it.
       *[other] The dataset { $name } may be used for { NUMBER($days) } more days (until { $keep_until }). Extend or shred it.
    }
}
dataset-overdue = { $hold ->
    [on] The dataset { $name } could be used until { $keep_until } and is on legal hold, so it is kept.
   *[off] { $days ->
        [one] The dataset { $name } could be used until yesterday ({ $keep_until }). Shred it, or extend its use.
       *[other] The dataset { $name } could be used until { $keep_until }, { NUMBER($days) } days ago. Shred it, or extend its use.
    }
}
dataset-expired = This dataset could be used until { $keep_until }. Shred it (`appliance dataset shred { $dataset }`), or, if it may be kept longer, extend it: `appliance dataset origin { $dataset } --keep-until DATE`.

# Versions
not-found-dataset = There is no such dataset. `appliance dataset list` shows the datasets.
not-found-version = There is no such version of the dataset. `appliance dataset versions ID` shows the versions.
dataset-shredded = The dataset was shredded and can no longer be read. `appliance dataset certificate { $dataset }` shows when.
dataset-shredded-version = Version { $version } of this dataset was shredded or does not exist. `appliance dataset versions { $dataset }` shows the versions.
dataset-version = Somebody else changed this dataset at the same time. Look at it again.
dataset-current-version = The current version cannot be shredded alone. Shred the whole dataset.
dataset-fix-request = Give a check (`--check`) and how to fix it (one of: { $actions }), or up to { NUMBER($max_rows) } rows to drop.
dataset-fix-nothing = This would not change any row. Look at the dataset's checks again.
fix-drop = drop
fix-mask = mask
fix-trim = repair
fix-merge = merge
dataset-change-fix = { $check }, { $action }: { $rows ->
    [one] one row
   *[other] { NUMBER($rows) } rows
}
dataset-change-by-hand = { $rows ->
    [one] one row dropped
   *[other] { NUMBER($rows) } rows dropped
}
dataset-change-person = a person's data erased: { $rows ->
    [one] one row
   *[other] { NUMBER($rows) } rows
}
dataset-change-keys = encrypted with new keys

# Shredding
dataset-in-use = The job { $busy } uses this dataset. Wait until it has ended, or stop it: `appliance job stop { $busy }`.
certificate-absent = There is no certificate, because this dataset was not shredded.
person-whole-dataset = Every row of the dataset { $name } is about this person. Shred the whole dataset: `appliance dataset shred { $dataset }`.
