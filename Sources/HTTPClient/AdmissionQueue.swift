/// Who may go next: first come, first served, except that a busy origin does not hold up the others.
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

    /// The next that has room to run, which is then counted as running.
    mutating func next() -> Element? {
        guard totalRunning < maxRunning,
            let index = waiting.firstIndex(where: { running[$0.origin, default: 0] < maxRunningPerOrigin })
        else { return nil }
        let (origin, element) = waiting.remove(at: index)
        running[origin, default: 0] += 1
        totalRunning += 1
        return element
    }

    /// To be called once for each element that ``next()`` returned.
    mutating func finished(origin: String) {
        totalRunning -= 1
        running[origin, default: 0] -= 1
        if running[origin] == 0 { running[origin] = nil }
    }

    /// Takes out those still waiting that match, in their order.
    mutating func removeWaiting(where matches: (Element) -> Bool) -> [Element] {
        let removed = waiting.map(\.element).filter(matches)
        if !removed.isEmpty { waiting.removeAll { matches($0.element) } }
        return removed
    }
}
