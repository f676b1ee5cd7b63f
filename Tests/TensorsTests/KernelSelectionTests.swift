import Tensors
import Testing

@Suite struct KernelSelectionTests {
    @Test func scalarIsAlwaysThereAndTheBestIsChosenWithoutAName() throws {
        #expect(Kernels.availableInstructionSets.first == .scalar)
        #expect(try Kernels(named: nil).instructionSet == Kernels.availableInstructionSets.last)
        #expect(try Kernels(named: "").instructionSet == Kernels.availableInstructionSets.last)
        #expect(try Kernels(named: "scalar").instructionSet == .scalar)
    }

    @Test func anUnknownNameIsReportedWithTheChoices() {
        #expect(throws: InstructionSetError.unknown(name: "sse9")) { try Kernels(named: "sse9") }
        let message = InstructionSetError.unknown(name: "sse9").description
        #expect(message.contains("GUILDHALL_ISA=sse9") && message.contains("scalar"))
    }

    @Test func aSetThatTheMachineLacksIsReported() {
        for set in InstructionSet.allCases where !Kernels.availableInstructionSets.contains(set) {
            #expect(throws: InstructionSetError.unsupported(set)) { try Kernels(named: set.rawValue) }
        }
        #expect(InstructionSetError.unsupported(.avx512).description.contains("GUILDHALL_ISA=avx512"))
    }
}
