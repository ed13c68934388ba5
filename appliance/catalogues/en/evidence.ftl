# The model card
card-title = # Model card: { $name }
card-intro = A language model that was trained further on this machine, on data of your own. It is listed as { $id }. { $state }
card-state-trained = Nobody has measured yet how good it is.
card-state-evaluated = How good it is was measured; see below.
card-state-retired = It is retired and no longer answers, because it learned from somebody whose data was erased.
card-how = All of this was computed from the appliance's audit log and files; nobody wrote it by hand. Numbers in [square brackets] are the entries of the log that a sentence rests on.
card-check = To check it: `appliance audit prove NUMBER` proves one entry to anybody, and `appliance audit verify` recomputes all of them.
card-entries = { $shown } and { NUMBER($more) } more
card-what = What it is
card-data = What it learned from
card-making = How it was made
card-results = How good it is
card-people = Who, and when
card-gaps = What is not known
card-base = It began as the model { $name } (size: { NUMBER($parameters) } numbers, its parameters; { $licence }).
card-licence = licence { $licence }
card-licence-absent = licence not stated
-card-beside = The base model itself was left as it was; what was learned is in a small part beside it, an adapter
card-method-qlora = { -card-beside } (method QLoRA: the base model is kept in a compressed form, 4 bits a number).
card-method-lora = { -card-beside } (method LoRA).
card-method-full = Training changed all of the base model's numbers (full fine-tuning).
card-method-last-layers = Training changed the last part of the base model and left the rest as it was (method: last layers).
card-method = Method: { $method }.
card-made-from = It was not trained itself: it was made smaller from the adapter { $adapter }.
card-digest = The fingerprint (SHA-256) of the file with what was learned is { $digest }.
card-dataset = Data set { $name }, version { $version } ({ $change }): { $rows ->
        [one] 1 example
       *[other] { NUMBER($rows) } examples
    }, { NUMBER($training) } to learn from, { NUMBER($validation) } to see when to stop, { NUMBER($test) } held back for the test.
card-data-purpose = Purpose: { $value }.
card-data-owner = Owner: { $value }.
card-data-licence = Licence: { $value }.
card-data-legal_basis = Legal basis: { $value }.
card-data-keep_until = Keep until: { $value }.
card-found = Worth knowing about its examples: { $found }.
card-personal = Personal data found in its examples: { $found }.
card-passes = It was to read the examples { $passes ->
        [one] once
       *[other] up to { $passes } times
    }, { $rows } at a time.
card-larger-passes = The adapter that it was made from was to read the examples { $passes ->
        [one] once
       *[other] up to { $passes } times
    }, { $rows } at a time.
card-took = Training took { SECONDS($seconds) }, in which { NUMBER($tokens) } pieces of words (tokens) went through it.
card-flop = The computing this took: about { NUMBER($digits, maximumFractionDigits: 1) } x 10^{ $power } operations (FLOP, which the EU AI Act counts by).
card-settings = Settings, for a specialist: { $settings }.
card-setting-rank = rank { $value }
card-setting-learning_rate = learning rate { $value }
card-setting-seed = seed { $value }
card-setting-preset = preset { $value }
card-not-measured = It was not measured. Do not rely on it before it is.
card-right-tuned = This model answered { NUMBER($right) } of { NUMBER($of) } test questions right; of very many like them it would get between { $low } and { $high } in 100 right (95% confidence).
card-right-original = The base model before training answered { NUMBER($right) } of { NUMBER($of) } test questions right; of very many like them it would get between { $low } and { $high } in 100 right (95% confidence).
card-declined-tuned = Of { NUMBER($of) } test questions that its data does not answer, this model declined { NUMBER($declined) }.
card-declined-original = Of { NUMBER($of) } test questions that its data does not answer, the base model before training declined { NUMBER($declined) }.
card-same-data = The test questions come from the same data, and training never saw them. On other questions it may do worse.
card-training-asked = Training was asked for by { $who } at { TIME($when) } UTC.
card-training-ended = Training ended at { TIME($when) } UTC; { $who } had asked for it.
card-smaller-asked = The smaller adapter was asked for by { $who } at { TIME($when) } UTC.
card-smaller-made = It was ready at { TIME($when) } UTC; { $who } had asked for it.
card-test-asked = The test was asked for by { $who } at { TIME($when) } UTC.
card-uses = Times it was asked something: { NUMBER($requests) }, by people: { NUMBER($people) }.
card-missing-purpose = Nobody said what the data is for.
card-missing-owner = Nobody said who answers for the data.
card-missing-legal_basis = Nobody said on which legal basis the data is used.
card-missing-licence = The base model came without a licence.
card-unbound-data = The log does not bind what is said of the data: it rests on the database alone, which somebody may have changed.
card-unbound-training = The log does not bind what is said of the training: it rests on the database alone, which somebody may have changed.
card-unbound-evaluation = The log does not bind what is said of the evaluation: it rests on the database alone, which somebody may have changed.
card-unbound-rank = The log does not bind what is said of the rank: it rests on the database alone, which somebody may have changed.
card-too-long = { $rows ->
        [one] 1 example was
       *[other] { NUMBER($rows) } examples were
    } too long for the model and left out.
