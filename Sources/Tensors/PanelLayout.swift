import CKernels

/// How sixteen rows of a packed matrix lie in memory.
enum PanelLayout {
    /// Blocks of codes with their scales (`gh_packed.h`).
    case blocks(gh_packed_type)
    /// Pairs of bfloat16 numbers (`gh_pairs.h`).
    case pairs

    /// Nil if the format has none.
    init?(_ type: ElementType) {
        switch type {
        case .bf16: self = .pairs
        case .q8_0: self = .blocks(gh_packed_q8_0)
        case .q4_0: self = .blocks(gh_packed_q4_0)
        case .q4_1: self = .blocks(gh_packed_q4_1)
        case .q5_0: self = .blocks(gh_packed_q5_0)
        case .q5_1: self = .blocks(gh_packed_q5_1)
        case .q4_K: self = .blocks(gh_packed_q4_K)
        case .q5_K: self = .blocks(gh_packed_q5_K)
        case .q6_K: self = .blocks(gh_packed_q6_K)
        case .iq4_NL: self = .blocks(gh_packed_iq4_nl)
        case .iq4_XS: self = .blocks(gh_packed_iq4_xs)
        case .mxfp4: self = .blocks(gh_packed_mxfp4)
        case .f32, .f16, .q2_K, .q3_K, .f8E4M3: return nil
        }
    }

    /// What the inputs of products must be rounded to.
    var form: RoundedForms {
        switch self {
        case .blocks(let type):
            switch gh_packed_input_columns(type) {
            case 32: .int8
            case 128: .int8By128
            default: .int8By256
            }
        case .pairs: .bfloat16
        }
    }

    /// Bytes of a panel of `columns`, which fit its blocks.
    func panelBytes(columns: Int) -> Int {
        switch self {
        case .blocks(let type): Int(gh_packed_panel_bytes(type, Int64(columns)))
        case .pairs: Int(gh_pair_panel_bytes(Int64(columns)))
        }
    }

    /// Packs `count` rows that lie `rowBytes` apart, at most as many as a panel has.
    func pack(
        _ rows: UnsafeRawPointer, rowBytes: Int, count: Int, columns: Int, into panel: UnsafeMutableRawPointer
    ) {
        switch self {
        case .blocks(let type):
            gh_pack_panel(type, rows, Int64(rowBytes), Int64(count), Int64(columns), panel)
        case .pairs:
            gh_pack_pair_panel(rows, Int64(rowBytes), Int64(count), Int64(columns), panel)
        }
    }
}

extension PackedMatrix {
    /// A number that changes when any format is packed in another way: on another machine, say, or by another version.
    /// Nothing has to be kept in step by hand, because it is made by packing.
    public static let layoutFingerprint: UInt64 = Checksum64.of(
        ElementType.allCases.filter { canPack($0, columns: 512) }.map { type -> UInt64 in
            let rows = panelRows + 1, columns = 512
            let byteCount = (type.byteCount(elements: columns) ?? 0) * rows
            // Any bytes are blocks of every format; packing moves their bits.
            let source = ByteRegion(count: byteCount) { bytes in
                for i in 0..<byteCount {
                    bytes.storeBytes(of: UInt8(truncatingIfNeeded: (i &* 40503) >> 7), toByteOffset: i, as: UInt8.self)
                }
            }
            guard let matrix = WeightMatrix(type: type, rows: rows, columns: columns, region: source),
                let packed = PackedMatrix(packing: matrix)
            else { preconditionFailure("\(type.name) can be packed") }
            return Checksum64.of(UnsafeRawBufferPointer(start: packed.region.base, count: packed.region.count))
                ^ UInt64(type.rawValue)
        })
}
