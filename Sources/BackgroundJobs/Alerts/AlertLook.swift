import Billing
import Storage

/// One look for reasons for alerts: the state that it starts from and leaves, and the alerts that it found.
///
/// The alerts are stored together with the state they were derived from, and removed once the receiver has
/// accepted them. So each alert is sent at least once, and always with the same id.
struct AlertLook {
    var state: AlertState
    private(set) var found: [Alert] = []
    /// The ids of waiting alerts whose cause is gone.
    private(set) var withdrawn: [String] = []

    /// The alerts that the receiver has not accepted yet.
    private let waiting: [Job]

    init(_ state: AlertState, waiting: [Job]) {
        self.state = state
        self.waiting = waiting
    }

    mutating func append(_ alert: Alert) {
        // Added before from the same cause.
        guard !waiting.contains(where: { $0.id == alert.id }), !found.contains(where: { $0.id == alert.id })
        else { return }
        found.append(alert)
    }

    /// Removes an alert whose cause is gone, unless the receiver may have it already.
    ///
    /// - Returns: Whether the alert was removed.
    mutating func withdraw(_ id: String) -> Bool {
        if let index = found.firstIndex(where: { $0.id == id }) {
            found.remove(at: index)
            return true
        }
        guard waiting.contains(where: { $0.id == id && $0.attempts == 0 }), !withdrawn.contains(id) else {
            return false
        }
        withdrawn.append(id)
        return true
    }

    /// How many alerts of some topics are not sent yet.
    func pending(_ topics: AlertKind.Topic...) -> Int {
        let names = Set(topics.map(\.rawValue))
        return waiting.count { names.contains($0.topic) } + found.count { topics.contains($0.kind.topic) }
    }
}
