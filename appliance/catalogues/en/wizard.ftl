# The frame of every page
page-brand = Fine-tuning appliance
page-title = { $page } · Fine-tuning appliance
page-app = Models
page-app-title = Train a model on your examples
page-audit = Audit log
page-audit-title = Audit log
page-pages = Pages
page-password = Password
page-sign-out = Sign out
page-footer = Everything done here is recorded in a signed audit log. Data, tuned models and answers are encrypted on this machine, and nothing leaves it.
page-signed-out = Your session has ended. Reload the page and sign in again.
page-signed-out-title = Signed out
page-reference = { $sentence } (Reference: { $reference })
page-not-done = Not done

# The steps
wizard-step-task = Task
wizard-step-data = Data
wizard-step-model = Model
wizard-step-train = Train
wizard-step-results = Results
wizard-back = Back
wizard-back-to-training = Back to training
wizard-look-around = You are signed in as { $role }. You can look around here; bringing data and training models is for trainers.
contender-original = Original model
contender-tuned = Your model (tuned)
chat-no-answer = (No answer.)

# Step 1: task
wizard-task-title = What should the model do?
wizard-task-intro = Choose what comes closest. You need examples of it: a spreadsheet with a question and an answer in each row, for instance.
wizard-task = Task
wizard-task-answers = Answer questions about our work
wizard-task-style = Write in our style
wizard-task-sort = Sort texts into our categories
wizard-task-extract = Extract fields from texts
wizard-task-go-on = Continue to the data
wizard-honest = Do you need fine-tuning?
wizard-honest-answers = If the facts change every week, or if there are only a few of them, you do not: put them into the question, or search your documents. Fine-tuning pays off when the same kind of question comes up often and the answers should come at once, in your own words.
wizard-honest-style = Five good examples in the prompt are often enough. Fine-tuning pays off when the style has to be right every time, without examples.
wizard-honest-sort = With a few clearly named categories, a good prompt may do. Fine-tuning pays off when people need a handbook to decide.
wizard-honest-extract = For fixed forms a simple rule may do. Fine-tuning pays off when the texts are free and the fields are always the same.
wizard-prompt-title = What the model is told before each question (system prompt)
wizard-prompt = System prompt
wizard-prompt-kept = The system prompt is kept with the data that you import in the next step. Training, evaluation and chat all use it.
wizard-prompt-answers = You answer questions of our staff. Answer briefly and exactly. If you do not know the answer, say so.
wizard-prompt-style = You write texts for our company in our own style.
wizard-prompt-sort = You sort what you are given into one of our categories. Answer with the name of the category alone.
wizard-prompt-extract = You extract the fields that are asked for from the text. Answer with the fields alone.

# Step 2: data
wizard-data-title = Bring your examples
wizard-data-intro = Some of the rows are set aside automatically, so that the model can be tested with questions that it never saw in training.
wizard-choose-file = Choose a file
wizard-or-drop = or drop it here
wizard-file-kinds = A table (CSV, Excel, Parquet), JSON, or a ZIP file of them, with questions and answers. It is encrypted while it is being received.
wizard-upload = Upload
wizard-sending = Sending { $name } …
wizard-received = { $name } was received and encrypted.
wizard-not-sent = The file could not be sent. Check that the appliance is running, and send it again.
wizard-looking = Reading the file …
wizard-not-looked-at = The file could not be read. Send it again.
wizard-refused = The file was not imported.
wizard-read-otherwise = Was the file read incorrectly?
wizard-found = Detect automatically
wizard-encoding = Text encoding
wizard-delimiter = Columns are separated by
delimiter-commas = Commas
delimiter-semicolons = Semicolons
delimiter-tabs = Tabs
delimiter-bars = Vertical bars
wizard-column = Column: { $role }
wizard-origin = Where does the data come from, and what may it be used for?
wizard-name = Name
wizard-owner = Owner
wizard-owner-help = Who is responsible for this data
wizard-purpose = Purpose
wizard-purpose-help = What the model is to learn from it
wizard-legal-basis = Legal basis
wizard-not-stated = Not stated
legal-basis-consent = Consent
legal-basis-contract = Contract
legal-basis-legal-obligation = Legal obligation
legal-basis-vital-interests = Vital interests
legal-basis-public-task = Public task
legal-basis-legitimate-interests = Legitimate interests
legal-basis-not-personal-data = Not personal data
wizard-licence = Licence
wizard-keep-until = Keep until
wizard-keep-until-help = After this day the data is no longer used for training
wizard-other-file = Choose another file
wizard-import = Import these rows
wizard-import-columns = Import: choose the columns first
wizard-import-empty = Import: the file has no rows
wizard-import-reading = Import: choose how the file is read first
wizard-importing = Importing: the rows are being checked and encrypted …
wizard-imported = The rows were imported and encrypted.
wizard-not-imported = The file was not imported, and nothing of it was kept.
wizard-dataset = Dataset
wizard-dataset-help = What has been imported on this appliance
wizard-dataset-choice = { $name } ({ $rows ->
        [one] one row
       *[other] { $rows } rows
    })
