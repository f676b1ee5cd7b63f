import Randomness

/// Spherical k-means: vectors of length 1, clusters by largest cosine; with `capacity`, no cluster above its share.
struct SphericalClusters {
    /// Sixteen numbers of a vector; the last ones of it are filled up with 0.
    private typealias Block = SIMD16<Float>

    /// Cluster of each vector.
    private(set) var cluster: [Int]
    /// Sum of the cosines of vectors and their centres.
    private(set) var similarity = 0.0

    /// - Parameters:
    ///   - vectors: `[count * width]`, each of length 1 (or 0).
    ///   - capacity: most vectors of a cluster; nil for no limit.
    /// - Returns: nil where the time is over before.
    private init?(
        _ vectors: [Block], count: Int, clusters: Int, capacity: Int?, iterations: Int = 12, seed: UInt64,
        until time: SearchTime
    ) {
        var random = SplitMix64(seed: seed)
        cluster = [Int](repeating: 0, count: count)
        guard count > 0, !vectors.isEmpty else { return }
        let blocks = vectors.count / count
        guard var centres = Self.farApart(vectors, blocks: blocks, clusters: clusters, &random, until: time) else {
            return nil
        }
        for _ in 0..<iterations {
            guard let cosines = Self.products(vectors, centres, blocks: blocks, until: time) else { return nil }
            cluster = Self.assign(cosines, clusters: clusters, capacity: capacity ?? count)
            similarity = cluster.enumerated().reduce(0) { $0 + Double(cosines[$1.offset * clusters + $1.element]) }
            centres = Self.means(vectors, cluster, blocks: blocks, clusters: clusters, old: centres)
        }
    }

    /// The best of several starts; nil where the time is over before the first.
    static func best(
        of starts: Int, _ vectors: [Float], width: Int, clusters: Int, capacity: Int? = nil, seed: UInt64,
        until time: SearchTime = .unlimited
    ) -> SphericalClusters? {
        let count = width == 0 ? 0 : vectors.count / width
        let packed = pack(vectors, count: count, width: width)
        var best: SphericalClusters?
        for start in 0..<max(starts, 1) {
            let found = SphericalClusters(
                packed, count: count, clusters: clusters, capacity: capacity, seed: seed &+ UInt64(start) &* 7919,
                until: time)
            guard let found else { break }
            if found.similarity > best?.similarity ?? -.infinity { best = found }
        }
        return best
    }

    private static func pack(_ vectors: [Float], count: Int, width: Int) -> [Block] {
        let size = Block.scalarCount
        let blocks = (width + size - 1) / size
        var packed = [Block](repeating: .zero, count: count * blocks)
        for row in 0..<count {
            for index in 0..<width { packed[row * blocks + index / size][index % size] = vectors[row * width + index] }
        }
        return packed
    }

    /// k-means++ on the cosine distance.
    private static func farApart(
        _ vectors: [Block], blocks: Int, clusters: Int, _ random: inout SplitMix64, until time: SearchTime
    ) -> [Block]? {
        let count = vectors.count / blocks
        var centres: [Block] = []
        var distances = [Double](repeating: 1, count: count)
        for _ in 0..<clusters {
            var target = random.nextUnit() * distances.reduce(0, +)
            let pick = distances.firstIndex { distance in
                target -= distance
                return target <= 0
            }
            let start = (pick ?? count - 1) * blocks
            let centre = Array(vectors[start..<start + blocks])
            centres += centre
            guard let cosines = products(vectors, centre, blocks: blocks, until: time) else { return nil }
            for index in 0..<count { distances[index] = min(distances[index], max(0, 1 - Double(cosines[index]))) }
        }
        return centres
    }

    /// `[vectors * centres]`; nil where the time is over before.
    private static func products(
        _ vectors: [Block], _ centres: [Block], blocks: Int, until time: SearchTime
    ) -> [Float]? {
        let (rows, columns) = (vectors.count / blocks, centres.count / blocks)
        var products = [Float](repeating: 0, count: rows * columns)
        for row in 0..<rows {
            if row & 15 == 0, time.isOver { return nil }
            for column in 0..<columns {
                var sum = Block.zero
                for index in 0..<blocks { sum += vectors[row * blocks + index] * centres[column * blocks + index] }
                products[row * columns + column] = sum.sum()
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
        _ vectors: [Block], _ cluster: [Int], blocks: Int, clusters: Int, old: [Block]
    ) -> [Block] {
        var means = [Block](repeating: .zero, count: clusters * blocks)
        for (row, cluster) in cluster.enumerated() {
            for index in 0..<blocks { means[cluster * blocks + index] += vectors[row * blocks + index] }
        }
        for cluster in 0..<clusters {
            let range = cluster * blocks..<(cluster + 1) * blocks
            let length = means[range].reduce(0) { $0 + ($1 * $1).sum() }.squareRoot()
            for index in range { means[index] = length > 0 ? means[index] / length : old[index] }
        }
        return means
    }
}
