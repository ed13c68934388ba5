-save-as-csv = Open the file in the program that made it and save it as "CSV UTF-8".
-use-file-itself = Add the files themselves instead.

# Columns
dataset-unknown-columns-unnamed = { $missing ->
        [question] No column is named "question"
        [answer] No column is named "answer"
       *[both] No columns are named "question" and "answer"
    }, or anything similar. Rename { $columns ->
        [one] the column
       *[other] one of the { NUMBER($columns) } columns
    } in the first row, or choose which column is which.
dataset-unknown-columns-not-chosen = { $missing ->
    [question] Choose a column for the question.
    [answer] Choose a column for the answer.
   *[both] Choose a column for the question and one for the answer.
}
dataset-unknown-columns-not-in-file = The first row must contain each chosen column exactly once. Choose another column for: { $roles }.
dataset-ambiguous-columns-role = Columns { $columns } could each be the { $role }. Choose one of them.
dataset-ambiguous-columns-chosen-twice = One column was chosen for two roles. Choose a different column for each.
dataset-ambiguous-columns-same-name = Two columns in the first row have the same name. Rename one of them.
dataset-one-column = The table has only one column. It needs at least a question and an answer, separated by commas, semicolons or tabs.
dataset-too-many-columns = The table has more than { NUMBER($max_columns) } columns. Delete those that are not needed.
column-role = { $role ->
    [question] question
    [answer] answer
    [system] system prompt
    [key_fact] key fact
    [kind] kind
    [group] group
    [category] category
   *[split] split
}

# Files
dataset-rows-problems = The file was not imported. { $problems } { $more ->
        [0] {""}
        [one] One more row has a problem.{" "}
       *[other] { NUMBER($more) } more rows have problems.{" "}
    }Correct these rows and choose the file again.
dataset-rows-broken-row = The file was not imported. Row { NUMBER($row, useGrouping: 0) } has a quotation mark that is never closed, text after a closing quotation mark, or a huge cell, so the rows after it cannot be read. Correct that row and choose the file again.
dataset-empty-nothing-readable = Nothing in this file can be read. Choose another file.
dataset-empty-no-rows = The file has no rows below its first line. Add at least one question with its answer.
dataset-empty-file = The file is empty. Choose one with at least one question and its answer.
dataset-too-many-rows = The file has more than { NUMBER($max_rows) } rows. Split it into several datasets.
dataset-too-large-file = The file is larger than { SIZE($max_bytes) }. Split it into several datasets.
dataset-too-large-parquet = The Parquet file would need too much memory. Write it with smaller row groups.
dataset-parquet = The Parquet file is damaged, incomplete or of an unsupported kind. Export the data as CSV or JSONL.
dataset-encrypted-parquet = This Parquet file is encrypted. Export it without encryption.
dataset-encrypted-archive = The archive is protected by a password. Save it without one.
dataset-delimiter = This separator is not supported. Choose one of: { $delimiters }.
dataset-shape-preferences = This file contains pairs of a better and a worse answer (preferences), which are for another kind of training. Each row needs one question and its right answer.
dataset-shape-plain-text = This file contains plain text without questions. Each row needs a question and an answer.
dataset-archive-no-table = The archive contains no table. Its tables must be files that end in { $endings }.
dataset-archive-nested = The archive contains another archive. Unpack it, and add the files themselves.
dataset-archive-too-many-tables = The archive contains more than { NUMBER($max_tables) } tables. Split it.
dataset-archive-damaged = The archive is damaged or incomplete. Create it again, or save the table as CSV.
dataset-archive-too-many-files = The archive was refused: it contains more than { NUMBER($max_files) } files. { -use-file-itself }
dataset-archive-same-name = The archive was refused: two of its files have the same name. { -use-file-itself }
dataset-archive-too-large = The archive was refused: unpacked, it would be larger than { SIZE($max_bytes) }. { -use-file-itself }
dataset-archive-bomb = The archive was refused: a file in it would unpack to more than { NUMBER($max_ratio) } times its size, as in a zip bomb. { -use-file-itself }
dataset-archive-overlap = The archive was refused: files in it overlap, as in a zip bomb. { -use-file-itself }
dataset-workbook-document-type = The workbook was refused: it declares a document type, which spreadsheets never do. Save the table as CSV UTF-8.
dataset-workbook-cells = A sheet of this workbook has too many cells, or cells too far apart. Copy the table into a new sheet, or save it as CSV.

