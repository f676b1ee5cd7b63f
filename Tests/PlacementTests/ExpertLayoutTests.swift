import Placement
import Testing

@Suite struct ExpertLayoutTests {
    @Test func `keeps the order of slots`() {
        #expect(ExpertLayout(block: 3, devices: [[2, 0], [1, 3]]).devices[0] == [2, 0])
    }
}
