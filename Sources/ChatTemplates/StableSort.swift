extension Array {
    /// Sorts by merging, so that equal elements keep their order as in Python, with a comparison that may fail.
    mutating func sortStably(_ isLess: (Element, Element) throws(Fault) -> Bool) throws(Fault) {
        var width = 1
        while width < count {
            var merged: [Element] = []
            merged.reserveCapacity(count)
            for start in stride(from: 0, to: count, by: 2 * width) {
                let middle = Swift.min(start + width, count)
                let end = Swift.min(start + 2 * width, count)
                try merge(start..<middle, middle..<end, into: &merged, isLess)
            }
            self = merged
            width *= 2
        }
    }

    private func merge(
        _ left: Range<Int>, _ right: Range<Int>, into merged: inout [Element],
        _ isLess: (Element, Element) throws(Fault) -> Bool
    ) throws(Fault) {
        var left = left
        var right = right
        while let leftIndex = left.first, let rightIndex = right.first {
            if try isLess(self[rightIndex], self[leftIndex]) {
                merged.append(self[rightIndex])
                right.removeFirst()
            } else {
                merged.append(self[leftIndex])
                left.removeFirst()
            }
        }
        merged += self[left]
        merged += self[right]
    }
}
