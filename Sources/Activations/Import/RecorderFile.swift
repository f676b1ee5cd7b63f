/// A dump of SGLang's expert distribution recorder (0.5.23): counts in the modes `stat`, `stat_approx` and `per_pass`,
/// tokens in the mode `per_token`.
struct RecorderFile {
    private let torch: TorchFile
    private let path: String

    init(path: String) throws(TraceError) {
        self.path = path
        torch = try TorchFile(path: path)
    }

    /// One forward pass of the mode `per_token`.
    struct Pass: Hashable {
        /// Experts of the tokens, shape [layers × tokens × width], logical; negative: none.
        var ids: NumberArray
        var positions: [Int64]
        /// Tokens of each sequence; nil in a pass of decode, where each has one.
        var lengths: [Int64]?
    }

    /// Nil if the file has no tokens.
    func passes(log: inout DamageLog) throws(TraceError) -> [Pass]? {
        guard case .mixed(let records) = torch.elements(torch.member("records", of: torch.root)),
            records.contains(where: { torch.member("topk_ids_of_layer", of: $0) != nil })
        else { return nil }
        let map = try physicalToLogical()
        var passes: [Pass] = []
        for (index, record) in records.enumerated() {
            do throws(TraceError) {
                if let pass = try pass(record, index, map) { passes.append(pass) }
            } catch { log.add(error, requests: nil) }
        }
        return passes
    }

    private func pass(_ record: PickleValue, _ index: Int, _ map: NumberArray) throws(TraceError) -> Pass? {
        func error(_ field: String, _ reason: String) -> TraceError {
            TraceError(file: path, item: "records[\(index)].\(field)", reason: reason)
        }
        guard var ids = try torch.tensor(torch.member("topk_ids_of_layer", of: record)), ids.shape.count == 3 else {
            throw error("topk_ids_of_layer", "is no tensor [layers, tokens, top-k]")
        }
        guard let positions = torch.integers(torch.member("positions", of: record)), positions.count == ids.shape[1]
        else { throw error("positions", "is not one number for each token") }
        // 1: extend, 2: decode, 3: both. Others run for speculation or without tokens.
        guard case .int(let mode) = torch.member("forward_mode", of: record), (1...3).contains(mode) else {
            throw error("forward_mode", "is not extend, decode or mixed")
        }
        guard positions.allSatisfy({ (0...Int64(TraceLimits.positions)).contains($0) }) else {
            throw error("positions", "are impossible")
        }
        var lengths: [Int64]?
        if mode != 2 {
            lengths = torch.integers(torch.member("extend_seq_lens", of: record))
            guard let lengths, lengths.allSatisfy({ $0 >= 0 && $0 <= positions.count }),
                lengths.reduce(0, +) == positions.count
            else { throw error("extend_seq_lens", "does not add up to the tokens") }
        }
        guard ids.shape[0] == map.shape[0] else { throw error("topk_ids_of_layer", "has other layers than the map") }
        guard translate(&ids, map) else { throw error("topk_ids_of_layer", "holds an id of no physical expert") }
        return Pass(ids: ids, positions: positions, lengths: lengths)
    }

    /// Puts logical ids for physical ones; false if there is one that the map has not.
    private func translate(_ ids: inout NumberArray, _ map: NumberArray) -> Bool {
        let physical = map.shape[1]
        let perLayer = ids.shape[1] * ids.shape[2]
        for place in ids.values.indices where ids.values[place] >= 0 {
            guard ids.values[place] < physical else { return false }
            ids.values[place] = map.values[place / perLayer * physical + Int(ids.values[place])]
        }
        return true
    }

    private func physicalToLogical() throws(TraceError) -> NumberArray {
        let name = "last_physical_to_logical_map"
        guard let map = try torch.tensor(torch.member(name, of: torch.root)), map.shape.count == 2,
            map.values.allSatisfy({ (0..<Int64(TraceLimits.experts)).contains($0) })
        else { throw TraceError(file: path, item: name, reason: "is no tensor [layers, physical experts]") }
        return map
    }

    /// The counts of a file that has no tokens: logical ones, or physical ones put through the map.
    func counts(limits: TraceLimits) throws(TraceError) -> ExpertCounts {
        if let logical = try torch.tensor(torch.member("logical_count", of: torch.root)) {
            return try sum(logical, limits: limits) { _, expert in expert }
        }
        guard case .mixed(let records) = torch.elements(torch.member("records", of: torch.root)) else {
            throw TraceError(file: path, reason: "has neither logical_count nor records")
        }
        let map = try physicalToLogical()
        let experts = Int(map.values.max() ?? 0) + 1
        var total = ExpertCounts(blocks: Array(0..<map.shape[0]), expertCount: experts)
        for record in records {
            guard let counts = try torch.tensor(torch.member("global_physical_count", of: record)),
                counts.shape == map.shape, counts.values.allSatisfy({ $0 >= 0 })
            else { throw TraceError(file: path, item: "global_physical_count", reason: "is not like the map") }
            for (place, count) in counts.values.enumerated() {
                try total.add(
                    UInt64(count), layer: place / map.shape[1], expert: Int(map.values[place]), file: path)
            }
        }
        return total.withoutEmptyLayers()
    }

    /// Sums [steps ×] layers × experts over the steps.
    private func sum(
        _ counts: NumberArray, limits: TraceLimits, expert: (Int, Int) -> Int
    ) throws(TraceError) -> ExpertCounts {
        let shape = counts.shape.suffix(2).map { $0 }
        guard (2...3).contains(counts.shape.count), (1...limits.layers).contains(shape[0]),
            (1...TraceLimits.experts).contains(shape[1]), counts.values.allSatisfy({ $0 >= 0 })
        else { throw TraceError(file: path, item: "logical_count", reason: "is not [steps, layers, experts]") }
        var total = ExpertCounts(blocks: Array(0..<shape[0]), expertCount: shape[1])
        for (place, count) in counts.values.enumerated() {
            try total.add(
                UInt64(count), layer: place / shape[1] % shape[0], expert: place % shape[1], file: path)
        }
        return total.withoutEmptyLayers()
    }
}
