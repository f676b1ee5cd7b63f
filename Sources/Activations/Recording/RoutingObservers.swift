import Routing

/// Several observers as one.
public struct RoutingObservers: RoutingObserver {
    private let observers: [any RoutingObserver]

    public init(_ observers: any RoutingObserver...) { self.observers = observers }

    public func routed(layer: Int, decision: RoutingDecision) {
        for observer in observers { observer.routed(layer: layer, decision: decision) }
    }
}
