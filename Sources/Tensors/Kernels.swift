import CKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The inner loops in one instruction set. A value is a pointer to a constant table, cheap to copy.
///
/// All vector instruction sets give identical bits. `scalar` differs from them in rounding, but for products with packed
/// weights, whose bits are the same everywhere.
///
/// `@unchecked Sendable` holds because the table is a constant of the program and its functions keep no state.
public struct Kernels: @unchecked Sendable {
    let table: UnsafePointer<gh_kernels>
    public let instructionSet: InstructionSet

    /// The kernels of `set`, which the machine must have.
    public init(_ set: InstructionSet) throws(InstructionSetError) {
        guard let table = Self.table(of: set) else { throw .unsupported(set) }
        self.table = table
        instructionSet = set
    }

    /// The kernels that a name forces, for example the value of `InstructionSet.environmentVariable`; the best of the
    /// machine if there is none.
    public init(named name: String?) throws(InstructionSetError) {
        guard let name, !name.isEmpty else {
            self = .best
            return
        }
        guard let set = InstructionSet(rawValue: name) else { throw .unknown(name: name) }
        try self.init(set)
    }

    /// The instruction sets of this machine, from the slowest to the fastest.
    public static let availableInstructionSets = InstructionSet.allCases.filter { table(of: $0) != nil }

    /// What the environment asks for. A program reports the failure before it computes anything.
    public static let selection = Result { () throws(InstructionSetError) in
        try Kernels(named: getenv(InstructionSet.environmentVariable).map { String(cString: $0) })
    }

    /// The kernels in use: `selection`, or the best ones of the machine if the selection failed.
    public static let selected = (try? selection.get()) ?? best

    private static var best: Kernels {
        for set in InstructionSet.allCases.reversed() {
            if let kernels = try? Kernels(set) { return kernels }
        }
        preconditionFailure("the scalar kernels exist on every machine")
    }

    private static func table(of set: InstructionSet) -> UnsafePointer<gh_kernels>? {
        switch set {
        case .scalar: gh_kernels_scalar()
        case .avx2: gh_kernels_avx2()
        case .avx512: gh_kernels_avx512()
        case .neon: gh_kernels_neon()
        case .neonDot: gh_kernels_neon_dot()
        }
    }

    /// The loops that read `type`.
    func format(_ type: ElementType) -> gh_format {
        switch type {
        case .f32: table.pointee.f32
        case .f16: table.pointee.f16
        case .bf16: table.pointee.bf16
        case .q8_0: table.pointee.q8_0
        case .q4_0: table.pointee.q4_0
        case .q4_1: table.pointee.q4_1
        case .q5_0: table.pointee.q5_0
        case .q5_1: table.pointee.q5_1
        case .q2_K: table.pointee.q2_K
        case .q3_K: table.pointee.q3_K
        case .q4_K: table.pointee.q4_K
        case .q5_K: table.pointee.q5_K
        case .q6_K: table.pointee.q6_K
        case .iq4_NL: table.pointee.iq4_nl
        case .iq4_XS: table.pointee.iq4_xs
        case .mxfp4: table.pointee.mxfp4
        case .f8E4M3: table.pointee.f8_e4m3
        }
    }
}
