import Tensors

/// One record of a GGUF file's tensor table.
struct GGUFTensorInfo {
    let name: String
    /// Row-major, outermost first.
    let shape: [Int]
    let format: StorageFormat
    let byteCount: Int
    /// From the start of the aligned tensor data, as the file says; not yet checked.
    let relativeOffset: UInt64
    /// Where the record lies in the file, for errors.
    let position: Int

    init(_ cursor: inout ByteCursor, limits: CheckpointLimits) throws(CheckpointError) {
        position = cursor.offset
        cursor.item = nil
        name = try cursor.name("tensor name", limit: limits.nameBytes)
        cursor.item = name
        shape = try Self.shape(&cursor)
        let id = try cursor.number(UInt32.self, "tensor type")
        guard let format = StorageFormat.gguf[id] else { throw cursor.error("tensor type \(id) is unknown") }
        self.format = format
        byteCount = try Self.byteCount(shape, format, cursor)
        relativeOffset = try cursor.number(UInt64.self, "tensor offset")
    }

    private static func shape(_ cursor: inout ByteCursor) throws(CheckpointError) -> [Int] {
        let dimensions = try cursor.number(UInt32.self, "dimension count")
        guard dimensions <= 4 else { throw cursor.error("has \(dimensions) dimensions, at most 4 are allowed") }
        var shape: [Int] = []
        for _ in 0..<dimensions {
            let size = try cursor.number(UInt64.self, "dimension")
            guard let size = Int(exactly: size), size > 0 else {
                throw cursor.error("dimension of size \(size) is out of range")
            }
            shape.append(size)
        }
        // GGUF lists the contiguous dimension first.
        return shape.reversed()
    }

    private static func byteCount(
        _ shape: [Int], _ format: StorageFormat, _ cursor: ByteCursor
    ) throws(CheckpointError) -> Int {
        let row = shape.last ?? 1
        guard row.isMultiple(of: format.blockElements) else {
            throw cursor.error("rows of \(row) do not fill whole \(format.name) blocks of \(format.blockElements)")
        }
        guard let elements = elementCount(shape), let bytes = format.byteCount(elements: elements) else {
            throw cursor.error("shape \(shape) is too large")
        }
        return bytes
    }

    /// The tensor's bytes in the file. Throws if they are not aligned or not within the file.
    func range(dataStart: Int, alignment: Int, cursor: ByteCursor) throws(CheckpointError) -> Range<Int> {
        guard relativeOffset.isMultiple(of: UInt64(alignment)) else {
            throw error("data offset \(relativeOffset) is not a multiple of the alignment \(alignment)", cursor)
        }
        let size = UInt64(cursor.region.count)
        let (start, startOverflow) = relativeOffset.addingReportingOverflow(UInt64(dataStart))
        let (end, endOverflow) = start.addingReportingOverflow(UInt64(byteCount))
        guard !startOverflow, !endOverflow, end <= size else {
            throw error(
                "\(byteCount) bytes at data offset \(relativeOffset) reach beyond the end of the file"
                    + " (\(size) bytes, tensor data from \(dataStart)); is it cut short?", cursor)
        }
        return Int(start)..<Int(end)
    }

    func entry(_ region: ByteRegion, file: String, offset: Int) -> TensorEntry {
        TensorEntry(
            name: name, typeName: format.name, type: format.elementType, shape: shape, region: region, file: file,
            offset: offset)
    }

    private func error(_ reason: String, _ cursor: ByteCursor) -> CheckpointError {
        CheckpointError(file: cursor.file, item: name, offset: position, reason: reason)
    }
}
