import Checkpoints
import Tensors

/// A file that `torch.save` wrote: a ZIP archive with a pickle and the numbers of its tensors. No code of it is run.
struct TorchFile {
    let file: String
    /// What was saved.
    let root: PickleValue
    private let pickle: PickleReader
    private let archive: ZipArchive
    private let prefix: String

    init(path: String) throws(TraceError) {
        try self.init(try MappedFile.open(path), file: path)
    }

    init(_ bytes: ByteRegion, file: String) throws(TraceError) {
        self.file = file
        archive = try ZipArchive(bytes, file: file)
        guard let name = archive.names.first(where: { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }) else {
            throw TraceError(file: file, reason: "archive: has no data.pkl; was it written by torch.save?")
        }
        prefix = String(name.dropLast("data.pkl".count))
        if archive.names.contains(prefix + "byteorder") {
            let order = try archive.contents(prefix + "byteorder").withBytes { String(decoding: $0, as: UTF8.self) }
            guard order == "little" else { throw TraceError(file: file, reason: "numbers are not little-endian") }
        }
        var reader = PickleReader(try archive.contents(name), file: file)
        root = try reader.read()
        pickle = reader
    }

    /// The value of a text key; nil if `value` is no dict or has none. Of several the last counts.
    func member(_ key: String, of value: PickleValue) -> PickleValue? {
        guard case .dict(let place) = value else { return nil }
        let entries = pickle.dicts[place]
        let keys = stride(from: entries.count - 2, through: 0, by: -2).first { entries[$0] == .text(key) }
        return keys.map { entries[$0 + 1] }
    }

    /// The elements of a list or tuple.
    func elements(_ value: PickleValue?) -> PickleElements? {
        guard case .list(let place) = value else { return nil }
        return pickle.lists[place]
    }

    /// The elements of a list of whole numbers.
    func integers(_ value: PickleValue?) -> [Int64]? {
        guard case .ints(let ints) = elements(value) else { return nil }
        return ints
    }

    /// A tensor of whole numbers; nil if `value` is no tensor.
    func tensor(_ value: PickleValue?) throws(TraceError) -> NumberArray? {
        guard case .tensor(let place) = value else { return nil }
        let tensor = pickle.tensors[place]
        let storage = pickle.storages[tensor.storage]
        guard let number = Self.types[storage.type] else {
            throw error("a tensor of \(storage.type) where whole numbers belong")
        }
        let data = try archive.contents("\(prefix)data/\(storage.key)")
        guard let count = NumberArray.elementCount(tensor.shape), count <= storage.elements,
            data.count / number.width >= storage.elements, reach(tensor, count) < max(1, storage.elements)
        else { throw error("a tensor of shape \(tensor.shape) that its storage cannot hold") }
        guard let values = data.withBytes({ gather(tensor, count, number, $0) }) else {
            throw error("a number that is too large")
        }
        return NumberArray(shape: tensor.shape, values: values)
    }

    /// Index in the storage of the last element; too large to be one if that overflows.
    private func reach(_ tensor: PickledTensor, _ count: Int) -> Int {
        guard count > 0 else { return 0 }
        var reach = tensor.offset
        for (size, stride) in zip(tensor.shape, tensor.strides) {
            let (step, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            guard !overflow, step < 1 << 50 else { return .max }
            reach += step
        }
        return reach
    }

    /// The elements in row-major order.
    private func gather(
        _ tensor: PickledTensor, _ count: Int, _ number: StoredNumber, _ data: UnsafeRawBufferPointer
    ) -> [Int64]? {
        var index = [Int](repeating: 0, count: tensor.shape.count)
        var place = tensor.offset
        var values: [Int64] = []
        values.reserveCapacity(count)
        for _ in 0..<count {
            // In range: `reach` is the largest place, and the storage is within the data.
            guard let value = number.read(data, at: place * number.width) else { return nil }
            values.append(value)
            for axis in tensor.shape.indices.reversed() {
                index[axis] += 1
                place += tensor.strides[axis]
                if index[axis] < tensor.shape[axis] { break }
                place -= tensor.strides[axis] * index[axis]
                index[axis] = 0
            }
        }
        return values
    }

    private func error(_ reason: String) -> TraceError { TraceError(file: file, reason: "pickle: \(reason)") }

    private static let types: [String: StoredNumber] = [
        "LongStorage": .signed(bytes: 8), "IntStorage": .signed(bytes: 4), "ShortStorage": .signed(bytes: 2),
        "CharStorage": .signed(bytes: 1), "ByteStorage": .unsigned(bytes: 1), "BoolStorage": .unsigned(bytes: 1),
    ]
}
