# The audit log
audit-confirm = Give either a file (its SHA-256) or a name.
audit-witnesses = At most { NUMBER($max_witnesses) } checkpoints can be compared at once.
audit-entry-absent = There is no such entry. The log has { NUMBER($head_size) } entries, counted from 0.
audit-witness-file-not-one = This is not a checkpoint of an audit log. Take one with `appliance audit checkpoint OUT`.
audit-reading = The log is being read: { PERCENT($share) } so far. Ask again in a moment.
audit-index = The index of the audit log disagrees with the log. Restart the appliance.
audit-moment = “{ $text }” is not a day. Write 2026-11-25, or 2026-11-25 14:30 (UTC).
not-found-object = The log does not name such an object. Copy its id from an entry, or from a list.
input-review-entries = A review covers a range of entries from 0 to { NUMBER($size) }. Correct the two numbers.
input-review-note = Add a note of at most { NUMBER($max_note_characters) } characters: what you looked for, and what you found.
log-damage = The audit log was changed or damaged. `appliance audit verify` shows where.

# The archive of the log
archive-retention = The policy keeps entries in the home for { NUMBER($days) } days (policies/limits.toml, audit.retention_days). Choose { $latest } or an earlier day.
archive-gone = This archive can no longer be continued: another one was started, or the vault was sealed.
archive-nothing = The log has no entries from before { DATE($before_us) } that may be archived. Nothing was done.
archive-digest = The archive differs from the log. Nothing was removed.
