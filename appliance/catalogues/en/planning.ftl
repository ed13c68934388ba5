planning-speed = The machine's measured speed cannot be read. It is measured anew.
planning-rank = The rank is { $rank }; for { $rows } by { $columns } it must lie between 1 and { $rows_2 }.
planning-config = The model's configuration has no usable { $name }.
planning-side = { $name } is { $side }; it must lie between 1 and { $max_side }.
planning-choice = This training cannot be planned: { $problems }.
rank-nothing = There is no answer to learn from, so no rank can be advised. Look at the dataset.
rank-memory = No rank fits into { NUMBER($budget_bytes, minimumFractionDigits: 1, maximumFractionDigits: 1) } GiB: the smallest needs { NUMBER($peak_bytes, minimumFractionDigits: 1, maximumFractionDigits: 1) } GiB. Choose a smaller model, QLoRA, or a machine with more memory.
planning-rows = An estimate needs at least one row of at least one token.
