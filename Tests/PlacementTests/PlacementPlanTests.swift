import Foundation
import Placement
import Testing

@Suite struct PlacementPlanTests {
    private static let groups = #"{"prices":[0,0.5],"cold":[1,2],"labels":{"==a":[0,1]},"band":0.1}"#
    private static let text =
        #"{"version":1,"nodes":2,"devices_per_node":1,"layers":[{"layer":3,"devices":[[0,2],[1]]}],"groups":"# + groups
        + "}"

    private func read(_ text: String) throws -> PlacementPlan {
        try PlacementPlan(json: Data(text.utf8), source: "p.json")
    }

    private func failure(_ old: String, _ new: String) -> String {
        do {
            _ = try read(Self.text.replacingOccurrences(of: old, with: new))
            return "read"
        } catch { return "\(error)" }
    }

    @Test func `reads what it writes`() throws {
        let plan = try read(Self.text)
        #expect(plan.layers == [ExpertLayout(block: 3, devices: [[0, 2], [1]])])
        #expect(plan.groups?.labels == ["==a": [0, 1]])
        #expect(try PlacementPlan(json: plan.json(), source: "again") == plan)
        #expect(try read(Self.text.replacingOccurrences(of: Self.groups, with: "null")).groups == nil)
    }

    @Test func `says where there are no groups`() throws {
        let plan = try read(Self.text.replacingOccurrences(of: Self.groups, with: "null"))
        #expect(String(decoding: try plan.json(), as: UTF8.self).contains(#""groups":null"#))
    }

    @Test func `errors name file and place`() {
        #expect(failure("[1]]", "[1,1]]") == "p.json: layer 3, device 1: holds expert 1 twice")
        #expect(failure("[1]]", "[3]]") == "p.json: layer 3: expert 1 is on no device")
        #expect(failure("[1]]", "[-1]]") == "p.json: layer 3, device 1: no expert can be -1")
        #expect(failure("[1]]", "[9223372036854775807]]").hasPrefix("p.json: layer 3"))
        #expect(failure("[1]]", "[1],[]]") == "p.json: layer 3: has 3 devices instead of 2")
        #expect(failure(#""version":1"#, #""version":2"#) == "p.json: version: is 2, known is 1")
        #expect(failure(#""cold":[1,2]"#, #""cold":[1]"#).hasPrefix("p.json: groups.cold: must be 2"))
        #expect(failure(#""nodes":2"#, #""nodes":9000000000"#).hasPrefix("p.json: nodes, devices_per_node"))
        #expect(failure("[1]]", #"["x"]]"#).hasPrefix("p.json: layers[0].devices[1][0]"))
        for number in ["0.5", "9223372036854775808"] {
            let found = failure("[1]]", "[\(number)]]")
            #expect(found == "p.json: layers[0].devices[1][0]: is not a whole number of 64 bits", "\(found)")
        }
        #expect(failure("{", "").hasPrefix("p.json: "))
    }
}
