#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The C library's `expf`: the scores of a router are few, so exactness is worth more than a vectorised form.
@inline(__always) func exponential(_ x: Float) -> Float { expf(x) }
