# The program
help-appliance = A private fine-tuning appliance: encrypted data in, a measured model out, nothing leaves.
help-usage = Usage:
help-usage-options = [OPTIONS]
help-usage-command = [OPTIONS] COMMAND [ARGUMENTS]...
help-arguments = Arguments
help-options = Options
help-commands = Commands
help-examples = Examples
help-default = [default: { $value }]
help-required = [required]
help-many = [may be given several times]
metavar-int = NUMBER
metavar-float = NUMBER
metavar-str = TEXT
metavar-path = PATH
option-help = Show this help.
option-program-version = Show the version.

# Groups of commands
help-group-adapter = Tuned models.
help-group-audit = The audit log.
help-group-dataset = Datasets.
help-group-job = Jobs.
help-group-key = Everything that opens the vault, and the keys behind it.
help-group-model = Base models.
help-group-person = A person in the datasets: find and erase their rows.
help-group-rank = The rank of adapters: how much they can learn, and how much of it is used.
help-group-user = Accounts.

# Commands
help-init = Create a home: keys, an encrypted database, an audit log and the first account.
help-status = Show the state of the home.
help-unseal = Open the vault of the running server.
help-seal = Close the vault of the running server, which then forgets its keys.
help-doctor = Test the isolation, and name what is wrong with this machine or installation.
help-serve = Serve the pages and run the queue of jobs until stopped.
help-evaluate = Measure a tuned model against its base model on questions that training never saw.
help-chat = Ask a tuned model and its base model the same question. Without --prompt, it is read from the terminal or from standard input, where other users of this machine cannot see it.
help-version = Show the version.
help-completion = Print the script that completes commands and options in a shell.
help-model-import = Import a base model: a folder of safetensors, or the starter model.
help-model-list = List the base models.
help-model-show = Show a base model with the hashes of its files.
help-job-list = List the jobs, and what each is about.
help-job-show = Show a job and its progress.
help-job-watch = Follow a job to its end. Without a server, this runs it.
help-job-stop = Stop a job. The best result so far is kept.
help-job-resume = Resume a stopped or failed job from its last checkpoint.
help-adapter-list = List the tuned models.
help-adapter-show = Report on a tuned model in plain words.
help-adapter-card = Show the model card: what is known about a tuned model, each fact with its entries in the audit log.
help-adapter-shrink = Make a smaller adapter from one, and measure the loss of both.
help-user-add = Create an account with a one-time password.
help-user-list = List the accounts.
help-dataset-import = Import a table, JSON, an Excel workbook, Parquet, or a ZIP of these. It is encrypted as it is read.
help-dataset-list = List the datasets.
help-dataset-preview = Show how a file would be read, without importing it.
help-dataset-show = Show a dataset and its first rows.
help-dataset-check = Show what was found in the rows of a dataset, and how to fix it.
help-dataset-fix = Fix the rows of a dataset. This makes a new version; the one before stays as it was.
help-dataset-versions = List the versions of a dataset, with the models trained on each.
help-dataset-origin = State where a dataset comes from, what it may be used for, and until when.
help-dataset-hold = Put a dataset on legal hold: none of it can be shredded.
help-dataset-release = End a legal hold.
help-dataset-renew-keys = Rewrite a dataset under new data keys, and shred everything that the old keys open.
help-dataset-shred = Make a dataset unreadable for good, and certify it.
help-dataset-certificate = Print the signed certificate of a shredded dataset.
help-person-find = Find the rows about a person, and the models trained on them.
help-person-erase = Erase a person: write new versions without their rows, shred the old ones, retire the models.
help-train = Train a model on a dataset.
help-sweep = Try several ranks as one job, stop the hopeless ones early, and keep the best adapter.
help-rank-advise = Recommend a rank before training, or say afterwards which rank would have been enough.
help-parameters = Count what a matrix, an adapter or a whole model has to learn.
help-backup = Back up the home, sealed to its recovery keys.
help-restore = Rebuild a home from a backup, completely or not at all, in an empty place.
help-key-list = List everything that opens the vault.
help-key-add-slot = Add a passphrase, or a systemd credential (appliance-key, written to --out).
help-key-recovery = Create a recovery key: 24 words to print, and a file. It opens the home when every passphrase is lost.
help-key-recover = Open the home with a recovery key, and give it a new passphrase.
help-key-remove-slot = Remove a passphrase, credential or recovery key, and replace the keys that its holder could have kept.
help-key-rotate = Replace the root key, the epoch key and the database key. Passphrases and recovery keys keep working.
help-key-rotate-log = Give the audit log a new signing key, signed by the old one, which is then forgotten.
help-audit-show = Show the latest entries of the log, or the latest that match.
help-audit-life = Tell the whole life of an object: what it was made from, what was done with it, what was made from it.
help-audit-verify = Recompute the whole log, compare it with checkpoints and archives, and name the first bad entry.
help-audit-checkpoint = Write a signed checkpoint for an auditor to take away. Any later log must extend it.
help-audit-prove = Prove that an entry is in the log (C2SP tlog-proof) to somebody who has only the log's key.
help-audit-confirm = Ask whether the log mentions a file or a name, of which it stores only keyed fingerprints.
help-audit-export = Write every entry as one JSON object a line, or the whole log for the offline verifier.
help-audit-archive = Move old entries of the log into an archive. Their hashes stay, so that everything can still be proved.
help-audit-events = List every event that the log may contain, and who may cause it.
help-audit-reviews = List the latest reviews, and the entries that nobody has reviewed yet.
help-audit-sign-off = Sign off a review of the log with the auditor's own password.

