import Foundation

extension ActivationReport {
    /// What the figures say, in sentences: for the terminal and the top of the page.
    public var findings: [String] {
        let all = [
            loadFinding, lawFinding, domainFinding, phaseFinding, cacheFinding, nextLayerFinding, driftFinding,
            lengthFinding,
        ]
        return all.compactMap { $0 }
    }

    private var loadFinding: String? {
        guard let spread = load.maxOverMean, let gini = load.gini else { return nil }
        let dead =
            switch load.deadExperts {
            case 0: ""
            case 1: " One expert was never used."
            case let count: " \(count) experts were never used."
            }
        return "The busiest expert of a layer has \(number(spread.median)) times the mean load (median of the layers; "
            + "\(number(spread.minimum)) to \(number(spread.maximum))), Gini \(number(gini.median)).\(dead)"
    }

    private var lawFinding: String? {
        let names: [(PopularityLaw, String)] = [
            (.zipf, "Zipf's law"), (.exponential, "an exponential law"), (.logNormal, "a log-normal one"),
            (.uniform, "none but an even one"), (.none, "no law of these"),
            (.single, "none, as one expert has everything"),
        ]
        let found = names.compactMap { law, name in popularity.lawCounts[law.rawValue].map { "\(name) (\($0))" } }
        guard !found.isEmpty else { return nil }
        let laws = "Loads by rank follow \(found.joined(separator: ", ")), in brackets the layers."
        guard let exponent = popularity.zipfExponent, let distance = popularity.zipfDistance else { return laws }
        return "\(laws) Zipf's best exponent is \(number(exponent.median)), off by \(percent(distance.median)) "
            + "(medians)."
    }

    private var domainFinding: String? {
        guard let domains, let between = domains.mean.between else { return nil }
        let halves = domains.mean.within.map { "; random halves of one domain differ by \(number($0, 3))" } ?? ""
        return "Two domains differ by \(number(between, 3)) bits of Jensen–Shannon divergence on average\(halves)."
    }

    private var phaseFinding: String? {
        guard let phases, let matched = phases.mean.matched else { return nil }
        let control = phases.mean.mismatched.map { ", with another request's \(number($0))" } ?? ""
        let pooled = phases.mean.pooled.map { "; the sums over all requests correlate by \(number($0))" } ?? ""
        return "A request's prefill correlates with its own decode by \(number(matched))\(control)\(pooled)."
    }

    private var cacheFinding: String? {
        guard let workingSet, let reached = workingSet.experts.first(where: { $0.hitRate == 0.9 }) else { return nil }
        return "A least-recently-used cache of \(reached.capacity) of \(trace.experts) experts a layer has 90 % of the "
            + "uses in \(workingSet.phase)."
    }

    private var nextLayerFinding: String? {
        guard let transitions, let coverage = transitions.meanCoverage, let popular = transitions.meanPopularCoverage,
            let place = transitions.candidateShares.firstIndex(of: 0.2)
        else { return nil }
        return "The likeliest fifth of the next layer's experts, given this layer's, covers "
            + "\(percent(coverage[place])) of the choices; the most popular fifth covers \(percent(popular[place]))."
    }

    private var driftFinding: String? {
        guard let test = drift?.test else { return nil }
        guard test.canTell else {
            return "\(test.requests) requests are too few to tell drift: the largest could be chance."
        }
        guard test.pValue <= DriftSection.OrderTest.significance else {
            return "No drift is seen: windows differ hardly more than in random order (p = \(number(test.pValue)))."
        }
        return "Loads change along the trace: windows differ by \(number(test.observed, 3)) bits, in random order by "
            + "\(number(test.shuffled, 3)). Requests sorted by domain look the same as drift."
    }

    private var lengthFinding: String? {
        guard let stability else { return nil }
        guard let enough = stability.enough else {
            return "\(stability.keptRequests) requests are too few to know max over mean within 5 %."
        }
        return "\(enough) requests suffice to know max over mean within 5 % in 95 of 100 cases."
    }

    private func number(_ value: Double, _ digits: Int = 2) -> String { String(format: "%.\(digits)f", value) }

    private func percent(_ value: Double) -> String { String(format: "%.0f %%", value * 100) }
}
