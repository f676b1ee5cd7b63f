import Checkpoints

/// What a segment's table says about one request.
struct SegmentEntry: Equatable {
    /// Everything but experts and weights.
    var request: RequestTrace
    /// Rows of the segment's tensors.
    var rows: Range<Int>
    /// CRC-32 of the request's expert ids and, where there are such, its weights, as stored.
    var checksum: UInt32?

    /// Tables of more requests are refused: a table is in memory as a whole.
    static let limit = 1 << 16

    /// Reads a table: a JSON array whose entries cover `tokens` rows from first to last.
    static func table(_ text: String, tokens: Int, file: String) throws(TraceError) -> [SegmentEntry] {
        var entries: [SegmentEntry] = []
        var scanner = JSONScanner(Array(text.utf8), file: file, maximumNesting: 8)
        scanner.item = "requests"
        try scanner.array { scanner throws(TraceError) in
            guard entries.count < limit else { throw scanner.error("has more than \(limit) entries") }
            let value = try ConfigValue.value(&scanner)
            entries.append(try SegmentEntry(value, from: entries.last?.rows.upperBound ?? 0, file: file))
        }
        try scanner.end()
        guard (entries.last?.rows.upperBound ?? 0) == tokens else {
            throw TraceError(
                file: file, item: "requests",
                reason: "ends at row \(entries.last?.rows.upperBound ?? 0), but the segment has \(tokens)")
        }
        return entries
    }

    /// - Parameter row: where the entry before ended.
    private init(_ value: ConfigValue, from row: Int, file: String) throws(TraceError) {
        let fields = FieldReader(value, file: file, object: value["id"]?.stringValue.map { String($0.prefix(80)) })
        guard try fields.size("row") == row else {
            throw fields.error("row", "is not \(row), where the last one ended")
        }
        rows = row..<row + (try fields.size("rows"))
        request = RequestTrace(
            id: try fields.text("id"), domain: try fields.optionalText("domain"),
            category: try fields.optionalText("category"), arrival: try fields.optionalNumber("arrival"),
            prefillTokens: try fields.size("prefill"),
            firstPosition: try fields.optionalPosition("first_position") ?? 0,
            experts: [])
        request.prefillSeconds = try fields.optionalNumber("prefill_seconds")
        request.decodeSeconds = try fields.optionalNumber("decode_seconds")
        guard request.prefillTokens <= rows.count else {
            throw fields.error("prefill", "is \(request.prefillTokens) of \(rows.count) rows")
        }
        guard let stored = try fields.optionalSize("crc32") else { return }
        guard let exact = UInt32(exactly: stored) else { throw fields.error("crc32", "has more than 32 bits") }
        checksum = exact
    }

    init(request: RequestTrace, rows: Range<Int>, checksum: UInt32) {
        self.request = request
        self.rows = rows
        self.checksum = checksum
    }

    /// The entry as it stands in a table.
    func json(file: String) throws(TraceError) -> [UInt8] {
        try jsonBytes(Form(self), file: file)
    }

    private struct Form: Encodable {
        let id: String
        let domain: String?
        let category: String?
        let row: Int
        let rows: Int
        let prefill: Int
        let first_position: Int
        let arrival: Double?
        let prefill_seconds: Double?
        let decode_seconds: Double?
        let crc32: UInt32?

        init(_ entry: SegmentEntry) {
            id = entry.request.id
            domain = entry.request.domain
            category = entry.request.category
            row = entry.rows.lowerBound
            rows = entry.rows.count
            prefill = entry.request.prefillTokens
            first_position = entry.request.firstPosition
            arrival = entry.request.arrival.flatMap(finite)
            prefill_seconds = entry.request.prefillSeconds.flatMap(finite)
            decode_seconds = entry.request.decodeSeconds.flatMap(finite)
            crc32 = entry.checksum
        }
    }
}