# Parameters
option-as_json = Print one JSON value, in English.
option-passphrase_file = Read the passphrase from this file.
option-new_passphrase_file = Read the new passphrase from this file.
option-password_file = Read the auditor's password from this file.
option-recovery_file = The file of the recovery key. Without it, the words are typed.
option-recovery-file = The file of the recovery key. Without it, the words are typed.
option-wait = Wait until the job has ended.
option-user = Name of the account.
option-role = Role of the account.
option-host = Address of this machine to serve on.
option-port = Port to serve on.
option-adapter = Name or id of a tuned model.
option-dataset = Name or id of a dataset.
option-model = Name or id of a base model.
option-job = Id of a job, or its beginning.
option-prompt = The question. Other users of this machine can see it while the command runs.
option-shell = The shell.
option-path = A folder of safetensors.
option-starter = The small model that is installed with the appliance.
option-name = What to call it. By default as the file or folder.
option-adapter-name = What to call the tuned model.
option-slot-name = What to call it, so that you recognise it in the list.
option-answers = Also show each test question with both answers.
option-out = Write it to this new file.
option-secret-out = Write the secret to this new file (0600).
option-rank = Rank of the adapter.
option-keep = Instead of a rank: how many percent of what was learned to keep.
option-learning_rate = Resume with this lower learning rate.
option-data = The file with the data.
option-question = Name of the column with the questions.
option-answer = Name of the column with the answers.
option-encoding = Encoding of a text file, if it is not recognised.
option-delimiter = What separates the columns, if it is not recognised.
option-system_prompt = An instruction that the model gets before each question.
option-token-model = The base model in whose tokens rows are counted. By default the newest.
option-part-seed = Decides which rows are held out. The same seed holds out the same rows.
option-purpose = What a model is to learn from it.
option-owner = Who is responsible for the data.
option-licence = The licence under which it may be used.
option-legal_basis = The legal basis of GDPR article 6(1), such as consent or contract, or “not personal data”.
option-keep_until = The last day on which it may be trained on, such as 2027-12-31.
option-part = Which part of the dataset.
option-shown-rows = How many rows to show.
option-version = Which version. By default the current one.
option-check = What to fix: the name of a check, as shown in brackets by “dataset check”.
option-fix = How to fix it.
option-row = Instead of a check: the number of a row to drop.
option-reason = Why it must be kept.
option-known = What is known: a name, an e-mail address, a number.
option-adapter-method = The kind of adapter for which a rank is recommended.
option-method = What is trained. “auto” chooses what fits this machine, and the recommended rank.
option-preset = How long to train.
option-range = From { NUMBER($low, maximumFractionDigits: 9) } to { NUMBER($high, maximumFractionDigits: 9) }.
option-seed = Seed of the random numbers.
option-dry_run = Only show the plan. Nothing is started.
option-ranks = Two to eight ranks, separated by commas.
option-memory_gib = How much memory training may use. By default all of this machine's.
option-layers = Also show each matrix with its singular values.
option-again = Analyse an adapter again that was analysed before.
option-matrix-rows = Rows d of one matrix.
option-columns = Columns k of one matrix.
option-table = Show which models fit on which GPU.
option-backup-folder = A folder on another disk. A second backup there writes only what is new.
option-restore-source = The folder with the backups.
option-backup = Id of a backup, or its beginning. By default the newest.
option-credential = Create a secret for a systemd credential instead of a passphrase.
option-slot = Name or id of what is to be removed.
option-last = How many entries.
option-person = Who acted or was affected: a name or an id.
option-audit-action = What was done: “dataset.import”, or “dataset.” for everything about datasets.
option-object_id = Name or id of the object that was acted on.
option-outcome = How it ended.
option-since = A day or a time in UTC, such as 2026-11-25 or 2026-11-25T14:30.
option-until = The same. A day is included.
option-life = Name or id of an object.
option-witness = A checkpoint that was taken away earlier.
option-archive = A folder with archives of the log.
option-to = The folder of the archives, on another disk.
option-before = Archive what is older than this day (UTC). By default everything that the policy allows.
option-archive-dry-run = Only show what would be archived.
option-checkpoint-out = A new file. Keep it where nobody who works with the appliance can change it.
option-entry = Number of an entry.
option-proof-out = Write the proof to this new file.
option-confirm-file = Was it this file? It is read here, and only its digest is looked up.
option-confirm-name = Was it this name or address?
option-export-out = A new file, or a new folder for --format folder. By default standard output.
option-format = jsonl, ocsf, or folder for the offline verifier (ops/verify_audit.py).
option-markdown = As a page in Markdown.
option-auditor = Name of the auditor's account.
option-note = What was looked for, and what was found.
option-first = The first reviewed entry. By default the first that nobody has reviewed.
option-last-reviewed = The last reviewed entry, included. By default the last of those.