# Text
dataset-nul-byte = Line { NUMBER($line, useGrouping: 0) } contains a NUL byte (byte { NUMBER($byte, useGrouping: 0) } of the file), so this is not plain text. { -save-as-csv }
dataset-nul-character = Line { NUMBER($line, useGrouping: 0) } contains a NUL character, so this is not plain text. { -save-as-csv }
dataset-encoding-mixed = Line { NUMBER($line, useGrouping: 0) } is not UTF-8 text (byte { NUMBER($byte, useGrouping: 0) } of the file, { $value }): the file mixes two encodings. { -save-as-csv }
dataset-encoding-unknown = Line { NUMBER($line, useGrouping: 0) } is not UTF-8 text (byte { NUMBER($byte, useGrouping: 0) } of the file, { $value }), and its encoding could not be detected. Choose the encoding. { -save-as-csv }
dataset-encoding-line = Line { NUMBER($line, useGrouping: 0) }, or one soon after it, is not { $encoding } text. Choose the encoding. { -save-as-csv }
dataset-encoding-name = This encoding is not supported. Choose one of: { $encodings }.
dataset-line-too-long = Line { NUMBER($line, useGrouping: 0) } is longer than { NUMBER($max_characters) } characters, so this is not a table with one row on each line. Check the file.
dataset-not-text-pdf = This is a PDF document, not a table. Copy its questions and answers into a table and save that as CSV.
dataset-not-text-office = This is an old or protected Office document. Open it and save it as .xlsx without a password, or as CSV UTF-8.
dataset-not-text-word = This is a Word document. Save its table as .xlsx or as CSV UTF-8.
dataset-not-text-presentation = This is a presentation. Save its table as .xlsx or as CSV UTF-8.
dataset-not-text-opendocument = This is an OpenDocument file. Save its table as .xlsx or as CSV UTF-8.
dataset-not-text-xlsb = This is a binary Excel workbook (.xlsb). Save its table as .xlsx or as CSV UTF-8.
dataset-not-text-gzip = This is a gzip archive, not text. Unpack it and choose the file inside.
dataset-not-text-bzip2 = This is a bzip2 archive, not text. Unpack it and choose the file inside.
dataset-not-text-7-zip = This is a 7-Zip archive, not text. Unpack it and choose the file inside.
dataset-not-text-rar = This is a RAR archive, not text. Unpack it and choose the file inside.
dataset-not-text-xz = This is an xz archive, not text. Unpack it and choose the file inside.
dataset-not-text-zstandard = This is a Zstandard archive, not text. Unpack it and choose the file inside.
dataset-not-text-gguf = This is a language model (GGUF), not a table. Import it as a model.
dataset-not-text-sqlite = This is a database, not text. Export the table as CSV.
dataset-not-text-rtf = This is a rich text document, not a table. Copy its questions and answers into a table and save that as CSV.
dataset-not-text-png = This is a picture, not a table. Type its questions and answers into a table and save that as CSV.
dataset-not-text-jpeg = This is a picture, not a table. Type its questions and answers into a table and save that as CSV.
dataset-not-text-pickle = This is not text. Pickle and other program data are never read here: export the table as CSV or JSONL.
dataset-not-text-xml = This is XML, not a table. Export it as CSV or JSONL.
dataset-not-text-doctype = This is a web page, not a table. Copy its questions and answers into a table and save that as CSV.
dataset-not-text-html = This is a web page, not a table. Copy its questions and answers into a table and save that as CSV.

# JSON
dataset-json-after-list = The file was not imported: text follows the end of the JSON list. Remove it and choose the file again.
dataset-json-no-comma = The file was not imported: neither a comma nor the end of the list follows element { NUMBER($element, useGrouping: 0) } of the JSON list. Correct this and choose the file again.
dataset-json-element = The file was not imported: element { NUMBER($element, useGrouping: 0) } of the JSON list is not valid JSON (a key may appear only once), or the file ends before the list does. Correct this and choose the file again.
dataset-json-long-element = The file was not imported: element { NUMBER($element, useGrouping: 0) } of the JSON list is not valid JSON, or longer than { NUMBER($max_characters) } characters. Correct this and choose the file again.
dataset-json-object = The file was not imported: object { NUMBER($number, useGrouping: 0) } is not valid JSON (a key may appear only once). Correct this and choose the file again.
dataset-json-large-object = The file was not imported: it is a single JSON object of more than { NUMBER($max_characters) } characters. Save its rows as a list.
dataset-json-several-lists = The file was not imported: it contains { NUMBER($lists) } lists of objects. Keep the one with the examples.

# A row that cannot be used. The problem is a sentence of its own.
row-problem = Row { NUMBER($row, useGrouping: 0) }: { $problem }
row-problem-in-source = Row { NUMBER($row, useGrouping: 0) } of { $source }: { $problem }
row-no-turns = There is no question and no answer.
row-too-many-messages = There are more than { NUMBER($max_messages) } messages. Split the conversation.
row-no-answer = There is no answer from the assistant. Add one.
row-ends-with-user = The conversation ends with the user. The last message must be the assistant's answer.
row-begins-with-assistant = The conversation begins with the assistant. The first message must be the user's.
row-late-system-prompt = The system prompt is not the first message. Move it to the beginning, or remove it.
row-same-role-twice = { $role ->
        [user] Two messages of the user follow each other.
       *[assistant] Two messages of the assistant follow each other.
    } Join them, or add the message between them.
