"""Questions that are nearly the same: MinHash over five-character shingles (Broder 1997), by datasketch.

Estimated Jaccard similarity of 0.85 and more counts as near. Rows of one group are phrasings of one fact and are meant to be alike.
A row costs about a millisecond, so only the first `MAX_COMPARED_ROWS` are compared; whoever uses this says so when there are more.
"""

from typing import Any

SIMILARITY = 0.85
PERMUTATIONS = 64
SHINGLE_CHARACTERS = 5
MIN_CHARACTERS = 24  # shorter questions are alike by chance
MAX_COMPARED_ROWS = 20_000


class NearDuplicates:
    """Remembers hashes of the questions that came, never their text."""

    def __init__(self) -> None:
        from datasketch import MinHash, MinHashLSH  # noqa: PLC0415 - two seconds, and only where rows are checked

        self._min_hash: Any = MinHash
        self._index: Any = MinHashLSH(threshold=SIMILARITY, num_perm=PERMUTATIONS)
        self.groups: dict[int, str] = {}  # of each row that was compared
        self.pairs: dict[int, int] = {}  # row to the earlier row that it is nearly the same as

    @property
    def full(self) -> bool:
        """Tell whether no more rows are compared."""
        return len(self.groups) >= MAX_COMPARED_ROWS

    def add(self, row: int, normal_text: str, group: str) -> int | None:
        """Return an earlier row that asks nearly the same and is of another group, if there is one; remember this one."""
        if self.full or len(normal_text) < MIN_CHARACTERS:
            return None
        count = len(normal_text) - SHINGLE_CHARACTERS + 1
        shingles = {normal_text[place : place + SHINGLE_CHARACTERS].encode("utf-8", "surrogatepass") for place in range(count)}
        hashed = self._min_hash(num_perm=PERMUTATIONS)
        hashed.update_batch(sorted(shingles))
        near = [other for other in self._index.query(hashed) if not group or self.groups[other] != group]
        self._index.insert(row, hashed)
        self.groups[row] = group
        if near:
            self.pairs[row] = min(near)
        return min(near, default=None)
