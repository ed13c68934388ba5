# Asking for something
operation-unknown = There is no such operation.
operation-parameters = The parameters of “{ $operation }” are wrong. { $mistakes }{ $count ->
        [one] {""}
        [2] {""}
        [3] {""}
        [4] {""}
        [5] {""}
       *[other] {" "}({ NUMBER($count) } mistakes in all.)
    }
operation-parameter-missing = { $name } is missing.
operation-parameter-unknown = There is no parameter { $name }.
operation-parameter-int = { $name } must be a whole number.
operation-parameter-float = { $name } must be a number.
operation-parameter-bool = { $name } must be true or false.
operation-parameter-text = { $name } must be a text.
operation-parameter-list = { $name } must be a list.
operation-parameter-choice = { $name } must be one of { $choices }.
operation-parameter-invalid = { $name } has a value that is not allowed.
name-ambiguous = “{ $named }” could be any of { NUMBER($count) }: { $candidates }. Use more of the id.
not-found-upload = This upload no longer exists. Send the file again.
not-found-user = There is no such account. `appliance user list` shows the accounts.
sealed-vault = The vault is sealed. The operator can open it with `appliance unseal`.

# Jobs
job-kind-train = Training
job-kind-sweep = Comparison of ranks
job-kind-evaluate = Evaluation
job-kind-ranks = Analysis of the rank
job-kind-shrink = Smaller adapter
job-never-began = Stopped before it began.
job-asked-to-stop = Stopping.
job-state-stopping = The job is already being stopped.
job-state-not-resumable = The job is { $state }. Only a stopped or failed job can be resumed.
job-learning-rate = The learning rate is { NUMBER($now, maximumSignificantDigits: 6) }. To resume, choose a lower one above 0.
job-learning-rate-none = Only a training has a learning rate. Resume this job without one.
worker-out-of-memory-nothing-left = Memory ran out even with the smallest passes. Close other programs on this machine, or choose QLoRA, a smaller model or shorter rows. The last checkpoint is kept, and the job can be resumed.

# Accounts
password-one-time = Choose your own password first: sign in on the web page.

# Operations, as in a request that waits for approval
operation-adapter-answers = Read the test answers of a model
operation-adapter-card = Show a model card
operation-adapter-list = List the tuned models
operation-adapter-show = Show a tuned model
operation-adapter-shrink = Make a smaller model
operation-audit-archive-abort = Abandon an archive of the log
operation-audit-archive-begin = Archive the log
operation-audit-archive-finish = Finish an archive of the log
operation-audit-archive-plan = Plan an archive of the log
operation-audit-checkpoint = Take a checkpoint of the log
operation-audit-confirm = Ask the log about a file or a name
operation-audit-export = Export the log
operation-audit-folder = Export the log for the verifier
operation-audit-life = Show the life of an object
operation-audit-overview = Show an overview of the log
operation-audit-prove = Prove an entry of the log
operation-audit-reviews = List the reviews of the log
operation-audit-search = Search the log
operation-audit-show = Show the latest entries of the log
operation-audit-sign-off = Sign off a review of the log
operation-audit-verify = Verify the log
operation-backup-abort = Abandon a backup
operation-backup-begin = Make a backup
operation-backup-finish = Finish a backup
operation-backup-seal = Seal a backup
operation-chat = Ask a model
operation-dataset-certificate = Show a certificate of erasure
operation-dataset-describe = Describe the origin of a dataset
operation-dataset-hold = Put a dataset on legal hold
operation-dataset-import = Import a dataset
operation-dataset-list = List the datasets
operation-dataset-preview = Preview a file
operation-dataset-release = End a legal hold
operation-dataset-renew-keys = Renew the keys of a dataset
operation-dataset-report = Show the findings in a dataset
operation-dataset-revise = Correct a dataset
operation-dataset-show = Show rows of a dataset
operation-dataset-shred = Shred a dataset
operation-dataset-versions = List the versions of a dataset
operation-evaluate = Evaluate a model
operation-isolation-test = Test the isolation
operation-job-list = List the jobs
operation-job-resume = Resume a job
operation-job-show = Show a job
operation-job-stop = Stop a job
operation-key-add = Add a passphrase
operation-key-credential = Create a credential
operation-key-list = List the key slots
operation-key-recovery = Create a recovery key
operation-key-remove = Remove a key slot
operation-key-rotate = Replace the keys of the vault
operation-key-rotate-log = Replace the signing key of the log
operation-model-import = Import a base model
operation-model-list = List the base models
operation-model-parameters = Count the parameters of a base model
operation-model-show = Show a base model
operation-person-erase = Erase a person's data
operation-person-find = Search the data for a person
operation-rank-advise = Recommend a rank
operation-rank-explain = Analyse the rank of a model
operation-rank-show = Show the rank of a model
operation-seal = Seal the vault
operation-status = Show the status
operation-sweep = Compare ranks
operation-train = Train a model
operation-train-plan = Plan a training
operation-unseal = Open the vault
operation-user-add = Create an account
operation-user-list = List the accounts
