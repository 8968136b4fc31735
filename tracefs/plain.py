# SPDX-License-Identifier: GPL-2.0-only
"""Names that others chose, as they may be shown to people: no byte of them steers a terminal or forges a line."""


def plain(text: str) -> str:
    r"""`text` with control characters, and bytes that are not UTF-8 (surrogates), as octal escapes: `\033`. Never
    raises."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char.isprintable() else _octal(char) for char in text)


def _octal(char: str) -> str:
    lone = "\ud800" <= char <= "\udfff" and not "\udc80" <= char <= "\udcff"
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogatepass" if lone else "surrogateescape"))