card-untried-unanswerable = How it answers what its data does not speak of: nobody tried.
card-untried-repeating = Whether it repeats its data word for word: nobody tried.

# The report on a training
run-title = { $name } ({ $id })
run-trained = Trained: { $method }, rank { $rank }, up to { $passes ->
        [one] 1 pass
       *[other] { $passes } passes
    } over the data, in { SECONDS($seconds) }.
run-trained-without-rank = Trained: { $method }, up to { $passes ->
        [one] 1 pass
       *[other] { $passes } passes
    } over the data, in { SECONDS($seconds) }.
run-method-qlora = an adapter on a 4-bit model (QLoRA)
run-method-lora = an adapter (LoRA)
run-method-full = the whole model
run-method-last-layers = the last layers
run-made-from = Made from { $adapter }. { $sentence }
run-loss = Loss on rows set aside: { NUMBER($loss, minimumFractionDigits: 3, maximumFractionDigits: 3) } (smaller is better).
run-speed = { NUMBER($speed) } tokens a second.
run-not-measured = Not measured yet: `appliance evaluate` asks it the held-out questions.

# The doctor
doctor-kernels = The package `kernels` is installed: transformers and bitsandbytes would use it to load code from a hub. Remove it.
doctor-isolation = Isolation: { NUMBER($refused) } ways out were tried and refused, { NUMBER($open) } got through.
doctor-untried = { $count ->
        [one] 1 more could not be tried, because the kernel does not have it or this process may not use it.
       *[other] { NUMBER($count) } more could not be tried, because the kernel does not have them or this process may not use them.
    }
doctor-missing = Not there on this machine: { $wall }

# The certificate of an erasure
erasure-all = the dataset
erasure-versions = versions { $versions } of the dataset
erasure-keys = The keys of all three parts of { $what }: no key that this home has from now on opens what they encrypted, neither in its files nor in older copies of its database.
erasure-files = The encrypted files of { $what }, and the encrypted checkpoints and answers of the jobs that read it, with their keys.
erasure-approval = One person asked for this, and no second approved it: this version of the appliance has no approvals yet.
erasure-not-copies = An older copy of keyring.json, with one of the passphrases, credentials or recovery keys that opened it, and older copies of the database and the files: whoever has all of these reads the dataset. Destroy such copies; snapshots of a file system are copies.
erasure-not-remnants = Remnants on solid-state disks, which keep old blocks for a time, those of the older keyring.json among them.
erasure-not-source = The file from which the dataset was imported, and whatever was copied out of the appliance.
erasure-not-listed = The dataset's name, its instruction for the model and its counts, which stay listed.
erasure-not-backups = Backups that were taken while the dataset was there: { $backups }. With a recovery key they hold it. Delete them.
erasure-no-backups = Backups: the appliance knows of none that was taken while the dataset was there.
erasure-not-adapters = Adapters that learned from the dataset, and may repeat parts of it: { $adapters }. They are still there.
