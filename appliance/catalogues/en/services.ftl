# Asking for something
operation-unknown = There is no such operation.
operation-parameters = The parameters of "{ $operation }" are wrong. { $mistakes }{ $count ->
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
name-ambiguous = "{ $named }" could be any of { NUMBER($count) }: { $candidates }. Use more of the id.
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
