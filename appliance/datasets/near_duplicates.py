"""Nearly identical questions: MinHash over five-character shingles (Broder 1997), by datasketch.

Rows are near when their signatures agree in one band; datasketch chooses the bands for a Jaccard similarity of 0.85.
Rows of one group are phrasings of one fact and are meant to be alike. Each band keeps only its first row and the first
one of another group: these always include the earliest near row, and a table of nearly identical questions costs no
more than any other. A row takes about fifty microseconds and half a kilobyte, so only the first `MAX_COMPARED_ROWS` are
compared; the caller must say so when there are more.
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


@functools.lru_cache(_KNOWN_SHINGLES)  # the same shingles come again and again
def _hash(shingle: str) -> int:
    """Return 32 bits of SHA-1, as datasketch's own function does."""
    digest = hashlib.sha1(shingle.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return int.from_bytes(digest[:4], "little")


class NearDuplicates:
    """Compares each question with the earlier ones; keeps hashes, never text."""

    def __init__(self) -> None:
        from datasketch import MinHash, MinHashLSH  # noqa: PLC0415 - two seconds, and only where rows are checked

        self._signature: Any = MinHash(num_perm=PERMUTATIONS, hashfunc=_hash)
        self._bands: list[tuple[int, int]] = MinHashLSH(threshold=SIMILARITY, num_perm=PERMUTATIONS).hashranges
        self._first_rows: dict[tuple[int, bytes], list[tuple[int, str]]] = {}  # by band: of two different groups
        self.groups: dict[int, str] = {}  # of each row that was compared
        self.pairs: dict[int, int] = {}  # each near duplicate and its earlier row

    @property
    def is_full(self) -> bool:
        """Tell whether no more rows are compared."""
        return len(self.groups) >= MAX_COMPARED_ROWS

    def add(self, row: int, normal_text: str, group: str) -> int | None:
        """Return the earliest row of another group with nearly the same question, if any, and remember this one.

        Rows must come in the order of their numbers.
        """
        if self.is_full or len(normal_text) < MIN_CHARACTERS:
            return None
        count = len(normal_text) - SHINGLE_CHARACTERS + 1
        self._signature.clear()
        self._signature.update_batch({normal_text[place : place + SHINGLE_CHARACTERS] for place in range(count)})
        near = []
        for start, end in self._bands:
            first_rows = self._first_rows.setdefault((start, self._signature.hashvalues[start:end].tobytes()), [])
            near += [other for other, other_group in first_rows if not group or other_group != group]
            if not first_rows or (len(first_rows) == 1 and first_rows[0][1] != group):
                first_rows.append((row, group))
        self.groups[row] = group
        if near:
            self.pairs[row] = min(near)
        return min(near, default=None)
