/// Puts the passes of a recorder that knows no requests together into sequences.
///
/// A pass tells positions, not whose they are. Engines keep the order of running sequences, so a part of a pass goes on
/// with the oldest sequence that has come to its position. Where two sequences are at the same one they might be
/// swapped: which of the two a token belongs to is then a guess, what experts tokens at that position have is not.
struct SequenceAssembly {
    private struct Sequence {
        var request: RequestTrace
        /// Token-major: [tokens × layers × top-k].
        var ids: [Int64] = []
        var hasDecoded = false
    }

    /// Sequences by the position that they come to next, oldest first.
    private struct Expected {
        private var byPosition: [Int64: [Int]] = [:]

        func oldest(at position: Int64) -> Int? { byPosition[position]?.first }

        mutating func add(_ sequence: Int, at position: Int64) { byPosition[position, default: []].append(sequence) }

        mutating func remove(_ sequence: Int, at position: Int64) {
            byPosition[position]?.removeAll { $0 == sequence }
            if byPosition[position]?.isEmpty == true { byPosition[position] = nil }
        }
    }

    private let layers: Int
    private let topK: Int
    private let name: String
    private var sequences: [Int: Sequence] = [:]
    private var prefilling = Expected()
    private var decoding = Expected()
    /// Sequences that the last pass of decode had, or that began to decode since.
    private var active: Set<Int> = []
    private var begun = 0
    /// Sequences that are complete.
    private(set) var finished: [ForeignRequest] = []

    /// - Parameter name: what the requests' ids begin with.
    init(layers: Int, topK: Int, name: String) {
        self.layers = layers
        self.topK = topK
        self.name = name
    }

    mutating func add(_ pass: RecorderFile.Pass) {
        var token = 0
        var moved: [(sequence: Int, next: Int64)] = []
        for length in pass.lengths?.map(Int.init) ?? pass.positions.map({ _ in 1 }) where length > 0 {
            let position = pass.positions[token]
            let isDecode = pass.lengths == nil || (length == 1 && position > 0)
            let sequence = take(at: position, isDecode: isDecode)
            append(pass, tokens: token..<token + length, to: sequence, isDecode: isDecode)
            moved.append((sequence, position + Int64(length)))
            token += length
        }
        // Only now can they be found again: a sequence has one part in a pass.
        for (sequence, next) in moved {
            if sequences[sequence]?.hasDecoded == true {
                decoding.add(sequence, at: next)
                active.insert(sequence)
            } else {
                prefilling.add(sequence, at: next)
            }
        }
        guard pass.lengths == nil else { return }
        // Every sequence that decodes takes part in every pass of decode: one that is missing has ended.
        let present = Set(moved.map(\.sequence))
        for sequence in active.subtracting(present).sorted() { finish(sequence) }
        active = present
    }

    /// Ends all sequences.
    mutating func finishAll() { for sequence in sequences.keys.sorted() { finish(sequence) } }

    /// The running sequence that comes to `position`, taken from where it was expected, or a new one.
    private mutating func take(at position: Int64, isDecode: Bool) -> Int {
        let prefilled = position > 0 ? prefilling.oldest(at: position) : nil
        let decoded = isDecode ? decoding.oldest(at: position) : nil
        guard let found = [prefilled, decoded].compactMap(\.self).min() else { return begin(at: position) }
        prefilling.remove(found, at: position)
        decoding.remove(found, at: position)
        return found
    }

    private mutating func begin(at position: Int64) -> Int {
        let request = RequestTrace(id: "\(name)-\(begun)", prefillTokens: 0, firstPosition: Int(position), experts: [])
        sequences[begun] = Sequence(request: request)
        begun += 1
        return begun - 1
    }

    private mutating func append(
        _ pass: RecorderFile.Pass, tokens: Range<Int>, to sequence: Int, isDecode: Bool
    ) {
        let (count, width) = (pass.ids.shape[1], pass.ids.shape[2])
        for token in tokens {
            for layer in 0..<layers {
                let first = (layer * count + token) * width
                sequences[sequence]?.ids += pass.ids.values[first..<first + topK]
            }
        }
        if isDecode {
            sequences[sequence]?.hasDecoded = true
        } else {
            sequences[sequence]?.request.prefillTokens += tokens.count
        }
    }

    private mutating func finish(_ place: Int) {
        guard let sequence = sequences.removeValue(forKey: place) else { return }
        let tokens = sequence.ids.count / (layers * topK)
        finished.append(
            ForeignRequest(
                request: sequence.request, ids: NumberArray(shape: [tokens, layers, topK], values: sequence.ids),
                hasDenseLayers: true))
    }
}
