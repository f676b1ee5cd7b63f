/// What a measurement found, beside a probe of the machine's limit that ran between its runs.
struct Rate {
    /// Median over the runs, in units a second.
    let median: Double
    /// Median of the ratios of each run to the probe beside it: what stays when a machine is shared or its clock moves.
    let share: Double
}

/// Runs `work` and `probe` in turns. Both return units done (bytes, operations).
func measure(runs: Int, work: () -> Int, probe: () -> Int) -> Rate {
    measure(runs: runs, work: { Double(work()) }, probe: { Double(probe()) })
}

func measure(runs: Int, work: () -> Double, probe: () -> Double) -> Rate {
    var rates: [Double] = [], shares: [Double] = []
    _ = work()
    for _ in 0..<runs {
        let limit = rate(probe), own = rate(work)
        rates.append(own)
        shares.append(own / limit)
    }
    return Rate(median: median(rates), share: median(shares))
}

/// Units a second.
func rate(_ work: () -> Double) -> Double {
    var units = 0.0
    let time = ContinuousClock().measure { units = work() }
    return units / (Double(time.components.attoseconds) * 1e-18 + Double(time.components.seconds))
}

private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
