import Randomness

/// Devices whose balance on unseen requests is known, because EPLB would load them alike; all others are counted as
/// loaded more by what balance slips on these.
struct TrustedDevices: Sendable {
    /// What the load of other devices is multiplied with.
    let slip: Float
    /// Whether requests go to the nodes in turn: then copies on several nodes share about evenly too.
    private let spreadsRequests: Bool
    /// EPLB's copies of each expert.
    private let copies: [Int]
    /// What an expert adds to the fingerprint of its device.
    private let marks: [UInt64]
    /// Fingerprints of EPLB's devices and of parts of these.
    private var fingerprints: Set<UInt64> = []
    /// Devices with more experts are known only whole, not by their parts.
    private static let mostOfParts = 4

    init(_ devices: [[Int]], experts: Int, slip: Float, spreadsRequests: Bool) {
        self.slip = slip
        self.spreadsRequests = spreadsRequests
        var random = SplitMix64(seed: 0x7275_7374)
        marks = (0..<experts).map { _ in random.next() }
        var copies = [Int](repeating: 0, count: experts)
        for expert in devices.joined() { copies[expert] += 1 }
        self.copies = copies
        for held in devices {
            let parts = held.count <= Self.mostOfParts ? 1..<1 << held.count : (1 << held.count) - 1..<1 << held.count
            for part in parts {
                let chosen = held.indices.filter { part >> $0 & 1 == 1 }
                fingerprints.insert(chosen.reduce(0) { $0 &+ marks[held[$1]] })
            }
        }
    }

    func mark(_ expert: Int) -> UInt64 { marks[expert] }

    /// Whether a copy has no more load than EPLB's copies have, whatever comes: it is one of at least as many, and they
    /// share evenly.
    func knows(_ expert: Int, copies count: Int, onOneNode: Bool) -> Bool {
        count >= copies[expert] && (count == 1 || onOneNode || spreadsRequests)
    }

    func contains(_ fingerprint: UInt64) -> Bool { fingerprints.contains(fingerprint) }
}
