/// Python's slices.
extension Evaluator {
    func slice(
        _ value: Value, _ lower: Expression?, _ upper: Expression?, _ step: Expression?, in scope: Scope
    ) throws(Fault) -> Value {
        let lower = try bound(lower, in: scope)
        let upper = try bound(upper, in: scope)
        let stride = try bound(step, in: scope) ?? 1
        guard stride != 0 else { throw .runtime("slice step cannot be zero") }
        func bounds(_ count: Int) -> SliceBounds {
            SliceBounds(count: count, lower: lower, upper: upper, step: stride)
        }
        switch value {
        case .string(let text):
            try meter.allocate(bytes: 4 * text.bytes.count)
            let scalars = Array(text.scalars)
            return .string(Text(bounds(scalars.count).indices.map { scalars[$0] }))
        case .list(let list): return try self.list(bounds(list.items.count).indices.map { list.items[$0] })
        case .tuple(let list): return try tuple(bounds(list.items.count).indices.map { list.items[$0] })
        case .object(is Markup): throw .unsupported("a part of a text marked safe")
        case .undefined(let missing): throw .runtime(missing.message)
        case .object(let range as RangeObject): return .object(try range.slice(bounds(range.count ?? 0)))
        default: throw .runtime("'\(value.typeName)' object cannot be sliced")
        }
    }

    private func bound(_ expression: Expression?, in scope: Scope) throws(Fault) -> Int? {
        guard let expression else { return nil }
        let value = try evaluate(expression, in: scope)
        if value.isNone { return nil }
        guard let index = value.integer else { throw .runtime("slice indices must be integers or None") }
        return index
    }
}

/// What `[lower:upper:step]` takes of a sequence of `count` items: every `step`th place from `start` to before `end`.
struct SliceBounds {
    let start: Int
    let end: Int
    let step: Int

    /// Clamps the bounds, which count from the end where negative and lie at the ends where nil.
    init(count: Int, lower: Int?, upper: Int?, step: Int) {
        let (floor, ceiling) = step > 0 ? (0, count) : (-1, count - 1)
        func place(_ bound: Int?, otherwise: Int) -> Int {
            guard let bound else { return otherwise }
            return min(max(bound < 0 ? bound + count : bound, floor), ceiling)
        }
        self.start = place(lower, otherwise: step > 0 ? floor : ceiling)
        self.end = place(upper, otherwise: step > 0 ? ceiling : floor)
        self.step = step
    }

    var indices: StrideTo<Int> { stride(from: start, to: end, by: step) }
}
