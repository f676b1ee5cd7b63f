import Tensors

/// Every way a small file is damaged in the sweeps: each header byte set to other values, and each length.
struct Corruption {
    /// How many leading bytes to damage; the rest is tensor data.
    let headerCount: Int
    let file: [UInt8]

    /// Extremes, small numbers, text, and each single bit flipped.
    static func replacements(of byte: UInt8) -> Set<UInt8> {
        var values: Set<UInt8> = [0, 1, 2, 9, 0x20, 0x22, 0x2d, 0x39, 0x5b, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0xc3, 0xff]
        for bit in 0..<8 { values.insert(byte ^ (1 << UInt8(bit))) }
        values.remove(byte)
        return values
    }

    /// Calls `parse` with each damaged file; its result is whether the file was accepted. Returns how many of each.
    func sweepValues(_ parse: (ByteRegion) -> Bool) -> (accepted: Int, refused: Int) {
        let memory = GuardedBytes(capacity: file.count)
        var counts = (accepted: 0, refused: 0)
        var damaged = file
        for position in 0..<headerCount {
            for value in Self.replacements(of: file[position]) {
                damaged[position] = value
                if parse(memory.region(damaged)) { counts.accepted += 1 } else { counts.refused += 1 }
            }
            damaged[position] = file[position]
        }
        return counts
    }

    /// The lengths below the whole at which `parse` accepts the file.
    func acceptedLengths(_ parse: (ByteRegion) -> Bool) -> [Int] {
        let memory = GuardedBytes(capacity: file.count)
        return (0..<file.count).filter { parse(memory.region(file.prefix($0))) }
    }
}
