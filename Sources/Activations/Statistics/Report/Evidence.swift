import Tensors

/// What the sections of a report are worked out from.
struct Evidence {
    let shape: TraceShape
    let options: AnalysisOptions
    let layers: [LayerAccumulator]
    let kept: [RequestPlanner.Kept]
    let domains: [DomainFacts]
    let requests: Int
    let pool: ComputePool

    /// `work` of every layer, on all threads.
    func perLayer<Answer>(_ work: (LayerAccumulator) -> Answer) -> [Answer] {
        var answers = [Answer?](repeating: nil, count: layers.count)
        answers.withUnsafeMutableBufferPointer { answers in
            // Every layer's place is written by the one thread that has the layer.
            nonisolated(unsafe) let places = answers
            pool.forEach(count: layers.count, grain: 1) { range, _ in
                for layer in range { places[layer] = work(layers[layer]) }
            }
        }
        return answers.compactMap { $0 }
    }

    /// Loads of a layer over both phases.
    static func loads(_ layer: LayerAccumulator) -> [Double] {
        zip(layer.prefill, layer.decode).map { Double($0) + Double($1) }
    }
}
