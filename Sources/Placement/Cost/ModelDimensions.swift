/// The sizes of a model that its speed depends on.
public struct ModelDimensions: Sendable, Equatable {
    public var name: String
    /// MoE layers, experts of each and experts a token uses: what a trace of the model has.
    public var moeLayers: Int
    public var experts: Int
    public var expertsPerToken: Int
    public var hiddenSize: Int
    /// Width of an expert's feed-forward network, which has `expertMatrices` matrices of `hiddenSize` × `expertWidth`.
    public var expertWidth: Int
    public var expertMatrices: Int
    /// Bits that an expert's weight takes in memory, its share of scales included.
    public var bitsPerWeight: Double
    /// Width of the expert that every token goes to; 0 without one.
    public var sharedExpertWidth: Int
    /// Parameters of a block's attention.
    public var attentionParameters: Double
    /// Bits of an attention weight.
    public var attentionBits: Double
    /// Bytes that one position's keys and values take in one block.
    public var cacheBytesPerToken: Double

    public init(
        name: String, moeLayers: Int, experts: Int, expertsPerToken: Int, hiddenSize: Int, expertWidth: Int,
        expertMatrices: Int = 3, bitsPerWeight: Double, sharedExpertWidth: Int = 0, attentionParameters: Double,
        attentionBits: Double = 16, cacheBytesPerToken: Double
    ) {
        self.name = name
        self.moeLayers = moeLayers
        self.experts = experts
        self.expertsPerToken = expertsPerToken
        self.hiddenSize = hiddenSize
        self.expertWidth = expertWidth
        self.expertMatrices = expertMatrices
        self.bitsPerWeight = bitsPerWeight
        self.sharedExpertWidth = sharedExpertWidth
        self.attentionParameters = attentionParameters
        self.attentionBits = attentionBits
        self.cacheBytesPerToken = cacheBytesPerToken
    }

    /// Parameters of one expert.
    public var expertParameters: Double { Double(expertMatrices) * Double(hiddenSize) * Double(expertWidth) }
    /// Bytes of one expert.
    public var expertBytes: Double { expertParameters * bitsPerWeight / 8 }
    /// Parameters of the shared expert.
    public var sharedParameters: Double { Double(expertMatrices) * Double(hiddenSize) * Double(sharedExpertWidth) }
}