row-text-empty = { $field ->
        [system] The system prompt
        [user] The question
       *[assistant] The answer
    } is empty. Fill it in, or delete the row.
row-text-too-long = { $field ->
        [system] The system prompt
        [user] The question
        [assistant] The answer
        [key_fact] The key fact
        [group] The group
       *[category] The category
    } is longer than { NUMBER($max_characters) } characters. Shorten it.
row-text-nul = { $field ->
        [system] The system prompt
        [user] The question
        [assistant] The answer
        [key_fact] The key fact
        [group] The group
       *[category] The category
    } contains a NUL character. Delete it.
row-text-surrogate = { $field ->
        [system] The system prompt
        [user] The question
        [assistant] The answer
        [key_fact] The key fact
        [group] The group
       *[category] The category
    } contains half a character (a lone surrogate). Type it again.
row-nested = The record is nested too deeply.
row-too-many-headers = The rows of this file have too many different sets of keys.
row-no-columns = There is no question or answer under the names that earlier rows use.
row-kind = The kind is neither "answerable" nor "unanswerable".
row-split = The split is not "training", "validation" or "test".
row-message-not-object = A message is not an object with a role and a content.
row-role = A message has a role other than system, user, assistant or tool.
row-history = The history is not a list of pairs of question and answer.
row-not-text = A value is not text.
row-not-list = “{ $key }” is not a list.
row-media = A message contains a picture, a sound or a file. Only text can be learned.
row-tool-name = A tool call has no name.
row-tools-not-json = The tools are not JSON.
row-tools-not-objects = The tools are not a list of objects.
row-json-line = This is not one JSON object. Each line must hold a whole object, and no key twice.
row-json-object = This is not a JSON object with up to { NUMBER($max_keys) } keys.
row-cells = { $cells ->
        [one] One cell
       *[other] { NUMBER($cells) } cells
    } instead of { NUMBER($columns) }: a comma or a quotation mark is missing, or one too many.
row-long-cell = A cell has more than { NUMBER($max_characters) } characters. Shorten it.

# How a file was read
read-as-delimited = { $encoding }, { $delimiter ->
    [commas] commas
    [semicolons] semicolons
    [tabs] tabs
   *[bars] bars
}
read-as-sheet = sheet { NUMBER($number, useGrouping: 0) }
read-as-rows = { $rows ->
    [one] one row
   *[other] { NUMBER($rows) } rows
}
unread-file = The file “{ $name }” in the archive is not a table and was not read.
unread-hidden-sheet = The sheet “{ $name }” is hidden or not a table, and was not read.
unread-sheet-without-table = The sheet “{ $name }” has no table with at least two columns, and was not read.

