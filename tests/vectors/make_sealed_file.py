"""Write sealed_file.json: sealed files that a reader must open, and others that it must refuse. Deterministic.

    python tests/vectors/make_sealed_file.py

The files are short, so the chunk size is the smallest allowed. The plaintext is the byte "a", repeated `length` times.
"""

import hashlib
import io
import json
from pathlib import Path

from appliance.vault.stream import HEADER_BYTES, MIN_CHUNK_BYTES, SealContext, SealedWriter

KEY = bytes(range(32))
SALT = bytes(range(32, 64))
CONTEXT = SealContext("adapter", "ad_00000000000000000001", 1, "weights")


def sealed(length: int, context: SealContext = CONTEXT, key: bytes = KEY, salt: bytes = SALT) -> bytes:
    file = io.BytesIO()
    with SealedWriter(file, key, context, chunk_bytes=MIN_CHUNK_BYTES, salt=salt) as writer:
        writer.write(b"a" * length)
    return file.getvalue()


def vectors() -> list[dict[str, object]]:
    two = sealed(2 * MIN_CHUNK_BYTES)
    stride = MIN_CHUNK_BYTES + 16
    first, second = two[HEADER_BYTES : HEADER_BYTES + stride], two[HEADER_BYTES + stride :]
    valid = {
        "empty": 0,
        "one byte": 1,
        "one full chunk": MIN_CHUNK_BYTES,
        "exact multiple": 2 * MIN_CHUNK_BYTES,
        "ragged": 70_000,
    }
    cases = [
        {"name": name, "expect": "opens", "length": length, "data": sealed(length)} for name, length in valid.items()
    ]
    invalid = {
        "no bytes": b"",
        "header cut": two[:20],
        "header only": two[:HEADER_BYTES],
        "wrong magic": b"X" + two[1:],
        "unknown version": two[:7] + b"\x02" + two[8:],
        "chunk size too small": two[:8] + (1024).to_bytes(4, "big") + two[12:],
        "chunk size too large": two[:8] + (2**31).to_bytes(4, "big") + two[12:],
        "salt changed": two[:12] + b"\xff" + two[13:],
        "cut at a chunk": two[: HEADER_BYTES + stride],
        "cut inside a chunk": two[:-5],
        "cut inside a tag": sealed(1)[:-1],
        "chunks swapped": two[:HEADER_BYTES] + second + first,
        "a chunk twice": two[:HEADER_BYTES] + first + first,
        "bytes added": two + b"\x00" * 20,
        "empty chunk added": two + sealed(0)[HEADER_BYTES:],
        "other name": sealed(10, SealContext("adapter", CONTEXT.object_id, 1, "config")),
        "other version of the object": sealed(10, SealContext("adapter", CONTEXT.object_id, 2, "weights")),
        "other kind": sealed(10, SealContext("job", CONTEXT.object_id, 1, "weights")),
        "other key": sealed(10, key=bytes(32)),
    }
    cases += [{"name": name, "expect": "refused", "length": 0, "data": data} for name, data in invalid.items()]
    return cases


def main() -> None:
    records = []
    for case in vectors():
        data = case.pop("data")
        assert isinstance(data, bytes)
        # Long files are represented by their hash, and the test makes them again; short ones are included in full.
        records.append(
            {
                **case,
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "hex": data.hex() if len(data) < 200 else None,
            }
        )
    document = {
        "key": KEY.hex(),
        "salt": SALT.hex(),
        "context": vars(CONTEXT),
        "chunk_bytes": MIN_CHUNK_BYTES,
        "vectors": records,
    }
    Path(__file__).with_name("sealed_file.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
