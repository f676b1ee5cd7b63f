/// Dimensions of published models, from their config.json; bits are those of the published checkpoint.
public enum ModelCatalog {
    public static let models: [ModelDimensions] = [
        ModelDimensions(
            name: "gpt-oss-20b", moeLayers: 24, experts: 32, expertsPerToken: 4, hiddenSize: 2880, expertWidth: 2880,
            bitsPerWeight: 4.25, attentionParameters: attention(2880, heads: 64, groups: 8, head: 64),
            cacheBytesPerToken: cache(groups: 8, head: 64)),
        ModelDimensions(
            name: "gpt-oss-120b", moeLayers: 36, experts: 128, expertsPerToken: 4, hiddenSize: 2880, expertWidth: 2880,
            bitsPerWeight: 4.25, attentionParameters: attention(2880, heads: 64, groups: 8, head: 64),
            cacheBytesPerToken: cache(groups: 8, head: 64)),
        ModelDimensions(
            name: "deepseek-v3", moeLayers: 58, experts: 256, expertsPerToken: 8, hiddenSize: 7168, expertWidth: 2048,
            bitsPerWeight: 8, sharedExpertWidth: 2048, attentionParameters: 187e6, attentionBits: 8,
            cacheBytesPerToken: 1152),
        ModelDimensions(
            name: "deepseek-v2-lite", moeLayers: 26, experts: 64, expertsPerToken: 6, hiddenSize: 2048,
            expertWidth: 1408, bitsPerWeight: 16, sharedExpertWidth: 2816, attentionParameters: 13.8e6,
            cacheBytesPerToken: 1152),
        ModelDimensions(
            name: "qwen3-30b-a3b", moeLayers: 48, experts: 128, expertsPerToken: 8, hiddenSize: 2048, expertWidth: 768,
            bitsPerWeight: 16, attentionParameters: attention(2048, heads: 32, groups: 4, head: 128),
            cacheBytesPerToken: cache(groups: 4, head: 128)),
        ModelDimensions(
            name: "qwen3-235b-a22b", moeLayers: 94, experts: 128, expertsPerToken: 8, hiddenSize: 4096,
            expertWidth: 1536, bitsPerWeight: 16, attentionParameters: attention(4096, heads: 64, groups: 4, head: 128),
            cacheBytesPerToken: cache(groups: 4, head: 128)),
        ModelDimensions(
            name: "llama-4-maverick", moeLayers: 24, experts: 128, expertsPerToken: 1, hiddenSize: 5120,
            expertWidth: 8192, bitsPerWeight: 16, sharedExpertWidth: 8192,
            attentionParameters: attention(5120, heads: 40, groups: 8, head: 128),
            cacheBytesPerToken: cache(groups: 8, head: 128)),
        ModelDimensions(
            name: "hy3", moeLayers: 79, experts: 192, expertsPerToken: 8, hiddenSize: 4096, expertWidth: 1536,
            bitsPerWeight: 16, sharedExpertWidth: 1536,
            attentionParameters: attention(4096, heads: 64, groups: 8, head: 128),
            cacheBytesPerToken: cache(groups: 8, head: 128)),
        ModelDimensions(
            name: "olmoe-1b-7b", moeLayers: 16, experts: 64, expertsPerToken: 8, hiddenSize: 2048, expertWidth: 1024,
            bitsPerWeight: 16, attentionParameters: attention(2048, heads: 16, groups: 16, head: 128),
            cacheBytesPerToken: cache(groups: 16, head: 128)),
        ModelDimensions(
            name: "mixtral-8x7b", moeLayers: 32, experts: 8, expertsPerToken: 2, hiddenSize: 4096, expertWidth: 14336,
            bitsPerWeight: 16, attentionParameters: attention(4096, heads: 32, groups: 8, head: 128),
            cacheBytesPerToken: cache(groups: 8, head: 128)),
        ModelDimensions(
            name: "dbrx", moeLayers: 40, experts: 16, expertsPerToken: 4, hiddenSize: 6144, expertWidth: 10752,
            bitsPerWeight: 16, attentionParameters: attention(6144, heads: 48, groups: 8, head: 128),
            cacheBytesPerToken: cache(groups: 8, head: 128)),
        // The model that this program comes with.
        ModelDimensions(
            name: "apprentice", moeLayers: 6, experts: 16, expertsPerToken: 4, hiddenSize: 256, expertWidth: 256,
            bitsPerWeight: 8.5, attentionParameters: attention(256, heads: 8, groups: 2, head: 32),
            cacheBytesPerToken: cache(groups: 2, head: 32)),
    ]

    public static func model(named name: String) -> ModelDimensions? { models.first { $0.name == name } }

    /// The model whose experts look like these, if there is just one.
    public static func model(experts: Int, perToken: Int, layers: Int) -> ModelDimensions? {
        let alike = models.filter { $0.experts == experts && $0.expertsPerToken == perToken }
        let same = alike.filter { $0.moeLayers == layers }
        return same.count == 1 ? same.first : alike.count == 1 ? alike.first : nil
    }

    /// Parameters of grouped-query attention: queries and output of `heads`, keys and values of `groups` heads.
    private static func attention(_ hidden: Int, heads: Int, groups: Int, head: Int) -> Double {
        Double(hidden * head * 2 * (heads + groups))
    }

    /// Bytes of a position's keys and values in 16 bits.
    private static func cache(groups: Int, head: Int) -> Double { Double(2 * groups * head * 2) }
}
