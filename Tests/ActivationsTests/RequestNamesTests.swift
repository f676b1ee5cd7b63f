import Activations
import Testing

@Suite struct RequestNamesTests {
    @Test func namesOfNoRequestAreTold() {
        var names = RequestNames(["b", "typo", "a", "typo", "other"])
        #expect(names.take("a") && names.take("b") && names.take("a") && !names.take("c"))
        #expect(
            names.warning(option: "--only")
                == "--only names 2 of 4 requests that the trace does not have; the first is 'typo'")
        #expect(names.take("typo") && names.take("other"))
        #expect(names.warning(option: "--only") == nil)
        #expect(RequestNames([]).warning(option: "--exclude") == nil)
    }
}
