extension PickleReader {
    /// Runs one instruction.
    mutating func run(_ opcode: UInt8) throws(TraceError) {
        switch opcode {
        case 0x80: _ = try byte()  // PROTO
        case 0x95: _ = try number(8)  // FRAME
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "0"): _ = try pop()
        case UInt8(ascii: "1"): _ = try popToMark()
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.bool(true))
        case 0x89: stack.append(.bool(false))
        case UInt8(ascii: "K"): stack.append(.int(Int64(try number(1))))
        case UInt8(ascii: "M"): stack.append(.int(Int64(try number(2))))
        case UInt8(ascii: "J"): stack.append(.int(Int64(Int32(truncatingIfNeeded: try number(4)))))
        case 0x8a: stack.append(.int(try longInteger()))
        case UInt8(ascii: "G"): stack.append(.float(Double(bitPattern: try number(8).byteSwapped)))
        case 0x8c: stack.append(.text(try text(lengthBytes: 1)))
        case UInt8(ascii: "X"): stack.append(.text(try text(lengthBytes: 4)))
        case 0x8d: stack.append(.text(try text(lengthBytes: 8)))
        case UInt8(ascii: "h"): try recall(try number(1))
        case UInt8(ascii: "j"): try recall(try number(4))
        case UInt8(ascii: "q"): try remember(Int(try number(1)))
        case UInt8(ascii: "r"): try remember(Int(try number(4)))
        case 0x94: try remember(memo.count)
        default: try runOnContainers(opcode)
        }
    }

    private mutating func runOnContainers(_ opcode: UInt8) throws(TraceError) {
        switch opcode {
        case UInt8(ascii: "]"), UInt8(ascii: ")"): try pushList([])
        case 0x85: try pushTuple(1)
        case 0x86: try pushTuple(2)
        case 0x87: try pushTuple(3)
        case UInt8(ascii: "t"), UInt8(ascii: "l"): try pushList(try popToMark())
        case UInt8(ascii: "a"): try appendToList([try pop()])
        case UInt8(ascii: "e"): try appendToList(try popToMark())
        case UInt8(ascii: "}"): try pushDict()
        case UInt8(ascii: "s"):
            let value = try pop()
            try appendToDict([try pop(), value])
        case UInt8(ascii: "u"): try appendToDict(try popToMark())
        case UInt8(ascii: "c"): stack.append(.global(try line() + " " + (try line())))
        case 0x93: try pushNamedGlobal()
        case UInt8(ascii: "Q"): try pushStorage()
        case UInt8(ascii: "R"): try reduce()
        default:
            throw error("instruction 0x\(String(opcode, radix: 16)), which tensors and plain data do not need")
        }
    }

    private mutating func longInteger() throws(TraceError) -> Int64 {
        let count = Int(try byte())
        guard count <= 8 else { throw error("a number of \(count) bytes") }
        let raw = try number(count)
        // Two's complement of `count` bytes.
        return count == 0 ? 0 : Int64(bitPattern: raw << (64 - 8 * UInt64(count))) >> (64 - 8 * Int64(count))
    }

    private mutating func recall(_ place: UInt64) throws(TraceError) {
        guard let value = memo[Int(place)] else { throw error("nothing was remembered as \(place)") }
        stack.append(value)
    }

    private mutating func remember(_ place: Int) throws(TraceError) {
        guard let value = stack.last else { throw error("nothing to remember") }
        memo[place] = value
    }

    private mutating func pushTuple(_ count: Int) throws(TraceError) {
        var values: [PickleValue] = []
        for _ in 0..<count { values.append(try pop()) }
        try pushList(values.reversed()[...])
    }

    private mutating func pushDict() throws(TraceError) {
        try keep(1)
        dicts.append([])
        stack.append(.dict(dicts.count - 1))
    }

    private mutating func pushNamedGlobal() throws(TraceError) {
        guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
            throw error("a name that is no text")
        }
        stack.append(.global("\(module.prefix(256)) \(name.prefix(256))"))
    }
}
