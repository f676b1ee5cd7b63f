extension PlacementSearch {
    /// Improves a running plan within a number of moved copies.
    ///
    /// Its groups stay as they are. First the layers get as many copies as are asked for, on devices that have room for
    /// them, and on two nodes where that is asked for or was so before; what moves are left make the objective small.
    /// All layers may gain or lose in balance; the objective weighs that as ever.
    /// - Parameter keepsCopies: each layer keeps as many copies as it has, whatever the demand says.
    /// - Throws: where the plan is of other devices or of another model than the training requests, or the moves do not
    ///   suffice for what is asked.
    public static func improve(
        _ plan: PlacementPlan, moves: Int, _ training: TrainingSet, _ demand: PlacementDemand,
        keepsCopies: Bool = false, until time: SearchTime = .unlimited
    ) throws(PlacementError) -> PlacementPlan {
        try PlanRevision(plan, training, demand, keepsCopies: keepsCopies).run(moves: moves, until: time)
    }
}
