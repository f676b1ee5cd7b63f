/// A value of a pickle. Containers are places in the reader's tables, so that no nesting, sharing or cycle of a hostile
/// pickle costs more than its own bytes.
enum PickleValue: Sendable, Equatable {
    case none
    case bool(Bool)
    case int(Int64)
    case float(Double)
    case text(String)
    /// A tuple or list.
    case list(Int)
    case dict(Int)
    /// A class or function by its name; it is never looked up.
    case global(String)
    case storage(Int)
    case tensor(Int)
}

/// The elements of a list or tuple: numbers alone take less room.
enum PickleElements: Sendable, Equatable {
    case ints([Int64])
    case mixed([PickleValue])

    var count: Int {
        switch self {
        case .ints(let ints): ints.count
        case .mixed(let values): values.count
        }
    }

    mutating func append(contentsOf new: ArraySlice<PickleValue>) {
        let ints = new.compactMap { if case .int(let int) = $0 { int } else { nil } }
        switch self {
        case .ints(var old) where ints.count == new.count:
            self = .ints([])
            old += ints
            self = .ints(old)
        case .ints(let old): self = .mixed(old.map(PickleValue.int) + new)
        case .mixed(var old):
            self = .mixed([])
            old += new
            self = .mixed(old)
        }
    }
}

/// Where a tensor's numbers are: `storage` is a file of the archive.
struct PickledStorage: Sendable, Equatable {
    /// torch's name of the type, such as `LongStorage`.
    let type: String
    let key: String
    let elements: Int
}

struct PickledTensor: Sendable, Equatable {
    let storage: Int
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}
