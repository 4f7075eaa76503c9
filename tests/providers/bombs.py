"""Small bodies that expand to gigabytes, built in milliseconds: one deflated block, repeated."""

import struct
import zlib
from functools import cache

BLOCK = 1 << 20


@cache
def deflate_bomb(size: int = 1 << 30, fill: bytes = b"\0") -> tuple[bytes, int, int]:
    """A raw deflate stream that expands to `size` bytes of `fill` (rounded up to whole MiB).

    Returns (stream, CRC-32 of what it expands to, expanded size). It is one valid stream, about a thousandth of `size`.
    """
    block = fill * (BLOCK // len(fill))
    n = -(-size // BLOCK)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)  # ends on a byte, refers to nothing before it
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    return packed * n + end, _crc_of_repeated(block, n), n * BLOCK


@cache
def gzip_bomb(size: int = 1 << 30, fill: bytes = b" ") -> bytes:
    """A gzip file of a single member that expands to `size` bytes of `fill`, with a valid checksum and length."""
    stream, crc, expanded = deflate_bomb(size, fill)
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return header + stream + struct.pack("<II", crc, expanded & 0xFFFFFFFF)


def _crc_of_repeated(block: bytes, n: int) -> int:
    """CRC-32 of `block` n times: as a function of the CRC so far it is affine over GF(2), so 33 calls give it whole."""
    constant = zlib.crc32(block, 0)
    columns = [zlib.crc32(block, 1 << bit) ^ constant for bit in range(32)]
    crc = 0
    for _ in range(n):
        moved = constant
        for bit in range(32):
            if crc >> bit & 1:
                moved ^= columns[bit]
        crc = moved
    return crc


def zip_bomb(member: str, size: int = (1 << 30) + (1 << 20)) -> bytes:
    """A zip file of one deflated member that expands to `size` zeros; all its lengths and its checksum are true."""
    stream, crc, expanded = deflate_bomb(size)
    name = member.encode()
    common = struct.pack("<HHHHHIII", 20, 0, 8, 0, 0x21, crc, len(stream), expanded)
    local = b"PK\x03\x04" + common + struct.pack("<HH", len(name), 0) + name
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(local) + len(stream), 0)
    return local + stream + entry + end
