"""Counter-based random streams, and machine instructions that Numba does not offer.

Word j of stream i under a key is ``mix(start(key, i) + j * step(key, i))``: a Weyl sequence, for which every stream
has a start and an odd step of its own, through a 64-bit finalizer (of the family of SplitMix64: Steele, Lea and Flood,
OOPSLA 2014; constants by D. Stafford). A key is a tuple of two uint64. No function here takes an array, except that
`prefetch` takes any C-contiguous one.
"""

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.extending import intrinsic

from ._jit import helper

__all__ = ["GOLDEN", "UNIT", "as_float", "as_index", "mix", "mulhi", "prefetch", "stream", "unit"]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
UNIT = 1.0 / 9007199254740992.0  # 2**-53
_A = np.uint64(0xBF58476D1CE4E5B9)
_B = np.uint64(0x94D049BB133111EB)
_ONE = np.uint64(1)
_S11 = np.uint64(11)
_S27 = np.uint64(27)
_S30 = np.uint64(30)
_S31 = np.uint64(31)


if config.DISABLE_JIT:

    def mulhi(a, b):
        """Return the upper 64 bits of the product of two unsigned 64-bit words."""
        return np.uint64((int(a) * int(b)) >> 64)

    def as_float(word):
        """Return the float64 whose bits are `word`."""
        return np.uint64(word).view(np.float64)

    def as_index(node):
        """Return a node id as int64."""
        return np.int64(node)

    def prefetch(array, i):
        """Do nothing: prefetching needs the compiler."""

else:

    @intrinsic
    def mulhi(typingctx, a, b):
        """Return the upper 64 bits of the product of two unsigned 64-bit words."""

        def codegen(context, builder, signature, args):
            wide = ir.IntType(128)
            product = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
            return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

        return types.uint64(types.uint64, types.uint64), codegen

    @intrinsic
    def as_float(typingctx, word):
        """Return the float64 whose bits are `word`."""

        def codegen(context, builder, signature, args):
            return builder.bitcast(args[0], ir.DoubleType())

        return types.float64(types.uint64), codegen

    @intrinsic
    def as_index(typingctx, node):
        """Return a node id, int32 or uint32, as int64; the compiler adds no code for negative indices then."""

        def codegen(context, builder, signature, args):
            return builder.zext(args[0], ir.IntType(64))

        return types.int64(node), codegen

    @intrinsic
    def prefetch(typingctx, array, i):
        """Start to load the cache line of row `i` of a C-contiguous array, without waiting for it."""

        def codegen(context, builder, signature, args):
            view = context.make_array(signature.args[0])(context, builder, args[0])
            byte = ir.IntType(8).as_pointer()
            stride = builder.extract_value(view.strides, 0)
            address = builder.gep(builder.bitcast(view.data, byte), [builder.mul(args[1], stride)])
            word = ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
            function = builder.module.globals.get("llvm.prefetch.p0")
            if function is None:
                function = ir.Function(builder.module, kind, name="llvm.prefetch.p0")
            builder.call(function, [address, word(0), word(3), word(1)])
            return context.get_dummy_value()

        return types.void(array, types.int64), codegen


@helper
def mix(x):
    """Mix the bits of a 64-bit word; different words have different results."""
    x = (x ^ (x >> _S30)) * _A
    x = (x ^ (x >> _S27)) * _B
    return x ^ (x >> _S31)


@helper
def stream(key0, key1, i):
    """Return (state, step) of stream `i` under a key; the next word is ``mix(state + step)``, and so on."""
    x = mix(key0 + GOLDEN * (i + _ONE))
    return x, mix(x ^ key1) | _ONE


@helper
def unit(word):
    """Return the upper 53 bits of a word as a float in [0, 1)."""
    return np.float64(np.int64(word >> _S11)) * UNIT