# Checks
check-title-one-sided = Nearly always the same answer
check-advice-one-sided = Add rows with other answers. Otherwise the model learns to give this answer always.
check-title-unbalanced = Categories of very different size
check-advice-unbalanced = Add rows to the small categories: the model learns what it sees often.
check-title-empty = Placeholder instead of text
check-advice-empty = Write the text, or drop the row.
check-title-duplicate = Same row twice
check-advice-duplicate = Drop the later rows.
check-title-near-duplicate = Nearly the same question
check-advice-near-duplicate = Drop the later rows, or merge them: they then count as phrasings of one fact and stay in the same part.
check-title-contradiction = Different answers to one question
check-advice-contradiction = Keep the right answer, and drop the other rows by their numbers.
check-title-leakage = Asked in training and in the test
check-advice-leakage = Drop these rows, or merge them into training. Otherwise the test asks what training has shown.
check-title-personal-data = Personal data
check-advice-personal-data = Mask it (the same value always gets the same pseudonym), or drop the rows.
check-title-secret = Passwords and keys
check-advice-secret = Mask them, and replace them where they are in use: they are no longer secret.
check-title-encoding = Damaged characters
check-advice-encoding = Repair what can be repaired, or type the text again.
check-title-html = HTML
check-advice-html = Remove the tags, unless the model should write them.
check-title-too-long = Too long
check-advice-too-long = Cut the oldest turns, shorten the text, or split it into several rows.
check-title-key-fact = Answer without its key fact
check-advice-key-fact = Write the key fact exactly as it is in the answer.
finding-one-sided = { NUMBER($rows) } of { NUMBER($all_rows) } rows have the same answer.
finding-unbalanced = { $label ->
    [category] The largest category has { NUMBER($most) } rows, the smallest { NUMBER($least) }.
   *[kind] The largest kind has { NUMBER($most) } rows, the smallest { NUMBER($least) }.
}
finding-placeholder-answer = A placeholder instead of an answer.
finding-placeholder-question = A placeholder instead of a question.
finding-duplicate = The same as row { NUMBER($other, useGrouping: 0) }.
finding-near-duplicate = Nearly the same question as row { NUMBER($other, useGrouping: 0) }.
finding-contradiction = { $other ->
    [0] A later row answers the same question differently.
   *[other] Answers the question of row { NUMBER($other, useGrouping: 0) } differently.
}
finding-leakage = Set aside for measuring, but training asks the same question.
finding-near-leakage = Set aside for measuring, but training asks nearly the same question.
finding-personal-data = Contains personal data: { $kinds }.
finding-secret = { $kind ->
    [private-key] Contains a private key.
    [aws-access-key] Contains an AWS access key.
    [github-token] Contains a GitHub token.
    [gitlab-token] Contains a GitLab token.
    [slack-token] Contains a Slack token.
    [google-api-key] Contains a Google API key.
    [stripe-key] Contains a Stripe key.
    [openai-or-anthropic-key] Contains an OpenAI or Anthropic key.
    [hugging-face-token] Contains a Hugging Face token.
    [json-web-token] Contains a JSON Web Token.
    [password-in-url] Contains a password in a web address.
   *[password] Contains a password.
}
finding-encoding = Contains characters damaged by a wrong encoding.
finding-html = Contains HTML.
finding-key-fact = The answer does not contain the key fact.
finding-too-many-characters = { NUMBER($characters) } characters. What does not fit is not learned.
finding-too-many-tokens = { NUMBER($tokens) } tokens, of which training reads { NUMBER($max_tokens) }. The rest is not learned.
note-unreadable-tokenizer = The tokenizer of { $model } cannot be read, so lengths are counted in characters.
note-compared-rows = Only the first { NUMBER($rows) } rows were searched for nearly identical questions.
note-masked-rows = { $rows ->
    [one] As the policy requires, personal data in one row was replaced by pseudonyms.
   *[other] As the policy requires, personal data in { NUMBER($rows) } rows was replaced by pseudonyms.
}
dataset-fix-unknown = This finding has no such fix. `appliance dataset check` lists the fixes.

# Personal data
dataset-personal-data = The file contains personal data that the policy of this appliance does not accept: { $counts } (rows { $rows } …). Remove it and choose the file again.
personal-data-kind = { $kind ->
    [email] e-mail address
    [phone] phone number
    [iban] IBAN
    [card] card number
    [national_id] national id
   *[other] { $name }
}
personal-data-count = { $kind ->
    [email] { $count ->
        [one] one e-mail address
       *[other] { NUMBER($count) } e-mail addresses
    }
    [phone] { $count ->
        [one] one phone number
       *[other] { NUMBER($count) } phone numbers
    }
    [iban] { $count ->
        [one] one IBAN
       *[other] { NUMBER($count) } IBANs
    }
    [card] { $count ->
        [one] one card number
       *[other] { NUMBER($count) } card numbers
    }
   *[national_id] { $count ->
        [one] one national id
       *[other] { NUMBER($count) } national ids
    }
}
input-personal-data-policy = A policy for personal data maps kinds ({ $kinds }) to actions ({ $actions }).
person-terms-count = Give 1 to { NUMBER($max_terms) } things that are known of the person: a name, an e-mail address, a number.
person-terms-length = Each thing known of the person must have { NUMBER($min_characters) } to { NUMBER($max_characters) } characters: shorter ones would match other people.

# Parts and versions
dataset-shares = The shares of training, validation and test must add up to 100 percent.
dataset-no-training = No row is left for training. Add rows, or set fewer aside for validation and test.
input-dataset-part = This dataset has no such part or version. The parts are { $parts }; versions count from 1.
input-dataset-keys = A dataset needs { NUMBER($parts) } different keys of { NUMBER($key_bytes) } bytes, one for each part.
conflict-dataset-version = This version of the dataset already exists and is never overwritten. Import a new version.
not-found-dataset-part = { $part ->
        [training] The training part
        [validation] The validation part
       *[test] The test part
    } of this dataset is missing. Import the dataset again, or restore a backup.
integrity-dataset-part = { $part ->
        [training] The training part
        [validation] The validation part
       *[test] The test part
    } of this dataset cannot be decrypted: the file was changed, cut or swapped. Restore it from a backup.
integrity-dataset-format = { $part ->
        [training] The training part
        [validation] The validation part
       *[test] The test part
    } of this dataset has an unknown format, perhaps that of a newer appliance. Upgrade this one.
