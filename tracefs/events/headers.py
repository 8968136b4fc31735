# SPDX-License-Identifier: GPL-2.0-only
"""events/header_page and events/header_event: how a sub-buffer and its entries are laid out."""

PAGE_HEADER_SIZE = 16
"""Bytes of time stamp and commit before a sub-buffer's data."""

HEADER_EVENT = """\
# compressed entry header
	type_len    :    5 bits
	time_delta  :   27 bits
	array       :   32 bits

	padding     : type == 29
	time_extend : type == 30
	time_stamp : type == 31
	data max type_len  == 28
"""


def HEADER_PAGE(subbuf_size: int) -> str:
    """The text of header_page for sub-buffers of so many bytes."""
    return (
        "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
        "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
        "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
        f"\tfield: char data;\toffset:{PAGE_HEADER_SIZE};\tsize:{subbuf_size - PAGE_HEADER_SIZE};\tsigned:0;\n"
    )
