import Foundation
import Quantization
import Tensors
import Testing

@Suite struct ExpertUseTests {
    private func file(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).json").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func theBusiestExpertsKeepMore() throws {
        let path = try file(#"{"layers":[{"block":1,"tokens":[5,9,9,0]},{"block":3,"tokens":[0,0,0,1]}]}"#)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recipe = try ExpertUse(path: path).recipe(share: 0.5, type: .q8_0, blocks: [1, 3], expertCount: 4)
        let kept = { (block: Int) in
            (0..<4).filter { recipe.type(of: "blk.\(block).ffn_up_exps.weight", expert: $0) == .q8_0 }
        }
        #expect(kept(1) == [1, 2])
        #expect(kept(3) == [0, 3])
        #expect(throws: QuantizationError.self) {
            try ExpertUse(path: path).recipe(share: 0.5, type: .q8_0, blocks: [1], expertCount: 4)
        }
    }

    @Test func countsATrace() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(#"{"num_moe_layers":2,"top_k":2,"num_experts":3}"#.utf8).write(to: folder.appending(path: "meta.json"))
        let ids = folder.appending(path: "experts.uint8.bin")
        try Data([0, 1, 2, 1, 1, 0, 2, 0]).write(to: ids)
        #expect(try ExpertUse(path: folder.path).layers == [[2, 2, 0], [1, 1, 2]])
        try Data([0, 1, 2, 3]).write(to: ids)
        #expect(throws: QuantizationError.self) { try ExpertUse(path: folder.path) }
        try Data([0, 1, 2]).write(to: ids)
        #expect(throws: QuantizationError.self) { try ExpertUse(path: folder.path) }
    }

    @Test(arguments: ["{}", "[]", #"{"layers":[{"tokens":[-1]}]}"#, #"{"layers":[{"tokens":"x"}]}"#, "{"])
    func damageIsAnError(text: String) throws {
        let path = try file(text)
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: (any Error).self) { try ExpertUse(path: path) }
    }
}
