import Checkpoints
import Tensors

/// Reads the plain data of a pickle: numbers, texts, lists, tuples, dicts and torch's tensors.
///
/// A pickle is a program for a stack machine that may call anything. This machine knows the instructions that plain data
/// needs and calls nothing: the few names that stand for tensors are understood, every other is an error that names it.
///
/// Source: the opcode descriptions of Python's `pickletools`, protocols 2 to 5.
struct PickleReader {
    var lists: [PickleElements] = []
    /// Keys and values in turn.
    var dicts: [[PickleValue]] = []
    var storages: [PickledStorage] = []
    var tensors: [PickledTensor] = []
    var stack: [PickleValue] = []
    var marks: [Int] = []
    var memo: [Int: PickleValue] = [:]
    /// Values in lists, tuples and dicts that are more than numbers.
    private var kept = 0
    let file: String
    private let bytes: ByteRegion
    private(set) var offset = 0

    /// Limits above any dump of SGLang; each value takes at most about 100 bytes.
    static let stackLimit = 1 << 20
    static let valueLimit = 1 << 21

    init(_ bytes: ByteRegion, file: String) {
        self.bytes = bytes
        self.file = file
    }

    /// Runs the pickle and returns what it leaves on the stack.
    mutating func read() throws(TraceError) -> PickleValue {
        while true {
            let opcode = try byte()
            guard opcode != UInt8(ascii: ".") else { return try pop() }
            try run(opcode)
            guard stack.count <= Self.stackLimit, marks.count <= Self.stackLimit, memo.count <= Self.stackLimit else {
                throw error("more than \(Self.stackLimit) values at once")
            }
        }
    }

    func error(_ reason: String) -> TraceError {
        TraceError(file: file, offset: offset, reason: "pickle: \(reason)")
    }

    mutating func pop() throws(TraceError) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.popLast() else { throw error("the stack is empty") }
        return value
    }

    /// Takes what was put on the stack since the last mark.
    mutating func popToMark() throws(TraceError) -> ArraySlice<PickleValue> {
        guard let mark = marks.popLast() else { throw error("there is no mark") }
        let values = stack[mark...]
        stack.removeSubrange(mark...)
        return values
    }

    mutating func keep(_ count: Int) throws(TraceError) {
        kept += count
        guard kept <= Self.valueLimit else { throw error("more than \(Self.valueLimit) values") }
    }

    mutating func pushList(_ values: ArraySlice<PickleValue>) throws(TraceError) {
        var elements = PickleElements.ints([])
        elements.append(contentsOf: values)
        try keep(1 + (values.count == elements.intCount ? values.count / 8 : values.count))
        lists.append(elements)
        stack.append(.list(lists.count - 1))
    }

    mutating func appendToList(_ values: ArraySlice<PickleValue>) throws(TraceError) {
        guard case .list(let list) = stack.last, lists.indices.contains(list) else {
            throw error("no list to append to")
        }
        lists[list].append(contentsOf: values)
        try keep(lists[list].intCount == lists[list].count ? 0 : values.count)
    }

    mutating func appendToDict(_ values: ArraySlice<PickleValue>) throws(TraceError) {
        guard values.count.isMultiple(of: 2), case .dict(let dict) = stack.last else {
            throw error("no dict to set in")
        }
        try keep(values.count)
        dicts[dict] += values
    }

    // MARK: Bytes

    mutating func byte() throws(TraceError) -> UInt8 {
        UInt8(truncatingIfNeeded: try number(1))
    }

    /// The little-endian number in the next `width` bytes.
    mutating func number(_ width: Int) throws(TraceError) -> UInt64 {
        try take(width).withBytes { bytes in bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    }

    mutating func text(lengthBytes: Int) throws(TraceError) -> String {
        let length = try number(lengthBytes)
        guard length <= UInt64(bytes.count) else { throw error("a text of \(length) bytes") }
        let raw = try take(Int(length))
        guard let text = raw.withBytes({ String(validating: $0, as: UTF8.self) }) else {
            throw error("a text that is not UTF-8")
        }
        return text
    }

    /// A line of text, as `GLOBAL` has two.
    mutating func line() throws(TraceError) -> String {
        var line: [UInt8] = []
        while true {
            let next = try byte()
            guard next != UInt8(ascii: "\n") else { return String(decoding: line, as: UTF8.self) }
            guard line.count < 256 else { throw error("a name of over 256 bytes") }
            line.append(next)
        }
    }

    mutating func take(_ count: Int) throws(TraceError) -> ByteRegion {
        guard count >= 0, count <= bytes.count - offset else { throw error("ends too early") }
        defer { offset += count }
        return bytes.slice(offset..<offset + count)
    }
}

extension PickleElements {
    /// How many of the elements are kept as bare numbers.
    fileprivate var intCount: Int {
        if case .ints(let ints) = self { ints.count } else { 0 }
    }
}
