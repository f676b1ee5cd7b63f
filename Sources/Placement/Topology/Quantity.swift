/// Numbers with a unit, as `400 Gb/s`, `2 us` or `80 GB`: a value's dimension is fixed by where it stands.
enum Quantity: String {
    case bandwidth, duration, size, compute

    /// The number in bytes a second, seconds, bytes or operations a second; nil if it has no unit of this dimension,
    /// or is not a finite number of at least 0.
    func parse(_ text: String) -> Double? {
        let trimmed = text.trimmingSpaces
        let number = trimmed.prefix { $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }
        // In "2 EB" the E is the unit's: a number must not end in one.
        let digits = number.last.map { "eE".contains($0) } == true ? number.dropLast() : number
        let unit = trimmed.dropFirst(digits.count).trimmingSpaces
        guard let value = Double(digits), value.isFinite, value >= 0, let factor = factor(unit) else { return nil }
        let result = value * factor
        return result.isFinite ? result : nil
    }

    /// A unit as it would be written, for messages.
    var example: String {
        switch self {
        case .bandwidth: "400 Gb/s or 50 GB/s"
        case .duration: "2 us"
        case .size: "80 GB"
        case .compute: "989 TFLOP/s"
        }
    }

    private func factor(_ unit: String) -> Double? {
        switch self {
        case .duration:
            return ["ns": 1e-9, "us": 1e-6, "\u{B5}s": 1e-6, "\u{3BC}s": 1e-6, "ms": 1e-3, "s": 1][unit]
        case .size:
            return Self.scaled(unit, base: "B", factor: 1)
        case .bandwidth:
            guard unit.hasSuffix("/s") else { return nil }
            let amount = String(unit.dropLast(2))
            return Self.scaled(amount, base: "B", factor: 1) ?? Self.scaled(amount, base: "b", factor: 0.125)
        case .compute:
            return Self.scaled(unit, base: "FLOP/s", factor: 1) ?? Self.scaled(unit, base: "FLOPS", factor: 1)
        }
    }

    /// The factor of a unit that is a prefix and `base`: k, M, G, T, P by thousands, Ki, Mi, Gi, Ti by 1,024.
    private static func scaled(_ unit: String, base: String, factor: Double) -> Double? {
        guard unit.hasSuffix(base) else { return nil }
        let prefixes: [String: Double] = [
            "": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "Ki": 1024, "Mi": 1_048_576,
            "Gi": 1_073_741_824, "Ti": 1_099_511_627_776,
        ]
        return prefixes[String(unit.dropLast(base.count))].map { $0 * factor }
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String {
        let start = drop { $0 == " " }
        return String(start.reversed().drop { $0 == " " }.reversed())
    }
}
