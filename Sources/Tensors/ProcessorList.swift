import CKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Numbers of processors (or memory nodes), each once, in the order given: `0-3,8`, as Linux writes such lists.
public struct ProcessorList: Sendable, Equatable, CustomStringConvertible {
    public let numbers: [Int]

    public enum ParseError: Error, Equatable, CustomStringConvertible {
        case notAList(String)
        case tooLarge(Int)
        case repeated(Int)

        public var description: String {
            switch self {
            case .notAList(let text): "\"\(text)\" is not a list of numbers and ranges like 0-3,8"
            case .tooLarge(let number): "no machine has a number \(number); at most \(ProcessorList.largest)"
            case .repeated(let number): "\(number) is there twice"
            }
        }
    }

    /// The largest number that a list may hold.
    public static let largest = 8191

    public init(parsing text: some StringProtocol) throws(ParseError) {
        var numbers: [Int] = [], seen: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            for number in try Self.range(part, in: String(text)) {
                guard seen.insert(number).inserted else { throw .repeated(number) }
                numbers.append(number)
            }
        }
        self.numbers = numbers
    }

    private init(numbers: [Int]) { self.numbers = numbers }

    /// `7` or `2-5`.
    private static func range(_ part: some StringProtocol, in text: String) throws(ParseError) -> ClosedRange<Int> {
        var ends: [Int] = []
        for end in part.split(separator: "-", omittingEmptySubsequences: false) {
            guard !end.isEmpty, end.allSatisfy(\.isASCII), end.allSatisfy(\.isNumber), let number = Int(end) else {
                throw .notAList(text)
            }
            guard number <= largest else { throw .tooLarge(number) }
            ends.append(number)
        }
        guard ends.count <= 2, let first = ends.first, let last = ends.last, first <= last else {
            throw .notAList(text)
        }
        return first...last
    }

    public var description: String {
        var runs: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}

extension ProcessorList {
    /// The processors that this process may run on: the affinity it was started with, which is within its cgroup's.
    /// Empty where the system does not tell. Read once, so that pinning a thread does not change it.
    public static let allowed = ofThisThread()

    /// The processors that the calling thread may run on. Empty where the system does not tell.
    public static func ofThisThread() -> ProcessorList {
        var numbers = [Int32](repeating: 0, count: largest + 1)
        let count = numbers.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { gh_allowed_processors($0, Int32(buffer.count)) } ?? 0
        }
        return ProcessorList(numbers: numbers.prefix(max(Int(count), 0)).map(Int.init))
    }

    /// The memory nodes that this process may use; one, numbered 0, where the system does not tell.
    public static var memoryNodes: ProcessorList {
        let single = ProcessorList(numbers: [0])
        guard let file = fopen("/proc/self/status", "r") else { return single }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard text.hasPrefix("Mems_allowed_list:") else { continue }
            let list = text.dropFirst("Mems_allowed_list:".count).filter { !$0.isWhitespace }
            return (try? ProcessorList(parsing: list)) ?? single
        }
        return single
    }
}