wizard-drop-rows = Drop rows by number
wizard-drop-rows-example = 12, 40
wizard-drop = Drop these rows
wizard-mended = Version { $version } was created: { $rows ->
        [one] one row changed.
       *[other] { $rows } rows changed.
    }
wizard-data-go-on = Continue to the model
wizard-data-missing = Continue: bring or choose data first

# Step 3: model
wizard-model-title = Which model should learn?
wizard-model-intro = All of these are installed on this machine. A smaller model learns faster, a larger one writes better.
wizard-models = Installed models
wizard-model-licence = licence { $licence }
wizard-model-unlicensed = no licence stated
wizard-model-no-data = Choose data first to see how much memory each model needs.
wizard-model-no-fit = “{ $name }” cannot be trained on this data on this machine. The next step says why.
wizard-no-model = No model is installed yet. Ask the operator of this appliance to install one: `appliance model import --starter` installs a small one.
wizard-model-go-on = Continue to training
wizard-model-missing = Continue: choose a model first

# Step 4: train
wizard-train-title = Train
wizard-train-intro = You can close this page: training goes on, and the page shows it again when you come back.
wizard-new-training = New training
wizard-preset = How long the model practises
wizard-preset-quick =
    Quick
    A first impression, to see whether the data is right
wizard-preset-balanced =
    Balanced
    Right for most data
wizard-preset-thorough =
    Thorough
    For facts that have to be exact; takes longest
preset-quick = quick
preset-balanced = balanced
preset-thorough = thorough
wizard-experts = For experts
wizard-method = What is trained
wizard-method-auto =
    Automatic
    An adapter of the recommended rank, on 4-bit weights if memory is short
wizard-method-lora =
    Adapter (LoRA)
    Beside the frozen model
wizard-method-qlora =
    Adapter on 4-bit weights (QLoRA)
    Needs the least memory
wizard-method-last-layers =
    Last layers
    The last layers of the model itself
wizard-method-full =
    Everything (full fine-tuning)
    All weights of the model: needs the most memory
wizard-settings-help = Leave a number at 0 to let the appliance choose it.
wizard-advised = Recommended: { $advice }
wizard-take-rank = Use the recommended rank
wizard-take-rank-number = Use rank { $rank }
wizard-rank-taken = Rank { $rank } is used
wizard-compare-ranks = Or try several ranks and keep the best
wizard-compare-ranks-help = Training starts with all of them; the better half goes on until one is left (successive halving). This takes one and a half to two and a half times as long as one training. The model with the best rank is kept.
wizard-compare = Compare these ranks
wizard-start = Start training
wizard-start-no-data = Start training: choose data first
wizard-start-no-model = Start training: choose a model first
wizard-start-refused = Start training: change the settings first
wizard-trainings = Trainings on this appliance
wizard-ranks = ranks { $ranks }
wizard-stop = Stop
wizard-stop-and-keep = Stop and keep what was learned
wizard-resume = Resume
wizard-results-wait = Results: available when training is finished
wizard-results-so-far = Results of the model so far
wizard-results-go-on = Continue to the results
training-state-queued = Waiting
training-state-running = Training
training-state-stopping = Stopping; what was learned is being kept
training-state-stopped = Stopped
training-state-failed = Failed
training-state-succeeded = Finished
training-state = State
training-step = Step
training-step-of = { $step } of { $steps }
training-before-it = Jobs ahead
training-ahead = { $jobs ->
        [0] None
       *[other] { $jobs }
    }
