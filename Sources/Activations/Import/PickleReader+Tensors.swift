extension PickleReader {
    /// `("storage", type, key, location, elements)`: where torch keeps the numbers of tensors.
    mutating func pushStorage() throws(TraceError) {
        guard case .list(let place) = try pop(), case .mixed(let fields) = lists[place], fields.count == 5,
            fields[0] == .text("storage"), case .global(let type) = fields[1], case .text(let key) = fields[2],
            case .int(let elements) = fields[4], (0..<1 << 48).contains(elements)
        else { throw error("a persistent id that is no storage of torch") }
        guard type.hasPrefix("torch "), type.hasSuffix("Storage") else { throw error("a storage of type '\(type)'") }
        try keep(1)
        storages.append(PickledStorage(type: String(type.dropFirst(6)), key: key, elements: Int(elements)))
        stack.append(.storage(storages.count - 1))
    }

    /// A call. None is made: those that build tensors and empty dicts are understood, others are refused by name.
    mutating func reduce() throws(TraceError) {
        guard case .list(let arguments) = try pop(), case .global(let name) = try pop() else {
            throw error("a call of something that is no name")
        }
        switch name {
        case "torch._utils _rebuild_tensor_v2": try pushTensor(lists[arguments])
        case "collections OrderedDict" where lists[arguments].count == 0:
            try keep(1)
            dicts.append([])
            stack.append(.dict(dicts.count - 1))
        default: throw error("calls '\(name.prefix(80))', which this reader does not know and will not run")
        }
    }

    /// Arguments: storage, offset, shape, strides, and two that do not matter here.
    private mutating func pushTensor(_ arguments: PickleElements) throws(TraceError) {
        guard case .mixed(let fields) = arguments, fields.count >= 4, case .storage(let storage) = fields[0],
            case .int(let offset) = fields[1], case .list(let shapePlace) = fields[2],
            case .list(let stridePlace) = fields[3], case .ints(let shape) = lists[shapePlace],
            case .ints(let strides) = lists[stridePlace], shape.count == strides.count, shape.count <= 8
        else { throw error("a tensor whose description is not understood") }
        guard (0..<1 << 48).contains(offset), (shape + strides).allSatisfy({ (0..<1 << 48).contains($0) }) else {
            throw error("a tensor of impossible size")
        }
        try keep(1)
        tensors.append(
            PickledTensor(
                storage: storage, offset: Int(offset), shape: shape.map(Int.init), strides: strides.map(Int.init)))
        stack.append(.tensor(tensors.count - 1))
    }
}
