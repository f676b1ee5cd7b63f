/// Walks the fields of a protocol-buffer message (the wire format of proto2). Unknown fields can be left out.
struct ProtobufReader {
    /// What a field holds.
    enum Value {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
        /// Four bytes, such as a float.
        case word(UInt32)
    }

    struct Failure: Error {
        var offset: Int
    }

    private var rest: ArraySlice<UInt8>

    init(_ message: ArraySlice<UInt8>) { rest = message }

    /// The next field, or nil at the end of the message.
    mutating func next() throws(Failure) -> (field: Int, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let key = try number()
        let field = Int(truncatingIfNeeded: key >> 3)
        switch key & 7 {
        case 0: return (field, .number(try number()))
        case 1: return (field, .bytes(try take(8)))
        case 2:
            let count = try number()
            guard count <= UInt64(rest.count) else { throw Failure(offset: rest.startIndex) }
            return (field, .bytes(try take(Int(count))))
        case 5: return (field, .word(try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }))
        default: throw Failure(offset: rest.startIndex)
        }
    }

    private mutating func take(_ count: Int) throws(Failure) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw Failure(offset: rest.startIndex) }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// A number of seven bits a byte, lowest first.
    private mutating func number() throws(Failure) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            guard let byte = rest.popFirst() else { throw Failure(offset: rest.startIndex) }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Failure(offset: rest.startIndex)
    }
}
