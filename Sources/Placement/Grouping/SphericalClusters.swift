import Randomness

/// Spherical k-means: vectors of length 1, clusters by largest cosine; with `capacity`, no cluster above its share.
struct SphericalClusters {
    /// Cluster of each vector.
    private(set) var cluster: [Int]
    /// Sum of the cosines of vectors and their centres.
    private(set) var similarity = 0.0

    /// - Parameters:
    ///   - vectors: `[count * width]`, each of length 1 (or 0).
    ///   - capacity: most vectors of a cluster; nil for no limit.
    init(_ vectors: [Float], width: Int, clusters: Int, capacity: Int? = nil, iterations: Int = 12, seed: UInt64) {
        let count = width == 0 ? 0 : vectors.count / width
        var random = SplitMix64(seed: seed)
        cluster = [Int](repeating: 0, count: count)
        guard count > 0 else { return }
        var centres = Self.farApart(vectors, width: width, clusters: clusters, &random)
        for _ in 0..<iterations {
            let cosines = Self.products(vectors, centres, width: width)
            cluster = Self.assign(cosines, clusters: clusters, capacity: capacity ?? count)
            similarity = cluster.enumerated().reduce(0) { $0 + Double(cosines[$1.offset * clusters + $1.element]) }
            centres = Self.means(vectors, cluster, width: width, clusters: clusters, old: centres)
        }
    }

    /// The best of several starts.
    static func best(
        of starts: Int, _ vectors: [Float], width: Int, clusters: Int, capacity: Int? = nil, seed: UInt64
    ) -> SphericalClusters {
        var best = SphericalClusters(vectors, width: width, clusters: clusters, capacity: capacity, seed: seed)
        for start in 1..<max(starts, 2) {
            let other = SphericalClusters(
                vectors, width: width, clusters: clusters, capacity: capacity, seed: seed &+ UInt64(start) &* 7919)
            if other.similarity > best.similarity { best = other }
        }
        return best
    }

    /// k-means++ on the cosine distance.
    private static func farApart(
        _ vectors: [Float], width: Int, clusters: Int, _ random: inout SplitMix64
    ) -> [Float] {
        let count = vectors.count / width
        var centres: [Float] = []
        var distances = [Double](repeating: 1, count: count)
        for _ in 0..<clusters {
            var target = random.nextUnit() * distances.reduce(0, +)
            let pick = distances.firstIndex { distance in
                target -= distance
                return target <= 0
            }
            let start = (pick ?? count - 1) * width
            let centre = Array(vectors[start..<start + width])
            centres += centre
            let cosines = products(vectors, centre, width: width)
            for index in 0..<count { distances[index] = min(distances[index], max(0, 1 - Double(cosines[index]))) }
        }
        return centres
    }

    /// `[vectors * centres]`.
    private static func products(_ vectors: [Float], _ centres: [Float], width: Int) -> [Float] {
        let (rows, columns) = (vectors.count / width, centres.count / width)
        var products = [Float](repeating: 0, count: rows * columns)
        for row in 0..<rows {
            for column in 0..<columns {
                var sum: Float = 0
                for index in 0..<width { sum += vectors[row * width + index] * centres[column * width + index] }
                products[row * columns + column] = sum
            }
        }
        return products
    }

    /// Those that lose most by their second choice choose first.
    private static func assign(_ cosines: [Float], clusters: Int, capacity: Int) -> [Int] {
        let count = cosines.count / clusters
        var left = [Int](repeating: capacity, count: clusters)
        var result = [Int](repeating: 0, count: count)
        let regret = (0..<count).map { row -> Float in
            let sorted = cosines[row * clusters..<(row + 1) * clusters].sorted(by: >)
            return clusters > 1 ? sorted[0] - sorted[1] : 0
        }
        for row in (0..<count).sorted(by: { (regret[$1], $0) < (regret[$0], $1) }) {
            var chosen = -1
            for cluster in 0..<clusters where left[cluster] > 0 {
                if chosen < 0 || cosines[row * clusters + cluster] > cosines[row * clusters + chosen] {
                    chosen = cluster
                }
            }
            result[row] = max(chosen, 0)
            left[result[row]] -= 1
        }
        return result
    }

    private static func means(
        _ vectors: [Float], _ cluster: [Int], width: Int, clusters: Int, old: [Float]
    ) -> [Float] {
        var means = [Float](repeating: 0, count: clusters * width)
        for (row, cluster) in cluster.enumerated() {
            for index in 0..<width { means[cluster * width + index] += vectors[row * width + index] }
        }
        for cluster in 0..<clusters {
            let range = cluster * width..<(cluster + 1) * width
            let length = means[range].reduce(0) { $0 + $1 * $1 }.squareRoot()
            for index in range { means[index] = length > 0 ? means[index] / length : old[index] }
        }
        return means
    }
}
