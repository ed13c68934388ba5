# The auditor's page
audit-page-intro = Every action on this appliance is recorded here before it happens and again when it has ended: who did what, and to what. The data itself is never recorded. Your looking here is recorded too.
audit-page-offline = You do not have to trust this page: `appliance audit export` writes the log with its signed checkpoint, and the offline verifier checks it on another machine.
audit-message = The click was not understood. Reload the page.

# Overview
audit-page-overview = Overview
audit-page-shown = Period shown
audit-page-period = { $days ->
        [0] The whole log
        [365] 12 months
       *[other] { $days } days
    }
audit-page-activity = Activity
audit-page-refused = Denied and failed

# Search
audit-page-search = Search
audit-page-any = Any
audit-page-person = Person (name or id)
audit-page-action = Action
audit-page-object = Object (name or id)
audit-page-object-example = ds_…
audit-page-since = From day (UTC)
audit-page-until = To day (inclusive)
audit-page-day-example = 2026-11-30
audit-page-more = More criteria
audit-page-kind = Kind of object
audit-page-first = From entry
audit-page-last = To entry (inclusive)
audit-page-entry-example = 1200
audit-page-request = Request
audit-page-request-example = rq_…
audit-page-request-help = Connects what was requested with its outcome
audit-page-clear = Clear
audit-page-newer = Newer
audit-page-older = Older
audit-number = Entries are counted from 0. Enter a number such as 1200.
input-search-expired = This search has expired. Press Search again.

# History of an object
audit-page-life = History
audit-page-life-title = The whole history of an object
audit-page-life-intro = From where it came from to how it ended: data, training, evaluation, publishing, use and shredding.
audit-page-life-show = Show the history

# Reviews
audit-page-reviews = Reviews
audit-page-sign-title = Sign off a review
audit-page-sign-intro = Say which entries you looked at, what you looked for and what you found. The sign-off becomes an entry of the log; the note is kept encrypted beside it.
audit-page-sign = Sign off this review
audit-page-signed = Entries { NUMBER($first, useGrouping: 0) } to { NUMBER($last, useGrouping: 0) } were signed off ({ $entries ->
        [one] one entry
       *[other] { $entries } entries
    }).
input-review-range = Enter the first and the last entry that you reviewed.
