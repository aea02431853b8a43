/// Decides which request starts next: first come, first served, except that a busy origin does not block
/// others.
struct AdmissionQueue<Element> {
    let maxRunning: Int
    let maxRunningPerOrigin: Int

    private(set) var waiting: [(origin: String, element: Element)] = []
    private var running: [String: Int] = [:]
    private var totalRunning = 0

    init(maxRunning: Int, maxRunningPerOrigin: Int) {
        self.maxRunning = maxRunning
        self.maxRunningPerOrigin = maxRunningPerOrigin
    }

    mutating func append(_ element: Element, origin: String) {
        waiting.append((origin, element))
    }

    /// The next element that may run; it then counts as running.
    mutating func next() -> Element? {
        guard totalRunning < maxRunning,
            let index = waiting.firstIndex(where: { running[$0.origin, default: 0] < maxRunningPerOrigin })
        else { return nil }
        let (origin, element) = waiting.remove(at: index)
        running[origin, default: 0] += 1
        totalRunning += 1
        return element
    }

    /// Must be called once for each element that ``next()`` returned.
    mutating func finished(origin: String) {
        totalRunning -= 1
        running[origin, default: 0] -= 1
        if running[origin] == 0 { running[origin] = nil }
    }

    /// Removes the waiting elements that match, and returns them in order.
    mutating func removeWaiting(where matches: (Element) -> Bool) -> [Element] {
        let removed = waiting.map(\.element).filter(matches)
        if !removed.isEmpty { waiting.removeAll { matches($0.element) } }
        return removed
    }
}
