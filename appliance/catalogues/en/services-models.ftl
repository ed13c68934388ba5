# Training
training-seed = The seed must be a number from 0 to { NUMBER($max_seed, useGrouping: 0) }.
training-empty = The dataset has no rows to train on. Import one with at least ten examples.
prompts-template-none = { $name } has no chat template, so it does not know a question from an answer. Import the model of its family that was made for chat (often called "Instruct").
rank-none = This method has no rank.
rank-method = Only LoRA and QLoRA have a rank; { $method } does not. Choose one of { $adapter_methods }.
rank-method-compare = Only LoRA and QLoRA have ranks to compare; { $method } does not.
rank-budget = The memory must be between 0.1 and 65,536 GiB.
rank-lengths = The lengths of this dataset's rows were not counted at import, so no rank can be recommended. Import the file again.
sweep-ranks = Choose { $least } to { $most } different ranks to compare, not { $count }.
sweep-validation = The dataset has no validation rows, so ranks cannot be compared. Import one with more rows.

# Adapters and models
not-found-model = There is no such model. `appliance model list` shows the models.
not-found-adapter = There is no such adapter. `appliance adapter list` shows the adapters.
adapter-retired = This adapter was retired: it was trained on the data of a person whose data was erased. Train a new one on the dataset's current version.
card-version = The dataset version that this adapter was trained on is no longer listed.

# Evaluation
evaluation-empty = The dataset has no test questions, so nothing can be measured. Import one with more rows.
not-found-evaluation = This adapter has not been evaluated. Run `appliance evaluate`.
not-found-answers = The answers of this evaluation are no longer there, although the dataset is. Evaluate again.

# Rank of an adapter
rank-method-no-rank = This model was trained with { $method }, which has no rank. Train an adapter with LoRA or QLoRA to have its rank analysed.
rank-method-dora = This adapter was trained with DoRA, which also rescales each row: its update is not simply B A, and a lower rank would change the scales too. Train one without DoRA to have its rank analysed.
not-found-rank = The rank of this adapter has not been analysed. Run `appliance rank advise --adapter { $adapter }`.
rank-gone = The singular values were deleted when the dataset was shredded. `appliance rank advise --adapter { $adapter } --again` computes them again.
rank-shrink = The adapter has rank { NUMBER($rank) }. A smaller one can have a rank from 1 to { NUMBER($most) }, not { $chosen }.
rank-validation = The dataset has no validation rows, so the loss before and after cannot be measured.
rank-which = Give either a rank or the share of what was learned that should be kept.
rank-share = The share to keep must be between 0 and 1.
rank-unknown = It is not yet known how much each rank would keep. Run `appliance rank advise --adapter { $adapter }`.

# Chat
chat-length = Write a question. A chat has at most { NUMBER($max_turns) } turns and { NUMBER($max_characters) } characters.
chat-start = The model could not be loaded. Try again.
chat-full = { $count ->
    [one] Another tuned model is answering at the moment. Try again in a minute.
   *[other] { NUMBER($count) } other tuned models are answering at the moment. Try again in a minute.
}
chat-ended = The model was unloaded. Ask again.