# Wrong usage
usage-help = “{ $command } --help” shows how it is used.
usage-missing = { $name } is missing.
usage-no-option = There is no option { $name }.
usage-no-command = There is no command “{ $name }”.
usage-close = Did you mean { $names }?
usage-option-value = { $name } is used in the wrong way: it either lacks its value or takes none.
usage-value = { $name } has a value that is not allowed.
usage-int = { $name } must be a whole number, not “{ $value }”.
usage-float = { $name } must be a number, not “{ $value }”.
usage-surplus = Too many arguments: { $words }
usage-aborted = Stopped.

# Tables
cell-count = { NUMBER($number) }
heading-id = id
heading-name = name
heading-parameters = parameters
heading-licence = licence
heading-method = method
heading-rank = rank
heading-state = state
heading-role = role
heading-kind = kind
heading-about = about
heading-reason = reason
heading-rows = rows
heading-training_rows = to train on
heading-test_rows = held out
heading-keep_until = keep until
heading-hold_reason = on hold
heading-version = version
heading-change = what was changed
heading-made = tuned models
heading-sequence = #
heading-who = who
heading-action = action
heading-what = object
heading-outcome = outcome
heading-stage = stage
heading-times = times
heading-entries = entries
heading-objects = objects
heading-meaning = meaning
heading-first = from entry
heading-last = to entry
heading-note_state = note is
heading-note = note
code-trained = trained
code-evaluated = evaluated
code-retired = retired
code-ready = ready
code-shredding = being shredded
code-shredded = shredded
code-passphrase = passphrase
code-credential = systemd credential
code-recovery = recovery key
layer-name = matrix
layer-copies = copies
layer-size = d x k
layer-full = d·k
layer-adapter = r·(d+k), r={ $rank }
empty-model-list = No model is installed yet. Run `appliance model import --starter`.
empty-adapter-list = There is no adapter yet. Run `appliance train`.
empty-job-list = There is no job yet.
empty-user-list = There is no account.
empty-key-list = Nothing opens the vault.
empty-dataset-list = There is no dataset yet. Run `appliance dataset import FILE`.
empty-audit-show = There is no such entry.
empty-audit-life = Nothing was done with it.
empty-audit-reviews = There is no review yet.

