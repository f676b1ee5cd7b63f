import Foundation
import Randomness
import Tensors
import Testing

/// Blocks and their values by the reference `gguf` package; see `Fixtures/Tensors/make_dequantized.py`.
struct DequantizedCase: Decodable, Sendable, CustomTestStringConvertible {
    let type: String
    let blocks: String
    let values: String

    var testDescription: String { type }
    var elementType: ElementType? { ElementType.allCases.first { $0.name == type } }

    static let all: [DequantizedCase] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/Tensors/dequantized.json")
        let data = (try? Data(contentsOf: file)) ?? Data()
        return (try? JSONDecoder().decode([DequantizedCase].self, from: data)) ?? []
    }()
}

private func bytes(hexadecimal text: String) -> [UInt8] {
    let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

@Suite struct DequantizeTests {
    @Test func everyQuantizedTypeHasReferenceBlocks() {
        #expect(Set(DequantizedCase.all.compactMap(\.elementType)) == Set(ElementType.allCases).subtracting([.f32]))
    }

    @Test(arguments: everyKernels, DequantizedCase.all)
    func valuesAreTheBitsOfTheReference(_ kernels: Kernels, _ reference: DequantizedCase) throws {
        let type = try #require(reference.elementType)
        let blocks = bytes(hexadecimal: reference.blocks)
        let expected = bytes(hexadecimal: reference.values).withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
        try #require(blocks.count / type.blockBytes * type.blockElements == expected.count)
        let output = FloatBuffer(count: expected.count)
        blocks.withUnsafeBytes {
            guard let base = $0.baseAddress else { return }
            kernels.dequantize(type, base, count: expected.count, into: output.pointer)
        }
        for (index, bits) in expected.enumerated() {
            let value = output[index], wanted = Float(bitPattern: bits)
            #expect(
                value.bitPattern == bits || (value.isNaN && wanted.isNaN),
                "\(reference.type) element \(index): \(value), not \(wanted)")
        }
    }

    @Test(arguments: vectorKernels, ElementType.allCases)
    func anyBytesGiveTheBitsOfTheScalarKernels(_ kernels: Kernels, _ type: ElementType) throws {
        let scalar = try Kernels(.scalar)
        for seed in 1...8 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let count = type.blockElements == 1 ? Int.random(in: 1...70, using: &random) : type.blockElements * 3
            let size = try #require(type.byteCount(elements: count))
            // Any bits at all, infinities and NaN among them, at any address.
            let block = OwnedBytes(count: size, misalignment: Int(seed) % 5)
            for i in 0..<size {
                block.base.storeBytes(of: UInt8.random(in: 0...255, using: &random), toByteOffset: i, as: UInt8.self)
            }
            let output = FloatBuffer(count: count), wanted = FloatBuffer(count: count)
            kernels.dequantize(type, block.base, count: count, into: output.pointer)
            scalar.dequantize(type, block.base, count: count, into: wanted.pointer)
            for i in 0..<count {
                let same = output[i].bitPattern == wanted[i].bitPattern || (output[i].isNaN && wanted[i].isNaN)
                #expect(same, "\(type.name) seed \(seed) element \(i): \(output[i]), not \(wanted[i])")
            }
        }
    }
}
