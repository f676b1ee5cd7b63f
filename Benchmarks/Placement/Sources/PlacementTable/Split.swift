import Activations
import Randomness

/// Requests to learn from and requests to be judged by.
struct Split {
    let name: String
    let training: [RequestTrace]
    let held: [RequestTrace]

    /// A random fifth of the requests is held out.
    static func random(_ requests: [RequestTrace], seed: UInt64) -> Split {
        var random = SplitMix64(seed: seed)
        let order = requests.shuffled(using: &random)
        let fifth = requests.count / 5
        return Split(
            name: "random \(seed)", training: Array(order.dropFirst(fifth)), held: Array(order.prefix(fifth)))
    }

    /// All requests of a random fifth of the categories are held out: none of their labels is known.
    static func categories(_ requests: [RequestTrace], seed: UInt64) -> Split {
        var random = SplitMix64(seed: seed)
        let categories = Set(requests.compactMap(\.category)).sorted().shuffled(using: &random)
        let out = Set(categories.prefix(max(1, categories.count / 5)))
        let isHeld = { (request: RequestTrace) in request.category.map(out.contains) ?? false }
        return Split(
            name: "categories", training: requests.filter { !isHeld($0) }, held: requests.filter(isHeld))
    }
}