# Prompts
prompt-passphrase = Passphrase:
prompt-new-passphrase = New passphrase:
prompt-again = The same again:
prompt-password = Password of { $name }:
prompt-words = The { $words } words:
prompt-question = Question:

# Progress
progress-left = left
progress-loss = { $title } (loss { NUMBER($loss, minimumFractionDigits: 3, maximumFractionDigits: 3) })
progress-job = Working
progress-train = Training
progress-evaluate = Evaluating
progress-shrink = Making it smaller
progress-sweep = Comparing ranks
progress-explain = Analysing the adapter

# The home
done-init = The home is created. First account: { $user }, one-time password: { $password } (shown once).
init-warning = Whoever loses the passphrase loses the data: nobody can recover it, including us. Create a recovery key now and keep it in a safe: `appliance key recovery`.
status-open = The vault is open. The audit log has { NUMBER($entries) } entries.
status-sealed = The vault is sealed. The audit log has { NUMBER($entries) } entries.
done-unseal = The vault is open.
done-seal = The vault is sealed.
done-version = appliance { $version }
chat-original = original: { $answer }
chat-tuned = tuned:    { $answer }
chat-question = There is no question. Give one with --prompt, type it on a terminal, or pipe it in.
completion-shell = There is no completion for { $shell }, only for { $shells }.
home-in-use-served = A server already serves this home: process { $process }, at { $address }. Stop it first, or choose another home with APPLIANCE_HOME.
home-absent = There is no home here yet. Create one with `appliance init`.
server-absent = This needs a running server. Start one with `appliance serve`.
server-answer = The server's answer (status { $status_code }) could not be understood: it may be of another version. Restart it.
server-gone = The server ended before it answered. See `appliance status`.
out-exists = { $out_name } already exists. Name a new folder.
out-exists-file = { $path_name } already exists. Name a new file.
passphrase-short = The passphrase is too short: it needs at least { $min_passphrase_characters } characters.
passphrase-file = The passphrase file { $path_name } is empty or longer than { $max_passphrase_bytes } bytes.
passphrase-file-unreadable = The passphrase file { $path_name } cannot be read.
passphrase-differ = The two passphrases differ. Nothing was done; try again.
passphrase-absent = A passphrase is needed, and there is no terminal to type it on. Name a file with --passphrase-file.

# Models, jobs, adapters, accounts
model-which = Name a folder, or say --starter.
done-model-import = { $name } is installed as { $id }: { NUMBER($parameters) } parameters.
model-shown = { $name } ({ $id }): { $architecture }, { NUMBER($parameters) } parameters, licence: { $licence }. Files with their SHA-256:
job-queued = The job { $id } is queued. `appliance job watch { $id }` follows it.
job-state-is = The job is { $state }.
job-step = Step { $step } of { $steps }.
job-failed = The job { $identifier } failed. { $reason }
done-job-stop = The job was asked to stop.
answer = { $question }
    {"  "}expected: { $reference }
    {"  "}original: { $original }
    {"  "}tuned:    { $tuned }
done-adapter-card = The model card is in { $out }.
done-user-add = { $name } ({ $role }) has the one-time password { $password } (shown once).

