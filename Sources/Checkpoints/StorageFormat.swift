import Tensors

/// How a file stores the numbers of a tensor. Formats this program cannot compute with have no `elementType`, but
/// their sizes are known, so the byte ranges of their tensors are checked like all others.
struct StorageFormat {
    let name: String
    /// Numbers in one block, and bytes of one block.
    let blockElements: Int
    let blockBytes: Int
    let elementType: ElementType?

    init(_ name: String, _ blockElements: Int, _ blockBytes: Int, _ elementType: ElementType? = nil) {
        self.name = name
        self.blockElements = blockElements
        self.blockBytes = blockBytes
        self.elementType = elementType
    }

    init(_ type: ElementType) {
        self.init(type.name, type.blockElements, type.blockBytes, type)
    }

    /// Bytes of `elements` numbers, or nil if they do not fill whole blocks or the size overflows.
    func byteCount(elements: Int) -> Int? {
        guard elements.isMultiple(of: blockElements) else { return nil }
        let (bytes, overflow) = (elements / blockElements).multipliedReportingOverflow(by: blockBytes)
        return overflow ? nil : bytes
    }
}

/// The product of `shape`, or nil if it overflows. A scalar (no dimensions) has one element.
func elementCount(_ shape: [Int]) -> Int? {
    var product = 1
    var hasZero = false
    // Zeros are set apart so that the order of the dimensions does not decide whether a product overflows.
    for size in shape {
        if size == 0 {
            hasZero = true
            continue
        }
        let (next, overflow) = product.multipliedReportingOverflow(by: size)
        if overflow { return nil }
        product = next
    }
    return hasZero ? 0 : product
}

extension StorageFormat {
    /// GGUF type ids (ggml `ggml_type`). Absent ids were never assigned or were withdrawn (4, 5, 31-33, 36-38).
    static let gguf: [UInt32: StorageFormat] = {
        var formats: [UInt32: StorageFormat] = [
            9: .init("Q8_1", 32, 36), 15: .init("Q8_K", 256, 292), 16: .init("IQ2_XXS", 256, 66),
            17: .init("IQ2_XS", 256, 74), 18: .init("IQ3_XXS", 256, 98), 19: .init("IQ1_S", 256, 50),
            21: .init("IQ3_S", 256, 110), 22: .init("IQ2_S", 256, 82), 24: .init("I8", 1, 1), 25: .init("I16", 1, 2),
            26: .init("I32", 1, 4), 27: .init("I64", 1, 8), 28: .init("F64", 1, 8), 29: .init("IQ1_M", 256, 56),
            34: .init("TQ1_0", 256, 54), 35: .init("TQ2_0", 256, 66), 40: .init("NVFP4", 64, 36),
            41: .init("Q1_0", 128, 18), 42: .init("Q2_0", 64, 18),
        ]
        for type in ElementType.allCases where type.isInGGUF { formats[type.rawValue] = StorageFormat(type) }
        return formats
    }()

    /// safetensors dtype names. Types of under a byte are given as the fewest numbers that fill whole bytes.
    static let safetensors: [String: StorageFormat] = {
        let plain: [(String, Int)] = [
            ("BOOL", 1), ("U8", 1), ("I8", 1), ("F8_E5M2", 1), ("F8_E4M3", 1), ("F8_E8M0", 1), ("F8_E4M3FNUZ", 1),
            ("F8_E5M2FNUZ", 1), ("I16", 2), ("U16", 2), ("I32", 4), ("U32", 4), ("I64", 8), ("U64", 8), ("F64", 8),
            ("C64", 8),
        ]
        var formats = [
            "F4": StorageFormat("F4", 2, 1), "F6_E2M3": StorageFormat("F6_E2M3", 4, 3),
            "F6_E3M2": StorageFormat("F6_E3M2", 4, 3), "F32": StorageFormat(.f32), "F16": StorageFormat(.f16),
            "BF16": StorageFormat(.bf16),
        ]
        for (name, bytes) in plain { formats[name] = StorageFormat(name, 1, bytes) }
        return formats
    }()
}
