import Activations
import Testing

@Suite struct LoadFiguresTests {
    @Test func knownValues() throws {
        let figures = try #require(LoadFigures(loads: [6, 0, 2, 0]))
        #expect(figures.maxOverMean == 3)
        #expect(abs(figures.coefficientOfVariation - 6.0.squareRoot() / 2) < 1e-12)
        // Mean absolute difference 3.25 of all sixteen pairs, halved, over the mean of 2.
        #expect(abs(figures.gini - 0.625) < 1e-12)
        #expect(abs(figures.entropy - 0.405639) < 1e-6)
        #expect(figures.deadExperts == 2)
    }

    @Test func evenAndExtremeLoads() throws {
        let even = try #require(LoadFigures(loads: [5, 5, 5]))
        #expect(even.maxOverMean == 1 && even.coefficientOfVariation == 0 && even.gini == 0)
        #expect(abs(even.entropy - 1) < 1e-12)
        let single = try #require(LoadFigures(loads: [0, 9, 0]))
        #expect(single.maxOverMean == 3 && single.entropy == 0 && single.deadExperts == 2)
    }

    @Test func nothingToSayWithoutLoad() {
        #expect(LoadFigures(loads: [0, 0]) == nil)
        #expect(LoadFigures(loads: []) == nil)
    }
}
