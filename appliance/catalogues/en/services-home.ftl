home-exists = There is already a home here. `appliance status` shows its state.
home-exists-restore = This place is not empty. A backup is restored to an empty place: choose another with APPLIANCE_HOME.
home-restoring = A restore was interrupted here. Run it again, or choose another place.
home-vault-open = A vault is already open.
home-no-recovery-key = There is no recovery key. If every passphrase is lost, nobody can open this home, including us. Create one with `appliance key recovery`.
memory-swap = { $problem } The policy does not allow the vault to be opened until then.
slot-name = The name of a slot has at most { NUMBER($max_name_characters) } characters, all of them printable.

# Backups
backup-place = A backup inside the home would be lost with it. Choose a folder on another disk.
backup-gone = This backup can no longer be continued: another one was started, or the vault was sealed.
backup-changed = { $path } was removed while the backup was running, most likely because it was shredded. Run the backup again.
backup-absent = There is no such backup in this folder, or no complete one.
backup-damaged = The backup { $manifest_id } is damaged in { $path }. Nothing was restored.
backup-missing = The backup { $manifest_id } is incomplete: parts of { $lacking } are missing{ $more ->
        [0] {""}
        [one] {" "}and one more file
       *[other] {" "}and of { NUMBER($more) } more files
    }. Nothing was restored.
backup-manifest = The backup { $name } is damaged: { $sentence } Nothing was restored. Choose another one with --backup.
backup-log = The log in the backup { $manifest_id } is not the one that belongs to it. Nothing was restored.
backup-model = The backup has a different file as models/{ $row_id }/{ $name }. Nothing was restored.
recovery-wrong = This recovery key does not open any backup in this folder. Nothing was restored.
restore-policies-same = The policies and limits are the same as on the machine that was backed up.
restore-policies-differ = These files differ from those of the machine that was backed up: { $files }. The ones of this machine apply; the others are in { $folder }.
