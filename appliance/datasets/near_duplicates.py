"""Questions that are nearly the same: MinHash over five-character shingles (Broder 1997), by datasketch.

Rows whose signatures agree in one band count as near; the bands are those that datasketch chooses for a Jaccard
similarity of 0.85. Rows of one group are phrasings of one fact and are meant to be alike. Of each band only the first
row is kept, and the first one of another group: an earliest row that is near is among them, and a table whose questions
are all alike costs no more than any other. A row costs some fifty microseconds and half a kilobyte, so only the first
`MAX_COMPARED_ROWS` are compared; whoever uses this says so when there are more.
"""

import functools
import hashlib
from typing import Any

SIMILARITY = 0.85
PERMUTATIONS = 64
SHINGLE_CHARACTERS = 5
MIN_CHARACTERS = 24  # shorter questions are alike by chance
MAX_COMPARED_ROWS = 20_000
_KNOWN_SHINGLES = 65_536


@functools.lru_cache(_KNOWN_SHINGLES)  # shingles come again and again
def _hash(shingle: str) -> int:
    """Return 32 bits of SHA-1, as datasketch takes them."""
    return int.from_bytes(
        hashlib.sha1(shingle.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()[:4], "little"
    )


class NearDuplicates:
    """Remembers hashes of the questions that came, never their text."""

    def __init__(self) -> None:
        from datasketch import MinHash, MinHashLSH  # noqa: PLC0415 - two seconds, and only where rows are checked

        self._signature: Any = MinHash(num_perm=PERMUTATIONS, hashfunc=_hash)
        self._bands: list[tuple[int, int]] = MinHashLSH(threshold=SIMILARITY, num_perm=PERMUTATIONS).hashranges
        self._first: dict[
            tuple[int, bytes], list[tuple[int, str]]
        ] = {}  # of each band: the first rows, of two different groups
        self.groups: dict[int, str] = {}  # of each row that was compared
        self.pairs: dict[int, int] = {}  # row to the earlier row that it is nearly the same as

    @property
    def full(self) -> bool:
        """Tell whether no more rows are compared."""
        return len(self.groups) >= MAX_COMPARED_ROWS

    def add(self, row: int, normal_text: str, group: str) -> int | None:
        """Return the earliest row that asks nearly the same and is of another group, if there is one; remember this
        one.

        Rows come in the order of their numbers.
        """
        if self.full or len(normal_text) < MIN_CHARACTERS:
            return None
        count = len(normal_text) - SHINGLE_CHARACTERS + 1
        self._signature.clear()
        self._signature.update_batch({normal_text[place : place + SHINGLE_CHARACTERS] for place in range(count)})
        near = []
        for start, end in self._bands:
            first = self._first.setdefault((start, self._signature.hashvalues[start:end].tobytes()), [])
            near += [other for other, other_group in first if not group or other_group != group]
            if not first or (len(first) == 1 and first[0][1] != group):
                first.append((row, group))
        self.groups[row] = group
        if near:
            self.pairs[row] = min(near)
        return min(near, default=None)
