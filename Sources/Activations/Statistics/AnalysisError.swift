/// Why a trace cannot be analysed.
public enum AnalysisError: Error, CustomStringConvertible {
    case shape(TraceShape)

    public var description: String {
        switch self {
        case .shape(let shape):
            "a trace of \(shape.layerCount) layers of \(shape.expertCount) experts, \(shape.topK) a token, cannot be "
                + "analysed: there should be at least one of each and at most \(AnalysisOptions.largestShape) experts "
                + "in all"
        }
    }
}