training-time-left = Time left
training-time-taken = Time taken
training-speed = Speed
training-tokens-per-second = { $speed } tokens/s

# Step 5: results
wizard-results-title = Did it help?
wizard-results-intro = Both models answer questions that training never saw. Their answers are marked by the same rules.
wizard-adapter = Model
wizard-no-adapter = There is no tuned model yet. Train one in the previous step.
wizard-measure = Evaluate
wizard-measure-wait = Evaluate: train a model first
wizard-measuring = Evaluating …
wizard-measure-again = Evaluate again
wizard-stop-measuring = Stop evaluating
wizard-answers = Show the answers
wizard-answers-wait = Show the answers: evaluate first
results-none = Not evaluated yet. Both models will answer every question that was set aside, which may take a few minutes.
results-measuring = Both models are answering the questions that were set aside …
results-question = Question that training never saw
results-expected = Expected: { $answer }
results-answers = { $questions ->
        [one] One question
       *[other] { $questions } questions
    }
results-no-answers = There are no answers.
results-right = ✓ right
results-wrong = ✗ wrong
wizard-rank-title = How many directions did it need? (rank)
wizard-rank-intro = An adapter learns in a number of directions, its rank. Fewer directions need less memory; with too few, something is lost.
wizard-rank-share = How much of what was learned should a smaller model keep?
wizard-rank-look = Analyse the rank
wizard-rank-look-again = Analyse the rank again
wizard-rank-no-model = Analyse the rank: train a model first
wizard-rank-none = This model has no rank to analyse
wizard-rank-looking = The rank is being analysed …
wizard-shrink = Make it smaller
wizard-shrink-no = It cannot be made smaller
wizard-shrink-wait = Make it smaller: analyse the rank first
wizard-shrink-show = Show the smaller model
wizard-shrinking = A smaller model is being made, and both are being measured …

# Chat
wizard-chat-title = Try it yourself
wizard-chat-intro = Each model remembers only its own answers. Nothing that you write here is kept.
wizard-question = Your question
wizard-question-example = Ask as your colleagues would
wizard-ask = Ask both
wizard-ask-wait = Ask both: train a model first
wizard-chat-again = New conversation
wizard-chat-empty = The answers appear here.
wizard-chat-loading = … (The models are being loaded. Only the first answer takes this long.)

# Learn
learn-title = Learn: what is trained, and how large it is
learn-intro = A model consists of large tables of numbers. Training all of them (W0) takes a lot of memory. An adapter leaves W0 as it is and trains two thin tables, B and A, whose product is added: **W = W0 + B·A** (LoRA). The rank *r* says how thin they are: in how many directions W can change.
learn-rows = Rows d of W0
learn-columns = Columns k of W0
learn-rank = Rank r of B·A
learn-rank-too-high = A rank above { $most } adds nothing to a matrix of { $rows } × { $columns }: the picture shows rank { $most }.
learn-show-layers = Show the chosen model, layer by layer
learn-no-model = Choose a model first, in step 3.
learn-gpus = Which models fit on which GPU
method-short-full = Full
method-short-lora = LoRA
method-short-qlora = QLoRA
method-short-last-layers = Last layers

# What is wrong
input-no-adapter = There is no tuned model yet. Train one first.
input-no-question = Write a question first.
input-choose-model = Choose a model first.
input-choose-data-model = Choose data and a model first.
input-nothing-runs = Nothing is running that could be stopped.
input-no-evaluation = No evaluation is running.
training-whole = { $label }: { $value } is not a whole number.
dataset-fix-row-numbers = Enter row numbers separated by commas, such as 12, 40.
upload-message = The page and the appliance do not agree about the file. Reload the page and send the file again.
