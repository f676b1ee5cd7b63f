/// A safetensors file of a header given as text; it can lie about everything.
func safetensorsBytes(_ header: String, data: [UInt8], length: UInt64? = nil) -> [UInt8] {
    GGUFBytes.little(length ?? UInt64(header.utf8.count)) + Array(header.utf8) + data
}

/// A small sound file: metadata and three tensors of different dtypes.
let sampleSafetensors = safetensorsBytes(
    #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"#
        + #""ids":{"dtype":"I64","shape":[2],"data_offsets":[16,32]},"b":{"dtype":"BF16","shape":[3],"data_offsets":[32,38]}}"#,
    data: (0..<38).map { UInt8($0) })
