import Randomness
import Tensors
import Testing

extension SplitMix64 {
    mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> FloatBuffer {
        let buffer = FloatBuffer(count: count)
        for i in 0..<count { buffer[i] = Float.random(in: range, using: &self) }
        return buffer
    }
}

/// Bytes of a matrix with room to lie at an odd address.
final class OwnedBytes {
    let base: UnsafeMutableRawPointer
    private let allocation: UnsafeMutableRawPointer

    init(count: Int, misalignment: Int = 0) {
        allocation = .allocate(byteCount: count + misalignment + 1, alignment: 64)
        base = allocation + misalignment
    }

    deinit { allocation.deallocate() }
}

extension WeightMatrix {
    /// Random blocks with scales around 0.01, so that products stay moderate.
    static func random(
        _ type: ElementType, rows: Int, columns: Int, misalignment: Int = 0, using random: inout SplitMix64
    ) -> WeightMatrix? {
        guard let rowBytes = type.byteCount(elements: columns) else { return nil }
        let bytes = OwnedBytes(count: rows * rowBytes, misalignment: misalignment)
        for block in 0..<rows * columns / type.blockElements {
            random.fill(bytes.base + block * type.blockBytes, type)
        }
        let region = ByteRegion(base: bytes.base, count: rows * rowBytes, owner: bytes)
        return WeightMatrix(type: type, rows: rows, columns: columns, region: region)
    }
}

extension SplitMix64 {
    /// One block of `type` at `block`.
    mutating func fill(_ block: UnsafeMutableRawPointer, _ type: ElementType) {
        for i in 0..<type.blockBytes {
            block.storeBytes(of: UInt8.random(in: 0...255, using: &self), toByteOffset: i, as: UInt8.self)
        }
        let number = Float.random(in: -1...1, using: &self)
        switch type {
        case .f32: block.storeBytes(of: number, as: Float.self)
        case .bf16: block.storeBytes(of: UInt16(number.bitPattern >> 16), as: UInt16.self)
        case .f16: block.storeBytes(of: Float16(number).bitPattern, as: UInt16.self)
        case .q8_0, .q4_0, .q5_0: block.storeBytes(of: Float16(number * 0.01).bitPattern, as: UInt16.self)
        case .q4_1, .q5_1:
            block.storeBytes(of: Float16(number * 0.01).bitPattern, as: UInt16.self)
            block.storeBytes(of: Float16(number * -0.1).bitPattern, toByteOffset: 2, as: UInt16.self)
        case .q2_K:
            block.storeBytes(of: Float16(abs(number) * 0.01).bitPattern, toByteOffset: 80, as: UInt16.self)
            block.storeBytes(of: Float16(abs(number) * 0.02).bitPattern, toByteOffset: 82, as: UInt16.self)
        case .q3_K: block.storeBytes(of: Float16(number * 0.003).bitPattern, toByteOffset: 108, as: UInt16.self)
        case .iq4_NL: block.storeBytes(of: Float16(number * 0.001).bitPattern, as: UInt16.self)
        case .iq4_XS: block.storeBytes(of: Float16(number * 0.0001).bitPattern, as: UInt16.self)
        case .mxfp4: block.storeBytes(of: UInt8.random(in: 118...122, using: &self), as: UInt8.self)
        case .f8E4M3: fillE4M3(block, scale: number * 0.001)
        case .q4_K, .q5_K:
            block.storeBytes(of: Float16(abs(number) * 0.001).bitPattern, as: UInt16.self)
            block.storeBytes(of: Float16(abs(number) * 0.003).bitPattern, toByteOffset: 2, as: UInt16.self)
        case .q6_K: block.storeBytes(of: Float16(number * 0.0005).bitPattern, toByteOffset: 208, as: UInt16.self)
        }
    }
}

extension SplitMix64 {
    /// A scale and 128 numbers that are not NaN.
    private mutating func fillE4M3(_ block: UnsafeMutableRawPointer, scale: Float) {
        block.storeBytes(of: scale, as: Float.self)
        for i in 4..<132 {
            let sign = Bool.random(using: &self) ? 0x80 : 0 as UInt8
            block.storeBytes(of: sign | UInt8.random(in: 0...0x7E, using: &self), toByteOffset: i, as: UInt8.self)
        }
    }
}

/// Every instruction set of this machine.
let everyKernels: [Kernels] = Kernels.availableInstructionSets.compactMap { try? Kernels($0) }
/// Those whose bits agree with each other.
let vectorKernels: [Kernels] = everyKernels.filter { $0.instructionSet != .scalar }

extension Kernels: CustomTestStringConvertible {
    public var testDescription: String { instructionSet.rawValue }
}
