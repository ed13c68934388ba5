audit-message = The click was not understood. Reload the page.
input-review-range = Say from which entry to which you looked.
input-search-expired = This search is too long ago. Press Search again.
audit-number = Entries are counted from 0: write a number such as 1200.