# Training and ranks
rank-stopped = The analysis was stopped before it ended. Start it again.
sweep-ranks-list = Ranks are whole numbers, separated by commas: 4,8,16.
rank-which-options = Give --dataset and --model (before training), or --adapter (after it).
rank-choice = {"  "}rank { $rank }: { NUMBER($parameters) } parameters, at most { NUMBER($peak_mib) } MiB
rank-choice-too-large = {"  "}rank { $rank }: { NUMBER($parameters) } parameters, at most { NUMBER($peak_mib) } MiB; does not fit
rank-source = Why: { $source }.
rank-energy = {"  "}Rank that keeps so much of what was learned (energy): { $enough }.
rank-mean = {"  "}Average over { $matrices } matrices: effective rank { NUMBER($effective_rank, maximumFractionDigits: 1) }, stable rank { NUMBER($stable_rank, maximumFractionDigits: 1) }.
rank-layer = {"  "}{ $name }: effective rank { NUMBER($effective_rank, maximumFractionDigits: 1) }, stable rank { NUMBER($stable_rank, maximumFractionDigits: 1) }, { $numeric_rank } in use, largest { $largest }
parameters-which = Give --rows and --columns, or --model, or --table.
parameters-matrix = W0 has d·k = { NUMBER($rows, useGrouping: 0) } x { NUMBER($columns, useGrouping: 0) } = { NUMBER($full) } numbers. B·A of rank { $rank } has d·r + r·k = { NUMBER($rows, useGrouping: 0) } x { $rank } + { $rank } x { NUMBER($columns, useGrouping: 0) } = { NUMBER($adapter) }: { NUMBER($times_smaller, maximumFractionDigits: 1) } times fewer.
parameters-model = { $name }: { NUMBER($parameters) } numbers; an adapter of rank { $rank } on all linear layers: { NUMBER($adapter) }, { NUMBER($times_smaller, maximumFractionDigits: 0) } times fewer.

# Datasets
dataset-file = The file { $file_name } cannot be read: { $strerror }.
done-dataset-import = { $name } is imported, encrypted, as { $id }: { NUMBER($training) } rows to train on, { NUMBER($validation) } to validate, { NUMBER($test) } held out.
done-dataset-fix = Version { $version } of { $name } is ready: { $changed ->
        [one] 1 row changed.
       *[other] { NUMBER($changed) } rows changed.
    }
done-dataset-renew-keys = { $name } has new keys, as version { $version }. The versions before are shredded.
done-dataset-shred = The dataset { $dataset } is shredded. What that cannot reach:
done-dataset-hold = { $name } is on legal hold: none of it is shredded until it is released.
done-dataset-release = { $name } is released from the legal hold.
done-person-erase = { $certificates ->
        [one] 1 certificate.
       *[other] { $certificates } certificates.
    } `appliance dataset certificate DATASET` prints them again.
dataset-shown = { $name }: { NUMBER($rows) } rows
dataset-row = row { NUMBER($row, useGrouping: 0) }: { $text }
stated = { $name }: { $value }
stated-nothing = not stated
report-rows = { $rows ->
        [one] 1 row.
       *[other] { NUMBER($rows) } rows.
    }
report-source = { $name }: { $source_format }, { $note }; { $shape }.
report-left-out = { $count ->
        [one] 1 row could not be used and was left out:
       *[other] { NUMBER($count) } rows could not be used and were left out:
    }
report-check = { $title } [{ $code }]: { $count ->
        [one] 1 row.
       *[other] { NUMBER($count) } rows.
    } { $advice }
report-fixes = (fix: { $fixes })
report-personal = { $kind }: { NUMBER($count) } ({ $action })
person-nowhere = No row of any dataset mentions this person, in any spelling that was searched for.
person-place = { $name } ({ $id }), version { $version }, { $part }: { $count ->
        [one] 1 row
       *[other] { NUMBER($count) } rows
    } ({ $rows })
person-adapter = The tuned model { $name } ({ $id }) was trained on version { $version }.

# Backups and keys
done-backup = The backup { $id } is complete: { $files ->
        [one] 1 file.
       *[other] { NUMBER($files) } files.
    } A recovery key of this home opens it.
