# The model card
card-title = # Model card: { $name }
card-intro = A language model that was fine-tuned on this machine with your own data. Its id is { $id }. { $state }
card-state-trained = How good it is has not been measured yet.
card-state-evaluated = How good it is has been measured; see below.
card-state-retired = It has been retired and no longer answers, because it was trained on a person's data that has since been erased.
card-how = All of this was computed from the appliance's audit log and files; nobody wrote it by hand. Numbers in [square brackets] are the entries of the log that a sentence is based on.
card-check = To check it: `appliance audit prove NUMBER` proves one entry to anyone, and `appliance audit verify` recomputes all of them.
card-entries = { $shown } and { NUMBER($more) } more
card-what = What it is
card-data = What it was trained on
card-making = How it was made
card-results = How good it is
card-people = Who and when
card-gaps = What is not known
card-base = It is based on the model { $name } (size: { NUMBER($parameters) } numbers, called parameters; { $licence }).
card-licence = licence { $licence }
card-licence-absent = licence not stated
-card-beside = The base model itself was left unchanged; what was learned is in a small part beside it, an adapter
card-method-qlora = { -card-beside } (method QLoRA: the base model is kept in a compressed form, with 4 bits per number).
card-method-lora = { -card-beside } (method LoRA).
card-method-full = Training changed all of the base model's numbers (full fine-tuning).
card-method-last-layers = Training changed the last part of the base model and left the rest unchanged (method: last layers).
card-method = Method: { $method }.
card-made-from = It was not trained itself, but made by shrinking the adapter { $adapter }.
card-digest = The fingerprint (SHA-256) of the file that holds what was learned is { $digest }.
card-dataset = Dataset { $name }, version { $version } ({ $change }): { $rows ->
        [one] 1 example
       *[other] { NUMBER($rows) } examples
    }, { NUMBER($training) } for training, { NUMBER($validation) } for deciding when to stop, { NUMBER($test) } held out for the test.
card-data-purpose = Purpose: { $value }.
card-data-owner = Owner: { $value }.
card-data-licence = Licence: { $value }.
card-data-legal_basis = Legal basis: { $value }.
card-data-keep_until = Keep until: { $value }.
card-found = Findings in its examples: { $found }.
card-personal = Personal data found in its examples: { $found }.
card-passes = Training was set to read the examples { $passes ->
        [one] once
       *[other] up to { $passes } times
    }, { $rows } at a time.
card-larger-passes = The training of the adapter that it was made from was set to read the examples { $passes ->
        [one] once
       *[other] up to { $passes } times
    }, { $rows } at a time.
card-took = Training took { SECONDS($seconds) } and processed { NUMBER($tokens) } pieces of words (tokens).
card-flop = Training needed about { NUMBER($digits, maximumFractionDigits: 1) } x 10^{ $power } operations (FLOP, the measure that the EU AI Act uses).
card-settings = Settings, for specialists: { $settings }.
card-setting-rank = rank { $value }
card-setting-learning_rate = learning rate { $value }
card-setting-seed = seed { $value }
card-setting-preset = preset { $value }
card-not-measured = It has not been measured. Do not rely on it until it has been.
card-right-tuned = This model answered { NUMBER($right) } of { NUMBER($of) } test questions correctly; of a very large number of similar questions, it would answer between { $low } and { $high } in 100 correctly (95% confidence).
card-right-original = The base model before training answered { NUMBER($right) } of { NUMBER($of) } test questions correctly; of a very large number of similar questions, it would answer between { $low } and { $high } in 100 correctly (95% confidence).
card-declined-tuned = Of { NUMBER($of) } test questions that its data does not answer, this model declined to answer { NUMBER($declined) }.
card-declined-original = Of { NUMBER($of) } test questions that its data does not answer, the base model before training declined to answer { NUMBER($declined) }.
card-same-data = The test questions come from the same data, and training never saw them. It may do worse on other questions.
card-training-asked = Training was requested by { $who } at { TIME($when) } UTC.
card-training-ended = Training ended at { TIME($when) } UTC (requested by { $who }).
card-smaller-asked = The smaller adapter was requested by { $who } at { TIME($when) } UTC.
card-smaller-made = The adapter that { $who } had requested was ready at { TIME($when) } UTC.
card-test-asked = The test was requested by { $who } at { TIME($when) } UTC.
card-uses = { $requests ->
        [0] The log shows no questions to it so far.
        [one] It has been asked 1 question.
       *[other] It has been asked { NUMBER($requests) } questions by { $people ->
            [one] 1 person
           *[other] { NUMBER($people) } people
        }.
    }
card-missing-purpose = The purpose of the data is not stated.
card-missing-owner = The owner of the data is not stated.
card-missing-legal_basis = The legal basis for using the data is not stated.
card-missing-licence = The licence of the base model is not stated.
card-unbound-data = The log does not prove what this card says about the data: it comes from the database alone, which somebody may have changed.
card-unbound-training = The log does not prove what this card says about the training: it comes from the database alone, which somebody may have changed.
card-unbound-evaluation = The log does not prove what this card says about the evaluation: it comes from the database alone, which somebody may have changed.
card-unbound-rank = The log does not prove what this card says about the rank: it comes from the database alone, which somebody may have changed.
card-too-long = { $rows ->
        [one] 1 example was too long for the model and was left out.
       *[other] { NUMBER($rows) } examples were too long for the model and were left out.
    }
card-untried-unanswerable = How it responds to questions that its data does not answer has not been tested.
card-untried-repeating = Whether it repeats its data word for word has not been tested.

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
run-loss = Loss on held-out rows: { NUMBER($loss, minimumFractionDigits: 3, maximumFractionDigits: 3) } (smaller is better).
run-speed = { NUMBER($speed) } tokens per second.
run-not-measured = Not measured yet: `appliance evaluate` asks it the held-out questions.

# The doctor
doctor-kernels = The package `kernels` is installed: transformers and bitsandbytes would use it to load code from a hub. Remove it.
doctor-isolation = Isolation: { NUMBER($refused) } ways out were tried and blocked, { NUMBER($open) } were open.
doctor-untried = { $count ->
        [one] 1 more could not be tried, because the kernel does not have it or this process may not use it.
       *[other] { NUMBER($count) } more could not be tried, because the kernel does not have them or this process may not use them.
    }
doctor-missing = Not available on this machine: { $wall }

# The certificate of an erasure
erasure-all = the dataset
erasure-versions = versions { $versions } of the dataset
erasure-keys = The keys of all three parts of { $what }: no key that this home has from now on can open what they encrypted, neither in its files nor in older copies of its database.
erasure-files = The encrypted files of { $what }, and the encrypted checkpoints and answers of the jobs that read it, with their keys.
erasure-approval = One person requested this, and no second person approved it: this version of the appliance does not have approvals yet.
erasure-not-copies = An older copy of keyring.json, with one of the passphrases, credentials or recovery keys that opened it, and older copies of the database and the files: whoever has all of these can read the dataset. Destroy such copies; file system snapshots are copies too.
erasure-not-remnants = Remnants on solid-state disks, which keep old blocks for a time, including those of the older keyring.json.
erasure-not-source = The file from which the dataset was imported, and anything that was copied out of the appliance.
erasure-not-listed = The dataset's name, its system prompt and its row counts, which stay in the lists.
erasure-not-backups = Backups that were taken while the dataset existed: { $backups }. They contain it, and a recovery key opens them. Delete them.
erasure-no-backups = Backups: the appliance knows of none that was taken while the dataset existed.
erasure-not-adapters = Adapters that were trained on the dataset and may repeat parts of it: { $adapters }. They still exist.
