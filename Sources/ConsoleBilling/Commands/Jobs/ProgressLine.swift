import Foundation

/// The progress line of a run on standard error: requests made, rate and time left.
struct ProgressLine {
    private let firstRequests: Int
    private let startedAt: ContinuousClock.Instant
    private let isShown: Bool

    init(
        _ run: ServedJob,
        startedAt: ContinuousClock.Instant,
        isShown: Bool = Terminal.Stream.error.isTerminal
    ) {
        firstRequests = run.requests
        self.startedAt = startedAt
        self.isShown = isShown
    }

    mutating func show(_ run: ServedJob, now: ContinuousClock.Instant) {
        guard isShown else { return }
        let seconds = startedAt.duration(to: now) / .seconds(1)
        let rate = seconds > 0 ? Double(run.requests - firstRequests) / seconds : 0
        Terminal.write("\r\u{1B}[2K" + Self.text(run, requestsPerSecond: rate), to: .error)
    }

    func clear() {
        if isShown { Terminal.write("\r\u{1B}[2K", to: .error) }
    }

    static func text(_ run: ServedJob, requestsPerSecond rate: Double) -> String {
        let total = max(run.requests, run.estimatedRequests)
        let bar = ProgressBar.line(done: run.requests, of: total)
        let facts = "\(run.listed) listed, \(run.recorded) new, \(String(format: "%.1f", rate)) requests/s"
        guard rate > 0 else { return "\(bar)  \(facts)" }
        return "\(bar)  \(facts), \(clock(Double(total - run.requests) / rate)) left"
    }

    private static func clock(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 8_640_000).rounded(.up))
        let minutes = String(format: "%02d:%02d", whole / 60 % 60, whole % 60)
        return whole < 3600 ? minutes : "\(whole / 3600):\(minutes)"
    }
}
