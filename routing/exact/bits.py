"""The position of the lowest set bit, as one instruction of the processor."""

from __future__ import annotations

from numba import types
from numba.extending import intrinsic


@intrinsic
def lowest_bit(typingctx, word):  # type: ignore[no-untyped-def]  # noqa: ARG001  # numba asks for these names
    """Number of the lowest bit that is set in a word of 64 bits which is not 0."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ARG001  # as above
        return builder.cttz(arguments[0], context.get_constant(types.boolean, True))

    return types.int64(types.uint64), generate
