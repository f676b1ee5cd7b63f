/// An implementation of the inner loops.
public enum InstructionSet: String, Sendable, CaseIterable {
    /// Plain C, for every machine.
    case scalar
    /// x86-64 with AVX2, FMA and F16C.
    case avx2
    /// x86-64 with AVX-512 F, BW, DQ, VL and VNNI.
    case avx512
    /// Every AArch64.
    case neon
    /// AArch64 with the dot products of Armv8.2.
    case neonDot = "neon-dot"

    /// The environment variable that forces one of them.
    public static let environmentVariable = "GUILDHALL_ISA"
}

/// Why a forced instruction set cannot be used.
public enum InstructionSetError: Error, Equatable, CustomStringConvertible {
    case unknown(name: String)
    case unsupported(InstructionSet)

    public var description: String {
        let choices = Kernels.availableInstructionSets.map(\.rawValue).joined(separator: ", ")
        switch self {
        case .unknown(let name):
            return "\(InstructionSet.environmentVariable)=\(name): no such instruction set; this machine has \(choices)"
        case .unsupported(let set):
            return "\(InstructionSet.environmentVariable)=\(set.rawValue): this machine lacks it; it has \(choices)"
        }
    }
}
