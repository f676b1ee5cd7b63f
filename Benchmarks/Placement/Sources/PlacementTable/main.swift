import Activations
import Foundation
import Placement

// Prints docs/placement.md's table: swift run -c release --package-path Benchmarks/Placement PlacementTable TRACE [TURNS [NODES,… [PERCENT,… [SEED]]]]
guard CommandLine.arguments.count >= 2 else {
    FileHandle.standardError.write(Data("usage: PlacementTable TRACE [TURNS [NODES,… [PERCENT,… [SEED]]]]\n".utf8))
    exit(64)
}
let source = try openTrace(path: CommandLine.arguments[1])
let turns = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 8
/// A list of numbers.
@MainActor func list(_ position: Int) -> [Double]? {
    CommandLine.arguments.dropFirst(position).first.map { $0.split(separator: ",").compactMap { Double($0) } }
}
var requests: [RequestTrace] = []
for damage in source.forEachRequest({ requests.append($0) }) {
    FileHandle.standardError.write(Data("\(damage)\n".utf8))
}
let seed = list(5)?.first.map { UInt64(max(0, $0)) } ?? 1
let splits =
    (seed..<seed + 5).map { Split.random(requests, seed: $0) } + [Split.categories(requests, seed: seed + 5)]
let trainings = splits.map { split in
    var training = TrainingSet(shape: source.shape)
    for request in split.training { training.add(request) }
    return training
}
func show(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
show("| nodes × devices | redundant | plan | visits | imbalance | homes | visits, new categories | imbalance |")
show("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |")
for nodes in (list(3) ?? [2, 4, 8]).map({ Int($0) }) {
    for percent in list(4) ?? [0, 12.5, 25] {
        let redundant = Int((Double(source.shape.expertCount) * percent / 100).rounded())
        for contender in Contender.all {
            let all = try zip(splits, trainings).map { split, training in
                let plan = try contender.plan(training, (nodes, redundant), turns: turns)
                return try Judgement.of(plan, on: split.held, shape: source.shape)
            }
            let (random, new) = (Judgement.mean(Array(all.prefix(5))), all[5])
            show(
                String(
                    format: "| %d × 8 | %.1f %% | %@ | %.3f | %.3f | %.2f | %.3f | %.3f |", nodes, percent,
                    contender.name, random.visits,
                    random.imbalance, random.homes, new.visits, new.imbalance))
        }
    }
}
