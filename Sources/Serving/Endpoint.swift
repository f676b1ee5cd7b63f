import FoundationEssentials
import Hummingbird

/// What the server answers to.
enum Endpoint: Equatable {
    case page
    case health
    case metrics
    case models
    case model(String)
    case chatCompletions
    case completions
    case experts
    case liveExperts

    /// nil for paths that nothing is behind.
    init?(path: String) {
        switch path {
        case "/": self = .page
        case "/health": self = .health
        case "/metrics": self = .metrics
        case "/v1/models": self = .models
        case "/v1/chat/completions": self = .chatCompletions
        case "/v1/completions": self = .completions
        case "/v1/experts": self = .experts
        case "/v1/experts/live": self = .liveExperts
        default:
            let prefix = "/v1/models/"
            guard path.hasPrefix(prefix), let id = String(path.dropFirst(prefix.count)).removingPercentEncoding,
                !id.isEmpty
            else { return nil }
            self = .model(id)
        }
    }

    var method: HTTPRequest.Method {
        switch self {
        case .chatCompletions, .completions: .post
        default: .get
        }
    }

    /// The value of the metrics' label `endpoint`: never anything a client made up.
    var label: String {
        switch self {
        case .page: "/"
        case .health: "/health"
        case .metrics: "/metrics"
        case .models: "/v1/models"
        case .model: "/v1/models/{id}"
        case .chatCompletions: "/v1/chat/completions"
        case .completions: "/v1/completions"
        case .experts: "/v1/experts"
        case .liveExperts: "/v1/experts/live"
        }
    }
}
