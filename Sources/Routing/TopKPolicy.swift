/// What families that send each token to its k best experts differ in.
public struct TopKPolicy: Sendable, Equatable {
    /// How a gate's outputs become scores, in float32.
    public enum Scoring: Sendable, Equatable {
        /// Softmax over all experts (Mixtral, Qwen, OLMoE, DeepSeek-V2).
        case softmax
        /// Each expert on its own (DeepSeek-V3, GLM-4.5).
        case sigmoid
        /// The outputs as they are (GPT-OSS, Granite, Llama-4).
        case logits
    }

    /// How the scores of the chosen experts become weights.
    public enum Weighting: Sendable, Equatable {
        /// The scores themselves (OLMoE, Qwen2-MoE, DeepSeek-V2).
        case scores
        /// Divided by their sum (Mixtral, Qwen3-MoE, DeepSeek-V3).
        case normalised
        /// Softmax over the chosen ones (GPT-OSS, Granite).
        case softmax
        /// Each through a sigmoid (Llama-4).
        case sigmoid
    }

    /// Experts in equal consecutive groups, of which a token may use some (DeepSeek-V2, arXiv 2405.04434, section
    /// 2.2.2; DeepSeek-V3, arXiv 2412.19437, section 2.1.2).
    public struct Groups: Sendable, Equatable {
        public enum Score: Sendable, Equatable {
            /// A group is as good as its best expert; the others' experts then score 0 (DeepSeek-V2).
            case best
            /// A group is as good as its two best experts together; others are out of the question (DeepSeek-V3).
            case bestTwo
        }

        public let count: Int
        /// Groups that a token may use.
        public let kept: Int
        public let score: Score

        public init(count: Int, kept: Int, score: Score) {
            precondition(count > 0 && kept > 0 && kept <= count, "groups kept must be within 1...count")
            self.count = count
            self.kept = kept
            self.score = score
        }
    }

    public var scoring: Scoring
    public var weighting: Weighting
    /// The weights are multiplied with this at the end (`routed_scaling_factor`).
    public var scale: Float
    public var groups: Groups?

    public init(scoring: Scoring, weighting: Weighting, scale: Float = 1, groups: Groups? = nil) {
        self.scoring = scoring
        self.weighting = weighting
        self.scale = scale
        self.groups = groups
    }
}
