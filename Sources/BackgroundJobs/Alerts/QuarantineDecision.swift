import Billing
import JSON
import Storage

/// Quarantined events that no alert has reported.
struct QuarantineFinding: Sendable, Equatable {
    /// The oldest ones, oldest first, each event once.
    let first: [EventEntry]
    let count: Int
    /// Whether older ones exist that were not counted.
    let isMore: Bool
    /// The key of the newest entry read; the next search begins after it.
    let newest: String?

    /// - Parameters:
    ///   - entries: The entries found, oldest first, each event once.
    ///   - newest: The newest entry read.
    ///   - isMore: Whether older ones exist that were not read.
    init(_ entries: [EventEntry], newest: EventEntry?, isMore: Bool) {
        first = Array(entries.prefix(AlertFormatter.namedAtMost))
        count = entries.count
        self.newest = newest?.key.text
        self.isMore = isMore
    }
}

/// Whether to send an alert about quarantined events now.
///
/// Events that arrive together share one alert.
enum QuarantineDecision: Sendable, Equatable {
    case wait
    case tell(Alert, AlertState.Quarantine)

    /// How long to gather events before the first alert.
    static let gatheringSeconds: Int64 = 5
    /// The pause between two such alerts, however many events are quarantined.
    static let restSeconds: Int64 = 300

    /// Whether to search the log: no alert of this topic is waiting, and the pause is over.
    static func mayLook(_ look: AlertLook, now: Instant) -> Bool {
        guard look.pending(.quarantine) == 0 else { return false }
        guard let rest = look.state.quarantine.cooldownUntil?.seconds(since: now) else { return true }
        // A rest longer than the pause was written while the clock ran ahead.
        return rest <= 0 || rest > restSeconds
    }

    init(
        _ watch: AlertState.Quarantine,
        _ found: QuarantineFinding,
        by formatter: AlertFormatter,
        now: Instant
    ) {
        guard let oldest = found.first.first, let newest = found.newest,
            !(0..<Self.gatheringSeconds).contains(now.seconds(since: oldest.receivedAt))
        else {
            self = .wait
            return
        }
        let count = found.isMore ? "At least \(found.count)" : "\(found.count)"
        let isOne = found.count == 1 && !found.isMore
        let words = AlertFormatter.Words(
            summary: isOne
                ? "An event of Stripe's of a kind that is read here could not be read. It is kept; the feed lacks it."
                : "\(count) events of Stripe's of kinds that are read here could not be read. They are kept; the "
                    + "feed lacks them.",
            nextStep:
                "Run `console-billing events quarantine` to see which and why. Most often Stripe changed a shape: "
                + "upgrade, then run `console-billing events retry`.",
            section: .quarantine
        )
        var facts = JSONMembers()
        facts.add("count", found.count)
        facts.add("count_is_minimum", found.isMore)
        facts.add("events", found.first.map(QuarantinedEvent.init))
        let alert = formatter.alert(
            .eventQuarantined,
            about: [oldest.id, newest],
            now: now,
            words,
            facts
        )
        var watch = watch
        watch.lastSentEvent = newest
        watch.cooldownUntil = now.adding(seconds: Self.restSeconds)
        self = .tell(alert, watch)
    }
}

/// A quarantined event in an alert.
private struct QuarantinedEvent: JSONObject {
    let entry: EventEntry

    func write(to json: inout JSONWriter) {
        json.member("account", entry.account)
        json.member("id", entry.id)
        json.member("livemode", entry.livemode)
        json.member("reason", entry.reason)
        json.member("received_at", entry.receivedAt.rfc3339)
        json.member("type", entry.type)
    }
}