done-restore = The home is as in the backup { $backup }: { NUMBER($files) } files, { NUMBER($log_entries) } entries of the log. Compare the log's public key with the one your auditor has: { $log_key }. { $policies } Next: `appliance doctor`.
key-out = A credential is written to a file. Name a new one with --out.
done-key-add-slot = The new passphrase opens the home too (id { $id }).
done-key-credential = { $out } opens the home now. Give it to systemd: systemd-creds encrypt --name=appliance-key.
done-key-recovery = These words open the home. They are shown only once: write them down and keep them in a safe.

    { $words }
done-key-recovery-file = The recovery key is in { $out }, also as { $words } words. Print it, keep it in a safe, and delete the file.
done-key-recover = The home opens with the new passphrase (id { $id }). Remove what was lost: `appliance key remove-slot`.
done-key-remove-slot = { $slot } is removed; old copies of the keyring open nothing here either. { $left } left.
done-key-rotate = The keys are new; this is epoch { $epoch }.
done-key-rotate-log = Entry { NUMBER($entry, useGrouping: 0) } hands the audit log over to the key { $log_key }.

# The audit log
verified = The audit log verifies: { NUMBER($entries) } entries, { NUMBER($signed) } of them signed.
verified-witnesses = It extends what was taken away earlier ({ $count ->
        [one] 1 checkpoint
       *[other] { $count } checkpoints
    }).
verified-archives = { NUMBER($count) } archived entries are unchanged.
verify-archives-too = Verify them too: --archive FOLDER.
entries = { NUMBER($first, useGrouping: 0) } to { NUMBER($last, useGrouping: 0) }
done-audit-checkpoint = The checkpoint of { NUMBER($entries) } entries is in { $out }. Write down the log's key with it, once: { $key }
proof-archived = Entry { NUMBER($sequence, useGrouping: 0) } is archived. Its hash, which is proved here: { $hash }
audit-log-key = The log's key: { $key }
confirm-nothing = The log does not mention it, or no longer mentions anybody: a person who was erased cannot be found.
confirm-found = Yes: { $what } { $id }; entries { $entries }.
confirm-became = Yes: { $what } { $id }, which became { $datasets }; entries { $entries }.
export-folder = The log of { NUMBER($entries) } entries is in { $out }. Verify it: python verify_audit.py { $out }.
export-archives-too = { $archived } Give their folder too: --archive FOLDER.
done-audit-export = { $out } has { NUMBER($entries) } entries.
export-without-archives = They are not included.
archive-nothing-before = Nothing in the log is older than { $before } and may be archived.
archive-planned = Entries older than { $before }: { $entries } of those from { NUMBER($first, useGrouping: 0) } to { NUMBER($last, useGrouping: 0) } would be archived and leave the home. Their hashes would stay.
done-audit-archive = Entries { NUMBER($first, useGrouping: 0) } to { NUMBER($last, useGrouping: 0) } are archived in { $to } and have left the home ({ $removed } files). Their hashes stay here. Keep the archive as long as the law requires. SHA-256 of its list: { $digest }
archive-place = An archive in the home itself is lost with it. Name a folder on another disk.
archive-place-absent = Name the folder for the archive: --to FOLDER.
audit-witness-file = The checkpoint { $path_name } cannot be read: { $strerror }.
audit-file-read = The file { $path_name } cannot be read: { $strerror }.
audit-out = A log for the verifier is a folder. Name a new one.
audit-reviewed = Every entry was reviewed.
audit-open-entries = Nobody has reviewed entries { NUMBER($first, useGrouping: 0) } to { NUMBER($last, useGrouping: 0) } yet: { NUMBER($entries) }, of which { NUMBER($denied) } denied, { NUMBER($failed) } failed, { NUMBER($looks) } looks at the log.
done-audit-sign-off = Signed off: entries { NUMBER($first, useGrouping: 0) } to { NUMBER($last, useGrouping: 0) }, { NUMBER($entries) } in all.
